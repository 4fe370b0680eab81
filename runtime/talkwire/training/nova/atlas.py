"""Where in the one texture each patch has its place, and what lies under each of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.training.nova.patch import Patch
from talkwire.training.nova.source import Float64

SIZE_PX: Final = 1024


@dataclass(frozen=True)
class Box:
    """A rectangle of the atlas in pixels from its lower left corner."""

    x: int
    y: int
    width: int
    height: int


# the face has most of it; the rest shares a strip at the bottom
FACE, MOUTH_LINING, NECK = Box(6, 330, 1012, 688), Box(6, 8, 236, 180), Box(250, 8, 190, 90)
SOCKETS = (Box(250, 108, 40, 54), Box(296, 108, 40, 54))
EYES, TEETH, TONGUE = Box(450, 8, 190, 190), Box(650, 8, 256, 96), Box(650, 112, 100, 80)
FACE_CENTRE: Final = np.array([0.483, -0.872])  # between eyes and mouth, in MakeHuman's chart turned upright
FACE_ZOOM: Final = np.array([22.0, 16.0])  # how much larger the face is drawn than the back of the head
LINING_U, LINING_V = 0.70, 0.142  # MakeHuman's mouth lining is beyond
LASH, CLOTH, HAIR = Box(912, 8, 16, 16), Box(760, 112, 256, 80), Box(4, 206, 1016, 116)


def place(patch: Patch, box: Box) -> Patch:
    """A patch whose chart is the unit square, moved into its box."""
    scale, low = np.array([box.width, box.height]) / SIZE_PX, np.array([box.x, box.y]) / SIZE_PX
    return patch.moved(uvs_ux2=patch.uvs_ux2 * scale + low)


def place_skin(patch: Patch) -> Patch:
    """MakeHuman's islands of face, mouth lining, lower neck and eye sockets, each into its box.

    There the face lies on its side; here it is upright. Islands are told apart by where MakeHuman
    has them.
    """
    u, v = patch.uvs_ux2.T
    islands = {
        MOUTH_LINING: (u > LINING_U) & (v < LINING_V),
        NECK: (u < 0.55) & (v > 0.85),
        SOCKETS[0]: (u < 0.0815) & (v > 0.5) & (v < 0.7),
        SOCKETS[1]: (u >= 0.0815) & (u < 0.2) & (v > 0.5) & (v < 0.7),
    }
    rest = ~np.any(list(islands.values()), axis=0)
    placed = np.zeros_like(patch.uvs_ux2)
    for box, mine in [(FACE, rest), *islands.items()]:
        if not mine.any():
            continue
        chart = patch.uvs_ux2[mine]
        if box is FACE:
            chart = np.arcsinh((np.stack([chart[:, 1], -chart[:, 0]], axis=1) - FACE_CENTRE) * FACE_ZOOM)
        low, size = chart.min(axis=0), np.ptp(chart, axis=0)
        placed[mine] = ((chart - low) / size * [box.width, box.height] + [box.x, box.y]) / SIZE_PX
    return patch.moved(uvs_ux2=placed)


def in_mouth(patch: Patch) -> npt.NDArray[np.bool_]:
    """[Q] bool: quads of skin, still in MakeHuman's UVs, that line the mouth."""
    u, v = patch.uvs_ux2[patch.quad_uvs_qx4].mean(axis=1).T
    return np.asarray((u > LINING_U) & (v < LINING_V))


def bake(uvs_tx3x2: Float64, values_tx3xc: Float64, size: int = SIZE_PX) -> Float64:
    """Values at triangle corners spread over the texture: [size, size, C], NaN where nothing lies.

    uvs: v upward. Row 0 of the picture is its top.
    """
    picture = np.full((size, size, values_tx3xc.shape[-1]), np.nan)
    at = uvs_tx3x2 * size
    at[..., 1] = size - at[..., 1]
    for corners, values in zip(at, values_tx3xc, strict=True):
        low = np.maximum(np.floor(corners.min(axis=0) - 0.5).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(axis=0) + 0.5).astype(int), size)
        if (high <= low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        (x0, y0), (x1, y1), (x2, y2) = corners
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        b = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
        c = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
        weights = np.stack([1 - b - c, b, c], axis=-1)
        slack = 0.6 / np.sqrt(abs(area))  # half a pixel more, so that neighbours leave no gap
        inside = weights.min(axis=-1) >= -slack
        shares = np.clip(weights[inside], 0, 1)
        shares /= shares.sum(axis=-1, keepdims=True)
        picture[y[inside].astype(int), x[inside].astype(int)] = shares @ values
    return picture
