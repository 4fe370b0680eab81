"""Vertex codecs: [V, 3] float32 metres to bytes and back. One row of `CODECS` each.

| codec  | bytes per vertex     | largest error per axis |
|---|---|---|
| f32    | 12                   | 0 |
| q16    | 6                    | half a step of the box: extent / 131070, plus float32 rounding |
| delta8 | 0.3 to 0.6 of a face  | 0.1 mm |

A frame that a codec cannot hold within its error comes in the next exact enough one: delta8, q16, f32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np

from talkwire.bridge import delta8
from talkwire.bridge.fields import refuse
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

STEPS: Final = 65535
BOX_MARGIN: Final = 0.25  # of the neutral head's longest side, on every side: room for jaw, tongue, hair


@dataclass(frozen=True, slots=True)
class Box:
    """An avatar at rest, and the space that its motion stays in.

    low_m, high_m: [3] float32, low < high on each axis.  neutral_vx3: [V, 3] float32 metres.
    """

    low_m: Float32
    high_m: Float32
    neutral_vx3: Float32 = field(repr=False)

    @classmethod
    def around(cls, neutral_vx3: Float32) -> Box:
        """The neutral head's bounds with a margin for its motion."""
        low, high = neutral_vx3.min(axis=0), neutral_vx3.max(axis=0)
        margin = np.float32(max(BOX_MARGIN * float((high - low).max()), 1e-3))
        return cls(low - margin, high + margin, neutral_vx3)

    @property
    def step_m(self) -> Float32:
        """[3] float32: the distance between two neighbouring q16 values."""
        return (self.high_m - self.low_m) / np.float32(STEPS)


def q16_max_error_m(box: Box) -> Float32:
    """[3] float32: the largest error of q16 in this box, rounding of float32 arithmetic included."""
    rounding = np.float32(2.0**-22) * np.maximum(np.abs(box.low_m), np.abs(box.high_m))
    return box.step_m * np.float32(0.5 + STEPS * 2.0**-23) + rounding


def encode_vertices(vertices_vx3: Float32, codec: str, box: Box) -> tuple[str, bytes]:
    """The codec used and the bytes. A frame that leaves the codec's range is never clamped: see above."""
    return CODECS[codec].encode(np.asarray(vertices_vx3, np.float32), box)


def decode_vertices(codec: str, data: bytes, box: Box) -> Float32:
    """[V, 3] float32 metres. Raises ProtocolError for an unknown codec or a broken length."""
    if codec not in CODECS:
        raise ProtocolError(
            "the vertices come in an unknown codec",
            seen=codec,
            wanted=" or ".join(CODECS),
            cure="update talkwire on this side",
        )
    row = CODECS[codec].bytes_per_vertex
    if row and len(data) % row:
        raise refuse("vertices", f"{len(data)} bytes", f"a multiple of {row}")
    return CODECS[codec].decode(data, box)


@dataclass(frozen=True, slots=True)
class _Codec:
    """bytes_per_vertex: 0 where it varies."""

    bytes_per_vertex: int
    encode: Callable[[Float32, Box], tuple[str, bytes]]
    decode: Callable[[bytes, Box], Float32]


def _encode_f32(vertices_vx3: Float32, box: Box) -> tuple[str, bytes]:
    return "f32", vertices_vx3.astype("<f4", copy=False).tobytes()


def _decode_f32(data: bytes, box: Box) -> Float32:
    return np.frombuffer(data, "<f4").reshape(-1, 3)


def _encode_q16(vertices_vx3: Float32, box: Box) -> tuple[str, bytes]:
    low, step = _per_value(box.low_m.tobytes(), box.step_m.tobytes(), len(vertices_vx3))
    steps = vertices_vx3.reshape(-1) - low
    steps /= step
    np.rint(steps, out=steps)
    if not (steps.min() >= 0 and steps.max() <= STEPS):
        return _encode_f32(vertices_vx3, box)
    return "q16", steps.astype("<u2").tobytes()


def _decode_q16(data: bytes, box: Box) -> Float32:
    vertices = np.frombuffer(data, "<u2").astype(np.float32)
    low, step = _per_value(box.low_m.tobytes(), box.step_m.tobytes(), len(vertices) // 3)
    vertices *= step
    vertices += low
    return vertices.reshape(-1, 3)


def _encode_delta8(vertices_vx3: Float32, box: Box) -> tuple[str, bytes]:
    data = delta8.encode(vertices_vx3, box.neutral_vx3)
    return ("delta8", data) if data is not None else _encode_q16(vertices_vx3, box)


def _decode_delta8(data: bytes, box: Box) -> Float32:
    return delta8.decode(data, box.neutral_vx3)


@lru_cache(maxsize=16)
def _per_value(low: bytes, step: bytes, vertex_count: int) -> tuple[Float32, Float32]:
    """The box's corner and step repeated for every value: numpy broadcasts rows of three slowly (3x)."""
    return (
        np.tile(np.frombuffer(low, np.float32), vertex_count),
        np.tile(np.frombuffer(step, np.float32), vertex_count),
    )


CODECS: Final[dict[str, _Codec]] = {
    "f32": _Codec(12, _encode_f32, _decode_f32),
    "q16": _Codec(6, _encode_q16, _decode_q16),
    "delta8": _Codec(0, _encode_delta8, _decode_delta8),
}
