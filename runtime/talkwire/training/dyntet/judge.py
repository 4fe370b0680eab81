"""An avatar against data that a person names: videos, which are tracked first, or a rendered capture."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.training.dyntet.evaluate import evaluate
from talkwire.training.dyntet.learn import SURE
from talkwire.training.heads.choose import fitted_head
from talkwire.training.raster.torch_raster import TorchRasterizer
from talkwire.training.tracking.once import capture_of
from talkwire.training.tracking.person import ACTOR, Person

Progress = Callable[[str, float], None]


def judge(
    avatar: DyntetAvatar,
    data: Sequence[Path],
    *,
    work: Path | None = None,
    network: bool = False,
    progress: Progress = lambda stage, share: None,
) -> dict[str, Any]:
    """Figures by name. data: one capture folder, or videos.  work: where tracked videos are kept for another
    time.  network: measure the network's skin, not the basis's.
    """
    head = DyntetAvatar(
        avatar.card,
        avatar.topology,
        avatar.window,
        avatar.data,
        avatar.figures,
        "network" if network else "basis",
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        capture, _ = capture_of(
            data, folder, again=work is not None, person=_actor(avatar), progress=progress
        )
        frames = np.flatnonzero(capture.confidence_n > SURE)
        figures, _ = evaluate(
            head,
            capture,
            frames,
            fitted_head(capture),
            TorchRasterizer(),
            lambda share: progress("comparing", share),
        )
    return figures


def _actor(avatar: DyntetAvatar) -> Person | None:
    """Who the avatar was learned from: poses and codes of another head would not fit it."""
    return Person.from_json(avatar.figures[ACTOR]) if ACTOR in avatar.figures else None
