"""The views of a quantised document as streams of EXT_meshopt_compression: nothing more is lost.

Source: Khronos registry, EXT_meshopt_compression, which sets the limits of modes and strides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from talkwire.exporters.gltf.buffers import Target, Use, View
from talkwire.exporters.gltf.document import MESHOPT_EXTENSION, Document, Packed
from talkwire.exporters.gltf.meshopt import LARGEST_STRIDE, encode_attributes, encode_triangles

_INDEX: Final = {2: np.uint16, 4: np.uint32}


def packed(document: Document) -> Document:
    """The same document with all that repeats as streams: attributes, shapes, triangles, weights."""
    streams = {use: _stream(use, view) for use, view in document.buffer.views.items()}
    kept = {use: stream for use, stream in streams.items() if stream is not None}
    return replace(document, packed=kept, required=(*document.required, MESHOPT_EXTENSION))


def _stream(use: Use, view: View) -> Packed | None:
    """None for a view that is of no one kind of element."""
    size = use.stride_bytes or use.element_bytes
    if size is None:
        return None
    data = np.frombuffer(bytes(view), np.uint8)
    if use.target is Target.ELEMENT_ARRAY_BUFFER:
        triangles = data.view(_INDEX[size]).reshape(-1, 3)
        return Packed(encode_triangles(triangles), "TRIANGLES", size, triangles.size)
    stride = size if size % 4 == 0 and size <= LARGEST_STRIDE else 4
    if len(data) % stride:
        return None
    return Packed(encode_attributes(data, stride), "ATTRIBUTES", stride, len(data) // stride)
