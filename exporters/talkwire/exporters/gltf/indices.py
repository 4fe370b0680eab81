"""Who names whom in a glTF file by index, for what moves when something goes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from talkwire.exporters.gltf.raw import Raw, Tree


def mesh_accessors(tree: Tree) -> Iterator[int]:
    """Accessors of meshes and their skins, in order."""
    for holder, key in _mesh_places(tree):
        yield holder[key]


def _mesh_places(tree: Tree) -> Iterator[tuple[Tree, str]]:
    """Where meshes and their skins name accessors."""
    yield from (
        (skin, "inverseBindMatrices") for skin in tree.get("skins", []) if "inverseBindMatrices" in skin
    )
    for mesh in tree["meshes"]:
        for primitive in mesh["primitives"]:
            if "indices" in primitive:
                yield primitive, "indices"
            for attributes in (primitive["attributes"], *primitive.get("targets", [])):
                yield from ((attributes, name) for name in attributes)


def renumber_meshes(tree: Tree, moved: dict[int, int]) -> None:
    """Where accessors of meshes have gone."""
    for holder, key in list(_mesh_places(tree)):
        holder[key] = moved[holder[key]]


def viewed(accessor: Tree, shift: dict[int, int]) -> Tree:
    """The accessor after its views have gone elsewhere."""
    accessor = copy.deepcopy(accessor)
    renumber_views(accessor, shift)
    return accessor


def renumber_views(value: Any, shift: dict[int, int]) -> None:
    """Wherever views are named: accessors, sparse ones, images, sounds."""
    if isinstance(value, dict):
        if isinstance(value.get("bufferView"), int):
            value["bufferView"] = shift[value["bufferView"]]
        for part in value.values():
            renumber_views(part, shift)
    elif isinstance(value, list):
        for part in value:
            renumber_views(part, shift)


def views_of(raw: Raw, accessors: set[int]) -> set[int]:
    """Views that these accessors read and no others."""
    read = [{accessor.get("bufferView")} for accessor in raw.list("accessors")]
    used = {view for i, views in enumerate(read) if i in accessors for view in views if view is not None}
    others = {view for i, views in enumerate(read) if i not in accessors for view in views}
    return used - others
