"""What a differentiable rasteriser does, in nvdiffrast's terms (Laine et al. 2020, section 3).

Clip space is OpenGL's: a point is in view where |x|, |y|, |z| <= w. Row 0 of an image is y = -w, its
bottom edge in OpenGL; a camera whose clip space has y downward makes row 0 the top. Nothing is culled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

Tensor = torch.Tensor


@dataclass(frozen=True)
class Edges:
    """Which triangles meet where: for a mesh of one topology, found once.

    ends_ex2: [E, 2] vertices.  faces_ex2: [E, 2] the triangles on both sides; -1 at a border.  apexes_ex2:
    [E, 2] the corner of each that is not on the edge; at a border the first again.  An edge of three
    triangles is three borders.
    """

    ends_ex2: Tensor
    faces_ex2: Tensor
    apexes_ex2: Tensor


class Rasterizer(Protocol):
    """Images of triangles, with gradients to their corners."""

    def rasterize(self, clip_bxvx4: Tensor, triangles_fx3: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """[B, H, W, 4] float32: barycentric u, v of the nearest triangle's first two corners (perspective
        correct), its depth z/w, and 1 + its index; all 0 where there is none. u and v carry gradients.

        clip_bxvx4: [B, V, 4] float32.  triangles_fx3: [F, 3] int64.
        """
        ...

    def interpolate(self, values_bxvxc: Tensor, raster: Tensor, triangles_fx3: Tensor) -> Tensor:
        """[B, H, W, C]: values at vertices, [B, V, C] or [1, V, C], spread over the triangles; 0 outside."""
        ...

    def texture(self, texture_bxhxwxc: Tensor, uv_bxhxwx2: Tensor) -> Tensor:
        """[B, H, W, C]: bilinear look-ups, clamped at the border; (0, 0) is the corner of the first texel."""
        ...

    def antialias(
        self, image_bxhxwxc: Tensor, raster: Tensor, clip_bxvx4: Tensor, triangles_fx3: Tensor, edges: Edges
    ) -> Tensor:
        """The image with silhouettes blended by coverage: the only way by which they carry gradients."""
        ...


def edges_of(triangles_fx3: Tensor) -> Edges:
    """The edges of a mesh, triangles_fx3 [F, 3] int64, on the same device."""
    corner = triangles_fx3
    pairs = torch.stack([corner.roll(-1, 1), corner.roll(-2, 1)], dim=-1).reshape(-1, 2)  # opposite corner k
    ends = pairs.sort(dim=1).values
    key = ends[:, 0] * (int(corner.max()) + 1 if corner.numel() else 1) + ends[:, 1]
    order = torch.argsort(key, stable=True)
    _, count = torch.unique_consecutive(key[order], return_counts=True)
    first = torch.cumsum(count, 0) - count
    shared = order[first[count == 2]]
    partner = order[first[count == 2] + 1]
    alone = order[torch.repeat_interleave(count != 2, count)]
    apex, face = corner.reshape(-1), torch.arange(corner.numel(), device=corner.device) // 3
    return Edges(
        torch.cat([ends[shared], ends[alone]]),
        torch.cat(
            [
                torch.stack([face[shared], face[partner]], 1),
                torch.stack([face[alone], torch.full_like(alone, -1)], 1),
            ]
        ),
        torch.cat(
            [torch.stack([apex[shared], apex[partner]], 1), torch.stack([apex[alone], apex[alone]], 1)]
        ),
    )
