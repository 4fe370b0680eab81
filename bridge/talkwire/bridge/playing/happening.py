"""What became of each line, told once, when it is heard: what a game's dialogue waits for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from talkwire.bridge.playing.track import Track

MOST_UNTOLD: Final = 1_024  # for who never asks

Kind = Literal["started", "ended", "interrupted"]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something was heard. Of every line there is one `started`, and then one `ended` or `interrupted`.

    started: its first sample is heard.  ended: its last.  interrupted: it was cut; one that never began has
    its `started` at the same moment, with nothing heard.
    """

    kind: Kind
    utterance: int
    generation: int
    heard_s: float  # of the line, so far
    now_ns: int


class Happenings:
    """Each once, whatever is said twice."""

    def __init__(self) -> None:
        self._untold: deque[Happening] = deque(maxlen=MOST_UNTOLD)

    def started(self, track: Track, heard_s: float, now_ns: int) -> None:
        """The line is heard."""
        if not track.told:
            track.told = "started"
            self._untold.append(Happening("started", track.id, track.generation, heard_s, now_ns))

    def over(self, track: Track, kind: Kind, heard_s: float, now_ns: int) -> None:
        """The line is not heard any more."""
        self.started(track, heard_s, now_ns)
        if track.told == "started":
            track.told = "over"
            self._untold.append(Happening(kind, track.id, track.generation, heard_s, now_ns))

    def take(self) -> list[Happening]:
        """Those since the last time, in order."""
        untold = list(self._untold)
        self._untold.clear()
        return untold
