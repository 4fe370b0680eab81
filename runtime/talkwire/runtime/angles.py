"""Angles of head and eyes as Epic's Live Link Face app has them, in recordings and over the network.

Radians, right-handed about the face's own axes, ours too: yaw about +Y (to the face's own left is positive),
pitch about +X (down is positive), roll about +Z. A head's rotation is yaw, then pitch, then roll. An eye that
looks fully down has pitch +0.611 (35 degrees), fully up -0.436 (25), fully aside yaw 0.604; its roll is its
yaw times its pitch. What recordings of the app show of this is in exporters/csv.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

ANGLE_NAMES: Final = tuple(
    f"{what}{axis}" for what in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)
ASIDE_RAD: Final = 0.604
DOWN_RAD: Final = np.radians(35.0)
UP_RAD: Final = np.radians(25.0)


def angles(weights_nx52: Float32, rotations_nx4: Float32) -> Float64:
    """[N, 9] in the order of ANGLE_NAMES. rotations_nx4: unit quaternions xyzw."""
    eyes = (eye_angles(weights_nx52, side) for side in ("Left", "Right"))
    return np.hstack([head_angles(rotations_nx4), *eyes])


def head_angles(rotations_nx4: Float32) -> Float64:
    """[N, 3] yaw, pitch, roll of unit quaternions xyzw."""
    x, y, z, w = rotations_nx4.astype(np.float64).T
    yaw = np.arctan2(2 * (x * z + y * w), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (x * w - y * z), -1, 1))
    roll = np.arctan2(2 * (x * y + z * w), 1 - 2 * (x * x + z * z))
    return np.stack([yaw, pitch, roll], axis=1)


def eye_angles(weights_nx52: Float32, side: str) -> Float64:
    """[N, 3] yaw, pitch, roll of the face's own "Left" or "Right" eye, from its look shapes."""
    look = {
        way: weights_nx52[:, INDEX[f"eyeLook{way}{side}"]].astype(np.float64)
        for way in ("In", "Out", "Up", "Down")
    }
    outward = 1.0 if side == "Left" else -1.0
    yaw = ASIDE_RAD * outward * (look["Out"] - look["In"])
    pitch = DOWN_RAD * look["Down"] - UP_RAD * look["Up"]
    return np.stack([yaw, pitch, yaw * pitch], axis=1)
