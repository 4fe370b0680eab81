"""`talkwire export` as a user meets it: one line of success, one sentence of failure, no half a file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dyntet_support import small_dyntet
from exporters.gltf.read_gltf import Gltf
from g4g_support import small_g4g
from support import LINE, ROOT, small_avatar
from talkwire.cli.app import main
from talkwire.runtime.arkit import INDEX


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def head(tmp_path: Path) -> Path:
    folder = tmp_path / "avatars"
    folder.mkdir()
    small_avatar().save(folder / "small.talkwire")
    return folder / "small.talkwire"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Run `talkwire export WORDS` in this process; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["talkwire", "export", *map(str, words)])
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


@pytest.mark.parametrize("suffix", [".glb", ".gltf", ".csv", ".npz"])
def test_a_real_line_becomes_a_clip_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], head: Path, out: Path, suffix: str
) -> None:
    target = out / f"line{suffix}"
    assert run(monkeypatch, LINE, "-o", target, "--avatar", head) == 0
    shown = capsys.readouterr()
    assert target.exists()
    assert shown.out.count("\n") == 1
    assert str(target) in shown.out
    assert re.search(r"MB\): \d+\.\d\d s, \d+ frames, \d+\.\dx real time", shown.out)
    assert shown.err == ""  # no bar where there is no terminal


def test_fps_seed_and_tolerance_reach_the_file(
    monkeypatch: pytest.MonkeyPatch, head: Path, out: Path
) -> None:
    words = ("--avatar", head, "--fps", 30, "--seed", 9, "--tolerance", 0.5)
    assert run(monkeypatch, LINE, "-o", out / "a.glb", *words) == 0
    gltf = Gltf(out / "a.glb")
    said = gltf.json["asset"]["extras"]
    assert (said["fps"], said["seed"], said["tolerance_mm"]) == (30, 9, 0.5)
    assert gltf.json["animations"][0]["name"] == LINE.stem


def test_a_filmed_person_becomes_a_video_and_no_mesh(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], head: Path, out: Path
) -> None:
    small_g4g().save(head)
    part = ("--avatar", head, "--motion", "live", "--range", ":0.4")
    assert run(monkeypatch, LINE, "-o", out / "a.mp4", *part) == 0
    assert "0.40 s, 10 frames" in capsys.readouterr().out  # as it was filmed
    assert run(monkeypatch, LINE, "-o", out / "a.csv", *part) == 0
    assert "0.40 s, 24 frames" in capsys.readouterr().out
    assert run(monkeypatch, LINE, "-o", out / "a.glb", *part) == 8
    assert "filmed is a video, and .glb has a mesh that moves" in capsys.readouterr().err
    assert not (out / "a.glb").exists()


def test_emotion_strength_and_network_reach_the_file(
    monkeypatch: pytest.MonkeyPatch, head: Path, out: Path
) -> None:
    baked = {}
    ways = {
        "plain": [],
        "joy": ["--emotion", "joy=0.5"],
        "calm": ["--strength", 0.5],
        "live": ["--motion", "live"],
        "away": ["--look-at", "25,-5"],
        "awake": ["--layer", "blinks=0"],
        "led": ["--follow-voice", 1],
    }
    for name, words in ways.items():
        assert run(monkeypatch, LINE, "-o", out / f"{name}.npz", "--avatar", head, *words) == 0
        with np.load(out / f"{name}.npz") as file:
            baked[name] = file["weights"]
    mean = {name: weights.mean(axis=0) for name, weights in baked.items()}
    assert mean["joy"][INDEX["mouthSmileLeft"]] > mean["plain"][INDEX["mouthSmileLeft"]] + 0.15
    assert mean["calm"][INDEX["jawOpen"]] == pytest.approx(0.5 * mean["plain"][INDEX["jawOpen"]], rel=1e-4)
    assert np.abs(baked["live"] - baked["plain"]).max() > 0.05
    assert mean["away"][INDEX["eyeLookOutLeft"]] > mean["plain"][INDEX["eyeLookOutLeft"]] + 0.2
    lids = {name: weights[:, INDEX["eyeBlinkLeft"]].max() for name, weights in baked.items()}
    assert lids["plain"] > 0.9 > 0.3 > lids["awake"]
    assert np.abs(baked["led"] - baked["plain"])[:, INDEX["jawOpen"]].max() > 0.005


@pytest.mark.parametrize(
    ("option", "typed"),
    [("--emotion", "joy=much"), ("--layer", "gaze"), ("--look-at", "left"), ("--look-at", "1")],
)
def test_what_is_no_number_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path, option: str, typed: str
) -> None:
    assert run(monkeypatch, LINE, "-o", out / "x.glb", option, typed) == 2
    assert typed in capsys.readouterr().err


def test_a_line_beside_its_clip_is_left_alone(monkeypatch: pytest.MonkeyPatch, head: Path, out: Path) -> None:
    line = out / "line.wav"
    line.write_bytes(LINE.read_bytes())
    assert run(monkeypatch, line, "-o", out / "line.glb", "--avatar", head) == 0
    assert names(out) == ["line.glb", "line.wav"]
    assert line.read_bytes() == LINE.read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            ["{line}", "-o", "{out}/x.fbx"],
            8,
            "x.fbx is of no format that can be written: saw the suffix '.fbx'",
        ),
        (["{line}", "-o", "{out}/no/x.glb"], 8, "x.glb cannot be written: saw no folder"),
        (["{line}", "-o", "{out}"], 8, "is of no format that can be written"),
        (["{out}/none.wav", "-o", "{out}/x.glb"], 3, "none.wav"),
        (["{line}", "-o", "{out}/x.glb", "--avatar", "nobody"], 4, "there is no avatar 'nobody'"),
        (
            ["{line}", "-o", "{out}/x.glb", "--emotion", "bliss"],
            11,
            "no such emotion: saw bliss",
        ),
        (["{line}", "-o", "{out}/x.glb", "--layer", "ears=0"], 11, "no such layer: saw ears"),
        (["{line}", "-o", "{out}/x.glb", "--look-at", "170,0"], 11, "the yaw to look at is out of range"),
        (["{line}", "-o", "{out}/x.glb", "--strength", "9"], 11, "the strength of speech is out of range"),
        (["{line}", "-o", "{out}/x.glb", "--tolerance", "-1"], 8, "keys cannot be reduced to this tolerance"),
        (["{line}", "-o", "{out}/x.mp4", "--size", "13"], 8, "a video cannot have this size: saw 13 pixels"),
    ],
)
def test_bad_input_is_one_sentence_an_exit_code_and_no_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    out: Path,
    words: list[str],
    code: int,
    sentence: str,
) -> None:
    filled = [word.format(line=LINE, out=out) for word in words]
    assert run(monkeypatch, *filled) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("talkwire: ")
    assert shown.err.count("\n") == 1
    assert sentence in shown.err
    assert shown.out == ""
    assert names(out) == []


@pytest.mark.parametrize("fps", [0, 1000, -5, "fast"])
def test_an_absurd_rate_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path, fps: object
) -> None:
    assert run(monkeypatch, LINE, "-o", out / "x.glb", "--fps", fps) == 2
    assert "--fps" in capsys.readouterr().err
    assert names(out) == []


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not audio at all" * 100])
def test_a_line_that_is_no_audio_is_exit_3(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    out: Path,
    tmp_path: Path,
    content: bytes,
) -> None:
    line = tmp_path / "bad.wav"
    line.write_bytes(content)
    assert run(monkeypatch, line, "-o", out / "x.glb") == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert names(out) == []


def test_the_line_is_not_overwritten_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = tmp_path / "line.npz"  # a voice line with an odd name
    line.write_bytes(LINE.read_bytes())
    assert run(monkeypatch, line, "-o", line) == 8
    assert "would overwrite the voice line" in capsys.readouterr().err
    assert line.read_bytes() == LINE.read_bytes()


def test_two_runs_agree_bit_for_bit(monkeypatch: pytest.MonkeyPatch, head: Path, out: Path) -> None:
    for name in ("a.npz", "b.npz"):
        assert run(monkeypatch, LINE, "-o", out / name, "--avatar", head, "--seed", 4) == 0
    with np.load(out / "a.npz") as a, np.load(out / "b.npz") as b:
        assert all(np.array_equal(a[name], b[name]) for name in a.files)


def test_it_runs_as_a_program(head: Path, out: Path) -> None:
    roots = os.pathsep.join(str(ROOT / root) for root in ("bridge", "runtime", "exporters"))
    done = subprocess.run(
        [sys.executable, "-m", "talkwire.cli", "export", LINE, "-o", out / "x.csv", "--avatar", head],
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "x real time" in done.stdout
    assert done.stderr == ""


def test_targets_head_pose_and_range_reach_the_file_and_its_distance_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, out: Path
) -> None:
    small_dyntet().save(tmp_path / "learned.talkwire")
    words = ("--avatar", tmp_path / "learned.talkwire", "--morphs", "basis", "--head-pose", "baked")
    assert run(monkeypatch, LINE, "-o", out / "a.glb", *words, "--range", "1:1.5") == 0
    shown = capsys.readouterr().out
    assert re.match(rf"{LINE.stem}: vertices are 0\.\d+ mm from the avatar's own in the mean, 99 %", shown)
    assert "0.50 s, 30 frames" in shown
    gltf = Gltf(out / "a.glb")
    said = gltf.json["asset"]["extras"]
    assert (said["morphs"], said["head_pose"], said["range_s"]) == ("basis", "baked", [1.0, 1.5])
    assert said["geometry_error_mm"]["p99.9"] <= 0.1
    assert "skins" in gltf.json


@pytest.mark.parametrize("part", ["2:1", "5:", "x"])
def test_a_range_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], head: Path, out: Path, part: str
) -> None:
    assert run(monkeypatch, LINE, "-o", out / "a.glb", "--avatar", head, "--range", part) == 8
    assert "range" in capsys.readouterr().err
    assert names(out) == []
