"""The colour field as a texture: what it says at each texel in the mean over the video's expressions, and the
detail that only the pictures have.

Detail is gathered by looking up every texel in every picture in which it is seen well, taking the light off,
and averaging what the field did not know. It does not depend on the expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch.nn import functional

from talkwire.training.capture import HEAD, IGNORED
from talkwire.training.dyntet.atlas import Atlas, Texels
from talkwire.training.dyntet.batches import cropped
from talkwire.training.dyntet.camera import to_clip
from talkwire.training.dyntet.light import to_linear
from talkwire.training.dyntet.scene import vertex_normals
from talkwire.training.dyntet.trainer import Trainer

LOOKS: Final = 60
SLANT: Final = 0.35  # cosine below which a texel is not looked up
BEHIND: Final = 2e-4  # of clip depth: what lies deeper than the nearest surface by more is hidden
LARGEST_DETAIL: Final = 0.35
LEAST_WEIGHT: Final = 0.5
ANCHORS, NEIGHBOURS = 40_000, 24


@dataclass(frozen=True)
class Baked:
    """places_kx3: lattice coordinates of K texels.  albedo_kx3: linear.  shine_k: the field's."""

    places_kx3: torch.Tensor
    albedo_kx3: torch.Tensor
    shine_k: torch.Tensor


@torch.no_grad()
def bake(trainer: Trainer, atlas: Atlas, at: Texels) -> Baked:
    """What the compiled head needs to know of each texel."""
    model, mesh = trainer.model, trainer.model.mesh
    assert mesh is not None
    assert model.canonical_vx3 is not None
    corners = torch.from_numpy(atlas.vertex_n[atlas.triangles_fx3[at.face_k]])
    share = torch.from_numpy(at.shares_kx3)
    places = (model.canonical_vx3.cpu()[corners] * share[..., None]).sum(1)
    model.cpu()
    features = torch.cat([model.colour.features(some) for some in torch.split(places, 65536)])
    total, weight, field = (
        torch.zeros(len(places), 3),
        torch.zeros(len(places), 1),
        torch.zeros(len(places), 4),
    )
    frames = trainer.footage.frames_k
    chosen = frames[np.linspace(0, len(frames) - 1, min(LOOKS, len(frames))).astype(int)]
    for n in chosen:
        found, seen, known = _look_up(trainer, int(n), corners, share, features)
        total, weight, field = total + found * seen, weight + seen, field + known / len(chosen)
    model.to(trainer.device)
    detail = (total / weight.clamp(min=1e-6)).clamp(-LARGEST_DETAIL, LARGEST_DETAIL)
    sure = (weight / LEAST_WEIGHT).clamp(max=1) * ~mesh.folded_v.cpu()[corners].any(dim=1, keepdim=True)
    albedo = field[:, :3] + detail
    albedo = sure * albedo + (1 - sure) * _from_nearest(places, albedo, sure[:, 0])
    return Baked(places, albedo, field[:, 3])


def _from_nearest(places: torch.Tensor, albedo: torch.Tensor, sure: torch.Tensor) -> torch.Tensor:
    """[K, 3] the colour of those seen nearest to each texel: the back of a head that was only filmed from the
    front is that of its hair, not whatever the field says where nothing taught it. What is folded in behind
    lips and lids is never sure: pictures show teeth and eyes there.
    """
    seen = np.flatnonzero(sure.numpy() >= 1)
    if not len(seen):
        return albedo
    seen = seen[:: max(1, len(seen) // ANCHORS)]
    unseen = np.flatnonzero(sure.numpy() < 1)
    _, near = cKDTree(places[seen].numpy()).query(places[unseen].numpy(), k=min(NEIGHBOURS, len(seen)))
    out = albedo.clone()
    out[unseen] = albedo[seen][torch.from_numpy(near).reshape(len(unseen), -1)].mean(1)
    return out


def _look_up(
    trainer: Trainer, frame: int, corners: torch.Tensor, share: torch.Tensor, features: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """[K, 3] albedo that the field lacks in one frame, [K, 1] how well each texel is seen there, and [K, 4]
    what the field says.
    """
    model, footage = trainer.model, trainer.footage
    capture, camera = footage.capture, footage.camera
    codes = footage.codes(np.array([frame]))
    shape = model.shape(codes)
    vertices = torch.cat([shape.vertices_bxvx3, trainer.inner.posed(codes[:, :, -1])], dim=1)
    triangles = torch.cat([shape.triangles_fx3, trainer.inner.triangles_tx3 + shape.vertices_bxvx3.shape[1]])
    pose = footage.pose_nx4x4[frame][None]
    window = camera.whole()
    clip = to_clip(vertices, pose, camera.projection(window)[None])
    side = window[2]
    depth = trainer.rasterizer.rasterize(clip, triangles, (side, side))[0, ..., 2:4]
    nearest = torch.where(depth[..., 1] > 0, depth[..., 0], torch.ones_like(depth[..., 0]))
    at = (clip[0][corners] * share[..., None]).sum(1)
    ndc = at[:, :2] / at[:, 3:]
    normals = vertex_normals(shape.vertices_bxvx3, shape.triangles_fx3)[0]
    normal = functional.normalize((normals[corners] * share[..., None]).sum(1) @ pose[0, :3, :3].T, dim=1)
    where = (shape.vertices_bxvx3[0][corners] * share[..., None]).sum(1) @ pose[0, :3, :3].T + pose[0, :3, 3]
    towards = functional.normalize(-where, dim=1)
    facing = (normal * towards).sum(1, keepdim=True)
    # a texel is seen where the nearest surface is not before it, in any of the four pixels around
    front = -functional.max_pool2d(-nearest[None, None], 3, 1, 1)
    before = _sampled(front, ndc)[:, :1]
    picture = torch.from_numpy(cropped(capture.frames_nxhxwx3[frame], window, 0)).float() / 255
    labels = cropped(capture.labels_nxhxw[frame][..., None], window, IGNORED)
    head = torch.from_numpy((labels == HEAD).astype(np.float32))
    head = -functional.max_pool2d(-head.permute(2, 0, 1)[None], 5, 1, 2)
    seen = ((facing - SLANT) / (1 - SLANT)).clamp(min=0) ** 2
    seen = seen * (at[:, 2:3] / at[:, 3:] <= before + BEHIND) * (_sampled(head, ndc) > 0.99)
    colour = to_linear(_sampled(picture.permute(2, 0, 1)[None], ndc))
    known = model.colour.of_features(features, model.colour.expression(shape.code_bxe))
    return model.light.unlit(colour, known[:, 3:], normal, towards) - known[:, :3], seen, known


def _sampled(image_1xcxhxw: torch.Tensor, ndc_kx2: torch.Tensor) -> torch.Tensor:
    return functional.grid_sample(
        image_1xcxhxw, ndc_kx2[None, None], align_corners=False, padding_mode="border"
    )[0, :, 0].T
