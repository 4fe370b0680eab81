"""The carried state of many voices: each its own, whoever else is in the call."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime.engine import Engine, FunctionEngine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.voices import Voices

DECLARED = {"state_size": "1", "rings": json.dumps({"past": [2, 3, 4]})}


def remember(rows: np.ndarray, state: np.ndarray, past: np.ndarray) -> dict[str, np.ndarray]:
    """Weight 0 is how many steps it has heard, weight 1 the sum of the three rows before this one."""
    weights = np.zeros((len(rows), 52), np.float32)
    weights[:, 0], weights[:, 1] = state[:, 0], past[:, 0, :, 0].sum(axis=1)
    new = np.repeat(np.repeat(rows[:, :1, :1], 2, axis=1), 4, axis=2)
    return {"weights": weights, "next_state": state + 1, "new_past": new}


def rows_of(*values: float) -> np.ndarray:
    return np.tile(np.array(values, np.float32)[:, None, None], (1, 2, 80))


def voices_of(engine: Engine, count: int) -> Voices:
    voices = Voices(engine)
    assert [voices.join() for _ in range(count)] == list(range(count))
    return voices


def test_rings_keep_the_last_steps_of_each_voice() -> None:
    voices = voices_of(FunctionEngine(remember, DECLARED), 2)
    heard = [voices.step(rows_of(step, 10 * step), [0, 1])[:, 1].tolist() for step in range(1, 7)]
    assert heard == [[0, 0], [1, 10], [3, 30], [6, 60], [9, 90], [12, 120]]
    voices.leave(1)
    assert voices.join() == 1, "the number is free again, and what was heard by it forgotten"
    weights = voices.step(rows_of(7, 70), [0, 1])
    assert weights[:, 0].tolist() == [6, 0]
    assert weights[:, 1].tolist() == [15, 0]
    assert voices.step(rows_of(80), [1])[:, 1].tolist() == [70]
    assert voices.step(rows_of(8), [0])[:, 1].tolist() == [18]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sets(st.integers(0, 8), min_size=1), min_size=1, max_size=12))
def test_who_steps_steps_and_nobody_else(calls: list[set[int]]) -> None:
    """Neighbours or not, many or few: each voice hears its own rows and keeps what it heard."""
    voices, heard = voices_of(FunctionEngine(remember, DECLARED), 9), {voice: [] for voice in range(9)}
    for number, chosen in enumerate(calls):
        who = sorted(chosen)
        weights = voices.step(rows_of(*(100 * number + voice for voice in who)), who)
        assert weights[:, 0].tolist() == [len(heard[voice]) for voice in who]
        assert weights[:, 1].tolist() == [sum(heard[voice][-3:]) for voice in who]
        for voice in who:
            heard[voice].append(100 * number + voice)


def test_a_voice_is_the_same_to_the_bit_whoever_else_speaks() -> None:
    engine = OnnxEngine.from_file(LINE.parents[1] / "motion_live.onnx")
    rng = np.random.default_rng(0)
    heard = rng.normal(-4, 3, (70, 3, 2, 80)).astype(np.float32)
    together, alone = voices_of(engine, 3), voices_of(engine, 1)
    for rows in heard:
        np.testing.assert_array_equal(together.step(rows, [0, 1, 2])[1], alone.step(rows[1:2], [0])[0])


NONSENSE = (
    "{",
    "[]",
    '{"past": 3}',
    '{"past": [2, 3]}',
    '{"past": [2, -3, 4]}',
    '{"past": [2, "x", 4]}',
    '{"past": [99999, 99999, 99999]}',
)


@pytest.mark.parametrize("rings", NONSENSE)
def test_rings_that_make_no_sense_are_refused(rings: str) -> None:
    with pytest.raises(EngineError, match=r"not a motion network: bad metadata 'rings'.*wanted \{name"):
        Voices(FunctionEngine(remember, DECLARED | {"rings": rings}))
