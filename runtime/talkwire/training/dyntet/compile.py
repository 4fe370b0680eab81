"""The recipe from a trained head to an avatar file that needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.dyntet_file import DyntetData, FilmedLight
from talkwire.runtime.types import Float32, Part, Topology
from talkwire.training.dyntet.atlas import Atlas, Texels, texels_of, unwrap
from talkwire.training.dyntet.attached import Attached
from talkwire.training.dyntet.bake import Baked, bake
from talkwire.training.dyntet.basis import make_basis
from talkwire.training.dyntet.graphs import Geometry
from talkwire.training.dyntet.hair import fill_out
from talkwire.training.dyntet.model import HeadModel
from talkwire.training.dyntet.painting import changing_colours, paint
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.rehearsal import random_windows
from talkwire.training.dyntet.trainer import Trainer
from talkwire.training.onnx_export import check_graph, to_onnx
from talkwire.training.pictures import spread

SIDE_PX, SHINE_PX = 1024, 256
TOLERANCE_M: Final = 1e-4
SEEN_CODES, UNSEEN_CODES = 600, 120
GRAPH_TOLERANCE_M: Final = 2e-5
RIDGE: Final = 1e-3
SKIN, SCALP = Part("skin", 0, 0, 0.60, 0.32), Part("scalp", 0, 0, 0.55, 0.25)

Progress = Callable[[str, float], None]


@torch.no_grad()
def compile_avatar(
    trainer: Trainer, card: AvatarCard, figures: dict[str, Any], progress: Progress | None = None
) -> DyntetAvatar:
    """Graphs, basis, atlas, texture, and what each costs in accuracy; figures are completed and kept
    inside.
    """
    say = progress or (lambda stage, share: None)
    model = trainer.model.cpu().eval()
    window = model.widths.window
    _fill_out(model, trainer.prior)
    seen, unseen = _codes(trainer, SEEN_CODES, 1), _codes(trainer, UNSEEN_CODES, 2)
    say("motion basis", 0.0)
    geometry = Geometry(model).eval()
    meshes, others = _outputs(geometry, seen), _outputs(geometry, unseen)
    basis = make_basis(meshes, others, unseen, lambda rows: Geometry(model, rows), _p99_m, TOLERANCE_M)
    say("texture", 0.3)
    mesh, at_rest = model.mesh, model.rest_vx3
    assert mesh is not None
    assert at_rest is not None
    rest = at_rest.detach().numpy().astype(np.float64)
    atlas = unwrap(rest, mesh.triangles_fx3.numpy(), mesh.folded_v.numpy(), trainer.prior.space, SIDE_PX)
    at = texels_of(atlas.uvs_nx2, atlas.triangles_fx3, SIDE_PX)
    baked = bake(trainer, atlas, at)
    painting = paint(trainer, atlas, at, baked, SIDE_PX)
    colours, colour_figures = changing_colours(trainer, painting, baked, seen, unseen)
    say("graphs", 0.6)
    zero = torch.zeros(1, len(ARKIT_NAMES), window)
    still = geometry(zero)[0].numpy()
    topology = _topology(trainer, atlas, still, painting.texture)
    shapes, linear_p99_m = _linear(trainer, seen, meshes, still)
    about = {"window": str(window), "step_s": "0.04"}
    data = DyntetData(
        skin_vertex_s=atlas.vertex_n.astype(np.uint32),
        mean_vx3=basis.mean_px3,
        components_kxvx3=basis.components_kxpx3,
        parts_px3=trainer.attached.neutral_vx3,
        part_shapes_52xpx3=trainer.attached.shapes_kxvx3,
        shapes_52xnx3=np.concatenate([shapes[:, atlas.vertex_n], trainer.attached.shapes_kxvx3], axis=1),
        geometry=_graph(geometry, window, "vertices", about),
        coefficients=_graph(basis.coefficients, window, "coefficients", about),
        colours=colours,
        light=_light(model, at, baked),
    )
    figures |= {
        "vertices": len(rest),
        "basis": {"components": len(basis.components_kxpx3), "p99_mm": basis.error * 1000},
        "shapes": {"p99_mm": linear_p99_m * 1000},
        "texture": colour_figures,
        "bounds_m": [meshes.min(axis=(0, 1)).tolist(), meshes.max(axis=(0, 1)).tolist()],
    }
    say("done", 1.0)
    return DyntetAvatar(card, topology, window, data, figures)


def _fill_out(model: HeadModel, prior: HeadPrior) -> None:
    """Hair that the offsets have learned at rest, carried over the scalp."""
    assert model.mesh is not None
    assert model.rest_vx3 is not None
    still = Geometry(model).eval()(torch.zeros(1, len(ARKIT_NAMES), model.widths.window))[0].numpy()
    filled, _ = fill_out(still.astype(np.float64), model.mesh.triangles_fx3.numpy(), prior)
    model.rest_vx3.data += torch.from_numpy((filled - still).astype(np.float32))


def _codes(trainer: Trainer, count: int, stream: int) -> torch.Tensor:
    """[count, 52, W]: half from the video, half rehearsed."""
    rng = np.random.default_rng([trainer.recipe.seed, stream])
    capture, frames = trainer.footage.capture, trainer.footage.frames_k
    video = trainer.footage.codes(rng.choice(frames, count - count // 2))
    window = trainer.recipe.widths.window
    return torch.cat([video, random_windows(count // 2, window, rng, capture.codes_nx52[frames])])


def _outputs(network: nn.Module, codes: torch.Tensor) -> Float32:
    return np.concatenate([network(some).numpy() for some in torch.split(codes, 8)])


def _p99_m(found: Float32, wanted: Float32) -> float:
    return float(np.percentile(np.linalg.norm(found - wanted, axis=2), 99))


def _graph(module: nn.Module, window: int, output: str, about: dict[str, str]) -> bytes:
    """Checked against torch on expressions, on none, and on far more than any."""
    rng = torch.Generator().manual_seed(0)
    codes = torch.rand(4, len(ARKIT_NAMES), window, generator=rng)
    codes[0], codes[1] = 0, 1
    graph = to_onnx(module, {"codes": codes[:2]}, [output], about)
    check_graph(module, graph, {"codes": codes}, GRAPH_TOLERANCE_M * (1 if output == "vertices" else 100))
    return graph


def _light(model: HeadModel, at: Texels, baked: Baked) -> FilmedLight | None:
    """The set's, and where the skin shines; a flat capture has none."""
    if model.light.flat:
        return None
    shine = np.zeros((SIDE_PX * SIDE_PX, 1), np.float32)
    covered = np.zeros(SIDE_PX * SIDE_PX, bool)
    shine[at.index_k, 0], covered[at.index_k] = baked.shine_k.numpy(), True
    whole = spread(shine.reshape(SIDE_PX, SIDE_PX, 1), covered.reshape(SIDE_PX, SIDE_PX))[..., 0]
    block = SIDE_PX // SHINE_PX
    small = whole.reshape(SHINE_PX, block, SHINE_PX, block).mean(axis=(1, 3))
    return FilmedLight(
        model.light.diffuse.detach().cpu().numpy(),
        model.light.mirror.detach().cpu().numpy(),
        np.rint(small * 255).astype(np.uint8),
    )


