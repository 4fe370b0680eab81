"""How lips follow phones, learned from one filmed speaker: the coarticulation of sentences that nobody
filmed.

A small network reads what each phone asks of a mouth (`phones.PHONES`: numbers, not names, so that phones
which the speaker never said have a meaning too), where in the phone a step lies and how long the phone is,
in both directions of time, and gives what a tracker would have measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import STEP_HZ, Clip, mel_cache
from talkwire.training.motion.phone_times import Phones
from talkwire.training.motion.phones import BITE, PHONES, SEAL, VOWELS
from talkwire.training.motion.targets import halves

HIDDEN: Final = 64
EPOCHS: Final = 30
BATCH: Final = 30
RATE: Final = 4e-3
MEASURES: Final = ("gap", "width")


@dataclass(frozen=True)
class Articulation:
    """network: [N, T, features] to [N, T, 2] in deviations.  mean_2, scale_2: of the speaker's measures."""

    network: nn.Module
    mean_2: Float32
    scale_2: Float32

    @torch.no_grad()
    def lips(self, phones: Phones, steps: int) -> Float32:
        """[T, 2] opening and width of the mouth over the height of the face, as of this speaker."""
        moved: Float32 = self.network(torch.from_numpy(_described(phones, steps))[None])[0].numpy()
        return moved * self.scale_2 + self.mean_2


class _Network(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.recur = nn.GRU(features, HIDDEN, 2, batch_first=True, bidirectional=True, dropout=0.2)
        self.out = nn.Linear(2 * HIDDEN, len(MEASURES))

    def forward(self, described: Tensor) -> Tensor:
        moved: Tensor = self.out(self.recur(described)[0])
        return moved


def articulation_of(clips: Sequence[Clip], cache: Path | None = None) -> Articulation:
    """Learned from these clips once, and kept beside their mel rows (see `corpus.mel_cache`)."""
    names = hashlib.sha256(repr([(clip.name, clip.phones) for clip in clips]).encode()).hexdigest()[:12]
    kept = mel_cache(cache) / f"articulation-1-{names}.pt"
    if kept.exists():
        values = torch.load(kept, weights_only=True)
        network = _Network(len(_asked("SIL")) + 2)
        network.load_state_dict(values["network"])
        return Articulation(network.eval(), values["mean"].numpy(), values["scale"].numpy())
    learned = learn_articulation(clips)
    mean, scale = torch.from_numpy(learned.mean_2), torch.from_numpy(learned.scale_2)
    partial = kept.with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"network": learned.network.state_dict(), "mean": mean, "scale": scale}, partial)
    partial.replace(kept)
    return learned


def learn_articulation(clips: Sequence[Clip], seed: int = 0) -> Articulation:
    """From clips whose lips were tracked, cut to the shortest; takes two minutes. Raises ValueError without
    any.
    """
    torch.manual_seed(seed)
    filmed = [(clip, lips) for clip in clips if (lips := measured(clip)) is not None]
    steps = min(len(lips) for _, lips in filmed)
    described = torch.from_numpy(np.stack([_described(clip.phones, steps) for clip, _ in filmed]))
    tracked = np.stack([lips[:steps] for _, lips in filmed])
    mean, scale = tracked.mean(axis=(0, 1)), tracked.std(axis=(0, 1))
    wanted = torch.from_numpy((tracked - mean) / scale)
    network = _Network(described.shape[-1])
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-2)
    batch = min(BATCH, len(filmed))
    batches = len(filmed) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * batches)
    for epoch in range(EPOCHS):
        order = torch.from_numpy(np.random.default_rng([seed, epoch]).permutation(len(filmed)))
        for rows in order[: batches * batch].reshape(batches, batch):
            moved = network(described[rows])
            off = moved - wanted[rows]
            loss = off.abs().mean() + 2 * off.diff(dim=1).abs().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return Articulation(network.eval(), mean, scale)


def lips_of(clip: Clip, articulation: Articulation | None) -> Float32 | None:
    """[T, 2] what was tracked of a clip, or would have been."""
    tracked = measured(clip)
    if tracked is not None:
        return tracked
    return None if articulation is None else articulation.lips(clip.phones, clip.steps)


def with_lips(clip: Clip, articulation: Articulation | None) -> Clip:
    """The clip, as if its lips had been tracked."""
    lips = lips_of(clip, articulation)
    return clip if lips is None else replace(clip, gap=np.maximum(lips[:, 0], 0), width=lips[:, 1])


def measured(clip: Clip) -> Float32 | None:
    """[T, 2] what was tracked, in the order of MEASURES; None for a clip that nobody filmed."""
    if clip.gap is None or clip.width is None:
        return None
    return np.stack([clip.gap, clip.width], axis=1)


def _described(phones: Phones, steps: int) -> Float32:
    """[T, features]: what the phone of each step asks for, the share of it that is over, its length."""
    time_s = np.arange(steps) / STEP_HZ
    parts = halves(phones)
    starts_s = np.array([start_s for _, start_s, _ in parts])
    which = np.clip(np.searchsorted(starts_s, time_s, side="right") - 1, 0, len(parts) - 1)
    asked = np.array([_asked(name) for name, _, _ in parts])
    length_s = np.array([max(end_s - start_s, 1e-3) for _, start_s, end_s in parts])
    over = np.clip((time_s - starts_s[which]) / length_s[which], 0, 1)
    length = np.log(np.clip(length_s[which], 0.02, 0.4) / 0.08)
    return np.column_stack([asked[which], over, length]).astype(np.float32)


def _asked(name: str) -> list[float]:
    """Numbers of one phone."""
    kinds = (name in SEAL, name in BITE, name in VOWELS, name == "SIL")
    return [*PHONES[name], *(float(kind) for kind in kinds)]
