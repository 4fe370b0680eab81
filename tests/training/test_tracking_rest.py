"""An actor's own rest: codes count from it, and the morphable head with it shows the same face as before."""

import numpy as np
import pytest

pytest.importorskip("torch")

from talkwire.runtime.arkit import INDEX
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.tracking.rest import MOST, from_rest, resting_weights

RNG = np.random.default_rng(0)


def actor(count: int = 300) -> np.ndarray:
    """Squints always, talks for two thirds of the time."""
    codes = np.abs(RNG.normal(0, 0.01, (count, 52))).astype(np.float32)
    codes[:, INDEX["eyeSquintLeft"]] += 0.4
    talking = slice(count // 3, count)
    jaw = 0.3 + 0.3 * np.sin(np.arange(count)[talking])
    codes[talking, INDEX["jawOpen"]], codes[talking, INDEX["mouthPucker"]] = jaw, 1.3 * jaw
    return codes


def test_rest_is_what_a_quiet_face_shows() -> None:
    rest = resting_weights(actor(), np.ones(300, bool))
    assert rest[INDEX["eyeSquintLeft"]] == pytest.approx(0.4, abs=0.02)
    assert rest[INDEX["jawOpen"]] < 0.02 and rest[INDEX["mouthPucker"]] < 0.02


def test_frames_that_must_not_be_used_say_nothing_of_rest() -> None:
    codes, usable = actor(), np.ones(300, bool)
    codes[:90], usable[:90] = 0.9, False
    assert resting_weights(codes, usable).max() < 0.45


def test_rest_leaves_room_for_expression() -> None:
    assert resting_weights(np.ones((50, 52), np.float32), np.ones(50, bool)).max() == np.float32(MOST)


def test_a_resting_head_shows_the_same_face() -> None:
    head, identity = load_nova_head(), RNG.normal(0, 1, len(load_nova_head().modes_ixvx3))
    rest = np.clip(RNG.normal(0.1, 0.2, 52), 0, MOST).astype(np.float32)
    codes = np.clip(rest + RNG.normal(0, 0.2, (5, 52)), 0, 1).astype(np.float32)
    same = head.resting(rest).posed(identity, from_rest(codes, rest))
    np.testing.assert_allclose(same, head.posed(identity, codes), atol=1e-6)


def test_no_rest_changes_nothing() -> None:
    codes = RNG.random((4, 52)).astype(np.float32)
    np.testing.assert_array_equal(from_rest(codes, np.zeros(52, np.float32)), codes)
