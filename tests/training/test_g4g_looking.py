"""What is made of landmarks and crops: where the mouth is, what is drawn of a face, what is looked at."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy", reason="tracking needs scipy: pip install 'talkwire[train]'")

from g4g_footage import SIDE, small_footage
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.g4g_geometry import crop_size
from talkwire.training.capture import project
from talkwire.training.g4g import placing
from talkwire.training.g4g.covered import find_covered
from talkwire.training.g4g.drawing import POSED, SEEN, draw_all
from talkwire.training.g4g.footage import Footage, to_crop
from talkwire.training.g4g.masks import FACE, MOUTH, mask_pyramid, reduced
from talkwire.training.g4g.references import choose_references
from talkwire.training.g4g.stretch import choose_stretch
from talkwire.training.g4g.upper import UpperFace
from talkwire.training.g4g.view import choose_view
from talkwire.training.heads import points
from talkwire.training.synth.marks import marks
from talkwire.training.synth.person import make_person
from talkwire.training.synth.pictures import Lens
from talkwire.training.tracking.landmarks import Sightings

NOVA = make_person(None)
LENS = Lens.framing(NOVA, 256)
MOUTHS = (
    {},
    {"jawOpen": 0.9},
    {"mouthPucker": 1.0},
    {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "jawOpen": 0.4},
)


def at(yaw: float = 0.0, **shapes: float) -> np.ndarray:
    """[478, 2] pixels of nova's landmarks in a picture of 256."""
    weights = np.zeros((1, 52), np.float32)
    for name, weight in shapes.items():
        weights[0, INDEX[name]] = weight
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    return project(marks(NOVA.avatar.vertices(weights)) @ turn.T + LENS.at_m, LENS.focal_px, (256, 256))


@pytest.fixture(scope="module")
def turning() -> np.ndarray:
    """[40, 478, 2] from 14 degrees to one side to 14 to the other, while the jaw swings."""
    return np.stack([at(0.25 * np.sin(k / 6), jawOpen=0.3 + 0.3 * np.sin(1.7 * k)) for k in range(40)])


@pytest.fixture(scope="module")
def upper(turning: np.ndarray) -> UpperFace:
    return UpperFace(turning, np.ones(len(turning), bool))


# --- the upper face says where the lower one is


def test_the_lower_face_is_found_by_the_upper_one(upper: UpperFace) -> None:
    wanted = (points.NOSE_BASE, 132, 361)
    for yaw in (-0.2, 0.0, 0.12):
        seen = at(yaw, jawOpen=0.3)
        miss = np.linalg.norm(upper.posed(seen[None], wanted)[0] - seen[list(wanted)], axis=1)
        assert miss.max() < 0.8  # of a face that is 130 pixels high


@pytest.mark.parametrize("mouth", MOUTHS[1:])
def test_no_mouth_moves_the_crop_or_shows_in_the_drawing(upper: UpperFace, mouth: dict[str, float]) -> None:
    shut, other = at()[None], at(**mouth)[None]
    assert np.abs(shut - other).max() > 4  # pixels
    zero = np.zeros(1, np.int64)
    centres = [placing.find_centres(upper, seen, zero) for seen in (shut, other)]
    np.testing.assert_allclose(centres[0], centres[1], atol=0.005)
    drawings = [next(draw_all(upper, seen, centres[0], 40.0, 64)).astype(int) for seen in (shut, other)]
    assert np.abs(drawings[0] - drawings[1]).max() <= 64  # a line is drawn in quarters of pixels
    assert np.abs(drawings[0] - drawings[1]).mean() < 0.4  # a head that turns: 4 and more


def test_a_head_that_turns_shows_in_the_drawing_and_so_do_lids(upper: UpperFace) -> None:
    centre = placing.find_centres(upper, at()[None], np.zeros(1, np.int64))
    plain, turned, shut = (
        next(draw_all(upper, seen[None], centre, 40.0, 64)).astype(int)
        for seen in (at(), at(0.2), at(eyeBlinkLeft=1.0))
    )
    assert np.abs(plain - turned).mean() > 4
    changed = np.abs(plain - shut)
    assert changed[:, 40:].sum() > 4 * changed[:, :40].sum()  # her left eye is on the picture's right


