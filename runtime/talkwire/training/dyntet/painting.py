"""The texture of a head, and what of it changes with the expression."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from PIL import Image

from talkwire.runtime.dyntet_file import BLOCK, Colours
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.atlas import STRIP, Atlas, Texels, texels_of
from talkwire.training.dyntet.bake import Baked
from talkwire.training.dyntet.basis import make_basis
from talkwire.training.dyntet.graphs import Change
from talkwire.training.dyntet.grid import Int64
from talkwire.training.dyntet.light import to_linear, to_srgb
from talkwire.training.dyntet.trainer import Trainer
from talkwire.training.heads import points
from talkwire.training.onnx_export import check_graph, to_onnx
from talkwire.training.pictures import spread

REGIONS: Final = {"mouth": points.LIPS_OUTER, "eyes": points.LEFT_EYE + points.RIGHT_EYE}
MARGIN_PX: Final = 30
FADE_PX: Final = 14
STILL: Final = 1.5 / 255  # a texture that changes by less under 99 % of expressions does not change
TOLERANCE: Final = 2.0 / 255
SEEN_CODES: Final = 200
QUALITY: Final = 94


@dataclass(frozen=True)
class Painting:
    """texture: JPEG.  boxes_bx5: left, top, width, height, blocks in them.  rows_p: a texel of each block as
    a row of the atlas's; index_p: the block's place in its box; share_p: how much of a change counts there.
    """

    texture: bytes
    boxes_bx5: Int64
    rows_p: Int64
    index_p: Int64
    share_p: Float32


def paint(trainer: Trainer, atlas: Atlas, at: Texels, baked: Baked, side_px: int) -> Painting:
    """The texture without an expression, and the boxes around mouth and eyes."""
    skin = to_srgb(baked.albedo_kx3.clamp(0, 1)).numpy()
    picture = np.zeros((side_px * side_px, 3), np.float32)
    covered = np.zeros(side_px * side_px, bool)
    picture[at.index_k], covered[at.index_k] = skin, True
    picture = spread(picture.reshape(side_px, side_px, 3), covered.reshape(side_px, side_px))
    strip = int(side_px * (1 - STRIP))
    picture[strip:] = _inner_parts(trainer, side_px)[strip:]
    return Painting(encode(picture), *_boxes(trainer, atlas, at, side_px))


def changing_colours(
    trainer: Trainer, painting: Painting, baked: Baked, seen: torch.Tensor, unseen: torch.Tensor
) -> tuple[Colours | None, dict[str, float]]:
    """Mouth and eyes under expressions, by network and as a basis; None where they hardly change. And
    figures.
    """
    rows = torch.from_numpy(painting.rows_p)
    places, still, shares = baked.places_kx3[rows], baked.albedo_kx3[rows], torch.from_numpy(painting.share_p)
    video = trainer.footage.codes(trainer.footage.frames_k)
    change = Change(trainer.model, places, still, shares, video).eval()
    seen = seen[torch.linspace(0, len(seen) - 1, min(SEEN_CODES, len(seen))).long()]
    known, others = (
        torch.cat([change(some) for some in torch.split(codes, 8)]).numpy() for codes in (seen, unseen)
    )
    most = float(np.percentile(np.abs(known - known.mean(axis=0)), 99))
    if most < STILL:
        return None, {"change_p99_levels": most * 255}
    basis = make_basis(
        known,
        others,
        unseen,
        lambda chosen: Change(trainer.model, places[chosen], still[chosen], shares[chosen], video),
        lambda found, wanted: float(np.percentile(np.abs(found - wanted), 99)),
        TOLERANCE,
    )
    about = {"window": str(trainer.model.widths.window)}
    codes = torch.rand(3, *seen.shape[1:])
    codes[0] = 0
    graphs = {}
    for name, module in (("change", change), ("coefficients", basis.coefficients)):
        graphs[name] = to_onnx(module, {"codes": codes[:2]}, [name], about)
        check_graph(module, graphs[name], {"codes": codes}, 1e-3)
    colours = Colours(
        boxes_bx5=painting.boxes_bx5.astype(np.uint32),
        index_p=painting.index_p.astype(np.uint32),
        mean_px3=basis.mean_px3,
        components_kxpx3=basis.components_kxpx3,
        change=graphs["change"],
        coefficients=graphs["coefficients"],
    )
    figures = {
        "change_p99_levels": most * 255,
        "components": len(basis.components_kxpx3),
        "p99_levels": basis.error * 255,
    }
    return colours, figures


def encode(picture_sxsx3: Float32) -> bytes:
    """A JPEG of an sRGB picture in [0, 1]."""
    data = io.BytesIO()
    pixels = np.rint(np.clip(picture_sxsx3, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(data, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return data.getvalue()


def _inner_parts(trainer: Trainer, side_px: int) -> Float32:
    """The texture of the inner parts, with the colours that the video gave them."""
    attached, inner = trainer.attached, trainer.inner
    small = Image.fromarray(attached.texture_hxwx3).resize((side_px, side_px), Image.Resampling.LANCZOS)
    linear = to_linear(torch.from_numpy(np.asarray(small, np.float32) / 255)).numpy().reshape(-1, 3).copy()
    for k, gain in enumerate(trainer.model.gains.detach().numpy()):
        run = inner.triangles_tx3[inner.gain_t == k].numpy()
        linear[texels_of(attached.uvs_vx2, run, side_px).index_k] *= gain
    return to_srgb(torch.from_numpy(linear)).clamp(0, 1).numpy().reshape(side_px, side_px, 3)


def _boxes(trainer: Trainer, atlas: Atlas, at: Texels, side_px: int) -> tuple[Int64, Int64, Int64, Float32]:
    """Around mouth and eyes in the face's chart, in blocks; the change fades out towards a box's border."""
    mesh = trainer.model.mesh
    assert mesh is not None
    face = np.unique(atlas.triangles_fx3[atlas.face_f])
    rest = mesh.rest_vx3.cpu().numpy()[atlas.vertex_n[face]]
    row_of, column_of = np.divmod(at.index_k, side_px)
    first_of_block = (row_of % BLOCK == 0) & (column_of % BLOCK == 0) & atlas.face_f[at.face_k]
    boxes, rows, index, shares = [], [], [], []
    for rim in REGIONS.values():
        landmarks = trainer.prior.landmarks_lx3[list(rim)]
        nearest = np.argmin(((landmarks[:, None] - rest) ** 2).sum(-1), axis=1)
        uv = atlas.uvs_nx2[face[nearest]] * side_px
        left, top = (np.floor(uv.min(axis=0)).astype(int) - MARGIN_PX) // BLOCK * BLOCK
        width, height = (np.ceil(np.ptp(uv, axis=0)).astype(int) + 2 * MARGIN_PX) // BLOCK * BLOCK
        x, y = column_of - left, row_of - top
        chosen = np.flatnonzero(first_of_block & (x >= 0) & (x < width) & (y >= 0) & (y < height))
        x, y = x[chosen], y[chosen]
        border = np.minimum.reduce([x, width - 1 - x, y, height - 1 - y])
        boxes.append([left, top, width, height, len(chosen)])
        rows.append(chosen)
        index.append(y // BLOCK * (width // BLOCK) + x // BLOCK)
        shares.append(np.clip((border - 1) / FADE_PX, 0, 1))
    return (
        np.array(boxes),
        np.concatenate(rows),
        np.concatenate(index),
        np.concatenate(shares).astype(np.float32),
    )
