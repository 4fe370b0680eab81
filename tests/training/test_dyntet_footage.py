"""Windows into a capture: what a trainer sees of a frame, what led up to it, and what is behind the head."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install 'talkwire[train]'")
pytest.importorskip("scipy", reason="training needs scipy: pip install 'talkwire[train]'")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.runtime.arkit import INDEX
from talkwire.training import measures
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, Capture, CaptureCard
from talkwire.training.dyntet.batches import KINDS, Footage, background_plate, cropped
from talkwire.training.dyntet.rehearsal import PAIRS, random_codes, random_windows

COUNT, SIZE_HW = 12, (48, 64)


@pytest.fixture(scope="module")
def capture() -> Capture:
    """Noise with a head of one colour that walks over a striped wall; a cut after the seventh frame."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(SIZE_HW)
    wall = np.repeat((8 * (columns % 16))[..., None], 3, axis=2).astype(np.uint8)
    frames, labels = np.tile(wall, (COUNT, 1, 1, 1)), np.full((COUNT, *SIZE_HW), BACKGROUND, np.uint8)
    landmarks = np.zeros((COUNT, 478, 2), np.float32)
    for n in range(COUNT):
        at = 20 + 2 * n
        head = np.hypot(rows - 20, columns - at) < 8
        frames[n][head], labels[n][head] = 200, HEAD
        labels[n][40:] = IGNORED
        landmarks[n] = rng.normal((at, 20), 3, (478, 2))
    return Capture(
        CaptureCard("nova", 25.0, 100.0, "nobody", "CC0-1.0", "a test"),
        frames,
        labels,
        identity_i=np.zeros(3, np.float32),
        rest_52=np.zeros(52, np.float32),
        codes_nx52=np.arange(COUNT, dtype=np.float32)[:, None] * np.ones(52, np.float32) / COUNT,
        rotations_nx4=np.tile(np.float32([0, 0, 0, 1]), (COUNT, 1)),
        translations_nx3_m=np.tile(np.float32([0, 0, -1]), (COUNT, 1)),
        landmarks_nx478x2=landmarks,
        confidence_n=np.ones(COUNT, np.float32),
        shots_n=np.array([0] * 7 + [1] * 5),
    )


@pytest.fixture(scope="module")
def footage(capture: Capture) -> Footage:
    return Footage(capture, np.arange(COUNT), 5)


def test_a_window_of_time_ends_now_and_does_not_reach_across_a_cut(footage: Footage) -> None:
    heard = (footage.codes(np.arange(COUNT))[:, 0] * COUNT).round().long()
    assert heard[6].tolist() == [2, 3, 4, 5, 6]
    assert heard[0].tolist() == [0] * 5
    assert heard[2].tolist() == [0, 0, 0, 1, 2]
    assert heard[7].tolist() == [7] * 5
    assert heard[9].tolist() == [7, 7, 7, 8, 9]
    assert heard[11].tolist() == [7, 8, 9, 10, 11]


@settings(max_examples=60, deadline=None)
@given(st.integers(-80, 80), st.integers(-80, 80), st.integers(1, 100))
def test_a_crop_is_the_picture_where_there_is_one(left: int, top: int, side: int) -> None:
    picture = np.arange(1, 1 + SIZE_HW[0] * SIZE_HW[1]).reshape(*SIZE_HW, 1)
    found = cropped(picture, (left, top, side), 0)
    around = np.pad(picture, ((200, 200), (200, 200), (0, 0)))
    wanted = around[200 + top : 200 + top + side, 200 + left : 200 + left + side]
    np.testing.assert_array_equal(found, wanted)


def test_a_batch_shows_the_frames_at_their_own_size(footage: Footage, capture: Capture) -> None:
    whole = footage.camera.whole()
    assert whole == (0, -8, 64)
    batch = footage.batch(np.array([3, 9]), [[("whole", whole)], [("mouth", (10, 5, 16))]], 64)
    assert batch.frame_b.tolist() == [0, 1]
    assert batch.region_b.tolist() == [False, True]
    picture = capture.frames_nxhxwx3[3].astype(np.float32) / 255
    np.testing.assert_allclose(batch.wanted_bxsxsx3[0, 8:56].numpy(), picture, atol=1e-6)
    np.testing.assert_array_equal(batch.head_bxsxsx1[0, 8:56, :, 0].numpy(), capture.labels_nxhxw[3] == HEAD)
    known = batch.known_bxsxsx1[0, ..., 0].numpy()
    assert not known[:8].any()  # beyond the frame nothing is known
    assert not known[48:].any()  # nor below its neck
    assert known[8:48].all()
    assert torch.equal(batch.codes_nx52xw, footage.codes(np.array([3, 9])))
    assert torch.equal(batch.pose_bx4x4, footage.pose_nx4x4[[3, 9]])


