"""Clip to the files that Rhubarb Lip Sync 1.13 writes: what reads those reads these.

Source: README and exporters of DanielSWolf/rhubarb-lip-sync, v1.13. Times are seconds with two decimals, the
duration cut to a hundredth. JSON and XML have a start and an end for each cue; TSV has starts, and the end
of the line as one more rest; .dat is a Moho switch channel with frames from 1.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.curves.mouth_shapes import Cue, mouth_cues
from talkwire.exporters.options import Options

PRESTON_BLAIR: Final = {
    "A": "MBP",
    "B": "etc",
    "C": "E",
    "D": "AI",
    "E": "O",
    "F": "U",
    "G": "FV",
    "H": "L",
    "X": "rest",
}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def json_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.rhubarb.json: metadata and mouthCues."""
    cues = mouth_cues(clip, options.rhubarb.extended_shapes)
    rows = [
        f'    {{ "start": {_seconds(start)}, "end": {_seconds(end)}, "value": "{shape}" }}'
        for start, end, shape in cues
    ]
    lines = [
        "{",
        '  "metadata": {',
        f'    "soundFile": {json.dumps(_sound(clip, options))},',
        f'    "duration": {_seconds(cues[-1].end_cs)}',
        "  },",
        '  "mouthCues": [',
        ",\n".join(rows),
        "  ]",
        "}",
    ]
    return _text(out, lines)


def xml_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.rhubarb.xml: the same as elements."""
    cues = mouth_cues(clip, options.rhubarb.extended_shapes)
    sound = escape(_NOT_XML.sub("\ufffd", _sound(clip, options)))
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<rhubarbResult>",
        "  <metadata>",
        f"    <soundFile>{sound}</soundFile>",
        f"    <duration>{_seconds(cues[-1].end_cs)}</duration>",
        "  </metadata>",
        "  <mouthCues>",
        *(
            f'    <mouthCue start="{_seconds(start)}" end="{_seconds(end)}">{shape}</mouthCue>'
            for start, end, shape in cues
        ),
        "  </mouthCues>",
        "</rhubarbResult>",
    ]
    return _text(out, lines)


def tsv_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.rhubarb.tsv: start and shape a line; the last is the end of the line, mouth closed."""
    cues = mouth_cues(clip, options.rhubarb.extended_shapes)
    rows = [*(cue for cue in cues if cue.end_cs), _closed(cues, options)]
    return _text(out, [f"{_seconds(cue.start_cs)}\t{cue.shape}" for cue in rows])


def dat_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.rhubarb.dat for Moho and OpenToonz: a frame and a shape a line."""
    cues = mouth_cues(clip, options.rhubarb.extended_shapes)
    rate_hz = options.rhubarb.dat_frame_rate
    frames: dict[int, str] = {}
    for cue in cues:
        frames.setdefault(1 + int(rate_hz * cue.start_cs / 100), cue.shape)  # two in a frame: the first stays
    closed = _closed(cues, options)
    end = 1 + int(rate_hz * closed.start_cs / 100)
    frames[end if end not in frames else end + 1] = closed.shape
    named = PRESTON_BLAIR if options.rhubarb.dat_preston_blair else {}
    return _text(
        out, ["MohoSwitch1", *(f"{frame} {named.get(shape, shape)}" for frame, shape in frames.items())]
    )


def _closed(cues: list[Cue], options: Options) -> Cue:
    end_cs = cues[-1].end_cs
    return Cue(end_cs, end_cs, "X" if "X" in options.rhubarb.extended_shapes else "A")


def _seconds(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _sound(clip: Clip, options: Options) -> str:
    """The whole path of the voice line's file, as Rhubarb writes it; a name where it is not known."""
    return f"{clip.line}.wav" if options.source is None else str(options.source.absolute())


def _text(out: Path, lines: list[str]) -> dict[Path, Fill]:
    data = ("\n".join(lines) + "\n").encode(errors="replace")
    return {out: lambda handle: handle.write(data)}
