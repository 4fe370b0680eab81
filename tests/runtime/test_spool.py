"""Rows in memory and rows in a file are the same array."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from talkwire.runtime.errors import ExportError
from talkwire.runtime.spool import Spool, blocks, release


@pytest.mark.parametrize("row", [(), (5,), (2, 3)])
@pytest.mark.parametrize("kept_bytes", [0, 1000, 1 << 20])
def test_what_was_appended_is_one_array_wherever_it_lies(row: tuple[int, ...], kept_bytes: int) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.random((count, *row)).astype(np.float32) for count in (7, 0, 300, 1)]
    spool = Spool(row, np.float32, kept_bytes=kept_bytes)
    for part in parts:
        spool.append(part)
    array, wanted = spool.array(), np.concatenate(parts)
    assert len(spool) == len(array) == 308
    assert isinstance(array, np.memmap) == (wanted.nbytes > kept_bytes)
    assert np.array_equal(array, wanted)
    assert array.dtype == np.float32


def test_nothing_is_an_empty_array() -> None:
    assert Spool((3,), np.int64).array().shape == (0, 3)


def test_a_file_lives_as_long_as_its_array_and_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = Spool((), np.int32, kept_bytes=0)
    spool.append(np.arange(5))
    array = spool.array()
    del spool
    assert array.tolist() == [0, 1, 2, 3, 4]
    assert list(tmp_path.iterdir()) == []


def test_rows_that_come_after_an_array_was_read_are_in_the_next() -> None:
    spool = Spool((), np.int32, kept_bytes=8)
    spool.append(np.arange(5))
    first = spool.array()
    spool.append(np.arange(5, 7))
    assert first.tolist() == [*range(5)]
    assert spool.array().tolist() == [*range(7)]


def test_blocks_are_all_of_it_in_order_and_can_be_read_again() -> None:
    spool = Spool((4,), np.float32, kept_bytes=0)
    spool.append(np.arange(4000, dtype=np.float32))
    array = spool.array()[10:]
    for _ in range(2):
        seen = [(start, block.copy()) for start, block in blocks(array, 300)]
        assert [start for start, _ in seen] == [0, 300, 600, 900]
        assert np.array_equal(np.concatenate([block for _, block in seen]), array)


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system keeps what it maps")
def test_what_was_read_is_given_back() -> None:
    spool = Spool((), np.uint8, kept_bytes=0)
    spool.append(np.zeros((64 << 20) + 100, np.uint8))
    array = spool.array()
    before = _resident_mb()
    assert array[:].sum() == 0
    assert _resident_mb() > before + 50
    release(array[100:].reshape(-1, 4))
    assert _resident_mb() < before + 10
    release(np.zeros(3))


def test_no_room_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    spool = Spool((), np.float32, kept_bytes=100)
    spool.append(np.zeros(20))
    with pytest.raises(
        ExportError, match=r"does not fit into memory, nor beside it: saw No such file.*TMPDIR"
    ):
        spool.append(np.zeros(20))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * mmap.PAGESIZE / 1e6
