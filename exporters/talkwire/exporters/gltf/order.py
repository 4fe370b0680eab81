"""Triangles and vertices in an order in which neighbours follow each other: meshopt's codecs live on that."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_REMEMBERED: Final = 15  # edges that a triangle code can name

Index = npt.NDArray[np.intp]


def neighbours_first(triangles_tx3: npt.NDArray[Any]) -> Index:
    """[T] an order of the triangles: the next one shares an edge with a recent one wherever one is left."""
    corners = triangles_tx3.tolist()
    across: dict[tuple[int, int], list[int]] = {}
    for index, (a, b, c) in enumerate(corners):
        for edge in ((b, a), (c, b), (a, c)):  # as the neighbour beyond runs along it
            across.setdefault(edge, []).append(index)
    left, first = bytearray(b"\1" * len(corners)), 0
    order: list[int] = []
    recent: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
    while len(order) < len(corners):
        beside = (index for edge in recent for index in across.get(edge, ()) if left[index])
        chosen = next(beside, None)
        if chosen is None:
            chosen = first = left.index(1, first)
        left[chosen] = 0
        order.append(chosen)
        a, b, c = corners[chosen]
        recent.extendleft([(a, b), (b, c), (c, a)])
    return np.array(order, np.intp)


def by_first_use(triangles_tx3: npt.NDArray[Any], vertex_count: int) -> Index:
    """[V] the vertices as the triangles come to them; those that none comes to are last."""
    used, first = np.unique(triangles_tx3, return_index=True)
    order = used[np.argsort(first)].astype(np.intp)
    return np.concatenate([order, np.setdiff1d(np.arange(vertex_count), order)])
