"""Diagonal fine-grained alignment (G4G, arXiv 2402.18122): within what is seen, and between seen and heard.

Intra-modal: features of the crop without its mouth take, channel by channel, the mean and spread that
features of the drawing have (AdaIN), four times. A head regresses the drawing from their means alone, so
that they hold the pose.

Inter-modal: S = v a^T / tau compares n moments as seen, v, with the same n as heard, a; its target is the
identity. The paper takes v from the aligned features. These cannot know the mouth, which is masked; all that
could bring it about there is the sound itself. So v is of the mouth, in two ways. Of the true mouths it
teaches what moves together. Of the generated ones, which are made from the aligned features, it must find
its own sound among all others: this goes back through generator and alignment, with v's own network held
still, or that would learn to read mistakes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.types import Float32
from talkwire.training.g4g.encoders import Sizes, Widths
from talkwire.training.g4g.layers import bent, conv, halved, zeroed

BLOCKS: Final = 4
TEMPERATURE: Final = 0.07
NEAR: Final = 1  # frames: who is so near says nearly the same, and is neither right nor wrong
WINDOW_OF: Final = 9  # moments of one clip among which the diagonal must be found
MOVES: Final = 0.25  # spreads of what is heard, in the mean over weights
FADED: Final = 1e-5  # of a variance
SKETCH_DOWNS: Final = 3  # halvings of the drawing, where it is regressed

Bool = npt.NDArray[np.bool_]


def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and spread of each channel, [B, C, 1, 1]."""
    mean = x.mean(dim=(2, 3), keepdim=True)
    return mean, ((x - mean).square().mean(dim=(2, 3), keepdim=True) + FADED).sqrt()


def adain(x: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """x with this mean and spread in place of its own (Huang and Belongie, ICCV 2017)."""
    own_mean, own_spread = statistics(x)
    return (x - own_mean) / own_spread * spread + mean


class IntraAlignment(nn.Module):
    """Features of the crop and of the drawing, [B, C, h, w] each, to aligned ones."""

    def __init__(self, side: int, widths: Widths) -> None:
        super().__init__()
        width = widths.aligned
        self.first = nn.ModuleList(conv(width, width) for _ in range(BLOCKS))
        self.second = nn.ModuleList(zeroed(conv(width, width)) for _ in range(BLOCKS))
        self.sketch_hw = halved(Sizes.of(side).whole, SKETCH_DOWNS)
        self.sketch = nn.Linear(width, self.sketch_hw[0] * self.sketch_hw[1])

    def forward(self, seen: Tensor, drawn: Tensor) -> Tensor:
        """Four residual blocks."""
        mean, spread = statistics(drawn)
        for first, second in zip(self.first, self.second, strict=True):
            x = first(bent(adain(seen, mean, spread)))
            seen = seen + second(bent(adain(x, mean, spread)))
        return seen

    def drawing_loss(self, aligned: Tensor, drawing_bx1xhxw: Tensor) -> Tensor:
        """How much of the coarse drawing cannot be told from the features' means."""
        wanted = functional.adaptive_avg_pool2d(drawing_bx1xhxw, self.sketch_hw).flatten(1)
        return functional.mse_loss(self.sketch(aligned.mean(dim=(2, 3))).float(), wanted)


def similarity(seen_nxd: Tensor, heard_nxd: Tensor) -> Tensor:
    """S, [n, n], of unit vectors: row by what is seen, column by what is heard."""
    return seen_nxd @ heard_nxd.T / TEMPERATURE


def near_positives(
    rows_n: npt.NDArray[np.int64], columns_m: npt.NDArray[np.int64], shots: npt.NDArray[np.int64]
) -> Bool:
    """[n, m]: other moments of the same clip that are as good as the moment itself. rows, columns: frames;
    shots: of all frames.
    """
    apart = np.abs(rows_n[:, None] - columns_m[None])
    near: Bool = (apart <= NEAR) & (apart > 0) & (shots[rows_n][:, None] == shots[columns_m][None])
    return near


def diagonal_loss(scores_nxn: Tensor, near_nxn: Tensor) -> Tensor:
    """Cross entropy of rows and of columns, the identity wanted. Near positives are left out."""
    scores = scores_nxn.masked_fill(near_nxn, float("-inf"))
    wanted = torch.arange(len(scores), device=scores.device)
    return (functional.cross_entropy(scores, wanted) + functional.cross_entropy(scores.T, wanted)) / 2


def own_loss(scores_bxn: Tensor, barred_bxn: Tensor) -> Tensor:
    """Cross entropy of rows alone: each of B drawn mouths finds its own sound, which is column b, among n."""
    scores = scores_bxn.masked_fill(barred_bxn, float("-inf"))
    return functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))


def top_1(scores_nxn: Tensor, *, near: bool, asked_n: Tensor | None = None) -> float:
    """Share of the moments asked for (all, if not given), of one clip in order, whose own sound scores best
    within a window of WINDOW_OF around it; NaN where none has a whole window.

    near: whether the moments beside it compete too. They do not in the loss; that they do is the harder
    question.
    """
    count, reach = len(scores_nxn), WINDOW_OF // 2
    at = torch.arange(count)
    apart = (at[:, None] - at[None]).abs()
    competes = (apart <= reach) & ((apart > NEAR) | near) | (apart == 0)
    counts = (at >= reach) & (at < count - reach)
    if asked_n is not None:
        counts &= asked_n
    best = scores_nxn.masked_fill(~competes, float("-inf")).argmax(dim=1)
    return float((best == at)[counts].float().mean())


def moving(heard_nx5xc: Float32, spread_c: Float32) -> Tensor:
    """[n] bool: moments of one clip within whose window what is heard moves. Silence looks like silence, and
    no order can be found in it.
    """
    now, reach = heard_nx5xc[:, -1] / spread_c, WINDOW_OF // 2
    windows = [now[max(0, k - reach) : k + reach + 1].std(axis=0).mean() for k in range(len(now))]
    return torch.tensor(np.array(windows) > MOVES)
