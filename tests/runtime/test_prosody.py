"""Pitch, stress, phrases and effort of voices, however loud the microphone is."""

import numpy as np
import pytest

from support import LINE
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import Ear
from talkwire.runtime.prosody import STEP_HZ, Prosody, Voice

RATE_HZ = 16_000


def heard(samples: np.ndarray, rate_hz: int = RATE_HZ, chunk: int | None = None) -> list[Voice]:
    ear, prosody, voices = Ear(rate_hz), Prosody(), []
    for part in np.split(samples, range(chunk, len(samples), chunk) if chunk else []):
        ear.push(part)
        voices += prosody.push(ear.loudness_db, ear.pitch_hz)
    ear.end()
    return [*voices, *prosody.push(ear.loudness_db, ear.pitch_hz), *prosody.end()]


def hum(hz: np.ndarray | float, seconds: float, level: float = 0.1) -> np.ndarray:
    """A buzz of 20 harmonics that fall by 6 dB an octave."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, round(seconds * RATE_HZ))) / RATE_HZ
    return level * sum(np.sin(k * phase) / k for k in range(1, 21))


@pytest.mark.parametrize("hz", [90.0, 120.0, 180.0, 240.0, 330.0])
def test_a_hum_has_its_pitch(hz: float) -> None:
    ear = Ear(RATE_HZ)
    ear.push(hum(hz, 1.0))
    voiced = ear.pitch_hz[ear.pitch_hz > 0]
    assert len(voiced) > 0.4 * len(ear.pitch_hz)  # a period near half a window is not always seen
    assert np.abs(12 * np.log2(voiced / hz)).max() < 0.7


def test_noise_and_silence_have_no_pitch() -> None:
    for sound in (np.zeros(RATE_HZ), np.random.default_rng(0).normal(0, 0.1, RATE_HZ)):
        ear = Ear(RATE_HZ)
        ear.push(sound)
        assert (ear.pitch_hz == 0).mean() > 0.9


def test_steps_are_as_many_as_the_motion_has_and_free_of_chunks() -> None:
    line = read_audio(LINE)
    whole = heard(line.samples, line.sample_rate_hz)
    assert len(whole) == -(-len(line.samples) * STEP_HZ // line.sample_rate_hz) + 1
    assert heard(line.samples, line.sample_rate_hz, chunk=777) == whole


def test_a_louder_and_higher_syllable_is_stressed_whatever_the_gain() -> None:
    hz, level = np.full(3 * RATE_HZ, 120.0), np.full(3 * RATE_HZ, 0.05)
    syllable = (np.arange(3 * RATE_HZ) % 4000) < 3000
    strong = slice(2 * RATE_HZ, round(2.2 * RATE_HZ))
    hz[strong], level[strong] = 160.0, 0.15
    sound = hum(hz, 3.0, 1.0) * level * np.where(syllable, 1, 0.3)
    for gain in (1.0, 0.05):
        stress = np.array([voice.stress for voice in heard(gain * sound)])
        assert stress[100:112].max() > 0.8
        assert stress[50:98].mean() < 0.2


def test_a_pause_ends_a_phrase_and_a_gap_does_not() -> None:
    quiet, gap = np.zeros(round(0.5 * RATE_HZ)), np.zeros(round(0.1 * RATE_HZ))
    said = heard(np.concatenate([quiet, hum(120, 1.0), gap, hum(120, 1.0), quiet, hum(120, 1.0), quiet]))
    phrases = [voice.phrase for voice in said]
    assert phrases[20] == 0
    assert phrases[30] == phrases[120] == 1
    assert phrases[175] == phrases[-1] == 2
    assert not said[-1].speaks


def test_effort_rises_with_a_raised_voice_and_falls_back() -> None:
    calm, raised = hum(110, 4.0, 0.05), hum(150, 2.0, 0.2)
    effort = np.array([voice.effort for voice in heard(np.concatenate([calm, raised, calm]))])
    assert abs(effort[150:195]).max() < 0.1
    assert effort[250:290].max() > 0.6
    assert effort[-20:].max() < 0.2


def test_silence_and_a_broken_microphone_do_nothing() -> None:
    for sound in (np.zeros(RATE_HZ), np.full(RATE_HZ, np.nan), np.zeros(0)):
        assert all(voice == Voice() for voice in heard(sound))
