"""Hair swept back into a bun, and the collar: what ends the skin without an edge."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import KDTree

from talkwire.training.nova.head import NECK_AXIS, NECK_M, Person
from talkwire.training.nova.patch import Patch, grid_patch
from talkwire.training.nova.source import Float64, Ints
from talkwire.training.nova.subdivide import subdivide

SKULL_M: Final = np.array([0.0, 0.045, -0.005])
BUN_M: Final = np.array([0.0, 0.072, -0.118])
BUN_RADIUS_M: Final = np.array([0.036, 0.034, 0.026])
# azimuth from the front (degrees) -> elevation of the hairline seen from SKULL_M
HAIRLINE_DEG: Final = (
    (0, 37.0), (18, 37.5), (34, 34.0), (46, 26.0), (56, 14.0), (64, 0.0), (72, -9.0), (78, -7.0),
    (84, 5.0), (92, 9.0), (100, 6.0), (106, -4.0), (114, -18.0), (130, -31.0), (155, -40.0), (180, -42.0),
)  # fmt: skip
THICK_M: Final = 0.009
RISE_M: Final = 0.030  # from the hairline to full thickness
EDGE_M: Final = 0.0012  # how far below the skin the hair begins
GROOVE_M: Final = 0.0006

COLLAR_ROWS_M: Final = ((0.014, -0.0015), (0.017, 0.0012), (0.0165, 0.0040), (0.012, 0.0052), (0.002, 0.0055),
                        (-0.012, 0.0065), (-0.026, 0.0080), (-0.040, 0.0090))  # fmt: skip
COLLAR_COLUMNS: Final = 72
CARRIERS: Final = 5  # vertices of the neck that a point of the collar goes along with
BUN_REACH_M: Final = 0.05  # and of the scalp, that the bun does


def over_hairline_m(points_nx3: Float64) -> Float64:
    """[n] metres: how far a point of the head lies inside the hair; negative on bare skin."""
    out = points_nx3 - SKULL_M
    distance = np.linalg.norm(out, axis=1)
    azimuth = np.degrees(np.arctan2(np.abs(out[:, 0]), out[:, 2]))
    elevation = np.degrees(np.arcsin(np.clip(out[:, 1] / np.maximum(distance, 1e-9), -1, 1)))
    line = np.interp(azimuth, *np.array(HAIRLINE_DEG).T)
    return np.asarray(np.radians(elevation - line) * distance)


def hair_cap(person: Person) -> Patch:
    """The scalp lifted by the hair's thickness, rising out of the skin along the hairline."""
    base, pattern = person.source.base, person.cut.positions_vx3
    quads = base.quads_qx4[base.quads_of("body")]
    outside = np.linalg.norm(pattern - SKULL_M, axis=1) > 0.055
    near = (over_hairline_m(pattern) > -0.012) & outside & (person.cut.above_neck_v > 0.01)
    scalp, corner = np.unique(quads[near[quads].all(axis=1)], return_inverse=True)
    coarse = corner.reshape(-1, 4)
    at, _ = subdivide(*subdivide(pattern[scalp], coarse))
    points, quads = subdivide(*subdivide(person.positions_vx3[scalp], coarse))
    inside = over_hairline_m(at)
    kept = (inside[quads] > -0.004).all(axis=1)
    used, corner = np.unique(quads[kept], return_inverse=True)
    points, at, quads, inside = points[used], at[used], corner.reshape(-1, 4), inside[used]
    uvs, quad_uvs = _strand_uvs(at, quads)
    rise = np.clip(inside / RISE_M, 0, 1)
    strand = _strand_azimuth(at)
    groove = np.sin(strand * 23) + 0.7 * np.sin(strand * 41 + 1.3) + 0.5 * np.sin(strand * 67 + 0.4)
    lift = -EDGE_M + (THICK_M + EDGE_M) * np.sin(rise * np.pi / 2) + GROOVE_M * groove * rise
    normals = _normals(points, quads)
    return Patch("hair", points + normals * lift[:, None], quads, uvs, quad_uvs)


