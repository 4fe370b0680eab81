"""`talkwire train` as a user meets it: help, usage errors, one sentence for what cannot be used.

A whole training by this command is in tests/training/test_dyntet_checkpoint.py.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dyntet_support import run_cli, small_capture
from support import LINE
from talkwire.cli import train as train_command
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import MissingDependency

for needed in ("torch", "onnxscript", "scipy", "igl", "xatlas"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.training import assets  # noqa: E402
from talkwire.training.capture import CARD, FRAMES, LABELS, TRACKS  # noqa: E402
from talkwire.training.motion import articulation  # noqa: E402
from videos import write_video  # noqa: E402

CONSENT = ("--consent", "nobody; the tests")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "a.talkwire"


def refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], code: int, *words: object
) -> str:
    """The one sentence of `talkwire train dyntet WORDS`, which ends with this code."""
    assert run_cli(monkeypatch, "train", "dyntet", *words) == code
    shown = capfd.readouterr()
    assert shown.out == ""
    told = [line for line in shown.err.splitlines() if line.startswith("talkwire: ")]
    assert len(told) == 1
    assert shown.err.endswith(told[0] + "\n")
    assert "Traceback" not in shown.err
    return told[0]


def usage_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert run_cli(monkeypatch, "train", "dyntet", *words) == 2
    return capsys.readouterr().err


def test_help_has_an_example_and_says_what_footage_is_good(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(monkeypatch, "train", "dyntet", "--help") == 0
    shown = capsys.readouterr().out
    assert "talkwire train dyntet actor.mp4 -o actor.talkwire --consent" in shown.partition("Example")[2]
    for word in ("Good footage", "--resume", "--tier", "--minutes", "--ablation", "--licence", "--head"):
        assert word in shown
    assert run_cli(monkeypatch, "train", "--help") == 0
    assert "dyntet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a.mp4", "-o", "a.talkwire"], "--consent"),
        (["a.mp4", "-o", "a.talkwire", "--consent", "  "], "who is shown and that they agreed"),
        (["a.mp4", *CONSENT], "--out"),
        (["-o", "a.talkwire", *CONSENT], "ACTOR.mp4"),
        (["a.mp4", "-o", "a.glb", *CONSENT], "a.glb should end in .talkwire"),
        (["a.mp4", "-o", "a", *CONSENT], "a should end in .talkwire"),
        (["a.mp4", "-o", "a.talkwire", *CONSENT, "--minutes", "0"], "--minutes"),
        (["a.mp4", "-o", "a.talkwire", *CONSENT, "--tier", "tpu"], "--tier"),
    ],
)
def test_what_is_not_understood_is_exit_2_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in usage_error(monkeypatch, capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_avatars_place_is_said_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.talkwire").mkdir()
    words = ("train", "dyntet", "a.mp4", "-o", tmp_path / "a.talkwire", *CONSENT)
    assert run_cli(monkeypatch, *words) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card here")
def test_the_gpu_tier_without_a_card_is_one_sentence_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path
) -> None:
    told = refused(monkeypatch, capfd, 10, "a.mp4", "-o", out, *CONSENT, "--tier", "gpu")
    assert "the tier 'gpu' cannot be trained here: saw no CUDA card" in told
    assert told.endswith("use --tier cpu")
    assert list(out.parent.iterdir()) == []


def test_no_such_video(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path) -> None:
    told = refused(monkeypatch, capfd, 10, out.with_name("none.mp4"), "-o", out, *CONSENT)
    assert "none.mp4" in told
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100, LINE.read_bytes()])
def test_what_is_no_video(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    out: Path,
    tmp_path: Path,
    content: bytes,
) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(content)
    assert "a.mp4" in refused(monkeypatch, capfd, 10, video, "-o", out, *CONSENT)
    assert not out.exists()


def test_a_folder_that_is_no_capture(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    assert "data" in refused(monkeypatch, capfd, 10, tmp_path / "data", "-o", out, *CONSENT)
    (tmp_path / "data" / CARD).write_text("{")
    told = refused(monkeypatch, capfd, 10, tmp_path / "data", "-o", out, *CONSENT)
    assert "data is not a capture" in told
    assert not out.exists()


DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "half a card": (CARD, lambda data: data[: len(data) // 2]),
    "another card": (CARD, lambda data: b"[]"),
    "half of the tracks": (TRACKS, lambda data: data[:500]),
    "a byte of the tracks": (TRACKS, lambda data: data[:900] + bytes([data[900] ^ 1]) + data[901:]),
    "half of the frames": (FRAMES, lambda data: data[: len(data) // 2]),
    "labels of nothing": (LABELS, lambda data: b""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_capture_that_is_damaged(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    out: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    damage: str,
) -> None:
    made, broken = small_capture(tmp_path_factory.getbasetemp()), tmp_path / "broken"
    broken.mkdir()
    for path in made.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    name, spoil = DAMAGE[damage]
    (broken / name).write_bytes(spoil((made / name).read_bytes()))
    assert "broken is not a capture" in refused(monkeypatch, capfd, 10, broken, "-o", out, *CONSENT)
    assert not out.exists()


def test_a_head_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", [np.zeros((32, 32, 3), np.uint8)] * 3)
    told = refused(monkeypatch, capfd, 10, video, "-o", out, *CONSENT, "--head", "flame")
    assert "no such morphable head: saw flame" in told


def test_a_place_where_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    told = refused(monkeypatch, capfd, 10, "a.mp4", "-o", tmp_path / "file" / "a.talkwire", *CONSENT)
    assert "cannot be made: saw Not a directory" in told


def test_a_video_without_a_face_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path, tmp_path: Path
) -> None:
    pytest.importorskip("mediapipe")
    if not any((folder / "models/face_landmarker.task").is_file() for folder in assets.data_folders()):
        pytest.skip("no face landmark model: put face_landmarker.task in models/ of TALKWIRE_DATA")
    rng = np.random.default_rng(0)
    wall = [rng.integers(90, 110, (96, 96, 3), dtype=np.uint8) for _ in range(75)]
    told = refused(monkeypatch, capfd, 10, write_video(tmp_path / "wall.mp4", wall), "-o", out, *CONSENT)
    assert "wall.mp4" in told
    assert "no face" in told
    assert not out.exists()
    assert not (out.with_name("a_work") / "capture" / CARD).exists()


def test_without_torch_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], out: Path
) -> None:
    found = train_command.importlib.util.find_spec
    monkeypatch.setattr(
        train_command.importlib.util, "find_spec", lambda name: None if name == "torch" else found(name)
    )
    told = refused(monkeypatch, capfd, MissingDependency.exit_code, "a.mp4", "-o", out, *CONSENT)
    assert "talkwire[train]" in told


@pytest.mark.parametrize("steps", [340, 2670, 5900])
def test_a_training_that_the_clock_ended_early_is_called_rough(steps: int) -> None:
    training = {"steps": steps, "steps_planned": 5900, "minutes": 6.0}
    said = train_command._hurried(training, "Colours come last")
    assert ("340 of 5900 steps were done in 6.0 minutes" in said) == (steps == 340)
    assert bool(said) == (steps == 340)


def test_a_filmed_person_is_taken_in_only_with_consent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    for words in (("--consent", " "), ()):
        assert run_cli(monkeypatch, "train", "g4g", "a.mp4", "-o", out, *words) == 2
        assert "--consent" in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []
    assert run_cli(monkeypatch, "train", "g4g", "--help") == 0
    told = capsys.readouterr().out
    assert "talkwire train g4g ann.mp4 -o ann.talkwire --consent" in told
    assert "Good footage" in told


def test_motion_says_what_a_folder_lacks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("train", "motion", tmp_path, "-o", tmp_path / "x.onnx")
    assert run_cli(monkeypatch, *words) == 10
    told = capfd.readouterr().err
    assert "alignments.json" in told and "Traceback" not in told
    assert not list(tmp_path.iterdir())
    assert run_cli(monkeypatch, "train", "motion", tmp_path, "-o", tmp_path / "x.pt") == 2
    assert "ends in .onnx" in capfd.readouterr().err


def test_motion_is_trained_measured_and_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], grid_s1: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(articulation, "EPOCHS", 2)
    words = [
        "--limit",
        2,
        "--epochs",
        1,
        "--flite",
        0,
        "--espeak",
        2,
        "--strangers",
        0,
        "--cache",
        tmp_path / "c",
    ]
    assert run_cli(monkeypatch, "train", "motion", grid_s1, "-o", tmp_path / "x.onnx", *words) == 0
    told = capfd.readouterr().out
    assert "epoch 1/1" in told and "width r" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "x.onnx"]
    assert OnnxEngine.from_file(tmp_path / "x.onnx").metadata["look_ahead_steps"] == "2"