def test_neither_lips_nor_chin_are_drawn(upper: UpperFace, turning: np.ndarray) -> None:
    drawn = {mark for line in (*SEEN, *POSED) for mark in line}
    low = {*points.LIPS_OUTER, *points.LIPS_INNER, points.CHIN, 172, 136, 150, 149, 176, 148, 397, 365, 379}
    assert not drawn & low
    centres = placing.find_centres(upper, turning, np.zeros(40, np.int64))
    for picture, seen in zip(
        draw_all(upper, turning, centres, 40.0, 64), to_crop(turning, centres, 40.0, 64), strict=True
    ):
        lips = seen[[*points.LIPS_OUTER]]
        low_xy, high_xy = lips.min(axis=0).astype(int), lips.max(axis=0).astype(int)
        assert picture[low_xy[1] + 1 : high_xy[1], low_xy[0] + 1 : high_xy[0]].max() == 0
        assert picture.max() == 255


def test_without_a_face_nothing_is_drawn(upper: UpperFace) -> None:
    seen = np.full((1, 478, 2), np.nan, np.float32)
    assert not next(draw_all(upper, seen, np.full((1, 2), 128.0, np.float32), 40.0, 16)).any()


# --- placing


def test_a_centre_does_not_tremble_and_is_not_late(turning: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    clock = np.arange(100)
    still = at()[None] + np.stack([8 * np.sin(clock / 8), 0 * clock], axis=1)[:, None]
    upper = UpperFace(turning, np.ones(40, bool))
    true = placing.find_centres(upper, still.astype(np.float32), np.zeros(100, np.int64))
    noisy = (still + rng.normal(0, 0.7, (100, 1, 2))).astype(np.float32)
    found = placing.find_centres(upper, noisy, np.zeros(100, np.int64))
    assert np.diff(found - true, axis=0).std() < 0.4 * np.diff(noisy[:, 0] - still[:, 0], axis=0).std()
    wave = still[:, points.NOSE_BASE, 0] - at()[points.NOSE_BASE, 0]
    assert np.abs(true[:, 0] - true[:, 0].mean() - (wave - wave.mean())).max() < 0.15  # of 8 pixels


def test_centres_do_not_reach_across_cuts_and_bridge_gaps(upper: UpperFace) -> None:
    seen = np.repeat(at()[None], 60, axis=0)
    seen[30:] += 50
    seen[10:13] = np.nan
    seen[55:] = np.nan
    shots = np.repeat([0, 1, 2], [30, 25, 5])
    centres = placing.find_centres(upper, seen, shots)
    assert np.ptp(centres[:30], axis=0).max() < 1e-3 and np.ptp(centres[30:55], axis=0).max() < 1e-3
    np.testing.assert_allclose(centres[30] - centres[29], 50, atol=1e-3)
    assert np.isfinite(centres).all()


def test_the_radius_takes_no_notice_of_one_wild_frame(turning: np.ndarray) -> None:
    usable = np.ones(len(turning), bool)
    radius = placing.find_radius(turning, usable)
    deep = (turning[:, points.CHIN, 1] - turning[:, placing.BRIDGE, 1]).max()
    assert radius == pytest.approx(deep * 1.05 / 2, rel=0.03)
    wild = np.concatenate([np.repeat(turning, 3, axis=0), turning[:1] * 5])
    assert placing.find_radius(wild, np.ones(121, bool)) == pytest.approx(radius, rel=0.05)
    assert (placing.choose_side(47.9), placing.choose_side(48.0)) == (64, 128)


def test_a_mask_that_leaves_the_picture_is_told() -> None:
    centres = np.array([[50, 40], [15, 40], [50, 70], [50, 59.9], [85, 40]], np.float32)
    assert placing.find_outside(centres, 20.0, (100, 100)).tolist() == [False, True, True, False, True]


def test_a_head_that_lies_is_told() -> None:
    seen = at() - 128
    turned = [
        seen @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        for a in np.radians([0, 20, 40, -90])
    ]
    tilted = placing.find_tilted(np.array([*turned, np.full((478, 2), np.nan)], np.float32))
    assert tilted.tolist() == [False, False, True, True, False]


# --- hands


def talking_crops(count: int = 120, side: int = 32) -> np.ndarray:
    """Skin, with a dark mouth that opens and shuts, in light that changes a little."""
    height, width = crop_size(side)
    y, x = np.mgrid[:height, :width]
    crops = np.empty((count, height, width, 3), np.uint8)
    for k in range(count):
        crops[k] = np.array([200, 150, 120]) * (1 + 0.04 * np.sin(k / 20))
        tall = 2 + 5 * abs(np.sin(k / 4))
        crops[k][((x - width / 2) / 9) ** 2 + ((y - 1.1 * side) / tall) ** 2 < 1] = (70, 20, 25)
    return crops


def test_a_hand_before_the_mouth_is_seen_and_an_open_mouth_is_not() -> None:
    crops, usable = talking_crops(), np.ones(120, bool)
    assert not find_covered(crops, usable, 32).any()
    crops[50:60, 20:, 2:] = (150, 105, 90)
    usable[100:] = False
    covered = find_covered(crops, usable, 32)
    assert np.flatnonzero(covered).tolist() == list(range(47, 63))  # and three frames to each side


# --- masks


def test_a_mouth_counts_thrice_and_what_is_behind_the_face_not() -> None:
    seen = at(jawOpen=0.5)
    footage = of_nova(seen)
    pyramid = mask_pyramid(footage, np.array([0]))
    full = pyramid[1][0]
    lips = footage.crop_points(np.array([0]))[0][list(points.LIPS_INNER)].astype(int)
    assert set(np.unique(full)) == {0, FACE, MOUTH}
    assert (full[lips[:, 1], lips[:, 0]] == MOUTH).all()
    assert full[20, 40] == FACE and full[-1, 0] == 0
    assert {scale: weights.shape[1:] for scale, weights in pyramid.items()} == {
        4: (26, 20),
        2: (52, 40),
        1: (104, 80),
    }
    assert all(weights.mean() == pytest.approx(full.mean(), rel=1e-4) for weights in pyramid.values())


def test_sizes_that_do_not_divide_go_on_at_the_edge() -> None:
    small = reduced(np.full((2, 26, 20), 3, np.uint8), 4)
    assert small.shape == (2, 7, 5) and (small == 3).all()


def test_a_frame_without_a_face_counts_nothing() -> None:
    footage = of_nova(np.full((478, 2), np.nan, np.float32))
    assert not mask_pyramid(footage, np.array([0]))[1].any()


def of_nova(seen: np.ndarray) -> Footage:
    """Footage of one frame, as far as masks want to know it."""
    card = replace(small_footage().card, side=64, radius_px=40.0)
    centre = np.array([[at()[points.NOSE_BASE, 0], at()[placing.BRIDGE, 1]]], np.float32)
    return replace(small_footage(), card=card, landmarks_nx478x2=seen[None], centres_nx2=centre)


# --- references


def a_talk(count: int = 200, seed: int = 0) -> Footage:
    """Opening and width of a mouth that wanders, on a face that stands still; one frame is far off."""
    rng = np.random.default_rng(seed)
    lips = np.stack([rng.uniform(0, 0.08, count), rng.uniform(0.24, 0.32, count)], axis=1)
    lips[17] = 0.9, 0.9  # mistaken
    card = replace(small_footage().card, side=SIDE, radius_px=40.0)
    seen = np.repeat(at()[None], count, axis=0) + rng.normal(0, 0.2, (count, 478, 2))
    confidence = np.ones(count, np.float32)
    confidence[100:120] = 0
    return replace(
        small_footage(),
        card=card,
        lips_nx2=lips.astype(np.float32),
        landmarks_nx478x2=seen.astype(np.float32),
        centres_nx2=np.full((count, 2), 128, np.float32),
        confidence_n=confidence,
        shots_n=np.zeros(count, np.int64),
    )


@pytest.mark.parametrize("count", [3, 5])
def test_references_are_as_different_as_can_be(count: int) -> None:
    footage = a_talk()
    picked = choose_references(footage, count)
    assert len(set(picked.tolist())) == count and (np.diff(picked) > 0).all()
    assert 17 not in picked and not ((picked >= 100) & (picked < 120)).any()
    spread = np.ptp(footage.lips_nx2[picked], axis=0)
    assert (spread > [0.04, 0.03]).all()
    assert np.array_equal(picked, choose_references(footage, count))
    others = [choose_references(footage, count, seed).tolist() for seed in range(1, 6)]
    assert any(other != picked.tolist() for other in others)


def test_too_few_frames_to_refer_to() -> None:
    footage = a_talk(200)
    footage.confidence_n[4:] = 0
    with pytest.raises(TrainingError, match="saw 4 usable frames, wanted 5 at least"):
        choose_references(footage)


# --- the base clip


def wandering(count: int = 500) -> Footage:
    """A head that sways and a mouth that talks, but for the time from frame 300 to 460."""
    footage = a_talk(count)
    clock = np.arange(count)
    calm = (clock >= 300) & (clock < 460)
    footage.centres_nx2[:, 0] = 128 + np.where(calm, 0, 6 * np.sin((clock - 300) / 4))
    footage.lips_nx2[:, 0] = np.where(calm, 0.004, 0.03 + 0.03 * np.sin(clock / 3))
    footage.confidence_n[:] = 1
    return footage


def test_the_base_clip_is_where_the_head_is_calm_and_the_mouth_shut() -> None:
    chosen = choose_stretch(wandering())
    assert chosen.start >= 300 and chosen.stop <= 460 and chosen.stop - chosen.start == 150


def test_a_base_clip_has_no_cut_and_no_fault_in_it() -> None:
    footage = wandering()
    footage.shots_n[380:] = 1
    footage.confidence_n[[350, 420]] = 0
    chosen = choose_stretch(footage)
    inside = range(chosen.start, chosen.stop)
    assert len(inside) >= 40 and not {350, 420} & set(inside)
    assert len(set(footage.shots_n[chosen])) == 1
    assert len(range(500)[choose_stretch(footage, 2.0)]) <= 50


def test_without_a_whole_second_there_is_no_base_clip() -> None:
    footage = wandering()
    footage.confidence_n[::20] = 0
    with pytest.raises(TrainingError, match="no stretch to put mouths into"):
        choose_stretch(footage)


# --- the view


def sightings(seen: np.ndarray) -> Sightings:
    count = len(seen)
    turns = np.repeat(np.eye(3, dtype=np.float32)[None], count, axis=0)
    return Sightings(seen, np.zeros((count, 52), np.float32), turns, np.ones(count, np.int64))


def test_small_frames_stay_whole_and_large_ones_are_cut_around_the_head(turning: np.ndarray) -> None:
    seen = sightings(np.concatenate([turning, turning]).astype(np.float32))
    whole = choose_view(seen, (256, 256), (516, 516))
    assert (whole.scaled_hw, whole.left, whole.top, whole.size_hw) == ((516, 516), 0, 0, (512, 512))
    large = choose_view(seen, (256, 256), (2160, 2160))
    assert max(large.size_hw) <= 640 and min(large.size_hw) > 300
    assert all(side % 8 == 0 for side in large.size_hw)
    scale = large.scaled_hw[0] / 256
    inside = turning * scale - [large.left, large.top]
    assert (inside > 0).all() and (inside < large.size_hw[::-1]).all()
    frame = np.zeros((*large.scaled_hw, 3), np.uint8)
    assert large.cut(frame).shape == (*large.size_hw, 3)
