"""How networks see positions: sine waves for shapes, grids of features for colours."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

PRIMES: Final = (1, 2_654_435_761, 805_459_861)  # Teschner et al. 2003; summed and reduced, not XORed


def waves(points_px3: torch.Tensor, octaves: int) -> torch.Tensor:
    """[P, 3 + 6 octaves]: the point, and sine and cosine of 2^k times it (DynTet: k = 0..5, no pi)."""
    features = [points_px3]
    for k in range(octaves):
        features += [torch.sin(points_px3 * 2.0**k), torch.cos(points_px3 * 2.0**k)]
    return torch.cat(features, dim=-1)


class TiledGrid(nn.Module):
    """Features of points in [0, 1]^3 from grids of rising resolution, trilinear (Müller et al. 2022).

    A level whose grid has more nodes than the table shares entries by the sum of its coordinates times
    primes, modulo the table's size. The usual exclusive-or is refused by TensorRT for RTX; the sum is not.
    """

    def __init__(self, levels: int, base: int, growth: float, table_bits: int, features: int = 2) -> None:
        super().__init__()
        self.sides = [int(base * growth**level) for level in range(levels)]
        self.features = features
        self.sizes = [min((side + 1) ** 3, 1 << table_bits) for side in self.sides]
        self.table = nn.Parameter(torch.empty(sum(self.sizes), features).uniform_(-1e-4, 1e-4))

    @property
    def width(self) -> int:
        """Numbers a point."""
        return len(self.sides) * self.features

    def forward(self, points_px3: torch.Tensor) -> torch.Tensor:
        """[P, levels * features] of points_px3 [P, 3]; outside [0, 1] the border's."""
        points = points_px3.clamp(0, 1)
        index, weight, start = [], [], 0
        for side, size in zip(self.sides, self.sizes, strict=True):
            scaled = points * side
            low = scaled.detach().floor().clamp(max=side - 1)
            share = scaled - low
            corner = low.long()[:, None, :] + _CORNERS.to(points.device)
            index.append(_entry(corner, side, size) + start)
            both = torch.stack([1 - share, share], dim=-1)  # [P, 3, 2]
            x, y, z = both.unbind(1)
            weight.append((x[:, :, None, None] * y[:, None, :, None] * z[:, None, None, :]).reshape(-1, 8))
            start += size
        rows, weights = torch.stack(index, dim=1), torch.stack(weight, dim=1)  # [P, levels, 8]
        if torch.compiler.is_exporting():  # as plain look-ups
            return (self.table[rows] * weights[..., None]).sum(2).flatten(1)
        mixed: torch.Tensor = _Mixed.apply(  # type: ignore[no-untyped-call]
            rows.reshape(-1, 8), self.table, weights.reshape(-1, 8)
        )
        return mixed.reshape(len(points), -1)


class _Mixed(torch.autograd.Function):
    """Weighted sums of table rows. torch's own backward sorts the rows first, and takes six times as long."""

    @staticmethod
    def forward(
        ctx: Any, rows_nx8: torch.Tensor, table: torch.Tensor, weights_nx8: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(rows_nx8, table, weights_nx8)
        return functional.embedding_bag(rows_nx8, table, per_sample_weights=weights_nx8, mode="sum")

    @staticmethod
    def backward(ctx: Any, grad_nxf: torch.Tensor) -> tuple[None, torch.Tensor, torch.Tensor]:
        rows, table, weights = ctx.saved_tensors
        features = table.shape[1]
        entries = (rows[..., None] * features + torch.arange(features, device=rows.device)).reshape(-1)
        shares = (weights[..., None] * grad_nxf[:, None]).reshape(-1)
        to_table = torch.zeros(table.numel(), device=table.device, dtype=table.dtype)
        to_table.scatter_add_(0, entries, shares)
        to_weights = (functional.embedding(rows, table) * grad_nxf[:, None]).sum(-1)
        return None, to_table.reshape(table.shape), to_weights


def _entry(corner_px8x3: torch.Tensor, side: int, size: int) -> torch.Tensor:
    """[P, 8] rows of a level's table."""
    x, y, z = corner_px8x3.unbind(-1)
    if (side + 1) ** 3 <= size:
        return (x * (side + 1) + y) * (side + 1) + z
    return (x * PRIMES[0] + y * PRIMES[1] + z * PRIMES[2]) % size


_CORNERS = torch.tensor([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
