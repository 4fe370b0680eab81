"""Texels as OpenEXR, rows after rows. The only importer of OpenEXR (and of Imath, which comes with it)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from talkwire.runtime.errors import missing
from talkwire.runtime.types import Float32


def load_exr() -> Any:
    """The module. Raises MissingDependency naming what to install."""
    try:
        import OpenEXR
    except ImportError as absent:
        raise missing("OpenEXR", extra="vat", need="writing .exr textures") from absent
    return OpenEXR


def write_exr(handle: BinaryIO, width: int, height: int, blocks: Iterable[Float32], *, half: bool) -> None:
    """Channels R, G, B, ZIP-compressed without loss. blocks: [n, width, 3] of rows, from the top."""
    import Imath

    library = load_exr()
    kind = Imath.PixelType(Imath.PixelType.HALF if half else Imath.PixelType.FLOAT)
    header = library.Header(width, height)
    header["compression"] = Imath.Compression(Imath.Compression.ZIP_COMPRESSION)
    header["channels"] = dict.fromkeys("RGB", Imath.Channel(kind))
    image = library.OutputFile(handle.name, header)  # by name: the library opens files itself
    try:
        for rows in blocks:
            values = rows.astype(np.float16 if half else np.float32)
            image.writePixels({c: values[..., i].tobytes() for i, c in enumerate("RGB")}, len(values))
    finally:
        image.close()
