"""Hair as a body: a video from the front shows its outline alone, and a surface that grows there is a crest.

The height of the crest is carried over the scalp: all the way back, where hair goes on, and a little to the
front, where it runs out towards the face.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial.distance import cdist

from talkwire.training.dyntet.grid import Float64
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.heads import points

LEAST_M: Final = 0.004  # lower than this above the morphable head it is skin
COMMON: Final = 0.9  # quantile of heights that is carried over: single strands are not
FRONT_M, BACK_M = 0.03, 0.12  # how far; the deviation of a Gaussian
FACE_M: Final = 0.03  # beside the face's oval, seen from the front, or behind it, to where hair is full
# from where the ears join the cheeks: how far up and back they reach; how far down hair grows behind them
EAR_M, NAPE_M = (0.035, 0.035), 0.03
RAMP_M: Final = 0.015


def fill_out(at_vx3: Float64, prior: HeadPrior) -> tuple[Float64, np.ndarray]:
    """[V, 3] metres, in the canonical pose, with a scalp as high as its hair; [V] bool: which is hair.

    Nothing moves inward, and nothing where the morphable head has hair of its own or none has grown.
    """
    if prior.hair:
        return at_vx3, np.zeros(len(at_vx3), bool)
    bound = prior.bind(at_vx3)
    way = at_vx3 - bound.nearest_px3
    height = (way * bound.normals_px3).sum(axis=1)
    beside = np.linalg.norm(way - height[:, None] * bound.normals_px3, axis=1)
    # what is not over the morphable head but beside it has nothing to stand on: a head that is open there
    share = scalp_share(bound.nearest_px3, prior.landmarks_lx3) * (beside < LEAST_M)
    grown = np.flatnonzero((height > LEAST_M) & (share > 0))
    if not len(grown):
        return at_vx3, np.zeros(len(at_vx3), bool)
    scalp = np.flatnonzero(share > 0)
    here, there = bound.nearest_px3[scalp], bound.nearest_px3[grown]
    reach_m = np.where(here[:, None, 2] < there[None, :, 2], BACK_M, FRONT_M)
    carried = np.minimum(height[grown], np.quantile(height[grown], COMMON))
    wanted = (carried * np.exp(-0.5 * (cdist(here, there) / reach_m) ** 2)).max(axis=1) * share[scalp]
    raised = np.zeros(len(at_vx3))
    raised[scalp] = np.maximum(0, wanted - height[scalp])
    hair = raised > 0
    hair[grown] = True
    return at_vx3 + raised[:, None] * bound.normals_px3, hair


def scalp_share(on_px3: Float64, landmarks_lx3: Float64) -> Float64:
    """[P] 1 where hair grows on the morphable head, 0 on face, ears and neck; between it runs out."""
    y, z = on_px3[:, 1:].T
    ears = landmarks_lx3[list(points.EARS)].mean(axis=0)
    face = np.maximum(_beside(on_px3, landmarks_lx3[list(points.FACE_OVAL)]), ears[2] + FACE_M - z) / FACE_M
    ear = np.maximum(y - ears[1] - EAR_M[0], ears[2] - EAR_M[1] - z) / RAMP_M
    nape = (y - ears[1] + NAPE_M) / RAMP_M
    return np.asarray(np.clip(np.minimum.reduce([face, ear, nape]), 0, 1), np.float64)


def _beside(at_px3: Float64, ring_kx3: Float64) -> Float64:
    """[P] metres outside of a ring, as seen from the front and along its radius; below 0 inside."""
    middle = ring_kx3.mean(axis=0)
    (rx, ry, _), (x, y, _) = (ring_kx3 - middle).T, (at_px3 - middle).T
    radius = np.interp(np.arctan2(y, x), np.arctan2(ry, rx), np.hypot(rx, ry), period=2 * np.pi)
    return np.asarray(np.hypot(x, y) - radius, np.float64)
