"""Moments of NPCs: what is to be shown, and its mesh once somebody wants it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from talkwire.runtime.session import frame_of
from talkwire.runtime.types import Float32, Frame, Pose, TexturePatch, Topology

log = logging.getLogger(__name__)


class Head(Protocol):
    """What the bridge needs of an avatar."""

    @property
    def topology(self) -> Topology:
        """Of every frame."""
        ...

    def posed(self, windows: list[Float32]) -> Float32:
        """[N, V, 3] metres: under N expressions at once."""
        ...

    def texture_patches(self, weights_wx52: Float32) -> tuple[TexturePatch, ...]:
        """What of the texture changes with the expression, as it is under this one."""
        ...


@dataclass(slots=True, eq=False)
class Moment:
    """A pose to be sent, in whatever codec its readers want. heard_wx52: weights that its avatar hears."""

    pose: Pose
    heard_wx52: Float32
    head: Head
    sample_rate_hz: int
    flags: int
    vertices_vx3: Float32 | None = None  # until they are wanted

    @property
    def frame(self) -> Frame:
        """With its vertices, which are computed now where they were not before."""
        if self.vertices_vx3 is None:
            self.vertices_vx3 = self.head.posed([self.heard_wx52])[0]
        return frame_of(self.pose, self.vertices_vx3)


def pose_together(moments: Iterable[Moment]) -> None:
    """Compute their vertices, those of one avatar at once. Where that fails, each is left to itself."""
    groups: dict[int, list[Moment]] = {}
    for moment in moments:
        groups.setdefault(id(moment.head), []).append(moment)
    for group in groups.values():
        try:
            posed = group[0].head.posed([moment.heard_wx52 for moment in group])
        except Exception as error:  # who fails alone, too, is closed alone
            log.warning("posing together failed: %s", error)
            continue
        for moment, vertices in zip(group, posed, strict=True):
            moment.vertices_vx3 = vertices
