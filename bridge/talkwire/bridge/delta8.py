"""Vertices as 8-bit steps away from the neutral head, compressed. The only importer of zstandard.

A frame stands alone: no earlier one is needed. Its bytes: the step in metres (f32), then one zstd frame of
3 V i8: all x, all y, all z, which compress better so than mixed.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import zstandard

from talkwire.bridge.fields import refuse
from talkwire.runtime.types import Float32

FINEST_STEP_M, COARSEST_STEP_M = 1e-4, 2e-4
MAX_ERROR_M: Final = COARSEST_STEP_M / 2  # and float32 rounding; 0.05 mm while nothing moves beyond 12.7 mm
MOST: Final = 127
_STEP: Final = struct.Struct("<f")
_COMPRESSOR: Final = zstandard.ZstdCompressor(level=1, write_checksum=False, write_content_size=True)
_DECOMPRESSOR: Final = zstandard.ZstdDecompressor(max_window_size=1 << 20)
LEAST_BYTES: Final = _STEP.size + 9  # of any frame


def encode(vertices_vx3: Float32, neutral_vx3: Float32) -> bytes | None:
    """[V, 3] metres to bytes; None where something moves too far for MAX_ERROR_M, or is no number."""
    if vertices_vx3.shape != neutral_vx3.shape:
        return None
    moved = (vertices_vx3 - neutral_vx3).T
    furthest = float(np.abs(moved).max())  # NaN where any is
    if not furthest <= MOST * COARSEST_STEP_M:
        return None
    step = np.float32(max(FINEST_STEP_M, furthest / MOST))
    steps = np.rint(moved / step).clip(-MOST, MOST).astype(np.int8)
    return _STEP.pack(step) + _COMPRESSOR.compress(steps.tobytes())


def decode(data: bytes, neutral_vx3: Float32) -> Float32:
    """The inverse. Raises ProtocolError for what is not exactly one i8 for each coordinate."""
    size = neutral_vx3.size
    if len(data) < LEAST_BYTES:
        raise refuse("vertices", f"{len(data)} bytes", f"at least {LEAST_BYTES}")
    (step,) = _STEP.unpack_from(data)
    packed = memoryview(data)[_STEP.size :]
    try:
        announced = zstandard.frame_content_size(packed)  # before memory is taken
        if announced != size:
            raise refuse("vertices", f"{announced} steps", f"{size}")
        steps = _DECOMPRESSOR.decompress(packed, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise refuse("vertices", f"{len(data)} bytes ({error})", "one zstd frame") from None
    if not 0 < step <= 1 or len(steps) != size:
        raise refuse("vertices", f"a step of {step:g} m, {len(steps)} steps", f"at most 1 m, {size} steps")
    moved = np.frombuffer(steps, np.int8).reshape(3, -1).T * np.float32(step)
    return neutral_vx3 + moved
