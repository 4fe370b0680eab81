"""The reference client's connection: greet, open NPCs, push audio, receive. What the plugins re-implement.

Not thread-safe: one thread calls everything, `poll` at least twice a second.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeVar

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.codec import CODECS
from talkwire.bridge.faults import exception_from
from talkwire.bridge.media import BASIS, FRAME_PLANES, NORMALS, PATCHES, Media, decode_media, topic
from talkwire.bridge.media import ARKIT, COEFFICIENTS
from talkwire.bridge.message import Message, decode, encode
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.sockets import DEFAULT_PORT, ClientSockets
from talkwire.bridge.styles import told
from talkwire.runtime.errors import LinkError
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32

DEFAULT_ENDPOINT: Final = f"tcp://127.0.0.1:{DEFAULT_PORT}"
CAPABILITIES: Final = tuple(f"codec:{name}" for name in CODECS)
PING_NS: Final = NS_PER_S
MAX_PROGRESS: Final = 256  # lines whose last news are kept
STATICS: Final = ("mesh", "texture")
FRAMES: Final = {**FRAME_PLANES, "basis": COEFFICIENTS}
R = TypeVar("R", bound=Message)


class Client:
    """A connection to a server. Raises LinkError when nobody answers, VersionMismatch when it must."""

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout_s: float = 2.0,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._endpoint, self._timeout_s, self._clock_ns = endpoint, timeout_s, clock_ns
        self._refs, self._lines = itertools.count(1), itertools.count(1)
        self._answers: dict[int, Message] = {}  # only to questions that are waited for
        self._asked = 0
        self._inbox: list[Media] = []
        self._topologies: dict[str, set[str]] = {}  # session -> statics received, while not yet complete
        self._known_id: dict[str, str] = {}
        self._statics: dict[str, tuple[str, ...]] = {}
        self.progress: dict[tuple[str, int], wire.Progress] = {}
        self.offset_ns = 0  # add to the server's time to get this client's
        self.load, self.level = 0.0, 0
        """Of the server: the share of its time that it works, and how many steps of quality it saves."""
        self._round_trip_ns = 1 << 62
        self._heard_ns = self._pinged_ns = clock_ns()
        self._sockets = ClientSockets(endpoint)
        try:
            version = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)
            hello = wire.Hello(next(self._refs), *version, "talkwire reference client", CAPABILITIES)
            self.welcome = self._ask(hello, wire.Welcome)
            self._sockets.connect_media(self.welcome.media_port, self.welcome.motion_port)
            for _ in range(5):
                self._ask(wire.Ping(next(self._refs), clock_ns()), wire.Pong)
        except BaseException:
            self._sockets.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sockets.close()

    def open(self, session: str) -> wire.Opened:
        """Create or join an NPC."""
        return self._ask(wire.Open(next(self._refs), session), wire.Opened)

    def listen(self, session: str, codec: str = "q16", *, patches: bool = True) -> None:
        """Receive an NPC's mesh, texture, audio, events and frames from now on. patches: and how its texture
        changes, where it does.
        """
        self._sockets.subscribe(topic(session, "event"), motion=False)
        self._sockets.subscribe(topic(session, "audio"), motion=False)
        self._statics[session] = (*STATICS, BASIS) if codec == "basis" else STATICS
        self._want_statics(session)
        self._sockets.subscribe(topic(session, FRAMES[codec]), motion=True)
        if patches:
            self._sockets.subscribe(topic(session, PATCHES["jpeg"]), motion=True)

    def begin(self, session: str, sample_rate_hz: int) -> int:
        """Begin a line; its number."""
        line = next(self._lines)
        self._send(wire.Begin(next(self._refs), session, line, sample_rate_hz))
        return line

    def push(self, session: str, line: int, samples: Float32) -> None:
        """Audio of the line: [S] float32 mono in [-1, 1], at most limits.MAX_CHUNK_SAMPLES."""
        data = np.asarray(samples, "<f4").tobytes()
        self._send(wire.ChunkF32(next(self._refs), session, line, data))

    def end(self, session: str, line: int) -> None:
        """The line is complete."""
        self._send(wire.End(next(self._refs), session, line))

    def state(self, session: str, line: int) -> wire.LineState:
        """How far the line is, as far as the server has told."""
        news = self.progress.get((session, line))
        return news.state if news is not None else "queued"

    def interrupt(self, session: str) -> int:
        """Cut everything the NPC says or has waiting; the new generation."""
        return self._ask(wire.Interrupt(next(self._refs), session), wire.Interrupted).generation

    def set_style(self, session: str, style: Style) -> None:
        """How the NPC speaks and feels from now on. StyleError for an emotion that it does not know."""
        self._ask(told(style, next(self._refs), session), wire.Styled)

    def leave(self, session: str) -> None:
        """Leave the NPC; what was said is spoken to its end."""
        self._ask(wire.Close(next(self._refs), session), wire.Closed)

    def poll(self, timeout_s: float = 0.0) -> list[Media]:
        """Wait at most this long for something, and return the media received, audio and events first.

        Keeps the connection alive. Raises what the server sent as an Error, and LinkError when the server
        has been silent for limits.PEER_TIMEOUT_S.
        """
        self._keep_alive()
        if not self._inbox:
            self._sockets.poll(timeout_s)
            self._receive()
        inbox, self._inbox = self._inbox, []
        return inbox

    def _ask(self, request: Message, expect: type[R]) -> R:
        ref = int(getattr(request, "ref"))  # noqa: B009  every request has one; Message itself does not
        self._asked = ref
        self._send(request)
        deadline = self._clock_ns() + round(self._timeout_s * NS_PER_S)
        while ref not in self._answers:
            left_s = (deadline - self._clock_ns()) / NS_PER_S
            if left_s <= 0:
                raise LinkError(
                    f"no talkwire server answers at {self._endpoint}",
                    seen=f"silence for {self._timeout_s:g} s",
                    wanted=expect.__name__,
                    cure="start one with: talkwire serve",
                )
            self._sockets.poll(left_s)
            self._receive()
        answer = self._answers.pop(ref)
        if not isinstance(answer, expect):
            raise LinkError(
                "the server answered something else",
                seen=type(answer).__name__,
                wanted=expect.__name__,
                cure="check that it is a talkwire server",
            )
        return answer

    def _send(self, request: Message) -> None:
        if not self._sockets.send(encode(request)):
            raise LinkError(
                "the server takes no more messages",
                seen="a full queue",
                wanted="a server that reads",
                cure="restart it",
            )

    def _keep_alive(self) -> None:
        now = self._clock_ns()
        if now - self._pinged_ns >= PING_NS:
            self._pinged_ns = now
            self._send(wire.Ping(next(self._refs), now))
        if now - self._heard_ns > limits.PEER_TIMEOUT_S * NS_PER_S and not self._sockets.poll(0):
            raise LinkError(
                f"the server at {self._endpoint} has gone",
                seen=f"silence for {(now - self._heard_ns) / NS_PER_S:.1f} s",
                wanted="an answer every second",
                cure="start it again with: talkwire serve",
            )

    def _receive(self) -> None:
        for data in self._sockets.replies():
            self._heard_ns = self._clock_ns()
            self._take(decode(data, expect=wire.REPLIES))
        for part in self._sockets.media():
            media = decode_media(part)
            self._inbox.append(media)
            self._follow_statics(media)

    def _take(self, reply: Message) -> None:
        match reply:
            case wire.Error():
                raise exception_from(reply)
            case wire.Progress():
                self.progress[reply.session, reply.line] = reply
                while len(self.progress) > MAX_PROGRESS:
                    del self.progress[next(iter(self.progress))]
            case wire.Pong():
                self._measure(reply)
            case wire.Closed(ref=0):
                pass  # the NPC is gone; the event plane says why
            case _:
                self._keep(reply, int(getattr(reply, "ref")))  # noqa: B009

    def _measure(self, pong: wire.Pong) -> None:
        """Cristian's algorithm: the shortest round trip bounds the offset best."""
        now = self._clock_ns()
        self.load, self.level = pong.load, pong.level
        round_trip_ns = now - pong.client_ns
        if round_trip_ns <= self._round_trip_ns:
            self._round_trip_ns = round_trip_ns
            self.offset_ns = (now + pong.client_ns) // 2 - pong.server_ns
        else:
            self._round_trip_ns += round_trip_ns // 1000  # clocks drift: an old best slowly expires
        self._keep(pong, pong.ref)

    def _keep(self, answer: Message, ref: int) -> None:
        if ref == self._asked:
            self._answers = {ref: answer}

    def _want_statics(self, session: str) -> None:
        self._topologies[session] = set()
        for plane in self._statics[session]:
            self._sockets.subscribe(topic(session, plane), motion=False)

    def _follow_statics(self, media: Media) -> None:
        """Mesh and texture are repeated for every late joiner: having them, stop reading them."""
        message, waiting = media.message, self._topologies.get(media.session)
        if isinstance(message, wire.Mesh | wire.Texture | wire.Basis) and waiting is not None:
            self._sockets.unsubscribe(topic(media.session, media.plane), motion=False)
            waiting.add(media.plane)
            if isinstance(message, wire.Mesh):
                self._known_id[media.session] = message.topology_id
            if len(waiting) == len(self._statics[media.session]):
                del self._topologies[media.session]
        elif isinstance(message, wire.Frame | wire.Coefficients) and waiting is None:
            stranger = self._known_id.get(media.session) != message.topology_id
            if stranger:
                self._want_statics(media.session)
