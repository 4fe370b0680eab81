"""What a front remembers of an NPC, so that another worker can go on with it: who has it open, its style, and
of its lines all that is not known to be played. Pure.

A line that goes on elsewhere begins there with its first sample that is not known to be played. What that
worker tells of it is counted from there; what the client is told, from its beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from talkwire.bridge import wire
from talkwire.bridge.limits import MAX_QUEUED_LINES, MAX_QUEUED_S
from talkwire.bridge.message import Message
from talkwire.runtime.errors import ProtocolError

Chunk = wire.ChunkS16 | wire.ChunkF32
BYTES: Final[dict[type[Chunk], int]] = {wire.ChunkS16: 2, wire.ChunkF32: 4}  # of a sample
SLACK_S: Final = 2.0  # beyond what an NPC holds: what is played is known a little late
OVER: Final = ("done", "interrupted")


OWN: Final = -1  # the ref of what no client asked for


@dataclass(frozen=True, slots=True)
class Errand:
    """What a worker is asked, for whom. ref: the client's own number, or OWN."""

    peer: bytes
    ref: int
    request: Message


@dataclass(slots=True)
class KeptLine:
    """Of one client, by its number. Samples are counted from its beginning."""

    peer: bytes
    number: int
    sample_rate_hz: int
    received: int = 0
    played: int = 0
    begun_at: int = 0  # where it began at the worker that has it
    utterance: int = 0
    ended: bool = False
    cut: bool = False  # an interruption was asked for since it began
    styles: list[wire.Style] = field(default_factory=list)
    _chunks: deque[tuple[int, Chunk]] = field(default_factory=deque)  # with the first sample of each

    @property
    def queued(self) -> int:
        """Samples that are not known to be played."""
        return self.received - self.played

    def add(self, chunk: Chunk) -> None:
        """More of it. Raises ProtocolError where an NPC would not hold so much."""
        count = len(chunk.samples) // BYTES[type(chunk)]
        waiting_s = (self.queued + count) / self.sample_rate_hz
        if waiting_s > MAX_QUEUED_S + SLACK_S:
            self.ended = True
            raise ProtocolError(
                f"more audio waits than an NPC holds; line {self.number} ends here",
                seen=f"{waiting_s:.1f} s",
                wanted=f"at most {MAX_QUEUED_S:g} s",
                cure="send no faster than the progress messages say it is played",
            )
        self._chunks.append((self.received, chunk))
        self.received += count

    def told(self, news: wire.Progress) -> wire.Progress:
        """What a worker says of it, as the client is to hear it."""
        self.played = max(self.played, self.begun_at + news.played_samples)
        self.utterance = news.utterance
        while self._chunks and _end(*self._chunks[0]) <= self.played:
            self._chunks.popleft()
        if not self.begun_at:
            return news
        received = self.begun_at + news.received_samples
        return replace(news, received_samples=received, played_samples=self.begun_at + news.played_samples)

    def taken_up(self) -> list[wire.Style]:
        """Styles whose sample is played; they are kept no more."""
        due = [style for style in self.styles if style.pts <= self.played]
        self.styles = [style for style in self.styles if style.pts > self.played]
        return sorted(due, key=lambda style: style.pts)

    def again(self, session: str, ref: int) -> Iterator[Message]:
        """The requests by which another worker goes on with it. Every one has this ref."""
        self.begun_at = at = self.played
        yield wire.Begin(ref, session, self.number, self.sample_rate_hz)
        for style in self.styles:
            yield replace(style, ref=ref, pts=style.pts - at)
        for start, chunk in self._chunks:
            samples = chunk.samples[max(0, at - start) * BYTES[type(chunk)] :]
            if samples:
                yield type(chunk)(ref, session, self.number, samples)
        if self.ended:
            yield wire.End(ref, session, self.number)

    def broken_off(self, session: str) -> wire.Progress:
        """What its client is told where it was cut and its worker is not there to say so."""
        counts = (self.received, self.played)
        return wire.Progress(session, self.number, "interrupted", self.utterance, *counts)


