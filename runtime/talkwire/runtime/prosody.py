"""What a voice does beside words: where it stresses, where it pauses, how much effort it makes.

Causal, one value a step of 20 ms, and free of the microphone's gain: everything is told from the voice's own
running means.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from talkwire.runtime.ear import ROWS_HZ, SILENT_DB, Float64
from talkwire.runtime.types import Float32

STEP_HZ: Final = 50
ROWS_PER_STEP: Final = ROWS_HZ // STEP_HZ

LOUD_RISE, LOUD_SINK_DB = 0.2, 0.04  # of the running peak: within a syllable, 2 dB a second
SPEAKS_WITHIN_DB: Final = 22.0  # of the running peak
QUIETEST_DB: Final = -55.0  # of mel power: below it nobody speaks
PAUSE_S: Final = 0.18  # of quiet ends a phrase; what stops a plosive is shorter
SYLLABLE_S: Final = 0.05
PHRASE_S: Final = 1.5  # what stress is told against
LONG_S: Final = 8.0  # what effort is told against
SHORT_S: Final = 0.5
LEAST_SPREAD_DB, LEAST_SPREAD_ST = 3.0, 1.5
LOUDNESS_SHARE: Final = 0.55  # of a stress; the rest is pitch (Fry 1955, 1958: both, and duration)
STRESS_FROM, STRESS_TO = 0.4, 1.6  # spreads above the mean
EFFORT_DB, EFFORT_ST = 8.0, 5.0  # louder and higher than usual: all the effort that is told
EFFORT_S: Final = 0.3  # nobody's effort changes at once
KNOWN_STEPS: Final = 10  # of a voice, before anything in it is a stress
VOICE_ST_LIMIT: Final = 12.0  # of the mean: beyond it a pitch is an error


class Voice(NamedTuple):
    """One step. stress: 0 to 1.  effort: -1 (calmer than usual) to 1.  phrase: how many have begun."""

    stress: float = 0.0
    effort: float = 0.0
    speaks: bool = False
    phrase: int = 0


SILENT: Final = Voice()


class Prosody:
    """One utterance's prosody, as its rows come."""

    def __init__(self) -> None:
        # loudness in dB and pitch in Hz of a step that is not whole
        self._rows: list[tuple[float, float]] = []
        self._peak_db = QUIETEST_DB
        self._quiet_steps = round(PAUSE_S * STEP_HZ)
        self._phrase = 0
        self._loudness, self._pitch = _Running(LEAST_SPREAD_DB), _Running(LEAST_SPREAD_ST)
        self._smooth_db = QUIETEST_DB
        self._effort = 0.0

    def push(self, loudness_db: Float64, pitch_hz: Float32) -> list[Voice]:
        """Hear loudness and pitch of [n] rows, as `ear.Ear` has them; returns the steps that became whole."""
        self._rows += zip(loudness_db.tolist(), pitch_hz.tolist(), strict=True)
        steps = []
        while len(self._rows) >= ROWS_PER_STEP:
            steps.append(self._step(self._rows[:ROWS_PER_STEP]))
            del self._rows[:ROWS_PER_STEP]
        return steps

    def end(self) -> list[Voice]:
        """The step that is not whole, filled with silence."""
        missing = ROWS_PER_STEP - len(self._rows)
        return self.push(np.full(missing, SILENT_DB), np.zeros(missing, np.float32))

    def _step(self, rows: list[tuple[float, float]]) -> Voice:
        loud_db = max(db for db, _ in rows)
        self._smooth_db += (max(loud_db, QUIETEST_DB) - self._smooth_db) / (SYLLABLE_S * STEP_HZ)
        risen = self._peak_db + LOUD_RISE * (loud_db - self._peak_db)
        self._peak_db = max(risen, self._peak_db - LOUD_SINK_DB, QUIETEST_DB)
        speaks = loud_db > max(self._peak_db - SPEAKS_WITHIN_DB, QUIETEST_DB)
        if speaks and self._quiet_steps >= PAUSE_S * STEP_HZ:
            self._phrase += 1
        self._quiet_steps = 0 if speaks else self._quiet_steps + 1
        pauses = self._quiet_steps >= PAUSE_S * STEP_HZ
        if not speaks:
            self._exert(0.0 if pauses else self._effort)
            return Voice(0.0, self._effort, not pauses, self._phrase)
        higher, tones = 0.0, [12 * math.log2(hz / 100) for _, hz in rows if hz > 0]
        if tones and self._pitch.near(tones[-1]):
            higher = self._pitch.push(tones[-1])
        louder = self._loudness.push(self._smooth_db)
        self._exert((self._loudness.trend / EFFORT_DB + self._pitch.trend / EFFORT_ST) / 2)
        above = LOUDNESS_SHARE * louder + (1 - LOUDNESS_SHARE) * higher
        stress = (above - STRESS_FROM) / (STRESS_TO - STRESS_FROM) if self._loudness.known else 0.0
        return Voice(min(1.0, max(0.0, stress)), self._effort, True, self._phrase)

    def _exert(self, effort: float) -> None:
        self._effort += (min(1.0, max(-1.0, effort)) - self._effort) / (EFFORT_S * STEP_HZ)


class _Running:
    """Mean and spread of what was heard lately, and whether it is above what is usual."""

    def __init__(self, least_spread: float) -> None:
        self._least = least_spread
        self._count = 0
        self._mean = self._long = self._short = 0.0
        self._variance = least_spread**2

    def near(self, value: float) -> bool:
        return not self._count or abs(value - self._mean) < VOICE_ST_LIMIT

    def push(self, value: float) -> float:
        """How many spreads the value is above the mean before it."""
        if not self._count:
            self._mean = self._long = self._short = value
        self._count += 1
        off = value - self._mean
        above = off / max(self._least, math.sqrt(self._variance))
        share = self._share(PHRASE_S)
        self._mean += share * off
        self._variance += share * (off**2 - self._variance)
        self._long += self._share(LONG_S) * (value - self._long)
        self._short += self._share(SHORT_S) * (value - self._short)
        return above

    @property
    def known(self) -> bool:
        return self._count > KNOWN_STEPS

    @property
    def trend(self) -> float:
        return self._short - self._long

    def _share(self, time_s: float) -> float:
        return max(1 / (time_s * STEP_HZ), 1 / self._count)
