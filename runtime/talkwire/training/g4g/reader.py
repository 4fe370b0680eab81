"""How far lips are open, read off small pictures of mouths by ridge regression: at once and for a whole
batch, where a tracker takes a minute. Figures that are published come from the tracker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from talkwire.training.g4g.batches import Batches
from talkwire.training.measures import Float64

PX: Final = 16  # of a mouth's side
SHARE: Final = 0.01  # of the pixels' power, as the ridge


@dataclass(frozen=True)
class LipReader:
    """Linear in the brightness of PX x PX places. weights: [PX * PX + 1], the last is the mean."""

    weights: Float64

    @staticmethod
    def of(batches: Batches) -> LipReader:
        """Learned from the true mouths that there are to learn from."""
        lips = batches.footage.lips_nx2[batches.frames_k, 0].astype(np.float64)
        known = np.isfinite(lips)
        mouths = torch.from_numpy(batches.mouths_nx3xmxm[batches.frames_k[known]]).float() / 255
        seen = _seen(mouths)
        square = seen.T @ seen
        ridge = SHARE * np.trace(square) / len(square) * np.eye(len(square))
        ridge[-1, -1] = 0
        return LipReader(np.linalg.solve(square + ridge, seen.T @ lips[known]))

    def read(self, mouths_nx3xmxm: Tensor) -> Float64:
        """[n] opening, in shares of the face's height."""
        return np.asarray(_seen(mouths_nx3xmxm) @ self.weights)


def _seen(mouths_nx3xmxm: Tensor) -> Float64:
    """Brightness against the mouth's own mean, and a 1."""
    grey = functional.adaptive_avg_pool2d(mouths_nx3xmxm.float().mean(dim=1, keepdim=True), PX).flatten(1)
    rows = (grey - grey.mean(dim=1, keepdim=True)).double().numpy()
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
