"""Arrays too large for memory, written to disk a row at a time; what a full disk says."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError


def write_rows(path: Path, shape: tuple[int, ...], rows: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """An .npy of uint8, read in place. shape: of the whole. Raises TrainingError when the disk is full.

    Written with ordinary writes: on a full disk a memory map would end the process instead.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path.parent).free
        if int(np.prod(shape)) > free:
            raise OSError(None, f"{free / 1e9:.1f} GB free, {np.prod(shape) / 1e9:.1f} GB needed")
        if path.is_file():
            path.unlink()  # whoever has the one before mapped goes on reading it
        with path.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for row in rows:
                file.write(np.ascontiguousarray(row, np.uint8).data)
        stored: npt.NDArray[Any] = np.load(path, mmap_mode="r")
        return stored


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system refuses while this is written, as one sentence. Raises TrainingError."""
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be written",
            seen=error.strerror or error,
            wanted="a writable folder with free space",
            cure="free some space, choose another folder, or a smaller size",
        ) from None
