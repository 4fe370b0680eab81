"""More morph targets for a head that is no sum of its own: principal components of what these clips leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.animation import WEIGHTS_SHARE, line_of
from talkwire.exporters.gltf.fidelity import MOST_FRAMES, SOME_FRAMES, Fidelity, Line, fidelity, runs
from talkwire.exporters.gltf.rig import Rig, rig_of
from talkwire.exporters.gltf.shapes import Shapes, swung, swung_targets
from talkwire.exporters.options import Morphs, Options
from talkwire.runtime.types import Float32

LIMIT_MM: Final = 0.1  # p99.9 of vertices over frames: nobody sees so little
MOST: Final = 128  # targets; a clip that needs more is not speech
_FIRST: Final = 4
_LEARNED_FRAMES: Final = 256
_WEAKEST: Final = 1e-6  # of the strongest component's power


def fitted(clips: Sequence[Clip], options: Options) -> tuple[Rig, list[Line], list[Fidelity]]:
    """Targets for these clips of one avatar, their curves with keys, and how far each is from the avatar.

    By the basis, p99.9 is at most LIMIT_MM, unless the tolerance allows more, or MOST targets are not enough.
    """
    rig = shaped = rig_of(clips[0].avatar, options.morphs, options.head_pose)
    limit_mm, count = limit_of(options), 0
    most = MOST_FRAMES if options.morphs is Morphs.basis else SOME_FRAMES
    while True:
        lines = [line_of(clip, shaped, options.tolerance_mm / 1000) for clip in clips]
        found = [fidelity(line, shaped.shapes, most) for line in lines]
        near = max(one.p999_mm for one in found) <= limit_mm
        if near or len(shaped.shapes.names) < len(rig.shapes.names) + count or count == MOST:
            return shaped, lines, found
        count = min(max(_FIRST, 2 * count), MOST)
        shaped = rig.with_shapes(further_shapes(clips, rig.shapes, count))


def limit_of(options: Options) -> float:
    """What p99.9 may be at most, in mm: a file by ARKit's shapes is as it is."""
    if options.morphs is Morphs.arkit:
        return float("inf")
    keys_mm = WEIGHTS_SHARE * options.tolerance_mm
    return LIMIT_MM if options.tolerance_mm <= LIMIT_MM else LIMIT_MM + keys_mm


def further_shapes(clips: Sequence[Clip], shapes: Shapes, count: int) -> Shapes:
    """These targets and up to `count` more, `clip_00` and so on, for these clips alone.

    They swing, see `shapes`, and 1 is as far as the clips go.
    """
    left = _left_out(clips, shapes)
    powers, turns = np.linalg.eigh((left @ left.T).astype(np.float64))
    strong = np.argsort(powers)[::-1][:count]
    strong = strong[powers[strong] > _WEAKEST * powers[strong[0]]]
    components = (turns[:, strong] / np.sqrt(powers[strong])).T.astype(np.float32) @ left
    reach = np.abs(left @ components.T).max(axis=0)
    known, count = len(shapes.names), len(components)

    def curves(clip: Clip, run: slice) -> Float32:
        weights = shapes.curves(clip, run)
        off = shapes.residual(clip, run, weights).reshape(len(weights), -1)
        return np.concatenate([weights, swung(off @ components.T / reach)], axis=1)

    further = (components * reach[:, None]).reshape(-1, *shapes.deltas_kxvx3.shape[1:])
    return Shapes(
        [*shapes.names, *(f"clip_{i:02}" for i in range(count)), "clip_low"],
        np.concatenate([shapes.deltas_kxvx3, swung_targets(further)]),
        curves,
        whole=False,
        swings=(*shapes.swings, slice(known, known + count)),
    )


def _left_out(clips: Sequence[Clip], shapes: Shapes) -> Float32:
    """[n, 3 V] of frames that are spread evenly over all clips."""
    each = max(1, _LEARNED_FRAMES // len(clips))
    rows = [
        shapes.residual(clip, run, shapes.curves(clip, run))
        for clip in clips
        for run in runs(clip.frame_count, each)
    ]
    return np.concatenate(rows).reshape(sum(map(len, rows)), -1)
