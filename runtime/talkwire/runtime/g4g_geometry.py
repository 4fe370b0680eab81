"""Where the mouth of a filmed person is, and how it goes out of a frame and back, in training and after.

As DINet has it (Zhang et al., AAAI 2023; MRzzm/DINet, data_processing): a crop holds the face from the bridge
of the nose down, and a square of it, the mask, is what a generator draws. All lengths follow from the mask's
side M in the crop's pixels, and from r, half of it in the frame's: one pixel of the crop is 2 r / M of
the frame's. r is one number for a whole clip, so a mouth's size never jitters. Pixel centres are at halves.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Float32, TexturePatch

UInt8 = npt.NDArray[np.uint8]
Taps = tuple[npt.NDArray[np.int64], Float32]

FPS: Final = 25
BLOCK_PX: Final = 4  # of BC1: a card puts such a patch at whole blocks alone
WINDOW: Final = 5  # moments of expression that a generator hears, 1 / FPS apart, the last one now
SIDES: Final = (64, 128)
SIDE_STEP: Final = 8  # every length below is a whole number of pixels for a multiple of it
HEARD: Final = tuple(
    name for name in ARKIT_NAMES if name.startswith(("jaw", "mouth", "cheek", "nose", "tongue"))
)
"""What of an expression a generator hears: eyes and brows are the video's own."""
HEARD_COLUMNS: Final = np.array([ARKIT_NAMES.index(name) for name in HEARD])

# in halves of the mask's side (r): from the nose's bridge upward, and the crop's height and half width
ABOVE, HEIGHT, HALF_WIDTH = 1.0, 3.25, 1.25


def crop_size(side: int) -> tuple[int, int]:
    """(H, W) of the crop for a mask of side M, a multiple of SIDE_STEP: 104 x 80 for 64."""
    return side * 13 // 8, side * 5 // 4


def mask_rows(side: int) -> slice:
    """Rows of the crop that are drawn."""
    return slice(side // 2, side * 3 // 2)


def mask_columns(side: int) -> slice:
    """Columns of the crop that are drawn."""
    return slice(side // 8, side * 9 // 8)


def soft_mask(side: int) -> Float32:
    """[H, W] share of what is drawn: 1 in the mask, and smoothly less in a ring of M / 8 around it, whose
    last pixel is 0: below and at the sides that is the crop's edge.
    """
    height, width = crop_size(side)
    rows, columns = mask_rows(side), mask_columns(side)
    return np.outer(_ramp(height, rows, side), _ramp(width, columns, side)).astype(np.float32)


def _ramp(count: int, full: slice, side: int) -> Float32:
    at, width = np.arange(count) + 0.5, side / 8 - 0.5
    beyond = np.maximum(np.maximum(full.start - at, at - full.stop), 0) / width
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * beyond.clip(0, 1)), np.float32)


def cut(frame_hxwx3: UInt8, centre: npt.ArrayLike, radius: float, side: int) -> UInt8:
    """[H, W, 3] the crop. centre: (x, y) in the frame's pixels, the nose's column and its bridge's row.

    Bilinear, and the mean of an area where it reduces; beyond the frame its edge goes on.
    """
    x, y = np.asarray(centre, np.float64)
    height, width = crop_size(side)
    step = 2 * radius / side
    rows = _taps(y - ABOVE * radius, step, height, frame_hxwx3.shape[0])
    columns = _taps(x - HALF_WIDTH * radius, step, width, frame_hxwx3.shape[1])
    return _levels(_resample(frame_hxwx3, rows, columns))


def patch_rectangle(
    size_hw: tuple[int, int], centre: npt.ArrayLike, radius: float
) -> tuple[int, int, int, int]:
    """(left, top, width, height) of what `paste` changes, inside a frame of this size, in whole blocks of
    BLOCK_PX; no width or height where the mouth is outside.
    """
    x, y = np.asarray(centre, np.float64)
    corner = np.array([x - HALF_WIDTH * radius, y - radius / 4])
    opposite = np.array([x + HALF_WIDTH * radius, y + (HEIGHT - ABOVE) * radius])
    low = np.floor(corner / BLOCK_PX).astype(int) * BLOCK_PX
    high = np.ceil(opposite / BLOCK_PX).astype(int) * BLOCK_PX
    (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, size_hw[::-1])
    return int(left), int(top), max(0, int(right - left)), max(0, int(bottom - top))


