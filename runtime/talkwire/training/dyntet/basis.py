"""A head's motion as a mean and K components, with coefficients that the network itself gives.

The components are principal ones of the network's own meshes. Their coefficients need no second network: the
first is evaluated at a few well-chosen vertices, and the coefficients are those that fit it there best
(gappy POD, Everson and Sirovich 1995; points by pivoted QR, Drmac and Gugercin 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.linalg
import torch

from talkwire.runtime.types import Float32
from talkwire.training.dyntet.graphs import Coefficients, Geometry
from talkwire.training.dyntet.model import HeadModel

SIZES: Final = (8, 12, 16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
VERTICES_PER_COMPONENT: Final = 3
STEPS: Final = 32767


@dataclass(frozen=True)
class Basis:
    """vertices = mean + coefficients @ components.

    mean_vx3: [V, 3] metres.  components_kxvx3: [K, V, 3] int16, each times scales_k_m is metres a unit.
    error_p99_m, error_max_m: of its vertices against the network's, on expressions it was not made from.
    """

    mean_vx3: Float32
    components_kxvx3: np.ndarray
    scales_k_m: Float32
    coefficients: Coefficients
    error_p99_m: float
    error_max_m: float


def make_basis(
    model: HeadModel, codes_sx52xw: torch.Tensor, unseen_rx52xw: torch.Tensor, tolerance_m: float
) -> Basis:
    """The smallest K of SIZES whose 99th percentile of vertex errors on the unseen codes is in the tolerance;
    the largest, where none is.
    """
    geometry = Geometry(model).eval()
    seen, unseen = _meshes(geometry, codes_sx52xw), _meshes(geometry, unseen_rx52xw)
    mean = seen.mean(axis=0)
    centred = (seen - mean).reshape(len(seen), -1)
    values, vectors = np.linalg.eigh(centred.astype(np.float64) @ centred.T.astype(np.float64))
    order = np.argsort(values)[::-1]
    basis = None
    for size in SIZES:
        chosen = order[: min(size, int((values > values.max() * 1e-12).sum()))]
        directions = (vectors[:, chosen].T @ centred) / np.sqrt(values[chosen])[:, None]
        basis = _fit(model, mean, directions.astype(np.float32), unseen_rx52xw, unseen)
        if basis.error_p99_m <= tolerance_m or len(chosen) < size:
            break
    assert basis is not None
    return basis


def _fit(
    model: HeadModel, mean: Float32, directions_kx3v: Float32, codes: torch.Tensor, wanted: Float32
) -> Basis:
    mesh, rest = model.mesh, model.rest_vx3
    assert mesh is not None
    assert rest is not None
    size = len(directions_kx3v)
    scales = np.abs(directions_kx3v).max(axis=1) / STEPS
    stored = np.rint(directions_kx3v / scales[:, None]).astype(np.int16)
    components = (stored * scales[:, None]).astype(np.float32)
    vertices = _well_chosen(components, VERTICES_PER_COMPONENT * size)
    rows = (3 * vertices[:, None] + np.arange(3)).ravel()
    solve = np.linalg.pinv(components[:, rows].astype(np.float64)).T  # [K, 3m] of a vertex's coordinates
    # coordinates there are rest + shares @ offsets of the grid points that carry them
    points, local = np.unique(mesh.carriers_vx4[vertices].cpu().numpy(), return_inverse=True)
    carried = np.zeros((len(vertices), len(points)))
    shares = mesh.carrier_shares_vx4[vertices].cpu().numpy()
    np.add.at(carried, (np.arange(len(vertices))[:, None], local.reshape(shares.shape)), shares)
    by_vertex = solve.reshape(size, len(vertices), 3)
    weights = np.einsum("kvc,va->ack", by_vertex, carried).reshape(3 * len(points), size)
    still = rest.detach().cpu().numpy()[vertices] - mean[vertices]
    bias = np.einsum("kvc,vc->k", by_vertex, still)
    graph = Coefficients(
        model, mesh.points_ax3[points], torch.from_numpy(weights).float(), torch.from_numpy(bias).float()
    ).eval()
    with torch.no_grad():
        coefficients = graph(codes).numpy()
    found = mean + (coefficients @ components).reshape(len(wanted), -1, 3)
    errors = np.linalg.norm(found - wanted, axis=2)
    return Basis(
        mean,
        stored.reshape(size, -1, 3),
        scales.astype(np.float32),
        graph,
        float(np.percentile(errors, 99)),
        float(errors.max()),
    )


def _well_chosen(components_kx3v: Float32, count: int) -> np.ndarray:
    """Vertices at which the components are told apart best: pivots of a QR, then the largest movers spread out."""
    _, _, pivots = scipy.linalg.qr(components_kx3v, mode="economic", pivoting=True)
    size = len(components_kx3v)
    first = list(dict.fromkeys(pivots[:size] // 3))
    # more of the same kind: pivots of what is left when the first ones are taken away
    left = components_kx3v.copy()
    chosen = list(first)
    while len(chosen) < min(count, components_kx3v.shape[1] // 3):
        rows = (3 * np.array(chosen)[:, None] + np.arange(3)).ravel()
        left[:, rows] = 0
        _, _, more = scipy.linalg.qr(left, mode="economic", pivoting=True)
        chosen += [v for v in dict.fromkeys(more[:size] // 3) if v not in set(chosen)]
    return np.sort(np.array(chosen[:count]))


@torch.no_grad()
def _meshes(geometry: Geometry, codes: torch.Tensor) -> Float32:
    return np.concatenate([geometry(some).numpy() for some in codes.split(8)])
