"""Texels as PNG: 16 bits as the high and the low byte in two pictures, or 8 bits in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime.types import Float32

NORMAL_ZERO: Final = 128  # the byte of an unchanged normal; 64 bytes are 1
NORMAL_STEP: Final = 1 / 64

Byte = Literal["high", "low"]


def write_pair(
    handle: BinaryIO,
    size: tuple[int, int],
    blocks: Iterable[Float32],
    bounds: tuple[Float32, Float32],
    byte: Byte,
) -> None:
    """One byte of round(65535 (value - low) / (high - low)); size: width and height, blocks: rows."""
    low_3, high_3 = bounds
    spread_3 = np.maximum(high_3 - low_3, np.finfo(np.float32).tiny)

    def bytes_of(rows: Float32) -> npt.NDArray[np.uint8]:
        steps = np.rint(np.clip((rows - low_3) / spread_3, 0, 1) * 65535).astype(np.uint16)
        bytes_: npt.NDArray[np.uint8] = (steps >> 8 if byte == "high" else steps & 0xFF).astype(np.uint8)
        return bytes_

    _write(handle, size, (bytes_of(rows) for rows in blocks))


def write_normals(handle: BinaryIO, size: tuple[int, int], blocks: Iterable[Float32]) -> None:
    """Changes of normals, each from -2 to 2."""
    steps = (np.rint(rows / NORMAL_STEP) + NORMAL_ZERO for rows in blocks)
    _write(handle, size, (np.clip(rows, 0, 255).astype(np.uint8) for rows in steps))


def _write(handle: BinaryIO, size: tuple[int, int], blocks: Iterable[npt.NDArray[np.uint8]]) -> None:
    picture = Image.new("RGB", size)
    row = 0
    for rows in blocks:
        picture.paste(Image.fromarray(rows), (0, row))
        row += len(rows)
    picture.save(handle, "PNG")
