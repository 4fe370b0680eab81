"""`talkwire engine` and `talkwire bench`: built once, kept, listed, cleared; figures in files."""

import json
import sys
from pathlib import Path

import pytest

from cli.test_app import run


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TALKWIRE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines"


def test_engines_are_built_once_kept_listed_and_cleared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: Path
) -> None:
    pytest.importorskip("tensorrt_rtx", reason="pip install 'talkwire[trt-rtx]'")
    words = ("engine", "build", "nova", "--target", "sm86", "--npcs", "4")
    assert run(monkeypatch, *words) == 0
    first = capsys.readouterr().out
    assert "motion_live:" in first and "never run here" in first
    assert len(list(cache.iterdir())) == 2
    (damaged, *_) = sorted(cache.iterdir())
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert run(monkeypatch, "engine", "list") == 0
    assert "damaged" in capsys.readouterr().out
    assert run(monkeypatch, *words) == 0
    again = capsys.readouterr().out
    assert "motion_quality: built before" in again
    assert "motion_live: built before" not in again
    assert run(monkeypatch, "engine", "clear") == 0
    assert "2 engines deleted" in capsys.readouterr().out
    assert list(cache.iterdir()) == []


def test_unknown_cards_and_an_absent_library_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "engine", "build", "nova", "--target", "sm90") == 5
    assert "saw sm90" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    assert run(monkeypatch, "engine", "build", "nova") == 9
    assert "pip install 'talkwire[trt-rtx]'" in capsys.readouterr().err


def test_the_bench_writes_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, small_file: Path
) -> None:
    out, picture = tmp_path / "here.json", tmp_path / "here.png"
    words = ("--avatar", str(small_file), "--npcs", "1, 2", "--seconds", "1", "--fps", "60")
    words = (*words, "--engines", "onnx, torch,trt-rtx")
    assert run(monkeypatch, "bench", *words, "--json", str(out), "--plot", str(picture)) == 0
    shown, report = capsys.readouterr().out, json.loads(out.read_text())
    assert report["hardware"] in shown and report["engines"]["onnx"]["where"] in shown
    assert list(report["engines"]["onnx"]["tick_ms"]["60"]) == ["1", "2"]
    if report["card"].startswith("none"):
        assert "no NVIDIA card" in report["engines"]["trt-rtx"]["why_not"]
        assert "trt-rtx does not work here" in shown
    if "why_not" not in report["engines"]["torch"]:
        assert set(report["ratios"]) >= {"onnx", "torch"}
    assert report["cold_start_s"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".png"}


@pytest.mark.parametrize("npcs", ["", "0", "1,x", "-1", "5000", "1.5"])
def test_absurd_numbers_of_npcs_are_exit_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], npcs: str
) -> None:
    assert run(monkeypatch, "bench", "--npcs", npcs) == 5
    assert "so many cannot be measured" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--engines", "auto"), ("--engines", "onnx,cuda"), ("--fps", "0"), ("--fps", "x")]
)
def test_absurd_engines_and_rates_are_exit_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    assert run(monkeypatch, "bench", *words) == 5
    assert "for example" in capsys.readouterr().err


def test_a_bench_of_engines_that_do_not_work_is_exit_5(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, small_file: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(monkeypatch, "bench", "--avatar", str(small_file), "--engines", "trt-rtx,tensorrt") == 5
    assert "none of these engines works here: saw no NVIDIA card" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_exit_8(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_file: Path
) -> None:
    out = tmp_path / "none" / "here.json"
    words = ("--avatar", str(small_file), "--npcs", "1", "--seconds", "1", "--json", str(out))
    assert run(monkeypatch, "bench", *words) == 8
