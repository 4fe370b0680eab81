"""Where MediaPipe sees its landmarks on nova: she is drawn from many sides, and each landmark is traced back
to the skin under it. Lids and lips are then laid exactly on their edges, where gaps are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import binary_dilation, distance_transform_edt, label
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.types import Face, Float32
from talkwire.training.heads import points
from talkwire.training.heads.canonical import LANDMARK_COUNT, canonical_face
from talkwire.training.heads.morphable import Int64
from talkwire.training.raster.torch_raster import TorchRasterizer
from talkwire.training.surfaces import nearest
from talkwire.training.tracking.landmarks import look_for_faces

Float64 = npt.NDArray[np.float64]

SIZE_PX: Final = 768
CAMERA: Final = Camera((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), fov_y_deg=20.0)
YAWS_DEG: Final = (-45, -30, -15, 0, 15, 30, 45)
PITCHES_DEG: Final = (-12, 0, 12)
EXPRESSIONS: Final[tuple[Mapping[str, float], ...]] = (
    {},
    {"jawOpen": 0.30},
    {"jawOpen": 0.15, "eyeWideLeft": 0.6, "eyeWideRight": 0.6},
    {"jawOpen": 0.10, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
)
FACING: Final = 0.4  # cosine: skin that looks away more is not where a landmark is believed to be
BESIDE_PX: Final = 3  # a landmark just off the skin (in the mouth, in an eye) belongs to its edge
LEAST_VIEWS: Final = 8
SCATTER_M: Final = 0.003  # of a landmark's places, where they are to be believed
OUTLINE_M: Final = 0.012  # how far from the bent canonical face a landmark of the outline is believed
BACKWARD: Final = -0.2  # normals' z: skin behind lips and in nostrils holds no landmark

# edges are drawn from the front, the mouth a little open so that its rims are where lips have just parted
PARTED: Final = {"jawOpen": 0.12}
PIXEL_M: Final = 1e-4
MARGIN_M: Final = 0.010
DEEP_M: Final = 0.012  # no skin before this depth: an opening
# expression in which they are seen, landmarks of the upper edge, of the lower edge
EDGES: Final[tuple[tuple[Mapping[str, float], tuple[int, ...], tuple[int, ...]], ...]] = (
    (
        PARTED,
        (191, 80, 81, 82, 13, 312, 311, 310, 415),
        (95, 88, 178, 87, 14, 317, 402, 318, 324),
    ),
    ({}, (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)),
    ({}, (466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382)),
)


@dataclass(frozen=True)
class _View:
    """skin_hxw: rows of the skin's triangles, -1 elsewhere.  shares_hxwx3: barycentrics there."""

    skin_hxw: Int64
    shares_hxwx3: Float32