def test_windows_are_of_every_kind_and_around_what_they_show(footage: Footage, capture: Capture) -> None:
    rng = np.random.default_rng(0)
    drawn = [pair for some in footage.draw_windows(np.arange(COUNT), 40, rng, 12) for pair in some]
    shares = {kind: np.mean([k == kind for k, _ in drawn]) for kind in KINDS}
    assert shares == pytest.approx(dict(KINDS), abs=0.08)
    for n, some in zip(range(COUNT), footage.draw_windows(np.arange(COUNT), 20, rng, 12), strict=True):
        for kind, (left, top, side) in some:
            assert side >= 12  # never enlarged
            if kind == "whole":
                assert (left, top, side) == footage.camera.whole()
            else:
                centre = np.array([left, top]) + side / 2
                reach = 25 if kind == "anywhere" else 6
                assert np.abs(centre - [20 + 2 * n, 20]).max() < reach


def test_without_landmarks_the_whole_frame_is_looked_at(capture: Capture) -> None:
    lost = replace(capture, landmarks_nx478x2=np.full((COUNT, 478, 2), np.nan, np.float32))
    footage, rng = Footage(lost, np.arange(COUNT), 5), np.random.default_rng(0)
    assert all(footage.window_of(0, kind, rng, 12) == footage.camera.whole() for kind in KINDS)


def test_the_plate_is_the_wall_where_it_was_ever_seen(capture: Capture) -> None:
    plate = background_plate(capture, np.arange(COUNT))
    seen = (capture.labels_nxhxw == BACKGROUND).any(axis=0)
    assert seen[:40].all()
    wall = np.repeat((8 * (np.indices(SIZE_HW)[1] % 16))[..., None], 3, axis=2)
    np.testing.assert_array_equal(plate[seen], wall[seen])
    covered = background_plate(
        replace(capture, labels_nxhxw=np.full_like(capture.labels_nxhxw, HEAD)), np.arange(3)
    )
    assert (covered == 128).all()
    one = background_plate(capture, np.array([0]))
    assert not (one[20, 20] == 200).any()  # a hole takes the nearest of the wall, not the head


# --- rehearsed expressions


def test_rehearsed_expressions_are_some_that_a_face_can_make() -> None:
    codes = random_codes(4000, np.random.default_rng(0))
    assert codes.dtype == np.float32
    assert codes.min() >= 0
    assert codes.max() <= 1
    assert (codes > 0).any(axis=0).all()  # every shape is rehearsed
    assert (codes[:, INDEX["mouthClose"]] <= codes[:, INDEX["jawOpen"]]).all()
    assert not codes[codes[:, INDEX["jawOpen"]] <= 0.2, INDEX["tongueOut"]].any()
    alike = np.mean([codes[:, left] == codes[:, right] for left, right in PAIRS])
    assert alike > 0.75


def test_rehearsed_windows_are_ways_between_two_expressions() -> None:
    seen = np.random.default_rng(1).random((30, 52)).astype(np.float32)
    windows = random_windows(200, 9, np.random.default_rng(2), seen)
    again = random_windows(200, 9, np.random.default_rng(2), seen)
    assert torch.equal(windows, again)
    assert windows.shape == (200, 52, 9)
    assert windows.min() >= 0
    assert windows.max() <= 1
    bends = (windows[..., 2:] - 2 * windows[..., 1:-1] + windows[..., :-2]).abs().max()
    assert bends < 1e-5
    held = (windows[..., 0] == windows[..., -1]).all(dim=1).float().mean()
    assert 0.15 < held < 0.5
    assert random_windows(3, 1, np.random.default_rng(2), seen).shape == (3, 52, 1)


# --- measures


def test_measures_know_their_best_and_their_scale() -> None:
    rng = np.random.default_rng(0)
    picture, mask = rng.random((40, 50, 3)), np.zeros((40, 50), bool)
    mask[10:30, 10:40] = True
    assert measures.psnr_db(picture, picture, mask) == 120
    assert measures.psnr_db(picture + 0.1, picture, mask) == pytest.approx(20)
    elsewhere = picture + ~mask[..., None]
    assert measures.psnr_db(elsewhere, picture, mask) == 120
    assert measures.ssim(picture, picture, mask) == pytest.approx(1)
    assert measures.ssim(rng.random((40, 50, 3)), picture, mask) < 0.2
    blurred = picture * 0.5 + picture.mean() * 0.5
    assert 0.5 < measures.ssim(blurred, picture, mask) < 0.95


def test_correlation_is_pearsons_and_nothing_where_nothing_varies() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=50), rng.normal(size=50)
    assert measures.correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert measures.correlation(a, 3 - 2 * a) == pytest.approx(-1)
    assert measures.correlation(a, np.ones(50)) == 0


def test_landmarks_are_compared_without_their_place() -> None:
    at = np.random.default_rng(0).normal(size=(4, 20, 2))
    np.testing.assert_allclose(measures.landmark_distance_px(at + np.array([5, -9]), at), 0, atol=1e-12)
    spread = measures.landmark_distance_px(at * 2, at)
    np.testing.assert_allclose(
        spread, np.linalg.norm(at - at.mean(axis=1, keepdims=True), axis=2).mean(axis=1)
    )
