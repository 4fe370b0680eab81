"""Speech, life and gestures to one face: eyes on their target, lids with the eyes, the head on its neck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.gestures import Gesture
from talkwire.runtime.idle import STEP_HZ, Beat
from talkwire.runtime.style import Layers
from talkwire.runtime.types import Face, Float32

FULL_LOOK_YAW_DEG, FULL_LOOK_PITCH_DEG = 30.0, 25.0  # what an eyeLook weight of 1 turns the eye by
LID_FOLLOWS_DOWN, LID_FOLLOWS_UP = 0.35, 0.25  # share of the look that the upper lid goes along with
BREATH_M, BREATH_PITCH_DEG = 0.0008, 0.25
OUTER_BROW_SHARE: Final = 0.55  # of the inner brow's raise

HEAD_SHARE: Final = 0.45  # of the way to a target is the head's, and no more than HEAD_MOST_DEG
HEAD_MOST_DEG: Final = 40.0
HEAD_TURNS_S: Final = 0.3
HEAD_STEP: Final = 1 / (HEAD_TURNS_S * STEP_HZ)  # of what is left of the way, in a step
SACCADE_DEG_PER_S: Final = 450.0  # Bahill et al. 1975
JUMP_DEG: Final = SACCADE_DEG_PER_S / STEP_HZ  # in a step
GLANCES_LEFT: Final = 0.15  # of the eyes' own wandering, while there is a target

ALL: Final = Layers()
STILL: Final = Gesture(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Looking:
    """Where eyes and head are on their way to a target: degrees of yaw (positive: the face's left) and pitch
    (positive: up).  held: 1 while there is a target.
    """

    gaze_deg: tuple[float, float]
    head_deg: tuple[float, float]
    held: float = 0.0


AHEAD: Final = Looking((0.0, 0.0), (0.0, 0.0))


class Look:
    """Eyes jump to a target, the head follows. One call per step."""

    def __init__(self) -> None:
        self._now = AHEAD

    def push(self, target_deg: Sequence[float] | None) -> Looking:
        """target_deg: yaw and pitch from between the eyes; None for straight ahead and free to wander."""
        now = self._now
        if target_deg is None and now is AHEAD:
            return AHEAD
        yaw_deg, pitch_deg = AHEAD.gaze_deg if target_deg is None else target_deg
        self._now = Looking(
            (_jumped(now.gaze_deg[0], yaw_deg), _jumped(now.gaze_deg[1], pitch_deg)),
            (_followed(now.head_deg[0], yaw_deg), _followed(now.head_deg[1], pitch_deg)),
            now.held + HEAD_STEP * ((target_deg is not None) - now.held),
        )
        return self._now


def combine(
    speech: Float32,
    beat: Beat,
    gesture: Gesture = STILL,
    layers: Layers = ALL,
    looking: Looking = AHEAD,
) -> Face:
    """Speech ([52] weights) with life around it. Only speech touches the mouth and the jaw.

    All but the 52 is in plain floats: numpy takes half a microsecond for each operation, however few
    numbers there are.
    """
    (sway_pitch, sway_yaw, sway_roll), sway, nods = beat.sway_deg, layers.sway, layers.nods
    breath = beat.breath * layers.breath
    pitch_deg = sway_pitch * sway + gesture.pitch_deg * nods + breath * BREATH_PITCH_DEG - looking.head_deg[1]
    yaw_deg = sway_yaw * sway + gesture.yaw_deg * nods + looking.head_deg[0]
    roll_deg = sway_roll * sway + gesture.roll_deg * nods

    wander = layers.gaze * (1 - (1 - GLANCES_LEFT) * looking.held)
    left_deg = looking.gaze_deg[0] + beat.gaze_deg[0] * wander - yaw_deg  # eyes turn against the head
    up_deg = looking.gaze_deg[1] + beat.gaze_deg[1] * wander + pitch_deg

    weights = speech * np.float32(layers.lips)
    weights[_LIVELY] += [
        *_eyes(beat.lids * layers.blinks, left_deg / FULL_LOOK_YAW_DEG, up_deg / FULL_LOOK_PITCH_DEG),
        *_brows(gesture.brow * layers.brows, beat.brow * layers.brows),
        *[beat.cheek * layers.brows] * len(_CHEEKS),
    ]
    right_m, up_m, forward_m = beat.sway_m
    return Face(
        np.minimum(np.maximum(weights, 0), 1),
        _quaternion_xyzw(math.radians(pitch_deg), math.radians(yaw_deg), math.radians(roll_deg)),
        np.array([right_m * sway, up_m * sway + breath * BREATH_M, forward_m * sway], np.float32),
    )


def _jumped(at_deg: float, target_deg: float) -> float:
    return at_deg + min(JUMP_DEG, max(-JUMP_DEG, target_deg - at_deg))


def _followed(at_deg: float, target_deg: float) -> float:
    wanted_deg = min(HEAD_MOST_DEG, max(-HEAD_MOST_DEG, target_deg * HEAD_SHARE))
    return at_deg + HEAD_STEP * (wanted_deg - at_deg)


def _eyes(blink: float, left: float, up: float) -> list[float]:
    """Weights of _EYES. left, up: what the eyes are turned by, of a full look; the lids go with them."""
    left, right = min(1.0, max(0.0, left)), min(1.0, max(0.0, -left))
    up, down = min(1.0, max(0.0, up)), min(1.0, max(0.0, -up))
    lid = max(blink, down * LID_FOLLOWS_DOWN)
    wide = up * LID_FOLLOWS_UP * (1 - blink)
    return [lid, lid, wide, wide, left, right, right, left, up, up, down, down]


def _brows(raised: float, lively: float) -> list[float]:
    """Weights of _BROWS."""
    outer = raised * OUTER_BROW_SHARE + lively
    return [raised + lively, outer, outer]


def _quaternion_xyzw(pitch_rad: float, yaw_rad: float, roll_rad: float) -> Float32:
    """[4]: roll about z first, then pitch about x, then yaw about y (a head on a neck)."""
    sp, cp = math.sin(pitch_rad / 2), math.cos(pitch_rad / 2)
    sy, cy = math.sin(yaw_rad / 2), math.cos(yaw_rad / 2)
    sr, cr = math.sin(roll_rad / 2), math.cos(roll_rad / 2)
    return np.array(
        [
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
            cy * cp * sr - sy * sp * cr,
            cy * cp * cr + sy * sp * sr,
        ],
        np.float32,
    )


def _columns(*names: str) -> list[int]:
    return [INDEX[name] for name in names]


_EYES: Final = _columns(
    *("eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight"),
    *("eyeLookOutLeft", "eyeLookInLeft", "eyeLookOutRight", "eyeLookInRight"),
    *("eyeLookUpLeft", "eyeLookUpRight", "eyeLookDownLeft", "eyeLookDownRight"),
)
_BROWS: Final = _columns("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
_CHEEKS: Final = _columns("cheekSquintLeft", "cheekSquintRight")
_LIVELY: Final = np.array([*_EYES, *_BROWS, *_CHEEKS])
