"""`talkwire demo` as a process: everything at once, on a second of the shipped line."""

import json
import re
import struct
from pathlib import Path

import soundfile
from PIL import Image

from cli.conftest import Start, finish
from support import LINE

PATIENCE_S = 300.0  # it draws every frame, on whatever there is to draw with


def test_it_streams_bakes_and_draws(start: Start, tmp_path: Path) -> None:
    samples, rate = soundfile.read(LINE)
    soundfile.write(tmp_path / "short.wav", samples[: rate // 2], rate)
    out = tmp_path / "out"
    process = start("demo", "--out", out, "--line", tmp_path / "short.wav")
    shown, complaints = (text.decode() for text in process.communicate(timeout=PATIENCE_S))
    assert (process.returncode, complaints) == (0, "")
    assert {path.name for path in out.iterdir()} == {
        *("nova-dyntet.glb", "nova-dyntet.wav", "nova-dyntet.mp4", "nova-dyntet.mp4.c2pa.json"),
        *("nova-dyntet.png", "timeline.png"),
    }
    sent, _, dropped = re.search(r"frames sent / late / dropped\s*│ (\d+) / (\d+) / (\d+)", shown).groups()  # type: ignore[union-attr]
    assert int(sent) > 30
    assert int(dropped) == 0
    assert re.search(r"first frame after first audio\s*│ \d", shown)
    assert re.search(r"export to .glb\s*│ \d+x real time", shown)
    with Image.open(out / "nova-dyntet.png") as sheet:
        assert sheet.size == (1280, 960)
        assert len(sheet.getcolors(1 << 24) or []) > 1000  # a picture, not a blank
    data = (out / "nova-dyntet.glb").read_bytes()
    gltf = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    assert gltf["animations"][0]["name"] == "short"


def test_a_line_that_is_no_audio_is_exit_3(start: Start, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("no")
    code, _, err = finish(start("demo", "--out", tmp_path / "out", "--line", tmp_path / "x.wav"))
    assert (code, err.count("\n")) == (3, 1)


def test_a_folder_that_cannot_be_made_is_exit_8(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _, err = finish(start("demo", "--out", tmp_path / "file"))
    assert code == 8
    assert "cannot be made" in err


def test_an_avatar_that_is_not_there_is_exit_4(start: Start, tmp_path: Path) -> None:
    code, _, err = finish(start("demo", "--out", tmp_path / "out", "--avatar", "novva"))
    assert code == 4
    assert "there is no avatar 'novva'" in err
