"""Regions of a crop: the mask, the square in it where lips move, the ring around it."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from talkwire.runtime.g4g_geometry import crop_size, mask_columns, mask_rows

MASK, RING = 1.0, 0.25  # how much each counts; what is farther does not
MOUTH_PX: Final = 48  # at most, of a side of a mouth that is compared with sound


def lips_square(side: int) -> tuple[slice, slice]:
    """Rows and columns of the crop in which lips move: three quarters of the mask, at its lower end."""
    rows, columns = mask_rows(side), mask_columns(side)
    return slice(rows.start + side // 4, rows.stop), slice(
        columns.start + side // 8, columns.stop - side // 8
    )


def where_it_counts(side: int) -> Tensor:
    """[1, 1, H, W], mean 1."""
    weights = torch.zeros(1, 1, *crop_size(side))
    rows, columns = mask_rows(side), mask_columns(side)
    ring = side // 8
    weights[..., rows.start - ring : rows.stop + ring, :] = RING
    weights[..., rows, columns] = MASK
    return weights / weights.mean()


def around_mask(side: int) -> Tensor:
    """[1, 1, H, W]: 0 in the mask and 1 around it."""
    around = torch.ones(1, 1, *crop_size(side))
    around[..., mask_rows(side), mask_columns(side)] = 0
    return around


def masks_of(crops: Tensor, side: int) -> Tensor:
    """[B, C, M, M] of [B, C, H, W]."""
    return crops[..., mask_rows(side), mask_columns(side)]


def mouth_px(side: int) -> int:
    """How large mouths are when they are compared with sound."""
    return 3 * side // 4 // _reduction(side)


def mouths_of(crops: Tensor, side: int) -> Tensor:
    """[B, 3, m, m]: the lips' squares of [B, 3, H, W]."""
    return functional.avg_pool2d(crops[..., *lips_square(side)].float(), _reduction(side))


def _reduction(side: int) -> int:
    return max(1, 3 * side // 4 // MOUTH_PX)
