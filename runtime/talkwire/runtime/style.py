"""How a face speaks: emotion, liveliness, and what one character's rig wants of each shape.

Lips that meet stay together: what an emotion would open is held back while the motion closes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX, sides
from talkwire.runtime.errors import StyleError
from talkwire.runtime.types import Float32

# Shapes at full strength, after the action units of Ekman, Friesen and Hager (FACS, 2002): one name drives
# its left and right.
EMOTIONS: Final[Mapping[str, Mapping[str, float]]] = {
    "joy": {"mouthSmile": 0.65, "cheekSquint": 0.55, "eyeSquint": 0.30, "browOuterUp": 0.06},
    "sadness": {
        "browInnerUp": 0.75,
        "browDown": 0.12,
        "mouthFrown": 0.50,
        "mouthShrugLower": 0.15,
        "eyeSquint": 0.12,
        "eyeLookDown": 0.10,
    },
    "anger": {
        "browDown": 0.85,
        "eyeSquint": 0.35,
        "eyeWide": 0.12,
        "noseSneer": 0.30,
        "mouthFrown": 0.18,
        "mouthPress": 0.20,
        "jawForward": 0.12,
    },
    "fear": {
        "browInnerUp": 0.75,
        "browOuterUp": 0.35,
        "browDown": 0.15,
        "eyeWide": 0.65,
        "mouthStretch": 0.40,
        "jawOpen": 0.03,
    },
    "disgust": {
        "noseSneer": 0.75,
        "browDown": 0.40,
        "eyeSquint": 0.35,
        "cheekSquint": 0.30,
        "mouthUpperUp": 0.30,
        "mouthFrown": 0.22,
    },
    "surprise": {"browInnerUp": 0.65, "browOuterUp": 0.75, "eyeWide": 0.65, "jawOpen": 0.10},
    "contempt": {
        "mouthSmileLeft": 0.30,
        "mouthDimpleLeft": 0.45,
        "mouthPressLeft": 0.15,
        "eyeSquint": 0.15,
        "browOuterUpLeft": 0.20,
    },
}
OPENING: Final = ("jawOpen", "mouthUpperUp", "mouthLowerDown", "mouthStretch", "mouthFrown")
"""Shapes that part lips: an emotion's share of them goes while the lips are closed or bitten."""
SPEECH: Final = ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthSmile", "mouthStretch",
                 "mouthLowerDown", "mouthUpperUp")  # fmt: skip
"""What strength makes more or less of; pressing and rolling are as they must be."""
SEALED_PRESS: Final = 0.25  # mouthPress of closed lips, mouthRollLower of bitten ones, as motion networks say
BITTEN_ROLL: Final = 0.45
ROUND_SHARE: Final = 0.7  # of an emotion's smile or stretch that goes when the lips are fully rounded
MOST_STRENGTH: Final = 2.0
SETTLES_S: Final = 0.4


@dataclass(frozen=True, slots=True)
class Style:
    """emotions: intensities in [0, 1] by name of EMOTIONS; together at most 1, else scaled down.  strength:
    of lips in speech, 1 as a calm man, at most 2.  gains, offsets: by shape, weight * gain + offset.  limits:
    by shape, (least, most).
    """

    emotions: Mapping[str, float] = field(default_factory=dict)
    strength: float = 1.0
    gains: Mapping[str, float] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises StyleError for an unknown emotion or shape and for numbers out of range."""
        for name, value in self.emotions.items():
            _check("no such emotion", name, EMOTIONS)
            _check_range(f"the intensity of {name}", value, 0, 1)
        _check_range("the strength of speech", self.strength, 0, MOST_STRENGTH)
        for name in (*self.gains, *self.offsets, *self.limits):
            _check("no such shape", name, _SIDES)
        for name, value in (*self.gains.items(), *self.offsets.items()):
            _check_range(f"the gain or offset of {name}", value, -4, 4)
        for name, (least, most) in self.limits.items():
            _check_range(f"the least of {name}", least, 0, most)
            _check_range(f"the most of {name}", most, 0, 1)


class Styler:
    """One face's style over time: a new one is taken up within SETTLES_S, so that nothing pops."""

    def __init__(self, step_hz: int) -> None:
        self._share = np.float32(1 - np.exp(-3 / (SETTLES_S * step_hz)))
        self._wanted = self._now = _Numbers.of(Style())

    def set(self, style: Style, *, at_once: bool = False) -> None:
        """What to be like from the next step on. at_once: before anything was seen."""
        self._wanted = _Numbers.of(style)
        if at_once:
            self._now = self._wanted

    def push(self, weights: Float32) -> Float32:
        """[52] weights of speech and idle life, in this style; one call a step."""
        if self._now is not self._wanted:
            self._now = self._now.towards(self._wanted, self._share)
        return self._now.applied(weights)


