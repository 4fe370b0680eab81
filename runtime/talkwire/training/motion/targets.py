"""What the face should have done: phone knowledge and tracked lips, merged into curves and gates.

The tracker sees how far and when this mouth opens, and misses pressed lips, rolled lips and what the
lips do at small openings; the phones know those and not the amplitude. So: the jaw is half measured,
half phone; lip shapes are the phones', coarticulated by dominance functions (Cohen and Massaro 1993);
closures are certain where the alignment is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import STEP_HZ, Clip
from talkwire.training.motion.phones import BITE, CLASSES, CURVES, GLIDES, PHONES, SEAL

Float64 = npt.NDArray[np.float64]
Phones = tuple[tuple[str, float, float], ...]

DOMINANCE_DECAY_S: Final = 0.045
CORE_SHARE: Final = 0.3  # of a phone's length, either side of its middle, is held at full strength
GAP_FULL: Final = 0.068  # tracked gap of this speaker's p95
JAW_FULL: Final = 0.56  # and the jaw that a lively rig shows there
MEASURED_SHARE: Final = 0.6
PUCKER_GAIN: Final = 1.2
RAMP_S: Final = 0.04
SHORTEST_GATE_S: Final = 0.05
SILENCE_RAMP_S: Final = 0.06


@dataclass(frozen=True, slots=True)
class Targets:
    """At T steps of 1 / 50 s: curves [T, 7] as CURVES, as if no lips ever met, and what else is known.

    gates: [T, 2] float32 in [0, 1], seal and bite.  classes: [T] int64 into CLASSES.
    """

    curves: Float32
    gates: Float32
    classes: npt.NDArray[np.int64]


def make_targets(clip: Clip) -> Targets:
    """The targets of a clip; sources as in the module's docstring."""
    time_s = np.arange(clip.steps) / STEP_HZ
    curves = _coarticulated(clip.phones, time_s)
    if clip.gap is not None and clip.pucker is not None:
        pucker = CURVES.index("mouthPucker")
        curves[:, 0] = _jaw(clip.gap, curves[:, 0])
        curves[:, pucker] = np.maximum(curves[:, pucker], PUCKER_GAIN * np.minimum(clip.pucker, 0.6))
    curves *= 1 - _silent(clip.phones, time_s)[:, None]
    gates = np.stack([_gate(clip.phones, time_s, SEAL), _gate(clip.phones, time_s, BITE)], axis=1)
    return Targets(curves.astype(np.float32), gates.astype(np.float32), _classes(clip.phones, time_s))


def _coarticulated(phones: Phones, time_s: Float64) -> Float64:
    """[T, 7]: each phone's targets weighted by a dominance that fades outside its core."""
    total, weight = np.zeros((len(time_s), len(CURVES))), np.full((len(time_s), 1), 1e-9)
    for name, start_s, end_s in _halves(phones):
        strength, *shapes = PHONES[name]
        core_s = (end_s - start_s) * (0.5 if name == "SIL" else CORE_SHARE)
        outside_s = np.maximum(0, np.abs(time_s - (start_s + end_s) / 2) - core_s)
        dominance = strength * np.exp(-outside_s / DOMINANCE_DECAY_S)[:, None]
        total += dominance * np.array(shapes)
        weight += dominance
    curves: Float64 = total / weight
    return curves


def _halves(phones: Phones) -> list[tuple[str, float, float]]:
    parts = []
    for name, start_s, end_s in phones:
        if name in GLIDES:
            middle_s = (start_s + end_s) / 2
            parts += [(GLIDES[name][0], start_s, middle_s), (GLIDES[name][1], middle_s, end_s)]
        else:
            parts.append((name, start_s, end_s))
    return parts


def _jaw(gap: Float32, phone_jaw: Float64) -> Float64:
    rest = np.percentile(gap, 10)
    measured = np.clip((gap - rest) / (GAP_FULL - rest), 0, 1.3) * JAW_FULL
    jaw: Float64 = MEASURED_SHARE * measured + (1 - MEASURED_SHARE) * phone_jaw
    return jaw


def _silent(phones: Phones, time_s: Float64) -> Float64:
    """1 well inside a silence, 0 in speech; a mouth opens just before and closes just after."""
    silent = np.zeros_like(time_s)
    for number, (name, start_s, end_s) in enumerate(phones):
        if name == "SIL":
            since_s = time_s - start_s if number > 0 else np.full_like(time_s, np.inf)
            until_s = end_s - time_s if number < len(phones) - 1 else np.full_like(time_s, np.inf)
            silent = np.maximum(silent, np.clip(np.minimum(since_s, until_s) / SILENCE_RAMP_S, 0, 1))
    return silent


def _gate(phones: Phones, time_s: Float64, of: frozenset[str]) -> Float64:
    """1 while the lips must be together, with ramps: [T]."""
    gate = np.zeros_like(time_s)
    for name, start_s, end_s in phones:
        if name in of:
            half_s = max(end_s - start_s, SHORTEST_GATE_S) / 2
            outside_s = np.abs(time_s - (start_s + end_s) / 2) - half_s
            gate = np.maximum(gate, 0.5 + 0.5 * np.cos(np.pi * np.clip(outside_s / RAMP_S, 0, 1)))
    return gate


def _classes(phones: Phones, time_s: Float64) -> npt.NDArray[np.int64]:
    starts_s = np.array([start_s for _, start_s, _ in phones])
    which = np.clip(np.searchsorted(starts_s, time_s, side="right") - 1, 0, len(phones) - 1)
    return np.array([CLASSES.index(phones[i][0]) for i in which], dtype=np.int64)
