"""`talkwire inspect`, and exports of several lines and onto characters, as a user meets them."""

import json
import sys
from pathlib import Path

import pytest

from exporters.onto_rigs import rig
from support import LINE, small_avatar
from talkwire.cli.app import main


@pytest.fixture
def lines(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "one.wav", tmp_path / "two.wav"
    for path in paths:
        path.write_bytes(LINE.read_bytes())
    return paths


@pytest.fixture
def head(tmp_path: Path) -> Path:
    small_avatar().save(tmp_path / "small.talkwire")
    return tmp_path / "small.talkwire"


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Run `talkwire WORDS` in this process; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["talkwire", *map(str, words)])
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


def test_lines_are_written_joined_and_looked_into(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    lines: tuple[Path, Path],
    head: Path,
) -> None:
    out = tmp_path / "all.glb"
    words = ("export", *lines, "-o", out, "--avatar", head, "--fps", 30)
    assert run(monkeypatch, *words) == 0
    assert "2 lines, 6.19 s" in capsys.readouterr().out
    again = ("export", lines[1], "-o", out, "--avatar", head, "--append")
    assert run(monkeypatch, *again) == 8
    assert "holds a line of that name: saw two" in capsys.readouterr().err
    assert run(monkeypatch, *again, "--replace", "--emotion", "joy=0.5") == 0
    capsys.readouterr()
    assert run(monkeypatch, "inspect", out, "--avatar", head, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [(d["animation"], d["why"]) for d in said["differences"]] == [("one", ""), ("two", "")]
    assert said["facts"]["animations"][1]["extras"]["style"] == {"emotions": {"joy": 0.5}}
    assert run(monkeypatch, "inspect", out, "--no-source") == 0
    assert "against the source" not in capsys.readouterr().out
    assert run(monkeypatch, "inspect", lines[0]) == 8
    assert "one.wav cannot be inspected" in capsys.readouterr().err


def test_a_character_speaks_and_what_is_not_driven_is_listed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    lines: tuple[Path, Path],
) -> None:
    character = rig(tmp_path / "me.glb", {"Face": ["JawOpen", "eyeBlink_L", "Smirk"]}, bones=("Neck",))
    words = ("export", lines[0], "--onto", character, "-o", tmp_path / "out.glb")
    assert run(monkeypatch, *words, "--write-mapping", tmp_path / "map.json") == 0
    shown = capsys.readouterr().out
    assert "Face: 2 of 3 shapes driven; not driven: Smirk" in shown
    assert "head: Neck x 1" in shown
    assert run(monkeypatch, *words, "--mapping", tmp_path / "map.json") == 0
    plain = rig(tmp_path / "plain.glb", {"Body": ["fat"]})
    assert run(monkeypatch, "export", lines[0], "--onto", plain, "-o", tmp_path / "no.glb") == 8
    said = capsys.readouterr().err
    assert said.startswith(
        "talkwire: plain.glb has no shape that a voice could move: saw the morph targets fat"
    )
    assert not (tmp_path / "no.glb").exists()
