"""A finished document made smaller, by integers and streams of meshopt. The tolerance holds for all of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.buffers import Buffer, Use
from talkwire.exporters.gltf.document import MESHOPT_EXTENSION, Document, Motion, Packed
from talkwire.exporters.gltf.packing import streams
from talkwire.exporters.gltf.quantize import (
    EXTENSION,
    Small,
    bound_m,
    measured_m,
    quantized,
    quantized_motion,
)
from talkwire.exporters.gltf.rig import Rig
from talkwire.exporters.gltf.shapes import BLOCK_FRAMES
from talkwire.exporters.options import Compress, Options
from talkwire.runtime.errors import ExportError
from talkwire.runtime.spool import blocks, release
from talkwire.runtime.types import Float32

Array = npt.NDArray[Any]

KEYS_SHARE: Final = 0.7  # of the tolerance, where integers need the rest

_KEPT: Final[MutableMapping[Rig, dict[Compress, tuple[Small, dict[Use, Packed]]]]] = WeakKeyDictionary()


def for_keys(options: Options) -> Options:
    """The same choices with the part of the tolerance that left-out keys may take."""
    if options.compress is Compress.none:
        return options
    return replace(options, tolerance_mm=options.tolerance_mm * KEYS_SHARE)


def compressed(document: Document, rig: Rig, options: Options) -> Document:
    """The document as options.compress wants it; its extras say what the integers cost.

    Raises ExportError when they cost more than the tolerance leaves them.
    """
    if options.compress is Compress.none:
        return document
    small, packed = _kept(rig, options.compress)
    buffer, count = small.buffer.fork(), len(document.target_names)
    motions = [
        quantized_motion(motion, i, count, document.buffer, buffer)
        for i, motion in enumerate(document.motions)
    ]
    lost_m = _lost_m(small, rig, list(_weights(document, motions, buffer)), options)
    motions = [_with_loss(motion, lost_m) for motion in motions]
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


def _lost_m(small: Small, rig: Rig, weights: Sequence[tuple[Float32, Array]], options: Options) -> float:
    """What integers cost: a bound that is found at once, or where that is too much, the measured loss."""
    share_m = options.tolerance_mm / 1000 * (1 - KEYS_SHARE)
    largest_k = np.zeros(len(rig.shapes.names), np.float32)
    for exact, _ in _blocks(weights):
        largest_k = np.maximum(largest_k, np.abs(exact).max(axis=0))
    lost_m = bound_m(small.grid, rig, largest_k)
    if lost_m > share_m:
        lost_m = measured_m(small.grid, rig, _blocks(weights))
    if lost_m > share_m:
        enough_mm = math.ceil(lost_m * 1e6 / (1 - KEYS_SHARE)) / 1000
        raise ExportError(
            f"integers of 16 bits cannot hold this head within {options.tolerance_mm:g} mm",
            seen=f"up to {lost_m * 1000:.3f} mm of rounding",
            wanted=f"at most {share_m * 1000:.3f} mm, so that keys can be left out, too",
            cure=f"choose --tolerance {enough_mm:g} or more, or --compress none",
        )
    return lost_m


def _weights(
    document: Document, motions: Sequence[Motion], buffer: Buffer
) -> Iterator[tuple[Float32, Array]]:
    """Of each line the weights of its keys, [n, K], as they are and as they are stored."""
    for before, after in zip(document.motions, motions, strict=True):
        for old, new in zip(before.channels, after.channels, strict=True):
            if old.path == "weights":
                shape = (-1, len(document.target_names))
                yield (
                    document.buffer.array(old.values).reshape(shape),
                    buffer.array(new.values).reshape(shape),
                )


def _blocks(weights: Sequence[tuple[Float32, Array]]) -> Iterator[tuple[Float32, Float32]]:
    for exact, stored in weights:
        unit = np.iinfo(stored.dtype).max if stored.dtype.kind in "iu" else 1
        for start, some in blocks(exact, BLOCK_FRAMES):
            yield some, (stored[start : start + BLOCK_FRAMES] / np.float32(unit)).astype(np.float32)
            release(stored)


def _with_loss(motion: Motion, lost_m: float) -> Motion:
    error_mm = round(motion.extras["largest_error_mm"] + lost_m * 1000, 6)
    return replace(motion, extras=motion.extras | {"largest_error_mm": error_mm})
