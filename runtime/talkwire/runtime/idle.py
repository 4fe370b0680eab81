"""What a face does beside speaking: blinks, gaze, head sway, breath. Seeded, and a function of time.

A step is the motion network's, 1 / 50 s. Step n of seed s is the same whenever and in whatever order it
is asked for: time is cut into blocks of 30 s whose events are drawn from (seed, block), and every block
begins and ends looking at the viewer with open eyes, so blocks join without a seam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Face, Float32

Float64 = npt.NDArray[np.float64]

STEP_HZ: Final = 50
DEFAULT_SEED: Final = 0
BLOCK_STEPS: Final = 30 * STEP_HZ
BLOCK_S: Final = BLOCK_STEPS / STEP_HZ

# Blinks: VanderWerf et al. 2003 (lids close about twice as fast as they open), Bentivoglio et al. 1997
# (17 a minute at rest, 26 in conversation; the gaps are log-normal).
FIRST_BLINK_S: Final = (0.9, 2.6)
BLINK_GAP_MEDIAN_S, BLINK_GAP_SIGMA, BLINK_GAP_LIMITS_S = 3.1, 0.5, (0.9, 9.0)  # mean 3.5 s
LID_CLOSES_S, LID_STAYS_S, LID_OPENS_S = 0.085, 0.035, 0.16  # 0.28 s in all
DOUBLE_BLINK_SHARE: Final = 0.12

FIXATION_MEDIAN_S, FIXATION_SIGMA, FIXATION_LIMITS_S = 1.3, 0.5, (0.5, 3.0)
AT_VIEWER_SHARE: Final = 0.7
VIEWER_JITTER_DEG, ASIDE_YAW_DEG, ASIDE_PITCH_DEG = 0.8, (4.0, 11.0), 4.0
SACCADE_S, SACCADE_S_PER_DEG = 0.021, 0.0022  # Bahill et al. 1975, the main sequence
FULL_LOOK_YAW_DEG, FULL_LOOK_PITCH_DEG = 30.0, 25.0  # what an eyeLook weight of 1 turns the eye by
LID_FOLLOWS_DOWN, LID_FOLLOWS_UP = 0.35, 0.25  # share of the look that the upper lid goes along with

SWAY_HZ: Final = (0.08, 0.45)
SWAY_WAVES: Final = 5
SWAY_DEG: Final = np.array([1.1, 1.8, 0.8])  # RMS: pitch, yaw, roll
SWAY_M: Final = np.array([0.0015, 0.0008, 0.0015])
BREATH_HZ, BREATH_M, BREATH_PITCH_DEG = 0.26, 0.0008, 0.25
BROW_RMS, CHEEK_RMS = 0.03, 0.015

NOD_DEG_PER_JAW: Final = 9.0
NOD_TIME_CONSTANT_S: Final = 0.18  # slower than a syllable, faster than a phrase

_COLUMNS: Final = (
    *("eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight"),
    *("eyeLookOutLeft", "eyeLookInLeft", "eyeLookOutRight", "eyeLookInRight"),
    *("eyeLookUpLeft", "eyeLookUpRight", "eyeLookDownLeft", "eyeLookDownRight"),
    *("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekSquintLeft", "cheekSquintRight"),
)
_COLUMN_INDEX: Final = np.array([INDEX[name] for name in _COLUMNS])
_WAVES_STREAM: Final = 1 << 33  # the random stream that belongs to no block


@dataclass(frozen=True, slots=True)
class IdlePose:
    """One step, float32: weights [52] of eyes, brows and cheeks, and the head as in Face."""

    weights: Float32
    head_rotation: Float32
    head_translation_m: Float32


class Idle:
    """The idle life of one face. Two of one seed agree; any integer is a seed."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._seed = seed % (1 << 63)
        waves = np.random.default_rng([self._seed, _WAVES_STREAM])
        self._waves_hz = waves.uniform(*SWAY_HZ, (9, SWAY_WAVES))
        self._waves_phase = waves.uniform(0, 2 * np.pi, (9, SWAY_WAVES))
        self._blocks: dict[int, tuple[Float32, Float32, Float32]] = {}

    def at(self, step: int) -> IdlePose:
        """The pose at step / 50 s since the first sample of the utterance."""
        index, row = divmod(step, BLOCK_STEPS)
        columns, rotation, translation_m = self._block(index)
        weights = np.zeros(len(ARKIT_NAMES), np.float32)
        weights[_COLUMN_INDEX] = columns[row]
        return IdlePose(weights, rotation[row], translation_m[row])

    def _block(self, index: int) -> tuple[Float32, Float32, Float32]:
        if index not in self._blocks:
            while len(self._blocks) >= 2:  # this one and the one before it: memory stays flat for hours
                del self._blocks[next(iter(self._blocks))]
            self._blocks[index] = self._draw(index)
        return self._blocks[index]

    def _draw(self, index: int) -> tuple[Float32, Float32, Float32]:
        """30 s of life: columns [B, 17], head rotation xyzw [B, 4], head translation in metres [B, 3]."""
        rng = np.random.default_rng([self._seed, index % (1 << 32)])
        in_block_s = np.arange(BLOCK_STEPS) / STEP_HZ
        waves = self._smooth_noise(index * BLOCK_S + in_block_s)
        breath = np.sin(2 * np.pi * BREATH_HZ * (index * BLOCK_S + in_block_s))

        head_deg = waves[:, :3] * SWAY_DEG
        head_deg[:, 0] += breath * BREATH_PITCH_DEG
        translation_m = waves[:, 3:6] * SWAY_M
        translation_m[:, 1] += breath * BREATH_M
        columns = np.zeros((BLOCK_STEPS, len(_COLUMNS)))
        columns[:, :12] = _eyes(_blinks(rng, in_block_s), _gaze_deg(rng, in_block_s), head_deg)
        columns[:, 12:15] = np.maximum(0, waves[:, 6:7] * BROW_RMS + [0.01, 0, 0])
        columns[:, 15:] = np.maximum(0, waves[:, 7:8] * CHEEK_RMS)
        return (
            np.clip(columns, 0, 1).astype(np.float32),
            _quaternion_xyzw(np.radians(head_deg)).astype(np.float32),
            translation_m.astype(np.float32),
        )

    def _smooth_noise(self, time_s: Float64) -> Float64:
        """[B, 9], RMS 1: sums of slow waves that never repeat together."""
        waves = np.sin(2 * np.pi * time_s[:, None, None] * self._waves_hz + self._waves_phase)
        noise: Float64 = waves.sum(axis=2) * np.sqrt(2 / SWAY_WAVES)
        return noise


