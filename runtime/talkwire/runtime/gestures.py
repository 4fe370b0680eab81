"""What brows and head do with a voice: brows go up and heads nod at stresses, heads turn with phrases.

Eyebrows go with rises of pitch (Cave et al. 1996), heads with stresses and the edges of phrases (Graf et al.
2002, McClave 2000). Seeded: each phrase has its own turn of the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Gesture:
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
        self._turn_deg = np.zeros(3)
        self._nod, self._head = _Spring(1, NOD_HZ), _Spring(3, TURN_HZ)

    def push(self, voice: Voice) -> Gesture:
        """What to do at this step, having heard up to it."""
        begins = voice.phrase not in (0, self._phrase)
        self._phrase = voice.phrase
        if begins:
            self._phrases += 1
            rng = np.random.default_rng([self._seed, self._phrases, 3])
            self._turn_deg = np.clip(rng.normal(0, 1, 3), -1.6, 1.6) * TURN_DEG + [LIFT_DEG, 0, 0]
        self._since_end = 0 if voice.speaks else self._since_end + 1
        brow = max(BROW_RAISE * voice.stress, PHRASE_BROW if begins else 0.0)
        time_s = BROW_RISES_S if brow > self._brow else BROW_SINKS_S
        self._brow += (brow - self._brow) / (time_s * STEP_HZ)
        closing = self._phrases > 0 and 0 < self._since_end < CLOSING_S * STEP_HZ
        nod = self._nod.push(np.array([NOD_DEG * voice.stress + CLOSING_NOD_DEG * closing]))
        head = self._head.push(self._turn_deg if voice.speaks else np.zeros(3))
        return Gesture(self._brow, float(head[0] + nod[0]), float(head[1]), float(head[2]))


class _Spring:
    """Critically damped, so that a head has weight: neither steps nor swings."""

    def __init__(self, size: int, hz: float) -> None:
        self._at, self._speed, self._omega = np.zeros(size), np.zeros(size), 2 * np.pi * hz

    def push(self, wanted: np.ndarray) -> np.ndarray:
        pull = self._omega**2 * (wanted - self._at) - 2 * self._omega * self._speed
        self._speed = self._speed + pull / STEP_HZ
        self._at = self._at + self._speed / STEP_HZ
        return self._at
