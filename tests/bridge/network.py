"""A server, two connections, a listener and three clocks, in simulated time. Pure and seeded; nothing sleeps.

ZeroMQ is TCP: within a socket nothing is lost or overtaken, but whatever is late makes what follows late. The
motion socket drops what it has no room for. The two sockets are independent of each other.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from talkwire.bridge.media import Media, decode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.happening import Happening
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.serving.npc import Report
from talkwire.bridge.serving.studio import Studio
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.types import Float32

RATE = 16_000
MS = NS_PER_S // 1000
TOPOLOGY = synthetic_topology(16)
MIC_CHUNK_S = 0.02
MOTION_KEPT = 64  # messages
QUEUED_S = 5.0  # of a recorded line at the server, as a client's credit allows


def voice(seconds: float) -> Float32:
    """Loudness that rises and falls, so that every moment looks different."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 200 * t) * (0.2 + 0.15 * np.sin(2 * np.pi * 1.3 * t))).astype(np.float32)


@dataclass
class Weather:
    """What a network does to a message, in ms. stall_share: of messages, that hold up all that follow."""

    base_ms: float = 1.0
    jitter_ms: float = 0.0
    exponential: bool = False
    stall_share: float = 0.0
    stall_ms: float = 200.0

    def delays_ms(self, seed: int) -> Iterator[float]:
        """One for each message."""
        chance = random.Random(seed)
        while True:
            stall = self.stall_ms if chance.random() < self.stall_share else 0.0
            jitter = chance.expovariate(3) if self.exponential else chance.random()
            yield self.base_ms + stall + jitter * self.jitter_ms


@dataclass
class Connection:
    """One socket. kept: how many messages wait at most; newer ones are dropped then."""

    delays_ms: Iterator[float]
    kept: int | None = None
    wire: deque[tuple[int, Media]] = field(default_factory=deque)
    dropped: int = 0
    stall_ms: float = 0.0  # of the next message

    def send(self, media: Media, now_ns: int) -> None:
        """It arrives when it is through, and all before it."""
        at_ns = now_ns + round((next(self.delays_ms) + self.stall_ms) * MS)
        self.stall_ms = 0.0
        if self.wire:
            at_ns = max(at_ns, self.wire[-1][0])
        if self.kept is not None and len(self.wire) >= self.kept:
            self.dropped += 1
            return
        self.wire.append((at_ns, media))

    def due(self, now_ns: int) -> list[Media]:
        """What has arrived."""
        arrived = []
        while self.wire and self.wire[0][0] <= now_ns:
            arrived.append(self.wire.popleft()[1])
        return arrived


class Card(SilentSink):
    """A loudspeaker whose clock is off by so many parts in a million."""

    def __init__(self, ppm: float = 0.0) -> None:
        super().__init__()
        self._pace = 1 + ppm * 1e-6

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        super().start(sample_rate_hz, round(now_ns * self._pace))

    def heard(self, now_ns: int) -> int:
        return super().heard(round(now_ns * self._pace))

    def dry(self, now_ns: int) -> bool:
        return super().dry(round(now_ns * self._pace))

    def set_speed(self, speed: float, now_ns: int) -> None:
        super().set_speed(speed, round(now_ns * self._pace))


