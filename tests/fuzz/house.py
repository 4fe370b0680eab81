"""A whole server but for its sockets and its clock, moved by bytes: what peers say and do, in any order.

Each step is an operation and its peer, a few bytes that say what. Most are requests that are well formed, so
that odd orders are found; some are any bytes. What must hold is checked after every step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.access.budget import weight_s
from talkwire.bridge.media import decode_media
from talkwire.bridge.message import Message, decode, encode
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving import cast as cast_module
from talkwire.bridge.serving import server as server_module
from talkwire.bridge.serving.cast import Cast
from talkwire.bridge.serving.server import Server
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.errors import AvatarError

TOPOLOGY: Final = synthetic_topology(9)
USERS: Final = ("key a", "key b", "")
SESSIONS: Final = ("nova", "juno", "otto", "x" * 32)
AVATARS: Final = ("first", "second", "broken", "nobody")
RATES: Final = (4_000, 16_000, 48_000, 384_000)
COUNTS: Final = (1, 160, 4_000, 384_000)
NAMES: Final = ("joy", "anger", "lips", "gaze", "nothing")
PLANES: Final = ("frame/q16", "frame/delta8", "frame/basis", "patch", "audio", "event", "mesh", "texture", "")
MOST_STEPS: Final = 200


class Wires:
    """In place of ServerSockets."""

    endpoint, media_port, motion_port = "nowhere", 1, 2

    def __init__(self, *_: object, may_read: Any = None, **__: object) -> None:
        self.asked: deque[tuple[bytes, str, list[bytes]]] = deque()
        self.subscribed: deque[tuple[bool, bool, bytes]] = deque()
        self.answers: list[tuple[bytes, Message]] = []

    def requests(self, at_most: int) -> Iterator[tuple[bytes, str, list[bytes]]]:
        """See ServerSockets."""
        for _ in range(min(at_most, len(self.asked))):
            yield self.asked.popleft()

    def subscriptions(self, at_most: int) -> Iterator[tuple[bool, bool, bytes]]:
        """See ServerSockets."""
        for _ in range(min(at_most, len(self.subscribed))):
            yield self.subscribed.popleft()

    def reply(self, peer: bytes, data: bytes) -> None:
        """What a client can read, and what no bug made it say."""
        message = decode(data, expect=wire.REPLIES)
        assert not (isinstance(message, wire.Error) and message.what == "the NPC failed"), message
        self.answers.append((peer, message))

    def publish_media(self, data: bytes) -> None:
        """What a client can read."""
        decode_media(data)

    publish_motion = publish_media

    def close(self) -> None:
        """Nothing is open."""


class Studios(Cast):
    """Loads when it is told to."""

    def __init__(self) -> None:
        super().__init__({name: lambda: self._make for name in AVATARS[:3]})

    @staticmethod
    def _make() -> SyntheticSession:
        return SyntheticSession(TOPOLOGY)

    def want(self, avatar: str) -> None:
        """It is under way."""
        self._loading.setdefault(avatar, Future())

    def load(self, avatar: str) -> None:
        """It has come, or failed to."""
        future = self._loading.get(avatar)
        if future is not None and not future.done():
            if avatar == "broken":
                future.set_exception(AvatarError("it is broken", seen="x", wanted="y", cure="z"))
            else:
                future.set_result(cast_module._Loaded(self._make, "0" * 16))


class House:
    """Lives through `data`."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._now_ns, self._ref = NS_PER_S, 0
        with patch.object(server_module, "ServerSockets", Wires):
            self.cast = Studios()
            self.server = Server(
                self.cast,
                token="open sesame" if self._byte() & 1 else None,
                sessions_per_client=3,
                most_npcs=4,
                clock_ns=lambda: self._now_ns,
            )
        self.wires: Wires = self.server._sockets  # type: ignore[assignment]

    def live(self) -> None:
        """Until there are no more bytes; then until everything was said, and a while longer."""
        for _ in range(MOST_STEPS):
            if self._at >= len(self._data):
                break
            self._step(self._byte(), self._byte())
            self._turn()
        self._wait(40)
        self.server.close()
        assert not self.server.studios

    def _step(self, operation: int, who: int) -> None:
        peer, user = bytes([who % 4]), USERS[0 if who < 250 else 1]
        kind = operation % 16
        if kind == 0:  # any bytes
            self.wires.asked.append((peer, "", [self._bytes(self._byte() + 256 * self._byte())]))
        elif kind == 1:
            self._wait(self._byte() / 20)
        elif kind == 2:
            session, plane = SESSIONS[who % 4], PLANES[self._byte() % len(PLANES)]
            prefix = f"tw1/{session}/{plane}".encode() + b"\0" * bool(plane)
            self.wires.subscribed.append((bool(who & 16), bool(who & 32), prefix[: 1 + self._byte()]))
        elif kind == 3:
            self.cast.load(AVATARS[who % 4])
        elif kind == 4 and who == 4:
            self.server.drain(0.5)
        elif kind == 4:  # at once
            again = encode(wire.Load(self._ref, AVATARS[who % 3]))
            self.wires.asked.extend((peer, "", [again]) for _ in range(who))
        elif kind == 5:  # another, who takes the name
            self.wires.asked.append((peer, user, [encode(wire.Ping(0, 0))]))
        else:
            self._ask(peer, kind)

    def _ask(self, peer: bytes, kind: int) -> None:
        self._ref += 1
        session, a, b = SESSIONS[self._byte() % 4], self._byte(), self._byte()
        requests: dict[int, Message] = {
            6: wire.Hello(
                self._ref, 1, 2, "fuzz", ("codec:q16",), a * 100, ("open sesame", "no")[b % 8 == 0]
            ),
            7: wire.Open(self._ref, session, ("", *AVATARS)[a % 5]),
            8: wire.Begin(self._ref, session, a, RATES[b % 4]),
            9: wire.ChunkS16(self._ref, session, a, bytes(2 * COUNTS[b % 4])),
            10: wire.ChunkF32(self._ref, session, a, np.full(COUNTS[b % 4], b / 256, "<f4").tobytes()),
            11: wire.End(self._ref, session, a),
            12: wire.Interrupt(self._ref, session),
            13: wire.Close(self._ref, session),
            14: wire.Style(
                *(self._ref, session, a / 128),
                *(((NAMES[a % 5], b / 256),), ((NAMES[b % 5], a / 128),), (), a / 256),
                *((("mouthSmile", 0.5, b / 256, 0.0, 1.0),), a, b * 100),
            ),
            15: (wire.Load, wire.Unload)[a % 2](self._ref, AVATARS[b % 4]),
        }
        self.wires.asked.append((peer, "", [encode(requests.get(kind, wire.Ping(self._ref, a)))]))

    def _wait(self, seconds: float) -> None:
        """In steps that a server would take."""
        for _ in range(1 + int(seconds * 2)):
            self._now_ns += NS_PER_S // 2
            self._turn()

    def _turn(self) -> None:
        server = self.server
        began_ns = self._now_ns
        self._now_ns += NS_PER_S // 120
        server._take_requests()
        server._take_subscriptions()
        server._advance()
        server._sweep()
        server._govern(began_ns)
        self._check()

    def _check(self) -> None:
        server = self.server
        assert server.tally.failed_npcs == 0
        assert len(server.studios) <= server.most_npcs
        assert len(server._desk._waiting) <= limits.MAX_WAITING
        for peer in server._peers.known.values():
            assert len(peer.sessions) <= 3 and peer.sessions <= server.studios.keys()
        lines = [line for studio in server.studios.values() for line in studio.npc.queue.lines]
        assert sum(weight_s(line.queued, line.sample_rate_hz) for line in lines) <= limits.MAX_AUDIO_S
        assert all(
            len(studio.npc.queue.lines) <= limits.MAX_QUEUED_LINES for studio in server.studios.values()
        )

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]
