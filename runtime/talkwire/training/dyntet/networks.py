"""The networks of a head (DynTet sections 3.2 and 3.3), at any width.

Paper, and research notes on its code: the signed distance and the elastic score depend on the place alone;
the offset and the colour also on the expression. An offset is the elastic score times a tanh, so stiff
places cannot be torn away. (The released code skips the multiplication; here it is made.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.training.dyntet.encodings import TiledGrid, waves

LONGEST_REACH_M: Final = 0.05  # the elastic score lies in (0, this); the paper's 0.5 in its units is 0.07 m
FIELD_M: Final = 0.1  # the field's unit
# window in frames -> kernel of the first convolution, dilations of the three that follow (kernel 3)
WINDOWS: Final = {27: (7, (3, 3, 3)), 9: (3, (1, 1, 1)), 5: (3, (1,)), 1: (1, ())}


@dataclass(frozen=True, slots=True)
class Widths:
    """Sizes of the networks. window: frames of expression heard at once, the last one is now.  terms:
    products of place and expression that an offset is the sum of.
    """

    window: int = 9
    code: int = 128
    field: int = 128
    field_octaves: int = 4
    offset: int = 128
    offset_layers: int = 3
    terms: int = 64
    octaves: int = 6
    colour: int = 64
    colour_layers: int = 2
    grid_levels: int = 8
    grid_base: int = 16
    grid_growth: float = 1.6
    grid_table_bits: int = 16


class ExpressionEncoder(nn.Module):
    """[B, 52, W] expression weights of W frames to [B, code] numbers."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        kernel, dilations = WINDOWS[widths.window]
        self.first = nn.Conv1d(len(ARKIT_NAMES), widths.code, kernel)
        self.rest = nn.ModuleList(nn.Conv1d(widths.code, widths.code, 3, dilation=d) for d in dilations)

    def forward(self, codes_bx52xw: torch.Tensor) -> torch.Tensor:
        """As in the class. Residuals keep the newest frames, so that what is now passes straight through."""
        h = self.first(codes_bx52xw)
        for layer in self.rest:
            out = layer(functional.leaky_relu(h, 0.1))
            h = out + h[:, :, h.shape[2] - out.shape[2] :]
        mean: torch.Tensor = h.mean(dim=2)
        return mean


class Field(nn.Module):
    """[P, 3] lattice points to a change of signed distance, and to elastic score, both [P] metres."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.octaves = widths.field_octaves
        self.layers = mlp(3 + 6 * self.octaves, widths.field, 2, 2)
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():  # no change yet, and a few millimetres of reach
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor([0.0, -2.0]))

    def forward(self, points_px3: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Distances are negative inside; the score lies in (0, LONGEST_REACH_M)."""
        out = self.layers(waves(points_px3, self.octaves))
        return out[:, 0] * FIELD_M, torch.sigmoid(out[:, 1]) * LONGEST_REACH_M


class Offset(nn.Module):
    """Where a point goes under an expression, before elastic scaling: [B, P, 3].

    The paper's network mixes place and expression in its first layer, so all of it has to run for every
    point in every frame. Here they meet in the last: place features times expression features, summed (the
    branch and trunk of Lu et al. 2021, with the same guarantee that any such field can be learned). A
    blendshape is such a product, which is why this learns one in a fraction of the steps; and the place
    features of a frozen mesh are constants, so a frame costs one matrix product.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.octaves, self.terms = widths.octaves, widths.terms
        self.place = mlp(3 + 6 * widths.octaves, widths.offset, widths.offset_layers, 3 * widths.terms)
        self.expression = nn.Linear(widths.code, widths.terms, bias=False)

    def features(self, points_px3: torch.Tensor) -> torch.Tensor:
        """[P, terms, 3] of lattice points."""
        out: torch.Tensor = self.place(waves(points_px3, self.octaves))
        return out.reshape(-1, self.terms, 3)

    def forward(self, points_px3: torch.Tensor, code_bxe: torch.Tensor) -> torch.Tensor:
        """The zero code, and it alone for certain, leaves the canonical head as it is."""
        return self.of_features(self.features(points_px3), code_bxe)

    def of_features(self, features_pxtx3: torch.Tensor, code_bxe: torch.Tensor) -> torch.Tensor:
        """The same, from features found before."""
        return torch.einsum("bt,ptc->bpc", self.expression(code_bxe), features_pxtx3)


class Colour(nn.Module):
    """[P, 3] canonical places, each with the expression of one of B images, to colour and shine."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.grid = TiledGrid(
            widths.grid_levels, widths.grid_base, widths.grid_growth, widths.grid_table_bits
        )
        self.place = nn.Linear(self.grid.width, widths.colour)
        self.expression = nn.Sequential(
            nn.Linear(widths.code, widths.colour), nn.LeakyReLU(0.2), nn.Linear(widths.colour, widths.colour)
        )
        self.layers = mlp(widths.colour, widths.colour, widths.colour_layers - 1, 4, first_relu=True)

    def features(self, points_px3: torch.Tensor) -> torch.Tensor:
        """[P, colour] what depends on the place alone."""
        out: torch.Tensor = self.place(self.grid(points_px3))
        return out

    def of_features(self, features: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        """[..., 4] linear-light albedo and shine, in [0, 1], of features and an expression that broadcast."""
        return torch.sigmoid(self.layers(features + expression))

    def forward(
        self, points_px3: torch.Tensor, code_bxe: torch.Tensor, image_p: torch.Tensor
    ) -> torch.Tensor:
        """[P, 4] as `of_features`. image_p: [P] int64, rows of code_bxe."""
        return self.of_features(self.features(points_px3), self.expression(code_bxe)[image_p])


def mlp(inputs: int, width: int, hidden: int, outputs: int, *, first_relu: bool = False) -> nn.Sequential:
    """ReLU layers; with first_relu the input is a layer's output already."""
    layers: list[nn.Module] = [nn.ReLU()] if first_relu else [nn.Linear(inputs, width), nn.ReLU()]
    for _ in range(hidden if first_relu else hidden - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))
