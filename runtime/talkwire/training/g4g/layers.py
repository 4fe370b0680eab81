"""Layers that all networks here are made of. No normalisation over a batch: a batch is eight pictures of one
face.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

SLOPE: Final = 0.2
FOLD: Final = 2  # pictures are looked at with each 2 x 2 pixels as one: half of the cost, nothing lost


def conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps sizes, or halves them, rounding up."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


def bent(x: Tensor) -> Tensor:
    """The one nonlinearity."""
    return functional.leaky_relu(x, SLOPE)


def zeroed(layer: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    """The layer, giving 0 until it has learned otherwise."""
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


def enlarged(x: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """To a size, each value repeated."""
    return x if x.shape[2:] == size_hw else functional.interpolate(x, size_hw, mode="nearest")


def halved(size_hw: tuple[int, int], times: int = 1) -> tuple[int, int]:
    """The size after `times` halvings, each rounded up, as `conv` with a stride of 2 has it."""
    height, width = size_hw
    for _ in range(times):
        height, width = -(-height // 2), -(-width // 2)
    return height, width


class Residual(nn.Module):
    """x plus what two convolutions make of it; nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = conv(width, width), zeroed(conv(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, h, w] to the same."""
        changed: Tensor = x + self.second(bent(self.first(bent(x))))
        return changed


class Guided(nn.Module):
    """The same, where a guide scales and shifts each channel before it is looked at."""

    def __init__(self, width: int, guide: int) -> None:
        super().__init__()
        self.body = Residual(width)
        self.lever = zeroed(nn.Linear(guide, 2 * width))

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """x: [B, width, h, w]; guide: [B, G]."""
        scale, shift = self.lever(guide)[..., None, None].chunk(2, dim=1)
        moved = bent(x * (1 + scale) + shift)
        changed: Tensor = x + self.body.second(bent(self.body.first(moved)))
        return changed
