"""The light of a scene as spherical harmonics that stay with the camera while the head turns in them.

The paper's light turns with the head. Here normals are turned into camera space first, so shading moves over
a turning face as it does on video, and the albedo that is left over is fit for a game's own lights.
Source: Ramamoorthi and Hanrahan 2001 (nine coefficients hold irradiance to about 1 %).
"""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

BANDS: Final = 9
_C: Final = (0.282095, 0.488603, 1.092548, 0.315392, 0.546274)


class Light(nn.Module):
    """flat: no light at all, pictures are the bare colour."""

    def __init__(self, *, flat: bool) -> None:
        super().__init__()
        self.flat = flat
        start = torch.zeros(BANDS, 3)
        start[0] = 1 / _C[0]
        self.diffuse = nn.Parameter(start, requires_grad=not flat)
        self.mirror = nn.Parameter(torch.zeros(BANDS, 3), requires_grad=not flat)

    def forward(
        self,
        albedo_px3: torch.Tensor,
        shine_px1: torch.Tensor,
        normal_px3: torch.Tensor,
        view_px3: torch.Tensor,
    ) -> torch.Tensor:
        """[P, 3] sRGB in [0, 1]. normal and view (towards the eye): unit vectors in camera space."""
        if self.flat:
            return to_srgb(albedo_px3)
        irradiance, gleam = self._falling(normal_px3, view_px3)
        return to_srgb(albedo_px3 * irradiance + shine_px1 * gleam)

    def unlit(
        self,
        linear_px3: torch.Tensor,
        shine_px1: torch.Tensor,
        normal_px3: torch.Tensor,
        view_px3: torch.Tensor,
    ) -> torch.Tensor:
        """[P, 3] the albedo that looks like this in linear light."""
        if self.flat:
            return linear_px3
        irradiance, gleam = self._falling(normal_px3, view_px3)
        return ((linear_px3 - shine_px1 * gleam) / irradiance.clamp(min=0.1)).clamp(0, 1)

    def _falling(self, normal_px3: torch.Tensor, view_px3: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[P, 3] irradiance, and [P, 3] what a mirror would show."""
        irradiance = (harmonics(normal_px3) @ self.diffuse).clamp(min=0.02)
        mirrored = 2 * (normal_px3 * view_px3).sum(-1, keepdim=True) * normal_px3 - view_px3
        return irradiance, (harmonics(mirrored) @ self.mirror).clamp(min=0)

    def whiteness(self) -> torch.Tensor:
        """How coloured the light is: mean distance of its coefficients from their grey."""
        both = torch.cat([self.diffuse, self.mirror])
        return (both - both.mean(dim=1, keepdim=True)).abs().mean()


def harmonics(direction_px3: torch.Tensor) -> torch.Tensor:
    """[P, 9] real spherical harmonics up to the second band of unit directions."""
    x, y, z = direction_px3.unbind(-1)
    return torch.stack(
        [
            torch.full_like(x, _C[0]),
            *(_C[1] * y, _C[1] * z, _C[1] * x),
            *(_C[2] * x * y, _C[2] * y * z, _C[3] * (3 * z * z - 1), _C[2] * x * z, _C[4] * (x * x - y * y)),
        ],
        dim=-1,
    )


def to_srgb(linear: torch.Tensor) -> torch.Tensor:
    """Linear light to sRGB, IEC 61966-2-1; clamped to [0, 1] with a slope that stays finite at black."""
    low = linear.clamp(0, 1)
    curved = 1.055 * low.clamp(min=1e-4) ** (1 / 2.4) - 0.055
    return torch.where(low <= 0.0031308, low * 12.92, curved) + (linear - low)  # the excess keeps a gradient


def to_linear(srgb: torch.Tensor) -> torch.Tensor:
    """The inverse on [0, 1]."""
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0.04) + 0.055) / 1.055) ** 2.4)