def find_landmarks(
    nova: BlendshapeAvatar, skin_tx3: Int64, model: Path | None = None
) -> tuple[Int64, Float32]:
    """[468, 3] corners (vertices of a skin triangle) and [468, 3] shares. skin_tx3: seams welded.

    model: MediaPipe's. Raises MissingDependency, and TrainingError without the model.
    """
    canonical = canonical_face(model)
    rest = nova.topology.neutral_vx3.astype(np.float64)
    places = _typical(*_trace(nova, skin_tx3, model), canonical)
    places = _symmetric(places, canonical)
    facing = np.ascontiguousarray(skin_tx3[_normals(rest, skin_tx3)[:, 2] > BACKWARD])
    found = nearest(places, rest, facing)
    corners, shares = facing[found.face_p], found.shares_px3
    for landmark, (own_corners, own_shares) in _edges(nova, skin_tx3, places).items():
        corners[landmark], shares[landmark] = own_corners, own_shares
    return corners.astype(np.int64), (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def _trace(nova: BlendshapeAvatar, skin_tx3: Int64, model: Path | None) -> tuple[Float64, Float64]:
    """[N, 468, 3] each landmark in each view as a place on the face at rest; [N, 468] how much it faces."""
    views = [
        Face(_weights(shapes), _turn(yaw, pitch), np.zeros(3, np.float32))
        for shapes, yaw, pitch in product(EXPRESSIONS, YAWS_DEG, PITCHES_DEG)
    ]
    with Renderer(nova.topology, width=SIZE_PX, height=SIZE_PX, camera=CAMERA) as renderer:
        pictures = [renderer.draw(nova.vertices(face.weights[None]), face) for face in views]
    seen = look_for_faces(pictures, model)
    rest = nova.topology.neutral_vx3.astype(np.float64)
    places = np.full((len(views), LANDMARK_COUNT, 3), np.nan)
    facing = np.full((len(views), LANDMARK_COUNT), np.nan)
    for k in np.flatnonzero(seen.faces_n == 1):
        posed = nova.vertices(views[k].weights[None])
        camera = posed @ rotation_matrix(views[k].head_rotation).T - CAMERA.eye_m
        row, shares, apart_px = _at(_look(camera, nova, skin_tx3), seen.landmarks_nx478x2[k, :LANDMARK_COUNT])
        corners = skin_tx3[row]
        places[k] = (rest[corners] * shares[..., None]).sum(axis=1)
        towards = _unit(-(camera[corners] * shares[..., None]).sum(axis=1))
        facing[k] = np.where(
            apart_px <= BESIDE_PX, (_normals(camera, skin_tx3)[row] * towards).sum(axis=1), -1
        )
    return places, facing


def _typical(places: Float64, facing: Float64, canonical: Float64) -> Float64:
    """[468, 3] the middle of each landmark's places; where they scatter, MediaPipe's face, bent to fit."""
    outline = np.isin(np.arange(LANDMARK_COUNT), points.FACE_OVAL)
    believed = np.where((facing > FACING)[..., None], places, np.nan)
    middle = _middle(believed)
    sure = ~outline & _agree(believed, middle)
    bent = RBFInterpolator(canonical[sure], middle[sure], smoothing=1e-6, degree=1)(canonical)  # a thin plate
    near = np.linalg.norm(believed - bent, axis=2) < OUTLINE_M
    close = np.where(near[..., None], believed, np.nan)
    again = _middle(close)
    return np.where(sure[:, None], middle, np.where(_agree(close, again)[:, None], again, bent))


def _middle(places: Float64) -> Float64:
    enough = np.isfinite(places[..., 0]).sum(axis=0) >= LEAST_VIEWS
    found = np.full(places.shape[1:], np.nan)
    found[enough] = np.nanmedian(places[:, enough], axis=0)
    return found


def _agree(places: Float64, middle: Float64) -> npt.NDArray[np.bool_]:
    apart = np.linalg.norm(places - middle, axis=2)
    known = np.isfinite(middle[:, 0])
    agree = np.zeros(len(middle), bool)
    agree[known] = np.nanmedian(apart[:, known], axis=0) < SCATTER_M
    return agree


def _symmetric(places: Float64, canonical: Float64) -> Float64:
    """Each landmark and its mirror image agree; nova's mesh is symmetric."""
    _, twin = KDTree(canonical).query(canonical * [-1, 1, 1])
    return np.asarray((places + places[twin] * [-1, 1, 1]) / 2)


def _edges(nova: BlendshapeAvatar, skin: Int64, places: Float64) -> dict[int, tuple[Int64, Float64]]:
    """Corners and shares of the landmarks on lips and lids: right above or below where they were seen."""
    found: dict[int, tuple[Int64, Float64]] = {}
    rest = nova.topology.neutral_vx3.astype(np.float64)
    for shapes, *edges in EDGES:
        posed = nova.vertices(_weights(shapes)[None]).astype(np.float64)
        view = _front(posed, skin, places[[*edges[0], *edges[1]]])
        for landmarks, pixels in zip(edges, _rims(view.skin_hxw, posed, skin), strict=True):
            row, shares = view.skin_hxw[*pixels], view.shares_hxwx3[*pixels]
            x = (rest[skin[row]] * shares[..., None]).sum(axis=1)[:, 0]
            for landmark in landmarks:
                k = int(np.argmin(np.abs(x - places[landmark, 0])))
                if abs(x[k] - places[landmark, 0]) < 2 * PIXEL_M:
                    found[landmark] = skin[row[k]], shares[k].astype(np.float64)
    return found


def _front(posed: Float64, skin: Int64, around: Float64) -> _View:
    """The skin around some places, drawn without perspective from the front. Row 0 is the lowest."""
    low, high = around[:, :2].min(axis=0) - MARGIN_M, around[:, :2].max(axis=0) + MARGIN_M
    width, height = np.ceil((high - low) / PIXEL_M).astype(int)
    flat = (posed[:, :2] - low) / (np.array([width, height]) * PIXEL_M) * 2 - 1
    kept = np.flatnonzero(_normals(posed, skin)[:, 2] > 0)
    clip = np.concatenate([flat, -posed[:, 2:], np.ones((len(posed), 1))], axis=1)
    return _rasterise(clip, skin[kept], (height, width), kept)


def _rims(skin_hxw: Int64, posed: Float64, skin: Int64) -> list[tuple[Int64, Int64]]:
    """Rows and columns of the skin pixels right over the opening, and of those right under it."""
    front = posed[skin].mean(axis=1)[:, 2]
    depth = np.where(skin_hxw >= 0, front[skin_hxw], -np.inf)
    regions, _ = label(depth < np.median(depth[skin_hxw >= 0]) - DEEP_M)
    size = np.bincount(regions.ravel())
    size[np.unique(np.concatenate([[0], regions[0], regions[-1], regions[:, 0], regions[:, -1]]))] = 0
    opening = regions == np.argmax(size)
    rim = binary_dilation(opening) & ~opening & (skin_hxw >= 0)
    columns = np.flatnonzero(rim.any(axis=0) & opening.any(axis=0))
    above = [int(np.flatnonzero(rim[:, c]).max()) for c in columns]
    below = [int(np.flatnonzero(rim[:, c]).min()) for c in columns]
    return [(np.array(rows), columns) for rows in (above, below)]


def _look(camera: Float64, nova: BlendshapeAvatar, skin: Int64) -> _View:
    """Which skin each pixel shows; what hides it (hair, teeth, lashes) counts, its pixels show none."""
    everything = np.concatenate([skin, nova.topology.triangles_tx3.astype(np.int64)])
    clip = np.concatenate([camera, np.ones((len(camera), 1))], axis=1) @ _projection().T
    view = _rasterise(clip, everything, (SIZE_PX, SIZE_PX), np.arange(len(everything)))
    return _View(np.where(view.skin_hxw < len(skin), view.skin_hxw, -1), view.shares_hxwx3)


def _projection() -> Float64:
    zoom, near, far = 1 / np.tan(np.radians(CAMERA.fov_y_deg / 2)), 0.05, 10.0
    depth = (far + near) / (near - far), 2 * far * near / (near - far)
    return np.array([[zoom, 0, 0, 0], [0, -zoom, 0, 0], [0, 0, *depth], [0, 0, -1, 0]])  # row 0 on top


def _rasterise(clip: Float64, triangles: Int64, size_hw: tuple[int, int], names: Int64) -> _View:
    drawn = (
        TorchRasterizer()
        .rasterize(torch.from_numpy(clip.astype(np.float32))[None], torch.from_numpy(triangles), size_hw)[0]
        .numpy()
    )
    row = drawn[..., 3].astype(np.int64) - 1
    u, v = drawn[..., 0], drawn[..., 1]
    return _View(np.where(row >= 0, names[row], -1), np.stack([u, v, 1 - u - v], axis=-1))


def _at(view: _View, at_lx2: Float32) -> tuple[Int64, Float32, Float64]:
    """Of the skin pixel nearest to each place: its triangle, its shares, and how far it is, in pixels."""
    apart, skin = distance_transform_edt(view.skin_hxw < 0, return_indices=True)
    x, y = np.clip(np.floor(at_lx2).astype(int), 0, SIZE_PX - 1).T
    row, column = skin[:, y, x]
    return view.skin_hxw[row, column], view.shares_hxwx3[row, column], apart[y, x]


def _weights(shapes: Mapping[str, float]) -> Float32:
    weights = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, weight in shapes.items():
        weights[INDEX[name]] = weight
    return weights


def _turn(yaw_deg: float, pitch_deg: float) -> Float32:
    return np.asarray(Rotation.from_euler("YX", [yaw_deg, pitch_deg], degrees=True).as_quat(), np.float32)


def _normals(vertices: Float64, triangles: Int64) -> Float64:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return _unit(np.cross(b - a, c - a))


def _unit(vectors: npt.NDArray[np.floating]) -> Float64:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
