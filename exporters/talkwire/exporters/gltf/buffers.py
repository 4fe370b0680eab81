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

    UNSIGNED_SHORT = 5123
    UNSIGNED_INT = 5125
    FLOAT = 5126


class Target(IntEnum):
    """glTF 2.0, 5.11.5: bufferView.target."""

    ARRAY_BUFFER = 34962
    ELEMENT_ARRAY_BUFFER = 34963


@dataclass(frozen=True, slots=True)
class Use:
    """What a buffer view holds. stride_bytes is for vertex attributes only, as the specification asks."""

    name: str
    target: Target | None = None
    stride_bytes: int | None = None


VERTEX_VEC3: Final = Use("vertices", Target.ARRAY_BUFFER, 12)
VERTEX_VEC2: Final = Use("uvs", Target.ARRAY_BUFFER, 8)
TRIANGLES: Final = Use("triangles", Target.ELEMENT_ARRAY_BUFFER)
SPARSE_INDICES: Final = Use("sparse indices")
SPARSE_VALUES: Final = Use("sparse values")
KEYS: Final = Use("keys")
IMAGE: Final = Use("texture")

_TYPES: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
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
    _zeros: dict[int, int] = field(default_factory=dict)

    def fork(self) -> Buffer:
        """Another buffer that shares what there is so far and grows by itself."""
        return Buffer(
            {use: view.fork() for use, view in self.views.items()}, [*self.accessors], {**self._zeros}
        )

    def add(self, values: npt.NDArray[Any], use: Use, *, bounds: bool = False) -> int:
        """Index of a new plain accessor. values: [N] or [N, C] float32, uint16 or uint32.

        bounds: also write min and max, which the specification wants for positions and key times.
        """
        low, high = _bounds(values) if bounds else (None, None)
        return self._new(_accessor(values, use=use, offset=self.put(values, use), low=low, high=high))

    def add_delta(self, values_nx3: npt.NDArray[np.float32], *, bounds: bool) -> int:
        """Index of a morph target's accessor: plain, sparse or nothing but zeros, whichever is smallest."""
        moved = np.flatnonzero(any_of_three(values_nx3))
        still = np.zeros((int(len(moved) < len(values_nx3)), 3), np.float32)
        low, high = _bounds(np.vstack([values_nx3[moved], still])) if bounds else (None, None)
        if not len(moved):
            return self._zero(values_nx3, low, high)
        indices = moved.astype(np.uint16 if len(values_nx3) <= 0xFFFF else np.uint32)
        if indices.nbytes + 12 * len(moved) + _JSON_BYTES >= values_nx3.nbytes:
            return self.add(values_nx3, VERTEX_VEC3, bounds=bounds)
        sparse = Sparse(
            count=len(moved),
            indices_use=SPARSE_INDICES,
            indices_offset=self.put(indices, SPARSE_INDICES),
            indices_component=_component(indices),
            values_use=SPARSE_VALUES,
            values_offset=self.put(values_nx3[moved], SPARSE_VALUES),
        )
        return self._new(_accessor(values_nx3, sparse=sparse, low=low, high=high))

    def put(self, values: npt.NDArray[Any], use: Use) -> int:
        """Append raw values to a view. Returns their offset in it."""
        return self.views.setdefault(use, View()).put(values)

    def _zero(self, values: npt.NDArray[Any], low: list[float] | None, high: list[float] | None) -> int:
        key = len(values) if low is None else -len(values)  # positions carry bounds, normals do not
        if key not in self._zeros:
            self._zeros[key] = self._new(_accessor(values, low=low, high=high))
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
) -> Accessor:
    width = values.shape[1] if values.ndim == 2 else 1
    return Accessor(len(values), _TYPES[width], _component(values), use, offset, sparse, low, high)


def _component(values: npt.NDArray[Any]) -> Component:
    by_dtype = {"u2": Component.UNSIGNED_SHORT, "u4": Component.UNSIGNED_INT, "f4": Component.FLOAT}
    return by_dtype[values.dtype.str[1:]]


def _bounds(values: npt.NDArray[Any]) -> tuple[list[float], list[float]]:
    columns = values.reshape(len(values), -1)
    return [float(x) for x in columns.min(axis=0)], [float(x) for x in columns.max(axis=0)]
