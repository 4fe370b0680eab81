"""The motion stream: every step of the utterance, the same bits however rows arrive, clear refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime import minds
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import SILENT_ROW, Ear
from talkwire.runtime.engine import FunctionEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.mind import Mind
from talkwire.runtime.minds import Preset, open_mind
from talkwire.runtime.voices import Voices

DECLARED = {"step_hz": "50", "rows_per_step": "2", "look_ahead_steps": "3", "state_size": "4"}


def echo(rows: np.ndarray, state: np.ndarray) -> dict[str, np.ndarray]:
    """Weight 0 is how many steps it has heard, weight 1 the first value of the newest row."""
    weights = np.zeros((1, 52), np.float32)
    weights[0, :2] = state[0, 0], rows[0, -1, 0]
    return {"weights": weights, "next_state": state + 1}


def echo_mind(**changes: str) -> Mind:
    return Mind(Voices(FunctionEngine(echo, DECLARED | changes)))


def counted(count: int) -> np.ndarray:
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], 80, axis=1)


def whole(mind: Mind, rows: np.ndarray) -> np.ndarray:
    return np.concatenate([mind.push(rows), mind.end()])


def line_rows() -> np.ndarray:
    audio = read_audio(LINE)
    ear = Ear(audio.sample_rate_hz)
    return np.concatenate([ear.push(audio.samples), ear.end()])


def test_a_step_hears_up_to_its_look_ahead_and_no_further() -> None:
    steps = whole(echo_mind(), counted(21))
    heard = steps[:, 1]  # the newest row a step heard: row 2 (j + 3) + 1, 10 ms rows, 20 ms steps
    np.testing.assert_array_equal(heard[:7], [7, 9, 11, 13, 15, 17, 19])
    np.testing.assert_array_equal(heard[7:], [SILENT_ROW[0]] * 4)
    np.testing.assert_array_equal(steps[:, 0], np.arange(11) + 3)


@pytest.mark.parametrize("ahead", ["0", "1", "5"])
@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 319, 320, 321, 16_000, 16_001])
def test_steps_cover_the_utterance(samples: int, ahead: str) -> None:
    ear, mind = Ear(16_000), echo_mind(look_ahead_steps=ahead)
    steps = [mind.push(ear.push(np.zeros(samples))), mind.push(ear.end()), mind.end()]
    assert sum(map(len, steps)) == -(-samples // 320) + 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 310), max_size=30))
def test_the_shipped_mind_gives_the_same_bits_however_rows_arrive(cuts: list[int]) -> None:
    rows, mind = line_rows(), open_mind()
    parts = [mind.push(part) for part in np.split(rows, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate([*parts, mind.end()]), whole(open_mind(), rows))


def test_a_mind_is_new_after_end_and_after_reset() -> None:
    mind, rows = open_mind(), line_rows()
    first = whole(mind, rows)
    np.testing.assert_array_equal(whole(mind, rows), first)
    mind.push(rows[:77])
    mind.reset()
    np.testing.assert_array_equal(whole(mind, rows), first)


def test_nothing_heard_is_nothing_moved() -> None:
    assert open_mind().end().shape == (0, 52)


def test_the_shipped_mind_declares_itself_and_is_quick() -> None:
    mind = open_mind()
    assert mind.step_hz == 50
    for rate_hz in (16_000, 24_000, 44_100, 48_000):
        assert mind.look_ahead_s + 1 / mind.step_hz + Ear(rate_hz).delay_s <= 0.100


def test_weights_are_weights_whatever_is_heard() -> None:
    rng, mind = np.random.default_rng(0), open_mind()
    for rows in (line_rows(), rng.normal(0, 30, (100, 80)).astype(np.float32), np.tile(SILENT_ROW, (60, 1))):
        steps = whole(mind, rows)
        assert steps.dtype == np.float32
        assert steps.shape[1] == 52
        assert steps.min() >= 0
        assert steps.max() <= 1


def test_silence_keeps_the_mouth_shut() -> None:
    silent, quiet = np.zeros(48_000), np.random.default_rng(0).normal(0, 1e-3, 48_000)
    for sound in (silent, quiet):
        ear, mind = Ear(16_000), open_mind()
        steps = np.concatenate([mind.push(ear.push(sound)), mind.push(ear.end()), mind.end()])
        jaw = steps[:, INDEX["jawOpen"]]  # resting lips touch lightly; speech opens three times more
        assert jaw.max() <= 0.12
        assert jaw[25:].max() <= 0.07


def test_the_shipped_line_opens_and_closes() -> None:
    """He turned shar[p]ly ... the ta[b]le: lips meet at p and b, and part at the vowels between."""
    steps = whole(open_mind(), line_rows())
    opening = steps[:, INDEX["jawOpen"]] - steps[:, INDEX["mouthClose"]]
    assert opening[36:47].min() <= 0.05  # p of sharply, 0.75 to 0.82 s, and 60 ms of what follows it
    assert opening[132:140].min() <= 0.05  # b of table, 2.68 to 2.75 s
    assert opening[34:39].max() >= 0.15  # aa of sharply
    assert opening[124:133].max() >= 0.12  # ey of table
    assert steps[:4, INDEX["jawOpen"]].max() <= 0.08
    assert steps[-4:, INDEX["jawOpen"]].max() <= 0.05


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({}, "not a motion network: bad metadata 'state_size': saw None, wanted a whole number from 1"),
        (DECLARED | {"state_size": "0"}, "bad metadata 'state_size': saw '0'"),
        (DECLARED | {"look_ahead_steps": "-1"}, "bad metadata 'look_ahead_steps': saw '-1'"),
        (DECLARED | {"rows_per_step": "two"}, "bad metadata 'rows_per_step': saw 'two'"),
        (DECLARED | {"step_hz": "25"}, "does not fit the ear: saw 25 steps a second of 2 rows"),
    ],
)
def test_graphs_that_are_no_motion_network_are_refused(metadata: dict[str, str], sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        Mind(Voices(FunctionEngine(echo, metadata)))


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(EngineError, match=r"refuses its rows: saw \[3, 40\], wanted \['n, 80'\]"):
        echo_mind().push(np.zeros((3, 40), np.float32))


def test_a_missing_shipped_graph_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(minds._GRAPHS, Preset.live, "no_such.onnx")
    with pytest.raises(EngineError, match=r"a shipped motion network is missing.*no_such\.onnx"):
        open_mind()
