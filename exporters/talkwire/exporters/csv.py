"""Clip to the CSV that Epic's Live Link Face app records: curve importers and evaluation tools read it.

Columns, order and units are those of four recordings of the app: the header as quoted byte for byte
from one in public code, and the takes of the repository
alexdjulin/LiveLinkFace-CSV-Retarget-For-Motionbuilder. What they show:

- 52 shapes in Apple's order but with JawRight before JawLeft and MouthRight before MouthLeft, then
  nine angles; BlendshapeCount is 61 (older takes spell it BlendShapeCount); ten decimals.
- Timecode HH:MM:SS:FF.mmm with FF counted at 60 frames a second whatever the capture rate (takes at
  30 frames a second step by two) and mmm thousandths of such a frame.
- Angles are radians, not degrees: an eye that looks fully down has pitch +0.611 (35 degrees), fully
  up -0.436 (25), fully aside 0.604. Signs are right-handed about the face's own axes, ours too:
  pitch about +X (down is positive), yaw about +Y (to the face's own left is positive). An eye's roll
  is its yaw times its pitch.
- In these takes shapes and eye angles are each other's mirror image (LeftEyeYaw follows
  EyeLookInRight and EyeLookOutRight): the app mirrors the shapes of a person before a front camera.
  Here nothing is mirrored: Left is the face's own left in all columns.
- The head's angles are zero in all takes at hand, so their order and signs follow the eyes':
  rotation = yaw about Y, then pitch about X, then roll about Z.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.options import Options
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

TIMECODE_FPS: Final = 60
_SWAPPED: Final = {
    "jawLeft": "jawRight",
    "jawRight": "jawLeft",
    "mouthLeft": "mouthRight",
    "mouthRight": "mouthLeft",
}
SHAPES: Final = tuple(_SWAPPED.get(name, name) for name in ARKIT_NAMES)
ANGLES: Final = tuple(
    f"{what}{axis}" for what in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)
HEADER: Final = ("Timecode", "BlendshapeCount", *(name[0].upper() + name[1:] for name in SHAPES), *ANGLES)

ASIDE_RAD: Final = 0.604
DOWN_RAD: Final = np.radians(35.0)
UP_RAD: Final = np.radians(25.0)


def csv_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.csv, one row a frame."""
    columns = [INDEX[name] for name in SHAPES]
    values_nx61 = np.hstack(
        [
            clip.weights_nx52[:, columns],
            head_angles(clip.rotations_nx4),
            eye_angles(clip.weights_nx52, "Left"),
            eye_angles(clip.weights_nx52, "Right"),
        ]
    )
    rows = [",".join(HEADER)]
    for time_s, values in zip(clip.times_n_s, values_nx61, strict=True):
        rows.append(f"{timecode(time_s)},{len(values)}," + ",".join(f"{x:.10f}" for x in values))
    data = ("\n".join(rows) + "\n").encode()
    return {out: lambda handle: handle.write(data)}


def timecode(time_s: float) -> str:
    """HH:MM:SS:FF.mmm from the first sample, as the app counts."""
    thousandths = round(time_s * TIMECODE_FPS * 1000)
    frames, mmm = divmod(thousandths, 1000)
    seconds, ff = divmod(frames, TIMECODE_FPS)
    minutes, ss = divmod(seconds, 60)
    hh, mm = divmod(minutes, 60)
    return f"{hh:02}:{mm:02}:{ss:02}:{ff:02}.{mmm:03}"


def head_angles(rotations_nx4: Float32) -> Float64:
    """[N, 3] yaw, pitch, roll in radians of unit quaternions xyzw."""
    x, y, z, w = rotations_nx4.astype(np.float64).T
    yaw = np.arctan2(2 * (x * z + y * w), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (x * w - y * z), -1, 1))
    roll = np.arctan2(2 * (x * y + z * w), 1 - 2 * (x * x + z * z))
    return np.stack([yaw, pitch, roll], axis=1)


def eye_angles(weights_nx52: Float32, side: str) -> Float64:
    """[N, 3] yaw, pitch, roll in radians of the face's own "Left" or "Right" eye, from its look shapes."""
    look = {
        way: weights_nx52[:, INDEX[f"eyeLook{way}{side}"]].astype(np.float64)
        for way in ("In", "Out", "Up", "Down")
    }
    outward = 1.0 if side == "Left" else -1.0
    yaw = ASIDE_RAD * outward * (look["Out"] - look["In"])
    pitch = DOWN_RAD * look["Down"] - UP_RAD * look["Up"]
    return np.stack([yaw, pitch, yaw * pitch], axis=1)
