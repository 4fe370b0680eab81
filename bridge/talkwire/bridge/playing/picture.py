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
    vertices_vx3: Float32 | None = field(repr=False)  # None for a reader of weights alone
    patch: Patch | None = field(default=None, repr=False)  # the newest at that moment; texture.patches_from
    at_rest: bool = False  # nothing of its moment is there

    def resting(self, neutral_vx3: Float32 | None) -> Picture:
        """The same head with a face that does nothing. neutral_vx3: [V, 3], the mesh as it is then."""
        neutral = None if self.vertices_vx3 is None else neutral_vx3
        return replace(self, weights=np.zeros_like(self.weights), vertices_vx3=neutral, at_rest=True)

    def held_for(self, utterance: int, generation: int, idle: bool) -> Picture:
        """The same, kept for one of which there is no picture."""
        return replace(self, utterance=utterance, generation=generation, idle=idle, time_s=0.0, heard_s=0.0)

    def towards(self, other: Picture, face_share: float, head_share: float) -> Picture:
        """This one for share 0, the other for share 1; identity and times are the other's."""
        rotation = mix(self.head_rotation, other.head_rotation, head_share)
        return replace(
            other,
            weights=mix(self.weights, other.weights, face_share),
            head_rotation=rotation / np.linalg.norm(rotation),
            head_translation_m=mix(self.head_translation_m, other.head_translation_m, head_share),
            vertices_vx3=mix_vertices(self.vertices_vx3, other.vertices_vx3, face_share),
        )


def mix(a: Float32, b: Float32, share: float) -> Float32:
    """Linear, share 0 is a and share 1 is b."""
    if share in (0, 1):
        return b if share else a
    return a + (b - a) * np.float32(share)


def mix_vertices(a: Float32 | None, b: Float32 | None, share: float) -> Float32 | None:
    """The same; just b where there is nothing to mix it with."""
    return b if a is None or b is None or a.shape != b.shape else mix(a, b, share)
