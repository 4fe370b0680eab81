"""A second, slow reading of glTF, from the specification alone: what any player must show."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
DTYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}


class Gltf:
    """A .glb or .gltf with its buffer; poses its first mesh at any time."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        if data[:4] == b"glTF":
            version, length = struct.unpack("<II", data[4:12])
            assert (version, length) == (2, len(data))
            size, kind = struct.unpack("<I4s", data[12:20])
            assert kind == b"JSON"
            self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
            size_bin, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
            assert kind == b"BIN\0"
            self.bin = data[28 + size : 28 + size + size_bin]
        else:
            self.json = json.loads(data)
            self.bin = (path.parent / unquote(self.json["buffers"][0]["uri"])).read_bytes()

    def array(self, index: int) -> np.ndarray:
        """[N, C] of an accessor, sparse or not; normalized integers as floats."""
        accessor = self.json["accessors"][index]
        width, dtype = WIDTHS[accessor["type"]], np.dtype(DTYPES[accessor["componentType"]])
        values = np.zeros((accessor["count"], width), dtype)
        if "bufferView" in accessor:
            values = self._raw(accessor, dtype, accessor["count"], width).copy()
        if sparse := accessor.get("sparse"):
            where = self._raw(
                sparse["indices"], np.dtype(DTYPES[sparse["indices"]["componentType"]]), sparse["count"], 1
            )
            assert (np.diff(where[:, 0].astype(int)) > 0).all()
            values[where[:, 0]] = self._raw(sparse["values"], dtype, sparse["count"], width)
        for name, bound in (("min", values.min), ("max", values.max)):
            if name in accessor:
                assert np.array_equal(np.array(accessor[name], dtype), bound(axis=0))
        if accessor.get("normalized"):
            return np.maximum(values / float(np.iinfo(dtype).max), -1.0)
        return values

    def _raw(self, where: dict[str, Any], dtype: np.dtype, count: int, width: int) -> np.ndarray:
        view = self.json["bufferViews"][where["bufferView"]]
        offset = view.get("byteOffset", 0) + where.get("byteOffset", 0)
        stride = view.get("byteStride", width * dtype.itemsize)
        assert offset % 4 == 0 or ("byteStride" in view and offset % dtype.itemsize == 0)
        return np.ndarray((count, width), dtype, self.bin, offset, (stride, dtype.itemsize))

    def image(self) -> bytes:
        """The bytes of the embedded image."""
        view = self.json["bufferViews"][self.json["images"][0]["bufferView"]]
        return self.bin[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def channel(self, path: str, time_s: float) -> np.ndarray | None:
        """The animated value at a time, linear or slerp, clamped at the ends; None where none is."""
        animation = self.json.get("animations", [{"channels": []}])[0]
        for channel in animation["channels"]:
            if channel["target"]["path"] == path:
                sampler = animation["samplers"][channel["sampler"]]
                assert sampler.get("interpolation", "LINEAR") == "LINEAR"
                times = self.array(sampler["input"])[:, 0].astype(float)
                assert (np.diff(times) > 0).all()
                values = self.array(sampler["output"]).astype(float).reshape(len(times), -1)
                k = int(np.clip(np.searchsorted(times, time_s, "right") - 1, 0, max(len(times) - 2, 0)))
                a, b = values[k], values[min(k + 1, len(times) - 1)]
                span = times[min(k + 1, len(times) - 1)] - times[k]
                share = float(np.clip((time_s - times[k]) / span, 0, 1)) if span else 0.0
                if path != "rotation":
                    return a + (b - a) * share
                angle = np.arccos(np.clip(a @ b, -1, 1))
                if angle < 1e-9:
                    return a
                return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
        return None

    def vertices(self, time_s: float) -> np.ndarray:
        """[V, 3] world places of all primitives in order, at a time."""
        posed = self.morphed(time_s)
        if "skins" in self.json:
            return self._skinned(posed, time_s)
        return self._placed(posed, self.json["nodes"][0], time_s)

    def morphed(self, time_s: float) -> np.ndarray:
        """[V, 3] of the mesh before any node or bone moves it."""
        mesh = self.json["meshes"][0]
        weights = self.channel("weights", time_s)
        weights = np.zeros(len(mesh["extras"]["targetNames"])) if weights is None else weights
        posed = []
        for primitive in mesh["primitives"]:
            places = self.array(primitive["attributes"]["POSITION"]).astype(float)
            for weight, target in zip(weights, primitive["targets"], strict=True):
                places = places + weight * self.array(target["POSITION"])
            posed.append(places)
        face = next(node for node in self.json["nodes"] if "mesh" in node)
        return np.concatenate(posed) * face.get("scale", 1) + face.get("translation", 0)

    def _skinned(self, posed: np.ndarray, time_s: float) -> np.ndarray:
        """Linear blend skinning: of each joint where it takes the vertices, by their weights."""
        skin, primitives = self.json["skins"][0], self.json["meshes"][0]["primitives"]
        face = next(i for i, node in enumerate(self.json["nodes"]) if "skin" in node)
        assert face in self.json["scenes"][0]["nodes"]  # what is above a skinned mesh must not move it
        joints = np.concatenate([self.array(p["attributes"]["JOINTS_0"]) for p in primitives])
        weights = np.concatenate([self.array(p["attributes"]["WEIGHTS_0"]) for p in primitives])
        assert np.allclose(weights.sum(axis=1), 1)
        bind = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1).astype(float)
        root, bone = (self.json["nodes"][i] for i in skin["joints"])
        assert root["children"] == [skin["joints"][1]] and not {"rotation", "translation"} & set(root)
        bound = [(np.c_[posed, np.ones(len(posed))] @ matrix.T)[:, :3] for matrix in bind]
        moved = np.stack([bound[0], self._placed(bound[1], bone, time_s)])
        shares = np.stack([(weights * (joints == j)).sum(axis=1) for j in range(2)])
        return np.einsum("jv,jvc->vc", shares, moved)

    def _placed(self, posed: np.ndarray, node: dict[str, Any], time_s: float) -> np.ndarray:
        rotation = self.channel("rotation", time_s)
        rotation = np.array(node.get("rotation", [0, 0, 0, 1.0])) if rotation is None else rotation
        translation = self.channel("translation", time_s)
        translation = np.array(node.get("translation", [0, 0, 0.0])) if translation is None else translation
        return turned(posed, rotation) + translation


def turned(vertices: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """Vertices turned by a quaternion xyzw (v + 2 q x (q x v + w v))."""
    axis, w = np.asarray(quaternion[:3], float), float(quaternion[3])
    return vertices + 2 * np.cross(axis, np.cross(axis, vertices) + w * vertices)


def baked_vertices(clip: Any, index: int) -> np.ndarray:
    """The same from talkwire: the avatar's own vertices of a frame, head pose applied, parts in order."""
    face = clip.face(index)
    placed = turned(clip.vertices(index).astype(float), face.head_rotation)
    return (placed + face.head_translation_m)[by_parts(clip)]


def by_parts(clip: Any) -> np.ndarray:
    """[V'] the avatar's vertices in the order of the file, those of several parts once for each."""
    topology = clip.topology
    runs = [slice(p.first_triangle, p.first_triangle + p.triangle_count) for p in topology.parts]
    return np.concatenate([np.unique(topology.triangles_tx3[run]) for run in runs])
