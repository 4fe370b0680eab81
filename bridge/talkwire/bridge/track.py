"""One utterance on its way through the player: what has arrived of it, and whether it can begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge import wire
from talkwire.bridge.pacing import NS_PER_S

JITTER_S: Final = 0.06  # how long frames are gathered before a line begins: what a network may delay one


@dataclass(slots=True)
class Track:
    """One utterance as far as it has arrived."""

    id: int
    generation: int
    covered_ns: int | None = None  # when a frame for its first sample had arrived
    frames: list[wire.Frame | wire.Coefficients] = field(default_factory=list)  # by pts
    patches: list[wire.Patch] = field(default_factory=list)  # by pts
    sound: list[bytes] = field(default_factory=list)
    first_pts: int | None = None  # of the sound: not 0 for who joins in mid-line
    samples: int = 0
    rate_hz: int = 1
    idle: bool = False
    length: int | None = None  # samples, once the utterance has ended
    start_ns: int | None = None

    def ready(self, now_ns: int) -> bool:
        """Enough has arrived to begin: the jitter buffer's time, or everything."""
        if not self.frames or not (self.idle or self.samples):  # neither leads without the other
            return False
        if self.idle or (self.length is not None and not self.first_pts):
            return True
        return self.covered_ns is not None and now_ns - self.covered_ns >= JITTER_S * NS_PER_S

    def note_cover(self, now_ns: int) -> None:
        """Sound is sent further ahead than frames: who joins in mid-line must let the frames catch up."""
        if self.covered_ns is None and self.frames and self.frames[-1].pts >= (self.first_pts or 0):
            self.covered_ns = now_ns
