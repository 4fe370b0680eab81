"""Buffer views as streams of EXT_meshopt_compression: nothing is lost.

Source: Khronos registry, EXT_meshopt_compression, which sets the limits of modes and strides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from talkwire.exporters.gltf.buffers import Target, Use, View
from talkwire.exporters.gltf.document import Packed
from talkwire.exporters.gltf.meshopt import LARGEST_STRIDE, encode_attributes, encode_triangles

_INDEX: Final = {2: np.uint16, 4: np.uint32}


def streams(views: Mapping[Use, View]) -> dict[Use, Packed]:
    """All views of one kind of element: attributes, shapes, triangles, weights."""
    packed = {use: _stream(use, view) for use, view in views.items()}
    return {use: stream for use, stream in packed.items() if stream is not None}


def _stream(use: Use, view: View) -> Packed | None:
    size = use.stride_bytes or use.element_bytes
    if size is None:
        return None
    data = view.whole()
    if use.target is Target.ELEMENT_ARRAY_BUFFER:
        triangles = data.view(_INDEX[size]).reshape(-1, 3)
        return Packed(encode_triangles(triangles), "TRIANGLES", size, triangles.size)
    stride = size if size % 4 == 0 and size <= LARGEST_STRIDE else 4
    if len(data) % stride:
        return None
    return Packed(encode_attributes(data, stride), "ATTRIBUTES", stride, len(data) // stride)
