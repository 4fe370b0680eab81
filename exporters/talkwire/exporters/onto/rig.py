"""What of a character can be animated: meshes with named morph targets, and the bones of its head."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.raw import COMPONENTS, Raw, Tree, damaged, read_gltf

Float64 = npt.NDArray[np.float64]

UNKNOWN_REACH_M: Final = 0.02  # of a target that does not say how far it goes
_FAR_M: Final = 1e6
_NOT_BONES: Final = {"end", "top", "nub", "leaf", "null", "tip", "look", "aim", "ik", "ctrl"}


@dataclass(frozen=True)
class Face:
    """A node that carries a mesh with K morph targets. mesh: its name, or "#3" where it has none of its own.

    rest: [K] the weights it has when nothing animates it.  reach_m: [K] how far each target goes, at least.
    """

    mesh: str
    node: int
    names: tuple[str, ...]
    rest: tuple[float, ...]
    reach_m: Float64 = field(repr=False)


@dataclass(frozen=True)
class Rig:
    """bones: by name, nodes that can be turned.  head: the name of the one that turns the head, if any.

    facing: "+z", as glTF asks, or "-z", as VRM 0.x does.  above: the parent of each node.  turns: [4] xyzw of
    each node at rest.
    """

    raw: Raw
    faces: tuple[Face, ...]
    bones: dict[str, int]
    head: str | None
    facing: str
    above: dict[int, int] = field(repr=False)
    turns: list[Float64] = field(repr=False)

    def turn_above(self, node: int) -> Float64:
        """[4] xyzw of what a node hangs on, in the scene, at rest. Scales are taken for even."""
        rotation = np.array([0, 0, 0, 1.0])
        for index in _ancestry(self.raw, self.above.get(node), self.above):
            rotation = times(self.turns[index], rotation)
        return rotation

    @property
    def meshes(self) -> dict[str, tuple[str, ...]]:
        """Target names by mesh."""
        return {face.mesh: face.names for face in self.faces}


def read_rig(path: Path) -> Rig:
    """Read a character. Raises ExportError for a file that is no glTF, or damaged."""
    raw = read_gltf(path)
    try:
        return _rig(raw)
    except (TypeError, KeyError, AttributeError, ValueError, IndexError) as error:
        damaged(
            path, f"{type(error).__name__}: {error}"[:120], "objects, lists and numbers where glTF has them"
        )


def _rig(raw: Raw) -> Rig:
    nodes = raw.list("nodes")
    names = _mesh_names(raw)
    above = {int(child): index for index, node in enumerate(nodes) for child in node.get("children", [])}
    faces = tuple(
        _face(raw, index, names[mesh], above)
        for index, node in enumerate(nodes)
        if "mesh" in node and _targets(raw.item("meshes", mesh := node["mesh"]))
    )
    joints = {int(joint) for skin in raw.list("skins") for joint in skin["joints"]}
    turnable = {
        index: str(node.get("name", f"#{index}")) for index, node in enumerate(nodes) if "matrix" not in node
    }
    bones = {name: index for index, name in reversed(turnable.items())}  # of one name, the first
    # without a skin, a group; a mesh of that name turns about its own origin, which may be at the feet
    among = [name for name, i in bones.items() if (i in joints if joints else nodes[i].get("children"))]
    among = [name for name in among if "mesh" not in nodes[bones[name]]]
    turns = [_turn(node) for node in nodes]
    return Rig(raw, faces, bones, _vrm_head(raw, turnable) or _head(among), _facing(raw), above, turns)


def _ancestry(raw: Raw, node: int | None, above: dict[int, int]) -> list[int]:
    """A node, its parent and so on. Raises ExportError for a circle."""
    line: list[int] = []
    while node is not None:
        if node in line:
            damaged(raw.path, f"node {node} above itself", "a tree of nodes")
        line.append(node)
        node = above.get(node)
    return line


def _turn(node: Tree) -> Float64:
    """[4] xyzw, unit length, of a node at rest."""
    if "matrix" in node:
        return _of_matrix(np.asarray(node["matrix"], float).reshape(4, 4).T[:3, :3])
    rotation = np.clip(np.asarray(node.get("rotation", [0, 0, 0, 1]), float), -1, 1).reshape(4)
    length = np.linalg.norm(rotation)
    return rotation / length if length > 0 else np.array([0, 0, 0, 1.0])


def times(a: Float64, b: Float64) -> Float64:
    """Product of quaternions xyzw, [..., 4] each: first b, then a."""
    av, aw, bv, bw = a[..., :3], a[..., 3:], b[..., :3], b[..., 3:]
    vector = aw * bv + bw * av + np.cross(av, bv)
    return np.concatenate([vector, aw * bw - (av * bv).sum(axis=-1, keepdims=True)], axis=-1)


def _mesh_names(raw: Raw) -> list[str]:
    names = [str(mesh.get("name", "")) for mesh in raw.list("meshes")]
    return [name if name and names.count(name) == 1 else f"#{i}" for i, name in enumerate(names)]


def _targets(mesh: Tree) -> list[Any]:
    primitives = mesh.get("primitives")
    first = primitives[0] if isinstance(primitives, list) and primitives else {}
    targets = first.get("targets") if isinstance(first, dict) else None
    return targets if isinstance(targets, list) else []


def _face(raw: Raw, index: int, name: str, above: dict[int, int]) -> Face:
    node = raw.list("nodes")[index]
    mesh = raw.item("meshes", node["mesh"])
    count = len(_targets(mesh))
    rest = node.get("weights", mesh.get("weights", [0.0] * count))
    if not isinstance(rest, list) or len(rest) != count or not all(isinstance(w, (int, float)) for w in rest):
        damaged(
            raw.path, f"weights of mesh {name!r} that are not {count} numbers", "one for each morph target"
        )
    reach = [max((_reach(raw, p, k) for p in mesh["primitives"]), default=0.0) for k in range(count)]
    return Face(
        name,
        index,
        _target_names(mesh, count),
        tuple(map(float, rest)),
        np.array(reach) * _scale(raw, index, above),
    )


def _target_names(mesh: Tree, count: int) -> tuple[str, ...]:
    """By the convention of extras.targetNames, which older exporters put into the primitive."""
    for holder in (mesh, mesh["primitives"][0]):
        extras = holder.get("extras")
        names = extras.get("targetNames") if isinstance(extras, dict) else None
        if isinstance(names, list) and len(names) == count:
            return tuple(map(str, names))
    return tuple(f"#{k}" for k in range(count))


def _reach(raw: Raw, primitive: Any, k: int) -> float:
    """How far a target goes by its bounds, which positions should have."""
    targets = primitive.get("targets") if isinstance(primitive, dict) else None
    if not isinstance(targets, list) or len(targets) <= k or not isinstance(targets[k], dict):
        damaged(raw.path, "primitives of a mesh with unequal targets", "as many in each")
    if "POSITION" not in targets[k]:
        return 0.0
    accessor = raw.item("accessors", targets[k]["POSITION"])
    try:
        corners = np.array([accessor["min"], accessor["max"]], float).reshape(2, 3)
    except (KeyError, ValueError, TypeError):
        return UNKNOWN_REACH_M
    dtype = np.dtype(COMPONENTS.get(accessor.get("componentType", 0), "<f4"))
    if accessor.get("normalized") is True and dtype.kind in "iu":
        corners /= np.iinfo(dtype).max
    return float(np.linalg.norm(np.abs(np.clip(corners, -_FAR_M, _FAR_M)).max(axis=0)))


def _scale(raw: Raw, node: int, above: dict[int, int]) -> float:
    """Of the node's world; a skin places its mesh by bones instead, whose scales are not asked."""
    scale = 1.0
    for index in [] if "skin" in raw.list("nodes")[node] else _ancestry(raw, node, above):
        said = np.asarray(raw.list("nodes")[index].get("scale", [1.0]), float)
        scale *= float(np.abs(said).max(initial=0)) if np.isfinite(said).all() else 1.0
    return scale


