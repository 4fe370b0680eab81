"""Made-up footage of a mouth of 16 pixels: a dark oval on skin, as high as the jaw is open."""

from __future__ import annotations

import numpy as np

from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size
from talkwire.training.g4g.footage import Footage, FootageCard
from talkwire.training.heads import points

SIDE, SIZE_HW, CENTRE = 16, (40, 36), (18.0, 13.0)
CLIP, CLIPS = 30, 3


def small_footage(seed: int = 0) -> Footage:
    """Three clips of 30 frames in which a jaw swings, each at a pace of its own; heard by both networks."""
    rng = np.random.default_rng(seed)
    n = CLIP * CLIPS
    clock = np.arange(n)
    shots = clock // CLIP
    jaw = (0.5 + 0.5 * np.sin(clock / (2.0 + 0.7 * shots) + shots)).astype(np.float32)
    now = (jaw[:, None] * rng.uniform(0.1, 1, len(HEARD))).astype(np.float32)
    back = np.maximum(clock[:, None] + np.arange(1 - WINDOW, 1), (shots * CLIP)[:, None])
    heard = now[back]
    height, width = SIZE_HW
    frames = np.empty((n, height, width, 3), np.uint8)
    frames[:] = np.linspace(40, 90, width).astype(np.uint8)[None, None, :, None]
    frames[:, 4:36, 4:32] = (200, 160, 140)
    rows, columns = np.mgrid[:height, :width] + 0.5
    mouth_row = CENTRE[1] + 9
    for k in clock:
        oval = ((columns - CENTRE[0]) / 4) ** 2 + ((rows - mouth_row) / (0.3 + 3.5 * jaw[k])) ** 2 < 1
        frames[k, oval] = (70, 20, 25)
    frames[:] = np.clip(frames + rng.integers(-2, 3, frames.shape), 0, 255).astype(np.uint8)
    crop_h, crop_w = crop_size(SIDE)
    top, left = int(CENTRE[1]) - SIDE // 2, int(CENTRE[0]) - crop_w // 2
    landmarks = np.tile(_face(), (n, 1, 1))
    for index, way in ((points.UPPER_LIP_MIDDLE, -1), (points.LOWER_LIP_MIDDLE, 1)):
        landmarks[:, index, 1] = mouth_row + way * 3.5 * jaw
    drawing = np.zeros((n, crop_h, crop_w), np.uint8)
    drawing[:, 5, 4:16] = 255
    return Footage(
        card=FootageCard(SIDE, SIDE / 2, 25.0, SIZE_HW, "nobody", "CC0-1.0", "made up"),
        frames_nxhxwx3=frames,
        crops_nxhxwx3=np.ascontiguousarray(frames[:, top : top + crop_h, left : left + crop_w]),
        drawings_nxhxw=drawing,
        heard_kxnx5xc=np.stack([heard, 0.95 * heard]),
        lips_nx2=np.stack([7 * jaw / 30, np.full(n, 0.3)], axis=1).astype(np.float32),
        centres_nx2=np.tile(np.float32(CENTRE), (n, 1)),
        landmarks_nx478x2=landmarks,
        confidence_n=np.ones(n, np.float32),
        shots_n=shots.astype(np.int64),
        loudness_n=np.full(n, -20.0, np.float32),
    )


def _face() -> np.ndarray:
    """[478, 2] pixels: an oval with lips in it, all else at the eyes' height."""
    at = np.random.default_rng(1).uniform((10, 9), (26, 13), (478, 2)).astype(np.float32)
    for ring, middle, radii in (
        (points.FACE_OVAL, (18, 20), (12, 15)),
        (points.LIPS_OUTER, (CENTRE[0], CENTRE[1] + 9), (4, 3)),
        (points.LIPS_INNER, (CENTRE[0], CENTRE[1] + 9), (3, 1)),
    ):
        turn = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
        at[list(ring)] = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radii + middle
    return at
