"""Life beside speech: a pure function of seed and step, with human numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.idle import BLOCK_STEPS, STEP_HZ, Idle
from talkwire.runtime.life import FULL_LOOK_YAW_DEG, combine
from talkwire.runtime.types import Face

MINUTES = 10


def poses(seed: int, steps: range) -> list[Face]:
    idle = Idle(seed)
    return [combine(np.zeros(52, np.float32), idle.at(step)) for step in steps]


def column(many: list[Face], name: str) -> np.ndarray:
    return np.array([pose.weights[INDEX[name]] for pose in many])


def blink_starts_s(blink: np.ndarray) -> np.ndarray:
    return (np.flatnonzero((blink[1:] > 0.5) & (blink[:-1] <= 0.5)) + 1) / STEP_HZ


@pytest.fixture(scope="module")
def ten_minutes() -> list[Face]:
    return poses(0, range(MINUTES * 60 * STEP_HZ))


@settings(deadline=None, max_examples=20)
@given(st.integers(-(2**70), 2**70), st.lists(st.integers(0, 10**7), min_size=1, max_size=5))
def test_any_order_of_asking_gives_the_same(seed: int, steps: list[int]) -> None:
    idle = Idle(seed)
    first = [idle.at(step) for step in steps]
    for step, beat in reversed(list(zip(steps, first, strict=True))):
        for other in (idle.at(step), Idle(seed).at(step)):
            np.testing.assert_array_equal(np.hstack(beat), np.hstack(other))


def test_seeds_differ() -> None:
    a, b = poses(1, range(200)), poses(2, range(200))
    assert any(not np.array_equal(x.head_rotation, y.head_rotation) for x, y in zip(a, b, strict=True))


def test_memory_is_bounded_for_hours() -> None:
    idle = Idle(0)
    for hour in range(3):
        for block in range(20):
            idle.at(hour * 3600 * STEP_HZ + block * BLOCK_STEPS)
    assert len(idle._blocks) <= 2


def test_everything_is_a_weight_a_unit_quaternion_and_a_few_millimetres(ten_minutes: list[Face]) -> None:
    weights = np.array([pose.weights for pose in ten_minutes])
    rotations = np.array([pose.head_rotation for pose in ten_minutes])
    assert weights.dtype == rotations.dtype == np.float32
    assert 0 <= weights.min() <= weights.max() <= 1
    np.testing.assert_allclose(np.linalg.norm(rotations, axis=1), 1, atol=1e-6)
    assert np.abs([pose.head_translation_m for pose in ten_minutes]).max() < 0.01
    turned_deg = np.degrees(2 * np.arccos(np.clip(np.abs(rotations[:, 3]), 0, 1)))
    assert 1.0 < turned_deg.mean() < 5.0
    assert turned_deg.max() < 10.0


def test_the_mouth_belongs_to_speech(ten_minutes: list[Face]) -> None:
    used = np.array([pose.weights for pose in ten_minutes]).max(axis=0) > 0
    moved = {name for name, moves in zip(ARKIT_NAMES, used, strict=True) if moves}
    assert all(name.startswith(("eye", "brow", "cheekSquint")) for name in moved)
    assert {"eyeBlinkLeft", "eyeLookInLeft", "eyeLookUpRight", "browInnerUp"} <= moved


def test_blinks_are_human(ten_minutes: list[Face]) -> None:
    blink = column(ten_minutes, "eyeBlinkLeft")
    starts_s = blink_starts_s(blink)
    gaps_s = np.diff(starts_s)
    assert 14 < len(starts_s) / MINUTES < 26
    assert 2.3 < gaps_s.mean() < 4.0
    assert (gaps_s < 0.6).any()  # some are double
    tops = [round(s * STEP_HZ) + int(blink[round(s * STEP_HZ) :][:8].argmax()) for s in starts_s]
    assert blink[tops].min() > 0.97  # each closes the eye
    long_steps = [int((blink[top - 6 : top + 12] > 0.3).sum()) for top in tops]
    assert 0.1 < np.median(long_steps) / STEP_HZ < 0.3
    top = np.array(tops)
    assert np.median(blink[top - 3]) < np.median(blink[top + 4])  # fast to close, slow to open
    assert blink[:40].max() < 0.5


@pytest.mark.parametrize("seed", range(8))
def test_the_shipped_line_has_a_blink_whatever_the_seed(seed: int) -> None:
    steps = int(read_audio(LINE).duration_s * STEP_HZ)
    assert len(blink_starts_s(column(poses(seed, range(steps)), "eyeBlinkLeft"))) >= 1


def test_gaze_rests_mostly_on_the_viewer_and_jumps(ten_minutes: list[Face]) -> None:
    look = column(ten_minutes, "eyeLookOutLeft") - column(ten_minutes, "eyeLookInLeft")
    head_yaw_deg = np.degrees(2 * np.array([pose.head_rotation[1] for pose in ten_minutes]))
    gaze_deg = look * FULL_LOOK_YAW_DEG + head_yaw_deg  # eyes turn against the head: the sum stays on target
    assert 0.55 < np.mean(np.abs(gaze_deg) < 3) < 0.9
    assert np.abs(gaze_deg).max() < 16
    speed_deg = np.abs(np.diff(gaze_deg))
    assert np.mean(speed_deg < 0.1) > 0.85  # fixations, in spite of a swaying head
    assert speed_deg.max() > 3  # saccades
    np.testing.assert_array_equal(
        column(ten_minutes, "eyeLookOutLeft"), column(ten_minutes, "eyeLookInRight")
    )


def test_lids_follow_the_eyes_down(ten_minutes: list[Face]) -> None:
    down = column(ten_minutes, "eyeLookDownLeft")
    assert (column(ten_minutes, "eyeBlinkLeft") >= 0.3 * down).all()


def test_head_moves_slowly_and_blocks_join_without_a_seam(ten_minutes: list[Face]) -> None:
    rotations = np.array([pose.head_rotation for pose in ten_minutes])
    speed_deg_s = np.degrees(2 * np.linalg.norm(np.diff(rotations, axis=0), axis=1)) * STEP_HZ
    assert speed_deg_s.max() < 15
    weights = np.array([pose.weights for pose in ten_minutes])
    edges = np.arange(BLOCK_STEPS, len(weights), BLOCK_STEPS)
    assert np.abs(weights[edges] - weights[edges - 1]).max() < 0.05
