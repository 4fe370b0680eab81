"""Coverage at silhouettes, differentiable (after Laine et al. 2020, section 3.6).

Where a silhouette edge passes between the centres of two neighbouring pixels, they are blended: the nearer
surface reaches as far as the edge does. The crossing moves with the edge's ends, and that is how an outline
pulls on the geometry.

nvdiffrast looks for the edge among those of the triangle that a pixel shows. Here every silhouette edge is
walked along instead, so outlines of triangles smaller than a pixel count too: a whole head in a small window.
"""

from __future__ import annotations

from typing import Final

import torch

from talkwire.training.raster.seam import Edges, Tensor

_SLACK: Final = 1e-3  # of clip depth, by which an edge may lie behind the surfaces it is seen with


def antialias(
    image_bxhxwxc: Tensor, raster: Tensor, clip_bxvx4: Tensor, triangles_fx3: Tensor, edges: Edges
) -> Tensor:
    """As in `seam.Rasterizer.antialias`."""
    height, width, channels = image_bxhxwxc.shape[1:]
    flat = image_bxhxwxc.reshape(-1, channels)
    screen, depth_v = _to_pixels(clip_bxvx4, width, height)
    image, ends, inner = _silhouettes(screen.detach(), clip_bxvx4.detach(), triangles_fx3, edges)
    at, depth = screen[image[:, None], ends], depth_v[image[:, None], ends]
    own = screen.detach()[image, inner]
    seen = raster.detach().reshape(-1, 4)
    behind = torch.where(seen[:, 3] > 0, seen[:, 2], torch.ones_like(seen[:, 2]))
    out = flat
    for axis in range(2):
        pairs = _crossings(at, depth, own, image, (height, width), axis)
        out = _blended(out, flat, pairs, behind, seen[:, 3])
    return out.reshape(image_bxhxwxc.shape)


