"""What a network gives, as a mean and K components with coefficients that the network itself gives.

The components are principal ones of the network's own outputs. Their coefficients need no second network: the
first is evaluated at a few well-chosen points, and the coefficients are those that fit it there best
(gappy POD, Everson and Sirovich 1995; points by pivoted QR, Drmac and Gugercin 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.linalg
import torch
from torch import Tensor, nn

from talkwire.runtime.avatar_mesh import STEPS
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.grid import Int64

SIZES: Final = (4, 8, 12, 16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
POINTS_PER_COMPONENT: Final = 3

# a network that gives [N, m, 3] at m of its points
AtPoints = Callable[[Int64], nn.Module]
Error = Callable[[Float32, Float32], float]


class Coefficients(nn.Module):
    """[N, 52, W] to [N, K]: a network at a few points, and the coefficients that fit it there."""

    def __init__(self, at_points: nn.Module, weights_3mxk: Tensor, bias_k: Tensor) -> None:
        super().__init__()
        self.at_points = at_points
        self.weights: Tensor
        self.bias: Tensor
        self.register_buffer("weights", weights_3mxk)
        self.register_buffer("bias", bias_k)

    def forward(self, codes: Tensor) -> Tensor:
        """As in the class."""
        out: Tensor = self.at_points(codes).flatten(1) @ self.weights + self.bias
        return out


@dataclass(frozen=True)
class Basis:
    """outputs = mean + coefficients @ components.

    mean_px3: [P, 3].  components_kxpx3: [K, P, 3], as they read after a round trip through int16.
    found_rxpx3: [R, P, 3] what it gives for the unseen codes.  error: by the caller's measure.
    """

    mean_px3: Float32
    components_kxpx3: Float32
    coefficients: Coefficients
    found_rxpx3: Float32
    error: float


def make_basis(
    seen_sxpx3: Float32,
    unseen_rxpx3: Float32,
    unseen_codes: Tensor,
    at_points: AtPoints,
    error: Error,
    tolerance: float,
) -> Basis:
    """The smallest K of SIZES whose error on outputs it was not made from is within the tolerance; the
    largest there is, where none is.

    seen: the network's outputs for S codes.  unseen: for R others, unseen_codes [R, 52, W].
    error: (found, wanted) -> a number.
    """
    mean = seen_sxpx3.mean(axis=0)
    centred = (seen_sxpx3 - mean).reshape(len(seen_sxpx3), -1)
    values, vectors = np.linalg.eigh(centred.astype(np.float64) @ centred.T.astype(np.float64))
    order = np.argsort(values)[::-1]
    rank = int((values > values.max() * 1e-12).sum())
    basis = None
    for size in SIZES:
        chosen = order[: min(size, rank)]
        directions = (vectors[:, chosen].T @ centred) / np.sqrt(values[chosen])[:, None]
        components = _stored(directions)
        coefficients = _fit(mean, components, at_points)
        with torch.no_grad():
            weights = torch.cat([coefficients(some) for some in torch.split(unseen_codes, 32)]).numpy()
        found = mean + (weights @ components).reshape(unseen_rxpx3.shape)
        by_point = components.reshape(len(components), *mean.shape)
        basis = Basis(mean, by_point, coefficients, found, error(found, unseen_rxpx3))
        if basis.error <= tolerance or size >= rank:
            break
    assert basis is not None
    return basis


def _stored(directions_kx3p: Float32) -> Float32:
    """As int16 with a scale each, and back: what is measured is what will be read."""
    scales = np.abs(directions_kx3p).max(axis=1, keepdims=True) / STEPS
    return np.asarray(np.rint(directions_kx3p / scales) * scales, np.float32)


def _fit(mean: Float32, components_kx3p: Float32, at_points: AtPoints) -> Coefficients:
    points = _well_chosen(components_kx3p, POINTS_PER_COMPONENT * len(components_kx3p))
    rows = (3 * points[:, None] + np.arange(3)).ravel()
    solve = np.linalg.pinv(components_kx3p[:, rows].astype(np.float64))  # [3m, K]
    bias = -mean[points].reshape(-1).astype(np.float64) @ solve
    return Coefficients(
        at_points(points).eval(), torch.from_numpy(solve).float(), torch.from_numpy(bias).float()
    ).eval()


def _well_chosen(components_kx3p: Float32, count: int) -> Int64:
    """Points at which the components are told apart best: pivots of a QR, again on what is left, until
    enough.
    """
    left = components_kx3p.copy()
    chosen: list[int] = []
    while len(chosen) < min(count, components_kx3p.shape[1] // 3):
        _, _, pivots = scipy.linalg.qr(left, mode="economic", pivoting=True)
        new = [p for p in dict.fromkeys((pivots[: len(left)] // 3).tolist()) if p not in set(chosen)]
        chosen += new
        left[:, (3 * np.array(new)[:, None] + np.arange(3)).ravel()] = 0
    return np.sort(np.array(chosen[:count], np.int64))
