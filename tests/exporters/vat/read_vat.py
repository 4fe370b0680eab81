"""A vertex animation texture as a shader reads it: mesh, second UV set, texel of a frame, decoded, added."""

import json
from pathlib import Path

import numpy as np
import OpenEXR
from PIL import Image

from exporters.gltf.read_gltf import Gltf


class Vat:
    """In the engine's own axes and unit. unity: UVs and pictures with v upward, as that importer has them."""

    def __init__(self, path: Path) -> None:
        self.said = json.loads(path.read_text())
        mesh = Gltf(path.with_name(self.said["mesh"]))
        primitives = mesh.json["meshes"][0]["primitives"]
        self.upward = self.said["axes"]["name"] == "unity"
        self.uv1 = np.concatenate([mesh.array(p["attributes"]["TEXCOORD_1"]) for p in primitives]).astype(
            float
        )
        if self.upward:
            self.uv1[:, 1] = 1 - self.uv1[:, 1]
        self.rest = self.turned(
            np.concatenate([mesh.array(p["attributes"]["POSITION"]) for p in primitives]), 1
        )
        self.rest_normals = self.turned(
            np.concatenate([mesh.array(p["attributes"]["NORMAL"]) for p in primitives]), 0
        )
        pictures = [_pixels(path.with_name(name)) for name in self.said["textures"]]
        *positions, normals = pictures
        self.offsets, self.turns = positions[0], normals
        if len(positions) == 2:
            low, high = (np.array(self.said["position"][side]) for side in ("low", "high"))
            self.offsets = low + (high - low) * (256.0 * positions[0] + positions[1]) / 65535
            self.turns = (normals - 128.0) / 64

    def turned(self, values: np.ndarray, places: int) -> np.ndarray:
        """As an importer turns a glTF mesh."""
        x, y, z = values.astype(float).T
        name = self.said["axes"]["name"]
        if name == "unity":
            return np.stack([-x, y, z], axis=1)
        if name == "unreal":
            return np.stack([x, z, y], axis=1) * (100 if places else 1)
        return np.stack([x, y, z], axis=1)

    def places(self, frame: int) -> np.ndarray:
        """[P, 3] in primitive order, without the head's motion unless the textures have it."""
        return self.rest + self._texels(self.offsets, frame)

    def normals(self, frame: int) -> np.ndarray:
        sums = self.rest_normals + self._texels(self.turns, frame)
        return sums / np.linalg.norm(sums, axis=1, keepdims=True)

    def _texels(self, picture: np.ndarray, frame: int) -> np.ndarray:
        height, width = picture.shape[:2]
        u, v = self.uv1[:, 0], self.uv1[:, 1] + self.said["lookup"]["row_step"] * frame
        rows = (1 - v if self.upward else v) * height
        assert ((rows > 0) & (rows < height)).all()
        return picture[rows.astype(int), (u * width).astype(int)]


def _pixels(path: Path) -> np.ndarray:
    if path.suffix == ".exr":
        return OpenEXR.File(str(path)).channels()["RGB"].pixels.astype(float)
    return np.asarray(Image.open(path).convert("RGB")).astype(float)
