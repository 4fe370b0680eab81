"""The recipe: a capture in, a trained head out, in stages that can be killed and taken up again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from talkwire.training.capture import Capture
from talkwire.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from talkwire.training.devices import keep_memory, moved
from talkwire.training.dyntet.attached import attach
from talkwire.training.dyntet.batches import Footage
from talkwire.training.dyntet.grid import make_grid
from talkwire.training.dyntet.mesh import HeadMesh
from talkwire.training.dyntet.model import HeadModel
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.recipe import Recipe
from talkwire.training.dyntet.rehearsal import prepare_lessons
from talkwire.training.dyntet.scene import gain_count
from talkwire.training.dyntet.trainer import Trainer
from talkwire.training.raster.choose import choose_rasterizer
from talkwire.training.standing import Standing, demand_finite

STAGES: Final = ("prior", "free", "mesh")
# share of the time at which a stage ends, when there is a limit
DEADLINES: Final = {"prior": 0.08, "free": 0.25, "mesh": 1.0}
PRIOR_RATE: Final = 2.0  # of the recipe's: there is no picture yet to be thrown off by
SAVE_EVERY_S: Final = 60.0
RECORD_EVERY: Final = 10
LARGEST_GRADIENT: Final = 10.0
ADAM_EPS: Final = 1e-15  # lengths are small numbers here, and so are their gradients


Progress = Callable[[Standing], None]


def make_trainer(
    capture: Capture, prior: HeadPrior, recipe: Recipe, frames_k: np.ndarray, device: torch.device
) -> Trainer:
    """Everything at its start, by the recipe's seed. frames_k: the capture's frames to learn from."""
    keep_memory()
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    grid = make_grid(prior.space, recipe.grid)
    attached = attach(prior.family, prior.identity_i)
    footage = Footage(capture, frames_k, recipe.widths.window)
    lessons = prepare_lessons(prior, grid, capture, rng)
    trainer = Trainer(
        model=HeadModel(
            recipe.widths,
            flat_light=capture.card.light == "flat",
            gains=gain_count(attached),
            start_g=lessons.field_g.clone(),
            ablation=recipe.ablation,
        ),
        recipe=recipe,
        footage=footage,
        prior=prior,
        grid=grid,
        lessons=lessons,
        attached=attached,
        rasterizer=choose_rasterizer(device),
        rng=rng,
        device=device,
    )
    trainer.model.to(device)
    return trainer


def train(
    trainer: Trainer,
    work: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[dict[str, float]]:
    """Run all stages; the trainer's model is then a head. Returns the losses on the way.

    work: where checkpoints go.  minutes: ends earlier where steps take longer.  resume: go on from the last
    checkpoint there.  Raises TrainingError for a checkpoint of another training, a full disk, or a loss that
    is not finite.
    """
    name = fingerprint(trainer)
    state = load_checkpoint(work, name) if resume else None
    run = _Run(trainer, work, name, minutes, progress or (lambda _: None), clock, state)
    for stage in STAGES[STAGES.index(run.stage) :]:
        run.through(stage)
    run.save("done", 0)
    return run.history


def fingerprint(trainer: Trainer) -> str:
    """16 hex digits of what a checkpoint belongs to: the recipe and the video."""
    capture = trainer.footage.capture
    parts: list[Any] = [asdict(trainer.recipe), asdict(capture.card), capture.size_hw, len(capture)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
    digest.update(np.ascontiguousarray(capture.codes_nx52).tobytes())
    return digest.hexdigest()[:16]


class _Run:
    """One call of `train`: the clock, the optimiser, and what is written down."""

    def __init__(
        self,
        trainer: Trainer,
        work: Path,
        name: str,
        minutes: float | None,
        progress: Progress,
        clock: Callable[[], float],
        state: Checkpoint | None,
    ) -> None:
        self.trainer, self.work, self.name, self.progress, self.clock = trainer, work, name, progress, clock
        self.limit_s = minutes * 60 if minutes else None
        self.stage, self.step = STAGES[0], 0
        self.history: list[dict[str, float]] = []
        self._before_s, self._begun_s, self._saved_s = 0.0, clock(), clock()
        self._state: dict[str, Any] | None = None
        if state is not None:
            self._take_up(state)

    @property
    def seconds(self) -> float:
        """Spent in all, over every call."""
        return self._before_s + self.clock() - self._begun_s

    def through(self, stage: str) -> None:
        """All steps of a stage, or as many as there is time for."""
        trainer = self.trainer
        count = getattr(trainer.recipe, f"{stage}_steps")
        if stage != self.stage:
            self.stage, self.step, self._state = stage, 0, None
        if stage == "mesh" and trainer.model.mesh is None:
            trainer.freeze()
        optimizer = torch.optim.Adam(self._groups(), lr=trainer.recipe.rate, eps=ADAM_EPS)
        if self._state is not None:
            optimizer.load_state_dict(self._state)
        while self.step < count and not self._late(stage):
            share = self._share(stage)
            for group in optimizer.param_groups:
                group["lr"] = trainer.recipe.rate * group["factor"] * self._fall(share, stage)
            optimizer.zero_grad(set_to_none=True)
            terms = trainer.steps[stage](share)
            loss = sum(trainer.recipe.weights[name] * term for name, term in terms.items())
            assert isinstance(loss, torch.Tensor)
            demand_finite(loss, self.step, stage)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), LARGEST_GRADIENT)
            optimizer.step()
            self.step += 1
            self._note(stage, count, terms, float(loss.detach()))
            if self.clock() - self._saved_s > SAVE_EVERY_S:
                self.save(stage, self.step, optimizer)

    def save(self, stage: str, step: int, optimizer: torch.optim.Optimizer | None = None) -> None:
        """A checkpoint from which the next step follows."""
        trainer = self.trainer
        state = {name: value.cpu() for name, value in trainer.model.state_dict().items()}
        rng = json.dumps(trainer.rng.bit_generator.state)
        mesh = {} if trainer.model.mesh is None else asdict(moved(trainer.model.mesh, torch.device("cpu")))
        save_checkpoint(
            Checkpoint(
                self.name, stage, step, self.seconds, state,
                optimizer.state_dict() if optimizer else {}, mesh, rng, self.history,
            ),
            self.work,
        )  # fmt: skip
        self._saved_s = self.clock()

    def _take_up(self, state: Checkpoint) -> None:
        trainer = self.trainer
        if state.parts:
            trainer.install(HeadMesh(**state.parts))
        trainer.model.load_state_dict(state.model)
        trainer.rng.bit_generator.state = json.loads(state.random)
        self.stage = state.stage if state.stage in STAGES else STAGES[-1]
        self.step = state.step if state.stage in STAGES else getattr(trainer.recipe, f"{STAGES[-1]}_steps")
        self.history, self._before_s = state.history, state.seconds
        self._state = state.optimizer or None

    def _groups(self) -> list[dict[str, Any]]:
        """Grid features and freely moving vertices learn at rates of their own."""
        model = self.trainer.model
        special = {"colour.grid.table": 10.0, "gains": 5.0, "rest_vx3": 0.02}
        groups = [{"params": [p for n, p in model.named_parameters() if n not in special], "factor": 1.0}]
        for name, factor in special.items():
            groups += [{"params": [p], "factor": factor} for n, p in model.named_parameters() if n == name]
        return groups

    def _share(self, stage: str) -> float:
        """Of free and mesh steps, done; or of the time, where that runs out first."""
        recipe = self.trainer.recipe
        done = self.step + (recipe.free_steps if stage == "mesh" else 0)
        by_steps = done / max(1, recipe.free_steps + recipe.mesh_steps) if stage != "prior" else 0.0
        return max(by_steps, self.seconds / self.limit_s if self.limit_s else 0.0)

    def _fall(self, share: float, stage: str) -> float:
        if stage == "prior":
            return float(
                PRIOR_RATE
                * self.trainer.recipe.last_rate ** (0.5 * self.step / max(1, self.trainer.recipe.prior_steps))
            )
        return float(self.trainer.recipe.last_rate ** min(1.0, share))

    def _late(self, stage: str) -> bool:
        return self.limit_s is not None and self.seconds > DEADLINES[stage] * self.limit_s

    def _note(self, stage: str, count: int, terms: dict[str, torch.Tensor], loss: float) -> None:
        if self.step % RECORD_EVERY and self.step != count:
            return
        row = {"step": float(self.step), "stage": float(STAGES.index(stage)), "seconds": self.seconds}
        row |= {name: float(term.detach()) for name, term in terms.items()}
        self.history.append(row)
        recent = [r["image"] for r in self.history[-20:] if "image" in r]
        psnr_db = float(-10 * np.log10(max(float(np.mean(recent)) / 3, 1e-12))) if recent else 0.0
        share = max(self._share(stage), 1e-3)
        left_s = self.seconds / share * (1 - share)
        self.progress(Standing(stage, min(1.0, self._share(stage)), loss, psnr_db, left_s))
