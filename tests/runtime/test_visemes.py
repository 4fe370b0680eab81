"""Visemes of Oculus LipSync from ARKit weights: each mouth is itself, and nothing else on a face counts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime.arkit import INDEX, sides
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import Ear
from talkwire.runtime.minds import Preset, open_mind
from talkwire.runtime.visemes import SHAPES, VISEMES, visemes


def pose(name: str, share: float = 1.0) -> np.ndarray:
    weights = np.zeros(52, np.float32)
    for shape, value in SHAPES[name].items():
        weights[sides(shape)] = share * value
    return weights


@pytest.mark.parametrize("name", VISEMES)
def test_each_mouth_is_its_own_viseme(name: str) -> None:
    shares = visemes(pose(name))
    assert VISEMES[int(shares.argmax())] == name
    assert shares[VISEMES.index(name)] > (0.4 if name in ("DD", "kk", "nn", "E", "ih") else 0.8)


def test_a_mouth_between_two_is_of_both() -> None:
    shares = visemes((pose("aa") + pose("oh")) / 2)
    assert shares[[VISEMES.index("aa"), VISEMES.index("oh")]].min() > 0.2


def test_a_sealed_mouth_is_pp_whatever_the_jaw() -> None:
    sealed = pose("PP")
    sealed[[INDEX["jawOpen"], INDEX["mouthClose"]]] = 0.3
    assert visemes(sealed)[VISEMES.index("PP")] > 0.9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=52, max_size=52))
def test_shares_are_shares_and_eyes_do_not_count(weights: list[float]) -> None:
    shares = visemes(np.array(weights, np.float32))
    assert shares.dtype == np.float32
    assert shares.shape == (15,)
    assert 0 <= shares.min() <= shares.max() <= 1
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    blinking = np.array(weights, np.float32)
    blinking[INDEX["eyeBlinkLeft"]] = 1 - blinking[INDEX["eyeBlinkLeft"]]
    np.testing.assert_array_equal(visemes(blinking), shares)


def test_a_line_is_read_as_it_is_spoken() -> None:
    """He turned shar[p]ly, and [f]aced Gregson across the ta[b]le."""
    audio = read_audio(LINE)
    ear, mind = Ear(audio.sample_rate_hz), open_mind(Preset.quality)
    rows = np.concatenate([ear.push(audio.samples), ear.end()])
    shares = visemes(np.concatenate([mind.push(rows), mind.end()]))
    assert shares[36:44, VISEMES.index("PP")].max() > 0.5
    assert shares[132:140, VISEMES.index("PP")].max() > 0.5
    assert shares[:, VISEMES.index("FF")].max() > 0.5
    assert visemes(np.zeros(52))[VISEMES.index("sil")] > 0.8


def test_the_page_has_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs/visemes.md").read_text()
    for name, shapes in SHAPES.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
        assert row.endswith(
            "| " + ", ".join(f"`{shape}` {value:.2f}" for shape, value in shapes.items()) + " |"
        )
