"""nova's colours, computed: a function of where on the head a pixel lies. Nothing photographic goes in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from talkwire.training.nova.atlas import CLOTH, EYES, HAIR, LASH, SIZE_PX, TEETH, TONGUE, Box
from talkwire.training.nova.eyes import BACK_DEG, IRIS_DEG
from talkwire.training.nova.hair import over_hairline_m
from talkwire.training.nova.source import Float64, Source
from talkwire.training.pictures import spread

TONE: Final = np.array([0.865, 0.685, 0.590])
BLOOD: Final = np.array([0.760, 0.400, 0.360])
SHADE: Final = np.array([0.560, 0.390, 0.340])
LIP: Final = np.array([0.735, 0.420, 0.400])
LINING: Final = np.array([0.400, 0.140, 0.130])
HAIR_COLOUR: Final = np.array([0.185, 0.115, 0.080])
HAIR_LIGHT: Final = np.array([0.360, 0.235, 0.155])

# where blood shows: centre (x mirrored) in metres, radius in metres, strength
BLUSH: Final = (
    ((0.042, -0.002, 0.084), 0.030, 0.17),
    ((0.000, 0.004, 0.113), 0.016, 0.22),
    ((0.000, -0.058, 0.097), 0.014, 0.08),
    ((0.022, 0.030, 0.085), 0.012, 0.06),
)
# where light does not reach or skin is darker
SHADOWS: Final = (
    ((0.026, 0.047, 0.083), 0.010, 0.16),
    ((0.028, 0.022, 0.084), 0.010, 0.13),
    ((0.014, 0.036, 0.085), 0.008, 0.14),
    ((0.000, -0.047, 0.100), 0.010, 0.10),
)
OPEN_SKIN: Final = 0.85  # openness of a cheek, where the texture is as painted
DARKEST: Final = 0.5  # and where no light gets to; the rest is the renderer's

# brow: x, y of its middle line, half its height (metres), from the nose outward
BROW: Final = (
    (0.0125, 0.0505, 0.0034),
    (0.024, 0.0535, 0.0037),
    (0.036, 0.0555, 0.0030),
    (0.047, 0.0525, 0.0022),
    (0.056, 0.0465, 0.0008),
)


@dataclass(frozen=True)
class Maps:
    """What lies under each pixel of the atlas, [S, S, ...], NaN where nothing.

    position: metres.  normal: unit.  source_uv: MakeHuman's own UVs.  open: light that gets there, 0..1.
    """

    position: Float64
    normal: Float64
    source_uv: Float64
    open: Float64


def paint(maps: Maps, source: Source, rng: np.random.Generator) -> bytes:
    """The whole texture as JPEG."""
    picture = np.empty((SIZE_PX, SIZE_PX, 3))
    picture[:] = TONE
    covered = np.isfinite(maps.position[..., 0])
    picture[covered] = _skin(maps, covered, source, rng)
    picture = spread(picture, covered)
    for box, painter in {
        EYES: _iris,
        TEETH: _teeth,
        TONGUE: _tongue,
        HAIR: _strands,
        CLOTH: _knit,
        LASH: _lash,
    }.items():
        _put(picture, box, painter(box, rng))
    encoded = io.BytesIO()
    pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(pixels).save(encoded, "JPEG", quality=93, subsampling=0)
    return encoded.getvalue()


def _skin(maps: Maps, covered: np.ndarray, source: Source, rng: np.random.Generator) -> Float64:
    at, uv = maps.position[covered], maps.source_uv[covered]
    colour = TONE * (1 + 0.016 * _noise(at, 0.030, rng)[:, None] + 0.012 * _noise(at, 0.008, rng)[:, None])
    blood = (
        0.03 * _noise(at, 0.012, rng)
        + sum(_blob(at, *blob) for blob in BLUSH)
        + 0.22 * _mask(source, "ears", uv)
    )
    colour += np.clip(blood, 0, 1)[:, None] * (BLOOD - TONE)
    colour += np.clip(sum(_blob(at, *blob) for blob in SHADOWS), 0, 1)[:, None] * (SHADE - TONE)
    freckles = np.clip(_noise(at, 0.0016, rng) - 1.6, 0, 1) * _blob(at, (0.03, 0.006, 0.095), 0.026, 1.0)
    colour -= 0.20 * freckles[:, None] * (TONE - SHADE)
    pores = 0.008 * _noise(at, 0.0011, rng) + 0.006 * rng.normal(size=len(at)).clip(-2, 2)
    colour *= 1 + pores[:, None]
    lips = _mask(source, "lips", uv, blur=4.0)[:, None]
    colour += 0.72 * lips * (LIP * (1 + 0.02 * _noise(at, 0.002, rng)[:, None]) - colour)
    inside = _mask(source, "inside-mouth", uv, blur=2.0)[:, None]
    depth = np.clip((0.088 - at[:, 2:]) / 0.035, 0, 1)
    colour += inside * (LINING * (1 - 0.88 * depth) - colour)
    sockets = uv[:, :1] < 0.2
    colour = np.where(sockets, [0.50, 0.26, 0.24], colour)
    light = np.clip(maps.open[covered, :1] / OPEN_SKIN, 0, 1)
    colour *= DARKEST + (1 - DARKEST) * light
    brow = _brow(at, rng)[:, None]
    colour += 0.74 * brow * (HAIR_COLOUR - colour)
    hairline = np.clip(
        over_hairline_m(at) / 0.014 + 0.42 + 0.10 * _noise(at * [1, 0.25, 1], 0.0008, rng), 0, 1
    )
    behind = np.linalg.norm(at - [0, 0.045, -0.005], axis=1) > 0.05
    colour += (0.9 * hairline * behind)[:, None] * (HAIR_COLOUR - colour)
    return np.asarray(colour)


def _brow(at: Float64, rng: np.random.Generator) -> Float64:
    x, y, half = np.array(BROW).T
    across = np.abs(at[:, 0])
    middle, height = np.interp(across, x, y), np.interp(across, x, half)
    offset = (at[:, 1] - middle) / np.maximum(height, 1e-6)
    ends = np.clip((across - x[0] + 0.002) / 0.004, 0, 1) * np.clip((x[-1] + 0.001 - across) / 0.004, 0, 1)
    # strokes lean outward: noise stretched along them
    lean = np.stack(
        [at[:, 0] * 1.0 - np.sign(at[:, 0]) * at[:, 1] * 0.9, at[:, 1] * 0.25, at[:, 2] * 0.2], axis=1
    )
    strokes = 0.80 + 0.28 * _noise(lean, 0.0006, rng)
    front = at[:, 2] > 0.03
    return np.asarray(np.clip(1.15 - offset**2, 0, 1) ** 0.8 * ends * np.clip(strokes, 0, 1) * front)


def _blob(at: Float64, centre: tuple[float, float, float], radius_m: float, strength: float) -> Float64:
    mirrored = np.stack([np.abs(at[:, 0]), at[:, 1], at[:, 2]], axis=1)
    return np.asarray(strength * np.exp(-((np.linalg.norm(mirrored - centre, axis=1) / radius_m) ** 2)))


def _noise(at: Float64, scale_m: float, rng: np.random.Generator) -> Float64:
    """Smooth noise in space, variance about 1, features of about scale_m."""
    lattice = rng.normal(size=(48, 48, 48))
    value = map_coordinates(lattice, (at / scale_m).T % 48, order=1, mode="grid-wrap")
    return np.asarray(value * 1.6)


def _mask(source: Source, name: str, uv: Float64, blur: float = 1.0) -> Float64:
    picture = np.asarray(Image.open(io.BytesIO(source.mask(name))).convert("L"), np.float64) / 255
    picture = gaussian_filter(picture, blur)
    where = np.stack([(1 - uv[:, 1]) * picture.shape[0] - 0.5, uv[:, 0] * picture.shape[1] - 0.5])
    return np.asarray(map_coordinates(picture, where, order=1, mode="nearest"))


def _put(picture: Float64, box: Box, tile: Float64) -> None:
    margin = 3
    padded = np.pad(tile, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    top = SIZE_PX - box.y - box.height
    picture[top - margin : top + box.height + margin, box.x - margin : box.x + box.width + margin] = padded


def _grid(box: Box) -> tuple[Float64, Float64]:
    """u rightward and v upward over a box, each [height, width] in 0..1."""
    u, v = (np.arange(box.width) + 0.5) / box.width, 1 - (np.arange(box.height) + 0.5) / box.height
    return np.meshgrid(u, v)


def _iris(box: Box, rng: np.random.Generator) -> Float64:
    u, v = _grid(box)
    x, y = 2 * u - 1, 2 * v - 1
    r, turn = np.hypot(x, y) * BACK_DEG / IRIS_DEG, np.arctan2(y, x)
    rays = np.interp(
        turn.ravel(), np.linspace(-np.pi, np.pi, 181), np.append(n := rng.normal(size=180), n[0])
    ).reshape(r.shape)
    fine = np.interp(
        turn.ravel(), np.linspace(-np.pi, np.pi, 361), np.append(n := rng.normal(size=360), n[0])
    ).reshape(r.shape)
    sclera = np.array([0.790, 0.765, 0.750]) - np.clip((r - 1.3) / 2.2, 0, 1)[..., None] * [0.10, 0.20, 0.20]
    inner, outer = np.array([0.330, 0.205, 0.110]), np.array([0.190, 0.150, 0.110])
    iris = outer + (inner - outer) * np.clip(1.45 - 1.35 * r + 0.10 * rays, 0, 1)[..., None]
    iris = (
        iris
        * (1 + 0.16 * rays + 0.12 * fine)[..., None]
        * (0.72 + 0.55 * np.clip(0.75 - 0.5 * y * 2, 0, 1))[..., None]
    )
    iris *= 1 - 0.75 * np.clip((r - 0.82) / 0.16, 0, 1)[..., None]  # the limbal ring
    pupil = np.clip((0.36 - r) / 0.05 + 0.5, 0, 1)[..., None]
    iris = iris * (1 - pupil) + 0.012 * pupil
    white = np.clip((r - 0.97) / 0.10, 0, 1)[..., None]
    return np.asarray(iris * (1 - white) + sclera * white)


def _teeth(box: Box, rng: np.random.Generator) -> Float64:
    u, v = _grid(box)
    upper = v >= 0.5
    edge = np.where(upper, 2 * v - 1, 2 * v)  # 0 at the gum, 1 at the cutting edge
    # widths from the middle outward: incisors, canine, premolars, molars
    widths = np.where(
        upper[..., None],
        [0.088, 0.068, 0.076, 0.07, 0.07, 0.1, 0.1],
        [0.055, 0.058, 0.068, 0.07, 0.07, 0.1, 0.1],
    )
    ends = np.concatenate([np.zeros((*u.shape, 1)), np.cumsum(widths, axis=-1)], axis=-1)
    across = np.abs(u - 0.5)[..., None]
    gap = np.abs(across - ends).min(axis=-1)
    ivory = np.array([0.840, 0.800, 0.720]) * (0.90 + 0.10 * np.clip(edge * 2, 0, 1))[..., None]
    ivory = ivory * (1 - 0.50 * np.exp(-((gap / 0.0045) ** 2)) * np.clip(edge * 3 - 0.5, 0, 1))[..., None]
    arc = 0.30 + 0.10 * np.cos(np.clip(gap / 0.035, 0, 1) * np.pi)
    gum = np.clip((arc - edge) / 0.05 + 0.5, 0, 1)[..., None]
    mouth = ivory + gum * (np.array([0.50, 0.23, 0.22]) - ivory)
    return np.asarray(
        mouth + np.clip(across * 4.2 - 0.62, 0, 1) * (LINING * 0.25 - mouth)
    )  # cheeks shade them


def _tongue(box: Box, rng: np.random.Generator) -> Float64:
    u, v = _grid(box)
    groove = 1 - 0.22 * np.exp(-(((u - 0.5) / 0.05) ** 2))
    bumps = 1 + 0.06 * gaussian_filter(rng.normal(size=u.shape), 1.2) * 3
    return np.asarray(
        np.array([0.66, 0.34, 0.34]) * (groove * bumps * (0.35 + 0.65 * np.clip(v * 1.4, 0, 1)))[..., None]
    )


def _strands(box: Box, rng: np.random.Generator) -> Float64:
    _, v = _grid(box)
    noise = rng.normal(size=(box.height, box.width))
    fine = gaussian_filter(noise, (26, 0.7), mode=("nearest", "wrap"))
    broad = gaussian_filter(rng.normal(size=noise.shape), (40, 6), mode=("nearest", "wrap"))
    light = 0.30 + 0.16 * fine / fine.std() + 0.14 * broad / broad.std()
    return np.asarray(HAIR_COLOUR + np.clip(light, 0, 1)[..., None] * (HAIR_LIGHT - HAIR_COLOUR)) * (
        0.86 + 0.14 * v[..., None]
    )


def _knit(box: Box, rng: np.random.Generator) -> Float64:
    u, v = _grid(box)
    ribs = 0.82 + 0.18 * np.abs(np.sin(u * np.pi * 64))
    return np.asarray(
        np.array([0.130, 0.160, 0.205]) * (ribs * (0.95 + 0.05 * np.sin(v * 90)))[..., None] * 1.15
    )


def _lash(box: Box, rng: np.random.Generator) -> Float64:
    return np.full((box.height, box.width, 3), 0.035)