def _vrm_head(raw: Raw, turnable: dict[int, str]) -> str | None:
    extensions = raw.tree.get("extensions")
    said = extensions if isinstance(extensions, dict) else {}
    try:
        if "VRMC_vrm" in said:
            return turnable.get(said["VRMC_vrm"]["humanoid"]["humanBones"]["head"]["node"])
        bones = said["VRM"]["humanoid"]["humanBones"]
        return next((turnable.get(bone["node"]) for bone in bones if bone["bone"] == "head"), None)
    except (KeyError, TypeError):
        return None


def _facing(raw: Raw) -> str:
    extensions = raw.tree.get("extensions")
    return "-z" if isinstance(extensions, dict) and "VRM" in extensions else "+z"


def _head(names: list[str]) -> str | None:
    """The bone called head, in whatever company, else the one called neck."""
    for wanted in ("head", "neck"):
        found = [name for name in names if wanted in (said := _words(name)) and not _NOT_BONES & set(said)]
        if found:
            return min(found, key=len)
    return None


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def _of_matrix(m: Float64) -> Float64:
    """Rotation of a matrix, its scale taken out."""
    m = m / np.maximum(np.linalg.norm(m, axis=0), 1e-12)
    squares = np.array([1 + m[0, 0] - m[1, 1] - m[2, 2], 1 - m[0, 0] + m[1, 1] - m[2, 2],
                        1 - m[0, 0] - m[1, 1] + m[2, 2], 1 + np.trace(m)])  # fmt: skip
    x, y, z, w = np.sqrt(np.maximum(squares, 0)) / 2
    q = np.array([np.copysign(x, m[2, 1] - m[1, 2]), np.copysign(y, m[0, 2] - m[2, 0]),
                  np.copysign(z, m[1, 0] - m[0, 1]), w])  # fmt: skip
    return q / max(float(np.linalg.norm(q)), 1e-12)
