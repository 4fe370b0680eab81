"""Our rasteriser: whole-array torch operations, the same on the CPU and on CUDA.

Triangles are sorted into classes by the size of their bounding boxes. All pixels of a class's boxes are
tested at once, and the nearest triangle of each pixel is found by one scattered minimum over keys that
hold depth and triangle. Barycentrics are then computed again for the winners alone, with gradients.
"""

from __future__ import annotations

from typing import Final

import torch
from torch.nn import functional

from talkwire.training.raster.antialias import antialias
from talkwire.training.raster.seam import Edges, Tensor

_ID_BITS: Final = 31
_NOTHING: Final = torch.iinfo(torch.int64).max
_MOST_CANDIDATES: Final = 1 << 22  # pixels tested at once: about 200 MB of temporaries
_CLASSES: Final = (
    2,
    3,
    4,
    6,
    8,
    12,
    16,
    24,
    32,
    64,
    128,
    256,
    512,
    1024,
    2048,
    4096,
    8192,
)  # box sides, pixels


class TorchRasterizer:
    """`seam.Rasterizer` in torch. A triangle that reaches behind the camera is not drawn."""

    def rasterize(self, clip_bxvx4: Tensor, triangles_fx3: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """As in `seam.Rasterizer`."""
        height, width = size_hw
        batch = len(clip_bxvx4)
        winner = _nearest(clip_bxvx4.detach(), triangles_fx3, size_hw)  # [B * H * W] triangle, or -1
        pixel = torch.nonzero(winner >= 0)[:, 0]
        triangle = winner[pixel]
        corners = _corners(clip_bxvx4, triangles_fx3, pixel // (height * width), triangle)
        weights = barycentric(corners, _centre_ndc(pixel % (height * width), size_hw, corners))
        depth = (weights * corners[..., 2]).sum(-1) / (weights * corners[..., 3]).sum(-1)
        values = torch.cat(
            [weights[:, :2], depth.detach()[:, None], (triangle + 1).to(depth)[:, None]], dim=1
        )
        flat = values.new_zeros(batch * height * width, 4).index_put((pixel,), values)
        return flat.reshape(batch, height, width, 4)

    def interpolate(self, values_bxvxc: Tensor, raster: Tensor, triangles_fx3: Tensor) -> Tensor:
        """As in `seam.Rasterizer`."""
        batch, height, width, _ = raster.shape
        flat = raster.reshape(-1, 4)
        pixel = torch.nonzero(flat[:, 3] > 0)[:, 0]
        triangle = flat[pixel, 3].detach().long() - 1
        image = pixel // (height * width) if len(values_bxvxc) > 1 else torch.zeros_like(pixel)
        corners = _corners(values_bxvxc, triangles_fx3, image, triangle)
        u, v = flat[pixel, 0:1], flat[pixel, 1:2]
        mixed = u * corners[:, 0] + v * corners[:, 1] + (1 - u - v) * corners[:, 2]
        out = mixed.new_zeros(len(flat), mixed.shape[1]).index_put((pixel,), mixed)
        return out.reshape(batch, height, width, -1)

    def texture(self, texture_bxhxwxc: Tensor, uv_bxhxwx2: Tensor) -> Tensor:
        """As in `seam.Rasterizer`."""
        texture = texture_bxhxwxc.permute(0, 3, 1, 2).expand(len(uv_bxhxwx2), -1, -1, -1)
        sampled = functional.grid_sample(
            texture, uv_bxhxwx2 * 2 - 1, mode="bilinear", padding_mode="border", align_corners=False
        )
        return sampled.permute(0, 2, 3, 1)

    def antialias(
        self, image_bxhxwxc: Tensor, raster: Tensor, clip_bxvx4: Tensor, triangles_fx3: Tensor, edges: Edges
    ) -> Tensor:
        """As in `seam.Rasterizer`."""
        return antialias(image_bxhxwxc, raster, clip_bxvx4, triangles_fx3, edges)


def barycentric(corners_px3x4: Tensor, ndc_px2: Tensor) -> Tensor:
    """[P, 3] perspective-correct barycentrics of points in the image.

    corners_px3x4: [P, 3, 4] clip space.  ndc_px2: [P, 2] in [-1, 1].  A ray through the image point meets the
    triangle's plane where x - X w = y - Y w = 0 (homogeneous rasterisation, Olano and Greer 1997).
    """
    off = corners_px3x4[..., :2] - ndc_px2[:, None, :] * corners_px3x4[..., 3:]
    x, y = off.unbind(-1)
    areas = torch.stack(
        [
            x[:, 1] * y[:, 2] - x[:, 2] * y[:, 1],
            x[:, 2] * y[:, 0] - x[:, 0] * y[:, 2],
            x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0],
        ],
        dim=1,
    )
    total = areas.sum(1, keepdim=True)
    return areas / torch.where(total.abs() < 1e-20, torch.full_like(total, 1e-20), total)


def _nearest(clip: Tensor, triangles: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """[B * H * W] int64: the nearest triangle of each pixel, or -1."""
    height, width = size_hw
    batch, count = len(clip), len(triangles)
    corners = clip[:, triangles].reshape(batch * count, 3, 4)
    w = corners[..., 3]
    seen = torch.nonzero((w > 1e-8).all(1))[:, 0]
    corners = corners[seen]
    size = torch.tensor([width, height], dtype=clip.dtype, device=clip.device)
    pixels = (corners[..., :2] / corners[..., 3:] + 1) / 2 * size - 0.5  # pixel centres are whole numbers
    first = torch.ceil(pixels.min(1).values - 1e-4).clamp(min=0)
    last = torch.minimum(torch.floor(pixels.max(1).values + 1e-4), size - 1)
    extent = (last - first + 1).max(1).values
    meets = torch.nonzero(((last >= first).all(1)) & torch.isfinite(extent))[:, 0]
    nearest = torch.full((batch * height * width,), _NOTHING, dtype=torch.int64, device=clip.device)
    smaller = 0
    for side in _CLASSES:
        chosen = meets[(extent[meets] > smaller) & (extent[meets] <= side)]
        smaller = side
        for some in torch.split(chosen, max(1, _MOST_CANDIDATES // (side * side))):
            _test_boxes(nearest, corners[some], seen[some], first[some], last[some], side, size_hw, count)
    triangle = nearest & ((1 << _ID_BITS) - 1)
    return torch.where(nearest == _NOTHING, -1, triangle % max(count, 1))


def _test_boxes(
    nearest: Tensor,
    corners: Tensor,
    index: Tensor,
    first: Tensor,
    last: Tensor,
    side: int,
    size_hw: tuple[int, int],
    count: int,
) -> None:
    """Offer every pixel of the boxes to the triangles they belong to; `nearest` keeps the nearest."""
    if not len(index):
        return
    height, width = size_hw
    step = torch.arange(side, device=corners.device, dtype=corners.dtype)
    x, y = first[:, 0, None] + step, first[:, 1, None] + step  # [n, side]
    ndc_x, ndc_y = (x + 0.5) * (2 / width) - 1, (y + 0.5) * (2 / height) - 1
    # homogeneous edge functions, linear in the image; two triangles compute a common edge with opposite signs
    # to the last bit, so no pixel falls between them
    cz, cw = corners[..., 2], corners[..., 3]
    xyw = corners[..., (0, 1, 3)]
    rows = _cross(xyw.roll(-1, 1), xyw.roll(-2, 1))
    facing = torch.sign((rows[:, 0] * xyw[:, 0]).sum(-1))[:, None, None, None]
    value = facing * (
        rows[:, :, 0, None, None] * ndc_x[:, None, None, :]
        + rows[:, :, 1, None, None] * ndc_y[:, None, :, None]
        + rows[:, :, 2, None, None]
    )  # [n, 3, side, side]
    inside = (value >= 0).all(1) & (value.sum(1) > 0)
    inside &= (x <= last[:, 0, None])[:, None, :] & (y <= last[:, 1, None])[:, :, None]
    n, row, column = torch.nonzero(inside, as_tuple=True)
    share = value[n, :, row, column]
    depth = (share * cz[n]).sum(1) / (share * cw[n]).sum(1)
    visible = depth.abs() <= 1
    n, row, column, depth = n[visible], row[visible], column[visible], depth[visible]
    triangle = index[n]
    image = triangle // count
    pixel = (image * height + y[n, row].long()) * width + x[n, column].long()
    ordered = ((depth.double() + 1) * (1 << 30)).long()  # 31 bits of depth above the triangle's index
    key = (ordered << _ID_BITS) | (triangle % count)
    nearest.scatter_reduce_(0, pixel, key, "amin")


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """[..., 3], exactly the negative of b x a: torch's own rounds one of the two products only (it fuses)."""
    return torch.stack(
        [a[..., k - 2] * b[..., k - 1] - a[..., k - 1] * b[..., k - 2] for k in range(3)], dim=-1
    )


def _corners(values: Tensor, triangles: Tensor, image: Tensor, triangle: Tensor) -> Tensor:
    """[P, 3, C] values at the corners of a triangle of an image."""
    flat = values.reshape(-1, values.shape[-1])
    index = triangles[triangle] + (image * values.shape[1])[:, None]
    return flat[index.reshape(-1)].reshape(len(triangle), 3, values.shape[-1])


def _centre_ndc(pixel: Tensor, size_hw: tuple[int, int], like: Tensor) -> Tensor:
    """[P, 2] image positions in [-1, 1] of pixel centres."""
    height, width = size_hw
    row, column = pixel // width, pixel % width
    return torch.stack(
        [(column.to(like) + 0.5) * (2 / width) - 1, (row.to(like) + 0.5) * (2 / height) - 1], dim=1
    )
