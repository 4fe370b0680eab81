"""One speaker made into many: what a batch hears, drawn at random from clips and their targets.

All of it happens on log-mel rows; the pitch variants (`corpus.PITCHES`) were made from the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.ear import EAR_RATE_HZ, HOP, MEL_MAX_HZ, N_MELS, SILENT_ROW, Ear
from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import STEP_HZ, Clip
from talkwire.training.motion.lips import REST_JAW
from talkwire.training.motion.network import LEVEL_LEAST, ROWS_PER_STEP
from talkwire.training.motion.phones import CURVES, UNKNOWN_CLASS
from talkwire.training.motion.targets import Targets

Float64 = npt.NDArray[np.float64]
Rows = npt.NDArray[np.floating]

TEMPO: Final = (0.85, 1.2)
START_S: Final = (-0.3, 1.4)  # where in the clip the stream begins: before it, or in mid-word, of a long
LEAVES_S: Final = 2.0  # clip anywhere that leaves this much of it
FORMANT_WARP: Final = 0.14  # of frequency, either way (vocal tract length: Jaitly and Hinton 2013)
GAIN_DB: Final = (-30.0, 14.0)
TILT_DB: Final = 9.0
EQ_DB: Final = 5.0
NOISE_BELOW_SPEECH_DB: Final = (6.0, 60.0)
NOISE_TILT: Final = (-0.5, 2.0)  # nats that its upper bands are below its lower ones, by half
FLICKER_ROWS: Final = 3000
NO_VOICE_SHARE: Final = 0.08
NO_VOICE_LEVEL: Final = (-14.0, 0.0)  # nats of mel power: from a quiet room to a fan beside the microphone
BESIDE_SHARE: Final = 0.2
BESIDE_BELOW_SPEECH_DB: Final = (6.0, 30.0)
TELEPHONE_SHARE: Final = 0.08
ROOM_SHARE: Final = 0.35
ROOM_KEEPS: Final = (0.3, 0.82)  # of the power, after 10 ms
AS_SPOKEN_SHARE: Final = 0.35  # at its own pitch; otherwise one of the clip's others
_NAT_PER_DB: Final = np.log(10) / 10
_BAND: Final = np.linspace(-1, 1, N_MELS)
RESTING: Final = np.where(np.array(CURVES) == "jawOpen", REST_JAW, 0.0)


@dataclass(frozen=True, slots=True)
class Batch:
    """rows [N, T, 2, 80] float32; of the same T steps curves [N, T, 7], gates [N, T, 2], classes [N, T] and,
    where there is a teacher, what it hears [N, T, 384], NaN where there is no voice.
    """

    rows: Float32
    curves: Float32
    gates: Float32
    classes: npt.NDArray[np.int64]
    heard: Float32 | None = None


def draw(
    rng: np.random.Generator, clips: list[tuple[Clip, Targets]], steps: int, music: Sequence[Float32] = ()
) -> Batch:
    """A batch of the clips, each changed in its own way and cut to `steps` steps. music: [R, 80] rows each,
    of what may sound beside a voice. Other voices may not: who goes on when the first has paused would be
    taken for them.
    """
    parts = [_one(rng, clip, targets, steps, music) for clip, targets in clips]
    rows, curves, gates, classes, heard = zip(*parts, strict=True)
    taught = None if heard[0] is None else np.stack(heard)
    return Batch(np.stack(rows), np.stack(curves), np.stack(gates), np.stack(classes), taught)


def plain(clip: Clip, look_ahead_steps: int) -> Float32:
    """A clip as it is: rows [1, T + look_ahead, 2, 80], as Mind would cut them."""
    wanted = (clip.steps + look_ahead_steps) * ROWS_PER_STEP
    rows = clip.rows[1.0].astype(np.float32)[:wanted]
    rows = np.concatenate([rows, np.tile(SILENT_ROW, (wanted - len(rows), 1))])
    return rows.reshape(1, -1, ROWS_PER_STEP, N_MELS)


def _one(
    rng: np.random.Generator, clip: Clip, targets: Targets, steps: int, music: Sequence[Rows]
) -> tuple[Float32, Float32, Float32, npt.NDArray[np.int64], Float32 | None]:
    pitch, tempo = 1.0, rng.uniform(*TEMPO)
    if rng.random() > AS_SPOKEN_SHARE:
        pitch = float(rng.choice([f for f in clip.rows if f != 1.0]))
    start = rng.uniform(START_S[0], max(START_S[1], clip.steps / STEP_HZ - LEAVES_S)) * STEP_HZ
    step_at = start + np.arange(steps) * tempo
    row_at = start * ROWS_PER_STEP + np.arange(steps * ROWS_PER_STEP) * tempo
    classes = targets.classes[np.clip(np.rint(step_at), 0, len(targets.classes) - 1).astype(int)]
    curves, gates = (_interpolate(x, step_at) for x in (targets.curves, targets.gates))
    heard = None if targets.heard is None else _interpolate(targets.heard, step_at)
    if rng.random() < NO_VOICE_SHARE:
        level = rng.uniform(*NO_VOICE_LEVEL)
        rows = np.full((len(row_at), N_MELS), float(SILENT_ROW[0]))
        if music and rng.random() < 0.5:
            rows, level = _tune(rng, music, len(row_at), level), level - 3
        curves, gates = np.broadcast_to(RESTING, curves.shape), 0 * gates
        classes = np.full_like(classes, UNKNOWN_CLASS)
        heard = None if heard is None else np.full_like(heard, np.nan)
    else:
        rows = _room(rng, _voice(rng, _interpolate(clip.rows[pitch], row_at / pitch)))
        rows = rows + rng.uniform(*GAIN_DB) * _NAT_PER_DB
        speech = max(float(np.percentile(rows.max(axis=1), 90)) - 2, LEVEL_LEAST)
        if music and rng.random() < BESIDE_SHARE:
            level = speech - rng.uniform(*BESIDE_BELOW_SPEECH_DB) * _NAT_PER_DB
            rows = np.logaddexp(rows, _tune(rng, music, len(row_at), level))
        level = speech - rng.uniform(*NOISE_BELOW_SPEECH_DB) * _NAT_PER_DB
    rows = np.maximum(_noise(rng, rows, level), SILENT_ROW[0])
    return (
        rows.astype(np.float32).reshape(steps, ROWS_PER_STEP, N_MELS),
        curves.astype(np.float32),
        gates.astype(np.float32),
        classes,
        None if heard is None else heard.astype(np.float32),
    )


def _tune(rng: np.random.Generator, music: Sequence[Rows], count: int, level: float) -> Float64:
    """Rows [count, 80] of music, at a level."""
    sound = music[int(rng.integers(len(music)))].astype(np.float64)
    rows = sound[(rng.integers(len(sound)) + np.arange(count)) % len(sound)]
    shifted: Float64 = rows + (level - (float(np.percentile(rows.max(axis=1), 90)) - 2))
    return shifted


def _interpolate(values: npt.NDArray[np.floating], at: npt.NDArray[np.floating]) -> Float64:
    values, at = values.astype(np.float64), np.clip(at, 0, len(values) - 1)
    low = np.minimum(at.astype(int), len(values) - 2)
    share = (at - low)[:, None]
    blended: Float64 = values[low] * (1 - share) + values[low + 1] * share
    return blended


def _voice(rng: np.random.Generator, rows: Float64) -> Float64:
    """Another throat, microphone and line: warped formants, tilt, a smooth equaliser, telephone bands."""
    bands = np.arange(N_MELS)
    source = np.interp(_HZ * (1 + rng.uniform(-FORMANT_WARP, FORMANT_WARP)), _HZ, bands)
    rows = _interpolate(rows.T, source).T
    shape_db = rng.uniform(-TILT_DB, TILT_DB) * _BAND
    shape_db += np.interp(bands, np.linspace(0, N_MELS - 1, 6), rng.normal(0, EQ_DB / 2, 6))
    rows = rows + shape_db * _NAT_PER_DB
    if rng.random() < TELEPHONE_SHARE:
        rows = np.where((_HZ > 300) & (_HZ < 3400), rows, rows - 12)
    return rows


def _room(rng: np.random.Generator, rows: Float64) -> Float64:
    if rng.random() >= ROOM_SHARE:
        return rows
    power, keeps, level = np.exp(rows), rng.uniform(*ROOM_KEEPS), rng.uniform(0.02, 0.25)
    tail, out = np.zeros(N_MELS), np.empty_like(rows)
    for t in range(len(rows)):
        out[t] = power[t] + tail
        tail = keeps * (tail + level * power[t])
    return np.log(np.maximum(out, 1e-12))


def _noise(rng: np.random.Generator, rows: Float64, level: float) -> Float64:
    colour = np.interp(np.arange(N_MELS), np.linspace(0, N_MELS - 1, 5), rng.normal(0, 1.5, 5))
    tilt = rng.uniform(*NOISE_TILT) * (_BAND + 1)
    flicker = _flicker()[(rng.integers(FLICKER_ROWS) + np.arange(len(rows))) % FLICKER_ROWS]
    noisy: Float64 = np.logaddexp(rows, level + colour - tilt + flicker)
    return noisy


@cache
def _flicker() -> Float64:
    """[FLICKER_ROWS, 80] what white noise does about its mean: low bands, which are narrow, the most."""
    sound = np.random.default_rng(0).normal(0, 0.1, FLICKER_ROWS * HOP)
    rows = Ear(EAR_RATE_HZ).push(sound)
    rows = np.concatenate([rows, rows])[2 : FLICKER_ROWS + 2].astype(np.float64)
    flicker: Float64 = rows - np.log(np.exp(rows).mean(axis=0))
    return flicker


def _band_centres_hz() -> Float64:
    mel = np.linspace(0.3, 15 + np.log(MEL_MAX_HZ / 1000) * 27 / np.log(6.4), N_MELS + 2)[1:-1]
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


_HZ = _band_centres_hz()
