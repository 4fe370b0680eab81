"""Engines on disk: found again, never trusted when damaged or of something else, never half-written."""

from dataclasses import replace
from pathlib import Path

import pytest

from talkwire.runtime.engine_cache import EngineKey, find, graph_hash, keep, kept
from talkwire.runtime.errors import EngineError

KEY = EngineKey("motion", graph_hash(b"graph"), "fp16", ("sm86", "sm89"), 32, "TensorRT for RTX 1.0")
ENGINE = bytes(range(256)) * 9  # newlines among them


def test_an_engine_is_found_again(tmp_path: Path) -> None:
    assert find(KEY, tmp_path / "none") is None
    path = keep(KEY, ENGINE, tmp_path / "new")
    assert find(KEY, tmp_path / "new") == (KEY, ENGINE)
    assert list(kept(tmp_path / "new")) == [(path, KEY, path.stat().st_size)]


@pytest.mark.parametrize(
    "change",
    [
        {"graph": graph_hash(b"other")},
        {"precision": "fp32"},
        {"targets": ("sm86", "sm120")},
        {"targets": ("NVIDIA GeForce RTX 4090",)},
        {"npcs": 64},
        {"builder": "TensorRT for RTX 2.0"},
    ],
)
def test_one_of_something_else_is_not(tmp_path: Path, change: dict[str, object]) -> None:
    other = replace(KEY, **change)  # type: ignore[arg-type]
    path = keep(KEY, ENGINE, tmp_path)
    assert find(other, tmp_path) is None
    path.rename(tmp_path / other.file)
    assert find(other, tmp_path) is None, "whatever its file is called"


@pytest.mark.parametrize("change", [{"targets": ("sm89",)}, {"npcs": 8}])
def test_one_for_more_serves_for_less(tmp_path: Path, change: dict[str, object]) -> None:
    keep(KEY, ENGINE, tmp_path)
    assert find(replace(KEY, **change), tmp_path) == (KEY, ENGINE)  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["shorter", "a bit", "no line", "no json", "empty", "folder", "a list"])
def test_a_damaged_one_is_not_trusted_and_can_be_replaced(tmp_path: Path, damage: str) -> None:
    path = keep(KEY, ENGINE, tmp_path)
    whole = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "shorter": whole[:-1],
                "a bit": whole[:-1] + bytes([whole[-1] ^ 1]),
                "no line": ENGINE.replace(b"\n", b""),
                "no json": b"{" + whole,
                "empty": b"",
                "a list": b"[]\n" + ENGINE,
            }[damage]
        )
    assert find(KEY, tmp_path) is None
    assert [key for _, key, _ in kept(tmp_path)] == [None]
    if damage != "folder":
        keep(KEY, ENGINE, tmp_path)
        assert find(KEY, tmp_path) == (KEY, ENGINE)


def test_a_folder_that_cannot_be_written_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EngineError, match=r"an engine cannot be kept: saw .*set TALKWIRE_CACHE"):
        keep(KEY, ENGINE, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