def _linear(trainer: Trainer, codes: torch.Tensor, meshes: Float32, still: Float32) -> tuple[Float32, float]:
    """[52, V, 3] the shapes whose weighted sum is nearest to the network, and its 99th percentile error.

    A ridge keeps shapes that the codes hardly ever use near what the network does for them alone.
    """
    now = codes[:, :, -1].numpy().astype(np.float64)
    alone = torch.eye(len(ARKIT_NAMES))[:, :, None].repeat(1, 1, codes.shape[2])
    unit = _outputs(Geometry(trainer.model).eval(), alone) - still
    unit = unit.reshape(len(unit), -1)
    moved = (meshes - still).reshape(len(meshes), -1)
    gram = now.T @ now + RIDGE * len(now) * np.eye(now.shape[1])
    correction = np.linalg.solve(gram, now.T @ (moved - now @ unit))
    shapes = (unit + correction).astype(np.float32)
    error = np.linalg.norm((now.astype(np.float32) @ shapes - moved).reshape(len(moved), -1, 3), axis=2)
    return shapes.reshape(len(shapes), -1, 3), float(np.percentile(error, 99))


def _topology(trainer: Trainer, atlas: Atlas, still_vx3: Float32, texture: bytes) -> Topology:
    """Skin first, its scalp after it, then the inner parts."""
    attached: Attached = trainer.attached
    skin_count = len(atlas.uvs_nx2)
    scalp = _is_scalp(trainer, atlas)
    order = np.concatenate([np.flatnonzero(~scalp), np.flatnonzero(scalp)])
    triangles = np.concatenate([atlas.triangles_fx3[order], attached.triangles_tx3 + skin_count])
    runs = [(SKIN, int((~scalp).sum())), (SCALP, int(scalp.sum()))]
    runs += [(part, part.triangle_count) for part in attached.parts]
    parts, start = [], 0
    for look, count in runs:
        if count:
            parts.append(Part(look.name, start, count, look.roughness, look.specular))
        start += count
    _, first, same = np.unique(atlas.vertex_n, return_index=True, return_inverse=True)
    points = np.concatenate([still_vx3[atlas.vertex_n], attached.neutral_vx3])
    inner = np.unique(attached.neutral_vx3, axis=0, return_index=True, return_inverse=True)
    weld = np.concatenate([first[same.reshape(-1)], inner[1][inner[2].reshape(-1)] + skin_count])
    return Topology(
        points.astype(np.float32),
        triangles.astype(np.uint32),
        np.concatenate([atlas.uvs_nx2, attached.uvs_vx2]).astype(np.float32),
        weld.astype(np.uint32),
        texture,
        tuple(parts),
    )


def _is_scalp(trainer: Trainer, atlas: Atlas) -> np.ndarray:
    """[F] bool: triangles that lie on the morphable head's own hair, where the head has it."""
    prior, mesh = trainer.prior, trainer.model.mesh
    assert mesh is not None
    if not prior.hair:
        return np.zeros(len(atlas.triangles_fx3), bool)
    bound = prior.bind(mesh.rest_vx3.numpy())
    on_hair = np.isin(bound.corners_px3, np.unique(prior.family.parts["hair"]))
    hair = np.asarray(on_hair.all(axis=1))
    return np.asarray(hair[atlas.vertex_n[atlas.triangles_fx3]].sum(axis=1) >= 2)