class Theatre:
    """A studio, its two sockets, and a player. Time is the server's; the listener's clock differs from it."""

    def __init__(
        self,
        weather: Weather | None = None,
        *,
        seed: int = 0,
        card_ppm: float = 0.0,
        client_ppm: float = 0.0,
        display_hz: float = 60.0,
        make_player: Callable[[SilentSink], Player] = Player,
    ) -> None:
        self.studio = Studio("nova", SyntheticSession(TOPOLOGY))
        self.sink = Card(card_ppm)
        self.player = make_player(self.sink)
        self.now_ns = NS_PER_S
        self.tick_ns = round(NS_PER_S / display_hz)
        self._next_tick_ns = self.now_ns
        self._client_pace = 1 + client_ppm * 1e-6
        weather = weather or Weather()
        self.media = Connection(weather.delays_ms(2 * seed))
        self.motion = Connection(weather.delays_ms(2 * seed + 1), MOTION_KEPT)
        self.feeds: list[Iterator[int]] = []  # each says when it has more to say
        self._fed_ns: list[int] = []
        self.pictures: list[tuple[int, Picture | None]] = []
        self.happened: list[Happening] = []
        self.on_tick: Callable[[], None] = lambda: None
        self.read()

    def read(self) -> None:
        """Subscribe to what `Client.listen` does."""
        names = ("mesh", "texture", "audio", "event"), ("frame/q16", "patch")
        media, motion = ({f"tw1/nova/{name}\0".encode() for name in plane} for plane in names)
        self.studio.read_by(media | motion, motion)
        for prefix in media | motion:
            self.studio.welcome(prefix, motion=prefix in motion)

    def client_ns(self) -> int:
        """The listener's clock."""
        return self.to_client_ns(self.now_ns)

    def to_client_ns(self, at_ns: int) -> int:
        """What it shows then."""
        return round(at_ns * self._client_pace) + 7 * NS_PER_S

    def line(self, number: int, seconds: float) -> None:
        """A recorded line, all of it at once."""
        queue = self.studio.npc.queue
        queue.begin(b"p", number, RATE)
        queue.add(b"p", number, voice(seconds), self.now_ns)
        queue.end(b"p", number)

    def long_line(self, number: int, seconds: float) -> None:
        """A recorded line of any length, as fast as its credit allows."""
        self._feed(self._speak(number, seconds, 1.0, 1.0))

    def live_line(self, number: int, seconds: float, *, ppm: float = 0.0) -> None:
        """A microphone, whose clock is off, too."""
        self._feed(self._speak(number, seconds, MIC_CHUNK_S, 1 + ppm * 1e-6, live=True))

    def interrupt(self) -> None:
        """A request has reached the server."""
        self._send(o for o in self.studio.npc.interrupt(self.now_ns) if not isinstance(o, Report))

    def post(self, parts: Iterable[tuple[bool, bytes]]) -> None:
        """Put them on the wire. (on the motion socket?, what)"""
        for motion, data in parts:
            (self.motion if motion else self.media).send(decode_media(data), self.now_ns)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            for i, feed in enumerate(self.feeds):
                while self._fed_ns[i] <= self.now_ns:
                    self._fed_ns[i] = next(feed, end_ns * 1000)
            outputs = self.studio.npc.advance(self.now_ns, watched=True)
            self._send(o for o in outputs if not isinstance(o, Report))
            self.post(self.studio.retained_due(self.now_ns, lambda: self.now_ns))
            arrived = [*self.media.due(self.now_ns), *self.motion.due(self.now_ns)]
            if arrived:
                self.player.receive(arrived, self.client_ns())
            if self.now_ns >= self._next_tick_ns:
                self._tick()
            self.now_ns = min(max(self.now_ns + MS // 10, self._next_ns()), end_ns)

    def speech(self) -> list[Picture]:
        """The pictures of lines that were shown."""
        return [p for _, p in self.pictures if p is not None and not p.idle]

    def _tick(self) -> None:
        self._next_tick_ns += self.tick_ns
        now_ns = self.client_ns()
        self.pictures.append((self.now_ns, self.player.present(now_ns)))
        self.player.displayed(now_ns)
        self.happened += self.player.happened(now_ns)
        self.on_tick()

    def _next_ns(self) -> int:
        wires = [wire[0][0] for wire in (self.media.wire, self.motion.wire) if wire]
        npc_ns = self.studio.npc.next_ns(self.now_ns, watched=True)
        return min([npc_ns, self._next_tick_ns, *wires, *self._fed_ns])

    def _send(self, outputs: Iterable[object]) -> None:
        for output in outputs:
            self.post(self.studio.pack(output, lambda: self.now_ns))  # type: ignore[arg-type]

    def _feed(self, feed: Iterator[int]) -> None:
        self.feeds.append(feed)
        self._fed_ns.append(self.now_ns)

    def _speak(
        self, number: int, seconds: float, chunk_s: float, pace: float, *, live: bool = False
    ) -> Iterator[int]:
        queue, samples, start_ns = self.studio.npc.queue, voice(seconds), self.now_ns
        line = queue.begin(b"p", number, RATE)
        for i in range(0, len(samples), round(chunk_s * RATE)):
            chunk = samples[i : i + round(chunk_s * RATE)]
            if live:
                yield start_ns + round((i + len(chunk)) * NS_PER_S / RATE / pace)
            while line.queued > QUEUED_S * RATE:
                yield self.now_ns + 100 * MS
            if line not in queue.lines:  # it was cut
                return
            queue.add(b"p", number, chunk, self.now_ns)
        queue.end(b"p", number)


def fixed(delays_ms: Iterable[float]) -> Iterator[float]:
    """These, again and again."""
    return cycle(delays_ms)
