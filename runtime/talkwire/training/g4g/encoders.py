"""What the generator is given, as features: the crop without its mouth, the drawing, what is heard,
references.

The crop's features shrink to WORK rows at most, whatever the mouth's side: where M is 128, alignment costs
what it does for 64.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size
from talkwire.runtime.types import Float32
from talkwire.training.g4g.layers import FOLD, Residual, bent, conv, halved

REFERENCES: Final = 5
WORK: Final = 26  # rows of the smallest features, of M = 64 and of M = 128
LEAST_SPREAD: Final = 0.02  # of a heard weight: what hardly moves is not blown up


@dataclass(frozen=True, slots=True)
class Widths:
    """Channels at half and a quarter of the crop's size and where features are aligned; of the code of what
    is heard; of the fusion network and the critics.
    """

    half: int = 24
    quarter: int = 48
    aligned: int = 64
    code: int = 128
    fusion: int = 16
    critic: int = 32


@dataclass(frozen=True, slots=True)
class Sizes:
    """(rows, columns) at each scale of a crop for a mouth of side M."""

    whole: tuple[int, int]
    half: tuple[int, int]
    quarter: tuple[int, int]
    aligned: tuple[int, int]

    @staticmethod
    def of(side: int) -> Sizes:
        """M a multiple of 16."""
        whole = crop_size(side)
        half = halved(whole)
        return Sizes(whole, half, halved(half), halved(half, downs(side)))


def downs(side: int) -> int:
    """Halvings from half of the crop's size to where features are aligned."""
    times = 1
    while halved(crop_size(side), times + 1)[0] > WORK:
        times += 1
    return times


class PictureEncoder(nn.Module):
    """A picture, [B, C, H, W], to features [B, aligned, h, w]. For the masked crop and for the drawing."""

    def __init__(self, channels: int, side: int, widths: Widths) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(FOLD)
        self.stem = conv(channels * FOLD**2, widths.half)
        shrinking = [widths.half, *[widths.quarter] * (downs(side) - 1), widths.aligned]
        self.shrink = nn.ModuleList(conv(a, b, stride=2) for a, b in pairwise(shrinking))

    def forward(self, picture: Tensor) -> Tensor:
        """Levels in [0, 1]."""
        x = bent(self.stem(self.fold(picture)))
        for layer in self.shrink:
            x = bent(layer(x))
        return x


class HeardEncoder(nn.Module):
    """Weights of W moments, [B, 5, 33], to a code [B, code]. Each weight is counted in its own spread, and
    taken no further than it went in what there was to learn from.
    """

    mean_c: Tensor
    spread_c: Tensor
    least_c: Tensor
    most_c: Tensor

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.register_buffer("mean_c", torch.zeros(len(HEARD)))
        self.register_buffer("spread_c", torch.ones(len(HEARD)))
        # of what there was to learn from: beyond it, as emotions go, the mouth would come apart
        self.register_buffer("least_c", torch.zeros(len(HEARD)), persistent=False)
        self.register_buffer("most_c", torch.ones(len(HEARD)), persistent=False)
        self.first = nn.Linear(WINDOW * len(HEARD), 2 * widths.code)
        self.second = nn.Linear(2 * widths.code, widths.code)

    def get_used_to(self, heard: Float32) -> None:
        """Take mean, spread and ends from [..., 33] of what there is to learn from."""
        rows = torch.from_numpy(heard.reshape(-1, len(HEARD)))
        self.mean_c.copy_(rows.mean(dim=0))
        self.spread_c.copy_(rows.std(dim=0).clamp_min(LEAST_SPREAD))
        self.least_c.copy_(rows.amin(dim=0))
        self.most_c.copy_(rows.amax(dim=0))

    def forward(self, heard_bx5xc: Tensor) -> Tensor:
        """Weights in [0, 1]."""
        known = torch.minimum(torch.maximum(heard_bx5xc, self.least_c), self.most_c)
        counted = (known - self.mean_c) / self.spread_c
        return bent(self.second(bent(self.first(counted.flatten(1)))))


class ReferenceEncoder(nn.Module):
    """REFERENCES crops of the person, mouth and all, to maps that are bent to a mouth. Needed once, in
    training's end.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(FOLD)
        self.stem = conv(3 * REFERENCES * FOLD**2, 2 * widths.half)
        self.body = Residual(2 * widths.half)
        self.to_half = conv(2 * widths.half, widths.half)
        self.shrink = conv(2 * widths.half, widths.quarter, stride=2)
        self.to_quarter = Residual(widths.quarter)

    def forward(self, references_rx3xhxw: Tensor) -> tuple[Tensor, Tensor]:
        """[1, quarter, H/4, W/4] and [1, half, H/2, W/2]."""
        x = bent(self.stem(self.fold(references_rx3xhxw.flatten(0, 1)[None])))
        x = self.body(x)
        return self.to_quarter(bent(self.shrink(bent(x)))), self.to_half(bent(x))


class MouthEncoder(nn.Module):
    """Five pictures of a mouth, [B, 5, 3, m, m], to a unit vector [B, D]: how it moves, from whom it is
    heard.
    """

    WIDTHS: Final = (32, 64, 96)

    def __init__(self, pixels: int, code: int) -> None:
        super().__init__()
        widths = (3 * WINDOW, *self.WIDTHS)
        self.layers = nn.ModuleList(conv(a, b, stride=2) for a, b in pairwise(widths))
        left = halved((pixels, pixels), len(self.WIDTHS))[0]
        self.out = nn.Linear(widths[-1] * left**2, code)

    def forward(self, mouths_bx5x3xmxm: Tensor) -> Tensor:
        """Levels in [0, 1]; the picture's own brightness does not count."""
        mouths = mouths_bx5x3xmxm - mouths_bx5x3xmxm.mean(dim=(1, 3, 4), keepdim=True)
        x = 4 * mouths.flatten(1, 2)
        for layer in self.layers:
            x = bent(layer(x))
        return functional.normalize(self.out(x.flatten(1)).float(), dim=1)
