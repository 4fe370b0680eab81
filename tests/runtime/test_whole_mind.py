"""Motion for baking: whole lines, long lines in windows that overlap, the same bits however rows arrive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.runtime.ear import SILENT_ROW, Ear
from talkwire.runtime.engine import FunctionEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.minds import mind_of
from talkwire.runtime.whole_mind import OVERLAP_S, WholeMind

WINDOW = 300
DECLARED = {"step_hz": "50", "rows_per_step": "2", "window_steps": str(WINDOW)}


def echo(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Weight 0 is the first value of a step's own row, weight 1 what is heard at the window's end."""
    weights = np.zeros((1, WINDOW, 52), np.float32)
    weights[0, :, 0] = rows[0, ::2, 0]
    weights[0, :, 1] = rows[0, -1, 0]
    return {"weights": weights}


def echo_mind() -> WholeMind:
    return WholeMind(FunctionEngine(echo, DECLARED))


def counted(count: int) -> np.ndarray:
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], 80, axis=1)


def whole(mind: WholeMind, rows: np.ndarray) -> np.ndarray:
    return np.concatenate([mind.push(rows), mind.end()])


@pytest.mark.parametrize("rows", [1, 2, 3, 100, 599, 600, 601, 999, 1000, 1001, 5000])
def test_every_step_is_given_once_and_in_its_place(rows: int) -> None:
    steps = whole(echo_mind(), counted(rows))
    wanted = np.minimum(2 * np.arange(-(-(rows - 1) // 2) + 1), rows).astype(np.float32)
    np.testing.assert_allclose(steps[:-1, 0], wanted[:-1], rtol=1e-6)
    assert steps[-1, 0] in (rows - 1, SILENT_ROW[0])  # an odd last row lies between steps
    assert len(steps) == len(wanted)


def test_a_short_line_is_heard_before_silence() -> None:
    assert (whole(echo_mind(), counted(50))[:, 1] == SILENT_ROW[0]).all()


def test_windows_go_over_into_each_other() -> None:
    """What differs from window to window changes by no more than the overlap allows."""
    heard = whole(echo_mind(), counted(3000))[:, 1]
    steps = np.abs(np.diff(heard[:1200]))
    assert steps.max() < 2 * (WINDOW - 50 * OVERLAP_S) * 2 / (50 * OVERLAP_S)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 700), max_size=6), st.integers(0, 2500))
def test_chunks_do_not_matter(cuts: list[int], count: int) -> None:
    rows, mind = counted(count), echo_mind()
    parts, at = [], 0
    for cut in cuts:
        parts.append(mind.push(rows[at : at + cut]))
        at += cut
    parts += [mind.push(rows[at:]), mind.end()]
    np.testing.assert_array_equal(np.concatenate(parts), whole(echo_mind(), rows))


def test_memory_stays_flat_and_motion_comes_before_the_end() -> None:
    mind, given = echo_mind(), 0
    for _ in range(100):
        given += len(mind.push(counted(500)))
        assert len(mind._rows) < 2 * WINDOW
    assert given > 100 * 250 - 2 * WINDOW


def test_silence_is_heard_before_a_line() -> None:
    def first(rows: np.ndarray) -> dict[str, np.ndarray]:
        return {"weights": np.full((1, WINDOW, 52), rows[0, 0, 0], np.float32)}

    mind = WholeMind(FunctionEngine(first, DECLARED))
    assert (whole(mind, counted(50)) == SILENT_ROW[0]).all()


def test_it_covers_what_an_ear_hears() -> None:
    for samples in (0, 1, 160, 16_001, 160_000):
        ear, mind = Ear(16_000), echo_mind()
        steps = [mind.push(ear.push(np.zeros(samples))), mind.push(ear.end()), mind.end()]
        assert sum(map(len, steps)) == -(-samples // 320) + 1


def test_after_the_end_it_is_as_new() -> None:
    mind = echo_mind()
    first = whole(mind, counted(1500))
    np.testing.assert_array_equal(whole(mind, counted(1500)), first)
    mind.push(counted(900))
    mind.reset()
    np.testing.assert_array_equal(whole(mind, counted(1500)), first)
    assert mind.end().shape == (0, 52)


def test_graphs_and_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(EngineError, match="bad metadata 'window_steps'"):
        WholeMind(FunctionEngine(echo, DECLARED | {"window_steps": "50"}))
    with pytest.raises(EngineError, match="does not fit the ear: saw 25 steps a second of 2 rows"):
        WholeMind(FunctionEngine(echo, DECLARED | {"step_hz": "25"}))
    with pytest.raises(EngineError, match="refuses its rows"):
        echo_mind().push(np.zeros((3, 40), np.float32))
    assert isinstance(mind_of(FunctionEngine(echo, DECLARED)), WholeMind)
