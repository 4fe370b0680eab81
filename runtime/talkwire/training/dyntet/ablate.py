"""What each of the paper's parts is for: short trainings without one of them, measured alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch

from talkwire.training import measures
from talkwire.training.capture import Capture
from talkwire.training.dyntet.model import Ablation
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.recipe import Recipe
from talkwire.training.dyntet.rehearsal import random_windows
from talkwire.training.dyntet.scene import draw
from talkwire.training.dyntet.train import STAGES, make_trainer, train
from talkwire.training.dyntet.trainer import Trainer, views_of
from talkwire.training.standing import Standing, steps_done
from talkwire.training.surfaces import normals_of

VARIANTS: Final[Mapping[str, Ablation]] = {
    "all parts": Ablation(),
    "no elastic scaling": Ablation(elastic_scaling=False),
    "no warm-up": Ablation(warm_up=False),
    "colour not conditioned": Ablation(conditioned_colour=False),
}
SHARE: Final = 0.2  # of the recipe's steps
FRAMES: Final = 16
STRANGE: Final = 40  # expressions that the video does not show

Progress = Callable[[str, float], None]


def ablate(
    capture: Capture,
    prior: HeadPrior,
    recipe: Recipe,
    learned_k: np.ndarray,
    held_k: np.ndarray,
    work: Path,
    device: torch.device,
    minutes: float | None,
    progress: Progress,
) -> dict[str, dict[str, float]]:
    """Figures by variant, each trained for SHARE of the steps from one seed. Where minutes are limited, the
    first takes SHARE of them and the others as many steps as it came to: a busy machine favours none. work:
    for its checkpoints.
    """
    limit = minutes * SHARE if minutes else None
    steps = {stage: round(getattr(recipe, f"{stage}_steps") * SHARE) for stage in STAGES}
    table = {}
    for name, ablation in VARIANTS.items():
        counts = {f"{stage}_steps": count for stage, count in steps.items()}
        if not ablation.warm_up:
            counts["prior_steps"] = 0
        trainer = make_trainer(
            capture, prior, replace(recipe, ablation=ablation, **counts), learned_k, device
        )
        folder = work / f"ablation_{name.replace(' ', '_')}"
        folder.mkdir(parents=True, exist_ok=True)
        history = train(trainer, folder, minutes=limit, progress=partial(_tell, progress, name))
        if limit is not None:
            limit, steps = None, steps_done(history, STAGES)
        table[name] = measure(trainer, held_k)
    return table


def _tell(progress: Progress, name: str, standing: Standing) -> None:
    progress(f"ablation: {name}", standing.share)


@torch.no_grad()
def measure(trainer: Trainer, held_k: np.ndarray) -> dict[str, float]:
    """Pictures of held-out frames, and how the mesh bears expressions that nobody showed it."""
    footage, model = trainer.footage, trainer.model
    chosen = held_k[np.linspace(0, len(held_k) - 1, min(FRAMES, len(held_k))).astype(int)]
    window = footage.camera.whole()
    heads: list[float] = []
    mouths: list[float] = []
    for n in chosen:
        mouth = footage.window_of(int(n), "mouth", np.random.default_rng(0), 64)
        for kind, seen, found in (("whole", window, heads), ("mouth", mouth, mouths)):
            batch = footage.batch(np.array([n]), [[(kind, seen)]], seen[2])
            inner = (trainer.inner, batch.codes_nx52xw[:, :, -1])
            picture = draw(model, model.shape(batch.codes_nx52xw), views_of(batch), trainer.rasterizer, inner)
            inside = (batch.head_bxsxsx1[0, ..., 0] > 0.5).numpy()
            if inside.any():
                wanted, image = batch.wanted_bxsxsx3[0].numpy(), picture.image_bxhxwx3[0].clamp(0, 1).numpy()
                found.append(measures.psnr_db(image, wanted, inside))
    return {
        "head PSNR, dB": float(np.mean(heads)),
        "mouth PSNR, dB": float(np.mean(mouths)),
        **_strange(trainer),
    }


def _strange(trainer: Trainer) -> dict[str, float]:
    """Under rehearsed expressions: triangles turned inside out, and distance to the morphable head's
    motion.
    """
    model, mesh = trainer.model, trainer.model.mesh
    assert mesh is not None
    rng = np.random.default_rng(7)
    seen = trainer.footage.capture.codes_nx52[trainer.footage.frames_k]
    codes = random_windows(STRANGE, trainer.recipe.widths.window, rng, seen)
    triangles = mesh.triangles_fx3.cpu().numpy()
    flipped, off = [], []
    rest = model.shape(torch.zeros(1, *codes.shape[1:])).vertices_bxvx3[0].numpy()
    before = normals_of(rest, triangles)
    for some in torch.split(codes, 8):
        shape = model.shape(some).vertices_bxvx3
        wanted = trainer.teacher.wanted(some)
        off.append(
            (shape - mesh.rest_vx3 - wanted).norm(dim=-1).numpy() * trainer.teacher.closeness_v.numpy()
        )
        for vertices in shape.numpy():
            turned = (normals_of(vertices, triangles) * before).sum(axis=1)
            flipped.append(float((turned < 0).mean()))
    return {
        "vertices turned inside out, %": 100 * float(np.mean(flipped)),
        "off the morphable head, mm": 1000 * float(np.concatenate(off).mean()),
    }
