"""AdaAT: each channel of a map is scaled, turned and moved by itself (Zhang et al., AAAI 2022, as DINet has
it).

(x', y') = s R(angle) (x, y) + (tx, ty) on a grid from -1 to 1 whose ends are the middles of the outermost
pixels; the channel's value at (x, y) becomes the one that it has at (x', y'). DINet's code makes this grid,
and then samples one volume of all channels as if its ends were the pixels' outer edges, which mixes
neighbouring channels. Here each channel is a picture of its own, sampled by the grid that was made: doing
nothing changes nothing, and TensorRT reads it.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.training.g4g.layers import bent, zeroed

PARAMETERS: Final = 4  # scale, angle, tx, ty
HIDDEN: Final = 128


class AdaAT(nn.Module):
    """A guide to one transformation for each channel, and these to the channels of a map. None at first."""

    def __init__(self, channels: int, guide: int) -> None:
        super().__init__()
        self.channels = channels
        self.common = nn.Linear(guide, HIDDEN)
        self.parameters_of = zeroed(nn.Linear(HIDDEN, PARAMETERS * channels))

    def forward(self, maps_1xcxhxw: Tensor, guide_bxg: Tensor) -> Tensor:
        """[B, C, h, w]: the same maps, for each guide in another way."""
        raw = self.parameters_of(bent(self.common(guide_bxg))).float()
        scale, angle, tx, ty = raw.reshape(-1, PARAMETERS, self.channels).unbind(1)
        return transform(
            maps_1xcxhxw,
            torch.stack([2 * torch.sigmoid(scale), math.pi * torch.tanh(angle), tx.tanh(), ty.tanh()], dim=2),
        )


def transform(maps_1xcxhxw: Tensor, parameters_bxcx4: Tensor) -> Tensor:
    """[B, C, h, w] float32. parameters: scale, angle in radians, tx and ty in halves of the map's sides.

    Beyond the map its edge goes on.
    """
    batch, channels = parameters_bxcx4.shape[:2]
    height, width = maps_1xcxhxw.shape[2:]
    scale, angle, tx, ty = parameters_bxcx4.reshape(-1, 1, 1, PARAMETERS).unbind(3)
    x = torch.linspace(-1, 1, width, device=scale.device)
    y = torch.linspace(-1, 1, height, device=scale.device)[:, None]
    across, along = scale * torch.cos(angle), scale * torch.sin(angle)
    grid = torch.stack([across * x - along * y + tx, along * x + across * y + ty], dim=3)
    alone = maps_1xcxhxw.float().expand(batch, -1, -1, -1).reshape(-1, 1, height, width)
    sampled = functional.grid_sample(alone, grid, padding_mode="border", align_corners=True)
    return sampled.reshape(batch, channels, height, width)
