"""Which texel is which vertex of which frame, and what is in it.

A frame is a run of rows, a point a column in it. Vertices of one place that move alike (seams of the UV
layout) share a column, and all that never move share the first one, whose texels are zero: half of a head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.clip import Clip
from talkwire.runtime.errors import ExportError
from talkwire.runtime.mesh import rotation_matrix, vertex_normals
from talkwire.runtime.types import Float32

STILL_M: Final = 1e-5  # what moves less is not seen to move
ALIKE_M: Final = 1e-6
BLOCK_FRAMES: Final = 32
Told = Callable[[float], None]


@dataclass(frozen=True)
class Layout:
    """columns_v: [V] each vertex' column.  vertices_c: one vertex of each.

    still: whether column 0 is of those that do not move.  low_3, high_3: of all offsets, metres.
    left_out_m: how far a vertex is off at most for sharing a column.
    """

    columns_v: npt.NDArray[np.intp] = field(repr=False)
    vertices_c: npt.NDArray[np.intp] = field(repr=False)
    still: bool
    frames: int
    width: int
    rows: int
    low_3: Float32
    high_3: Float32
    left_out_m: float

    @property
    def height(self) -> int:
        """Of the texture: rows of all frames."""
        return self.rows * self.frames

    def lookup(self) -> Float32:
        """[V, 2] middle of each vertex' texel in the first frame, as a share of the texture, v downward."""
        row, column = np.divmod(self.columns_v, self.width)
        return np.stack([(column + 0.5) / self.width, (row + 0.5) / self.height], axis=1).astype(np.float32)

    def lay(self, values_nxcx3: Float32) -> Float32:
        """[n * rows, width, 3]: values of columns in their places, zero elsewhere."""
        out = np.zeros((len(values_nxcx3), self.rows * self.width, 3), np.float32)
        out[:, : values_nxcx3.shape[1]] = values_nxcx3
        if self.still:
            out[:, 0] = 0
        return out.reshape(-1, self.width, 3)


def survey(clip: Clip, size_px: int, *, turned: bool, told: Told) -> Layout:
    """Look at all frames once. turned: whether the head's motion is in the offsets.

    Raises ExportError for a line that is too long for a texture of size_px.
    """
    _refuse_long(clip, 1, size_px)
    topology = clip.topology
    count = topology.vertex_count
    reach_v, apart_v = np.zeros((2, count), np.float32)
    low_3, high_3 = np.zeros((2, 3), np.float32)
    for offsets in _offsets(clip, turned, told):
        np.maximum(reach_v, _squares(offsets).max(axis=0), out=reach_v)
        apart = offsets - offsets[:, topology.weld_v]
        np.maximum(apart_v, _squares(apart).max(axis=0), out=apart_v)
        low_3, high_3 = (
            np.minimum(low_3, offsets.min(axis=(0, 1))),
            np.maximum(high_3, offsets.max(axis=(0, 1))),
        )
    reach_v, apart_v = np.sqrt(reach_v), np.sqrt(apart_v)
    moves_v = _with_neighbours(topology.weld_v, topology.triangles_tx3, reach_v > STILL_M)
    alike_v = np.where(apart_v <= ALIKE_M, topology.weld_v, np.arange(count))
    _, vertices_c, columns_v = np.unique(
        np.where(moves_v, alike_v, -1), return_index=True, return_inverse=True
    )
    rows = -(-len(vertices_c) // size_px)
    _refuse_long(clip, rows, size_px)
    return Layout(
        columns_v=columns_v.astype(np.intp),
        vertices_c=vertices_c,
        still=not moves_v.all(),
        frames=clip.frame_count,
        width=-(-len(vertices_c) // rows),
        rows=rows,
        low_3=low_3,
        high_3=high_3,
        left_out_m=float(max(reach_v[~moves_v].max(initial=0), apart_v[apart_v <= ALIKE_M].max(initial=0))),
    )


def positions(clip: Clip, layout: Layout, *, turned: bool, told: Told) -> Iterator[Float32]:
    """[n * rows, width, 3] metres from rest, some frames after another."""
    for offsets in _offsets(clip, turned, told):
        yield layout.lay(offsets[:, layout.vertices_c])


def normals(clip: Clip, layout: Layout, *, turned: bool, told: Told) -> Iterator[Float32]:
    """The same of normals: what is added to those at rest, before both together are made one long."""
    topology = clip.topology
    rest = vertex_normals(topology.neutral_vx3, topology.triangles_tx3, topology.weld_v)
    for offsets in _offsets(clip, turned, told):
        posed = offsets + topology.neutral_vx3
        turns = [vertex_normals(one, topology.triangles_tx3, topology.weld_v) - rest for one in posed]
        yield layout.lay(np.stack(turns)[:, layout.vertices_c])


def _offsets(clip: Clip, turned: bool, told: Told) -> Iterator[Float32]:
    neutral = clip.topology.neutral_vx3
    for start in range(0, clip.frame_count, BLOCK_FRAMES):
        run = range(start, min(start + BLOCK_FRAMES, clip.frame_count))
        places = clip.avatar.exact([clip.heard(i) for i in run])
        if turned:
            matrices = np.stack([rotation_matrix(clip.rotations_nx4[i]) for i in run])
            places = np.einsum("nij,nvj->nvi", matrices, places).astype(np.float32)
            places += clip.translations_nx3_m[run.start : run.stop, None]
        yield places - neutral
        told(run.stop / clip.frame_count)


def _squares(values_nxvx3: Float32) -> Float32:
    """[n, V]: of lengths."""
    squares: Float32 = np.einsum("nvc,nvc->nv", values_nxvx3, values_nxvx3)
    return squares


def _with_neighbours(
    weld_v: npt.NDArray[np.uint32], triangles_tx3: npt.NDArray[np.uint32], moves_v: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """And those in a triangle with one that moves: their normals turn."""
    corners_tx3 = weld_v[triangles_tx3]
    moved = np.zeros(len(weld_v), bool)
    moved[weld_v[moves_v]] = True
    moved[corners_tx3[moved[corners_tx3].any(axis=1)]] = True
    wide: npt.NDArray[np.bool_] = moved[weld_v] | moves_v
    return wide


def _refuse_long(clip: Clip, rows: int, size_px: int) -> None:
    if clip.frame_count * rows > size_px:
        raise ExportError(
            "the line is too long for one vertex animation texture",
            seen=f"{clip.frame_count} frames of {rows} rows of texels",
            wanted=f"at most {size_px // rows} frames in {size_px} rows",
            cure="lower --fps, take a --range of it, or raise --vat-size",
        )