class Nod:
    """Head nods that follow the voice: a smoothed jaw, as a pitch to add. Causal, one value per step."""

    def __init__(self) -> None:
        self._pitch_rad = 0.0

    def push(self, speech_weights: Float32) -> float:
        """The pitch in radians (positive is down) at this step, having seen its [52] weights."""
        wanted_rad = np.radians(NOD_DEG_PER_JAW) * float(speech_weights[INDEX["jawOpen"]])
        self._pitch_rad += (wanted_rad - self._pitch_rad) / (NOD_TIME_CONSTANT_S * STEP_HZ)
        return self._pitch_rad


def combine(speech_weights: Float32, idle: IdlePose, nod_rad: float = 0.0) -> Face:
    """Speech ([52] weights) with life around it. The idle model never touches the mouth or the jaw."""
    half = nod_rad / 2
    return Face(
        np.minimum(speech_weights + idle.weights, np.float32(1)),
        _turn(idle.head_rotation, np.array([np.sin(half), 0, 0, np.cos(half)])),
        idle.head_translation_m,
    )


def _blinks(rng: np.random.Generator, time_s: Float64) -> Float64:
    """Lid closure over a block, [B] in [0, 1]."""
    length_s = LID_CLOSES_S + LID_STAYS_S + LID_OPENS_S
    closure = np.zeros_like(time_s)
    at_s = rng.uniform(*FIRST_BLINK_S)
    while at_s < BLOCK_S - 2 * length_s - 0.2:
        again_s = at_s + length_s + rng.uniform(0.02, 0.15)
        for start_s in (at_s, again_s) if rng.random() < DOUBLE_BLINK_SHARE else (at_s,):
            closes = _ease((time_s - start_s) / LID_CLOSES_S)
            opens = _ease((time_s - start_s - LID_CLOSES_S - LID_STAYS_S) / LID_OPENS_S)
            closure = np.maximum(closure, closes * (1 - opens))
        gap_s = rng.lognormal(np.log(BLINK_GAP_MEDIAN_S), BLINK_GAP_SIGMA)
        at_s += float(np.clip(gap_s, *BLINK_GAP_LIMITS_S))
    return closure


