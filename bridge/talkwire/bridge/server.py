"""The server: one thread, one poll loop. Requests in, paced media out.

A request that makes no sense is answered with an Error and changes nothing; an NPC that fails is closed
with an Error and an Event; neither stops the loop or another NPC.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.access import Access
from talkwire.bridge.curve import Guests
from talkwire.bridge.faults import error_message
from talkwire.bridge.governor import Economy, Governor
from talkwire.bridge.media import PATCHES
from talkwire.bridge.message import Message, decode, encode, ref_of
from talkwire.bridge.moment import Needs, condense_together, pose_together
from talkwire.bridge.npc import Npc, Output, Report, TalkingSession
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.peers import Peer, Peers
from talkwire.bridge.planes import FRAMES
from talkwire.bridge.sockets import DEFAULT_PORT, ServerSockets
from talkwire.bridge.studio import Part, Studio
from talkwire.bridge.styles import style_of
from talkwire.bridge.tally import Tally
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

log = logging.getLogger(__name__)

AGENT: Final = "talkwire"
CAPABILITIES: Final = (
    *(f"codec:{name}" for name in FRAMES),
    *(f"patch:{name}" for name in PATCHES),
    "viseme",
    "audio:s16",
    "audio:f32",
    "style",
)
REQUESTS_PER_TURN: Final = 64  # then the NPCs get their turn, however many requests wait
# At least between turns of the NPCs. Those that are due in it are one call of each network: fewer turns are
# less work; with more of them a line's first frame comes some ms sooner.
AT_EASE_TICK_NS, BUSY_TICK_NS = NS_PER_S // 120, NS_PER_S // 60
BUSY: Final = 0.4  # of the time
SWEEP_NS: Final = NS_PER_S // 2
LONGEST_WAIT_S: Final = 0.1


class Server:
    """Bound on construction, serving in `run`. Sessions are made by `make_session`, one per NPC."""

    def __init__(
        self,
        make_session: Callable[[], TalkingSession],
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        insecure: bool = False,
        keys: Guests | None = None,
        token: str | None = None,
        shared: bool = False,
        sessions_per_client: int = limits.MAX_CLIENT_SESSIONS,
        move_together: Callable[[Sequence[TalkingSession]], None] = lambda _: None,
        economise: Callable[[Economy], None] = lambda _: None,
        most_npcs: int = limits.MAX_SESSIONS,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """keys, token, shared, sessions_per_client: see Access.
        move_together: called once a tick with all sessions, after they have heard and before they are pulled.
        economise: told what to save when the server is too busy, and when it is at ease again.
        Raises LinkError when it cannot listen there; see ServerSockets.
        """
        self._peers = Peers()
        self._access = Access(
            self._peers,
            lambda: (line for studio in self._studios.values() for line in studio.npc.queue.lines),
            keys=keys,
            token=token,
            shared=shared,
            sessions_per_client=sessions_per_client,
        )
        self._sockets = ServerSockets(
            host, port, insecure=insecure, keys=keys, may_read=self._access.may_read
        )
        self.endpoint = self._sockets.endpoint
        self._make_session, self._move_together = make_session, move_together
        self._economise, self._most_npcs = economise, most_npcs
        self._clock_ns = clock_ns
        self.governor, self.tally = Governor(), Tally()
        self._studios: dict[str, Studio] = {}
        self._readers: dict[bool, set[bytes]] = {False: set(), True: set()}
        self._swept_ns = self._next_tick_ns = 0
        self._next_generation = 0

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set; then tell everyone and close."""
        try:
            while not stop.is_set():
                self._sockets.poll(self._wait_s())
                began_ns = self._clock_ns()
                self._take_requests()
                self._take_subscriptions()
                self._advance()
                self._sweep()
                self._govern(began_ns)
        finally:
            self.close()

    @property
    def npcs(self) -> int:
        """How many there are."""
        return len(self._studios)

    @property
    def peers(self) -> int:
        """How many connections were heard of lately."""
        return len(self._peers.known)

    def turns_within(self, seconds: float) -> bool:
        """Whether its loop came around lately. May be asked from any thread."""
        return self._clock_ns() - self.tally.turned_ns < seconds * NS_PER_S

    def has_room_within(self, seconds: float) -> bool:
        """Whether it turns and could take another NPC."""
        return self.turns_within(seconds) and self.npcs < self._most_npcs

    def close(self) -> None:
        """Close every NPC and socket. Again is harmless."""
        for name in list(self._studios):
            self._close_studio(name, "the server stops")
        self._sockets.close()

    def _wait_s(self) -> float:
        now = self._clock_ns()
        due = min((studio.next_ns(now) for studio in self._studios.values()), default=now + NS_PER_S)
        due = max(due, self._next_tick_ns)
        return min(LONGEST_WAIT_S, max(0, due - now) / NS_PER_S)

    def _take_requests(self) -> None:
        for peer_id, user, parts in self._sockets.requests(REQUESTS_PER_TURN):
            self.tally.requests += 1
            now = self._clock_ns()
            data = parts[0] if len(parts) == 1 else b""
            try:
                peer = self._peers.of(peer_id, now, user)
                if peer.allow(now):
                    self._handle(peer, data, now)
            except Exception as error:
                self.tally.refused += 1
                log.debug("request refused: %s", error)
                if not isinstance(error, ProtocolError):
                    log.warning("request failed: %s", error)
                self._send(peer_id, error_message(error, ref=ref_of(data)))

    def _handle(self, peer: Peer, data: bytes, now: int) -> None:
        request = decode(data, expect=wire.REQUESTS)
        if not peer.greeted and not isinstance(request, wire.Hello):
            raise ProtocolError(
                "the server does not know this connection",
                seen=type(request).__name__,
                wanted="Hello first (also after 5 s without a word)",
                cure="greet again",
            )
        if isinstance(request, wire.ChunkS16 | wire.ChunkF32 | wire.End) and request.session in peer.lost:
            return
        match request:
            case wire.Hello():
                self._access.greet(peer, request.token)
                version = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)
                ports = (self._sockets.media_port, self._sockets.motion_port)
                self._send(peer.id, wire.Welcome(request.ref, *version, AGENT, CAPABILITIES, *ports))
            case wire.Ping():
                load, level = min(1.0, self.governor.load), self.governor.level
                self._send(peer.id, wire.Pong(request.ref, request.client_ns, self._clock_ns(), load, level))
            case wire.Open():
                studio = self._open_studio(peer, request.session)
                peer.sessions.add(request.session)
                peer.lost.discard(request.session)
                self._send(peer.id, studio.opened(request.ref))
            case wire.Begin():
                self._npc(peer, request.session).queue.begin(peer.id, request.line, request.sample_rate_hz)
            case wire.ChunkS16():
                samples = np.frombuffer(request.samples, "<i2").astype(np.float32) / np.float32(32768)
                self._hear(peer, request, samples, now)
            case wire.ChunkF32():
                self._hear(peer, request, np.frombuffer(request.samples, "<f4"), now)
            case wire.End():
                self._npc(peer, request.session).queue.end(peer.id, request.line)
            case wire.Interrupt():
                npc = self._npc(peer, request.session)
                self._distribute(self._studios[request.session], npc.interrupt(now))
                self._send(peer.id, wire.Interrupted(request.ref, request.session, npc.generation))
            case wire.Style():
                self._npc(peer, request.session).session.set_style(style_of(request))
                self._send(peer.id, wire.Styled(request.ref, request.session))
            case wire.Close():
                self._npc(peer, request.session).queue.release(peer.id)
                peer.sessions.discard(request.session)
                self._send(peer.id, wire.Closed(request.ref, request.session))

    def _hear(self, peer: Peer, chunk: wire.ChunkS16 | wire.ChunkF32, samples: Float32, now: int) -> None:
        queue = self._npc(peer, chunk.session).queue
        queue.add(peer.id, chunk.line, samples, now, self._access.spending(peer))

    def _npc(self, peer: Peer, session: str) -> Npc:
        if session not in peer.sessions or session not in self._studios:
            raise ProtocolError(
                "this connection has no such session open",
                seen=session,
                wanted=", ".join(sorted(peer.sessions)) or "none is open",
                cure="open it first",
            )
        return self._studios[session].npc

    def _open_studio(self, peer: Peer, name: str) -> Studio:
        if name not in self._studios and len(self._studios) >= self._most_npcs:
            raise ProtocolError(
                "the server has no room for another NPC",
                seen=f"{len(self._studios)} sessions",
                wanted=f"at most {self._most_npcs}",
                cure="close one, or start the server with more --npcs",
            )
        self._access.open(peer, name)
        if name not in self._studios:
            studio = Studio(name, self._make_session(), first_generation=self._next_generation)
            studio.read_by(self._readers[True] | self._readers[False], self._readers[True])
            studio.economy = self.governor.economy
            self._studios[name] = studio
        return self._studios[name]

    def _take_subscriptions(self) -> None:
        changed = False
        for motion, joined, prefix in self._sockets.subscriptions(REQUESTS_PER_TURN):
            readers = self._readers[motion]
            if not joined:
                readers.discard(prefix)
            elif len(readers) < limits.MAX_SUBSCRIPTIONS and len(prefix) <= limits.MAX_PREFIX_BYTES:
                readers.add(prefix)
                for studio in self._studios.values():
                    studio.welcome(prefix, motion=motion)
            changed = True
        if changed:
            for studio in self._studios.values():
                studio.read_by(self._readers[True] | self._readers[False], self._readers[True])

    def _advance(self) -> None:
        now = self._clock_ns()
        if now < self._next_tick_ns:
            return
        self._next_tick_ns = now + (BUSY_TICK_NS if self.governor.load > BUSY else AT_EASE_TICK_NS)
        for name in list(self._studios):
            with self._closing_what_fails(name):
                studio = self._studios[name]
                studio.npc.listen(now, watched=studio.watched)
        try:
            self._move_together([studio.npc.session for studio in self._studios.values()])
        except Exception as error:  # each moves alone when it speaks, and who fails there fails alone
            log.warning("moving together failed: %s", error)
        spoken: list[tuple[str, Studio, list[Output]]] = []
        for name, studio in list(self._studios.items()):
            with self._closing_what_fails(name):
                spoken.append((name, studio, studio.npc.speak(self._clock_ns())))
        for needs, together in ((Needs.vertices, pose_together), (Needs.coefficients, condense_together)):
            together(moment for _, studio, outputs in spoken for moment in studio.needing(needs, outputs))
        for name, studio, outputs in spoken:
            with self._closing_what_fails(name):
                self._distribute(studio, outputs)
                for part in studio.retained_due(self._clock_ns(), self._clock_ns):
                    self._publish(part)

    def _govern(self, began_ns: int) -> None:
        ended_ns = self._clock_ns()
        self.tally.turn(began_ns, ended_ns)
        if not self.governor.turn(began_ns, ended_ns):
            return
        economy = self.governor.economy
        log.warning("%.0f %% busy: %s", 100 * self.governor.load, economy)
        self._economise(economy)
        for studio in self._studios.values():
            studio.economy = economy

    @contextmanager
    def _closing_what_fails(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.tally.failed_npcs += 1
            log.exception("NPC %s failed", name)
            for peer in self._peers.holding(name):
                self._send(peer.id, error_message(error, ref=0))
            self._close_studio(name, str(error))

    def _distribute(self, studio: Studio, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Report):
                self._send(output.peer, output.progress)
            else:
                for part in studio.pack(output, self._clock_ns):
                    self._publish(part)

    def _sweep(self) -> None:
        now = self._clock_ns()
        if now - self._swept_ns < SWEEP_NS:
            return
        self._swept_ns = now
        for peer in (*self._peers.vanished(now), *self._access.expelled(now)):
            for name in peer.sessions & self._studios.keys():
                self._studios[name].npc.queue.release(peer.id)
        for name, studio in list(self._studios.items()):
            held = bool(self._peers.holding(name))
            if not studio.needed(now, held=held) or self._access.abandoned(name, now):
                self._close_studio(name, "")

    def _close_studio(self, name: str, reason: str) -> None:
        studio = self._studios.pop(name)
        studio.npc.session.close()
        self._next_generation = max(self._next_generation, studio.npc.generation + 1)
        for part in studio.farewell(self._clock_ns(), reason):
            self._publish(part)
        for peer in self._peers.holding(name):
            peer.sessions.discard(name)
            peer.lost.add(name)
            self._send(peer.id, wire.Closed(0, name))

    def _publish(self, part: Part) -> None:
        motion, data = part
        self.tally.sent(len(data), motion=motion)
        (self._sockets.publish_motion if motion else self._sockets.publish_media)(data)

    def _send(self, peer_id: bytes, message: Message) -> None:
        self._sockets.reply(peer_id, encode(message))


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """Run a server in a thread of this process; gives its endpoint."""
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,), name="talkwire-server", daemon=True)
    thread.start()
    try:
        yield server.endpoint
    finally:
        stop.set()
        thread.join()
