"""The losses of a head, each by name with its weight: an ablation is a weight of 0.

Names and relative weights are the paper's (research notes on its code). Differences, and why: perceptual
stands for LPIPS, whose networks no package ships; gloss for its occlusion term, since there is no occlusion
map here; smooth and membrane are ours, because here vertices may also move freely once the field is frozen,
and because what a field adds to the morphable head should be as plain as the outlines allow.
Lengths are in the paper's unit, in which a head is about 1.8 high, so that its weights keep their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch.nn import functional

Tensor = torch.Tensor

UNIT_M: Final = 0.14
WEIGHTS: Final[Mapping[str, float]] = {
    "image": 1.0,
    "silhouette": 10.0,
    "perceptual": 0.1,
    "region": 0.1,
    "prior_field": 100.0,
    "prior_offset": 100.0,
    "elastic": 100.0,
    "depth": 1.0,
    "closing": 1000.0,
    "eyeballs": 10000.0,
    "membrane": 300.0,
    "sign": 0.2,  # falls to SIGN_END over the first quarter
    "gloss": 1e-3,
    "white_light": 5e-3,
    "smooth": 300.0,
}
SIGN_END: Final = 0.01
TRUNCATED_M: Final = 0.1 * UNIT_M
LEAST_STRETCH_M: Final = 0.02 * UNIT_M
SLACK: Final = 2.0  # the score may exceed the largest stretch by this: a tanh does not reach 1


def image_loss(rendered: Tensor, wanted: Tensor, inside: Tensor) -> Tensor:
    """Squared error summed over channels, inside a soft mask [B, H, W, 1], over the mask's area."""
    return ((rendered - wanted) ** 2 * inside).sum() / inside.sum().clamp(min=1.0)


def silhouette_loss(alpha: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
    """Squared error of coverage [B, H, W, 1] where it is known."""
    return ((alpha - wanted) ** 2 * known).sum() / known.sum().clamp(min=1.0)


def perceptual_loss(rendered: Tensor, wanted: Tensor, inside: Tensor, levels: int = 3) -> Tensor:
    """Mean absolute difference of edges over a pyramid: what is sharp where, however bright. Images [B, H,
    W, C].
    """
    a, b = (x.permute(0, 3, 1, 2) for x in (rendered, wanted))
    mask = inside.permute(0, 3, 1, 2)
    total = rendered.new_zeros(())
    for _ in range(levels):
        for step in ((0, 1), (1, 0)):
            here, there = _shifted(mask, step)
            weight = here * there
            difference = _slope(a, step) - _slope(b, step)
            total = total + (difference.abs() * weight).sum() / weight.sum().clamp(min=1.0)
        a, b, mask = (functional.avg_pool2d(x, 2) for x in (a, b, mask))
    return total / levels


def prior_field_loss(field_p: Tensor, wanted_p: Tensor) -> Tensor:
    """Squared error of truncated signed distances, metres."""
    reach = TRUNCATED_M
    return ((field_p.clamp(-reach, reach) - wanted_p.clamp(-reach, reach)) / UNIT_M).square().mean()


def prior_offset_loss(offset: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Squared error of displacements [..., P, 3], metres, weighted by [P]."""
    return (((offset - wanted) / UNIT_M).square().sum(-1) * weight).mean()


def membrane_loss(change_p: Tensor, beside_p: Tensor) -> Tensor:
    """Squared difference of the field's change, metres, between places and others beside them: a video from
    the front shows hair at the outline only, and a head's hair is no brim.
    """
    return ((change_p - beside_p) / UNIT_M).square().mean()


def elastic_loss(score_p: Tensor, stretch_p: Tensor) -> Tensor:
    """How far the elastic score exceeds the largest stretch seen at each place, metres."""
    return functional.relu(score_p - SLACK * stretch_p.clamp(min=LEAST_STRETCH_M)).mean() / UNIT_M


def depth_loss(vertices: Tensor, front_m: float) -> Tensor:
    """How far the mesh [B, V, 3] reaches out before the morphable head's foremost point, metres."""
    return functional.relu(vertices[..., 2].amax(dim=1) - front_m).mean() / UNIT_M


def sign_loss(field_ex2: Tensor) -> Tensor:
    """Cross-entropy that pulls both ends of a crossing edge to one side: no floating crumbs (nvdiffrec)."""
    a, b = (field_ex2 / UNIT_M).unbind(1)
    target_a, target_b = (a.detach() > 0).to(a), (b.detach() > 0).to(a)
    return functional.binary_cross_entropy_with_logits(
        a, target_b
    ) + functional.binary_cross_entropy_with_logits(b, target_a)


def closing_loss(misses_bxkx3: Tensor) -> Tensor:
    """Squared distances by which lips and lids miss each other, metres (see `closing`)."""
    return (misses_bxkx3 / UNIT_M).square().sum(-1).mean() if misses_bxkx3.numel() else misses_bxkx3.sum()


def eyeball_loss(inside_bxk: Tensor) -> Tensor:
    """Squared depths of skin in eyeballs, metres (see `sockets`)."""
    return (inside_bxk / UNIT_M).square().mean() if inside_bxk.numel() else inside_bxk.sum()


def smooth_loss(moved_vx3: Tensor, edges_ex2: Tensor) -> Tensor:
    """Mean squared difference of displacements [..., V, 3] between neighbours, metres."""
    difference = moved_vx3[..., edges_ex2[:, 0], :] - moved_vx3[..., edges_ex2[:, 1], :]
    return (difference / UNIT_M).square().sum(-1).mean()


def _slope(image: Tensor, step: tuple[int, int]) -> Tensor:
    here, there = _shifted(image, step)
    return there - here


def _shifted(image: Tensor, step: tuple[int, int]) -> tuple[Tensor, Tensor]:
    down, right = step
    height, width = image.shape[2:]
    return image[:, :, : height - down, : width - right], image[:, :, down:, right:]
