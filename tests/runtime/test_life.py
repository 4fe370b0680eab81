"""Speech, life and gestures in one face, layer by layer."""

import numpy as np
import pytest

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.gestures import Gesture, Gestures
from talkwire.runtime.idle import STEP_HZ, Idle
from talkwire.runtime.life import FULL_LOOK_PITCH_DEG, FULL_LOOK_YAW_DEG, Look, combine
from talkwire.runtime.prosody import Voice
from talkwire.runtime.style import LAYERS, Layers
from talkwire.runtime.types import Face

SPEECH = np.zeros(52, np.float32)
SPEECH[INDEX["jawOpen"]] = 0.4
NONE = Layers(*[0.0] * len(LAYERS))


def turned_deg(face: Face) -> np.ndarray:
    """Pitch (positive is down), yaw and roll, for small angles."""
    return np.degrees(2 * face.head_rotation[:3])


def test_life_is_added_to_speech_and_stays_off_the_mouth() -> None:
    face = combine(SPEECH, Idle(0).at(103))
    assert face.weights.dtype == np.float32
    assert face.weights[INDEX["jawOpen"]] == np.float32(0.4)
    assert SPEECH.sum() == np.float32(0.4)  # not written to
    nodding = combine(SPEECH, Idle(0).at(103), Gesture(0.0, 4.0, 0.0, 0.0))
    assert turned_deg(nodding)[0] - turned_deg(face)[0] == pytest.approx(4.0, abs=0.05)


def test_eyes_stay_on_target_while_the_head_nods() -> None:
    beat = Idle(0).at(103)
    still, nodding = (combine(SPEECH, beat, Gesture(0.0, deg, 0.0, 0.0)) for deg in (0.0, 4.0))

    def up_deg(face: Face) -> float:
        up, down = (float(face.weights[INDEX[f"eyeLook{way}Left"]]) for way in ("Up", "Down"))
        return (up - down) * FULL_LOOK_PITCH_DEG - float(turned_deg(face)[0])

    assert up_deg(nodding) == pytest.approx(up_deg(still), abs=0.05)


def test_every_layer_can_be_left_to_the_game() -> None:
    nothing = combine(SPEECH, Idle(0).at(103), Gesture(0.3, 3.0, 2.0, 1.0), NONE)
    assert not nothing.weights.any()
    np.testing.assert_allclose(nothing.head_rotation, [0, 0, 0, 1])
    assert not nothing.head_translation_m.any()


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_its_own(layer: str) -> None:
    """Somewhere in ten seconds it shows, and without it the face differs."""
    idle, alone = Idle(0), NONE._replace(**{layer: 1.0})
    rest = combine(np.zeros(52, np.float32), idle.at(0), layers=NONE)
    gesture = Gesture(0.3, 3.0, 2.0, 1.0)
    faces = [combine(SPEECH, idle.at(step), gesture, alone) for step in range(0, 500, 5)]
    shows = [
        not np.array_equal(a, b)
        for face in faces
        for a, b in (
            (face.weights, rest.weights),
            (face.head_rotation, rest.head_rotation),
            (face.head_translation_m, rest.head_translation_m),
        )
    ]
    assert any(shows)


def test_eyes_jump_to_a_target_and_the_head_follows() -> None:
    look, faces = Look(), []
    for _ in range(75):
        faces.append(
            combine(SPEECH, Idle(0).at(0), layers=NONE._replace(gaze=1.0), looking=look.push((30.0, 10.0)))
        )
    left_deg = [float(face.weights[INDEX["eyeLookOutLeft"]]) * FULL_LOOK_YAW_DEG for face in faces]
    yaw_deg = [float(turned_deg(face)[1]) for face in faces]
    assert left_deg[4] > 20 > 5 > yaw_deg[4]
    assert yaw_deg[-1] == pytest.approx(13.5, abs=0.5)
    assert left_deg[-1] + yaw_deg[-1] == pytest.approx(30, abs=1.5)
    assert turned_deg(faces[-1])[0] < -4  # up
    for _ in range(150):
        back = look.push(None)
    assert np.abs([*back.gaze_deg, *back.head_deg, back.held]).max() < 0.01


def stresses(*at_steps: int, length: int = 150) -> list[Voice]:
    """A phrase of two seconds, then a pause."""
    return [
        Voice(1.0 if any(0 <= step - at < 8 for at in at_steps) else 0.0, 0.0, step < 100, 1)
        for step in range(length)
    ]


def test_brows_rise_and_the_head_nods_at_stresses() -> None:
    gestures, flat = Gestures(1), Gestures(1)
    moved = [gestures.push(voice) for voice in stresses(40, 70)]
    still = [flat.push(voice) for voice in stresses()]
    brow = np.array([gesture.brow for gesture in moved])
    assert brow[40:52].max() > 0.2 > 0.1 > brow[30]
    assert np.abs(np.diff(brow)).max() < 0.15
    nod_deg = np.array([a.pitch_deg - b.pitch_deg for a, b in zip(moved, still, strict=True)])
    assert 1.5 < nod_deg[40:60].max() < 6
    assert 40 < nod_deg[:65].argmax() < 60
    assert np.abs(np.diff(nod_deg)).max() * STEP_HZ < 60


def test_heads_turn_with_phrases_and_come_to_rest() -> None:
    turns = []
    for seed in range(20):
        gestures = Gestures(seed)
        moved = [gestures.push(voice) for voice in stresses(length=300)]
        turns.append(moved[80].yaw_deg)
        closing_deg = max(gesture.pitch_deg for gesture in moved[100:130]) - moved[99].pitch_deg
        assert closing_deg > 0.5  # a phrase ends with a small nod
        end = moved[-1]
        assert np.abs([end.brow, end.pitch_deg, end.yaw_deg, end.roll_deg]).max() < 0.05
    assert np.std(turns) > 1
    again = Gestures(19)
    assert [again.push(voice) for voice in stresses(length=300)] == moved
