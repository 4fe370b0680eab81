"""Characters of other people's making, made here: odd spellings, skins, bones, foreign extras and formats.

Every maker returns the path of a .glb or .gltf that Khronos' validator has nothing to say about.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Names = dict[str, list[str]]


@dataclass
class Maker:
    """glTF by hand: floats into one buffer, objects into lists."""

    data: bytearray = field(default_factory=bytearray)
    tree: dict[str, Any] = field(default_factory=lambda: {
        "asset": {"version": "2.0", "generator": "somebody's exporter 7"},
        "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [], "meshes": [], "accessors": [], "bufferViews": [],
    })  # fmt: skip

    def add(self, values: np.ndarray, kind: str, *, bounds: bool = False, target: int | None = None) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        self.data += values.tobytes()
        self.tree["bufferViews"].append(view | ({"target": target} if target else {}))
        code = {"<f4": 5126, "<u2": 5123, "|u1": 5121}[values.dtype.str]
        accessor = {"bufferView": len(self.tree["bufferViews"]) - 1, "componentType": code, "type": kind,
                    "count": len(values)}  # fmt: skip
        if bounds:
            low, high = (f(values.reshape(len(values), -1), axis=0).tolist() for f in (np.min, np.max))
            accessor |= {"min": low, "max": high}
        self.tree["accessors"].append(accessor)
        return len(self.tree["accessors"]) - 1

    def save(self, path: Path) -> Path:
        """Written with spaces and digits that no JSON library would choose."""
        self.tree["buffers"] = [{"byteLength": len(self.data)}]
        if path.suffix == ".gltf":
            (path.parent / "rig buffer.bin").write_bytes(self.data)
            self.tree["buffers"][0]["uri"] = "rig%20buffer.bin"
        text = json.dumps(self.tree, indent=3).replace('"ODD"', "1.2500000e-01").encode()
        if path.suffix == ".gltf":
            path.write_bytes(text)
            return path
        text += b" " * (-len(text) % 4)
        data = bytes(self.data) + b"\0" * (-len(self.data) % 4)
        chunks = (
            struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data
        )
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
        return path


def rig(path: Path, names: Names, *, bones: tuple[str, ...] = (), moved: bool = True) -> Path:
    """Meshes of these morph targets, on a skeleton of a chain of bones where there are any.

    With an animation, extras, an extension, a camera and odd digits of its own (moved).
    """
    maker, rng = Maker(), np.random.default_rng(3)
    tree = maker.tree
    tree["nodes"].append({"name": "Root", "children": [], "extras": {"odd": "ODD", "naïve": "面"}})
    joints = _skeleton(maker, bones) if bones else []
    for number, (mesh, targets) in enumerate(names.items()):
        places = _grid(number)
        attributes = {"POSITION": maker.add(places, "VEC3", bounds=True, target=34962)}
        if bones:
            hold = np.zeros((len(places), 4), "<u1")
            hold[:, 0] = len(joints) - 1
            weights = np.tile(np.array([1, 0, 0, 0], "<f4"), (len(places), 1))
            attributes |= {"JOINTS_0": maker.add(hold, "VEC4", target=34962)}
            attributes |= {"WEIGHTS_0": maker.add(weights, "VEC4", target=34962)}
        corners = _triangles()
        deltas = [_delta(places, name, rng) for name in targets]
        primitive = {
            "attributes": attributes,
            "indices": maker.add(corners, "SCALAR", target=34963),
            "material": 0,
            "targets": [{"POSITION": maker.add(d, "VEC3", bounds=True, target=34962)} for d in deltas],
        }
        said = {"name": mesh, "primitives": [primitive], "extras": {"targetNames": targets}}
        said["weights"] = [0.0] * len(targets)
        if not targets:
            del primitive["targets"], said["extras"], said["weights"]
        tree["meshes"].append(said)
        node = {"name": f"{mesh} node", "mesh": number} | ({"skin": 0} if bones else {})
        tree["nodes"].append(node)
        tree["scenes"][0]["nodes" if bones else "extras"] = (
            [*tree["scenes"][0]["nodes"], len(tree["nodes"]) - 1] if bones else {"kept": True}
        )
        if not bones:
            tree["nodes"][0]["children"].append(len(tree["nodes"]) - 1)
    tree["materials"] = [{"name": "skin", "pbrMetallicRoughness": {"baseColorFactor": [0.8, 0.6, 0.5, 1]},
                          "extensions": {"KHR_materials_specular": {"specularFactor": 0.3}}}]  # fmt: skip
    tree["extensionsUsed"] = ["KHR_materials_specular"]
    if moved:
        stamps = maker.add(np.array([0, 1], "<f4"), "SCALAR", bounds=True)
        places = maker.add(np.array([[0, 0, 0], [0, 0.1, 0]], "<f4"), "VEC3")
        channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
        samplers = [{"input": stamps, "output": places}]
        tree["animations"] = [{"name": "Wave", "samplers": samplers, "channels": [channel]}]
    if not tree["nodes"][0]["children"]:
        del tree["nodes"][0]["children"]
    return maker.save(path)


def _skeleton(maker: Maker, bones: tuple[str, ...]) -> list[int]:
    """A chain, each bone turned about another axis than its parent; the mesh is bound where it stands."""
    tree, nodes = maker.tree, maker.tree["nodes"]
    world, inverses, joints, above = np.eye(4), [], [], 0
    for number, name in enumerate(bones):
        axis, angle = np.eye(3)[number % 3], 0.4 + 0.3 * number
        turn = [*(axis * np.sin(angle / 2)).tolist(), float(np.cos(angle / 2))]
        up = [0.0, 0.12, 0.0]
        nodes.append({"name": name, "rotation": turn, "translation": up})
        joints.append(len(nodes) - 1)
        nodes[above].setdefault("children", []).append(joints[-1])
        above = joints[-1]
        world = world @ _matrix(turn, up)
        inverses.append(np.linalg.inv(world).T.reshape(16))
    bind = maker.add(np.array(inverses, "<f4").reshape(-1, 16), "MAT4")
    tree["skins"] = [{"joints": joints, "inverseBindMatrices": bind, "skeleton": joints[0]}]
    return joints


def _matrix(turn: list[float], up: list[float]) -> np.ndarray:
    x, y, z, w = turn
    out = np.eye(4)
    out[:3, :3] = [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                   [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                   [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]  # fmt: skip
    out[:3, 3] = up
    return out


SIDE = 9


def _grid(number: int) -> np.ndarray:
    """A sheet of 18 cm before the face's plane, each mesh a little behind the last."""
    x, y = np.meshgrid(np.linspace(-0.09, 0.09, SIDE), np.linspace(0, 0.18, SIDE))
    return np.stack([x.ravel(), y.ravel() + 1.5, np.full(x.size, -0.02 * number)], axis=1).astype("<f4")


def _triangles() -> np.ndarray:
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, :-1], at[1:, 1:]
    return np.stack([a, b, d, a, d, c], axis=-1).ravel().astype("<u2")


def _delta(places: np.ndarray, name: str, rng: np.random.Generator) -> np.ndarray:
    """Jaws go down at the lower half, everything else somewhere."""
    delta = np.zeros_like(places)
    low = places[:, 1] < 1.57
    delta[low] = rng.normal(0, 0.004, 3)
    if any(word in name.lower() for word in ("open", "aa", "mth_a")) or name == "A":
        delta[low] = [0, -0.03, 0]
    return delta.astype("<f4")
