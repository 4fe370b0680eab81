"""The recipe: footage in, a trained mouth out, in stages that can be killed and taken up again.

First the sync network, alone. Then the model by single frames; then by five frames in a row, with critics.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from talkwire.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from talkwire.training.devices import keep_memory
from talkwire.training.g4g.batches import Batches, Int64, pictures
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.model import Networks
from talkwire.training.g4g.probe import look
from talkwire.training.g4g.reader import LipReader
from talkwire.training.g4g.recipe import Recipe
from talkwire.training.g4g.sync import accuracy
from talkwire.training.g4g.trainer import Trainer
from talkwire.training.standing import Standing, demand_finite

STAGES: Final = ("sync", "frame", "clip")
# share of the time at which a stage ends, when there is a limit
DEADLINES: Final = {"sync": 0.06, "frame": 0.75, "clip": 1.0}
SHOWN: Final = "shown"  # the folder of pictures made on the way
SAVE_EVERY_S: Final = 60.0
LOOK_EVERY_S: Final = 120.0
RECORD_EVERY: Final = 10
LARGEST_GRADIENT: Final = 1.0
BETAS: Final = (0.9, 0.99)
# shares of the rate: of what tells sounds and mouths apart, which is slower to learn well; of critics
COMPARING, CRITICS = 1 / 3, 1 / 2


Progress = Callable[[Standing], None]


def make_trainer(
    footage: Footage,
    learned_k: Int64,
    held_k: Int64,
    references_r: Int64,
    recipe: Recipe,
    device: torch.device,
) -> Trainer:
    """Everything at its start, by the recipe's seed. learned_k, held_k: frames to learn from and to judge by;
    references_r: frames that show what the person looks like. Raises TrainingError for too little footage.
    """
    keep_memory()
    torch.manual_seed(recipe.seed)
    batches = Batches(footage, learned_k, np.random.default_rng(recipe.seed))
    networks = Networks(footage.side, recipe.widths, recipe.ablation)
    for encoder in (networks.model.heard, networks.sync.heard):
        encoder.get_used_to(footage.heard_kxnx5xc[:, learned_k])
    references = pictures(footage.crops_nxhxwx3[references_r]).to(device)
    networks.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Trainer(networks, recipe, batches, held_k, references_r, references, device)


def train(
    trainer: Trainer,
    work: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[dict[str, float]]:
    """Run all stages; the trainer's model can then be made an avatar. Returns losses and looks on the way.

    work: where checkpoints and pictures go.  minutes: ends earlier where steps take longer.  resume: go on
    from the last checkpoint there.  Raises TrainingError for a checkpoint of another training, a full disk,
    or a loss that is not finite.
    """
    name = fingerprint(trainer)
    state = load_checkpoint(work, name) if resume else None
    run = _Run(trainer, work, name, minutes, progress or (lambda _: None), clock, state)
    for stage in STAGES[STAGES.index(run.stage) :]:
        run.through(stage)
    run.end()
    return run.history


def fingerprint(trainer: Trainer) -> str:
    """16 hex digits of what a checkpoint belongs to: the recipe, the footage, and which of it is what for."""
    footage = trainer.batches.footage
    parts: list[Any] = [asdict(trainer.recipe), asdict(footage.card), len(footage)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
    for array in (
        footage.heard_kxnx5xc,
        footage.centres_nx2,
        trainer.batches.frames_k,
        trainer.held_k,
        trainer.references_r,
    ):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


class _Run:
    """One call of `train`: the clock, the optimisers, and what is written down."""

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
        self._done, self._psnr_db = False, 0.0
        self._before_s, self._begun_s, self._saved_s, self._looked_s = 0.0, clock(), clock(), 0.0
        self._reader = LipReader.of(trainer.batches)
        self._optimizers = _optimizers(trainer)
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
            self.stage, self.step = stage, 0
        while self.step < count and not self._late(stage):
            share = self._share()
            self._set_rates(share)
            terms = trainer.steps[stage](share)
            weights = trainer.recipe.weights if stage != "sync" else {"sync": 1.0}
            self._descend("sync" if stage == "sync" else "model", _total(weights, terms))
            if trainer.shown is not None:
                self._descend("critics", trainer.criticise())
            self.step += 1
            self._note(count, terms)
            if stage != "sync" and self.seconds - self._looked_s > LOOK_EVERY_S:
                self.look()
            if self.clock() - self._saved_s > SAVE_EVERY_S:
                self.save(stage)
        if stage == "sync" and not self._done:
            networks = trainer.networks
            networks.sync_accuracy.fill_(accuracy(networks.sync, trainer.batches, trainer.held_k))

    def look(self) -> None:
        """At frames that it has not seen; written down like losses."""
        found = look(self.trainer, self._reader, self.work / SHOWN, f"{len(self.history):06d}")
        self.history.append(self._row() | found.row())
        self._looked_s, self._psnr_db = self.seconds, found.psnr_db

    def end(self) -> None:
        """The last look, and a checkpoint that says that nothing is left to do."""
        if not self._done:
            self.look()
            self.save("done")

    def save(self, stage: str) -> None:
        """A checkpoint from which the next step follows."""
        trainer = self.trainer
        save_checkpoint(
            Checkpoint(
                belongs_to=self.name,
                stage=stage,
                step=self.step,
                seconds=self.seconds,
                model={name: value.cpu() for name, value in trainer.networks.state_dict().items()},
                optimizer={name: one.state_dict() for name, one in self._optimizers.items()},
                parts={},
                random=json.dumps(trainer.batches.rng.bit_generator.state),
                history=self.history,
            ),
            self.work,
        )
        self._saved_s = self.clock()

    def _take_up(self, state: Checkpoint) -> None:
        trainer = self.trainer
        trainer.networks.load_state_dict(state.model)
        trainer.batches.rng.bit_generator.state = json.loads(state.random)
        for name, optimizer in self._optimizers.items():
            optimizer.load_state_dict(state.optimizer[name])
        self._done = state.stage not in STAGES
        self.stage = STAGES[-1] if self._done else state.stage
        self.step = getattr(trainer.recipe, f"{STAGES[-1]}_steps") if self._done else state.step
        self.history, self._before_s, self._looked_s = state.history, state.seconds, state.seconds

    def _share(self) -> float:
        """Of all steps, done; of the time, where that runs out first."""
        counts = [getattr(self.trainer.recipe, f"{stage}_steps") for stage in STAGES]
        at = STAGES.index(self.stage)
        by_steps = (sum(counts[1:at]) + self.step) / max(1, sum(counts[1:])) if at else 0.0
        return min(1.0, max(by_steps, self.seconds / self.limit_s if self.limit_s else 0.0))

    def _set_rates(self, share: float) -> None:
        recipe = self.trainer.recipe
        fall = recipe.last_rate**share
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * group["factor"] * (1.0 if name == "sync" else fall)

    def _descend(self, name: str, loss: Tensor) -> None:
        demand_finite(loss, self.step, self.stage)
        optimizer = self._optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        learning = [p for group in optimizer.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(learning, LARGEST_GRADIENT)
        optimizer.step()

    def _late(self, stage: str) -> bool:
        return self.limit_s is not None and self.seconds > DEADLINES[stage] * self.limit_s

    def _row(self) -> dict[str, float]:
        return {"step": float(self.step), "stage": float(STAGES.index(self.stage)), "seconds": self.seconds}

    def _note(self, count: int, terms: Mapping[str, Tensor]) -> None:
        if self.step % RECORD_EVERY and self.step != count:
            return
        self.history.append(self._row() | {name: float(term.detach()) for name, term in terms.items()})
        share = self._share()
        left_s = self.seconds / max(share, 1e-3) * (1 - share)
        loss = float(_total(self.trainer.recipe.weights, terms).detach())
        self.progress(Standing(self.stage, share, loss, self._psnr_db, left_s))


def _total(weights: Mapping[str, float], terms: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


def _optimizers(trainer: Trainer) -> dict[str, torch.optim.Adam]:
    """One for each that learns by a loss of its own, with shares of the recipe's rate."""
    networks = trainer.networks
    hearing = list(networks.model.heard.parameters())
    drawing = [p for p in networks.model.parameters() if all(p is not one for one in hearing)]
    comparing = [*hearing, *networks.eye.parameters(), *networks.said.parameters()]
    learners = {
        "sync": [(COMPARING, list(networks.sync.parameters()))],
        "model": [(1.0, drawing), (COMPARING, comparing)],
        "critics": [(CRITICS, list(networks.critics.parameters()))],
    }
    return {
        name: torch.optim.Adam(
            [{"params": parameters, "factor": factor} for factor, parameters in groups],
            lr=trainer.recipe.rate,
            betas=BETAS,
            fused=True,
        )
        for name, groups in learners.items()
    }
