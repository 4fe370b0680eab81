"""What a face does beside speaking: blinks, gaze, head sway, breath. Seeded, and a function of time.

A step is the motion network's, 1 / 50 s. Step n of seed s is the same whenever and in whatever order it
is asked for: time is cut into blocks of 30 s whose events are drawn from (seed, block), and every block
begins and ends looking at the viewer with open eyes, so blocks join without a seam.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
T = TypeVar("T")

STEP_HZ: Final = 50
DEFAULT_SEED: Final = 0
BLOCK_STEPS: Final = 30 * STEP_HZ
BLOCK_S: Final = BLOCK_STEPS / STEP_HZ
PIECE_STEPS: Final = STEP_HZ // 2  # worked out at once; a whole block is too much for one frame's time

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

SWAY_HZ: Final = (0.08, 0.45)
SWAY_WAVES: Final = 5
SWAY_DEG: Final = np.array([1.1, 1.8, 0.8])  # RMS: pitch, yaw, roll
SWAY_M: Final = np.array([0.0015, 0.0008, 0.0015])
BREATH_HZ: Final = 0.26
BROW_RMS, CHEEK_RMS = 0.03, 0.015

_WAVES_STREAM: Final = 1 << 33  # the random stream that belongs to no block


class Beat(NamedTuple):
    """One step of idle life, layer by layer. lids: closure of a blink, 0 to 1.  gaze_deg: where the eyes look
    in the world, yaw (positive: the face's left) and pitch (up).  sway_deg: of the head, pitch (positive is
    down), yaw, roll.  sway_m: xyz.  breath: -1 to 1.  brow, cheek: weights.
    """

    lids: float
    gaze_deg: list[float]
    sway_deg: list[float]
    sway_m: list[float]
    breath: float
    brow: float
    cheek: float


class Events(NamedTuple):
    """Of a block of 30 s: when each blink begins; when each jump of the eyes does, how long it takes, and by
    how many degrees of yaw and pitch it goes.
    """

    blinks_s: list[float]
    jumps: list[tuple[float, float, Float64]]


class Idle:
    """The idle life of one face. Two of one seed agree; any integer is a seed."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.seed: Final = seed % (1 << 63)
        waves = np.random.default_rng([self.seed, _WAVES_STREAM])
        self._waves_hz = waves.uniform(*SWAY_HZ, (9, SWAY_WAVES))
        self._waves_phase = waves.uniform(0, 2 * np.pi, (9, SWAY_WAVES))
        self._shift: Final = self.seed % PIECE_STEPS  # so that many faces do not work at the same step
        self._blocks: dict[int, Events] = {}
        self._pieces: dict[int, list[Beat]] = {}

    def at(self, step: int) -> Beat:
        """Life at step / 50 s since the first sample of the utterance."""
        piece, beat = divmod(step + self._shift, PIECE_STEPS)
        return _kept(self._pieces, piece, self._live)[beat]

    def _live(self, piece: int) -> list[Beat]:
        steps = piece * PIECE_STEPS - self._shift + np.arange(PIECE_STEPS)
        time_s = steps / STEP_HZ
        lids, gaze_deg = np.zeros(PIECE_STEPS), np.zeros((PIECE_STEPS, 2))
        for block in range(steps[0] // BLOCK_STEPS, steps[-1] // BLOCK_STEPS + 1):
            events = _kept(self._blocks, block, self._draw)
            in_block_s = (steps - block * BLOCK_STEPS) / STEP_HZ
            lids = np.maximum(lids, _lids(events.blinks_s, in_block_s))
            gaze_deg += _gaze_deg(events.jumps, in_block_s)
        waves = self._smooth_noise(time_s)
        layers = (
            lids,
            gaze_deg,
            waves[:, :3] * SWAY_DEG,
            waves[:, 3:6] * SWAY_M,
            np.sin(2 * np.pi * BREATH_HZ * time_s),
            np.maximum(0, waves[:, 6] * BROW_RMS),
            np.maximum(0, waves[:, 7] * CHEEK_RMS),
        )
        return [Beat(*beat) for beat in zip(*(layer.tolist() for layer in layers), strict=True)]

    def _draw(self, block: int) -> Events:
        rng = np.random.default_rng([self.seed, block % (1 << 32)])
        return Events(_draw_blinks(rng), _draw_jumps(rng))

    def _smooth_noise(self, time_s: Float64) -> Float64:
        """[B, 9], RMS 1: sums of slow waves that never repeat together."""
        waves = np.sin(2 * np.pi * time_s[:, None, None] * self._waves_hz + self._waves_phase)
        noise: Float64 = waves.sum(axis=2) * np.sqrt(2 / SWAY_WAVES)
        return noise


def _kept(known: dict[int, T], index: int, make: Callable[[int], T]) -> T:
    """The one of this index, made when it is not this one or the one before: memory stays flat for hours."""
    if index not in known:
        while len(known) >= 2:
            del known[next(iter(known))]
        known[index] = make(index)
    return known[index]


def _draw_blinks(rng: np.random.Generator) -> list[float]:
    """When each begins; some are double."""
    length_s = LID_CLOSES_S + LID_STAYS_S + LID_OPENS_S
    blinks_s: list[float] = []
    at_s = rng.uniform(*FIRST_BLINK_S)
    while at_s < BLOCK_S - 2 * length_s - 0.2:
        again_s = at_s + length_s + rng.uniform(0.02, 0.15)
        blinks_s += [at_s, again_s] if rng.random() < DOUBLE_BLINK_SHARE else [at_s]
        at_s += _drawn_s(rng, BLINK_GAP_MEDIAN_S, BLINK_GAP_SIGMA, BLINK_GAP_LIMITS_S)
    return blinks_s


def _draw_jumps(rng: np.random.Generator) -> list[tuple[float, float, Float64]]:
    """From glance to glance, and at last back to the viewer."""
    jumps: list[tuple[float, float, Float64]] = []
    target_deg, at_s, last_s = np.zeros(2), 0.0, BLOCK_S - FIXATION_LIMITS_S[0]
    while at_s < last_s:
        at_s += _drawn_s(rng, FIXATION_MEDIAN_S, FIXATION_SIGMA, FIXATION_LIMITS_S)
        next_deg = _glance_deg(rng) if at_s < last_s else np.zeros(2)
        jump_deg = next_deg - target_deg
        duration_s = SACCADE_S + SACCADE_S_PER_DEG * math.hypot(*jump_deg)
        jumps.append((min(at_s, last_s), duration_s, jump_deg))
        target_deg = next_deg
    return jumps


def _drawn_s(rng: np.random.Generator, median: float, sigma: float, limits: tuple[float, float]) -> float:
    least, most = limits
    return min(most, max(least, rng.lognormal(math.log(median), sigma)))


def _glance_deg(rng: np.random.Generator) -> Float64:
    if rng.random() < AT_VIEWER_SHARE:
        return rng.normal(0, VIEWER_JITTER_DEG, 2)
    side = (-1.0, 1.0)[rng.integers(2)]
    return np.array([side * rng.uniform(*ASIDE_YAW_DEG), rng.normal(-1, ASIDE_PITCH_DEG)])


def _lids(blinks_s: list[float], time_s: Float64) -> Float64:
    """Lid closure, [B] in [0, 1]."""
    closure = np.zeros_like(time_s)
    for start_s in blinks_s:
        opens_s = start_s + LID_CLOSES_S + LID_STAYS_S
        if start_s < time_s[-1] and opens_s + LID_OPENS_S > time_s[0]:
            closes = _ease((time_s - start_s) / LID_CLOSES_S)
            opens = _ease((time_s - start_s - LID_CLOSES_S - LID_STAYS_S) / LID_OPENS_S)
            closure = np.maximum(closure, closes * (1 - opens))
    return closure


def _gaze_deg(jumps: list[tuple[float, float, Float64]], time_s: Float64) -> Float64:
    """Where the eyes look in the world: [B, 2] degrees, yaw (positive: the face's left) and pitch (up)."""
    gaze_deg = np.zeros((len(time_s), 2))
    for at_s, duration_s, jump_deg in jumps:
        if at_s + duration_s < time_s[0]:
            gaze_deg += jump_deg
        elif at_s < time_s[-1]:
            gaze_deg += jump_deg * _ease((time_s - at_s) / duration_s)[:, None]
    return gaze_deg


def _ease(x: Float64) -> Float64:
    """0 before 0, 1 after 1, smooth between."""
    x = np.minimum(np.maximum(x, 0), 1)
    eased: Float64 = x * x * (3 - 2 * x)
    return eased
