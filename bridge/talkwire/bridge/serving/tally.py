"""What a server counts of its own work, and says of its lines. One thread writes, any may read."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge.moment import Moment
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.logs import tell
from talkwire.bridge.serving.npc import Output
from talkwire.bridge.wire import LAST, Audio, Event

FIRST_FRAME_BOUNDS_S: Final = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Histogram:
    """How many values were at most each bound, and how many above all of them."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


@dataclass(slots=True)
class _Line:
    """One that an NPC is saying. zero_ns: when its first sample was due to be heard."""

    heard_ns: int
    zero_ns: int | None = None
    end_ns: int = 0  # when its last frame is due, once that is made

    def said_s(self, now_ns: int) -> float:
        """How much of it was due by now."""
        return 0.0 if self.zero_ns is None else max(0, now_ns - self.zero_ns) / NS_PER_S


@dataclass(slots=True)
class Tally:
    """Since the start. turned_ns: when the last turn ended, on the server's clock; 0 before the first."""

    turns: int = 0
    worked_ns: int = 0
    turned_ns: int = 0
    requests: int = 0
    refused: int = 0
    opened_npcs: int = 0
    failed_npcs: int = 0
    lines: int = 0
    interruptions: int = 0
    spoken_s: float = 0.0
    frames: int = 0
    late_frames: int = 0
    skipped_frames: int = 0
    motion_messages: int = 0
    motion_bytes: int = 0
    media_messages: int = 0
    media_bytes: int = 0
    first_frame_s: Histogram = field(default_factory=lambda: Histogram(FIRST_FRAME_BOUNDS_S))
    _saying: dict[str, dict[int, _Line]] = field(default_factory=dict)  # by session and utterance

    def turn(self, began_ns: int, ended_ns: int) -> None:
        """A turn of work is over."""
        self.turns += 1
        self.worked_ns += ended_ns - began_ns
        self.turned_ns = ended_ns

    def sent(self, size: int, *, motion: bool) -> None:
        """A message was published, whether or not anybody reads."""
        if motion:
            self.motion_messages += 1
            self.motion_bytes += size
        else:
            self.media_messages += 1
            self.media_bytes += size

    def made(self, session: str, output: Output, now_ns: int, *, every: int = 1) -> None:
        """An NPC has made something. every: of one in so many frames, its mesh is sent."""
        match output:
            case Audio():
                self.spoken_s += len(output.samples) / 2 / output.sample_rate_hz
            case Moment():
                self._frame(session, output, now_ns, every)
            case Event():
                self._event(session, output, now_ns)

    def gone(self, session: str) -> None:
        """An NPC is no more."""
        self._saying.pop(session, None)

    def _frame(self, session: str, moment: Moment, now_ns: int, every: int) -> None:
        """Count a frame of a line. After one that is late the rest is later by as much, as for listeners,
        who wait where sound is missing: so a stall counts once.
        """
        lines = self._saying.get(session, {})
        line = lines.get(moment.pose.utterance)
        if line is None:
            return
        self.frames += 1
        self.skipped_frames += moment.pose.seq % every != 0
        offset_ns = moment.pose.pts * NS_PER_S // moment.sample_rate_hz
        if line.zero_ns is None:
            self.first_frame_s.add((now_ns - line.heard_ns) / NS_PER_S)
            line.zero_ns = max(now_ns, *(other.end_ns for other in lines.values())) - offset_ns
        elif now_ns > line.zero_ns + offset_ns:
            self.late_frames += 1
            line.zero_ns = now_ns - offset_ns
        if moment.flags & LAST:
            line.end_ns = line.zero_ns + offset_ns

    def _event(self, session: str, event: Event, now_ns: int) -> None:
        if event.kind == "started":
            self.lines += 1
            self._saying.setdefault(session, {})[event.utterance] = _Line(event.heard_ns)
            waited_s = max(0, now_ns - event.heard_ns) / NS_PER_S
            tell("line_started", session=session, utterance=event.utterance, waited_s=waited_s)
            return
        line = self._saying.get(session, {}).pop(event.utterance, None)
        if event.kind == "ended":
            seconds = event.pts / event.sample_rate_hz
            tell("line_ended", session=session, utterance=event.utterance, seconds=seconds)
        elif event.kind == "interrupted":
            self.interruptions += 1
            seconds = line.said_s(now_ns) if line is not None else 0.0
            tell("line_interrupted", session=session, utterance=event.utterance, seconds=seconds)
