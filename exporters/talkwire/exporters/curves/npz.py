"""Clip to named arrays for numpy: `numpy.load(path)` needs nothing of talkwire, and no pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.options import Options
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.visemes import VISEMES, visemes

README: Final = """\
One voice line as motion; generated from audio by a machine.
weights        [N, 52] float32 in [0, 1], columns as in weight_names (ARKit's shapes; left is the face's own)
weight_names   [52] text
visemes        [N, 15] float32 in [0, 1], columns as in viseme_names (Oculus LipSync's), from the weights
viseme_names   [15] text
head_rotation  [N, 4] float32 unit quaternions x, y, z, w, from rest
head_translation_m  [N, 3] float32 metres, +Y up, +Z out of the face
pts            [N] int64, the audio sample at which each frame begins
fps, sample_rate_hz, seed  numbers
samples        [S] float32 mono in [-1, 1], the sound itself
avatar, line   text: which avatar, which line
"""


def npz_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.npz; the member README says what the arrays are and in which units."""
    arrays = {
        "README": np.array(README),
        "weights": clip.weights_nx52,
        "weight_names": np.array(ARKIT_NAMES),
        "visemes": visemes(clip.weights_nx52),
        "viseme_names": np.array(VISEMES),
        "head_rotation": clip.rotations_nx4,
        "head_translation_m": clip.translations_nx3_m,
        "pts": clip.pts_n,
        "fps": np.array(clip.fps),
        "sample_rate_hz": np.array(clip.sample_rate_hz),
        "seed": np.array(clip.seed),
        "samples": clip.samples,
        "avatar": np.array(clip.avatar.card.name),
        "line": np.array(clip.line),
    }
    return {out: lambda handle: np.savez_compressed(handle, allow_pickle=False, **arrays)}
