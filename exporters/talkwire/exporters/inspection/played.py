"""The places of a file's vertices at any time, from the specification alone: what a player would show.

Source: Khronos, glTF 2.0 Specification, 3.7 (meshes, morph targets, skins), 3.11 and appendix C (animation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.raw import Raw, Tree, damaged
from talkwire.exporters.inspection.facts import target_names
from talkwire.runtime.errors import ExportError

Float64 = npt.NDArray[np.float64]

_REST: Final = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}


@dataclass(frozen=True)
class Played:
    """The one mesh of a file, in one of its animations.

    base_vx3: [V, 3] of all primitives in order.  deltas_kx3v: [K, 3 V].  hold: joint matrices at rest and
    [V, 4] joints and weights, where a skin moves it.
    """

    raw: Raw
    animation: Tree
    node: int
    base_vx3: Float64
    deltas_kx3v: npt.NDArray[np.float32]
    hold: tuple[list[int], Float64, npt.NDArray[np.intp], Float64] | None

    def vertices(self, times_n_s: Float64) -> Float64:
        """[N, V, 3] metres in the scene."""
        count = len(self.deltas_kx3v)
        weights = self._channel(self.node, "weights", times_n_s, self._still_weights(count))
        moved = (weights.astype(np.float32) @ self.deltas_kx3v).astype(np.float64)
        places = moved.reshape(len(times_n_s), -1, 3) + self.base_vx3
        if self.hold is None:
            return _placed(places, self._world(self.node, times_n_s))
        joints, binds, joints_vx4, weights_vx4 = self.hold
        out = np.zeros_like(places)
        for at, joint in enumerate(joints):
            share_v = np.where(joints_vx4 == at, weights_vx4, 0).sum(axis=1)
            if share_v.any():
                out += share_v[:, None] * _placed(places, self._world(joint, times_n_s) @ binds[at])
        return out

    def _still_weights(self, count: int) -> Float64:
        node = self.raw.item("nodes", self.node)
        mesh = self.raw.item("meshes", node["mesh"])
        return np.asarray(node.get("weights", mesh.get("weights", [0.0] * count)), np.float64)

    def _world(self, node: int | None, times_n_s: Float64) -> Float64:
        """[N, 4, 4]."""
        world, seen = np.tile(np.eye(4), (len(times_n_s), 1, 1)), set()
        while node is not None:
            if node in seen:
                damaged(self.raw.path, f"node {node} above itself", "a tree of nodes")
            seen.add(node)
            world = self._local(node, times_n_s) @ world
            above = enumerate(self.raw.list("nodes"))
            node = next((i for i, other in above if node in other.get("children", [])), None)
        return world

    def _local(self, node: int, times_n_s: Float64) -> Float64:
        said = self.raw.item("nodes", node)
        if "matrix" in said:
            return np.tile(np.asarray(said["matrix"], np.float64).reshape(4, 4).T, (len(times_n_s), 1, 1))
        t, r, s = (
            self._channel(node, path, times_n_s, np.asarray(said.get(path, rest), np.float64))
            for path, rest in _REST.items()
        )
        local = np.zeros((len(times_n_s), 4, 4))
        local[:, :3, :3] = _rotations(r) * s[:, None, :]
        local[:, :3, 3] = t
        local[:, 3, 3] = 1
        return local

    def _channel(self, node: int, path: str, times_n_s: Float64, still: Float64) -> Float64:
        """[N, C] of what is animated, or as it stands."""
        for channel in self.animation["channels"]:
            if (channel["target"].get("node"), channel["target"]["path"]) == (node, path):
                sampler = self.animation["samplers"][channel["sampler"]]
                if sampler.get("interpolation", "LINEAR") != "LINEAR":
                    raise ExportError(
                        f"{self.raw.path.name} cannot be compared",
                        seen=f"interpolation {sampler['interpolation']!r}",
                        wanted="LINEAR",
                        cure="look at it in Blender",
                    )
                stamps = self.raw.array(sampler["input"])[:, 0].astype(np.float64)
                values = self.raw.array(sampler["output"]).astype(np.float64).reshape(len(stamps), -1)
                return _at(times_n_s, stamps, values, path == "rotation")
        return np.tile(still, (len(times_n_s), 1))


def played(raw: Raw, animation: Tree) -> Played:
    """Raises ExportError for a file with more or fewer than one mesh, and for one that is compressed."""
    carriers = [index for index, node in enumerate(raw.list("nodes")) if "mesh" in node]
    if len(carriers) != 1:
        raise ExportError(
            f"{raw.path.name} cannot be compared",
            seen=f"{len(carriers)} meshes",
            wanted="one",
            cure="see --no-source",
        )
    node = raw.item("nodes", carriers[0])
    mesh = raw.item("meshes", node["mesh"])
    base = [raw.array(p["attributes"]["POSITION"]) for p in mesh["primitives"]]
    deltas = [
        np.concatenate([raw.array(p["targets"][k]["POSITION"]) for p in mesh["primitives"]])
        for k in range(len(target_names(mesh)))
    ]
    flat = np.array([delta.reshape(-1) for delta in deltas], np.float32)
    return Played(
        raw,
        animation,
        carriers[0],
        np.concatenate(base).astype(np.float64),
        flat,
        _hold(raw, node, mesh) if "skin" in node else None,
    )


def _hold(raw: Raw, node: Tree, mesh: Tree) -> tuple[list[int], Float64, npt.NDArray[np.intp], Float64]:
    skin = raw.item("skins", node["skin"])
    joints = [int(joint) for joint in skin["joints"]]
    binds = np.tile(np.eye(4), (len(joints), 1, 1))
    if "inverseBindMatrices" in skin:
        binds = raw.array(skin["inverseBindMatrices"]).astype(np.float64).reshape(-1, 4, 4).transpose(0, 2, 1)
    held = [
        np.concatenate([raw.array(p["attributes"][name]) for p in mesh["primitives"]])
        for name in ("JOINTS_0", "WEIGHTS_0")
    ]
    return joints, binds, held[0].astype(np.intp), held[1].astype(np.float64)


def _placed(places_nxvx3: Float64, world_nx4x4: Float64) -> Float64:
    placed: Float64 = places_nxvx3 @ world_nx4x4[:, :3, :3].transpose(0, 2, 1) + world_nx4x4[:, None, :3, 3]
    return placed


def _at(times_n: Float64, stamps: Float64, values: Float64, turning: bool) -> Float64:
    left = np.clip(np.searchsorted(stamps, times_n, side="right") - 1, 0, max(len(stamps) - 2, 0))
    right = np.minimum(left + 1, len(stamps) - 1)
    took = stamps[right] - stamps[left]
    share = np.clip((times_n - stamps[left]) / np.where(took > 0, took, 1), 0, 1)[:, None]
    a, b = values[left], values[right]
    if not turning:
        return a + (b - a) * share
    cosine = (a * b).sum(axis=1, keepdims=True)
    b, cosine = np.where(cosine < 0, -b, b), np.abs(cosine)
    angle = np.arccos(np.clip(cosine, -1, 1))
    near = angle < 1e-6
    sine = np.where(near, 1.0, np.sin(angle))
    before = np.where(near, 1 - share, np.sin((1 - share) * angle) / sine)
    after = np.where(near, share, np.sin(share * angle) / sine)
    return a * before + b * after


def _rotations(q: Float64) -> Float64:
    """[N, 3, 3] of quaternions [N, 4] xyzw."""
    x, y, z, w = (q / np.maximum(np.linalg.norm(q, axis=1, keepdims=True), 1e-12)).T
    rows: Any = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)
