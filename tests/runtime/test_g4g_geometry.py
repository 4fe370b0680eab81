"""A mouth goes out of a frame and back."""

import numpy as np
import pytest

from talkwire.runtime import g4g_geometry as geometry
from talkwire.runtime.arkit import ARKIT_NAMES


def smooth_frame(height: int = 120, width: int = 140, seed: int = 0) -> geometry.UInt8:
    """Waves, the shortest of them 7 pixels long."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = sum(
        rng.uniform(10, 20) * np.sin(2 * np.pi * (fx * x + fy * y) + phase)
        for fx, fy, phase in zip(
            rng.uniform(-0.1, 0.1, 5), rng.uniform(-0.1, 0.1, 5), rng.uniform(0, 6, 5), strict=True
        )
    )
    return np.stack([128 + waves, 128 - waves, 100 + waves / 2], axis=-1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("side", "size"), [(16, (26, 20)), (64, (104, 80)), (128, (208, 160))])
def test_sizes_are_those_of_the_source(side: int, size: tuple[int, int]) -> None:
    assert geometry.crop_size(side) == size
    rows, columns = geometry.mask_rows(side), geometry.mask_columns(side)
    assert rows.stop - rows.start == columns.stop - columns.start == side
    assert size[1] - columns.stop == columns.start
    assert rows.start == side // 2  # as far below the bridge as the crop goes above it


def test_what_is_heard_is_the_lower_face() -> None:
    assert [ARKIT_NAMES[k] for k in geometry.HEARD_COLUMNS] == list(geometry.HEARD)
    assert {"jawOpen", "mouthPucker", "cheekPuff", "noseSneerLeft", "tongueOut"} <= set(geometry.HEARD)
    assert not [name for name in geometry.HEARD if name.startswith(("eye", "brow"))]


def test_a_crop_at_whole_pixels_is_the_frame() -> None:
    frame, side = smooth_frame(), 32
    height, width = geometry.crop_size(side)
    taken = geometry.cut(frame, (70.0, 50.0), side / 2, side)
    assert np.array_equal(taken, frame[34 : 34 + height, 50 : 50 + width])


def test_the_mask_lies_where_the_mouth_is() -> None:
    """The mask's middle is r below the bridge, in the nose's column, whatever r is."""
    frame = np.zeros((200, 200, 3), np.uint8)
    radius, x, y = 30.0, 100.0, 80.0
    frame[int(y + radius) - 4 : int(y + radius) + 4, int(x) - 4 : int(x) + 4] = 255
    bright = geometry.cut(frame, (x, y), radius, 64)[geometry.mask_rows(64), geometry.mask_columns(64), 0]
    rows, columns = np.nonzero(bright > 128)
    assert rows.mean() == pytest.approx(31.5) and columns.mean() == pytest.approx(31.5)


@pytest.mark.parametrize("radius", [6.3, 8.0, 13.0])
@pytest.mark.parametrize("centre", [(70.0, 50.0), (70.37, 50.81)])
def test_a_crop_laid_back_is_the_frame(radius: float, centre: tuple[float, float]) -> None:
    frame, side = smooth_frame(), 16
    taken = geometry.cut(frame, centre, radius, side)
    patch = geometry.paste(frame, taken, centre, radius, side, geometry.soft_mask(side))
    height, width = patch.rgb_hxwx3.shape[:2]
    under = frame[patch.top : patch.top + height, patch.left : patch.left + width]
    assert (patch.left, patch.top, width, height) == geometry.patch_rectangle((120, 140), centre, radius)
    difference = np.abs(patch.rgb_hxwx3.astype(int) - under)
    assert difference.mean() < (1.5 if radius <= side / 2 else 6)  # reducing loses what is finer than it
    for edge in (difference[0], difference[:, 0], difference[:, -1], difference[-1]):
        assert edge.max() <= 1


def test_pasting_shifts_nothing() -> None:
    """What is drawn half a pixel off would be seen as a jump of the mouth: the best fit is at no shift."""
    frame, side, centre, radius = smooth_frame(), 32, (70.3, 50.6), 14.0
    taken = geometry.cut(frame, centre, radius, side)
    patch = geometry.paste(frame, taken, centre, radius, side, np.ones(geometry.crop_size(side), np.float32))
    height, width = patch.rgb_hxwx3.shape[:2]
    inner = patch.rgb_hxwx3[4:-4, 4:-4].astype(float)

    def miss(down: int, right: int) -> float:
        top, left = patch.top + 4 + down, patch.left + 4 + right
        return float(np.abs(inner - frame[top : top + height - 8, left : left + width - 8]).mean())

    at = miss(0, 0)
    assert all(at < 0.5 * miss(*step) for step in ((0, 1), (0, -1), (1, 0), (-1, 0)))
    assert miss(0, 1) == pytest.approx(miss(0, -1), rel=0.25)


def test_what_is_drawn_is_seen_in_the_mask_and_nothing_beyond_the_ring() -> None:
    frame, side, centre, radius = np.full((90, 90, 3), 50, np.uint8), 16, (45.0, 40.0), 8.0
    drawn = np.full((*geometry.crop_size(side), 3), 200.0, np.float32)
    patch = geometry.paste(frame, drawn, centre, radius, side, geometry.soft_mask(side))
    rows, columns = slice(40 - patch.top, 56 - patch.top), slice(37 - patch.left, 53 - patch.left)
    assert (patch.rgb_hxwx3[rows, columns] == 200).all()
    steps = np.diff(geometry.soft_mask(128)[:, 80])
    assert np.abs(steps).max() < 0.11  # no border is seen
    assert geometry.soft_mask(128)[-1].max() == 0 and geometry.soft_mask(128)[:40].max() == 0


def test_the_edge_of_a_frame_goes_on_and_no_patch_leaves_it() -> None:
    frame = smooth_frame(60, 60)
    taken = geometry.cut(frame, (5.0, 50.0), 16.0, 32)
    assert np.array_equal(taken[:, 0], taken[:, 5])
    assert np.array_equal(taken[-1], taken[-5])
    patch = geometry.paste(frame, taken, (5.0, 50.0), 16.0, 32, geometry.soft_mask(32))
    height, width = patch.rgb_hxwx3.shape[:2]
    assert patch.left == 0 and patch.top + height == 60 and width == 28 and patch.top % 4 == 0
    gone = geometry.paste(frame, taken, (500.0, -400.0), 16.0, 32, geometry.soft_mask(32))
    assert gone.rgb_hxwx3.size == 0


def test_an_area_is_reduced_to_its_mean() -> None:
    frame = np.zeros((200, 200, 3), np.uint8)
    frame[::2] = 240  # finer than the crop: must come out as its mean, not as a moiré
    taken = geometry.cut(frame, (100.3, 90.2), 32.0, 16)
    assert np.abs(taken.astype(int) - 120).max() <= 30 and abs(taken.mean() - 120) < 4


def test_a_clip_goes_to_and_fro() -> None:
    shown = [geometry.ping_pong(k / 25, 4) for k in range(9)]
    assert shown == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert geometry.ping_pong(3600 * 24 + 0.04, 4) == geometry.ping_pong(0.04 + (3600 * 24 * 25 % 6) / 25, 4)
    assert geometry.ping_pong(7.7, 1) == 0
