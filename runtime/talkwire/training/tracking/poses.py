"""Rotations as arrays: quaternions xyzw for the search, matrices for points, and rows between known ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial.transform import Rotation

from talkwire.runtime.types import Float32

Tensor = torch.Tensor


def matrices(quaternions_nx4: Tensor) -> Tensor:
    """[n, 3, 3]; quaternions are normalised first."""
    x, y, z, w = (quaternions_nx4 / quaternions_nx4.norm(dim=1, keepdim=True)).unbind(dim=1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], dim=1),
        torch.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], dim=1),
        torch.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], dim=1),
    ]
    return torch.stack(rows, dim=1)


def quaternions(turns_nx3x3: Float32) -> Float32:
    """[N, 4] xyzw with w > 0: heads seen by a camera never turn by half a circle."""
    found = Rotation.from_matrix(turns_nx3x3).as_quat()
    return np.asarray(found * np.where(found[:, 3:] < 0, -1, 1), np.float32)


def spread(values: Float32, frames: npt.NDArray[np.int64], count: int) -> Float32:
    """Rows at all frames, straight between those that are known."""
    at = np.arange(count)
    columns = [np.interp(at, frames, column) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float32)
