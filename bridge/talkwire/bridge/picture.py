"""One moment as it is shown, and the way from one to another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from talkwire.bridge.wire import Patch
from talkwire.runtime.types import Float32


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown. time_s: the moment of the utterance it shows; heard_s: the one that was heard."""

    utterance: int
    generation: int
    idle: bool
    time_s: float
    heard_s: float
    weights: Float32
    head_rotation: Float32
    head_translation_m: Float32
    vertices_vx3: Float32 = field(repr=False)
    patch: Patch | None = field(default=None, repr=False)  # the newest at that moment; texture.patches_from

    def towards(self, other: Picture, share: float) -> Picture:
        """This one for share 0, the other for share 1; identity and times are the other's."""
        rotation = mix(self.head_rotation, other.head_rotation, share)
        return replace(
            other,
            weights=mix(self.weights, other.weights, share),
            head_rotation=rotation / np.linalg.norm(rotation),
            head_translation_m=mix(self.head_translation_m, other.head_translation_m, share),
            vertices_vx3=mix(self.vertices_vx3, other.vertices_vx3, share),
        )


def mix(a: Float32, b: Float32, share: float) -> Float32:
    """Linear, share 0 is a."""
    return a if share == 0 else a + (b - a) * np.float32(share)
