"""The frames from which a generator takes what a mouth looks like: few, and as different as can be."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.upper import UpperFace

COUNT: Final = 5
AHEAD: Final = 0.5  # share of the frames, those in which the head stands as it mostly does
ODD: Final = 1.0, 99.0  # percentiles of a mouth's opening and width, beyond which landmarks are not believed
TRIED: Final = 0.8  # share of what is left that one seed chooses from


def choose_references(footage: Footage, count: int = COUNT, seed: int = 0) -> npt.NDArray[np.int64]:
    """[count] numbers of frames, rising: k-centre in opening and width of the mouth (each farthest from those
    before it, the first the most usual one). Raises TrainingError where fewer frames can be used.
    """
    usable = footage.usable
    if len(usable) < count:
        raise TrainingError(
            "there are not enough frames to refer to",
            seen=f"{len(usable)} usable frames",
            wanted=f"{count} at least",
            cure="film for longer",
        )
    candidates = _ahead(footage, usable)
    mouths = footage.lips_nx2[candidates].astype(np.float64)
    low, high = np.percentile(mouths, ODD, axis=0)
    believed = ((mouths >= low) & (mouths <= high)).all(axis=1)
    if believed.sum() >= count:
        candidates, mouths = candidates[believed], mouths[believed]
    tried = max(count, round(TRIED * len(candidates)))
    kept = np.sort(np.random.default_rng([seed, 5]).choice(len(candidates), tried, replace=False))
    picked = _far_apart(mouths[kept], count)
    return np.asarray(np.sort(candidates[kept][picked]))


def _ahead(footage: Footage, usable: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    upper = UpperFace(footage.landmarks_nx478x2, footage.confidence_n > 0)
    turned = np.square(upper.features(footage.landmarks_nx478x2[usable])).sum(axis=1)
    return usable[np.argsort(turned, kind="stable")[: max(round(AHEAD * len(usable)), 4 * COUNT)]]


def _far_apart(mouths_nx2: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    at = (mouths_nx2 - np.median(mouths_nx2, axis=0)) / np.maximum(mouths_nx2.std(axis=0), 1e-6)
    picked = [int(np.argmin(np.square(at).sum(axis=1)))]
    apart = np.full(len(at), np.inf)
    while len(picked) < count:
        apart = np.minimum(apart, np.square(at - at[picked[-1]]).sum(axis=1))
        apart[picked[-1]] = -1.0
        picked.append(int(np.argmax(apart)))
    return np.array(picked, np.int64)
