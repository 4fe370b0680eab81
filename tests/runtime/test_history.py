"""Windows of the recent past: the same live and baked, whatever the frame rate."""

import numpy as np
import pytest

from talkwire.runtime.history import STEP_S, History, window_of


def ramp(times_s: np.ndarray) -> np.ndarray:
    """[N, 52] weights that rise with time, each at its own pace."""
    return (times_s[:, None] * np.linspace(0.1, 1, 52)).astype(np.float32)


@pytest.mark.parametrize("fps", [24, 25, 60, 144])
def test_rows_are_25_a_second_up_to_now(fps: int) -> None:
    times = np.arange(2 * fps) / fps
    window = window_of(times, ramp(times), 9)
    wanted = times[-1] - STEP_S * np.arange(8, -1, -1)
    np.testing.assert_allclose(window, ramp(wanted), atol=1e-6)


def test_before_the_first_frame_it_was_always_there() -> None:
    times = np.array([0.0, 0.02, 0.05])
    window = window_of(times, ramp(times) + 0.5, 9)
    np.testing.assert_allclose(window[:7], 0.5)
    np.testing.assert_allclose(window[8], ramp(times)[-1] + 0.5)


def test_one_frame_alone_is_held() -> None:
    weights = np.full((1, 52), 0.3, np.float32)
    np.testing.assert_array_equal(window_of([0.7], weights, 5), np.full((5, 52), 0.3, np.float32))
    np.testing.assert_array_equal(window_of([0.7], weights, 1), weights)


@pytest.mark.parametrize("window", [1, 5, 9, 27])
@pytest.mark.parametrize("fps", [25, 60])
def test_arriving_frames_give_the_same_bits_as_the_whole(window: int, fps: int) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(3 * fps) * 160 // 1 / (160 * fps)
    weights = rng.random((len(times), 52)).astype(np.float32)
    history = History(window)
    for k in range(len(times)):
        live = history.push(times[k], weights[k])
        assert live.tobytes() == window_of(times[: k + 1], weights[: k + 1], window).tobytes()


def test_memory_stays_flat() -> None:
    history = History(9)
    for k in range(10_000):
        history.push(k / 60, np.zeros(52, np.float32))
    assert len(history) < 40


def test_a_new_utterance_forgets() -> None:
    history = History(5)
    history.push(0.0, np.ones(52, np.float32))
    history.restart()
    assert not history.push(0.0, np.zeros(52, np.float32)).any()
