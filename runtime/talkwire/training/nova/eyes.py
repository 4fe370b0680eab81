"""Eyeballs that really turn, and lashes that ride on the lids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import least_squares

from talkwire.training.nova.head import Person
from talkwire.training.nova.patch import Patch
from talkwire.training.nova.source import Float64, Ints

RINGS, SEGMENTS = 20, 32
BACK_DEG: Final = 105.0  # the eyeball ends here, behind the lids
IRIS_DEG: Final = 25.5  # seen from the eye's centre
CORNEA_DEG, CORNEA_M = 30.0, 0.0008  # it bulges by this much
LOOK_YAW_DEG, LOOK_PITCH_DEG = 30.0, 25.0  # at weight 1, as the idle model assumes


@dataclass(frozen=True)
class Fringe:
    """Lashes of one lid. width: of the distance between two roots.  length: of the sheet's depth."""

    count: int
    width: float
    length: float


FRINGES: Final = {
    "2": Fringe(48, 0.50, 0.95),
    "1": Fringe(26, 0.22, 0.40),
}  # MakeHuman's sheets: upper, lower

# shape -> turn about +X (pitch, positive is down) and +Y (yaw, positive is to the face's left)
_TURNS: Final = {
    "eyeLookDown": (LOOK_PITCH_DEG, 0.0),
    "eyeLookUp": (-LOOK_PITCH_DEG, 0.0),
    "eyeLookIn": (0.0, -LOOK_YAW_DEG),
    "eyeLookOut": (0.0, LOOK_YAW_DEG),
}


def eyeball(person: Person, side: str) -> Patch:
    """One eye, side "l" or "r". UVs: polar, radius 0.5 at BACK_DEG from the front axis."""
    base = person.source.base
    centre, radius_m = _sphere(person.positions_vx3[base.vertices_of(f"helper-{side}-eye")])
    angle = np.radians(BACK_DEG) * (np.arange(RINGS) / (RINGS - 1)) ** 0.9
    turn = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    bulge = CORNEA_M * np.maximum(0, 1 - (angle / np.radians(CORNEA_DEG)) ** 2) ** 2
    ring = np.stack(
        [
            np.sin(angle)[:, None] * np.cos(turn),
            np.sin(angle)[:, None] * np.sin(turn),
            np.cos(angle)[:, None] + 0 * turn,
        ],
        axis=-1,
    )
    points = (radius_m + bulge)[:, None, None] * ring
    local = np.concatenate([points[:1, :1].reshape(1, 3), points[1:].reshape(-1, 3)])
    flat = (angle / np.radians(BACK_DEG))[:, None] * 0.5
    uvs = np.stack([0.5 + flat * np.cos(turn), 0.5 + flat * np.sin(turn)], axis=-1)
    uvs = np.concatenate([uvs[:1, :1].reshape(1, 2), uvs[1:].reshape(-1, 2)])
    shapes = {}
    for name, (pitch, yaw) in _TURNS.items():
        outward = yaw if side == "l" else -yaw
        suffix = "Left" if side == "l" else "Right"
        shapes[name + suffix] = local @ _rotation(pitch, outward).T - local
    quads = _rings(RINGS, SEGMENTS)
    return Patch("eyes", centre + local, quads, uvs, quads, shapes)


