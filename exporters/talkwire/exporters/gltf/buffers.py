"""Arrays into glTF's one buffer: a view per use, accessors that say type, size and bounds.

The only importer of pygltflib is `document`; this module knows glTF's numbers and nothing of its JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.spool import blocks


class Component(IntEnum):
    """glTF 2.0, 3.6.2.2: accessor.componentType."""

    BYTE = 5120
    UNSIGNED_BYTE = 5121
    SHORT = 5122
    UNSIGNED_SHORT = 5123
    UNSIGNED_INT = 5125
    FLOAT = 5126


class Target(IntEnum):
    """glTF 2.0, 5.11.5: bufferView.target."""

    ARRAY_BUFFER = 34962
    ELEMENT_ARRAY_BUFFER = 34963


@dataclass(frozen=True, slots=True)
class Use:
    """What a buffer view holds. stride_bytes is for vertex attributes only, as the specification asks.

    element_bytes: of other arrays, how long what repeats in them is, for who would compress them.
    """

    name: str
    target: Target | None = None
    stride_bytes: int | None = None
    element_bytes: int | None = None


VERTEX_VEC3: Final = Use("vertices", Target.ARRAY_BUFFER, 12)
VERTEX_VEC2: Final = Use("uvs", Target.ARRAY_BUFFER, 8)
VERTEX_BONES: Final = Use("bones", Target.ARRAY_BUFFER, 4)
TRIANGLES: Final = Use("triangles", Target.ELEMENT_ARRAY_BUFFER)
SPARSE_INDICES: Final = Use("sparse indices")
SPARSE_VALUES: Final = Use("sparse values")
KEYS: Final = Use("keys")
BIND: Final = Use("inverse bind matrices")
IMAGE: Final = Use("texture")

_TYPES: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_WIDTHS: Final = {name: width for width, name in _TYPES.items()}
_COMPONENTS: Final = {
    "<i1": Component.BYTE,
    "<u1": Component.UNSIGNED_BYTE,
    "<i2": Component.SHORT,
    "<u2": Component.UNSIGNED_SHORT,
    "<u4": Component.UNSIGNED_INT,
    "<f4": Component.FLOAT,
}
_DTYPES: Final = {component: np.dtype(name) for name, component in _COMPONENTS.items()}
_JSON_BYTES: Final = 180  # what a sparse accessor costs in JSON beyond a plain one, about


@dataclass(frozen=True, slots=True)
class Sparse:
    """The values that differ from zero, and where. Offsets in their views."""

    count: int
    indices_use: Use
    indices_offset: int
    indices_component: Component
    values_use: Use
    values_offset: int


@dataclass(frozen=True, slots=True)
class Accessor:
    """An array in a view; without a use and sparse it is all zeros."""

    count: int
    type: str
    component: Component
    use: Use | None = None
    offset: int = 0
    sparse: Sparse | None = None
    low: list[float] | None = None
    high: list[float] | None = None
    normalized: bool = False  # integers that stand for [0, 1] or [-1, 1]


@dataclass
class View:
    """What lies one after another in a buffer view. Arrays are kept, not copied: they may be long."""

    arrays: list[npt.NDArray[Any]] = field(default_factory=list)
    size_bytes: int = 0

    def put(self, values: npt.NDArray[Any]) -> int:
        """Append values at a multiple of four bytes. Returns their offset."""
        offset = self.size_bytes + -self.size_bytes % 4
        if offset > self.size_bytes:
            self.arrays.append(np.zeros(offset - self.size_bytes, np.uint8))
        self.arrays.append(np.ascontiguousarray(values))
        self.size_bytes = offset + values.nbytes
        return offset

    def fork(self) -> View:
        """Another view that holds the same so far, which is now one array, and grows by itself."""
        if len(self.arrays) > 1:
            self.arrays = [np.frombuffer(bytes(self), np.uint8)]
        return View([*self.arrays], self.size_bytes)

    def read(self, offset: int, size_bytes: int) -> npt.NDArray[np.uint8]:
        """Bytes of it, within one of its arrays."""
        starts = np.cumsum([0, *(array.nbytes for array in self.arrays)])
        at = int(np.searchsorted(starts, offset, side="right")) - 1
        inside = offset - int(starts[at])
        flat = self.arrays[at].reshape(-1).view(np.uint8)
        return flat[inside : inside + size_bytes]

    def whole(self) -> npt.NDArray[np.uint8]:
        """Its bytes as one array, which is a copy only where there are several."""
        flat = [array.reshape(-1).view(np.uint8) for array in self.arrays]
        return flat[0] if len(flat) == 1 else np.concatenate(flat)

    def runs(self) -> Iterator[npt.NDArray[Any]]:
        """Its bytes as arrays, one after another; see `spool.blocks`."""
        for array in self.arrays:
            for _, run in blocks(array):
                yield run

    def __bytes__(self) -> bytes:
        return b"".join(array.tobytes() for array in self.arrays)


@dataclass
class Buffer:
    """Grows by arrays; every array starts at a multiple of four bytes."""

    views: dict[Use, View] = field(default_factory=dict)
    accessors: list[Accessor] = field(default_factory=list)
    _zeros: dict[tuple[int, Component, bool, bool], int] = field(default_factory=dict)

    def fork(self) -> Buffer:
        """Another buffer that shares what there is so far and grows by itself."""
        return Buffer(
            {use: view.fork() for use, view in self.views.items()}, [*self.accessors], {**self._zeros}
        )

    def add(
        self, values: npt.NDArray[Any], use: Use, *, bounds: bool = False, normalized: bool = False
    ) -> int:
        """Index of a new plain accessor. values: [N] or [N, C] of a type in `Component`.

        Rows are padded to the stride of the use.  bounds: also write min and max, which the specification
        wants for positions and key times.
        """
        low, high = _bounds(values) if bounds else (None, None)
        offset = self.put(_padded(values, use.stride_bytes), use)
        return self._new(_accessor(values, use=use, offset=offset, low=low, high=high, normalized=normalized))

    def add_delta(
        self,
        values_nx3: npt.NDArray[Any],
        *,
        bounds: bool,
        use: Use = VERTEX_VEC3,
        normalized: bool = False,
        dense: bool = False,
    ) -> int:
        """Index of a morph target's accessor: plain, sparse or nothing but zeros, whichever is smallest.

        use: what it is where it is plain.  dense: it is never sparse. The rows of a sparse accessor are not
        padded: they have no stride.
        """
        moved = np.flatnonzero(any_of_three(values_nx3))
        still = np.zeros((int(len(moved) < len(values_nx3)), 3), values_nx3.dtype)
        low, high = _bounds(np.vstack([values_nx3[moved], still])) if bounds else (None, None)
        if not len(moved):
            return self._zero(values_nx3, low, high, normalized)
        indices = moved.astype(np.uint16 if len(values_nx3) <= 0xFFFF else np.uint32)
        row_bytes = 3 * values_nx3.itemsize
        sparse_bytes = indices.nbytes + row_bytes * len(moved) + _JSON_BYTES
        if dense or sparse_bytes >= len(values_nx3) * (use.stride_bytes or row_bytes):
            return self.add(values_nx3, use, bounds=bounds, normalized=normalized)
        sparse = Sparse(
            count=len(moved),
            indices_use=SPARSE_INDICES,
            indices_offset=self.put(indices, SPARSE_INDICES),
            indices_component=_component(indices),
            values_use=SPARSE_VALUES,
            values_offset=self.put(values_nx3[moved], SPARSE_VALUES),
        )
        return self._new(_accessor(values_nx3, sparse=sparse, low=low, high=high, normalized=normalized))

    def array(self, index: int) -> npt.NDArray[Any]:
        """[N, C] of an accessor of this buffer, as it is stored."""
        accessor = self.accessors[index]
        dtype, width = _DTYPES[accessor.component], _WIDTHS[accessor.type]
        if accessor.use is not None:
            step = accessor.use.stride_bytes or width * dtype.itemsize
            rows = self.views[accessor.use].read(accessor.offset, accessor.count * step)
            if step == width * dtype.itemsize:
                return rows.view(dtype).reshape(-1, width)  # it may be long, and lie in a file
            return rows.reshape(-1, step)[:, : width * dtype.itemsize].copy().view(dtype)
        values = np.zeros((accessor.count, width), dtype)
        if (sparse := accessor.sparse) is not None:
            kind = _DTYPES[sparse.indices_component]
            where = self.views[sparse.indices_use].read(sparse.indices_offset, sparse.count * kind.itemsize)
            rows = self.views[sparse.values_use].read(
                sparse.values_offset, sparse.count * width * dtype.itemsize
            )
            values[where.view(kind)] = rows.view(dtype).reshape(-1, width)
        return values

    def put(self, values: npt.NDArray[Any], use: Use) -> int:
        """Append raw values to a view. Returns their offset in it."""
        return self.views.setdefault(use, View()).put(values)

    def _zero(
        self, values: npt.NDArray[Any], low: list[float] | None, high: list[float] | None, normalized: bool
    ) -> int:
        key = (
            len(values),
            _component(values),
            low is None,
            normalized,
        )  # positions have bounds, normals none
        if key not in self._zeros:
            self._zeros[key] = self._new(_accessor(values, low=low, high=high, normalized=normalized))
        return self._zeros[key]

    def _new(self, accessor: Accessor) -> int:
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def any_of_three(values_nx3: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """[N]: rows that are not all zero; numpy's own any() is slow along so short an axis."""
    x, y, z = values_nx3.astype(bool, copy=False).T
    found: npt.NDArray[np.bool_] = x | y | z
    return found


def _accessor(
    values: npt.NDArray[Any],
    *,
    use: Use | None = None,
    offset: int = 0,
    sparse: Sparse | None = None,
    low: list[float] | None = None,
    high: list[float] | None = None,
    normalized: bool = False,
) -> Accessor:
    width = values.shape[1] if values.ndim == 2 else 1
    return Accessor(
        len(values), _TYPES[width], _component(values), use, offset, sparse, low, high, normalized
    )


def _component(values: npt.NDArray[Any]) -> Component:
    return _COMPONENTS[values.dtype.newbyteorder("<").str.replace("|", "<")]


def _padded(values: npt.NDArray[Any], stride_bytes: int | None) -> npt.NDArray[Any]:
    """Rows as wide as the stride: attributes begin at multiples of four bytes, also three of one or two."""
    short = 0 if stride_bytes is None else stride_bytes // values.itemsize - values.shape[1]
    return np.pad(values, ((0, 0), (0, short))) if short else values


def _bounds(values: npt.NDArray[Any]) -> tuple[list[float], list[float]]:
    columns = values.reshape(len(values), -1)
    return columns.min(axis=0).tolist(), columns.max(axis=0).tolist()
