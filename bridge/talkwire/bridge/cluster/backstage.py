"""A worker as its front knows it: the link, how busy it is, whom it knows, and what it was asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge import limits, wire
from talkwire.bridge.access.peers import Peer
from talkwire.bridge.cluster.journal import OWN, Errand
from talkwire.bridge.cluster.links import Link
from talkwire.bridge.cluster.notes import Beat, Place, Report, to_bytes
from talkwire.bridge.message import Message, encode, with_ref
from talkwire.bridge.pacing import NS_PER_S

BEAT_NS: Final = NS_PER_S // 10
SILENT_NS: Final = 12 * NS_PER_S // 10  # a worker that says nothing for so long while it is asked is lost
FIRST_WORD_NS: Final = 10 * NS_PER_S  # and one that has just been made
AGENT: Final = "talkwire front"
KEPT_ERRANDS: Final = 16_384  # of those that are answered only where they are wrong

Told = wire.Begin | wire.ChunkS16 | wire.ChunkF32 | wire.End  # without an answer, where they are right


@dataclass
class Backstage:
    """Of one worker. errands: by the number that the worker was given."""

    slot: int
    link: Link
    since_ns: int
    report: Report | None = None
    errands: dict[int, Errand] = field(default_factory=dict)
    warm: set[str] = field(default_factory=set)  # avatars that it was told to have ready
    _told: dict[int, Errand] = field(default_factory=dict)
    _refs: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _known: dict[bytes, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    _topics: set[tuple[bool, bytes]] = field(default_factory=set)
    _beaten_ns: int = 0
    _unheard_ns: int = -1  # the first beat since it was heard last
    _offset_ns: int = 0
    _round_trip_ns: int = 1 << 62

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.link.place

    @property
    def ready(self) -> bool:
        """Whether it can be given NPCs."""
        return self.report is not None and self.report.ready and not self.link.lost

    @property
    def load(self) -> float:
        """Of its time."""
        return self.report.load if self.report is not None else 0.0

    def ask(self, peer: Peer | bytes, request: Message, data: bytes = b"", ref: int = OWN) -> None:
        """Pass on what a client wants. data: its bytes, where there are some; ref: its number.
        A peer that is only a name is one that has gone.
        """
        id_ = peer if isinstance(peer, bytes) else peer.id
        self._introduce(
            id_, ((), 0) if isinstance(peer, bytes) else (peer.capabilities, peer.bandwidth_kbit_s)
        )
        number = self._number()
        if isinstance(request, Told):
            kept = request if isinstance(request, wire.Begin) else wire.End(0, request.session, request.line)
            self._told[number] = Errand(id_, ref, kept)  # without its sound
            if len(self._told) > KEPT_ERRANDS:
                del self._told[next(iter(self._told))]
        else:
            self.errands[number] = Errand(id_, ref, request)
        self.link.request(id_, with_ref(data or encode(request), number))

    def answered(self, number: int) -> Errand | None:
        """What this is the answer to."""
        return self.errands.pop(number, None) or self._told.pop(number, None)

    def read(self, prefix: bytes, *, motion: bool, joined: bool) -> None:
        """A reader has come, or the last one has gone."""
        if joined:
            self._topics.add((motion, prefix))
        elif (motion, prefix) in self._topics:
            self._topics.remove((motion, prefix))
        else:
            return
        self.link.subscription(prefix, motion=motion, joined=joined)

    def read_no_more(self, meant: Callable[[bytes], bool]) -> None:
        """As if nobody read what is meant."""
        for motion, prefix in [topic for topic in self._topics if meant(topic[1])]:
            self.read(prefix, motion=motion, joined=False)

    def beat(self, now_ns: int, above: int, *, at_once: bool = False) -> None:
        """Now and then."""
        if not at_once and now_ns - self._beaten_ns < BEAT_NS:
            return
        self._beaten_ns = now_ns
        if self._unheard_ns < 0:
            self._unheard_ns = now_ns
        self.link.beat(to_bytes(Beat(now_ns, self._offset_ns, above)))

    def heard(self) -> None:
        """It has said something."""
        self._unheard_ns = -1

    def reported(self, report: Report, now_ns: int, *, same_clock: bool) -> None:
        """It has answered a beat. same_clock: it is on the front's machine."""
        self.report = report
        round_trip_ns = now_ns - report.sent_ns
        if same_clock:
            return
        if round_trip_ns <= self._round_trip_ns:
            self._round_trip_ns = round_trip_ns
            self._offset_ns = (now_ns + report.sent_ns) // 2 - report.clock_ns
        else:
            self._round_trip_ns += round_trip_ns // 1000  # clocks drift: an old best slowly expires

    def lost(self, now_ns: int) -> bool:
        """Whether it has gone, or hangs. What it said is to be taken before it is asked for."""
        patience_ns = SILENT_NS if self.report is not None else FIRST_WORD_NS
        silent = self._unheard_ns >= 0 and now_ns - self._unheard_ns > patience_ns
        never = not self.ready and now_ns - self.since_ns > FIRST_WORD_NS
        return self.link.lost or silent or never

    def _introduce(self, id_: bytes, about: tuple[tuple[str, ...], int]) -> None:
        """It must know who asks, and what suits that client."""
        if self._known.get(id_) != about:
            self._known[id_] = about
            number = self._number()
            hello = wire.Hello(number, limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR, AGENT, *about)
            self.errands[number] = Errand(id_, OWN, hello)
            self.link.request(id_, encode(hello))

    def _number(self) -> int:
        """The next one; 0 is what nobody asked for."""
        return 1 + next(self._refs) % 0xFFFF_FFFF

    def knows(self, peer: bytes) -> bool:
        """Whether this client has been introduced."""
        return peer in self._known

    def forget(self, peer: bytes) -> list[Errand]:
        """A client has gone; what it was not answered yet."""
        self._known.pop(peer, None)
        mine = {number: errand for number, errand in self.errands.items() if errand.peer == peer}
        for number in mine:
            del self.errands[number]
        return list(mine.values())