def lashes(person: Person, side: str, sheet: str) -> Patch:
    """Thin curved blades along a lid, from MakeHuman's lash sheet ("1" lower, "2" upper)."""
    group = f"helper-{side}-eyelashes-{sheet}"
    helper, pattern = (who.piece("lashes", group) for who in (person, person.cut))
    centre, _ = _sphere(person.cut.positions_vx3[person.source.base.vertices_of(f"helper-{side}-eye")])
    names = list(helper.shapes)
    field = np.concatenate([helper.positions_vx3, *[helper.shapes[name] for name in names]], axis=1)
    _, root, middle, _, tip = (field[row] for row in _rows(pattern.quads_qx4, pattern.positions_vx3 - centre))
    fringe = FRINGES[sheet]
    index = np.arange(fringe.count)
    s = (index + 0.5 + 0.22 * np.sin(index * 2.4)) / fringe.count
    width = fringe.width / fringe.count / 2
    length = fringe.length * (0.8 + 0.2 * np.sin(np.pi * s) + 0.14 * np.sin(index * 1.7))[:, None]
    a, b = _along(root, s - width), _along(root, s + width)
    base = (a + b) / 2
    bend = base + (_along(middle, s) - base) * length
    point = base + (_along(tip, s) - base) * length
    blade = [a, b, bend + 0.4 * (a - base), bend + 0.4 * (b - base), point]
    stacked = np.stack(blade, axis=1).reshape(-1, field.shape[1])
    first = 5 * index[:, None]
    quads = np.concatenate([first + np.array([0, 1, 3, 2]), first + np.array([2, 3, 4, 4])])
    shapes = {name: stacked[:, 3 + 3 * i : 6 + 3 * i] for i, name in enumerate(names)}
    return Patch("lashes", stacked[:, :3], quads, np.array([[0.5, 0.5]]), np.zeros_like(quads), shapes)


def _sphere(points_nx3: Float64) -> tuple[Float64, float]:
    """Centre and radius in metres that fit best, the cornea's bulge taken for noise."""
    start = [*points_nx3.mean(axis=0), 0.014]
    fit = least_squares(
        lambda x: np.linalg.norm(points_nx3 - x[:3], axis=1) - x[3], start, loss="soft_l1", f_scale=2e-4
    )
    return fit.x[:3], float(fit.x[3])


def _rotation(pitch_deg: float, yaw_deg: float) -> Float64:
    p, y = np.radians([pitch_deg, yaw_deg])
    pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    yaw = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    return np.asarray(yaw @ pitch)


def _rings(rings: int, segments: int) -> Ints:
    """Quads of a disc of rings around vertex 0; the innermost are triangles."""
    index = 1 + np.arange((rings - 1) * segments).reshape(rings - 1, segments)
    following = np.roll(index, -1, axis=1)
    cap = np.stack([np.zeros(segments, int), index[0], following[0], following[0]], axis=1)
    body = np.stack([index[:-1], index[1:], following[1:], following[:-1]], axis=-1).reshape(-1, 4)
    return np.concatenate([cap, body])


def _rows(quads: Ints, from_eye: Float64) -> list[list[int]]:
    """The rows of a sheet of quads, from the long side that is nearer to the eye."""
    edges = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    unique, uses = np.unique(edges, axis=0, return_counts=True)
    border: dict[int, list[int]] = {}
    for a, b in unique[uses == 1]:
        border.setdefault(int(a), []).append(int(b))
        border.setdefault(int(b), []).append(int(a))
    corners = [v for v in border if (quads == v).sum() == 1]
    sides = [_walk(border, corner, step, corners) for corner in corners for step in border[corner]]
    longest = max(len(side) for side in sides)
    distance = np.linalg.norm(from_eye, axis=1)
    row = min((side for side in sides if len(side) == longest), key=lambda side: distance[side].mean())
    rows, used = [row], np.zeros(len(quads), bool)
    while True:
        following: list[int] = []
        for a, b in pairwise(rows[-1]):
            found = np.flatnonzero(~used & (quads == a).any(axis=1) & (quads == b).any(axis=1))
            if not len(found):
                return rows
            used[found[0]] = True
            quad = quads[found[0]].tolist()
            at = quad.index(a)
            beside_a = quad[at - 1] if quad[at - 1] != b else quad[(at + 1) % 4]
            beside_b = next(v for v in quad if v not in (a, b, beside_a))
            following += [beside_b] if following else [beside_a, beside_b]
        rows.append(following)


def _walk(border: dict[int, list[int]], start: int, step: int, stops: list[int]) -> list[int]:
    path = [start, step]
    while path[-1] not in stops:
        path.append(next(v for v in border[path[-1]] if v != path[-2]))
    return path


def _along(curve: Float64, s: Float64) -> Float64:
    at = np.clip(s, 0, 1) * (len(curve) - 1)
    return np.stack([np.interp(at, np.arange(len(curve)), column) for column in curve.T], axis=1)
