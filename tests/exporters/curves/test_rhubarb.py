"""Rhubarb's four formats, to the letter, and as their readers read them."""

import dataclasses
import re
from pathlib import Path

import pytest

from exporters.curves.rhubarb_readers import read_dat, read_json, read_tsv, read_xml
from exporters.curves.test_mouth_shapes import mouths
from talkwire.exporters import Options, RhubarbOptions, write_clip
from talkwire.exporters.curves.mouth_shapes import mouth_cues
from talkwire.exporters.curves.rhubarb import PRESTON_BLAIR
from talkwire.runtime.errors import ExportError

HI = {  # laid out as in Rhubarb's README
    ".rhubarb.tsv": "0.00\tX\n0.30\tD\n0.59\tX\n0.90\tX\n",
    ".rhubarb.json": """\
{
  "metadata": {
    "soundFile": "made up.wav",
    "duration": 0.90
  },
  "mouthCues": [
    { "start": 0.00, "end": 0.30, "value": "X" },
    { "start": 0.30, "end": 0.59, "value": "D" },
    { "start": 0.59, "end": 0.90, "value": "X" }
  ]
}
""",
    ".rhubarb.xml": """\
<?xml version="1.0" encoding="utf-8"?>
<rhubarbResult>
  <metadata>
    <soundFile>made up.wav</soundFile>
    <duration>0.90</duration>
  </metadata>
  <mouthCues>
    <mouthCue start="0.00" end="0.30">X</mouthCue>
    <mouthCue start="0.30" end="0.59">D</mouthCue>
    <mouthCue start="0.59" end="0.90">X</mouthCue>
  </mouthCues>
</rhubarbResult>
""",
    ".rhubarb.dat": "MohoSwitch1\n1 X\n8 D\n15 X\n22 X\n",
}


@pytest.mark.parametrize("suffix", HI)
def test_files_are_laid_out_as_rhubarbs(tmp_path: Path, make_clip, suffix: str) -> None:
    (path,) = write_clip(mouths(make_clip, "XDX", fps=100), tmp_path / f"hi{suffix}")
    assert path.read_text() == HI[suffix]


def test_readers_find_the_cues(tmp_path: Path, spoken) -> None:
    line = tmp_path / "a line.wav"
    line.write_bytes(b"")
    cues = [(start / 100, end / 100, shape) for start, end, shape in mouth_cues(spoken)]
    for kind, read in {"json": read_json, "xml": read_xml, "tsv": read_tsv}.items():
        (path,) = write_clip(spoken, tmp_path / f"x.rhubarb.{kind}", source=line)
        seen = read(path.read_text())
        assert seen.cues == cues
        assert seen.duration_s == cues[-1][1] == 3.09  # cut, not rounded
        assert seen.sound == ("" if kind == "tsv" else str(line))
        assert len(re.findall(r"\b\d+\.\d\d\b", path.read_text())) >= len(cues)


@pytest.mark.parametrize("name", ['a "b" & <c>', "naïve", "line\x01\x0b", "half\udce4", "tab\there"])
def test_odd_names_are_written_so_that_they_can_be_read(tmp_path: Path, make_clip, name: str) -> None:
    clip = make_clip(frames=30, line=name)
    (path,) = write_clip(clip, tmp_path / "x.rhubarb.json")
    assert read_json(path.read_text()).sound == f"{name}.wav"
    (path,) = write_clip(clip, tmp_path / "x.rhubarb.xml")
    plain = re.sub("[\x01\x0b\udce4]", "\ufffd", name)
    assert read_xml(path.read_text()).sound == f"{plain}.wav"


def test_a_line_of_no_length_is_what_rhubarb_makes_of_it(tmp_path: Path, make_clip) -> None:
    clip = make_clip(frames=1)
    clip = dataclasses.replace(clip, samples=clip.samples[:1])
    seen = {kind: write_clip(clip, tmp_path / f"x.rhubarb.{kind}")[0].read_text() for kind in ("json", "tsv")}
    assert read_json(seen["json"]).cues == [(0.0, 0.0, "X")]
    assert seen["tsv"] == "0.00\tX\n"


@pytest.mark.parametrize("rate_hz", [10, 23.976, 24, 60, 100])
def test_moho_has_every_frame_once(tmp_path: Path, spoken, rate_hz: float) -> None:
    for names in (set(PRESTON_BLAIR), set(PRESTON_BLAIR.values())):
        options = RhubarbOptions(dat_frame_rate=rate_hz, dat_preston_blair="MBP" in names)
        (path,) = write_clip(spoken, tmp_path / "x.rhubarb.dat", Options(rhubarb=options))
        keys = read_dat(path.read_text(), names)
        assert keys[-1][0] >= int(3.09 * rate_hz)
        assert keys[-1][1] in ("X", "rest")


def test_a_closed_mouth_ends_what_has_no_rest(tmp_path: Path, make_clip) -> None:
    options = Options(rhubarb=RhubarbOptions(extended_shapes=""))
    (path,) = write_clip(mouths(make_clip, "XDX"), tmp_path / "x.rhubarb.tsv", options)
    assert path.read_text().split()[1::2] == ["A", "D", "A", "A"]


@pytest.mark.parametrize(
    ("choice", "seen"),
    [
        ({"extended_shapes": "GHZ"}, "saw 'GHZ', wanted letters of GHX"),
        ({"dat_frame_rate": 9}, "saw 9 frames/s, wanted 10 to 100"),
        ({"dat_frame_rate": float("nan")}, "saw nan frames/s"),
    ],
)
def test_what_rhubarb_refuses_is_refused(choice: dict, seen: str) -> None:
    with pytest.raises(ExportError, match=seen):
        RhubarbOptions(**choice)
