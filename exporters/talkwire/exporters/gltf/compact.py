"""A finished document made smaller, by integers and streams of meshopt. The tolerance holds for all of it."""

from __future__ import annotations

import math
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from talkwire.exporters.gltf.buffers import Use
from talkwire.exporters.gltf.document import MESHOPT_EXTENSION, Document, Motion, Packed
from talkwire.exporters.gltf.fidelity import Line
from talkwire.exporters.gltf.packing import streams
from talkwire.exporters.gltf.quantize import EXTENSION, Small, grid_error_m, quantized, quantized_motion
from talkwire.exporters.gltf.rig import Rig
from talkwire.exporters.options import Compress, Options
from talkwire.runtime.errors import ExportError
from talkwire.runtime.spool import blocks
from talkwire.runtime.types import Float32

KEYS_SHARE: Final = 0.7  # of the tolerance, where integers need the rest

_KEPT: Final[MutableMapping[Rig, dict[Compress, tuple[Small, dict[Use, Packed]]]]] = WeakKeyDictionary()


def for_keys(options: Options) -> Options:
    """The same choices with the part of the tolerance that left-out keys may take."""
    if options.compress is Compress.none:
        return options
    return replace(options, tolerance_mm=options.tolerance_mm * KEYS_SHARE)


def compressed(document: Document, rig: Rig, lines: Sequence[Line], options: Options) -> Document:
    """The document as options.compress wants it; its extras say what the integers cost.

    Raises ExportError when they cost more than the tolerance leaves them.
    """
    if options.compress is Compress.none:
        return document
    small, packed = _kept(rig, options.compress)
    lost_m = _lost_m(small, rig, lines, options)
    buffer, count = small.buffer.fork(), len(document.target_names)
    motions = [
        _with_loss(quantized_motion(motion, i, count, document.buffer, buffer), lost_m)
        for i, motion in enumerate(document.motions)
    ]
    required = [EXTENSION]
    if options.compress is Compress.meshopt:
        moving = {use: view for use, view in buffer.views.items() if use not in small.buffer.views}
        packed, required = packed | streams(moving), [EXTENSION, MESHOPT_EXTENSION]
    worst_mm = max(motion.extras["largest_error_mm"] for motion in motions)
    return replace(
        document,
        buffer=buffer,
        primitives=small.primitives,
        bind=small.bind,
        place=small.grid,
        motions=motions,
        packed=packed,
        required=(*document.required, *required),
        extras=document.extras
        | {"compress": options.compress.value, "largest_error_mm": worst_mm}
        | {"quantization_error_mm": round(lost_m * 1000, 6)},
    )


def _kept(rig: Rig, compress: Compress) -> tuple[Small, dict[Use, Packed]]:
    """The head's part, which is the same in every file of a batch."""
    known = _KEPT.setdefault(rig, {})
    if compress not in known:
        small = quantized(rig, dense=compress is Compress.meshopt)
        known[compress] = (small, streams(small.buffer.views) if compress is Compress.meshopt else {})
    return known[compress]


def _lost_m(small: Small, rig: Rig, lines: Sequence[Line], options: Options) -> float:
    largest_k: Float32 = np.max([_largest(line.curve_nxk) for line in lines], axis=0)
    lost_m = grid_error_m(small.grid, rig.topology.neutral_vx3, rig.shapes.deltas_kxvx3, largest_k)
    share_mm = options.tolerance_mm * (1 - KEYS_SHARE)
    if lost_m * 1000 > share_mm:
        enough_mm = math.ceil(lost_m * 1e6 / (1 - KEYS_SHARE)) / 1000
        raise ExportError(
            f"integers of 16 bits cannot hold this head within {options.tolerance_mm:g} mm",
            seen=f"up to {lost_m * 1000:.3f} mm of rounding",
            wanted=f"at most {share_mm:.3f} mm, so that keys can be left out, too",
            cure=f"choose --tolerance {enough_mm:g} or more, or --compress none",
        )
    return lost_m


def _largest(curve_nxk: Float32) -> Float32:
    largest: Float32 = np.max([np.abs(some).max(axis=0) for _, some in blocks(curve_nxk)], axis=0)
    return largest


def _with_loss(motion: Motion, lost_m: float) -> Motion:
    error_mm = round(motion.extras["largest_error_mm"] + lost_m * 1000, 6)
    return replace(motion, extras=motion.extras | {"largest_error_mm": error_mm})
