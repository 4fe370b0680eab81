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
from scipy import ndimage
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from torch.nn import functional

from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, UInt8
from talkwire.training.dyntet.atlas import Atlas, Texels
from talkwire.training.dyntet.batches import cropped
from talkwire.training.dyntet.camera import to_clip
from talkwire.training.dyntet.grid import Float64
from talkwire.training.dyntet.light import to_linear
from talkwire.training.dyntet.scene import vertex_normals
from talkwire.training.dyntet.trainer import Trainer
from talkwire.training.heads import points

LOOKS: Final = 60
SLANT: Final = 0.35  # cosine below which a texel is not looked up
EDGE_PX: Final = 3  # so near to background, colours are its own too: video has half of their pixels
WISPS_PX: Final = 8  # what is to be ignored counts as background so near to it (wisps of hair), else as neck
# what lies deeper than the nearest surface around it by more is hidden; a steep surface is deep in a pixel
BEHIND_M, BEHIND_PX = 0.0015, 2.0
LARGEST_DETAIL: Final = 0.35
LEAST_WEIGHT: Final = 0.5
GRAZING: Final = 0.25  # below it a texel is not seen at all: an outline has the background's colour, too
LEAST_TAUGHT: Final = 0.1  # share of the looks in which the field could learn of a texel
ANCHORS, NEIGHBOURS, COARSE, SMOOTH_M, FALL = 12000, 64, 20, 0.004, 4  # colours are carried over from
CHUNK: Final = 32768  # texels at a time
# the back of the head: so far from all that was seen, behind the ears, down to so much below them; its colour
# comes from above the brow
FAR_M, BEHIND_EARS_M, NAPE_M, CROWN_M = 0.015, 0.012, 0.03, 0.02


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
    total, weight, field, taught = (torch.zeros(len(places), columns) for columns in (3, 1, 4, 1))
    frames = trainer.footage.frames_k
    chosen = frames[np.linspace(0, len(frames) - 1, min(LOOKS, len(frames))).astype(int)]
    for n in chosen:
        found, seen, visible, known = _look_up(trainer, int(n), corners, share, features)
        total, weight, field = total + found * seen, weight + seen, field + known / len(chosen)
        taught = taught + visible / len(chosen)
    model.to(trainer.device)
    detail = (total / weight.clamp(min=1e-6)).clamp(-LARGEST_DETAIL, LARGEST_DETAIL)
    albedo = field[:, :3] + detail * (weight / LEAST_WEIGHT).clamp(max=1)
    # pictures show teeth and eyes where lips and lids are folded in
    sure = (taught / LEAST_TAUGHT).clamp(max=1) * ~mesh.folded_v.cpu()[corners].any(dim=1, keepdim=True)
    metres = trainer.prior.space.to_metres(places.numpy())
    guess = _from_nearest(metres, albedo, sure[:, 0], trainer.prior.landmarks_lx3)
    return Baked(places, sure * albedo + (1 - sure) * guess, field[:, 3])


