"""Coverage at silhouettes, differentiable (Laine et al. 2020, section 3.6).

Two neighbouring pixels that show different triangles are blended where a silhouette edge of the nearer
triangle passes between their centres: the nearer surface reaches as far as the edge does. The crossing
moves with the edge's ends, and that is how an outline pulls on the geometry.
"""

from __future__ import annotations

import torch

from talkwire.training.raster.seam import Edges, Tensor


def antialias(
    image_bxhxwxc: Tensor, raster: Tensor, clip_bxvx4: Tensor, triangles_fx3: Tensor, edges: Edges
) -> Tensor:
    """As in `seam.Rasterizer.antialias`."""
    batch, height, width, channels = image_bxhxwxc.shape
    triangle = raster[..., 3].detach().long() - 1
    depth = torch.where(triangle >= 0, raster[..., 2].detach(), torch.inf).flatten()
    flat = image_bxhxwxc.reshape(-1, channels)
    out = flat
    index = torch.arange(batch * height * width, device=flat.device).reshape(batch, height, width)
    screen = _to_pixels(clip_bxvx4, width, height)
    for axis, (one, other) in enumerate(
        ((index[:, :, :-1], index[:, :, 1:]), (index[:, :-1], index[:, 1:]))
    ):
        one, other = one.flatten(), other.flatten()
        ids = triangle.flatten()
        differs = torch.nonzero(ids[one] != ids[other])[:, 0]
        one, other = one[differs], other[differs]
        swap = depth[other] < depth[one]
        front, back = torch.where(swap, other, one), torch.where(swap, one, other)
        crossing = _crossing(front, back, ids, screen, triangles_fx3, edges, (height, width), axis)
        # beyond the middle the front surface spills into the pixel behind; before it, it falls short
        over, short = (crossing - 0.5).clamp(min=0), (0.5 - crossing).clamp(min=0)
        difference = flat[front] - flat[back]
        out = out.index_add(0, back, over[:, None] * difference)
        out = out.index_add(0, front, -short[:, None] * difference)
    return out.reshape(image_bxhxwxc.shape)


def _to_pixels(clip: Tensor, width: int, height: int) -> Tensor:
    """[B, V, 2] image positions in pixels; pixel centres are at whole numbers."""
    w = clip[..., 3:]
    ndc = clip[..., :2] / torch.where(w > 1e-8, w, torch.ones_like(w))
    return (ndc + 1) / 2 * torch.tensor([width, height], dtype=clip.dtype, device=clip.device) - 0.5


def _crossing(
    front: Tensor,
    back: Tensor,
    ids: Tensor,
    screen: Tensor,
    triangles: Tensor,
    edges: Edges,
    size_hw: tuple[int, int],
    axis: int,
) -> Tensor:
    """[P] how far from the front pixel's centre towards the back one's a silhouette edge passes: 0..1, or 0.5
    (no blend) where none does. axis 0: the pixels are neighbours in a row, 1: in a column.
    """
    height, width = size_hw
    image, row, column = front // (height * width), front // width % height, front % width
    centre = torch.stack([column, row], dim=1).to(screen)
    step = torch.where(back > front, 1.0, -1.0).to(screen)
    corner = triangles[ids[front]]
    flat = screen.reshape(-1, 2)
    base = (image * screen.shape[1])[:, None]
    at = flat[(corner + base).reshape(-1)].reshape(-1, 3, 2)
    far = edges.opposite_fx3[ids[front]]
    across = flat[(far.clamp(min=0) + base).reshape(-1)].reshape(-1, 3, 2).detach()
    best = torch.full_like(step, 0.5)
    found = torch.zeros_like(step, dtype=torch.bool)
    for k in range(3):
        a, b, own = at[:, (k + 1) % 3], at[:, (k + 2) % 3], at[:, k]
        along = b - a
        # a silhouette: no triangle beyond, or it lies on the same side of the edge as this one
        side_own, side_far = _cross(along, own - a), _cross(along, across[:, k] - a)
        outline = (far[:, k] < 0) | (side_own * side_far > 0)
        steep = along[:, 1 - axis].abs() >= along[:, axis].abs()
        run = along[:, 1 - axis]
        share = (centre[:, 1 - axis] - a[:, 1 - axis]) / torch.where(run.abs() < 1e-9, torch.ones_like(run), run)
        reach = (a[:, axis] + share * along[:, axis] - centre[:, axis]) * step
        inner = share.detach()
        passes = outline & steep & (inner >= 0) & (inner <= 1) & (reach >= 0) & (reach <= 1) & ~found
        best = torch.where(passes, reach, best)
        found = found | passes
    return best


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).detach()
