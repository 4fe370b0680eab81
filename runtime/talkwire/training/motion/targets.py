"""What the face should have done: lips as measured, and what phones know that a tracker does not.

A tracker sees how far, how wide and when a mouth opens, and misses pressed and rolled lips; phones know those
and not the amplitude. So: opening and width are measured, or where nobody filmed, those that the filmed
speaker's lips would have had (`articulation`); what the lips do beside are the phones' shapes,
coarticulated by dominance functions (Cohen and Massaro 1993), as far as they fit (`lips`); closures are
certain where the alignment is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import STEP_HZ, Clip
from talkwire.training.motion.lips import fitted
from talkwire.training.motion.phone_times import Phones
from talkwire.training.motion.phones import BITE, CLASSES, CURVES, GLIDES, PHONES, SEAL

Float64 = npt.NDArray[np.float64]

DOMINANCE_DECAY_S: Final = 0.045
CORE_SHARE: Final = 0.3  # of a phone's length, either side of its middle, is held at full strength
REST_WIDTH: Final = 0.292  # of the filmed speaker's mouth in silence, over the height of his face
SPEECH_WIDTH: Final = 0.276  # of it in speech, however far it opens: neither round nor spread
RIG_WIDTH: Final = 0.318  # of nova's
LIVELIER: Final = 1.5  # his lips round and spread little: a player should see it
RAMP_S: Final = 0.025
GATE_SHARE: Final = 0.5  # of a phone's length its closure is held
SHORTEST_GATE_S: Final = 0.03
NEAR_S: Final = 0.06  # how far from its phone a closure may be seen
AT_LEAST: Final = 0.002  # of the face's height above the least opening near a phone: closed as well
SILENCE_RAMP_S: Final = 0.06
REST_AFTER_S, REST_RAMP_S = 0.1, 0.3  # from speech's width to rest's


@dataclass(frozen=True, slots=True)
class Targets:
    """At T steps of 1 / 50 s: curves [T, 7] as CURVES, as if no lips ever met, and what else is known.

    gates: [T, 2] float32 in [0, 1], seal and bite.  classes: [T] int64 into CLASSES.  heard: [T, 384] float16
    what a larger ear hears of the clip as it was spoken, by deviations; a live network learns to hear it.
    """

    curves: Float32
    gates: Float32
    classes: npt.NDArray[np.int64]
    heard: npt.NDArray[np.float16] | None = None


def make_targets(clip: Clip, lips_tx2: Float32 | None = None) -> Targets:
    """The targets of a clip; sources as in the module's docstring. lips_tx2: as `articulation.MEASURES`;
    without them, what the phones ask for as it is.
    """
    time_s = np.arange(clip.steps) / STEP_HZ
    curves = _coarticulated(clip.phones, time_s) * (1 - _silent(clip.phones, time_s)[:, None])
    gap = np.zeros(clip.steps)
    if lips_tx2 is not None:
        gap, width = lips_tx2.astype(np.float64).T
        at_rest = _silent(clip.phones, time_s, after_s=REST_AFTER_S, ramp_s=REST_RAMP_S)
        neutral = SPEECH_WIDTH + (REST_WIDTH - SPEECH_WIDTH) * at_rest
        wider = LIVELIER * (width - neutral) * RIG_WIDTH / REST_WIDTH
        curves = fitted(curves, np.maximum(gap, 0), wider)
    gates = np.stack([_gate(clip.phones, time_s, gap, of) for of in (SEAL, BITE)], axis=1)
    return Targets(curves.astype(np.float32), gates.astype(np.float32), _classes(clip.phones, time_s))


def _coarticulated(phones: Phones, time_s: Float64) -> Float64:
    """[T, 7]: each phone's targets weighted by a dominance that fades outside its core."""
    total, weight = np.zeros((len(time_s), len(CURVES))), np.full((len(time_s), 1), 1e-9)
    for name, start_s, end_s in halves(phones):
        strength, *shapes = PHONES[name]
        core_s = (end_s - start_s) * (0.5 if name == "SIL" else CORE_SHARE)
        outside_s = np.maximum(0, np.abs(time_s - (start_s + end_s) / 2) - core_s)
        dominance = strength * np.exp(-outside_s / DOMINANCE_DECAY_S)[:, None]
        total += dominance * np.array(shapes)
        weight += dominance
    curves: Float64 = total / weight
    return curves


def halves(phones: Phones) -> list[tuple[str, float, float]]:
    """Phones, with vowels that move as the two that they move between."""
    parts = []
    for name, start_s, end_s in phones:
        if name in GLIDES:
            middle_s = (start_s + end_s) / 2
            parts += [(GLIDES[name][0], start_s, middle_s), (GLIDES[name][1], middle_s, end_s)]
        else:
            parts.append((name, start_s, end_s))
    return parts


def _silent(
    phones: Phones, time_s: Float64, *, after_s: float = 0.0, ramp_s: float = SILENCE_RAMP_S
) -> Float64:
    """1 well inside a silence, 0 in speech; a mouth opens just before and closes just after."""
    silent = np.zeros_like(time_s)
    for number, (name, start_s, end_s) in enumerate(phones):
        if name == "SIL":
            since_s = time_s - start_s if number > 0 else np.full_like(time_s, np.inf)
            until_s = end_s - time_s if number < len(phones) - 1 else np.full_like(time_s, np.inf)
            silent = np.maximum(silent, np.clip((np.minimum(since_s, until_s) - after_s) / ramp_s, 0, 1))
    return silent


def _gate(phones: Phones, time_s: Float64, gap: Float64, of: frozenset[str]) -> Float64:
    """1 while the lips must be together, with ramps: [T]. That they close is the phone's, when is half its
    and half what was seen: alignments are off by 20 ms.
    """
    gate = np.zeros_like(time_s)
    for name, start_s, end_s in phones:
        near = (time_s >= start_s - NEAR_S) & (time_s <= end_s + NEAR_S)
        if name in of and near.any():
            seen_s = time_s[near][gap[near] <= gap[near].min() + AT_LEAST].mean()
            middle_s = ((start_s + end_s) / 2 + seen_s) / 2
            half_s = max((end_s - start_s) * GATE_SHARE, SHORTEST_GATE_S) / 2
            outside_s = np.abs(time_s - middle_s) - half_s
            gate = np.maximum(gate, 0.5 + 0.5 * np.cos(np.pi * np.clip(outside_s / RAMP_S, 0, 1)))
    return gate


def _classes(phones: Phones, time_s: Float64) -> npt.NDArray[np.int64]:
    starts_s = np.array([start_s for _, start_s, _ in phones])
    which = np.clip(np.searchsorted(starts_s, time_s, side="right") - 1, 0, len(phones) - 1)
    return np.array([CLASSES.index(phones[i][0]) for i in which], dtype=np.int64)
