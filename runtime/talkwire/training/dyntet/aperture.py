"""Openings of the face, found by looking at it from the front, and surfaces cut along their rims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from talkwire.runtime.errors import TrainingError
from talkwire.training.dyntet.grid import Float64, Int64
from talkwire.training.raster.torch_raster import TorchRasterizer

PIXEL_M: Final = 1e-4
MARGIN_M: Final = 0.012  # of the picture around the rim
DEEP_M: Final = 0.018  # what lies this far behind the rim is seen through the opening
SMOOTH_M: Final = 4e-4
CURL_M: Final = 6e-4  # from a rim: nearer, the foremost skin curls inward
# how far beyond its seen edge the skin goes on, so that lips and lids meet when they close
OVERLAP_M: Final = {"mouth": 1.5e-4, "eye_left": 3e-4, "eye_right": 3e-4}
LEAST_AREA_M2: Final = 2e-5
FAR_M: Final = 1.0


@dataclass(frozen=True)
class Aperture:
    """An opening in the canonical pose, seen along -Z.

    low_m: [2] x, y of the lower left corner.  distance_hxw: signed distance to the rim in metres, negative in
    the opening, row 0 at low_m, PIXEL_M a pixel.  height_hxw: z of the foremost skin; in the opening and at
    its very edge, where skin curls inward, z of the skin nearest to there.  behind_m: what has a smaller z is
    not part of the face there.
    """

    name: str
    low_m: Float64
    distance_hxw: Float64
    height_hxw: Float64
    behind_m: float

    def at(self, points_px3: npt.NDArray[np.floating]) -> Float64:
        """[P] signed distance to the rim in the xy plane; FAR_M for points that have nothing to do with
        it.
        """
        where, (height, width) = self._pixels(points_px3), self.distance_hxw.shape
        near = (where >= 0).all(axis=0) & (where[0] <= height - 1) & (where[1] <= width - 1)
        near &= np.asarray(points_px3)[:, 2] > self.behind_m
        return np.where(near, _sampled(self.distance_hxw, where), FAR_M)

    def height(self, points_px3: npt.NDArray[np.floating]) -> Float64:
        """[P] z of the rim, metres, for points on it."""
        return _sampled(self.height_hxw, self._pixels(points_px3))

    def outward(self, points_px3: npt.NDArray[np.floating]) -> Float64:
        """[P, 2] unit directions in x, y away from the opening."""
        where = self._pixels(points_px3)
        down, right = (
            _sampled(slope, where) for slope in [np.asarray(g) for g in np.gradient(self.distance_hxw)]
        )
        direction = np.stack([right, down], axis=1)
        return np.asarray(direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-12))

    def _pixels(self, points_px3: npt.NDArray[np.floating]) -> Float64:
        """[2, P] rows and columns."""
        points = np.asarray(points_px3, np.float64)
        return np.asarray(((points[:, :2] - self.low_m) / PIXEL_M - 0.5)[:, ::-1].T)


@dataclass(frozen=True)
class Cut:
    """A mesh without what lies in the openings.

    triangles_fx3: [F, 3]; vertices past the old ones are new, one on each pair of old ones in pairs_nx2, at
    shares_n of the second.  rims: by opening, [E, 2] border edges in the direction of their triangles.
    """

    triangles_fx3: Int64
    pairs_nx2: Int64
    shares_n: Float64
    rims: dict[str, Int64]


def find_aperture(name: str, vertices_vx3: Float64, skin_tx3: Int64, rim_rx3: Float64) -> Aperture:
    """The opening that a rim of landmarks surrounds: where, seen from the front, no skin is near.

    vertices_vx3: metres, canonical pose.  rim_rx3: [R, 3] landmarks on it. Raises TrainingError when closed.
    """
    low, high = rim_rx3.min(axis=0) - MARGIN_M, rim_rx3.max(axis=0) + MARGIN_M
    behind = float(np.median(rim_rx3[:, 2])) - DEEP_M
    height, width = (int(np.ceil((high[k] - low[k]) / PIXEL_M)) for k in (1, 0))
    depth = _front_depth(vertices_vx3, skin_tx3, low, (height, width))
    regions, count = ndimage.label(depth < behind)
    centre = ((rim_rx3.mean(axis=0)[:2] - low[:2]) / PIXEL_M).astype(int)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = 0
    touches = np.unique(
        regions[:, 0].tolist() + regions[:, -1].tolist() + regions[0].tolist() + regions[-1].tolist()
    )
    sizes[touches] = 0
    chosen = regions[centre[1], centre[0]] or int(np.argmax(sizes))
    if sizes[chosen] * PIXEL_M**2 < LEAST_AREA_M2:
        raise TrainingError(
            f"the head has no opening at the {name.replace('_', ' ')}",
            seen=f"{sizes[chosen] * PIXEL_M**2 * 1e6:.0f} mm2 in the canonical pose",
            wanted=f"{LEAST_AREA_M2 * 1e6:.0f} mm2 or more",
            cure="check the morphable head's skin part and landmarks",
        )
    opening = regions == chosen
    distance = ndimage.distance_transform_edt(~opening) - ndimage.distance_transform_edt(opening)
    smooth = ndimage.gaussian_filter(distance, SMOOTH_M / PIXEL_M) * PIXEL_M + OVERLAP_M[name]
    curled = (depth < behind) | (smooth < CURL_M)
    rows, columns = ndimage.distance_transform_edt(curled, return_distances=False, return_indices=True)
    heights = ndimage.gaussian_filter(depth[rows, columns], CURL_M / PIXEL_M)
    return Aperture(name, low[:2], smooth, heights, behind)


def cut(vertices_vx3: Float64, triangles_fx3: Int64, apertures: tuple[Aperture, ...]) -> Cut:
    """Take the openings out of a mesh; triangles on a rim are cut where the distance to it is zero."""
    distances = np.stack([aperture.at(vertices_vx3) for aperture in apertures])
    distance = distances.min(axis=0)
    outside = distance >= 0
    kept_corners = outside[triangles_fx3].sum(axis=1)
    whole = triangles_fx3[kept_corners == 3]
    one = _lone_first(triangles_fx3[kept_corners == 1], outside)
    two = _lone_first(triangles_fx3[kept_corners == 2], ~outside)
    a1, b1, c1 = one.T
    a2, b2, c2 = two.T
    wanted = np.concatenate([np.stack(p, axis=1) for p in ((a1, b1), (a1, c1), (a2, b2), (a2, c2))])
    pairs, row = np.unique(np.sort(wanted, axis=1), axis=0, return_inverse=True)
    row = row.reshape(-1) + len(vertices_vx3)
    ab1, ac1, ab2, ac2 = np.split(row, np.cumsum([len(one), len(one), len(two)]))
    new = [
        np.stack([a1, ab1, ac1], axis=1),
        np.stack([ab2, b2, c2], axis=1),
        np.stack([ab2, c2, ac2], axis=1),
    ]
    triangles = np.concatenate([whole, *new])
    first, second = distance[pairs[:, 0]], distance[pairs[:, 1]]
    shares = first / (first - second)
    return Cut(triangles, pairs, shares, _rims(triangles, pairs, distances, len(vertices_vx3), apertures))


def border_edges(triangles_fx3: Int64) -> Int64:
    """[E, 2] edges of one triangle only, in its direction."""
    edges = np.concatenate([triangles_fx3[:, [0, 1]], triangles_fx3[:, [1, 2]], triangles_fx3[:, [2, 0]]])
    _, where, count = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    return np.asarray(edges[count[where.reshape(-1)] == 1])


def _sampled(picture: Float64, where_2xp: Float64) -> Float64:
    return np.asarray(ndimage.map_coordinates(picture, where_2xp, order=1, mode="nearest"))


def _rims(
    triangles: Int64, pairs: Int64, distances: Float64, old: int, apertures: tuple[Aperture, ...]
) -> dict[str, Int64]:
    borders = border_edges(triangles)
    borders = borders[(borders >= old).all(axis=1)]
    nearest = np.argmin(distances[:, pairs].min(axis=2), axis=0)[borders[:, 0] - old]
    return {aperture.name: borders[nearest == k] for k, aperture in enumerate(apertures)}


def _lone_first(triangles: Int64, lone_v: npt.NDArray[np.bool_]) -> Int64:
    """Triangles turned so that their one marked corner comes first."""
    turn = np.argmax(lone_v[triangles], axis=1)[:, None] if len(triangles) else np.zeros((0, 1), np.int64)
    return np.asarray(np.take_along_axis(triangles, (turn + np.arange(3)) % 3, axis=1))


def _front_depth(vertices: Float64, skin: Int64, low: Float64, size_hw: tuple[int, int]) -> Float64:
    """[H, W] z of the foremost skin that faces the viewer; -inf where there is none. Row 0 at low_m."""
    a, b, c = (vertices[skin[:, k]] for k in range(3))
    facing = skin[np.cross(b - a, c - a)[:, 2] > 0]
    extent = np.array([size_hw[1], size_hw[0]]) * PIXEL_M
    xy = (vertices[:, :2] - low[:2]) / extent * 2 - 1
    clip = np.concatenate([xy, -vertices[:, 2:], np.ones((len(vertices), 1))], axis=1).astype(np.float32)
    raster = (
        TorchRasterizer()
        .rasterize(torch.from_numpy(clip)[None], torch.from_numpy(facing), size_hw)[0]
        .numpy()
    )
    return np.where(raster[..., 3] > 0, -raster[..., 2].astype(np.float64), -np.inf)
