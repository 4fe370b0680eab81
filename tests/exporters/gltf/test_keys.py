"""Key reduction: within the tolerance at every frame, whatever the curve."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talkwire.exporters.clip import one_hemisphere
from talkwire.exporters.gltf.keys import MAX_SPAN, fit_keys, lerp, linear_keys, slerp

CURVES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 60), st.integers(1, 4)),
    elements=st.floats(0, 1, width=32),
)
TOLERANCES = st.floats(1e-4, 0.3)


def frame_times(count: int) -> np.ndarray:
    return (np.arange(count) * 16000 // 60) / 16000


@given(CURVES, TOLERANCES)
def test_the_polyline_stays_within_the_tolerance_of_every_sample(
    values: np.ndarray, tolerance: float
) -> None:
    times = frame_times(len(values))
    keys = linear_keys(times, values.astype(float), np.full(values.shape[1], tolerance))
    assert keys[0] == 0
    assert keys[-1] == len(values) - 1
    assert (np.diff(keys) > 0).all()
    for column in values.T:  # numpy's own interpolation is the judge
        shown = np.interp(times, times[keys], column[keys])
        assert np.abs(shown - column).max() <= tolerance * (1 + 1e-9) + 1e-12


@settings(max_examples=50)
@given(CURVES, TOLERANCES)
@example(np.eye(8, 3, dtype=np.float32), 1e-4)
def test_errors_that_add_up_still_meet_the_tolerance(values: np.ndarray, tolerance: float) -> None:
    def total(residual: np.ndarray) -> float:
        return float(np.abs(residual).sum(axis=1).max())

    times = frame_times(len(values))
    keys, error = fit_keys(times, values, np.full(values.shape[1], tolerance), tolerance, total)
    assert error <= tolerance
    shown = np.stack([np.interp(times, times[keys], column[keys]) for column in values.T], axis=1)
    assert total(shown - values) <= tolerance + 1e-9


@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 40), st.just(3)), elements=st.floats(-1, 1)))
def test_rotations_stay_within_their_angle(axes: np.ndarray) -> None:
    rotations = np.hstack([axes * 0.2, np.ones((len(axes), 1))])
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    times, allowed_rad = frame_times(len(rotations)), 0.01

    def angle(residual: np.ndarray) -> float:
        return 2 * float(np.linalg.norm(residual, axis=1).max())

    keys, _ = fit_keys(times, rotations, np.full(4, allowed_rad / 2), allowed_rad, angle, slerp)
    shown = slerp(times, rotations, keys)
    assert np.allclose(np.linalg.norm(shown, axis=1), 1)
    off = 2 * np.arccos(np.clip(np.abs(np.einsum("nc,nc->n", shown, rotations)), 0, 1))
    assert off.max() <= allowed_rad * 1.001 + 1e-7


def test_straight_lines_need_two_keys_and_stillness_too() -> None:
    times = frame_times(2 * MAX_SPAN)
    ramp = np.stack([times, 1 - times, np.full(len(times), 0.25)], axis=1)
    for count, keys in ((MAX_SPAN, [0, MAX_SPAN - 1]), (2 * MAX_SPAN, [0, MAX_SPAN, 2 * MAX_SPAN - 1])):
        assert linear_keys(times[:count], ramp[:count], np.full(3, 1e-9)).tolist() == keys


def test_a_corner_is_kept() -> None:
    times = np.arange(11.0)
    tent = np.minimum(times, 10 - times)[:, None]
    assert linear_keys(times, tent, np.array([1e-6])).tolist() == [0, 5, 10]


def test_no_tolerance_keeps_every_bend_and_ends() -> None:
    values = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    keys, error = fit_keys(frame_times(50), values, np.zeros(3), 0.0, lambda r: float(np.abs(r).max()))
    assert len(keys) == 50
    assert error == pytest.approx(0, abs=1e-12)


def test_lerp_and_slerp_give_the_keys_themselves() -> None:
    rng = np.random.default_rng(1)
    times, keys = frame_times(9), np.array([0, 3, 8])
    values = rng.random((9, 2))
    assert np.allclose(lerp(times, values, keys)[keys], values[keys])
    rotations = rng.normal(size=(9, 4))
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    rotations = one_hemisphere(rotations.astype(np.float32)).astype(float)
    assert np.allclose(slerp(times, rotations, keys)[keys], rotations[keys], atol=1e-6)


def test_slerp_is_halfway_at_half_the_angle() -> None:
    quarter = np.array([[0, 0, 0, 1], [0, 0, 0, 1], [0, np.sin(0.5), 0, np.cos(0.5)]])
    shown = slerp(np.array([0.0, 1.0, 2.0]), quarter, np.array([0, 2]))
    assert np.allclose(shown[1], [0, np.sin(0.25), 0, np.cos(0.25)])


def test_a_long_line_has_the_keys_of_one_that_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    times = frame_times(2000)
    values = np.cumsum(rng.normal(0, 0.02, (2000, 3)), axis=0) * (times[:, None] < 20)  # still at the end
    allowed, largest = np.full(3, 0.05), lambda residual: float(np.abs(residual).max())
    whole = fit_keys(times, values, allowed, 0.05, largest)
    monkeypatch.setattr("talkwire.exporters.gltf.keys.BLOCK_FRAMES", 100)
    in_blocks = fit_keys(times, values, allowed, 0.05, largest)
    assert np.array_equal(whole[0], in_blocks[0])
    assert whole[1] == in_blocks[1]
    assert len(whole[0]) < 1000
