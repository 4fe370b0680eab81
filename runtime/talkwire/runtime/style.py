"""How a face speaks: emotion, liveliness, and what one character's rig wants of each shape.

Lips that meet stay together: what an emotion would open is held back while the motion closes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from talkwire.runtime.arkit import ARKIT_NAMES, sides
from talkwire.runtime.errors import StyleError

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
MOST_STRENGTH: Final = 2.0
MOST_LAYER: Final = 2.0
MOST_GAIN: Final = 4.0
MOST_LOOK_DEG: Final = 90.0


class Layers(NamedTuple):
    """How much of each layer of a face there is: 0 leaves it to the game, 1 is as it is."""

    lips: float = 1.0
    brows: float = 1.0
    nods: float = 1.0
    blinks: float = 1.0
    gaze: float = 1.0
    sway: float = 1.0
    breath: float = 1.0


LAYERS: Final = Layers._fields


@dataclass(frozen=True, slots=True)
class Style:
    """emotions: intensities in [0, 1] by name of EMOTIONS; together at most 1, else scaled down.  strength:
    of lips in speech, 1 as a calm man, at most 2.  gains, offsets: by shape, weight * gain + offset.  limits:
    by shape, (least, most).  layers: by name of LAYERS, how much of each there is; 0 leaves it to the game.
    look_at_deg: yaw (positive: the face's left) and pitch (up) of what to look at, from between the eyes;
    None lets the eyes wander.  follow_voice: from 0 to 1, how far strength and emotions go with the effort
    that the voice makes.
    """

    emotions: Mapping[str, float] = field(default_factory=dict)
    strength: float = 1.0
    gains: Mapping[str, float] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    layers: Mapping[str, float] = field(default_factory=dict)
    look_at_deg: tuple[float, float] | None = None
    follow_voice: float = 0.0

    def __post_init__(self) -> None:
        """Raises StyleError for an unknown emotion or shape and for numbers out of range."""
        for name, value in self.emotions.items():
            _check("no such emotion", name, EMOTIONS)
            _check_range(f"the intensity of {name}", value, 0, 1)
        _check_range("the strength of speech", self.strength, 0, MOST_STRENGTH)
        for name in (*self.gains, *self.offsets, *self.limits):
            _check("no such shape", name, _SIDES)
        for name, value in (*self.gains.items(), *self.offsets.items()):
            _check_range(f"the gain or offset of {name}", value, -MOST_GAIN, MOST_GAIN)
        for name, (least, most) in self.limits.items():
            _check_range(f"the least of {name}", least, 0, most)
            _check_range(f"the most of {name}", most, 0, 1)
        for name, value in self.layers.items():
            _check("no such layer", name, dict.fromkeys(LAYERS))
            _check_range(f"the layer {name}", value, 0, MOST_LAYER)
        for what, value in zip(("yaw", "pitch"), self.look_at_deg or (), strict=False):
            _check_range(f"the {what} to look at", value, -MOST_LOOK_DEG, MOST_LOOK_DEG)
        _check_range("how far to follow the voice", self.follow_voice, 0, 1)


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
