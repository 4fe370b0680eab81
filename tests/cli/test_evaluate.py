"""`talkwire eval dyntet` as a user meets it: figures on the screen and in a file, one sentence of failure."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dyntet_support import Learned, learned, run_cli, small_dyntet
from support import LINE, small_avatar
from talkwire.cli import evaluate as eval_command

for needed in ("torch", "onnxscript", "scipy", "igl", "xatlas"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

from talkwire.training.capture import load_capture, save_capture  # noqa: E402

FULL_DISK = Path("/dev/full")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned(tmp_path_factory.getbasetemp())


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, *words: object
) -> str:
    """The one sentence of `talkwire eval dyntet WORDS`, which ends with this code."""
    assert run_cli(monkeypatch, "eval", "dyntet", *words) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("talkwire: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_help_has_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(monkeypatch, "eval", "dyntet", "--help") == 0
    shown = capsys.readouterr().out
    assert "talkwire eval dyntet actor.talkwire unseen.mp4 --json" in shown.partition("Example")[2]
    assert run_cli(monkeypatch, "eval", "dyntet", "actor.talkwire") == 2
    assert "DATA" in capsys.readouterr().err


@pytest.fixture(scope="module")
def measured(made: Learned, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """By basis and by network, as JSON."""
    folder, figures = tmp_path_factory.mktemp("figures"), {}
    with pytest.MonkeyPatch.context() as patch:
        for mode, words in (("basis", []), ("network", ["--network"])):
            out = folder / f"{mode}.json"
            assert run_cli(patch, "eval", "dyntet", made.out, made.capture, "--json", out, *words) == 0
            told = json.loads(out.read_text())
            assert told["avatar"] == "tiny" and told["data"] == [made.capture.name] and told["hardware"]
            figures[mode] = told["figures"]
    return figures


def test_figures_are_measured_on_every_frame(measured: dict[str, dict], made: Learned) -> None:
    basis, network = measured["basis"], measured["network"]
    assert (basis["mode"], network["mode"]) == ("basis", "network")
    assert basis["frames"] == made.figures["training"]["frames"]
    held = made.figures["held_out"]
    assert set(basis) == set(held)
    for name, value in basis["pictures"].items():
        assert value == pytest.approx(held["pictures"][name], rel=0.4)
        assert value == pytest.approx(network["pictures"][name], rel=0.02)
    assert basis["surface"]["mean_mm"] == pytest.approx(held["surface"]["mean_mm"], rel=0.3)
    assert basis["basis"] == pytest.approx(network["basis"], rel=1e-3)
    assert basis["pictures"] != network["pictures"]  # two ways, not one twice


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full here")
def test_what_is_shown_is_what_is_written_and_comes_before_a_full_disk(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made: Learned,
    measured: dict[str, dict],
) -> None:
    assert run_cli(monkeypatch, "eval", "dyntet", made.out, made.capture, "--json", FULL_DISK) == 8
    shown = capsys.readouterr()
    assert f"tiny on {made.capture.name}" in shown.out
    cells = [line.split("│") for line in shown.out.splitlines() if "│" in line]
    rows = {cell[1].strip(): cell[2].strip() for cell in cells}
    for section in ("pictures", "surface", "lips", "basis"):
        for name, value in measured["basis"][section].items():
            wanted = f"{value:.4g}" if isinstance(value, float) else str(value)
            assert rows[f"{section}: {name}".replace("_", " ")] == wanted
    assert shown.err.count("\n") == 1
    assert "/dev/full cannot be written: saw No space left on device" in shown.err


def test_an_avatar_of_another_kind_is_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    small_avatar().save(tmp_path / "small.talkwire")
    for name in ("nova", tmp_path / "small.talkwire"):
        told = refused(monkeypatch, capsys, 4, name, tmp_path)
        assert "was not learned from a video: saw kind 'blendshape', wanted kind 'dyntet'" in told


def test_an_avatar_that_is_not_there_or_is_none_is_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "nobody" in refused(monkeypatch, capsys, 4, "nobody", tmp_path)
    (tmp_path / "a.talkwire").write_bytes(b"no avatar")
    assert "a.talkwire is refused" in refused(monkeypatch, capsys, 4, tmp_path / "a.talkwire", tmp_path)


def test_data_that_is_none_is_exit_10(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    head, data = tmp_path / "learned.talkwire", tmp_path / "data"
    small_dyntet().save(head)
    assert "none.mp4" in refused(monkeypatch, capsys, 10, head, tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("not a video")
    assert "text.mp4" in refused(monkeypatch, capsys, 10, head, tmp_path / "text.mp4")
    data.mkdir()
    (data / "capture.json").write_text("[]")
    assert "data is not a capture" in refused(monkeypatch, capsys, 10, head, data)
    assert not (tmp_path / "figures.json").exists()


def test_without_torch_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    small_dyntet().save(tmp_path / "learned.talkwire")
    found = eval_command.importlib.util.find_spec
    monkeypatch.setattr(
        eval_command.importlib.util, "find_spec", lambda name: None if name == "torch" else found(name)
    )
    told = refused(monkeypatch, capsys, 9, tmp_path / "learned.talkwire", tmp_path)
    assert "talkwire[train]" in told


@pytest.mark.parametrize("blank", ["confidence", "labels"])
def test_data_without_a_head_is_exit_10(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made: Learned,
    tmp_path: Path,
    blank: str,
) -> None:
    capture = load_capture(made.capture)
    if blank == "confidence":
        capture = replace(capture, confidence_n=np.zeros_like(capture.confidence_n))
    else:
        capture = replace(capture, labels_nxhxw=np.zeros_like(capture.labels_nxhxw))
    save_capture(capture, tmp_path / "empty")
    assert "nothing to compare" in refused(monkeypatch, capsys, 10, made.out, tmp_path / "empty")


def test_motion_is_measured_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "figures.json"
    plot = tmp_path / "lips.png"
    assert run_cli(monkeypatch, "eval", "motion", LINE, "--json", out, "--plot", plot) == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "closures" in capsys.readouterr().out
    told = json.loads(out.read_text())
    assert told["hardware"]
    assert told["figures"][LINE.stem]["silence_jaw"] is None, "the line has no silence to measure"
    assert run_cli(monkeypatch, "eval", "motion", "--unseen", 1, "--plot", plot) == 2
    assert "--plot draws a line or a clip" in capsys.readouterr().err
    assert run_cli(monkeypatch, "eval", "motion") == 2
    assert "--clips" in capsys.readouterr().err
    assert run_cli(monkeypatch, "eval", "motion", "--clips", tmp_path) == 10
    said = capsys.readouterr().err
    assert "alignments.json" in said
    assert "--clips" in said
    assert run_cli(monkeypatch, "eval", "motion", "--clips", tmp_path, "--split", "all") == 2