class _Numbers(NamedTuple):
    """A style as arrays of 52."""

    feeling: Float32
    strength: Float32
    gain: Float32
    offset: Float32
    least: Float32
    most: Float32

    @staticmethod
    def of(style: Style) -> _Numbers:
        shares = np.array([style.emotions.get(name, 0.0) for name in EMOTIONS])
        feeling = (shares / max(1.0, shares.sum())) @ _EMOTION_SHAPES
        arrays = [feeling, np.where(_SPEAKS, style.strength, 1.0)]
        for table, rest in ((style.gains, 1.0), (style.offsets, 0.0)):
            arrays.append(_spread(table, rest))
        arrays.append(_spread({name: low for name, (low, _) in style.limits.items()}, 0.0))
        arrays.append(_spread({name: high for name, (_, high) in style.limits.items()}, 1.0))
        return _Numbers(*(np.asarray(array, np.float32) for array in arrays))

    def towards(self, other: _Numbers, share: np.float32) -> _Numbers:
        if all(np.allclose(a, b, atol=1e-4) for a, b in zip(self, other, strict=True)):
            return other
        return _Numbers(*(a + share * (b - a) for a, b in zip(self, other, strict=True)))

    def applied(self, weights: Float32) -> Float32:
        closed = min(1.0, float(weights[_PRESS]) / SEALED_PRESS)
        bitten = min(1.0, float(weights[_ROLL]) / BITTEN_ROLL)
        rounded = min(1.0, float(weights[_ROUND].max()))
        held = np.ones(len(ARKIT_NAMES), np.float32)
        held[_OPENS] = 1 - max(closed, bitten)
        held[_WIDENS] *= 1 - ROUND_SHARE * rounded
        face = weights * self.strength + self.feeling * held
        face = np.clip(face * self.gain + self.offset, self.least, self.most)
        return np.asarray(np.clip(face, 0, 1), np.float32)


def _mask(names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(ARKIT_NAMES), bool)
    mask[[i for name in names for i in sides(name)]] = True
    return mask


def _spread(table: Mapping[str, float], rest: float) -> Float32:
    values = np.full(len(ARKIT_NAMES), rest, np.float32)
    for name, value in table.items():
        values[sides(name)] = value
    return values


def _check(problem: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise StyleError(problem, seen=name, wanted=f"one of {', '.join(known)}", cure="check its name")


def _check_range(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # NaN too
        raise StyleError(
            f"{what} is out of range", seen=value, wanted=f"{least:g} to {most:g}", cure="choose within it"
        )


_SIDES: Final = {
    name: None
    for full in ARKIT_NAMES
    for name in (full, full.removesuffix("Left").removesuffix("Right"))
    if sides(name)
}
_EMOTION_SHAPES: Final = np.array([_spread(shapes, 0.0) for shapes in EMOTIONS.values()])
_SPEAKS: Final = _mask(SPEECH)
_OPENS: Final = _mask(OPENING)
_WIDENS: Final = _mask(("mouthSmile", "mouthStretch", "mouthDimple"))
_PRESS, _ROLL = INDEX["mouthPressLeft"], INDEX["mouthRollLower"]
_ROUND: Final = [INDEX["mouthPucker"], INDEX["mouthFunnel"]]
