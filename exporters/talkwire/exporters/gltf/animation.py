"""The motion of a clip as glTF channels, with as few keys as the tolerance allows."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.buffers import KEYS, Buffer
from talkwire.exporters.gltf.document import FACE_NODE, Channel
from talkwire.exporters.gltf.fidelity import Line
from talkwire.exporters.gltf.keys import Index, fit_keys, slerp
from talkwire.exporters.gltf.rig import Rig
from talkwire.runtime.spool import Spool, blocks, release
from talkwire.runtime.types import Float32

# How the tolerance is shared: what is left of each adds up to no more than the whole.
WEIGHTS_SHARE: Final = 0.6
ROTATION_SHARE: Final = 0.25
TRANSLATION_SHARE: Final = 0.15

_KEYS_AT_ONCE: Final = 4096


def line_of(clip: Clip, rig: Rig, tolerance_m: float) -> Line:
    """The clip's morph curve and its keys. glTF animates all weights of a node together: one set of times."""
    curve, allowed_m = rig.shapes.curve(clip), tolerance_m * WEIGHTS_SHARE
    keys, error_m = fit_keys(
        clip.times_n_s, curve, allowed_m / np.maximum(rig.reach_k, 1e-9), allowed_m, rig.largest_motion_m
    )
    return Line(clip, curve, keys, error_m)


def animate(
    line: Line, rig: Rig, head_node: int, tolerance_m: float, buffer: Buffer, *, held: bool = False
) -> tuple[list[Channel], float]:
    """Channels for what moves, their keys in the buffer, and how far the worst vertex can be off, in metres.

    held: also channels for what stays as it is, so that nothing is left of another line of the file.
    """
    clip = line.clip
    rotation, turned_m = _rotation_keys(clip, rig, tolerance_m * ROTATION_SHARE)
    translation, moved_m = _translation_keys(clip, tolerance_m * TRANSLATION_SHARE)
    channels = []
    if held or _moves(line.curve_nxk) or line.curve_nxk[0].any():
        channels.append(_channel(buffer, FACE_NODE, "weights", clip, line.keys, line.curve_nxk))
    if held or _moves(clip.rotations_nx4):
        channels.append(_channel(buffer, head_node, "rotation", clip, rotation, clip.rotations_nx4))
    if held or _moves(clip.translations_nx3_m):
        channels.append(
            _channel(buffer, head_node, "translation", clip, translation, clip.translations_nx3_m)
        )
    return channels, line.error_m + turned_m + moved_m


def _rotation_keys(clip: Clip, rig: Rig, tolerance_m: float) -> tuple[Index, float]:
    """The head turns about its origin: a vertex so far out moves by angle x radius."""
    return fit_keys(
        clip.times_n_s,
        clip.rotations_nx4,
        np.full(4, tolerance_m / rig.reach_m / 2),  # a quaternion changes by half the angle
        tolerance_m,
        lambda off: 2 * float(np.linalg.norm(off, axis=1).max()) * rig.reach_m,
        interpolate=slerp,
    )


def _translation_keys(clip: Clip, tolerance_m: float) -> tuple[Index, float]:
    return fit_keys(
        clip.times_n_s,
        clip.translations_nx3_m,
        np.full(3, tolerance_m),
        tolerance_m,
        lambda off: float(np.linalg.norm(off, axis=1).max()),
    )


def _moves(values_nxc: npt.NDArray[np.floating]) -> bool:
    return any((some != values_nxc[0]).any() for _, some in blocks(values_nxc))


def _channel(buffer: Buffer, node: int, path: str, clip: Clip, keys: Index, values: Float32) -> Channel:
    kept = Spool(values.shape[1:], np.float32)
    for _, some in blocks(keys, _KEYS_AT_ONCE):
        kept.append(values[some])
        release(values)
    times = buffer.add(clip.times_n_s[keys].astype(np.float32), KEYS, bounds=True)
    flat = kept.array().reshape(-1) if path == "weights" else kept.array()
    return Channel(node, path, times, buffer.add(flat, KEYS))
