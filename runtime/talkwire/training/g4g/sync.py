"""Whether a mouth moves with what is heard: a network of its own, taught first, on the true mouths alone.

Five pictures of a mouth and five moments heard, to one probability. Off-sync pairs are of the same clip, at
most FURTHEST frames apart, or of another moment anywhere; only pairs whose sounds differ count, for silence
is in sync with all silence. What it says of generated mouths is a loss only where it is right about more
than TRUSTED of pairs that it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.training.g4g.batches import Batches, Int64
from talkwire.training.g4g.encoders import HeardEncoder, MouthEncoder, Widths

TRUSTED: Final = 0.9
NEAREST, FURTHEST = 4, 25  # frames apart
ANYWHERE: Final = 0.5  # share of off-sync pairs from any other moment
PATIENCE: Final = 8
JUDGED: Final = 512  # pairs
UNLIKE: Final = 0.5  # spreads by which the weights of two moments differ in the mean, to be told apart


class Sync(nn.Module):
    """(mouths, heard) to logits of being in sync."""

    def __init__(self, pixels: int, widths: Widths) -> None:
        super().__init__()
        self.mouth, self.heard = MouthEncoder(pixels, widths.code), HeardEncoder(widths)
        self.said = nn.Linear(widths.code, widths.code)
        self.gain, self.bias = nn.Parameter(torch.tensor(5.0)), nn.Parameter(torch.tensor(-2.0))

    def forward(self, mouths_bx5x3xmxm: Tensor, heard_bx5xc: Tensor) -> Tensor:
        """[B]."""
        return self.of_pairs(mouths_bx5x3xmxm, [heard_bx5xc])[0]

    def of_pairs(self, mouths_bx5x3xmxm: Tensor, heard: Sequence[Tensor]) -> Tensor:
        """[n, B]: the same mouths with each of n that were heard, [B, 5, 33]."""
        seen = self.mouth(mouths_bx5x3xmxm)
        said = [functional.normalize(self.said(self.heard(one)).float(), dim=1) for one in heard]
        return torch.stack([(seen * one).sum(dim=1) for one in said]) * self.gain + self.bias


def sync_loss(logits_2xb: Tensor) -> Tensor:
    """Binary cross entropy of `of_pairs`: the first row is in sync, the second is not. 0 of no pairs."""
    wrong = functional.softplus(-logits_2xb[0]) + functional.softplus(logits_2xb[1])
    return wrong.sum() / max(1, 2 * len(wrong))


def off_sync(batches: Batches, frames_k: Int64, count: int) -> tuple[Int64, Int64]:
    """`count` frames of frames_k, and for each another of them that is heard otherwise; fewer where speech
    is so scarce that they are not found in PATIENCE times as many tries.
    """
    rng, heard, shots = batches.rng, batches.footage.heard_kxnx5xc[0], batches.footage.shots_n
    tries = PATIENCE * count
    frames = rng.choice(frames_k, tries)
    apart = rng.integers(NEAREST, FURTHEST + 1, tries) * rng.choice([-1, 1], tries)
    near = (frames + apart).clip(0, len(shots) - 1)
    good = np.isin(near, frames_k) & (shots[near] == shots[frames]) & (np.abs(near - frames) >= NEAREST)
    anywhere = rng.choice(frames_k, tries)
    others = np.where(good & (rng.random(tries) >= ANYWHERE), near, anywhere)
    unlike = (np.abs(heard[frames] - heard[others]) / batches.spread_c).mean(axis=(1, 2)) > UNLIKE
    chosen = np.flatnonzero(unlike)[:count]
    return frames[chosen], others[chosen]


@torch.no_grad()
def accuracy(sync: Sync, batches: Batches, held_k: Int64) -> float:
    """Share of pairs that it has not seen, half of them off-sync, about which it is right; 0 without any."""
    frames, others = off_sync(batches, held_k, JUDGED)
    if not len(frames):
        return 0.0
    heard = [batches.heard(k, noise=0.0) for k in (frames, others)]
    logits = sync.of_pairs(batches.seen(frames, varied=False), heard)
    return float(((logits[0] > 0).float().mean() + (logits[1] <= 0).float().mean()) / 2)
