"""A recording, played back as the server would: the same bytes on the same sockets at the same distances.

Who greets it is answered as by a server, except that nobody there can speak. It waits until somebody reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from talkwire.bridge import limits, wire
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.faults import error_message
from talkwire.bridge.media import decode_media
from talkwire.bridge.message import Message, decode, encode, ref_of
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.planes import MOTION, STATICS
from talkwire.bridge.recording import Survey, parts
from talkwire.bridge.serving.reel import Reel
from talkwire.bridge.sockets import DEFAULT_PORT, ServerSockets
from talkwire.runtime.errors import ProtocolError

AGENT: Final = "talkwire replay"
SETTLE_NS: Final = NS_PER_S // 2  # from a greeting to the first part: time to subscribe
LAST_NS: Final = NS_PER_S  # from the last part to the end: time to play it
AT_ONCE: Final = 64
LONGEST_WAIT_S: Final = 0.1
UNKNOWN_TOPOLOGY: Final = "0" * 16


class Replay:
    """Bound on construction, playing in `run`."""

    def __init__(
        self,
        path: Path,
        survey: Survey,
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        insecure: bool = False,
        speed: float = 1.0,
        loop: bool = False,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """survey: of this file. Raises LinkError when it cannot listen there; see ServerSockets."""
        self._survey, self._clock_ns = survey, clock_ns
        self._reel = Reel(
            partial(parts, path, recover=bool(survey.lost_bytes)), survey, speed=speed, loop=loop
        )
        self._sockets = ServerSockets(host, port, insecure=insecure)
        self.endpoint = self._sockets.endpoint
        self._peers = Peers()
        self._readers: set[tuple[bool, bytes]] = set()
        self._retained: dict[bytes, bytes] = {}  # topic -> what late joiners need
        self._wanted: set[bytes] = set()
        self._repeated_ns: dict[bytes, int] = {}
        self._begins_ns = self._ends_ns = -1
        self._generation = 0
        self.sent = 0
        """Parts that were published."""

    def run(self, stop: threading.Event) -> None:
        """Play until the end, or until `stop` is set; then tell everyone and close."""
        try:
            while not stop.is_set() and not 0 <= self._ends_ns <= self._clock_ns():
                self._sockets.poll(self._wait_s())
                self._take_requests()
                self._take_subscriptions()
                self._play()
                self._peers.vanished(self._clock_ns())
        finally:
            self._close()

    def _wait_s(self) -> float:
        due_ns = self._reel.next_ns() if self._begins_ns >= 0 else None
        if due_ns is None:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, max(0, due_ns - self._clock_ns()) / NS_PER_S)

    def _play(self) -> None:
        now_ns = self._clock_ns()
        if self.sent == 0 and 0 <= self._begins_ns <= now_ns and not self._readers:
            self._begin(now_ns + SETTLE_NS)  # not before somebody reads
        if self._begins_ns < 0 or now_ns < self._begins_ns:
            return
        for part in self._reel.due(now_ns):
            self._publish(part)
        for topic in [t for t in self._wanted if t in self._retained]:
            if now_ns - self._repeated_ns.get(topic, 0) >= limits.RETAINED_GAP_S * NS_PER_S:
                self._wanted.discard(topic)
                self._repeated_ns[topic] = now_ns
                self._sockets.publish_media(self._retained[topic])
        if self._reel.next_ns() is None and self._ends_ns < 0:
            self._ends_ns = now_ns + LAST_NS

    def _begin(self, at_ns: int) -> None:
        self._begins_ns = at_ns
        self._reel.begin(at_ns)

    def _publish(self, part: bytes) -> None:
        media = decode_media(part)
        self._generation = max(self._generation, getattr(media.message, "generation", 0))
        if media.plane in STATICS:
            self._retained[part[: part.index(b"\0") + 1]] = part
        (self._sockets.publish_motion if media.plane in MOTION else self._sockets.publish_media)(part)
        self.sent += 1

    def _take_subscriptions(self) -> None:
        for motion, joined, prefix in self._sockets.subscriptions(AT_ONCE):
            if not joined:
                self._readers.discard((motion, prefix))
            elif len(self._readers) < limits.MAX_SUBSCRIPTIONS and len(prefix) <= limits.MAX_PREFIX_BYTES:
                self._readers.add((motion, prefix))
                self._wanted |= {topic for topic in self._retained if topic.startswith(prefix)}
                if self.sent == 0 and self._begins_ns >= 0:  # more may be coming
                    self._begin(max(self._begins_ns, self._clock_ns() + SETTLE_NS // 2))

    def _take_requests(self) -> None:
        for peer_id, user, request in self._sockets.requests(AT_ONCE):
            data, now_ns = request[0] if len(request) == 1 else b"", self._clock_ns()
            try:
                peer = self._peers.of(peer_id, now_ns, user)
                answer = self._answer(peer, data) if peer.allow(now_ns) else None
            except ProtocolError as error:
                answer = error_message(error, ref=ref_of(data))
            if answer is not None:
                self._send(peer_id, answer)

    def _answer(self, peer: Peer, data: bytes) -> Message | None:
        request = decode(data, expect=wire.REQUESTS)
        if not isinstance(request, wire.Hello):
            peer.must_have_greeted(type(request).__name__)
        return _ANSWERS[type(request)](self, peer, request)

    def _hello(self, peer: Peer, request: wire.Hello) -> wire.Welcome:
        peer.greeted = True
        if self._begins_ns < 0:
            self._begin(self._clock_ns() + SETTLE_NS)
        planes = sorted(set().union(*self._survey.planes.values()))
        codecs = tuple(f"codec:{p.removeprefix('frame/')}" for p in planes if p.startswith("frame/"))
        version = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)
        ports = (self._sockets.media_port, self._sockets.motion_port)
        return wire.Welcome(request.ref, *version, AGENT, codecs, *ports)

    def _ping(self, peer: Peer, request: wire.Ping) -> wire.Pong:
        return wire.Pong(request.ref, request.client_ns, self._reel.clock_ns(self._clock_ns()))

    def _open(self, peer: Peer, request: wire.Open) -> wire.Opened:
        planes = self._known(request.session)
        peer.sessions.add(request.session)
        mesh = self._survey.meshes.get(request.session)
        topology_id = mesh.topology_id if mesh is not None else UNKNOWN_TOPOLOGY
        fps = mesh.frame_rate_hz if mesh is not None else 60
        frames = next((plane for plane in sorted(planes) if plane.startswith("frame/")), "")
        about = (topology_id, fps, 0.0, limits.MAX_QUEUED_S, request.avatar, frames)
        return wire.Opened(request.ref, request.session, *about)

    def _interrupt(self, peer: Peer, request: wire.Interrupt) -> wire.Interrupted:
        return wire.Interrupted(request.ref, self._name(request), self._generation)

    def _style(self, peer: Peer, request: wire.Style) -> wire.Styled:
        return wire.Styled(request.ref, self._name(request))

    def _close_one(self, peer: Peer, request: wire.Close) -> wire.Closed:
        peer.sessions.discard(request.session)
        return wire.Closed(request.ref, request.session)

    def _refuse(self, peer: Peer, request: Message) -> None:
        raise ProtocolError(
            "this is a recording: nobody here can speak, and there are no avatars",
            seen=type(request).__name__,
            wanted="requests of who listens",
            cure="start a server with: talkwire serve",
        )

    def _name(self, request: wire.Interrupt | wire.Style) -> str:
        self._known(request.session)
        return request.session

    def _known(self, session: str) -> Mapping[str, int]:
        """What there is of this NPC."""
        if session not in self._survey.planes:
            raise ProtocolError(
                "there is no such NPC in this recording",
                seen=session,
                wanted=", ".join(sorted(self._survey.planes)),
                cure="open that one",
            )
        return self._survey.planes[session]

    def _send(self, peer_id: bytes, message: Message) -> None:
        self._sockets.reply(peer_id, encode(message))

    def _close(self) -> None:
        for session in self._survey.planes:
            for peer in self._peers.holding(session):
                self._send(peer.id, wire.Closed(0, session))
        self._sockets.close()


_ANSWERS: Final[Mapping[type[Message], Callable[[Replay, Peer, Any], Message | None]]] = {
    wire.Hello: Replay._hello,
    wire.Ping: Replay._ping,
    wire.Open: Replay._open,
    wire.Interrupt: Replay._interrupt,
    wire.Style: Replay._style,
    wire.Close: Replay._close_one,
    wire.Begin: Replay._refuse,
    wire.Load: Replay._refuse,
    wire.Unload: Replay._refuse,
    **dict.fromkeys((wire.ChunkS16, wire.ChunkF32, wire.End), lambda replay, peer, request: None),
}
