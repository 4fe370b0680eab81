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

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.options import Options
from talkwire.runtime.angles import ANGLE_NAMES, angles
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX

TIMECODE_FPS: Final = 60
_SWAPPED: Final = {
    "jawLeft": "jawRight",
    "jawRight": "jawLeft",
    "mouthLeft": "mouthRight",
    "mouthRight": "mouthLeft",
}
SHAPES: Final = tuple(_SWAPPED.get(name, name) for name in ARKIT_NAMES)
HEADER: Final = (
    "Timecode",
    "BlendshapeCount",
    *(name[0].upper() + name[1:] for name in SHAPES),
    *ANGLE_NAMES,
)


def csv_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.csv, one row a frame."""
    columns = [INDEX[name] for name in SHAPES]
    turned_nx9 = angles(clip.weights_nx52, clip.rotations_nx4)
    values_nx61 = np.hstack([clip.weights_nx52[:, columns], turned_nx9])
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
