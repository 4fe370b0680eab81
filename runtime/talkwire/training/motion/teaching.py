"""What is wanted of each clip: by its phones, or as the network that bakes moves; and how to hear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch

from talkwire.runtime.minds import AnyMind, Preset, open_mind
from talkwire.training.motion.articulation import Articulation, lips_of
from talkwire.training.motion.augment import plain
from talkwire.training.motion.corpus import Clip
from talkwire.training.motion.network import decompose
from talkwire.training.motion.phones import UNKNOWN_CLASS
from talkwire.training.motion.targets import Targets, make_targets
from talkwire.training.motion.whisper import LONGEST_STEPS, Whisper

MEASURED_CLIPS: Final = 2000  # that the teacher's deviations are told by


def with_targets(clips: Sequence[Clip], articulation: Articulation | None) -> list[tuple[Clip, Targets]]:
    """Clips with their targets: by phones, and where nobody knows them by the network for baking."""
    mind = open_mind(Preset.quality)
    return [
        (clip, make_targets(clip, lips_of(clip, articulation)) if clip.phones else taught(clip, mind))
        for clip in clips
    ]


@torch.no_grad()
def with_hearing(learned: Sequence[tuple[Clip, Targets]], teacher: Whisper) -> list[tuple[Clip, Targets]]:
    """The same with what the teacher hears of each clip as it was spoken, by deviations of the first ones."""
    heard = [
        teacher(torch.from_numpy(plain(clip, 0)[:, :LONGEST_STEPS]).flatten(1, 2), rounded=True)[0].half()
        for clip, _ in learned
    ]
    known = torch.cat(heard[:MEASURED_CLIPS]).float()
    mean, scale = known.mean(dim=0), known.std(dim=0).clamp(min=1e-3)
    return [
        (clip, replace(targets, heard=((features.float() - mean) / scale).half().numpy()))
        for (clip, targets), features in zip(learned, heard, strict=True)
    ]


def taught(clip: Clip, mind: AnyMind) -> Targets:
    """Targets of a clip by its sound alone, heard as it was spoken."""
    weights = np.concatenate([mind.push(clip.rows[1.0].astype(np.float32)), mind.end()])
    curves, gates = decompose(weights[: clip.steps])
    return Targets(curves, gates, np.full(len(curves), UNKNOWN_CLASS))
