"""Speech, life and gestures to one face: eyes on their target, lids with the eyes, the head on its neck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.gestures import Gesture
from talkwire.runtime.idle import STEP_HZ, Beat
from talkwire.runtime.style import Layers
from talkwire.runtime.types import Face, Float32

Float64 = npt.NDArray[np.float64]

FULL_LOOK_YAW_DEG, FULL_LOOK_PITCH_DEG = 30.0, 25.0  # what an eyeLook weight of 1 turns the eye by
LID_FOLLOWS_DOWN, LID_FOLLOWS_UP = 0.35, 0.25  # share of the look that the upper lid goes along with
BREATH_M, BREATH_PITCH_DEG = 0.0008, 0.25
OUTER_BROW_SHARE: Final = 0.55  # of the inner brow's raise

HEAD_SHARE: Final = 0.45  # of the way to a target is the head's, and no more than HEAD_MOST_DEG
HEAD_MOST_DEG: Final = 40.0
HEAD_TURNS_S: Final = 0.3
SACCADE_DEG_PER_S: Final = 450.0  # Bahill et al. 1975
GLANCES_LEFT: Final = 0.15  # of the eyes' own wandering, while there is a target


ALL: Final = Layers()
STILL: Final = Gesture(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Looking:
    """Where eyes and head are on their way to a target: degrees of yaw (positive: the face's left) and pitch
    (positive: up).  held: 1 while there is a target.
    """

    gaze_deg: Float64
    head_deg: Float64
    held: float = 0.0


AHEAD: Final = Looking(np.zeros(2), np.zeros(2))


class Look:
    """Eyes jump to a target, the head follows. One call per step."""

    def __init__(self) -> None:
        self._now = AHEAD

    def push(self, target_deg: Sequence[float] | None) -> Looking:
        """target_deg: yaw and pitch from between the eyes; None for straight ahead and free to wander."""
        wanted = np.zeros(2) if target_deg is None else np.asarray(target_deg, np.float64)
        if target_deg is None and self._now is AHEAD:
            return AHEAD
        most = SACCADE_DEG_PER_S / STEP_HZ
        share = 1 / (HEAD_TURNS_S * STEP_HZ)
        head = np.clip(wanted * HEAD_SHARE, -HEAD_MOST_DEG, HEAD_MOST_DEG)
        gaze_deg = self._now.gaze_deg + np.clip(wanted - self._now.gaze_deg, -most, most)
        head_deg = self._now.head_deg + share * (head - self._now.head_deg)
        held = self._now.held + share * ((target_deg is not None) - self._now.held)
        self._now = Looking(gaze_deg, head_deg, held)
        return self._now


def combine(
    speech: Float32,
    beat: Beat,
    gesture: Gesture = STILL,
    layers: Layers = ALL,
    looking: Looking = AHEAD,
) -> Face:
    """Speech ([52] weights) with life around it. Only speech touches the mouth and the jaw."""
    head_deg = beat.sway_deg * layers.sway
    head_deg = head_deg + np.array([gesture.pitch_deg, gesture.yaw_deg, gesture.roll_deg]) * layers.nods
    head_deg += [beat.breath * BREATH_PITCH_DEG * layers.breath - looking.head_deg[1], looking.head_deg[0], 0]
    wander = layers.gaze * (1 - (1 - GLANCES_LEFT) * looking.held)
    gaze_deg = looking.gaze_deg + beat.gaze_deg * wander
    translation_m = beat.sway_m * layers.sway
    translation_m[1] += beat.breath * BREATH_M * layers.breath

    weights = speech * np.float32(layers.lips)
    weights[_EYES] += _eyes(beat.lids * layers.blinks, gaze_deg, head_deg)
    brow = gesture.brow * layers.brows
    weights[_BROWS] += np.array([brow, *[brow * OUTER_BROW_SHARE] * 2]) + beat.brow * layers.brows
    weights[_CHEEKS] += beat.cheek * layers.brows
    return Face(
        np.clip(weights, 0, 1),
        _quaternion_xyzw(np.radians(head_deg)).astype(np.float32),
        translation_m.astype(np.float32),
    )


def _eyes(blink: float, gaze_deg: Float64, head_deg: Float64) -> Float64:
    """Weights of _EYES: the eyes turn against the head to stay on target, the lids go with the eyes."""
    yaw = float(gaze_deg[0] - head_deg[1]) / FULL_LOOK_YAW_DEG
    pitch = float(gaze_deg[1] + head_deg[0]) / FULL_LOOK_PITCH_DEG
    left, right, up, down = (min(1.0, max(0.0, share)) for share in (yaw, -yaw, pitch, -pitch))
    lid = max(blink, down * LID_FOLLOWS_DOWN)
    wide = up * LID_FOLLOWS_UP * (1 - blink)
    return np.array([lid, lid, wide, wide, left, right, right, left, up, up, down, down])


def _quaternion_xyzw(pitch_yaw_roll_rad: Float64) -> Float64:
    """[4]: roll about z first, then pitch about x, then yaw about y (a head on a neck)."""
    half = pitch_yaw_roll_rad / 2
    (sp, sy, sr), (cp, cy, cr) = np.sin(half), np.cos(half)
    return np.array(
        [
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
            cy * cp * sr - sy * sp * cr,
            cy * cp * cr + sy * sp * sr,
        ]
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
