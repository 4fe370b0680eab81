"""Pictures of a head that gradients flow through: skin from the colour field, attached parts from
textures.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from talkwire.runtime.types import Part
from talkwire.training.dyntet.attached import Attached, irises
from talkwire.training.dyntet.camera import to_clip
from talkwire.training.dyntet.light import to_linear
from talkwire.training.dyntet.model import HeadModel, Shape
from talkwire.training.raster.seam import Edges, Rasterizer, edges_of

Tensor = torch.Tensor


@dataclass(frozen=True)
class Views:
    """B pictures to be drawn of the B expressions of a shape.

    pose_bx4x4: head to camera.  projection_bx4x4: camera to the clip space of a window.
    behind_bxhxwx3: sRGB in [0, 1], what is behind the head.
    """

    pose_bx4x4: Tensor
    projection_bx4x4: Tensor
    behind_bxhxwx3: Tensor


@dataclass(frozen=True)
class Picture:
    """image_bxhxwx3: sRGB.  alpha_bxhxwx1: coverage by the head.  shine_px1: of the skin pixels seen."""

    image_bxhxwx3: Tensor
    alpha_bxhxwx1: Tensor
    shine_px1: Tensor


def gain_count(attached: Attached) -> int:
    """Of gains on colours: one for each part that is drawn, and one for the irises."""
    return len(inner_parts(attached)) + 1


def inner_parts(attached: Attached) -> list[Part]:
    """The attached parts that are drawn: everything but the collar, which is not head."""
    return [part for part in attached.parts if part.name != "cloth"]


class Inner:
    """Attached parts, ready to be drawn."""

    def __init__(self, attached: Attached) -> None:
        self.attached = attached
        seen = inner_parts(attached)
        runs = [range(p.first_triangle, p.first_triangle + p.triangle_count) for p in seen]
        rows = torch.tensor([row for run in runs for row in run])
        self.triangles_tx3 = torch.from_numpy(attached.triangles_tx3)[rows]
        self.gain_t = torch.repeat_interleave(
            torch.arange(len(seen)), torch.tensor([p.triangle_count for p in seen])
        )
        self.gain_t[torch.from_numpy(irises(attached))[rows]] = len(seen)
        self.uvs_vx2 = torch.from_numpy(attached.uvs_vx2)
        self.texture = to_linear(torch.from_numpy(attached.texture_hxwx3.copy()).float()[None] / 255)
        self.neutral = torch.from_numpy(attached.neutral_vx3)
        self.shapes = torch.from_numpy(attached.shapes_kxvx3)

    def posed(self, weights_bx52: Tensor) -> Tensor:
        """[B, V, 3] metres."""
        moved: Tensor = torch.tensordot(weights_bx52, self.shapes, dims=1)
        return self.neutral + moved


def draw(
    model: HeadModel,
    shape: Shape,
    views: Views,
    rasterizer: Rasterizer,
    inner: tuple[Inner, Tensor] | None = None,
    edges: Edges | None = None,
) -> Picture:
    """inner: the attached parts and [B, 52] weights they are posed with. edges: of the skin's and the parts'
    triangles together, found anew when not given.
    """
    vertices, triangles = shape.vertices_bxvx3, shape.triangles_fx3
    skin_count, skin_vertices = len(triangles), vertices.shape[1]
    if inner is not None:
        parts, weights = inner
        vertices = torch.cat([vertices, parts.posed(weights)], dim=1)
        triangles = torch.cat([triangles, parts.triangles_tx3 + skin_vertices])
    batch, height, width = views.behind_bxhxwx3.shape[:3]
    clip = to_clip(vertices, views.pose_bx4x4, views.projection_bx4x4)
    raster = rasterizer.rasterize(clip, triangles, (height, width))
    flat = raster.reshape(-1, 4)
    pixel = torch.nonzero(flat[:, 3] > 0)[:, 0]
    face = flat[pixel, 3].detach().long() - 1
    image = pixel // (height * width)
    u, v = flat[pixel, 0:1], flat[pixel, 1:2]
    share = torch.cat([u, v, 1 - u - v], dim=1)
    albedo, shine = _colours(model, shape, inner, triangles, skin_count, face, image, share)
    normal, towards = _directions(vertices, triangles, views.pose_bx4x4, face, image, share)
    lit = model.light(albedo, shine, normal, towards)
    layers = torch.cat([views.behind_bxhxwx3, views.behind_bxhxwx3.new_zeros(batch, height, width, 1)], -1)
    drawn = torch.cat([lit, torch.ones_like(lit[:, :1])], dim=1)
    layers = layers.reshape(-1, 4).index_put((pixel,), drawn).reshape(batch, height, width, 4)
    smooth = rasterizer.antialias(layers, raster, clip, triangles, edges or edges_of(triangles))
    return Picture(smooth[..., :3], smooth[..., 3:], shine[face < skin_count])


def _colours(
    model: HeadModel,
    shape: Shape,
    inner: tuple[Inner, Tensor] | None,
    triangles: Tensor,
    skin_count: int,
    face: Tensor,
    image: Tensor,
    share: Tensor,
) -> tuple[Tensor, Tensor]:
    """[P, 3] linear albedo and [P, 1] shine of the pixels that show a triangle."""
    skin = face < skin_count
    albedo, shine = share.new_zeros(len(face), 3), share.new_zeros(len(face), 1)
    rows = torch.nonzero(skin)[:, 0]
    where = _mixed(shape.canonical_vx3[triangles[face[rows]]], share[rows])
    code = shape.code_bxe if model.ablation.conditioned_colour else torch.zeros_like(shape.code_bxe)
    coloured = model.colour(where, code, image[rows])
    albedo = albedo.index_put((rows,), coloured[:, :3])
    shine = shine.index_put((rows,), coloured[:, 3:])
    if inner is not None:
        parts = inner[0]
        rows = torch.nonzero(~skin)[:, 0]
        own = face[rows] - skin_count
        uv = _mixed(parts.uvs_vx2[parts.triangles_tx3[own]], share[rows])
        texture = parts.texture.permute(0, 3, 1, 2)
        sampled = functional.grid_sample(
            texture, uv[None, None] * 2 - 1, mode="bilinear", padding_mode="border", align_corners=False
        )
        gained = sampled[0, :, 0].T * model.gains[parts.gain_t[own]]
        albedo = albedo.index_put((rows,), gained)
    return albedo, shine


def _directions(
    vertices: Tensor, triangles: Tensor, pose: Tensor, face: Tensor, image: Tensor, share: Tensor
) -> tuple[Tensor, Tensor]:
    """[P, 3] unit normals, and unit directions to the camera, in camera space."""
    rotation, shift = pose[:, :3, :3], pose[:, :3, 3]
    normals = vertex_normals(vertices, triangles)
    count = vertices.shape[1]
    index = triangles[face] + (image * count)[:, None]
    normal = _mixed(normals.reshape(-1, 3)[index.reshape(-1)].reshape(-1, 3, 3), share)
    at = _mixed(vertices.reshape(-1, 3)[index.reshape(-1)].reshape(-1, 3, 3), share)
    turned = torch.einsum("pij,pj->pi", rotation[image], normal)
    away = torch.einsum("pij,pj->pi", rotation[image], at) + shift[image]
    return functional.normalize(turned, dim=1), functional.normalize(-away.detach(), dim=1)


def vertex_normals(vertices_bxvx3: Tensor, triangles_fx3: Tensor) -> Tensor:
    """[B, V, 3] unit normals weighted by area; zero-length ones stay zero."""
    a, b, c = (vertices_bxvx3[:, triangles_fx3[:, k]] for k in range(3))
    faces = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices_bxvx3)
    for k in range(3):
        total = total.index_add(1, triangles_fx3[:, k], faces)
    return functional.normalize(total, dim=-1, eps=1e-12)


def _mixed(corners_px3xc: Tensor, share_px3: Tensor) -> Tensor:
    return (corners_px3xc * share_px3[..., None]).sum(dim=1)
