"""Sound in which nobody speaks: what it does to a mouth is measured, and should be nothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.audio import Audio
from talkwire.training.measures import Float64

RATE_HZ: Final = 16000
BEAT_S: Final = 0.5
CHORDS_HZ: Final = (
    (220.0, 261.6, 329.6),
    (174.6, 220.0, 261.6),
    (196.0, 246.9, 293.7),
    (164.8, 207.7, 246.9),
)
BASS: Final = 0.25  # of a chord's frequency
PARTIALS: Final = 6
PEAK: Final = 0.5


def music(seconds: float, seed: int = 0) -> Audio:
    """Chords that are struck and ring, a bass, and drums of noise. Seeded."""
    rng = np.random.default_rng([seed, 5])
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    beat, since_s = np.divmod(time_s, BEAT_S)
    sound = np.zeros(len(time_s))
    for number, chord_hz in enumerate(CHORDS_HZ):
        played = (beat // 2 % len(CHORDS_HZ) == number) * np.exp(-3 * (time_s % (2 * BEAT_S)))
        sound += played * sum(_note(time_s, pitch_hz) for pitch_hz in chord_hz)
        sound += played * 1.5 * _note(time_s, BASS * chord_hz[0])
    sound += rng.normal(0, 1.5, len(time_s)) * np.exp(-40 * since_s) * (beat % 2 == 1)
    sound += 4 * np.sin(2 * np.pi * 60 * since_s * np.exp(-4 * since_s)) * np.exp(-12 * since_s)
    return Audio((PEAK * sound / max(np.abs(sound).max(), 1e-9)).astype(np.float32), RATE_HZ)


def _note(time_s: Float64, pitch_hz: float) -> Float64:
    partials = (np.sin(2 * np.pi * k * pitch_hz * time_s) / k**1.5 for k in range(1, PARTIALS + 1))
    return np.asarray(sum(partials))
