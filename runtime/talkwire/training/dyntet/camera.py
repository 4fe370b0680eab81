"""Cameras: a window of a video frame as a projection that the rasteriser understands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.types import Float32

NEAR_M, FAR_M = 0.05, 20.0
Window = tuple[int, int, int]  # left, top, side in whole pixels of the frame: a square


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole whose axis meets the picture's centre. focal_px; size_hw in pixels."""

    focal_px: float
    size_hw: tuple[int, int]

    def whole(self) -> Window:
        """The square that holds the whole frame."""
        height, width = self.size_hw
        side = max(height, width)
        return (width - side) // 2, (height - side) // 2, side

    def projection(self, window: Window) -> torch.Tensor:
        """[4, 4] float32: camera space to clip space of the window; row 0 of its image is its top."""
        left, top, side = window
        height, width = self.size_hw
        zoom = 2 * self.focal_px / side
        depth = (FAR_M + NEAR_M) / (FAR_M - NEAR_M), -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)
        return torch.tensor(
            [
                [zoom, 0, -((width - 2 * left) / side - 1), 0],
                [0, -zoom, -((height - 2 * top) / side - 1), 0],
                [0, 0, -depth[0], depth[1]],
                [0, 0, -1, 0],
            ],
            dtype=torch.float32,
        )


def poses(rotations_nx4: Float32, translations_nx3_m: Float32) -> torch.Tensor:
    """[N, 4, 4] float32 head to camera."""
    matrices = np.tile(np.eye(4), (len(rotations_nx4), 1, 1))
    for matrix, rotation, translation in zip(matrices, rotations_nx4, translations_nx3_m, strict=True):
        matrix[:3, :3] = rotation_matrix(rotation)
        matrix[:3, 3] = translation
    return torch.from_numpy(matrices.astype(np.float32))


def to_clip(
    vertices_bxvx3: torch.Tensor, pose_bx4x4: torch.Tensor, projection_bx4x4: torch.Tensor
) -> torch.Tensor:
    """[B, V, 4] clip space."""
    ones = torch.ones_like(vertices_bxvx3[..., :1])
    return torch.cat([vertices_bxvx3, ones], dim=-1) @ (projection_bx4x4 @ pose_bx4x4).transpose(1, 2)
