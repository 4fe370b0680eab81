"""The motion of a clip as glTF channels, with as few keys as the tolerance allows."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.buffers import KEYS, Buffer
from talkwire.exporters.gltf.document import FACE_NODE, HEAD_NODE, Channel
from talkwire.exporters.gltf.keys import fit_keys, slerp
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

# How the tolerance is shared: what is left of each adds up to no more than the whole.
WEIGHTS_SHARE: Final = 0.6
ROTATION_SHARE: Final = 0.25
TRANSLATION_SHARE: Final = 0.15

_BLOCK_FRAMES: Final = 256


def animate(
    clip: Clip,
    names: list[str],
    deltas_kxvx3: Float32,
    tolerance_m: float,
    buffer: Buffer,
    *,
    held: bool = False,
) -> tuple[list[Channel], float]:
    """Channels for what moves, their keys in the buffer, and how far the worst vertex can be off, in metres.

    names, deltas_kxvx3 [K, V, 3]: the morph targets in the file's order.  held: also channels for what stays
    as it is, so that nothing is left of another line of the file.
    """
    parts = (
        _weights(clip, names, deltas_kxvx3, tolerance_m * WEIGHTS_SHARE, buffer, held),
        _rotation(clip, deltas_kxvx3, tolerance_m * ROTATION_SHARE, buffer, held),
        _translation(clip, tolerance_m * TRANSLATION_SHARE, buffer, held),
    )
    return [c for channels, _ in parts for c in channels], sum(error_m for _, error_m in parts)


def _weights(
    clip: Clip, names: list[str], deltas_kxvx3: Float32, tolerance_m: float, buffer: Buffer, held: bool
) -> tuple[list[Channel], float]:
    """glTF animates all weights of a node together: one set of key times, found for the moving ones."""
    columns = clip.weights_nx52[:, [INDEX[name] for name in names]]
    moving = np.flatnonzero(np.ptp(columns, axis=0))
    if not held and not len(moving) and not columns.any():
        return [], 0.0
    reach_k = np.linalg.norm(deltas_kxvx3[moving], axis=2).max(axis=1, initial=0).astype(np.float64)
    keys, error_m = fit_keys(
        clip.times_n_s,
        columns[:, moving],
        tolerance_m / np.maximum(reach_k, 1e-9),
        tolerance_m,
        lambda residual: _largest_motion_m(residual, deltas_kxvx3[moving]),
    )
    return _channel(buffer, FACE_NODE, "weights", clip, keys, columns), error_m


def _largest_motion_m(residual_nxk: Float64, deltas_kxvx3: Float32) -> float:
    """How far the worst vertex is off when the weights are off by this much, in metres."""
    off = residual_nxk[np.abs(residual_nxk).max(axis=1, initial=0) > 1e-9].astype(np.float32)
    basis = deltas_kxvx3.reshape(len(deltas_kxvx3), 3 * deltas_kxvx3.shape[1])
    basis = basis[:, np.repeat(deltas_kxvx3.any(axis=(0, 2)), 3)]
    worst = 0.0
    for start in range(0, len(off), _BLOCK_FRAMES):
        moved = off[start : start + _BLOCK_FRAMES] @ basis
        np.square(moved, out=moved)
        squares = moved[:, 0::3] + moved[:, 1::3] + moved[:, 2::3]
        worst = max(worst, float(squares.max(initial=0)))
    return float(worst**0.5)


def _rotation(
    clip: Clip, deltas_kxvx3: Float32, tolerance_m: float, buffer: Buffer, held: bool
) -> tuple[list[Channel], float]:
    rotations = clip.rotations_nx4.astype(np.float64)
    if not held and not np.ptp(clip.rotations_nx4, axis=0).any():
        return [], 0.0
    # the head turns about its origin: a vertex this far out moves by angle x radius
    reach_m = float(np.linalg.norm(clip.topology.neutral_vx3, axis=1).max())
    reach_m += float(np.linalg.norm(deltas_kxvx3, axis=2).max(initial=0))
    keys, error_m = fit_keys(
        clip.times_n_s,
        rotations,
        np.full(4, tolerance_m / reach_m / 2),  # a quaternion changes by half the angle
        tolerance_m,
        lambda residual: 2 * float(np.linalg.norm(residual, axis=1).max()) * reach_m,
        interpolate=slerp,
    )
    return _channel(buffer, HEAD_NODE, "rotation", clip, keys, clip.rotations_nx4), error_m


def _translation(clip: Clip, tolerance_m: float, buffer: Buffer, held: bool) -> tuple[list[Channel], float]:
    if not held and not np.ptp(clip.translations_nx3_m, axis=0).any():
        return [], 0.0
    keys, error_m = fit_keys(
        clip.times_n_s,
        clip.translations_nx3_m,
        np.full(3, tolerance_m),
        tolerance_m,
        lambda residual: float(np.linalg.norm(residual, axis=1).max()),
    )
    return _channel(buffer, HEAD_NODE, "translation", clip, keys, clip.translations_nx3_m), error_m


def _channel(
    buffer: Buffer, node: int, path: str, clip: Clip, keys: npt.NDArray[np.intp], values: Float32
) -> list[Channel]:
    times = buffer.add(clip.times_n_s[keys].astype(np.float32), KEYS, bounds=True)
    kept = values[keys].reshape(-1) if path == "weights" else values[keys]
    return [Channel(node, path, times, buffer.add(kept.astype(np.float32), KEYS))]
