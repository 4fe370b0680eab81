"""Learning: seeded, resumable, one core. Prints loss, and what the validation clips show."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.motion.augment import Batch, draw, plain
from talkwire.training.motion.corpus import Clip
from talkwire.training.motion.metrics import measure, said
from talkwire.training.motion.network import Motion, compose, weights
from talkwire.training.motion.phones import CURVES, UNKNOWN_CLASS
from talkwire.training.motion.shown import gains_52x2
from talkwire.training.motion.targets import Targets
from talkwire.training.motion.whole import Whole

JAW_WEIGHT: Final = 3.0
VELOCITY_WEIGHT: Final = 3.0
SHOWN_WEIGHT: Final = 3.0
SHOWN_SCALE: Final = (4.4, 8.0)  # of opening and widening: to about the size of the curves that make them
GATE_WEIGHT: Final = 0.25
GATE_POSITIVE_WEIGHT: Final = 2.0
PHONE_WEIGHT: Final = 0.04
HEARING_WEIGHT: Final = 0.3
Network = Motion | Whole
JAW: Final = CURVES.index("jawOpen")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, beside the data."""

    seed: int = 7
    epochs: int = 20
    flite: int = 3000  # sentences of other voices and words, beside the clips that were filmed
    espeak: int = 3600  # in several languages
    strangers: int = 0  # and of voices without phones, which the network for baking says: see `strangers`
    filmed_times: int = 1  # that each filmed clip is drawn in an epoch; the others once
    batch_clips: int = 32
    steps: int = 110
    learning_rate: float = 2.5e-3
    ear_learning_rate: float = 4e-4  # of a live network's ear, which has learned elsewhere before
    weight_decay: float = 1e-3


def train(
    network: Network,
    learned: Sequence[tuple[Clip, Targets]],
    recipe: Recipe,
    *,
    val: Sequence[Clip] = (),
    music: Sequence[Float32] = (),
    checkpoint: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[float]:
    """Trains a network; the mean loss of each epoch. learned: clips with what is wanted of them, see
    `teaching`.  val: measured now and then.  music: rows of what may sound beside a voice.  checkpoint:
    written each epoch, resumed from.  Raises TrainingError for another training's checkpoint.
    """
    learned = [pair for pair in learned for _ in range(1 if pair[0].gap is None else recipe.filmed_times)]
    optimiser = torch.optim.AdamW(_by_rate(network, recipe), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in optimiser.param_groups],
        total_steps=recipe.epochs * _batches(learned, recipe) + 1,
        pct_start=0.1,
    )
    losses = _resume(checkpoint, recipe, network, optimiser, schedule)
    for epoch in range(len(losses), recipe.epochs):
        started_s = time.perf_counter()
        rng = np.random.default_rng([recipe.seed, epoch])
        torch.manual_seed(int(rng.integers(1 << 31)))  # what a resumed training drops is what it would have
        network.train()
        order, total = rng.permutation(len(learned)), 0.0
        for first in range(0, len(order), recipe.batch_clips):
            chosen = [learned[i] for i in order[first : first + recipe.batch_clips]]
            loss = loss_of(network, draw(rng, chosen, recipe.steps, music))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        losses.append(total / _batches(learned, recipe))
        took_s = time.perf_counter() - started_s
        line = f"epoch {epoch + 1}/{recipe.epochs}  loss {losses[-1]:.4f}  {took_s:.1f} s"
        if val and ((epoch + 1) % 5 == 0 or epoch + 1 == recipe.epochs):
            figures = evaluate(network, val)
            line += "  val " + "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
        say(line)
        if checkpoint is not None:
            _keep(checkpoint, recipe, network, optimiser, schedule, losses)
    network.eval()
    return losses