def bun(person: Person) -> Patch:
    """A knot at the back of the head."""
    rows, columns = 20, 40
    polar = np.linspace(0.02, 0.98, rows)[:, None] * np.pi
    turn = 2 * np.pi * np.arange(columns) / columns
    twist = turn + 1.6 * np.cos(polar)
    wave = 1 + 0.055 * np.cos(9 * twist) * np.sin(polar)
    unit = np.stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), -np.cos(polar) + 0 * turn], axis=-1
    )
    pattern = person.cut.positions_vx3
    scalp = np.linalg.norm(pattern - BUN_M, axis=1) < BUN_REACH_M
    moved = (person.positions_vx3 - pattern)[scalp].mean(axis=0)
    points = BUN_M + moved + unit * wave[..., None] * BUN_RADIUS_M
    patch = grid_patch("hair", points, {}, wrap=True)
    return patch.moved(uvs_ux2=patch.uvs_ux2 * [1.0, 0.5])


def collar(person: Person) -> Patch:
    """A knitted collar around the neck: rows along the neck's axis, each a little off the skin."""
    height, pattern = person.cut.above_neck_v, person.cut.positions_vx3
    body = person.source.base.vertices_of("body")
    near = body[(np.abs(height[body]) < 0.07) & (np.abs(pattern[body, 0]) < 0.10)]
    side = np.array([1.0, 0.0, 0.0])
    front = np.cross(side, NECK_AXIS)
    off = pattern[near] - NECK_M
    turn, radius = np.arctan2(off @ side, off @ front), np.hypot(off @ side, off @ front)
    # the neck unrolled, three times side by side, so that there is no seam; heights scaled like turns
    turns = np.concatenate([turn - 2 * np.pi, turn, turn + 2 * np.pi])
    field = LinearNDInterpolator(np.stack([turns, np.tile(height[near] * 20, 3)], axis=1), np.tile(radius, 3))
    around = 2 * np.pi * np.arange(COLLAR_COLUMNS) / COLLAR_COLUMNS - np.pi
    grid = []
    previous = None
    for h, offset in COLLAR_ROWS_M:
        r = field(np.stack([around, np.full(COLLAR_COLUMNS, h * 20)], axis=1))
        r = np.where(np.isfinite(r), r, np.nanmedian(r))
        r = _smooth(r) + offset
        if previous is not None and h < 0:
            r = np.minimum(r, previous + 0.012)
        previous = r
        ring = (
            NECK_M
            + h * NECK_AXIS
            + r[:, None] * (np.sin(around)[:, None] * side + np.cos(around)[:, None] * front)
        )
        grid.append(ring)
    rows = np.array(grid)[::-1]  # from below: fronts face outward
    distance, carrier = KDTree(pattern[near]).query(rows, CARRIERS)
    share = np.exp(-((distance / distance.mean(axis=-1, keepdims=True)) ** 2))
    moved = ((person.positions_vx3 - pattern)[near][carrier] * share[..., None]).sum(axis=-2)
    return grid_patch("cloth", rows + moved / share.sum(axis=-1, keepdims=True), {}, wrap=True)


def _smooth(ring: Float64) -> Float64:
    kernel = np.hanning(9) / np.hanning(9).sum()
    return np.convolve(np.concatenate([ring[-4:], ring, ring[:4]]), kernel, mode="valid")


def _strand_azimuth(points: Float64) -> Float64:
    """Which strand a point belongs to: its angle around the axis from the skull to the bun."""
    axis = (BUN_M - SKULL_M) / np.linalg.norm(BUN_M - SKULL_M)
    up = np.array([0.0, 1.0, 0.0]) - axis * axis[1]
    up /= np.linalg.norm(up)
    off = points - SKULL_M
    return np.asarray(np.arctan2(off @ np.cross(up, axis), off @ up))


def _strand_uvs(points: Float64, quads: Ints) -> tuple[Float64, Ints]:
    """u: strand, 0..1 around the bun; v: along it. Quads over the seam get corners of their own."""
    axis = (BUN_M - SKULL_M) / np.linalg.norm(BUN_M - SKULL_M)
    off = points - SKULL_M
    along = np.arccos(np.clip(off @ axis / np.linalg.norm(off, axis=1), -1, 1)) / np.pi
    u = _strand_azimuth(points) / (2 * np.pi) + 0.5
    corners = u[quads]
    seam = np.ptp(corners, axis=1) > 0.5
    corners[seam] += corners[seam] < 0.5
    corners = corners / max(1.0, corners.max())
    flat = np.stack([corners.ravel(), along[quads].ravel()], axis=1)
    uvs, index = np.unique(flat.round(7), axis=0, return_inverse=True)
    return uvs, index.reshape(-1, 4)


def _normals(points: Float64, quads: Ints) -> Float64:
    corners = points[quads]
    face = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normals = np.zeros_like(points)
    for corner in range(4):
        np.add.at(normals, quads[:, corner], face)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))
