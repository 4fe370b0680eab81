"""An avatar file shown as its actor was filmed: same camera, same light, same still background.

Everything comes from the file, as the runtime reads it. What is measured is thus what ships.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.camera import Camera, Window, to_clip
from talkwire.training.dyntet.light import Light, to_linear
from talkwire.training.dyntet.scene import vertex_normals
from talkwire.training.raster.seam import Rasterizer, edges_of

HIDDEN: Final = ("cloth",)  # not head: never compared
SAMPLED_PX: Final = 900  # pictures are drawn at least so wide, and averaged: a camera's pixel is no point


class Film:
    """Pictures of one avatar through one camera."""

    def __init__(self, avatar: DyntetAvatar, camera: Camera, rasterizer: Rasterizer) -> None:
        self.avatar, self.camera, self.rasterizer = avatar, camera, rasterizer
        topology = avatar.topology
        runs = [
            range(part.first_triangle, part.first_triangle + part.triangle_count)
            for part in topology.parts
            if part.name not in HIDDEN
        ]
        rows = np.concatenate([np.arange(run.start, run.stop) for run in runs])
        self._triangles = torch.from_numpy(topology.triangles_tx3[rows].astype(np.int64))
        self._weld = torch.from_numpy(topology.weld_v.astype(np.int64))
        self._uvs = torch.from_numpy(topology.uvs_vx2.copy())
        self._edges = edges_of(self._weld[self._triangles])
        with Image.open(io.BytesIO(topology.texture)) as image:
            self._texture = np.asarray(image.convert("RGB")).copy()
        film_light = avatar.data.light
        self._light = Light(flat=film_light is None)
        self._shine = torch.zeros(1, 1, 1, 1)
        if film_light is not None:
            self._light.diffuse.data = torch.from_numpy(film_light.diffuse_9x3.copy())
            self._light.mirror.data = torch.from_numpy(film_light.mirror_9x3.copy())
            self._shine = torch.from_numpy(film_light.shine_sxs.astype(np.float32) / 255)[None, ..., None]

    @torch.no_grad()
    def shot(
        self,
        weights_wx52: Float32,
        pose_4x4: torch.Tensor,
        behind_sxsx3: torch.Tensor,
        window: Window,
    ) -> tuple[Float32, Float32]:
        """[S, S, 3] sRGB in [0, 1] before behind_sxsx3, and [S, S] coverage by the head."""
        across = -(-SAMPLED_PX // len(behind_sxsx3))
        behind = behind_sxsx3.repeat_interleave(across, dim=0).repeat_interleave(across, dim=1)
        layers = self._drawn(weights_wx52, pose_4x4, behind, window).permute(2, 0, 1)[None]
        seen = functional.avg_pool2d(layers, across)[0].permute(1, 2, 0).clamp(0, 1)
        return seen[..., :3].numpy(), seen[..., 3].numpy()

    def _drawn(
        self, weights_wx52: Float32, pose_4x4: torch.Tensor, behind_sxsx3: torch.Tensor, window: Window
    ) -> torch.Tensor:
        """[S, S, 4] sRGB, and coverage."""
        side = len(behind_sxsx3)
        vertices = torch.from_numpy(self.avatar.vertices(weights_wx52))[None]
        clip = to_clip(vertices, pose_4x4[None], self.camera.projection(window)[None])
        raster = self.rasterizer.rasterize(clip, self._triangles, (side, side))
        normals = vertex_normals(vertices, self._weld[self._triangles])[:, self._weld]
        values = torch.cat([self._uvs[None], normals, vertices], dim=-1)
        spread = self.rasterizer.interpolate(values, raster, self._triangles)
        uv, normal, at = spread[..., :2], spread[..., 2:5], spread[..., 5:]
        albedo = to_linear(self.rasterizer.texture(self._painted(weights_wx52), uv))
        shine = self.rasterizer.texture(self._shine, uv)
        rotation = pose_4x4[:3, :3]
        turned = functional.normalize(normal @ rotation.T, dim=-1)
        towards = functional.normalize(-(at @ rotation.T + pose_4x4[:3, 3]), dim=-1)
        lit = self._light(
            albedo.reshape(-1, 3), shine.reshape(-1, 1), turned.reshape(-1, 3), towards.reshape(-1, 3)
        ).reshape(albedo.shape)
        covered = raster[..., 3:] > 0
        layers = torch.cat([torch.where(covered, lit, behind_sxsx3), covered.float()], dim=-1)
        return self.rasterizer.antialias(
            layers, raster, clip[:, self._weld], self._weld[self._triangles], self._edges
        )[0]

    def _painted(self, weights_wx52: Float32) -> torch.Tensor:
        texture = self._texture
        for patch in self.avatar.texture_patches(weights_wx52):
            height, width = patch.rgb_hxwx3.shape[:2]
            texture[patch.top : patch.top + height, patch.left : patch.left + width] = patch.rgb_hxwx3
        return torch.from_numpy(texture)[None].float() / 255
