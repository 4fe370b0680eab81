"""Hair as a body: a video from the front shows its outline alone, and a surface that grows there is a crest.

The height of the crest is carried over the scalp: all the way back, where hair goes on, and a little to the
front, where it runs out towards the face. Some of it grows in the field, some is learned as an offset
later, so it is done twice: when the field becomes a mesh, and when the mesh becomes an avatar.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.training.dyntet.grid import Float64, Int64
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.relax import neighbours, sides_of
from talkwire.training.heads import points

LEAST_M: Final = 0.004  # lower than this above the morphable head it is skin
FRONT_M, BACK_M = 0.03, 0.12  # how far it is carried; the deviation of a Gaussian
BESIDE_M: Final = 0.02  # and how far sideways, along the outline
ROUNDS: Final = 25  # of evening out what was raised; what has grown by itself stays
FACE_M: Final = 0.03  # beside the face's oval, seen from the front, or behind it, to where hair is full
# from where the ears join the cheeks: how far up and back they reach; how far down hair grows behind them
EAR_M, NAPE_M = (0.035, 0.035), 0.03
RAMP_M: Final = 0.015


def fill_out(at_vx3: Float64, triangles_fx3: Int64, prior: HeadPrior) -> tuple[Float64, np.ndarray]:
    """[V, 3] metres, in the canonical pose or at rest, with a scalp as high as its hair; [V] bool: which is
    hair.

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
    middle = prior.landmarks_lx3[list(points.EARS)].mean(axis=0)
    reach = _reach(bound.nearest_px3[scalp] - middle, bound.nearest_px3[grown] - middle)
    wanted = height.copy()
    wanted[scalp] = np.maximum(height[scalp], (height[grown] * reach).max(axis=1) * share[scalp])
    raised = wanted > height
    evened, average = wanted, neighbours(sides_of(triangles_fx3), len(at_vx3))
    for _ in range(ROUNDS):
        evened = np.where(raised, average @ evened, wanted)
    hair = raised.copy()
    hair[grown] = True
    return at_vx3 + np.maximum(0, evened - height)[:, None] * bound.normals_px3, hair


def _reach(here_px3: Float64, there_qx3: Float64) -> Float64:
    """[P, Q] how much of the height there counts here; both from between the ears. Along the outline it is
    the angle in the frontal plane that counts.
    """
    (x, y, z), (tx, ty, tz) = here_px3.T, there_qx3.T
    angle = np.arctan2(y, x)[:, None] - np.arctan2(ty, tx)
    sideways_m = np.abs((angle + np.pi) % (2 * np.pi) - np.pi) * np.hypot(x, y)[:, None]
    back_m = tz - z[:, None]
    along = back_m / np.where(back_m > 0, BACK_M, FRONT_M)
    return np.asarray(np.exp(-0.5 * (along**2 + (sideways_m / BESIDE_M) ** 2)))


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
