"""Clip to the 15 visemes of Oculus LipSync, a frame after another, as JSON.

The fields `entries` (frameNumber, frameDelay, Visemes, laughterScore) and `length` are those of Unity's
OVRLipSyncSequence, so that JsonUtility.FromJsonOverwrite(text, sequence) fills one, to be played by
OVRLipSyncContextCanned. That finds a frame by time / length: length is that of all frames, the last one
whole. For other readers `visemes` names the columns and `fps` says how fast. laughterScore is always 0:
laughter is not heard.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.options import Options
from talkwire.runtime.visemes import VISEMES, visemes

_BLOCK_FRAMES: Final = 4096


def ovr_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.ovr.json: one object."""
    return {out: lambda handle: _write(clip, handle)}


def _write(clip: Clip, handle: BinaryIO) -> None:
    head = {
        "line": clip.line,
        "fps": clip.fps,
        "length": clip.frame_count / clip.fps,
        "visemes": list(VISEMES),
    }
    handle.write((json.dumps(head)[:-1] + ', "entries": [').encode())
    for start in range(0, clip.frame_count, _BLOCK_FRAMES):
        shares_nx15 = visemes(clip.weights_nx52[start : start + _BLOCK_FRAMES])
        rows = (
            {"frameNumber": start + i, "frameDelay": 0, "Visemes": shares, "laughterScore": 0}
            for i, shares in enumerate(shares_nx15.astype(np.float64).round(4).tolist())
        )
        handle.write(((",\n" if start else "\n") + ",\n".join(map(json.dumps, rows))).encode())
    handle.write(b"\n]}\n")