def paste(
    frame_hxwx3: UInt8,
    rgb_hxwx3: npt.NDArray[np.generic],
    centre: npt.ArrayLike,
    radius: float,
    side: int,
    soft_mask_hxw: Float32,
) -> TexturePatch:
    """The frame around the mouth with a crop laid back where `cut` took it, as far as the mask lets it.

    rgb_hxwx3: [H, W, 3] levels, 0 to 255, of any number type.  soft_mask_hxw: of `soft_mask`.
    """
    x, y = np.asarray(centre, np.float64)
    left, top, width, height = patch_rectangle(frame_hxwx3.shape[:2], centre, radius)
    step = side / (2 * radius)
    rows = _taps((top - y + ABOVE * radius) * step, step, height, rgb_hxwx3.shape[0])
    columns = _taps((left - x + HALF_WIDTH * radius) * step, step, width, rgb_hxwx3.shape[1])
    layers = np.concatenate([rgb_hxwx3.astype(np.float32), soft_mask_hxw[..., None]], axis=2)
    laid = _resample(layers, rows, columns)
    under = frame_hxwx3[top : top + height, left : left + width]
    return TexturePatch(left, top, _levels(under + laid[..., 3:] * (laid[..., :3] - under)))


def ping_pong(life_s: float, count: int, fps: float = FPS) -> int:
    """Which of a clip's frames is shown: forward to its end, backward to its beginning, and so on."""
    if count == 1:
        return 0
    at = int(life_s * fps + 1e-6) % (2 * count - 2)  # the margin: 3 / 25 s are 3 frames
    return min(at, 2 * count - 2 - at)


def _taps(start: float, step: float, count: int, size: int) -> Taps:
    """[count, K] places among `size` pixels, and their shares, for `count` samples `step` apart.

    A sample is the mean over an interval around its middle, as long as a step, and as a pixel at least:
    the area's mean where it reduces, else linear between pixels.
    """
    reach = max(step, 1.0)
    low = start + (np.arange(count) + 0.5) * step - reach / 2
    places = np.floor(low).astype(np.int64)[:, None] + np.arange(int(np.ceil(reach)) + 1)
    overlap = np.minimum(low[:, None] + reach, places + 1) - np.maximum(low[:, None], places)
    shares = (overlap.clip(0) / reach).astype(np.float32)
    return places.clip(0, size - 1), shares


def _resample(image_hxwxc: npt.NDArray[np.generic], rows: Taps, columns: Taps) -> Float32:
    """[h, w, C] float32: rows first, and only of what the columns want."""
    (row_places, row_shares), (column_places, column_shares) = rows, columns
    if not (row_places.size and column_places.size):
        return np.zeros((len(row_places), len(column_places), image_hxwxc.shape[2]), np.float32)
    top, left = row_places.min(), column_places.min()
    used = image_hxwxc[top : row_places.max() + 1, left : column_places.max() + 1]
    tall = _mixed(used.astype(np.float32), row_places - top, row_shares[..., None, None], axis=0)
    return _mixed(tall, column_places - left, column_shares[..., None], axis=1)


def _mixed(image: Float32, places: npt.NDArray[np.int64], shares: Float32, axis: int) -> Float32:
    """The sum over taps of what is at their places."""
    mixed = image.take(places[:, 0], axis=axis)
    mixed *= shares[:, 0]
    for k in range(1, places.shape[1]):
        more = image.take(places[:, k], axis=axis)
        more *= shares[:, k]
        mixed += more
    return mixed


def _levels(values: npt.NDArray[Any]) -> UInt8:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)
