"""What brows and head do with a voice: brows go up and heads nod at stresses, heads turn with phrases.

Eyebrows go with rises of pitch (Cave et al. 1996), heads with stresses and the edges of phrases (Graf et al.
2002, McClave 2000). Seeded: each phrase has its own turn of the head.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from talkwire.runtime.prosody import STEP_HZ, Voice

BROW_RAISE: Final = 0.45  # of the inner brows at a full stress
PHRASE_BROW: Final = 0.12  # at the beginning of a phrase
BROW_RISES_S, BROW_SINKS_S = 0.12, 0.35
NOD_DEG: Final = 7.0  # down, at a full stress
CLOSING_NOD_DEG: Final = 2.5  # when a phrase is over
CLOSING_S: Final = 0.35
NOD_HZ, TURN_HZ = 1.7, 0.55  # of the springs that move the head
TURN_DEG: Final = np.array([1.2, 2.6, 1.8])  # spread of pitch, yaw, roll from phrase to phrase
LIFT_DEG: Final = -1.2  # heads go up a little to speak
AT_REST_DEG: Final = [0.0, 0.0, 0.0]


class Gesture(NamedTuple):
    """One step: brow in [0, 1], head in degrees: pitch (positive is down), yaw, roll."""

    brow: float
    pitch_deg: float
    yaw_deg: float
    roll_deg: float


class Gestures:
    """One face's gestures, from utterance to utterance. Causal, one value per step."""

    def __init__(self, seed: int) -> None:
        self._seed = seed % (1 << 63)
        self._brow = 0.0
        self._phrases, self._phrase, self._since_end = 0, 0, STEP_HZ
        self._turn_deg = AT_REST_DEG
        self._nod, self._head = _Spring(NOD_HZ), [_Spring(TURN_HZ) for _ in AT_REST_DEG]

    def push(self, voice: Voice) -> Gesture:
        """What to do at this step, having heard up to it."""
        begins = voice.phrase not in (0, self._phrase)
        self._phrase = voice.phrase
        if begins:
            self._phrases += 1
            self._turn_deg = self._drawn_turn_deg()
        self._since_end = 0 if voice.speaks else self._since_end + 1
        brow = max(BROW_RAISE * voice.stress, PHRASE_BROW if begins else 0.0)
        time_s = BROW_RISES_S if brow > self._brow else BROW_SINKS_S
        self._brow += (brow - self._brow) / (time_s * STEP_HZ)
        closing = self._phrases > 0 and 0 < self._since_end < CLOSING_S * STEP_HZ
        nod_deg = self._nod.push(NOD_DEG * voice.stress + CLOSING_NOD_DEG * closing)
        turn_deg = self._turn_deg if voice.speaks else AT_REST_DEG
        pitch_deg, yaw_deg, roll_deg = (
            spring.push(wanted) for spring, wanted in zip(self._head, turn_deg, strict=True)
        )
        return Gesture(self._brow, pitch_deg + nod_deg, yaw_deg, roll_deg)

    def _drawn_turn_deg(self) -> list[float]:
        rng = np.random.default_rng([self._seed, self._phrases, 3])
        pitch_deg, yaw_deg, roll_deg = (np.clip(rng.normal(0, 1, 3), -1.6, 1.6) * TURN_DEG).tolist()
        return [pitch_deg + LIFT_DEG, yaw_deg, roll_deg]


class _Spring:
    """Critically damped, so that a head has weight: neither steps nor swings. Of one number, in plain floats:
    numpy takes half a microsecond for each step, however few numbers there are.
    """

    def __init__(self, hz: float) -> None:
        self._at, self._speed, self._omega = 0.0, 0.0, 2 * math.pi * hz

    def push(self, wanted: float) -> float:
        pull = self._omega**2 * (wanted - self._at) - 2 * self._omega * self._speed
        self._speed += pull / STEP_HZ
        self._at += self._speed / STEP_HZ
        return self._at
