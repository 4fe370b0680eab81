"""Whether a mouth can be told from its sound: the diagonal of S, where training looked for it.

At its end a training keeps what it compares mouths and sounds by (see `alignment`), beside its checkpoints.
Here that judges any take: whether a moment's own sound is the likeliest among those of the moments around.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from talkwire.runtime.engine import Engine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.g4g_geometry import HEARD, WINDOW, cut
from talkwire.training.capture import UInt8
from talkwire.training.g4g.alignment import WINDOW_OF, moving, similarity, top_1
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.model import Networks
from talkwire.training.g4g.regions import mouth_px, mouths_of
from talkwire.training.onnx_export import to_onnx
from talkwire.training.tracking.store import writing

EMBEDDING: Final = "embed.onnx"  # in the work folder


class Embedding(nn.Module):
    """Mouths [N, 5, 3, m, m] as `regions.mouths_of` and what is heard [N, 5, C] to unit vectors [N, D]."""

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self.networks = networks

    def forward(self, mouths: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """v and a."""
        networks = self.networks
        v: Tensor = networks.eye(mouths)
        return v, networks.a(networks.model.heard(heard))


def keep_embedding(networks: Networks, side: int, work: Path) -> None:
    """Write EMBEDDING. Raises TrainingError when the disk refuses, MissingDependency without onnx."""
    pixels = mouth_px(side)
    example = {
        "mouths": torch.zeros(2, WINDOW, 3, pixels, pixels),
        "heard": torch.zeros(2, WINDOW, len(HEARD)),
    }
    spread = networks.model.heard.spread_c.tolist()
    graph = to_onnx(Embedding(networks.cpu()), example, ["v", "a"], {"spread": spread})
    with writing(work / EMBEDDING):
        (work / EMBEDDING).write_bytes(graph)


def find_embedding(avatar: Path) -> Path | None:
    """Of the training of this avatar file, where it is still there."""
    path = avatar.with_name(f"{avatar.stem}_work") / EMBEDDING
    return path if path.is_file() else None


class Alignment:
    """The judge. embedding: a file of `keep_embedding`."""

    def __init__(self, embedding: Path) -> None:
        """Raises EngineError for a file that is none."""
        self._engine: Engine = OnnxEngine.from_file(embedding)
        try:
            self._spread_c = np.array(json.loads(self._engine.metadata["spread"]), np.float32)
        except (KeyError, ValueError) as error:
            raise EngineError(
                f"{embedding} is no {EMBEDDING}",
                seen=repr(error)[:80],
                wanted="what talkwire train g4g leaves in its work folder",
                cure="train again, or remove the file",
            ) from None

    def figures(self, footage: Footage, picture: Callable[[int], UInt8]) -> dict[str, float | None]:
        """Of a take, by picture: top_1, the share of moments, of those in which something is heard, whose own
        sound is the likeliest of WINDOW_OF; those beside it are left out, which say nearly the same. In
        top_1_strict they are not. None where no clip is long enough.
        """
        rows, weights = [], []
        for clip in clips(footage):
            asked = moving(footage.heard_kxnx5xc[0, clip], self._spread_c)
            counted = int(asked[WINDOW_OF // 2 : len(clip) - WINDOW_OF // 2].sum())
            if counted:
                scores = self._scores(footage, picture, clip)
                rows.append([top_1(scores, near=near, asked_n=asked) for near in (False, True)])
                weights.append(counted)
        means = np.average(rows, axis=0, weights=weights).tolist() if rows else [None, None]
        return dict(zip(("top_1", "top_1_strict"), means, strict=True))

    def _scores(self, footage: Footage, picture: Callable[[int], UInt8], clip: list[int]) -> Tensor:
        """S of a clip's moments; before the first one there was nothing else."""
        place = footage.radius_px, footage.side
        crops = np.stack([cut(picture(n), footage.centres_nx2[n], *place) for n in clip])
        mouths = mouths_of(torch.from_numpy(crops).permute(0, 3, 1, 2) / 255, footage.side).numpy()
        windows = (np.arange(len(clip))[:, None] + np.arange(1 - WINDOW, 1)).clip(0)
        heard = footage.heard_kxnx5xc[0, clip]
        found = self._engine.run({"mouths": mouths[windows], "heard": heard})
        return similarity(torch.from_numpy(found["v"]), torch.from_numpy(found["a"]))


def clips(footage: Footage) -> list[list[int]]:
    """Usable frames in a row of one shot, of at least WINDOW_OF."""
    frames = footage.usable
    cuts = np.flatnonzero((np.diff(frames) != 1) | (np.diff(footage.shots_n[frames]) != 0)) + 1
    return [[int(n) for n in clip] for clip in np.split(frames, cuts) if len(clip) >= WINDOW_OF]
