"""Moments of NPCs: what is to be shown, and its mesh once somebody wants it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.types import Basis, Float32, Frame, Patch, Pose, Topology, frame_of

log = logging.getLogger(__name__)


class Needs(Enum):
    """What a reader's message is made from, beyond a moment's pose."""

    pose = auto()
    coefficients = auto()
    vertices = auto()
    texture = auto()


class Head(Protocol):
    """What the bridge needs of an avatar."""

    def __hash__(self) -> int:
        """One of its own: what is made of it once is kept."""
        ...

    @property
    def card(self) -> AvatarCard:
        """Who is shown."""
        ...

    @property
    def topology(self) -> Topology:
        """Of every frame."""
        ...

    @property
    def moves_within(self) -> bool:
        """Whether all of its motion is in its texture, 25 pictures a second."""
        ...

    def posed(self, windows: list[Float32]) -> Float32:
        """[N, V, 3] metres: under N expressions at once."""
        ...

    @property
    def basis(self) -> Basis:
        """It as a sum."""
        ...

    def coefficients(self, windows: list[Float32]) -> Float32:
        """[N, own] of the basis, beside the weights."""
        ...

    def painted(self, windows: list[Float32], lives_s: list[float]) -> Sequence[tuple[Patch, ...]]:
        """What of the texture changes with the expression or in a life, of N NPCs at once."""
        ...


@dataclass(slots=True, eq=False)
class Moment:
    """A pose to be sent, in whatever codec its readers want.

    heard_wx52: weights that its avatar hears.  new_picture: whether it begins a picture of the NPC's life.
    """

    pose: Pose
    heard_wx52: Float32
    head: Head
    sample_rate_hz: int
    flags: int
    new_picture: bool = True
    vertices_vx3: Float32 | None = None  # until they are wanted
    own_k: Float32 | None = None  # coefficients, the same
    painted: tuple[Patch, ...] | None = None  # what of the texture changes, the same

    def stamp(self, topology_id: str, server_ns: int) -> tuple[str, int, int, int, int, int, int, int]:
        """The fields of wire.Stamped."""
        pose, rate_hz = self.pose, self.sample_rate_hz
        identity = (pose.utterance, pose.generation, pose.seq)
        return topology_id, *identity, pose.pts, rate_hz, self.flags, server_ns

    @property
    def frame(self) -> Frame:
        """With its vertices, which are computed now where they were not before."""
        if self.vertices_vx3 is None:
            self.vertices_vx3 = self.head.posed([self.heard_wx52])[0]
        return frame_of(self.pose, self.vertices_vx3)

    @property
    def coefficients(self) -> Float32:
        """[own] of its avatar's basis, which are computed now where they were not before."""
        if self.own_k is None:
            self.own_k = self.head.coefficients([self.heard_wx52])[0]
        return self.own_k

    @property
    def patches(self) -> tuple[Patch, ...]:
        """What of the texture changes, computed now where it was not before."""
        if self.painted is None:
            self.painted = self.head.painted([self.heard_wx52], [self.pose.life_s])[0]
        return self.painted


def pose_together(moments: Iterable[Moment]) -> None:
    """Compute their vertices, those of one avatar at once. Where that fails, each is left to itself."""
    for group in _by_head(moments):
        with _left_to_themselves():
            posed = group[0].head.posed([moment.heard_wx52 for moment in group])
            for moment, vertices in zip(group, posed, strict=True):
                moment.vertices_vx3 = vertices


def condense_together(moments: Iterable[Moment]) -> None:
    """The same with their coefficients."""
    for group in _by_head(moments):
        with _left_to_themselves():
            own = group[0].head.coefficients([moment.heard_wx52 for moment in group])
            for moment, own_k in zip(group, own, strict=True):
                moment.own_k = own_k


def paint_together(moments: Iterable[Moment]) -> None:
    """The same with what of their textures changes."""
    for group in _by_head(moments):
        with _left_to_themselves():
            lives_s = [moment.pose.life_s for moment in group]
            painted = group[0].head.painted([moment.heard_wx52 for moment in group], lives_s)
            for moment, patches in zip(group, painted, strict=True):
                moment.painted = patches


def _by_head(moments: Iterable[Moment]) -> Iterable[list[Moment]]:
    groups: dict[int, list[Moment]] = {}
    for moment in moments:
        groups.setdefault(id(moment.head), []).append(moment)
    return groups.values()


@contextmanager
def _left_to_themselves() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # who fails alone, too, is closed alone
        log.warning("what is done together failed: %s", error)
