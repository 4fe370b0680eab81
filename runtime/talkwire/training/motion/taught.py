"""Targets for voices whose phones nobody knows: what the network that bakes would do."""

from __future__ import annotations

import numpy as np

from talkwire.runtime.minds import AnyMind
from talkwire.training.motion.corpus import Clip
from talkwire.training.motion.network import decompose
from talkwire.training.motion.phones import UNKNOWN_CLASS
from talkwire.training.motion.targets import Targets


def taught(clip: Clip, mind: AnyMind) -> Targets:
    """Targets of a clip by its sound alone, heard as it was spoken."""
    weights = np.concatenate([mind.push(clip.rows[1.0].astype(np.float32)), mind.end()])
    curves, gates = decompose(weights[: clip.steps])
    return Targets(curves, gates, np.full(len(curves), UNKNOWN_CLASS))