def _from_nearest(
    at_kx3: Float64, albedo: torch.Tensor, sure: torch.Tensor, landmarks_lx3: Float64
) -> torch.Tensor:
    """[K, 3] the colour of those seen nearest to each texel, whatever the field says where nothing taught it.
    The back of the head, which a video from the front does not show, has the colour of its crown.
    """
    seen = np.flatnonzero(sure.numpy() >= 1)
    if not len(seen):
        return albedo
    seen = seen[:: max(1, len(seen) // ANCHORS)]
    out = albedo.clone()
    unseen = sure.numpy() < 1
    tragus, brow = landmarks_lx3[list(points.EARS)].mean(axis=0), landmarks_lx3[points.FOREHEAD]
    far = cKDTree(at_kx3[seen]).query(at_kx3, workers=-1)[0] > FAR_M
    crown = seen[at_kx3[seen, 1] > brow[1] + CROWN_M]
    back = far & (at_kx3[:, 2] < tragus[2] - BEHIND_EARS_M) & (at_kx3[:, 1] > tragus[1] - NAPE_M)
    back &= len(crown) > 0
    for rows, anchors in ((unseen & back, crown), (unseen & ~back, seen)):
        for some in np.array_split(np.flatnonzero(rows), -(-int(rows.sum()) // CHUNK) or 1):
            out[some] = _blend(at_kx3[some], at_kx3[anchors], albedo[anchors])
    return out


def _blend(at_kx3: Float64, from_ax3: Float64, colours_ax3: torch.Tensor) -> torch.Tensor:
    """[K, 3] colours by distance: the nearest one by one, and all together coarsely, without which what lies
    far off would be cut where its nearest change.
    """
    near_m, near = cKDTree(from_ax3).query(at_kx3, k=min(NEIGHBOURS, len(from_ax3)), workers=-1)
    nearby = _pull(near_m.reshape(len(at_kx3), -1))
    near_colours = colours_ax3[torch.from_numpy(near.reshape(len(at_kx3), -1))]
    anywhere = _pull(cdist(at_kx3, from_ax3[::COARSE])) * COARSE
    total = (near_colours * nearby[..., None]).sum(1) + anywhere @ colours_ax3[::COARSE]
    return total / (nearby.sum(1, keepdim=True) + anywhere.sum(1, keepdim=True))


def _pull(distance_m: Float64) -> torch.Tensor:
    return torch.from_numpy((SMOOTH_M / (distance_m + SMOOTH_M)) ** FALL).float()


def _look_up(
    trainer: Trainer, frame: int, corners: torch.Tensor, share: torch.Tensor, features: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """[K, 3] albedo that the field lacks in one frame, [K, 1] how well each texel is seen there, [K, 1]
    whether it is seen at all, and [K, 4] what the field says.
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
    a, b = camera.projection(window)[2, 2:4]
    nearest_m = b / (-functional.max_pool2d(-nearest[None, None], 3, 1, 1) + a)
    behind_m = at[:, 3:] - _sampled(nearest_m, ndc)
    picture = torch.from_numpy(cropped(capture.frames_nxhxwx3[frame], window, 0)).float() / 255
    labels = cropped(capture.labels_nxhxw[frame][..., None], window, IGNORED)
    clear = torch.from_numpy(clear_of_background(labels[..., 0]).astype(np.float32))[None, None]
    steep = (1 / facing.clamp(min=GRAZING) ** 2 - 1).clamp(min=0).sqrt()
    front = (behind_m < BEHIND_M + BEHIND_PX * at[:, 3:] / camera.focal_px * steep).float()
    seen = ((facing - SLANT) / (1 - SLANT)).clamp(min=0) ** 2 * front * (_sampled(clear, ndc) > 0.99)
    visible = front * (facing > GRAZING) * (_sampled(clear, ndc) > 0.5)
    colour = to_linear(_sampled(picture.permute(2, 0, 1)[None], ndc))
    known = model.colour.of_features(features, model.colour.expression(shape.code_bxe))
    return model.light.unlit(colour, known[:, 3:], normal, towards) - known[:, :3], seen, visible, known


def clear_of_background(labels_sxs: UInt8) -> np.ndarray:
    """[S, S] bool: pixels of the head whose colour is the head's alone; towards the neck, all of them."""
    background = labels_sxs == BACKGROUND
    wisps = (labels_sxs == IGNORED) & _within(background, WISPS_PX)
    return np.asarray((labels_sxs == HEAD) & ~_within(background | wisps, EDGE_PX))


def _within(area: np.ndarray, reach_px: float) -> np.ndarray:
    if not area.any():
        return area
    return np.asarray(ndimage.distance_transform_edt(~area) <= reach_px)


def _sampled(image_1xcxhxw: torch.Tensor, ndc_kx2: torch.Tensor) -> torch.Tensor:
    return functional.grid_sample(
        image_1xcxhxw, ndc_kx2[None, None], align_corners=False, padding_mode="border"
    )[0, :, 0].T
