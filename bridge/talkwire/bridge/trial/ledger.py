"""Whether everything that an NPC said arrived, once and in order, and nothing void was shown. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from talkwire.bridge import wire
from talkwire.bridge.media import Media
from talkwire.bridge.playing.picture import Picture


@dataclass(slots=True)
class Ledger:
    """Of one NPC, by somebody who listens from before its first line.

    lost_samples: of lines that were not cut.  wrong_pictures: of a generation older than one received.
    odd_events: lines with two beginnings or ends, or an end and no beginning.
    """

    lines: int = 0
    ended: int = 0
    interrupted: int = 0
    lost_samples: int = 0
    wrong_pictures: int = 0
    odd_events: int = 0
    generation: int = 0
    _next_pts: dict[int, int] = field(default_factory=dict)  # of lines that have begun and not ended
    _events: Counter[tuple[str, int]] = field(default_factory=Counter)

    def take(self, media: Media) -> None:
        """A message has arrived, in the order of its socket."""
        match media.message:
            case wire.Audio() as audio:
                self._take_audio(audio)
            case wire.Event(kind="closed") as event:
                self._see(event.generation)
                self._next_pts.clear()
            case wire.Event() as event:
                self._take_event(event)
            case wire.Frame() | wire.Coefficients() as frame:
                self._see(frame.generation)

    def shown(self, picture: Picture) -> None:
        """A picture is on the screen."""
        self.wrong_pictures += picture.generation < self.generation

    @property
    def open_lines(self) -> int:
        """Begun, and not ended."""
        return len(self._next_pts)

    def _see(self, generation: int) -> None:
        self.generation = max(self.generation, generation)

    def _take_audio(self, audio: wire.Audio) -> None:
        self._see(audio.generation)
        if audio.utterance in self._next_pts:
            self.lost_samples += max(0, audio.pts - self._next_pts[audio.utterance])
            self._next_pts[audio.utterance] = audio.pts + len(audio.samples) // 2

    def _take_event(self, event: wire.Event) -> None:
        self._see(event.generation)
        what = "started" if event.kind == "started" else "over"
        self._events[what, event.utterance] += 1
        self.odd_events += self._events[what, event.utterance] > 1
        if event.kind == "started":
            self.lines += 1
            self._next_pts[event.utterance] = 0
            return
        heard = self._next_pts.pop(event.utterance, None)
        if event.utterance:  # one that was cut before it began has none
            self.odd_events += heard is None
        self.ended += event.kind == "ended"
        self.interrupted += event.kind == "interrupted"
        if event.kind == "ended" and heard is not None:
            self.lost_samples += max(0, event.pts - heard)
