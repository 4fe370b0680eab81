"""How far pictures are from the truth, where it counts: see `regions.where_it_counts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from talkwire.training.g4g.generator import Drawn

# reductions at which the finished picture is compared too, so that its colours are right on the whole
COARSE: Final = (2, 4, 8)
# of the finished picture, whole and coarse; of the drawn ones at each scale; of steps between neighbours; of
# the drawing that pooled features hold; of the diagonal of true and of drawn mouths; of the sync network; of
# critics
WEIGHTS: Final[Mapping[str, float]] = {
    "image": 1.0,
    "coarse": 0.5,
    "scales": 0.5,
    "edges": 1.0,
    "drawing": 0.1,
    "diagonal": 0.05,
    "own": 0.01,
    "sync": 0.01,
    "critics": 0.015,
}


def distance(found: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """[B] mean absolute difference of [B, C, h, w], weighted."""
    return ((found.float() - wanted).abs() * weights).mean(dim=(1, 2, 3))


def edge_distance(found: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """[B] the same of differences between neighbours: blur is right on the whole, and wrong here."""
    wrong = found.float() - wanted
    across, down = wrong[..., 1:] - wrong[..., :-1], wrong[..., 1:, :] - wrong[..., :-1, :]
    return (across.abs() * weights[..., 1:]).mean(dim=(1, 2, 3)) + (down.abs() * weights[..., 1:, :]).mean(
        dim=(1, 2, 3)
    )


def reduced(x: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """The mean of areas."""
    return functional.adaptive_avg_pool2d(x, size_hw)


def picture_terms(
    drawn: Drawn, fused: Tensor, wanted: Tensor, weights_bx1xhxw: Tensor
) -> Mapping[str, Tensor]:
    """[B] each. weights: of `where_it_counts`, for each picture."""
    terms = {
        "image": distance(fused, wanted, weights_bx1xhxw),
        "edges": edge_distance(fused, wanted, weights_bx1xhxw),
        "scales": distance(drawn.whole, wanted, weights_bx1xhxw),
    }
    for picture in (drawn.half, drawn.quarter):
        if picture is not None:
            size = picture.shape[2], picture.shape[3]
            terms["scales"] = terms["scales"] + distance(
                picture, reduced(wanted, size), reduced(weights_bx1xhxw, size)
            )
    wrong, height, width = (fused - wanted) * weights_bx1xhxw, *wanted.shape[2:]
    coarse = [reduced(wrong, (height // k, width // k)).abs().mean(dim=(1, 2, 3)) for k in COARSE]
    terms["coarse"] = torch.stack(coarse).sum(dim=0)
    return terms
