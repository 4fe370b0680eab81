"""Where lips and lids meet: pairs of rim vertices that the morphable head brings together.

A rim that misses its partner by a millimetre is under a pixel of most videos, and in an NPC it is a mouth
that shows teeth on every p, b and m. So how far apart partners are is learned from the morphable head, as its
displacements are, and weighs most where they are to touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.spatial import cKDTree

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.mesh import HeadMesh
from talkwire.training.dyntet.prior import Binding

SHUT: Final = ("eyeBlinkLeft", "eyeBlinkRight")
MEET_M: Final = 0.002  # partners come so near to each other when shut,
OPEN_M: Final = 0.004  # are so far apart in the canonical pose,
ASIDE: Final = 0.5  # and lie one above the other then: sideways, at most this share of it
NEAR_M: Final = 0.004  # the distance at which being right counts a third of what it does at none


@dataclass(frozen=True)
class Pairs:
    """K pairs. above_k, below_k: rows of the mesh.  apart_kx3: metres between them in the canonical pose, if
    they are to touch when shut.  count_k: how much they count.
    """

    above_k: torch.Tensor
    below_k: torch.Tensor
    apart_kx3: torch.Tensor
    count_k: torch.Tensor


NONE: Final = torch.zeros(0, dtype=torch.long)
NO_PAIRS: Final = Pairs(NONE, NONE, torch.zeros(0, 3), torch.zeros(0))


def find_pairs(mesh: HeadMesh, bound: Binding, shapes_52xvx3: Float32, canonical_52: Float32) -> Pairs:
    """Partners among the vertices next to what is folded inward. bound: the mesh's vertices.

    The rims run where lips and lids are foremost, a little before the line where they touch. Here it is the
    rims that are to touch. Lids that pass each other in a full blink, as nova's do, have no partners: they
    are shut without.
    """
    triangles, folded = mesh.triangles_fx3.numpy(), mesh.folded_v.numpy()
    mixed = folded[triangles].any(axis=1)
    rim = np.unique(triangles[mixed])
    rim = rim[~folded[rim]]
    shut = -canonical_52.copy()
    shut[[INDEX[name] for name in SHUT]] += 1
    opened = bound.nearest_px3[rim]
    moved = np.tensordot(shut, shapes_52xvx3[:, rim], axes=1)
    closed = opened + moved
    above, below = [], []
    for k, near in enumerate(cKDTree(closed).query_ball_point(closed, MEET_M)):
        apart = opened[k] - opened[near]
        partner = (apart[:, 1] > OPEN_M) & (np.abs(apart[:, 0]) < ASIDE * apart[:, 1])
        if partner.any():
            candidates = np.array(near)[partner]
            above.append(k)
            below.append(candidates[np.argmin(np.linalg.norm(closed[candidates] - closed[k], axis=1))])
    first, second = np.array(above, np.int64), np.array(below, np.int64)
    # less and less towards a corner, beyond which there are none: between what is moved and what is not, a
    # crack would open
    count = np.clip((opened[first, 1] - opened[second, 1]) / OPEN_M - 1, 0, 1)
    return Pairs(
        torch.from_numpy(rim[first]),
        torch.from_numpy(rim[second]),
        torch.from_numpy(moved[second] - moved[first]).float(),
        torch.from_numpy(count).float(),
    )


def misses(found_bxkx3: torch.Tensor, wanted_bxkx3: torch.Tensor) -> torch.Tensor:
    """[B, K, 3] metres by which partners are off, of how far apart they are and should be; what should touch
    counts most.
    """
    weight = (-wanted_bxkx3.norm(dim=-1, keepdim=True) / NEAR_M).exp()
    off: torch.Tensor = (found_bxkx3 - wanted_bxkx3) * weight
    return off
