"""All 478 of MediaPipe's landmarks on a head of nova's family: 468 on the skin, and 5 on each iris."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.types import Float32
from talkwire.training.heads.morphable import Int64
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.nova.atlas import EYES, SIZE_PX
from talkwire.training.nova.eyes import BACK_DEG, IRIS_DEG

# of each iris: its centre, then its rim as MediaPipe goes round it: to +X, up, to -X, down
AROUND: Final = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.float64)
SIDES: Final = (-1, 1)  # 468 to 472 are the right eye's, the head's own right: -X


def marks(vertices_vx3: Float32) -> Float32:
    """[478, 3] metres: the landmarks of one posed head, [V, 3]."""
    corners, shares = iris_places()
    irises = (vertices_vx3[corners] * shares[..., None]).sum(axis=1)
    return np.concatenate([load_nova_head().landmarks(vertices_vx3), irises]).astype(np.float32)


@cache
def iris_places() -> tuple[Int64, Float32]:
    """[10, 3] vertices of the eyes' triangles that hold iris landmarks, and [10, 3] barycentric shares."""
    topology = load_avatar(find_avatar("nova")).topology
    part = next(part for part in topology.parts if part.name == "eyes")
    triangles = topology.triangles_tx3[part.first_triangle :][: part.triangle_count].astype(np.int64)
    reach = np.array([EYES.width, EYES.height]) / 2 / SIZE_PX
    centre = np.array([EYES.x, EYES.y]) / SIZE_PX + reach
    wanted = centre + AROUND * reach * IRIS_DEG / BACK_DEG  # v upward
    uvs = topology.uvs_vx2.astype(np.float64) * [1, -1] + [0, 1]
    rows = []
    for side in SIDES:
        own = triangles[np.sign(topology.neutral_vx3[triangles[:, 0], 0]) == side]
        a, b, c = (uvs[own[:, k]] for k in range(3))
        for at in wanted:
            area = _cross(b - a, c - a)
            shares = np.stack(
                [_cross(b - at, c - at), _cross(c - at, a - at), _cross(a - at, b - at)], axis=1
            )
            shares /= area[:, None]
            best = int(np.argmax(shares.min(axis=1)))
            rows.append((own[best], shares[best].clip(0, 1)))
    corners, found = (np.array(column) for column in zip(*rows, strict=True))
    return corners, (found / found.sum(axis=1, keepdims=True)).astype(np.float32)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
