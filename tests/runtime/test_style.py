"""Emotion and style: they change a face, never a closure, and never at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.errors import StyleError
from talkwire.runtime.manner import SETTLES_S, Styler
from talkwire.runtime.style import EMOTIONS, SEALED_PRESS, Style

STEP_HZ = 50


def face(**weights: float) -> np.ndarray:
    values = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, value in weights.items():
        values[INDEX[name]] = value
    return values


def styled(style: Style, weights: np.ndarray, effort: float = 0.0) -> np.ndarray:
    styler = Styler(STEP_HZ)
    styler.set(style, at_once=True)
    return styler.step().applied(weights, effort)


SEALED = face(jawOpen=0.2, mouthClose=0.2, mouthPressLeft=SEALED_PRESS, mouthPressRight=SEALED_PRESS)


def opening(weights: np.ndarray) -> float:
    parts = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")
    return float(weights[INDEX["jawOpen"]] - weights[INDEX["mouthClose"]]) + sum(
        float(weights[INDEX[name]]) for name in parts
    )


def test_no_style_changes_nothing() -> None:
    weights = np.random.default_rng(0).uniform(0, 1, 52).astype(np.float32)
    np.testing.assert_array_equal(styled(Style(), weights), weights)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_each_emotion_shows_and_leaves_closures_closed(emotion: str) -> None:
    style = Style({emotion: 1.0})
    assert np.abs(styled(style, face()) - face()).max() > 0.25
    assert opening(styled(style, SEALED)) == pytest.approx(0, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=len(EMOTIONS), max_size=len(EMOTIONS)),
    st.floats(0, 2),
    st.lists(st.floats(0, 1, width=32), min_size=52, max_size=52),
)
def test_blends_are_weights_and_closures_hold(
    intensities: list[float], strength: float, weights: list[float]
) -> None:
    style = Style(dict(zip(EMOTIONS, intensities, strict=True)), strength)
    moved = styled(style, np.array(weights, np.float32))
    assert moved.dtype == np.float32
    assert 0 <= moved.min() <= moved.max() <= 1
    assert opening(styled(style, SEALED)) == pytest.approx(0, abs=1e-6)


def test_emotions_together_are_no_more_than_one_whole() -> None:
    both = styled(Style({"joy": 1.0, "surprise": 1.0}), face())
    alone = styled(Style({"joy": 0.5, "surprise": 0.5}), face())
    np.testing.assert_allclose(both, alone, atol=1e-6)


def test_a_smile_gives_way_to_rounded_lips() -> None:
    style = Style({"joy": 1.0})
    smile = INDEX["mouthSmileLeft"]
    assert styled(style, face(mouthPucker=0.8))[smile] < 0.5 * styled(style, face())[smile]


def test_strength_scales_speech_and_not_blinks() -> None:
    weights = face(jawOpen=0.2, mouthPucker=0.3, eyeBlinkLeft=0.5, mouthPressLeft=0.1)
    moved = styled(Style(strength=1.5), weights)
    assert moved[INDEX["jawOpen"]] == pytest.approx(0.3)
    assert moved[INDEX["mouthPucker"]] == pytest.approx(0.45)
    assert moved[INDEX["eyeBlinkLeft"]] == pytest.approx(0.5)
    assert moved[INDEX["mouthPressLeft"]] == pytest.approx(0.1)


def test_shapes_have_gain_offset_and_limits() -> None:
    style = Style(gains={"mouthSmile": 0.5}, offsets={"browInnerUp": 0.1}, limits={"jawOpen": (0.05, 0.4)})
    moved = styled(style, face(mouthSmileLeft=0.6, mouthSmileRight=0.4, jawOpen=0.9))
    assert moved[INDEX["mouthSmileLeft"]] == pytest.approx(0.3)
    assert moved[INDEX["mouthSmileRight"]] == pytest.approx(0.2)
    assert moved[INDEX["browInnerUp"]] == pytest.approx(0.1)
    assert moved[INDEX["jawOpen"]] == pytest.approx(0.4)
    assert styled(style, face())[INDEX["jawOpen"]] == pytest.approx(0.05)


def test_a_new_style_is_taken_up_without_a_pop() -> None:
    styler = Styler(STEP_HZ)
    styler.set(Style({"joy": 1.0}))
    smile = [float(styler.step().applied(face())[INDEX["mouthSmileLeft"]]) for _ in range(50)]
    assert np.abs(np.diff([0.0, *smile])).max() < 0.2
    full = EMOTIONS["joy"]["mouthSmile"]
    assert smile[int(SETTLES_S * STEP_HZ)] > 0.9 * full
    assert smile[-1] == pytest.approx(full, abs=2e-3)


def test_strength_and_emotion_follow_the_voice_when_asked() -> None:
    weights, joy = face(jawOpen=0.2), {"joy": 0.5}
    calm, loud = (styled(Style(joy, follow_voice=1.0), weights, effort) for effort in (-1.0, 1.0))
    for name in ("jawOpen", "mouthSmileLeft"):
        assert calm[INDEX[name]] < styled(Style(joy), weights)[INDEX[name]] < loud[INDEX[name]]
    np.testing.assert_array_equal(styled(Style(joy), weights, 1.0), styled(Style(joy), weights))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"emotions": {"bliss": 1.0}}, "no such emotion: saw bliss, wanted one of joy"),
        ({"emotions": {"joy": 1.5}}, "the intensity of joy is out of range"),
        ({"emotions": {"joy": float("nan")}}, "out of range"),
        ({"strength": -0.1}, "the strength of speech is out of range: saw -0.1, wanted 0 to 2"),
        ({"gains": {"mouthGrin": 1.0}}, "no such shape: saw mouthGrin"),
        ({"limits": {"jawOpen": (0.5, 0.2)}}, "the least of jawOpen is out of range"),
        ({"offsets": {"jawOpen": 9.0}}, "out of range"),
        ({"layers": {"ears": 1.0}}, "no such layer: saw ears, wanted one of lips, brows"),
        ({"layers": {"gaze": 3.0}}, "the layer gaze is out of range: saw 3.0, wanted 0 to 2"),
        ({"look_at_deg": (120.0, 0.0)}, "the yaw to look at is out of range: saw 120.0, wanted -90 to 90"),
        ({"look_at_deg": (0.0, float("nan"))}, "the pitch to look at is out of range"),
        ({"follow_voice": 2.0}, "how far to follow the voice is out of range"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict, sentence: str) -> None:
    with pytest.raises(StyleError, match=sentence):
        Style(**wrong)
