"""The carried state of many voices: each its own, whoever else is in the call."""

import json

import numpy as np
import pytest

from support import LINE
from talkwire.runtime.engine import FunctionEngine
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


def test_rings_keep_the_last_steps_of_each_voice() -> None:
    voices = Voices(FunctionEngine(remember, DECLARED), 2)
    heard = [voices.step(rows_of(step, 10 * step))[:, 1].tolist() for step in range(1, 7)]
    assert heard == [[0, 0], [1, 10], [3, 30], [6, 60], [9, 90], [12, 120]]
    voices.reset(1)
    weights = voices.step(rows_of(7, 70))
    assert weights[:, 0].tolist() == [6, 0]
    assert weights[:, 1].tolist() == [15, 0]
    assert voices.step(rows_of(8, 80))[:, 1].tolist() == [18, 70]


def test_a_voice_is_the_same_to_the_bit_whoever_else_speaks() -> None:
    engine = OnnxEngine.from_file(LINE.parents[1] / "motion_live.onnx")
    rng = np.random.default_rng(0)
    heard = rng.normal(-4, 3, (70, 3, 2, 80)).astype(np.float32)
    together, alone = Voices(engine, 3), Voices(engine)
    for rows in heard:
        np.testing.assert_array_equal(together.step(rows)[1], alone.step(rows[1:2])[0])


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