def _to_pixels(clip: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """[B, V, 2] image positions in pixels, pixel centres at whole numbers, and [B, V] depths."""
    w = torch.where(clip[..., 3] > 1e-8, clip[..., 3], torch.ones_like(clip[..., 3]))
    size = torch.tensor([width, height], dtype=clip.dtype, device=clip.device)
    return (clip[..., :2] / w[..., None] + 1) / 2 * size - 0.5, (clip[..., 2] / w).detach()


def _silhouettes(
    screen: Tensor, clip: Tensor, triangles: Tensor, edges: Edges
) -> tuple[Tensor, Tensor, Tensor]:
    """Image, [N, 2] ends and one inner vertex of each edge that is a border, or whose two triangles lie on
    the same side of it as seen.
    """
    first, other = edges.faces_ex2.unbind(1)
    a, b = (screen[:, edges.ends_ex2[:, k]] for k in range(2))
    side = [_side(a, b, screen[:, edges.apexes_ex2[:, k]]) for k in range(2)]
    outline = (other < 0) | (side[0] * side[1] > 0)
    before = (clip[:, triangles, 3] > 1e-8).all(-1)  # triangles that reach behind the camera are not drawn
    outline &= before[:, first]
    image, edge = torch.nonzero(outline, as_tuple=True)
    return image, edges.ends_ex2[edge], edges.apexes_ex2[edge, 0]


class _Pairs:
    """Neighbouring pixels with a silhouette between them: front, back and the edge's way from front to
    back.
    """

    def __init__(self, front: Tensor, back: Tensor, reach: Tensor, depth: Tensor) -> None:
        self.front, self.back, self.reach, self.depth = front, back, reach, depth

    def rows(self, chosen: Tensor) -> _Pairs:
        return _Pairs(self.front[chosen], self.back[chosen], self.reach[chosen], self.depth[chosen])


def _crossings(
    at: Tensor, depth: Tensor, own: Tensor, image: Tensor, size_hw: tuple[int, int], axis: int
) -> _Pairs:
    """Where edges [N, 2, 2] cross the lines through pixel centres. axis 0: rows of pixels, 1: columns.

    Only edges steeper than 45 degrees to the line count, so that each edge is blended along one axis.
    """
    line, along = (1, 0) if axis == 0 else (0, 1)
    lines, length = (size_hw[0], size_hw[1]) if axis == 0 else (size_hw[1], size_hw[0])
    run = (at[:, 1] - at[:, 0]).detach()
    low, high = at[..., line].detach().aminmax(dim=1)
    first, last = torch.ceil(low).clamp(min=0), torch.floor(high).clamp(max=lines - 1)
    count = (last - first + 1).clamp(min=0).long() * (run[:, line].abs() >= run[:, along].abs())
    edge = torch.repeat_interleave(torch.arange(len(at), device=at.device), count)
    step = torch.arange(len(edge), device=at.device) - (torch.cumsum(count, 0) - count)[edge]
    where = first[edge] + step
    a, b = at[edge, 0], at[edge, 1]
    share = (where - a[:, line]) / (b[:, line] - a[:, line])
    crossing = a[:, along] + share * (b[:, along] - a[:, along])
    pixel = torch.floor(crossing.detach())
    inside = torch.nonzero((pixel >= 0) & (pixel < length - 1) & torch.isfinite(crossing.detach()))[:, 0]
    edge, where, pixel, crossing, share = (x[inside] for x in (edge, where, pixel, crossing, share))
    base = image[edge] * (size_hw[0] * size_hw[1])
    place = base + (
        where.long() * size_hw[1] + pixel.long() if axis == 0 else pixel.long() * size_hw[1] + where.long()
    )
    following = place + (1 if axis == 0 else size_hw[1])
    # the surface lies on the side of the edge's own triangle
    inner = (
        own[edge, along]
        - (
            at[edge, 0, along] + (own[edge, line] - at[edge, 0, line]) * (run[edge, along] / run[edge, line])
        ).detach()
    )
    before = inner < 0
    reach = torch.where(before, crossing - pixel, pixel + 1 - crossing)
    edge_depth = depth[edge, 0] + share.detach() * (depth[edge, 1] - depth[edge, 0])
    return _Pairs(
        torch.where(before, place, following), torch.where(before, following, place), reach, edge_depth
    )


def _blended(out: Tensor, flat: Tensor, pairs: _Pairs, seen_depth: Tensor, seen_id: Tensor) -> Tensor:
    """Blend each pair of pixels by the nearest edge between them, where it is not hidden."""
    differs = seen_id[pairs.front] != seen_id[pairs.back]
    nearer = seen_depth[pairs.front] <= seen_depth[pairs.back]
    visible = pairs.depth <= torch.maximum(seen_depth[pairs.front], seen_depth[pairs.back]) + _SLACK
    pairs = pairs.rows(torch.nonzero(differs & nearer & visible)[:, 0])
    if not len(pairs.front):
        return out
    key = torch.minimum(pairs.front, pairs.back)
    nearest = torch.full((len(flat),), torch.inf, dtype=pairs.depth.dtype, device=flat.device)
    nearest.scatter_reduce_(0, key, pairs.depth, "amin")
    chosen = torch.nonzero(pairs.depth == nearest[key])[:, 0]
    # two edges may meet in a vertex on the line: one of them is enough
    order = torch.full((len(flat),), len(key), dtype=torch.int64, device=flat.device)
    order.scatter_reduce_(0, key[chosen], chosen, "amin")
    pairs = pairs.rows(chosen[chosen == order[key[chosen]]])
    # beyond the middle the front surface spills into the pixel behind; before it, it falls short
    over, short = (pairs.reach - 0.5).clamp(min=0), (0.5 - pairs.reach).clamp(min=0)
    difference = flat[pairs.front] - flat[pairs.back]
    out = out.index_add(0, pairs.back, over[:, None] * difference)
    return out.index_add(0, pairs.front, -short[:, None] * difference)


def _side(a: Tensor, b: Tensor, p: Tensor) -> Tensor:
    along, to = b - a, p - a
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
