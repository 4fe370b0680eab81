"""How busy the server is, and what it saves when that is too much: quality falls a step at a time, and comes
back.

It is told when the work of a turn begins and ends, and reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from talkwire.bridge.pacing import NS_PER_S


@dataclass(frozen=True, slots=True)
class Economy:
    """What is sent. patch_every: of one in so many frames, the texture's changes.  mesh_every: the vertices
    (clients draw the ones between).  basis: vertices are those of an avatar's basis, where its network would
    be asked otherwise.  picture_every: of a video, 25 pictures a second, one in so many.
    """

    patch_every: int = 2
    mesh_every: int = 1
    basis: bool = False
    picture_every: int = 1


LADDER: Final = (
    Economy(),
    Economy(4, picture_every=2),
    Economy(4, 2, picture_every=3),
    Economy(4, 2, basis=True, picture_every=4),
    Economy(8, 4, basis=True, picture_every=8),
)
"""The texture's rate, the mesh's, the basis, then half of both rates again; and in each step a video's."""
WINDOW_NS: Final = NS_PER_S // 4
TOO_BUSY: Final = 0.9  # share of the time: beyond it the next tick would soon be late
PATIENCE: Final = 3  # windows too busy before anything is saved: many lines may begin at once
AT_EASE: Final = 0.8  # a step back may fit
CALM_S, LONGEST_CALM_S = 2.0, 60.0  # of ease before a step back; doubled where the last one was in vain


class Governor:
    """Watches turns of work. `load` and `level` are the figures to show."""

    def __init__(self, ladder: tuple[Economy, ...] = LADDER) -> None:
        self._ladder = ladder
        self.level = 0
        """How many steps down the ladder: 0 is all of the quality."""
        self.load = 0.0
        """The share of time that the NPCs' work took, of the last quarter of a second."""
        self._busy_ns, self._window_ns, self._busy_windows = 0, -1, 0
        self._at_ease_ns, self._calm_ns = 0, round(CALM_S * NS_PER_S)
        self._rose = False

    @property
    def economy(self) -> Economy:
        """What to save now."""
        return self._ladder[self.level]

    def turn(self, began_ns: int, ended_ns: int) -> bool:
        """A turn of work is over; whether `economy` changed."""
        if self._window_ns < 0:
            self._window_ns = began_ns
        self._busy_ns += ended_ns - began_ns
        length_ns = ended_ns - self._window_ns
        if length_ns < WINDOW_NS:
            return False
        self.load = self._busy_ns / length_ns
        self._busy_ns, self._window_ns = 0, ended_ns
        return self._choose(length_ns)

    def _choose(self, length_ns: int) -> bool:
        before = self.level
        self._at_ease_ns = self._at_ease_ns + length_ns if self.load < AT_EASE else 0
        self._busy_windows = self._busy_windows + 1 if self.load > TOO_BUSY else 0
        if self._busy_windows >= PATIENCE:
            if self._rose:
                self._calm_ns = min(2 * self._calm_ns, round(LONGEST_CALM_S * NS_PER_S))
            self.level, self._rose = min(self.level + 1, len(self._ladder) - 1), False
        elif self.level and self._at_ease_ns >= self._calm_ns:
            self.level, self._rose, self._at_ease_ns = self.level - 1, True, 0
        elif not self.level and self._at_ease_ns >= 2 * self._calm_ns:
            self._calm_ns, self._rose = round(CALM_S * NS_PER_S), False
        return self.level != before
