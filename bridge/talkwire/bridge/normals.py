"""Unit normals in two bytes: the octahedral map of Cigolle et al. 2014 (JCGT 3.2, "oct16"), signed.

The sphere is laid on an octahedron and unfolded to a square. The largest error is 0.96 degrees.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32

MOST: Final = 127
MAX_ERROR_DEG: Final = 0.96


def encode(normals_vx3: Float32) -> bytes:
    """[V, 3] unit vectors to [V, 2] i8."""
    flat = normals_vx3[:, :2] / np.abs(normals_vx3).sum(axis=1, keepdims=True)
    flat = np.where(normals_vx3[:, 2:] < 0, _folded(flat), flat)
    steps: npt.NDArray[np.int8] = np.rint(flat * MOST).astype(np.int8)
    return steps.tobytes()


def decode(data: bytes) -> Float32:
    """The inverse: [V, 3] float32 unit vectors."""
    flat = np.frombuffer(data, np.int8).reshape(-1, 2).astype(np.float32) / np.float32(MOST)
    z = 1 - np.abs(flat).sum(axis=1, keepdims=True)
    vectors: Float32 = np.concatenate([np.where(z < 0, _folded(flat), flat), z], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _folded(flat_vx2: Float32) -> Float32:
    """The four corners of the square, which are the lower half of the octahedron."""
    folded: Float32 = (1 - np.abs(flat_vx2[:, ::-1])) * np.copysign(np.float32(1), flat_vx2)
    return folded