def _gaze_deg(rng: np.random.Generator, time_s: Float64) -> Float64:
    """Where the eyes look in the world: [B, 2] degrees, yaw (positive: the face's left) and pitch (up)."""
    gaze_deg = np.zeros((len(time_s), 2))
    target_deg = np.zeros(2)
    at_s = 0.0
    while True:
        stay_s = rng.lognormal(np.log(FIXATION_MEDIAN_S), FIXATION_SIGMA)
        at_s += float(np.clip(stay_s, *FIXATION_LIMITS_S))
        home = at_s >= BLOCK_S - FIXATION_LIMITS_S[0]
        next_deg = np.zeros(2) if home else _glance_deg(rng)
        at_s = min(at_s, BLOCK_S - FIXATION_LIMITS_S[0])
        jump_deg = next_deg - target_deg
        duration_s = SACCADE_S + SACCADE_S_PER_DEG * float(np.hypot(*jump_deg))
        gaze_deg += jump_deg * _ease((time_s - at_s) / duration_s)[:, None]
        target_deg = next_deg
        if home:
            return gaze_deg


def _glance_deg(rng: np.random.Generator) -> Float64:
    if rng.random() < AT_VIEWER_SHARE:
        return rng.normal(0, VIEWER_JITTER_DEG, 2)
    side = rng.choice([-1.0, 1.0])
    return np.array([side * rng.uniform(*ASIDE_YAW_DEG), rng.normal(-1, ASIDE_PITCH_DEG)])


def _eyes(blink: Float64, gaze_deg: Float64, head_deg: Float64) -> Float64:
    """The first 12 columns: the eyes turn against the head to stay on target, the lids go with the eyes."""
    yaw = (gaze_deg[:, 0] - head_deg[:, 1]) / FULL_LOOK_YAW_DEG
    pitch = (gaze_deg[:, 1] + head_deg[:, 0]) / FULL_LOOK_PITCH_DEG
    left, right, up, down = (np.maximum(0, x) for x in (yaw, -yaw, pitch, -pitch))
    lid = np.maximum(blink, down * LID_FOLLOWS_DOWN)
    wide = up * LID_FOLLOWS_UP * (1 - blink)
    return np.stack([lid, lid, wide, wide, left, right, right, left, up, up, down, down], axis=1)


def _ease(x: Float64) -> Float64:
    """0 before 0, 1 after 1, smooth between."""
    x = np.clip(x, 0, 1)
    eased: Float64 = x * x * (3 - 2 * x)
    return eased


def _quaternion_xyzw(pitch_yaw_roll_rad: Float64) -> Float64:
    """[B, 4]: roll about z first, then pitch about x, then yaw about y (a head on a neck)."""
    half = pitch_yaw_roll_rad / 2
    (sp, sy, sr), (cp, cy, cr) = np.sin(half).T, np.cos(half).T
    return np.stack(
        [
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
            cy * cp * sr - sy * sp * cr,
            cy * cp * cr + sy * sp * sr,
        ],
        axis=1,
    )


def _turn(first_xyzw: Float32, then_xyzw: Float64) -> Float32:
    """The product first * then, as float32."""
    x1, y1, z1, w1 = first_xyzw.astype(np.float64)
    x2, y2, z2, w2 = then_xyzw
    return np.array(
        [
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        ],
        np.float32,
    )
