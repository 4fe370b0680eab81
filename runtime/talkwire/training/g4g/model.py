"""The whole of it: a crop without its mouth, a drawing, and what is heard, to a crop with a mouth that says
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.training.g4g.alignment import IntraAlignment
from talkwire.training.g4g.critics import Critics
from talkwire.training.g4g.encoders import (
    HeardEncoder,
    MouthEncoder,
    PictureEncoder,
    ReferenceEncoder,
    Widths,
)
from talkwire.training.g4g.fusion import Fusion
from talkwire.training.g4g.generator import Drawn, Generator
from talkwire.training.g4g.regions import around_mask, mouth_px
from talkwire.training.g4g.sync import Sync


@dataclass(frozen=True, slots=True)
class Ablation:
    """The paper's three parts, each of which can be left out, to see what it is for."""

    diagonal: bool = True
    scales: int = 2
    fusion: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """What comes of a batch. code: of what was heard, [B, D].  fused: the finished crops, [B, 3, H, W],
    not cut off at black and white.
    """

    aligned: Tensor
    code: Tensor
    drawn: Drawn
    fused: Tensor


class MouthModel(nn.Module):
    """What becomes an avatar's graph, and the encoder of its references."""

    around_1x1xhxw: Tensor

    def __init__(self, side: int, widths: Widths, ablation: Ablation) -> None:
        super().__init__()
        self.register_buffer("around_1x1xhxw", around_mask(side), persistent=False)
        self.visual, self.landmark = PictureEncoder(3, side, widths), PictureEncoder(1, side, widths)
        self.heard = HeardEncoder(widths)
        self.reference = ReferenceEncoder(widths)
        self.intra = IntraAlignment(side, widths)
        self.generator = Generator(side, widths, scales=ablation.scales)
        self.fusion = Fusion(side, widths, mends=ablation.fusion)

    def forward(
        self, crop: Tensor, drawing: Tensor, heard: Tensor, maps_quarter: Tensor, maps_half: Tensor
    ) -> Tensor:
        """The avatar's graph: [N, 3, H, W], [N, 1, H, W] in [0, 1], [N, 5, 33] and maps of one row, to
        finished crops [N, 3, H, W] in [0, 1].
        """
        return self.speak(crop, drawing, heard, (maps_quarter, maps_half)).fused.clamp(0, 1)

    def speak(self, crop: Tensor, drawing: Tensor, heard: Tensor, maps: tuple[Tensor, Tensor]) -> Spoken:
        """The same with what is on the way. The crop's mouth is not looked at."""
        masked = crop * self.around_1x1xhxw
        aligned = self.intra(self.visual(masked), self.landmark(drawing))
        code = self.heard(heard)
        drawn = self.generator(aligned, code, *maps)
        return Spoken(aligned, code, drawn, self.fusion(drawn.whole, masked))


class Networks(nn.Module):
    """All that learns: the model, and those by which it learns."""

    sync_accuracy: Tensor

    def __init__(self, side: int, widths: Widths, ablation: Ablation) -> None:
        super().__init__()
        pixels = mouth_px(side)
        self.model = MouthModel(side, widths, ablation)
        self.eye = MouthEncoder(pixels, widths.code)
        self.said = nn.Linear(widths.code, widths.code)
        self.sync = Sync(pixels, widths)
        self.critics = Critics(widths)
        self.register_buffer("sync_accuracy", torch.zeros(()))

    def a(self, code_bxd: Tensor) -> Tensor:
        """[B, D] unit vectors of what was heard, for S."""
        return functional.normalize(self.said(code_bxd).float(), dim=1)


@contextmanager
def held_still(network: nn.Module) -> Iterator[None]:
    """Gradients go through it, and not into it."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
