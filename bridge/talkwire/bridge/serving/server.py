"""The server: one thread, one poll loop. Requests in, paced media out.

A request that makes no sense is answered with an Error and changes nothing; an NPC that fails is closed
with an Error and an Event; neither stops the loop or another NPC.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from talkwire.bridge import limits, wire
from talkwire.bridge.access.access import Access
from talkwire.bridge.access.curve import Guests
from talkwire.bridge.access.peers import Peers
from talkwire.bridge.faults import error_message
from talkwire.bridge.message import Message, encode
from talkwire.bridge.moment import Needs, condense_together, paint_together, pose_together
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.cast import Cast
from talkwire.bridge.serving.desk import Desk
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.governor import Economy, Governor
from talkwire.bridge.serving.logs import short, tell
from talkwire.bridge.serving.npc import Output, Report, TalkingSession
from talkwire.bridge.serving.studio import Part, Studio
from talkwire.bridge.serving.tally import Tally
from talkwire.bridge.sockets import DEFAULT_PORT, ServerSockets, Wires
from talkwire.runtime.errors import ProtocolError

log = logging.getLogger(__name__)

REQUESTS_PER_TURN: Final = 64  # then the NPCs get their turn, however many requests wait,
REQUESTS_NS: Final = NS_PER_S // 1000  # or after this, whatever they ask for
SUBSCRIPTIONS_PER_TURN: Final = 256  # of each socket: who joins stands behind what others ask for
# At least between turns of the NPCs. Those that are due in it are one call of each network: fewer turns are
# less work; with more of them a line's first frame comes some ms sooner.
AT_EASE_TICK_NS, BUSY_TICK_NS = NS_PER_S // 120, NS_PER_S // 60
BUSY: Final = 0.4  # of the time
SWEEP_NS: Final = NS_PER_S // 2
LONGEST_WAIT_S: Final = 0.1
LOADING_WAIT_S: Final = 0.01  # while somebody waits for an avatar
TOGETHER: Final = {
    Needs.vertices: pose_together,
    Needs.coefficients: condense_together,
    Needs.texture: paint_together,
}
EPOCH_UNIX_S, GENERATIONS_PER_S = 1_767_225_600, 4  # 2026


class Server:
    """Bound on construction, serving in `run`. Each NPC has a session of its own."""

    def __init__(
        self,
        cast: Cast | Callable[[], TalkingSession],
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
        first_generation: int = 0,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        sockets: Wires | None = None,
    ) -> None:
        """cast: whom it can show, or what makes a session of the only one.
        first_generation: higher than any that a server before it has had here; see `first_generation`.
        keys, token, shared, sessions_per_client: see Access.
        move_together: called once a tick with all sessions, after they have heard and before they are pulled.
        economise: told what to save when the server is too busy, and when it is at ease again.
        sockets: instead of its own, of somebody who looks at all that comes before it does.
        Raises LinkError when it cannot listen there; see ServerSockets.
        """
        self._peers = Peers(trusted=sockets is not None)
        self._access = Access(
            self._peers,
            lambda: (line for studio in self.studios.values() for line in studio.npc.queue.lines),
            keys=keys,
            token=token,
            shared=shared,
            sessions_per_client=sessions_per_client,
        )
        self._sockets: Wires = sockets or ServerSockets(
            host, port, insecure=insecure, keys=keys, may_read=self._access.may_read
        )
        self.endpoint = self._sockets.endpoint
        self._cast = cast if isinstance(cast, Cast) else Cast.of_one(cast)
        self._move_together = move_together
        self._economise, self.most_npcs = economise, most_npcs
        self._clock_ns = clock_ns
        self.governor, self.tally, self.draining = Governor(), Tally(), Drain()
        self.studios: dict[str, Studio] = {}
        ports = (self._sockets.media_port, self._sockets.motion_port)
        self._desk = Desk(self, self._access, self._peers, self._cast, ports, clock_ns)
        self._readers: dict[bool, set[bytes]] = {False: set(), True: set()}
        self._swept_ns = self._next_tick_ns = 0
        self._next_generation = first_generation
        self.further = ()  # figures that others do not have; see metrics.Observed

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, or it is drained; then tell everyone and close."""
        try:
            while not (stop.is_set() or self.draining.over(self._clock_ns(), busy=self.busy)):
                self._sockets.poll(self._wait_s())
                began_ns = self._clock_ns()
                self._take_requests()
                self._take_subscriptions()
                asked_ns = self._clock_ns()
                self._advance()
                self._govern(asked_ns)
                self._sweep()
                self.tally.turn(began_ns, self._clock_ns())
        finally:
            self.close()

    def begin_above(self, generation: int) -> None:
        """NPCs that are opened from now on have a higher generation than this one."""
        self._next_generation = max(self._next_generation, generation + 1)

    @property
    def npcs(self) -> int:
        """How many there are."""
        return len(self.studios)

    @property
    def peers(self) -> int:
        """How many connections were heard of lately."""
        return len(self._peers.known)

    @property
    def npcs_of_avatars(self) -> Counter[str]:
        """How many there are of each avatar that there can be. May be asked from any thread."""
        npcs = Counter(dict.fromkeys(self._cast.names, 0))
        npcs.update(studio.avatar for studio in list(self.studios.values()))
        return npcs

    def turns_within(self, seconds: float) -> bool:
        """Whether its loop came around lately. May be asked from any thread."""
        return self._clock_ns() - self.tally.turned_ns < seconds * NS_PER_S

    def has_room_within(self, seconds: float) -> bool:
        """Whether it turns and could take another NPC."""
        return self.turns_within(seconds) and self.npcs < self.most_npcs and not self.draining.asked

    @property
    def waiting_s(self) -> float:
        """How much sound NPCs have yet to speak, together. May be asked from any thread."""
        lines = [line for studio in list(self.studios.values()) for line in list(studio.npc.queue.lines)]
        return sum(line.queued / line.sample_rate_hz for line in lines)

    def drain(self, seconds: float) -> None:
        """Take nothing new from now on; `run` ends when all is said, or after so long. From any thread."""
        self.draining.ask(seconds)

    @property
    def busy(self) -> bool:
        """Whether anything is being said or waits to be."""
        return any(studio.npc.busy for studio in self.studios.values())

    def close(self) -> None:
        """Close every NPC and socket. Again is harmless."""
        for name in list(self.studios):
            self._close_studio(name, "the server stops")
        self._cast.close()
        self._sockets.close()

    def _wait_s(self) -> float:
        now = self._clock_ns()
        due = min((studio.next_ns(now) for studio in self.studios.values()), default=now + NS_PER_S)
        due = max(due, self._next_tick_ns)
        longest_s = LOADING_WAIT_S if self._desk.waited_at else LONGEST_WAIT_S
        return min(longest_s, max(0, due - now) / NS_PER_S)

    def refuse_newcomer(self, name: str) -> None:
        """See desk.House."""
        self.draining.refuse("NPC")
        if len(self.studios) >= self.most_npcs:
            raise ProtocolError(
                "the server has no room for another NPC",
                seen=f"{len(self.studios)} sessions",
                wanted=f"at most {self.most_npcs}",
                cure="close one, or start the server with more --npcs",
            )

    def studio(self, name: str, avatar: str) -> Studio:
        """See desk.House."""
        if name not in self.studios:
            self.refuse_newcomer(name)
            session = self._cast.session(avatar)
            studio = Studio(name, session, avatar=avatar, first_generation=self._next_generation)
            studio.read_by(self._readers[True] | self._readers[False], self._readers[True])
            studio.economy = self.governor.economy
            self.studios[name] = studio
            self.tally.opened_npcs += 1
            tell("session_opened", session=name, avatar=avatar)
        return self.studios[name]

    def distribute(self, studio: Studio, outputs: Iterable[Output]) -> None:
        """See desk.House."""
        name, every = studio.npc.name, studio.economy.mesh_every
        for output in outputs:
            self.tally.made(name, output, self._clock_ns(), every=every)
            if isinstance(output, Report):
                self.send(output.peer, output.progress)
            else:
                for part in studio.pack(output, self._clock_ns):
                    self._publish(part)

    def send(self, peer_id: bytes, message: Message) -> None:
        """See desk.House."""
        self._sockets.reply(peer_id, encode(message))

    def _take_requests(self) -> None:
        self._desk.take_some(self._sockets.requests(REQUESTS_PER_TURN), REQUESTS_NS)
        self._desk.answer_waiting(self._clock_ns())

    def _take_subscriptions(self) -> None:
        changed: list[bytes] = []
        for motion, joined, prefix in self._sockets.subscriptions(SUBSCRIPTIONS_PER_TURN):
            readers = self._readers[motion]
            if not joined:
                readers.discard(prefix)
            elif len(readers) < limits.MAX_SUBSCRIPTIONS and len(prefix) <= limits.MAX_PREFIX_BYTES:
                readers.add(prefix)
                for studio in self.studios.values():
                    if studio.is_meant(prefix):
                        studio.welcome(prefix, motion=motion)
            changed.append(prefix)
        for studio in self.studios.values():
            if any(map(studio.is_meant, changed)):
                studio.read_by(self._readers[True] | self._readers[False], self._readers[True])

    def _advance(self) -> None:
        now = self._clock_ns()
        if now < self._next_tick_ns:
            return
        self._next_tick_ns = now + (BUSY_TICK_NS if self.governor.load > BUSY else AT_EASE_TICK_NS)
        for name in list(self.studios):
            with self._closing_what_fails(name):
                studio = self.studios[name]
                studio.npc.listen(now, watched=studio.watched)
        try:
            self._move_together([studio.npc.session for studio in self.studios.values()])
        except Exception as error:  # each moves alone when it speaks, and who fails there fails alone
            log.warning("moving together failed: %s", error)
        spoken: list[tuple[str, Studio, list[Output]]] = []
        for name, studio in list(self.studios.items()):
            with self._closing_what_fails(name):
                spoken.append((name, studio, studio.npc.speak(self._clock_ns())))
        for needs, together in TOGETHER.items():
            together(moment for _, studio, outputs in spoken for moment in studio.needing(needs, outputs))
        for name, studio, outputs in spoken:
            with self._closing_what_fails(name):
                self.distribute(studio, outputs)
                for part in studio.retained_due(self._clock_ns(), self._clock_ns):
                    self._publish(part)

    def _govern(self, began_ns: int) -> None:
        """By what the NPCs' work took: requests wait for it, so that a flood of them costs no quality."""
        if not self.governor.turn(began_ns, self._clock_ns()):
            return
        economy = self.governor.economy
        tell("economy_changed", load=self.governor.load, level=self.governor.level)
        self._economise(economy)
        for studio in self.studios.values():
            studio.economy = economy

    @contextmanager
    def _closing_what_fails(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.tally.failed_npcs += 1
            tell("session_failed", session=name, failure=True)
            for peer in self._peers.holding(name):
                self.send(peer.id, error_message(error, ref=0))
            self._close_studio(name, str(error))

    def _sweep(self) -> None:
        now = self._clock_ns()
        if now - self._swept_ns < SWEEP_NS:
            return
        self._swept_ns = now
        for peer in (*self._peers.vanished(now), *self._access.expelled(now)):
            tell("peer_vanished", peer=short(peer.id))
            for name in peer.sessions & self.studios.keys():
                self.studios[name].npc.queue.release(peer.id)
        for name, studio in list(self.studios.items()):
            held = bool(self._peers.holding(name))
            if not studio.needed(now, held=held) or self._access.abandoned(name, now):
                self._close_studio(name, "")

    def _close_studio(self, name: str, reason: str) -> None:
        studio = self.studios.pop(name)
        self.tally.gone(name)
        tell("session_closed", session=name, reason=reason)
        studio.npc.session.close()
        self._next_generation = max(self._next_generation, studio.npc.generation + 1)
        for part in studio.farewell(self._clock_ns(), reason):
            self._publish(part)
        for peer in self._peers.holding(name):
            peer.sessions.discard(name)
            peer.lost.add(name)
            self.send(peer.id, wire.Closed(0, name))

    def _publish(self, part: Part) -> None:
        motion, data = part
        self.tally.sent(len(data), motion=motion)
        (self._sockets.publish_motion if motion else self._sockets.publish_media)(data)


def first_generation(unix_s: float) -> int:
    """Higher than any of a server that was there before, so that what is on its way from that is void.

    An NPC that is interrupted less than four times a second, all its life, stays below the next one's.
    """
    return max(0, int((unix_s - EPOCH_UNIX_S) * GENERATIONS_PER_S))


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
