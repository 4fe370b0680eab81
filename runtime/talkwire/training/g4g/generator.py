"""The generator: maps of the references, bent to what is said, and drawn at three scales, each of them
supervised.

The paper bends at several scales and leaves open which: here at a quarter and at half of the crop's size, by
AdaAT, from what the aligned features hold and what is heard. The same guide also scales and shifts the
decoder's channels: AdaAT moves whole channels, and lips, teeth and tongue must come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from talkwire.training.g4g.adaat import AdaAT
from talkwire.training.g4g.encoders import Sizes, Widths
from talkwire.training.g4g.layers import FOLD, Guided, bent, conv, enlarged


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pictures, [B, 3, h, w] in [0, 1], at a quarter, half, and the whole of the crop's size. The coarse
    ones are there for their losses, and not where one scale is all.
    """

    quarter: Tensor | None
    half: Tensor | None
    whole: Tensor


class Generator(nn.Module):
    """Aligned features, what is heard and maps to pictures. scales: 2 as described; 1: the finer maps are
    taken as they are, and coarse pictures are not supervised.
    """

    def __init__(self, side: int, widths: Widths, *, scales: int = 2) -> None:
        super().__init__()
        self.sizes, self.scales = Sizes.of(side), scales
        aligned, quarter, half = widths.aligned, widths.quarter, widths.half
        guide = aligned + widths.code
        self.start = Guided(aligned, guide)
        self.narrow = conv(aligned, quarter, kernel=1)
        self.bend_quarter = AdaAT(quarter, guide)
        self.join_quarter = conv(2 * quarter, quarter)
        self.body_quarter = Guided(quarter, guide)
        self.widen = conv(quarter, half, kernel=1)
        self.bend_half = AdaAT(half, guide) if scales == 2 else None
        self.join_half = conv(2 * half, half)
        self.body_half = Guided(half, guide)
        self.show_quarter = conv(quarter, 3) if scales == 2 else None
        self.show_half = conv(half, 3) if scales == 2 else None
        self.show_whole = conv(half, 3 * FOLD**2)
        self.unfold = nn.PixelShuffle(FOLD)

    def forward(self, aligned: Tensor, heard: Tensor, maps_quarter: Tensor, maps_half: Tensor) -> Drawn:
        """aligned: [B, C, h, w]; heard: [B, D]; maps: [1, C, h, w], of `ReferenceEncoder`."""
        guide = torch.cat([aligned.mean(dim=(2, 3)), heard], dim=1)
        x = self.start(aligned, guide)
        x = enlarged(self.narrow(x), self.sizes.quarter)
        x = self.join_quarter(bent(torch.cat([x, self.bend_quarter(maps_quarter, guide)], dim=1)))
        quarter = self.body_quarter(x, guide)
        x = enlarged(self.widen(bent(quarter)), self.sizes.half)
        finer = (
            maps_half.expand(x.shape[0], -1, -1, -1)
            if self.bend_half is None
            else self.bend_half(maps_half, guide)
        )
        half = bent(self.body_half(self.join_half(bent(torch.cat([x, finer], dim=1))), guide))
        return Drawn(
            None if self.show_quarter is None else _shown(self.show_quarter, bent(quarter)),
            None if self.show_half is None else _shown(self.show_half, half),
            torch.sigmoid(self.unfold(exactly(self.show_whole, half))),
        )


def exactly(layer: nn.Module, x: Tensor) -> Tensor:
    """The layer in single precision, whatever is around it: colours have more levels than half precision."""
    with torch.autocast(x.device.type, enabled=False):
        y: Tensor = layer(x.float())
        return y


def _shown(layer: nn.Module, x: Tensor) -> Tensor:
    return torch.sigmoid(exactly(layer, x))
