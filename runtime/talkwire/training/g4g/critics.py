"""Critics of mouths, as least squares GANs have them (Mao et al., ICCV 2017): of one picture, and of five in
a row.

Each looks at patches, and says 1 of a true one and 0 of a generated one. They come late and weigh little:
the truth of each frame is known, and a mouth that is sharp in another place is worse than a soft one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.g4g_geometry import WINDOW
from talkwire.training.g4g.encoders import Widths
from talkwire.training.g4g.layers import FOLD, bent, conv

LAYERS: Final = 3
CLOSER: Final = 8.0  # details are shown so much enlarged: a soft mouth differs from a true one in little else


class Critic(nn.Module):
    """[B, 3 n, M, M], n pictures of a mouth in [0, 1], to a score for each patch."""

    def __init__(self, pictures: int, widths: Widths) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(FOLD)
        sizes = [6 * pictures * FOLD**2, *(widths.critic * 2**k for k in range(LAYERS))]
        self.layers = nn.ModuleList(
            conv(a, b, stride=1 + (k > 0)) for k, (a, b) in enumerate(pairwise(sizes))
        )
        self.score = conv(sizes[-1], 1)

    def forward(self, mouths: Tensor) -> Tensor:
        """[B, 1, h, w]."""
        details = mouths - functional.avg_pool2d(mouths, 5, 1, 2, count_include_pad=False)
        x = self.fold(torch.cat([2 * mouths - 1, CLOSER * details], dim=1))
        for layer in self.layers:
            x = bent(layer(x))
        score: Tensor = self.score(x).float()
        return score


class Critics(nn.Module):
    """Both."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.frame, self.clip = Critic(1, widths), Critic(WINDOW, widths)

    def score(self, mouths_bx3xmxm: Tensor, *, clips: bool) -> list[Tensor]:
        """By the frame critic, and with `clips`, where the rows are clips of WINDOW frames, by the other as
        well.
        """
        scores = [self.frame(mouths_bx3xmxm)]
        if clips:
            scores.append(self.clip(mouths_bx3xmxm.reshape(-1, 3 * WINDOW, *mouths_bx3xmxm.shape[2:])))
        return scores


def critics_loss(of_true: list[Tensor], of_drawn: list[Tensor]) -> Tensor:
    """What critics learn by."""
    pairs = zip(of_true, of_drawn, strict=True)
    return torch.stack([((t - 1).square().mean() + d.square().mean()) / 2 for t, d in pairs]).sum()


def persuasion_loss(of_drawn: list[Tensor]) -> Tensor:
    """What a generator learns by."""
    return torch.stack([(score - 1).square().mean() for score in of_drawn]).sum()
