"""The two codecs of EXT_meshopt_compression that a head needs; they give back every bit.

Source: Khronos registry, EXT_meshopt_compression, appendix A (bitstream): mode 0 for attributes, mode 1 for
triangles. Nothing is filtered, so nothing is lost beyond what the quantisation before it lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_ATTRIBUTES_HEADER: Final = b"\xa0"
_GROUP: Final = 16
_BLOCK_BYTES: Final = 8192
_MOST_ELEMENTS: Final = 256
_TAIL_BYTES: Final = 32
LARGEST_STRIDE: Final = 256
_SLAB_BLOCKS: Final = 64  # at once: memory does not grow with the data

_TRIANGLES_HEADER: Final = b"\xe1"
_NO_TABLE: Final = bytes(16)  # of pairs that are worth a code of their own: two new vertices alone
_FIFO: Final = 16
_EDGES: Final = 15  # of the 16 can be named
_VERTICES: Final = 13  # and of the vertices the second to the thirteenth
_EXPLICIT: Final = 15

Bytes = npt.NDArray[np.uint8]


def encode_attributes(data: Bytes, stride: int) -> bytes:
    """Mode 0. data: the bytes of whole elements of stride bytes; stride: a multiple of 4 up to 256."""
    assert stride % 4 == 0 and 0 < stride <= LARGEST_STRIDE and len(data) and len(data) % stride == 0
    elements_nxs = data.reshape(-1, stride)
    size = min((_BLOCK_BYTES // stride) & ~(_GROUP - 1), _MOST_ELEMENTS)
    slab = size * _SLAB_BLOCKS
    slabs = [_slab(elements_nxs, start, slab, size) for start in range(0, len(elements_nxs), slab)]
    tail = bytes(max(0, _TAIL_BYTES - stride)) + elements_nxs[0].tobytes()
    return b"".join([_ATTRIBUTES_HEADER, *slabs, tail])


def _slab(elements_nxs: Bytes, start: int, count: int, size: int) -> bytes:
    """Blocks of `size` elements, the last one of all perhaps shorter."""
    before = elements_nxs[max(0, start - 1)][None]
    here = elements_nxs[start : start + count]
    deltas = here - np.concatenate([before, here[:-1]])  # modulo 256, as the format wants
    signs = (deltas >> 7) * np.uint8(0xFF)
    zigzag: Bytes = (deltas << 1) ^ signs
    whole = len(here) // size * size
    stride = here.shape[1]
    return _blocks(zigzag[:whole].reshape(-1, size, stride)) + _blocks(zigzag[None, whole:])


def _blocks(zigzag_bxnxs: Bytes) -> bytes:
    """Blocks of equal length: for each byte of the element two bits per group of 16, then the groups."""
    blocks, count, stride = zigzag_bxnxs.shape
    if not blocks or not count:
        return b""
    groups = -(-count // _GROUP)
    padded = np.zeros((blocks, groups * _GROUP, stride), np.uint8)
    padded[:, :count] = zigzag_bxnxs
    rows = padded.transpose(0, 2, 1).reshape(-1, _GROUP)
    choices = [_nothing(rows), _sentinels(rows, bits=2), _sentinels(rows, bits=4), _plain(rows)]
    sizes = np.stack([used.sum(axis=1) for _, used in choices])
    sizes[0, rows.any(axis=1)] = _GROUP + 1  # never the smallest
    best = sizes.argmin(axis=0)
    chosen = (np.arange(len(rows)), best)
    values = np.stack([value for value, _ in choices], axis=1)[chosen]
    used = np.stack([used for _, used in choices], axis=1)[chosen]
    lists = blocks * stride
    modes = np.zeros((lists, -(-groups // 4), 4), np.uint8)
    modes.reshape(lists, -1)[:, :groups] = best.reshape(lists, groups)
    heads = (modes << np.array([0, 2, 4, 6], np.uint8)).sum(axis=2, dtype=np.uint8)
    everything = np.hstack([heads, values.reshape(lists, -1)])
    kept = np.hstack([np.ones(heads.shape, bool), used.reshape(lists, -1)])
    written: Bytes = everything[kept]
    return written.tobytes()


_WIDEST: Final = 8 + _GROUP  # bytes of a group: 4 bits each, and all of them sentinels

Choice = tuple[Bytes, npt.NDArray[np.bool_]]  # [R, 24] bytes of each group, and which of them are written


def _nothing(rows: Bytes) -> Choice:
    shape = (len(rows), _WIDEST)
    return np.zeros(shape, np.uint8), np.zeros(shape, bool)


def _plain(rows: Bytes) -> Choice:
    values, used = _nothing(rows)
    values[:, :_GROUP], used[:, :_GROUP] = rows, True
    return values, used


def _sentinels(rows: Bytes, *, bits: int) -> Choice:
    """Small values in few bits, first in the highest; those that do not fit follow as bytes."""
    values, used = _nothing(rows)
    sentinel, per_byte = (1 << bits) - 1, 8 // bits
    width = _GROUP // per_byte
    small = np.minimum(rows, sentinel).reshape(-1, width, per_byte)
    shifts = np.arange(8 - bits, -1, -bits).astype(np.uint8)
    values[:, :width], used[:, :width] = (small << shifts).sum(axis=2, dtype=np.uint8), True
    values[:, width : width + _GROUP], used[:, width : width + _GROUP] = rows, rows >= sentinel
    return values, used


def encode_triangles(triangles_tx3: npt.NDArray[Any]) -> bytes:
    """Mode 1. triangles_tx3: [T, 3] of any unsigned type.

    Decoded triangles come in the same order and winding, but may begin at another of their corners.
    """
    state = _Triangles()
    for a, b, c in triangles_tx3.tolist():
        state.add(a, b, c)
    return b"".join([_TRIANGLES_HEADER, bytes(state.codes), bytes(state.data), _NO_TABLE])


class _Triangles:
    """What encoder and decoder both know: recent edges and vertices, newest first, and two indices."""

    def __init__(self) -> None:
        self.codes, self.data = bytearray(), bytearray()
        self.next = self.last = 0
        self.edges: deque[tuple[int, int]] = deque(maxlen=_FIFO)
        self.vertices: deque[int] = deque(maxlen=_FIFO)

    def add(self, a: int, b: int, c: int) -> None:
        """One more triangle: on an edge that is known, or on its own."""
        turns = {(a, b): c, (b, c): a, (c, a): b}
        for at, edge in enumerate(self.edges):
            if at == _EDGES:
                break
            if edge in turns:
                self._on_edge(at, *edge, turns[edge])
                return
        for edge, third in turns.items():
            if edge[0] == self.next:
                self._alone(*edge, third)
                return
        self._alone(a, b, c)

    def _on_edge(self, at: int, a: int, b: int, c: int) -> None:
        known = next((y for y in range(1, min(_VERTICES, len(self.vertices))) if self.vertices[y] == c), 0)
        if c == self.next:
            low, self.next = 0, self.next + 1
        elif known:
            low = known
        elif c in (self.last - 1, self.last + 1):
            low, self.last = (0xD if c < self.last else 0xE), c
        else:
            low = _EXPLICIT
            self._index(c)
        self.codes.append(at << 4 | low)
        self._push([(c, b), (a, c)], [] if known and low == known else [c])

    def _alone(self, a: int, b: int, c: int) -> None:
        code, explicit = 0xFF, [a]
        if a == self.next:
            code, explicit, self.next = 0xFE, [], self.next + 1
        low_b, low_c = self._corner(b), self._corner(c)
        if code == 0xFE and low_b == low_c == 0:
            self.codes.append(0xF0)
        else:
            self.codes.append(code)
            self.data.append(low_b << 4 | low_c)
        explicit += [corner for corner, low in ((b, low_b), (c, low_c)) if low == _EXPLICIT]
        for corner in explicit:
            self._index(corner)
        fresh = [corner for corner, low in ((b, low_b), (c, low_c)) if low in (0, _EXPLICIT)]
        self._push([(b, a), (c, b), (a, c)], [a, *fresh])

    def _corner(self, corner: int) -> int:
        """0 for the next new vertex, 1 to 14 for a recent one, 15 for one that is written out."""
        if corner == self.next:
            self.next += 1
            return 0
        recent = list(self.vertices)[: _EXPLICIT - 1]
        return recent.index(corner) + 1 if corner in recent else _EXPLICIT

    def _index(self, index: int) -> None:
        delta = index - self.last
        self.last = index
        rest = (delta << 1) ^ (delta >> 31)
        while rest > 0x7F:
            self.data.append(rest & 0x7F | 0x80)
            rest >>= 7
        self.data.append(rest)

    def _push(self, edges: Iterable[tuple[int, int]], vertices: Iterable[int]) -> None:
        self.edges.extendleft(edges)
        self.vertices.extendleft(vertices)
