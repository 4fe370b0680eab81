"""Expressions that speech does not show: shapes alone, two at a time, and moods, gliding into each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

GLIDE_S: Final = (0.30, 0.65)  # from one expression to the next
STAY_S: Final = (0.04, 0.25)
ONE_SIDED: Final = 0.25  # share of expressions that the halves of the face make one after the other
TOGETHER: Final = 0.6  # share of shapes that come with another one
MOOD: Final = 0.15
STRENGTH: Final = (0.55, 1.0)

# names without a side mean both. What is in one row excludes the rest of it.
GROUPS: Final[tuple[tuple[Mapping[str, float], ...], ...]] = (
    (
        {"jawOpen": 1},
        {"jawOpen": 0.5, "tongueOut": 1},
        {"jawOpen": 0.7, "mouthClose": 0.7},
        {"jawForward": 1},
    ),
    ({"jawLeft": 1}, {"jawRight": 1}, {"mouthLeft": 1}, {"mouthRight": 1}),
    (
        *({"mouthSmile": 1}, {"mouthFrown": 1}, {"mouthPucker": 1}, {"mouthFunnel": 1}, {"mouthStretch": 1}),
        *({"mouthDimple": 1}, {"mouthPress": 1}),
    ),
    ({"mouthRollUpper": 1}, {"mouthShrugUpper": 1}, {"mouthUpperUp": 1}, {"noseSneer": 1}),
    ({"mouthRollLower": 1}, {"mouthShrugLower": 1}, {"mouthLowerDown": 1}),
    ({"cheekPuff": 1}, {"cheekSquint": 1}),
    ({"browDown": 1}, {"browInnerUp": 1}, {"browOuterUp": 1}, {"browInnerUp": 1, "browOuterUp": 1}),
    ({"eyeBlink": 1}, {"eyeSquint": 1}, {"eyeWide": 1}),
    (
        {"eyeLookOutLeft": 1, "eyeLookInRight": 1},
        {"eyeLookInLeft": 1, "eyeLookOutRight": 1},
        {"eyeLookUp": 1, "eyeWide": 0.2},
        {"eyeLookDown": 1, "eyeBlink": 0.35},
    ),
)
MOODS: Final[tuple[Mapping[str, float], ...]] = (
    {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.4, "mouthUpperUp": 0.2},
    {"mouthSmile": 0.8, "jawOpen": 0.35, "cheekSquint": 0.8, "mouthUpperUp": 0.4, "eyeSquint": 0.5},
    {"mouthFrown": 0.7, "browInnerUp": 0.8, "mouthShrugLower": 0.4, "eyeLookDown": 0.3, "eyeBlink": 0.2},
    {"browDown": 0.9, "eyeSquint": 0.5, "mouthPress": 0.6, "noseSneer": 0.4, "jawForward": 0.2},
    {"browDown": 0.8, "mouthStretch": 0.5, "jawOpen": 0.3, "mouthUpperUp": 0.6, "mouthLowerDown": 0.6},
    {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.8, "jawOpen": 0.4, "mouthFunnel": 0.2},
    {"browInnerUp": 0.9, "eyeWide": 0.7, "mouthStretch": 0.8, "jawOpen": 0.2},
    {"noseSneer": 0.9, "mouthUpperUp": 0.6, "browDown": 0.5, "eyeSquint": 0.4, "mouthShrugLower": 0.3},
    {"mouthPucker": 0.8, "eyeSquint": 0.3, "browDown": 0.3},
    {"eyeBlink": 0.45, "jawOpen": 0.1, "browOuterUp": 0.2},
    {"mouthDimpleLeft": 0.7, "mouthSmileLeft": 0.5, "eyeSquintLeft": 0.3, "browOuterUpRight": 0.5},
)


def sweep(frame_count: int, fps: float, targets: Iterator[Float64], rng: np.random.Generator) -> Float32:
    """[N, 52] float32 in [0, 1]: smoothly from one target to the next, beginning and ending at rest."""
    path = np.zeros((frame_count, len(ARKIT_NAMES)))
    at, before = 0, np.zeros(len(ARKIT_NAMES))
    while at < frame_count:
        glide, stay = (max(1, round(rng.uniform(*range_s) * fps)) for range_s in (GLIDE_S, STAY_S))
        last = at + 2 * glide + stay >= frame_count
        after = np.zeros_like(before) if last else next(targets)
        share = _ease(np.arange(1, glide + stay + 1) / glide)[:, None]
        steps = (before + (after - before) * share)[: frame_count - at]
        path[at : at + len(steps)] = steps
        at, before = at + len(steps), after
        if last:
            break
    return sensible(path)


def sensible(weights_nx52: npt.NDArray[np.floating]) -> Float32:
    """Weights as a face can make them: in [0, 1], no tongue through shut teeth, no closing of closed lips."""
    weights = np.clip(weights_nx52, 0, 1).astype(np.float32)
    jaw = weights[:, INDEX["jawOpen"]]
    tongue, close = INDEX["tongueOut"], INDEX["mouthClose"]
    weights[:, tongue] = np.minimum(weights[:, tongue], np.clip((jaw - 0.1) / 0.25, 0, 1))
    weights[:, close] = np.minimum(weights[:, close], jaw)
    for side in ("Left", "Right"):
        weights[:, INDEX[f"eyeWide{side}"]] *= 1 - weights[:, INDEX[f"eyeBlink{side}"]]
    return np.asarray(weights, np.float32)


def expressions(rng: np.random.Generator) -> Iterator[Float64]:
    """[52] each, without end: all shapes in random order, alone or two at once, moods between; then again."""
    while True:
        waiting = [(row, shape) for row, group in enumerate(GROUPS) for shape in group]
        waiting = [waiting[k] for k in rng.permutation(len(waiting))]
        while waiting:
            row, shape = waiting.pop()
            others = [k for k, (other, _) in enumerate(waiting) if other != row]
            if others and rng.random() < TOGETHER:
                shape = {**waiting.pop(others[-1])[1], **shape}
            yield from _sides(shape, rng)
            if rng.random() < MOOD:
                yield from _sides(MOODS[rng.integers(len(MOODS))], rng)


def _sides(shape: Mapping[str, float], rng: np.random.Generator) -> Iterator[Float64]:
    """One expression of both halves of the face, or each half's in turn; of random strength."""
    paired = any(name not in INDEX for name in shape)
    apart = paired and rng.random() < ONE_SIDED
    for sides in (("Left",), ("Right",)) if apart else (("Left", "Right"),):
        weights, strength = np.zeros(len(ARKIT_NAMES)), rng.uniform(*STRENGTH)
        for name, weight in shape.items():
            for full in (name,) if name in INDEX else (name + side for side in sides):
                weights[INDEX[full]] = weight * strength
        yield weights


def _ease(x: Float64) -> Float64:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * x * (10 - 15 * x + 6 * x * x))  # the least jerk