def loss_of(network: Network, batch: Batch) -> Tensor:
    """Curves, their movement, gates, what an onlooker sees of it all, the phone heard, and what the teacher
    hears.
    """
    ahead, rows = network.look_ahead_steps, torch.from_numpy(batch.rows)
    known = network.hidden(rows)[:, ahead:]
    curves, gate_logits, phone_logits = network.heads(known)
    wanted, gates, classes = (
        torch.from_numpy(x)[:, : x.shape[1] - ahead] for x in (batch.curves, batch.gates, batch.classes)
    )
    by_curve = torch.ones(len(CURVES))
    by_curve[JAW] = JAW_WEIGHT
    free = 1 - 0.7 * gates[..., :1]  # under a gate nobody sees what the curve would have been
    off = functional.smooth_l1_loss(curves, wanted, beta=0.05, reduction="none") * by_curve * free
    moved = (curves.diff(dim=1) - wanted.diff(dim=1)).abs() * by_curve
    gate_loss = functional.binary_cross_entropy_with_logits(
        gate_logits, gates, pos_weight=torch.full((2,), GATE_POSITIVE_WEIGHT)
    )
    seen = _shown(compose(curves, torch.sigmoid(gate_logits))) - _shown(compose(wanted, gates))
    told = (classes != UNKNOWN_CLASS).sum().clamp(min=1)
    heard = functional.cross_entropy(phone_logits.flatten(0, 1), classes.flatten(), reduction="sum") / told
    loss: Tensor = off.mean() + VELOCITY_WEIGHT * moved.mean() + SHOWN_WEIGHT * seen.abs().mean()
    loss = loss + GATE_WEIGHT * gate_loss + PHONE_WEIGHT * heard
    if batch.heard is not None and isinstance(network, Motion):
        features = torch.from_numpy(batch.heard)[:, : known.shape[1]]
        voiced = features.isfinite().all(dim=2)
        off = (network.overheard(known)[voiced] - features[voiced]).square()
        loss = loss + HEARING_WEIGHT * off.sum() / max(1, off.numel())
    return loss


@torch.no_grad()
def move(network: Network, rows: Float32) -> Float32:
    """Rows [1, T + look-ahead, 2, 80] to weights [T, 52]."""
    curves, gates, phones = network(torch.from_numpy(rows))
    moved: Float32 = weights(curves, gates, phones, network.gates)[0, network.look_ahead_steps :].numpy()
    return moved


def evaluate(network: Network, clips: Sequence[Clip]) -> dict[str, float]:
    """The table of `metrics.measure` over clips, heard as they are."""
    network.eval()
    lines = []
    for clip in clips:
        moved = move(network, plain(clip, network.look_ahead_steps))
        lines.append(said(clip, moved))
    return measure(lines)


def _shown(weights_52: Tensor) -> Tensor:
    """[..., 2] `shown.shown` by its slopes: differentiable, and not even where lips overlap."""
    return weights_52 @ torch.from_numpy(gains_52x2() * SHOWN_SCALE).to(weights_52.dtype)


def check_checkpoint(path: Path | None, recipe: Recipe, network: type) -> None:
    """Raises TrainingError when there is one and it belongs to another training: before hours are spent."""
    if path is not None and path.exists():
        _belonging(path, recipe, network)


def _by_rate(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups, as torch's optimisers take them."""
    ear = list(network.hears.parameters()) if isinstance(network, Motion) else []
    known = {id(part) for part in ear}
    rest = [part for part in network.parameters() if part.requires_grad and id(part) not in known]
    return [
        {"params": parts, "lr": rate}
        for parts, rate in ((rest, recipe.learning_rate), (ear, recipe.ear_learning_rate))
        if parts
    ]


def _batches(learned: Sequence[tuple[Clip, Targets]], recipe: Recipe) -> int:
    return -(-len(learned) // recipe.batch_clips)


def _keep(path: Path, recipe: Recipe, network: Network, *rest: object) -> None:
    optimiser, schedule, losses = rest
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "recipe": _belongs(recipe, type(network)),
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),  # type: ignore[attr-defined]
            "schedule": schedule.state_dict(),  # type: ignore[attr-defined]
            "losses": losses,
        },
        partial,
    )
    partial.replace(path)


def _belongs(recipe: Recipe, network: type) -> str:
    return f"{network.__name__}: {recipe!r}"


def _belonging(path: Path, recipe: Recipe, network: type) -> dict[str, Any]:
    kept: dict[str, Any] = torch.load(path, weights_only=True)
    if kept["recipe"] != _belongs(recipe, network):
        raise TrainingError(
            f"{path} belongs to another training",
            seen=kept["recipe"],
            wanted=_belongs(recipe, network),
            cure="delete it, or train without --resume",
        )
    return kept


def _resume(
    path: Path | None, recipe: Recipe, network: Network, optimiser: object, schedule: object
) -> list[float]:
    if path is None or not path.exists():
        return []
    kept = _belonging(path, recipe, type(network))
    network.load_state_dict(kept["network"])
    optimiser.load_state_dict(kept["optimiser"])  # type: ignore[attr-defined]
    schedule.load_state_dict(kept["schedule"])  # type: ignore[attr-defined]
    losses: list[float] = kept["losses"]
    return losses
