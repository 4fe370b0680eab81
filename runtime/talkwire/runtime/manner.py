"""A style, step by step: numbers that go softly from one style to the next, and what they do to weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX, sides
from talkwire.runtime.style import (
    BITTEN_ROLL,
    EMOTIONS,
    LAYERS,
    OPENING,
    SEALED_PRESS,
    SPEECH,
    Layers,
    Style,
)
from talkwire.runtime.types import Float32

SETTLES_S: Final = 0.4
ROUND_SHARE: Final = 0.7  # of an emotion's smile or stretch that goes when the lips are fully rounded
STRENGTH_FOLLOWS, FEELING_FOLLOWS = 0.35, 0.5  # how much more or less there is of each at full effort


class Styler:
    """One face's style over time: a new one is taken up within SETTLES_S, so that nothing pops."""

    def __init__(self, step_hz: int) -> None:
        self._share = np.float32(1 - np.exp(-3 / (SETTLES_S * step_hz)))
        self._wanted = self._now = Manner.of(Style())
        self.look_at_deg: tuple[float, float] | None = None
        """Of the newest style: eyes jump, they do not fade."""

    def set(self, style: Style, *, at_once: bool = False) -> None:
        """What to be like from the next step on. at_once: before anything was seen."""
        self._wanted, self.look_at_deg = Manner.of(style), style.look_at_deg
        if at_once:
            self._now = self._wanted

    def step(self) -> Manner:
        """The manner of the next step; one call a step."""
        if self._now is not self._wanted:
            self._now = self._now.towards(self._wanted, self._share)
        return self._now


class Manner:
    """A style at one step: strength, feeling, gain, offset, least and most of each of 52 shapes, shares of
    LAYERS, and how far to follow the voice.
    """

    def __init__(self, numbers: Float32) -> None:
        """numbers: all of them, one after the other."""
        self._numbers = numbers
        by_shape = numbers[: _PER_SHAPE * len(ARKIT_NAMES)].reshape(_PER_SHAPE, -1)
        self._strength, self._feeling, self._gain, self._offset, self._least, self._most = by_shape
        *shares, self._follow = numbers[by_shape.size :].tolist()
        self.layers = Layers(*shares)
        """How much of each layer there is."""
        self._feels = bool(self._feeling.any())
        self._retargets = bool((self._gain != 1).any() or self._offset.any())

    @staticmethod
    def of(style: Style) -> Manner:
        """A style's numbers."""
        shares = np.array([style.emotions.get(name, 0.0) for name in EMOTIONS])
        arrays = [
            np.where(_SPEAKS, style.strength, 1.0),
            (shares / max(1.0, shares.sum())) @ _EMOTION_SHAPES,
            _spread(style.gains, 1.0),
            _spread(style.offsets, 0.0),
            _spread({name: low for name, (low, _) in style.limits.items()}, 0.0),
            _spread({name: high for name, (_, high) in style.limits.items()}, 1.0),
            np.array([style.layers.get(name, 1.0) for name in LAYERS]),
            np.array([style.follow_voice]),
        ]
        return Manner(np.concatenate(arrays).astype(np.float32))

    def towards(self, other: Manner, share: np.float32) -> Manner:
        """A step of the way to another; the other itself when it is as good as reached."""
        if np.allclose(self._numbers, other._numbers, atol=1e-4):
            return other
        return Manner(self._numbers + share * (other._numbers - self._numbers))

    def applied(self, weights: Float32, effort: float = 0.0) -> Float32:
        """[52] weights of speech and life, in this manner. effort: of the voice, see `prosody.Voice`."""
        strength, heard = self._strength, self._follow * effort
        if heard:
            strength = np.where(_SPEAKS, strength * (1 + STRENGTH_FOLLOWS * heard), strength)
        face = weights * strength
        if self._feels:
            face += self._feeling * (1 + FEELING_FOLLOWS * heard) * _left_of_feeling(weights)
        if self._retargets:
            face = face * self._gain + self._offset
        return np.asarray(np.minimum(np.maximum(face, self._least), self._most), np.float32)


def _left_of_feeling(weights: Float32) -> Float32:
    """[52] shares of an emotion's shapes: lips that are closed, bitten or rounded hold some of them back."""
    closed = min(1.0, float(weights[_PRESS]) / SEALED_PRESS)
    bitten = min(1.0, float(weights[_ROLL]) / BITTEN_ROLL)
    rounded = min(1.0, max(float(weights[shape]) for shape in _ROUND))
    left = np.ones(len(ARKIT_NAMES), np.float32)
    left[_OPENS] = 1 - max(closed, bitten)
    left[_WIDENS] *= 1 - ROUND_SHARE * rounded
    return left


def _mask(names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(ARKIT_NAMES), bool)
    mask[[i for name in names for i in sides(name)]] = True
    return mask


def _spread(table: Mapping[str, float], rest: float) -> Float32:
    values = np.full(len(ARKIT_NAMES), rest, np.float32)
    for name, value in table.items():
        values[sides(name)] = value
    return values


_PER_SHAPE: Final = 6  # numbers of a manner
_EMOTION_SHAPES: Final = np.array([_spread(shapes, 0.0) for shapes in EMOTIONS.values()])
_SPEAKS: Final = _mask(SPEECH)
_OPENS: Final = np.flatnonzero(_mask(OPENING))
_WIDENS: Final = np.flatnonzero(_mask(("mouthSmile", "mouthStretch", "mouthDimple")))
_PRESS, _ROLL = INDEX["mouthPressLeft"], INDEX["mouthRollLower"]
_ROUND: Final = [INDEX["mouthPucker"], INDEX["mouthFunnel"]]
