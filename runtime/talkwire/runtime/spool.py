"""Arrays that may be longer than memory is large: rows are appended, then read as one array.

A few megabytes stay in memory; beyond them the rows lie in a temporary file without a name, which the system
maps. Its pages count as this process' memory once they were touched, so who reads a whole array does it by
`blocks`, which gives them back.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import ExportError

KEPT_BYTES: Final = 16 << 20  # 4 minutes of speech at 16 kHz, 22 minutes of weights at 60 frames a second
BLOCK_BYTES: Final = 4 << 20

Array = npt.NDArray[Any]


class Spool:
    """Rows of one shape and type. kept_bytes: how many bytes of them stay in memory."""

    def __init__(self, row: tuple[int, ...], dtype: npt.DTypeLike, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._row, self._dtype, self._kept_bytes = row, np.dtype(dtype), kept_bytes
        self._kept: list[Array] = []
        self._file: BinaryIO | None = None
        self._bytes = self._rows = 0

    def __len__(self) -> int:
        """Rows so far."""
        return self._rows

    def append(self, rows: Array) -> None:
        """rows: [n, *row]. Raises ExportError where there is no room for a temporary file."""
        rows = np.ascontiguousarray(rows, self._dtype).reshape(-1, *self._row)
        self._rows += len(rows)
        self._bytes += rows.nbytes
        self._kept.append(rows)
        if self._bytes > self._kept_bytes:
            self._spill()

    def array(self) -> Array:
        """[rows, *row] of all that was appended; it cannot be written to where it is a file."""
        if self._file is None:
            return np.concatenate([np.zeros((0, *self._row), self._dtype), *self._kept])
        self._spill()
        return np.memmap(self._file, self._dtype, "r", shape=(self._rows, *self._row))

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="talkwire-")  # noqa: SIM115
                weakref.finalize(self, self._file.close)  # what maps it has a handle of its own
            for rows in self._kept:
                self._file.write(rows.data)
            self._file.flush()
        except OSError as error:
            raise ExportError(
                "a long line does not fit into memory, nor beside it",
                seen=error.strerror or str(error),
                wanted=f"room for more than {self._bytes / 1e6:.0f} MB in {tempfile.gettempdir()!r}",
                cure="free some space, or name a folder with room in TMPDIR",
            ) from error
        self._kept.clear()


def blocks(array: Array, rows: int | None = None) -> Iterator[tuple[int, Array]]:
    """(start, array[start : start + rows]) one after another; what was read is no longer held in memory.

    rows: so many that a block has about BLOCK_BYTES, where none are given.
    """
    row_bytes = array.itemsize * int(np.prod(array.shape[1:]))
    rows = rows or max(1, BLOCK_BYTES // max(1, row_bytes))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]
        release(array)


def release(array: Array) -> None:
    """Give back the memory of an array that lies in a file; it can be read again. Nothing, for any other."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.base if isinstance(base, np.ndarray) else getattr(base, "obj", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