def _end(start: int, chunk: Chunk) -> int:
    return start + len(chunk.samples) // BYTES[type(chunk)]


@dataclass(slots=True)
class Kept:
    """Of one NPC. worker: who has it, None while nobody does.  opening: Opens that are not answered.
    asked: of whom, by what number and what, while it has no worker.  void: numbers up to which lines of a
    client were cut, of which more may be under way.  since_ns: when it lost its worker.
    """

    name: str
    avatar: str = ""
    there: bool = False  # a worker has said so, once
    worker: int | None = None
    holders: set[bytes] = field(default_factory=set)
    opening: int = 0
    style: wire.Style | None = None
    lines: list[KeptLine] = field(default_factory=list)
    void: dict[bytes, int] = field(default_factory=dict)
    asked: list[Errand] = field(default_factory=list)
    since_ns: int = 0

    @property
    def speakers(self) -> set[bytes]:
        """Who holds it, or has something to be said yet."""
        return self.holders | {line.peer for line in self.lines}

    def line(self, peer: bytes, number: int) -> KeptLine | None:
        """One that is not over."""
        return next((x for x in self.lines if x.peer == peer and x.number == number), None)

    def begin(self, peer: bytes, request: wire.Begin) -> None:
        """A new line. Raises ProtocolError when there is one of this number, or too many."""
        if self.line(peer, request.line) is not None:
            raise ProtocolError(
                "this line number has been used",
                seen=request.line,
                wanted=f"more than {request.line}",
                cure="begin a new line",
            )
        if len(self.lines) >= 2 * MAX_QUEUED_LINES:  # the worker, where there is one, allows half of them
            raise ProtocolError(
                "too many lines are waiting",
                seen=len(self.lines) + 1,
                wanted=f"at most {MAX_QUEUED_LINES}",
                cure="wait until some of them are spoken",
            )
        self.lines.append(KeptLine(peer, request.line, request.sample_rate_hz))

    def is_void(self, peer: bytes, number: int) -> bool:
        """Whether what comes for this line is of one that was cut."""
        return self.line(peer, number) is None and number <= self.void.get(peer, -1)

    def drop(self, line: KeptLine) -> None:
        """It is over."""
        if line in self.lines:
            self.lines.remove(line)

    def cut(self) -> None:
        """An interruption is on its way to the worker: should that be lost, these lines do not go on."""
        for line in self.lines:
            line.cut = True

    def cut_lines(self) -> list[KeptLine]:
        """Take out those that were to be cut."""
        over = [line for line in self.lines if line.cut]
        for line in over:
            self.void[line.peer] = max(line.number, self.void.get(line.peer, -1))
        self.lines = [line for line in self.lines if not line.cut]
        return over

    def release(self, peer: bytes) -> None:
        """This client has left it: what it had begun ends where it stands."""
        self.holders.discard(peer)
        self.void.pop(peer, None)
        self.opening -= sum(isinstance(e.request, wire.Open) for e in self.asked if e.peer == peer)
        self.asked = [errand for errand in self.asked if errand.peer != peer]
        for line in self.lines:
            line.ended = line.ended or line.peer == peer

    def told(self, peer: bytes, news: wire.Progress) -> wire.Progress:
        """A worker's news, as the client is to hear them."""
        line = self.line(peer, news.line)
        if line is None:
            return news
        if news.state in OVER:
            self.drop(line)
        if news.state == "interrupted":
            self.void[peer] = max(line.number, self.void.get(peer, -1))
        told = line.told(news)
        for style in line.taken_up():
            self.style = replace(style, line=0, pts=0)  # it holds until the next one, beyond its line
        return told


def waiting(stages: Iterable[Kept]) -> Iterator[KeptLine]:
    """Every line of every NPC."""
    for kept in stages:
        yield from kept.lines
