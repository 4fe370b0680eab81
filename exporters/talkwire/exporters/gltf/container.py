"""A glTF document as the bytes of its files, run after run: what is long need not be in memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import numpy.typing as npt

from talkwire.exporters.gltf.buffers import View
from talkwire.exporters.gltf.document import Document, laid_out
from talkwire.runtime.errors import ExportError

MAX_GLB_BYTES: Final = 2**32 - 1  # its own field for the length

Run = bytes | npt.NDArray[Any]  # of a file's bytes


def glb(document: Document) -> Iterator[Run]:
    """One binary file with everything inside, run after run. Source: glTF 2.0, 4.4 (GLB file format)."""
    gltf, views = laid_out(document, image_uri=None)
    text = gltf.gltf_to_json(separators=(",", ":"), indent=None).encode()
    text += b" " * (-len(text) % 4)
    size_bytes = gltf.buffers[0].byteLength
    length_bytes = 12 + 8 + len(text) + 8 + size_bytes
    if length_bytes > MAX_GLB_BYTES:
        raise ExportError(
            "a .glb cannot be so large",
            seen=f"{length_bytes / 1e9:.1f} GB",
            wanted=f"at most {MAX_GLB_BYTES / 1e9:.1f} GB",
            cure="export a part of the line (--range), or with a larger --tolerance",
        )
    head = struct.pack("<4sIII4s", b"glTF", 2, length_bytes, len(text), b"JSON")
    return chain([head, text, struct.pack("<I4s", size_bytes, b"BIN\0")], _runs(views))


def gltf_and_bin(document: Document, *, bin_uri: str, image_uri: str) -> tuple[bytes, Iterator[Run]]:
    """The JSON and the binary buffer; the texture is a file of its own, at image_uri."""
    gltf, views = laid_out(document, image_uri=image_uri)
    gltf.buffers[0].uri = bin_uri
    return gltf.gltf_to_json().encode(), _runs(views)


def _runs(views: list[View]) -> Iterator[Run]:
    for view in views:
        yield from view.runs()
        yield b"\0" * (-view.size_bytes % 4)
