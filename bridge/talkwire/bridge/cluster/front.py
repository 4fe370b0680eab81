"""The front of many workers: one endpoint, with all that a Server has for clients, and no NPC of its own.

A client's request goes to the worker that has the NPC, what the NPC makes goes to whoever reads it. Where a
worker is lost its NPCs go on at others (`ensemble`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from talkwire.bridge import limits, wire
from talkwire.bridge.access.access import Access
from talkwire.bridge.access.curve import Guests, keypair
from talkwire.bridge.access.peers import Peers
from talkwire.bridge.cluster.answering import Answering
from talkwire.bridge.cluster.backstage import Backstage
from talkwire.bridge.cluster.crew import Crew
from talkwire.bridge.cluster.ensemble import Ensemble, is_meant
from talkwire.bridge.cluster.journal import waiting
from talkwire.bridge.cluster.links import ANSWER, FrontSockets
from talkwire.bridge.cluster.notes import add, report_from
from talkwire.bridge.cluster.reception import Reception
from talkwire.bridge.cluster.standing import Busiest, Standing
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.message import Message, encode
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.logs import short, tell
from talkwire.bridge.serving.npc import IDLE_RATE_HZ
from talkwire.bridge.serving.tally import Tally
from talkwire.bridge.sockets import DEFAULT_PORT, is_loopback
from talkwire.runtime.errors import TalkwireError

log = logging.getLogger(__name__)

REQUESTS_PER_TURN: Final = 64  # then the workers have their turn, however many requests wait,
REQUESTS_NS: Final = NS_PER_S // 500  # or after this, whatever they ask for
SUBSCRIPTIONS_PER_TURN: Final = 256
WAIT_S: Final = 0.02
SWEEP_NS: Final = NS_PER_S // 2


class Front:
    """Bound on construction, serving in `run`, as a Server."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        insecure: bool = False,
        keys: Guests | None = None,
        token: str | None = None,
        shared: bool = False,
        sessions_per_client: int = limits.MAX_CLIENT_SESSIONS,
        npcs_per_worker: int = limits.MAX_SESSIONS,
        first_generation: int = 0,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """npcs_per_worker: at most so many at once.  The rest as for a Server.
        Raises LinkError when it cannot listen there.
        """
        self._crew: Crew | None = None
        self.key, self._secret = keypair()
        """By which workers know it."""
        self._clock_ns = clock_ns
        self._peers, self.tally, self.draining = Peers(), Tally(), Drain()
        self.ensemble = Ensemble(self._peers, self.send, npcs_per_worker, clock_ns, first_generation)
        self._access = Access(
            self._peers,
            lambda: waiting(self.ensemble.kept.values()),
            keys=keys,
            token=token,
            shared=shared,
            sessions_per_client=sessions_per_client,
        )
        may_read = self._access.may_read
        self._sockets = FrontSockets(host, port, insecure=insecure, keys=keys, may_read=may_read)
        self.endpoint = self._sockets.endpoint
        ports = (self._sockets.media_port, self._sockets.motion_port)
        self.standing = standing = Standing(self.ensemble, self.tally, self.draining, clock_ns)
        self._reception = Reception(
            self, self.ensemble, self._access, self._peers, lambda: standing.avatars, ports, clock_ns
        )
        self._answering = Answering(self.ensemble, self.tally)
        self._swept_ns = self._worked_ns = 0

    def employ(self, crew: Crew) -> None:
        """These are its workers; they go with it."""
        self._crew = crew

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, or it is drained; then tell everyone and close. Raises what keeps the
        crew from having any worker.
        """
        try:
            while not (stop.is_set() or self.draining.over(self._clock_ns(), busy=self.busy)):
                self.turn()
        finally:
            self.close()

    def until_ready(self, stop: threading.Event, workers: int = 1) -> None:
        """Serve until there are so many workers, or `stop` is set."""
        while not (stop.is_set() or self.draining.asked or self.standing.ready_workers >= workers):
            self.turn()

    def turn(self) -> None:
        """What has come is passed on."""
        self._sockets.poll(WAIT_S)
        began_ns = self._clock_ns()
        for slot, place in self._crew.news() if self._crew is not None else ():
            worker = Backstage(slot, self._sockets.link(place, self._secret), began_ns)
            self.ensemble.workers[slot] = worker
        self._reception.take_some(self._sockets.requests(REQUESTS_PER_TURN), REQUESTS_NS)
        self._take_subscriptions()
        for worker in list(self.ensemble.workers.values()):
            self._attend(worker)
        self._sweep()
        self.tally.turn(began_ns, self._clock_ns())

    @property
    def governor(self) -> Busiest:
        """See Standing."""
        return self.standing.governor

    @property
    def busy(self) -> bool:
        """Whether anything is being said or waits to be."""
        return any(kept.lines for kept in self.ensemble.kept.values())

    def drain(self, seconds: float) -> None:
        """Take nothing new from now on; `run` ends when all is said, or after so long. From any thread."""
        self.draining.ask(seconds)

    def close(self) -> None:
        """Close every NPC, the crew and every socket. Again is harmless."""
        for name in list(self.ensemble.kept):
            self._farewell(name, "the server stops")
        for worker in list(self.ensemble.workers.values()):
            self._sockets.unlink(self.ensemble.workers.pop(worker.slot).link)
        self._sockets.close()
        if self._crew is not None:
            self._crew.close()

    def send(self, peer_id: bytes, message: Message) -> None:
        """To one client."""
        self._sockets.reply(peer_id, encode(message))

    def _take_subscriptions(self) -> None:
        """Many of the same in one turn are one."""
        changes = self._sockets.subscriptions(SUBSCRIPTIONS_PER_TURN)
        for motion, joined, prefix in dict.fromkeys(changes):
            self.ensemble.read(prefix, motion=motion, joined=joined)

    def _attend(self, worker: Backstage) -> None:
        """Take what a worker says, then ask it how it is. One that makes no sense is lost."""
        try:
            self._hear(worker)
        except (TalkwireError, ValueError, TypeError) as error:
            log.warning("worker %d makes no sense: %s", worker.slot, error)
            worker.link.lost = True
        if worker.lost(self._clock_ns()):
            self._lose(worker)
        else:
            worker.beat(self._clock_ns(), self.ensemble.generation)

    def _hear(self, worker: Backstage) -> None:
        for kind, peer_id, data in self._sockets.heard(worker.link):
            worker.heard()
            if kind == ANSWER:
                self._answering.take(worker, peer_id, data)
            else:
                self._reported(worker, data)
        media, motion, events = self._sockets.forward(worker.link)
        if media.messages or motion.messages:
            worker.heard()
        self.tally.media_messages += media.messages
        self.tally.media_bytes += media.bytes
        self.tally.motion_messages += motion.messages
        self.tally.motion_bytes += motion.bytes
        for event in map(decode_media, events):
            self._note(event)

    def _reported(self, worker: Backstage, data: bytes) -> None:
        report, was_ready = report_from(data), worker.ready
        add(self.tally, worker.report, report)
        worker.reported(report, self._clock_ns(), same_clock=is_loopback(worker.place.host))
        if worker.ready and not was_ready:
            tell("worker_started", worker=worker.slot, engine=worker.place.where, address=worker.place.host)
            self.standing.avatars, self.standing.where = worker.place.avatars, worker.place.where
            for avatar in {kept.avatar for kept in self.ensemble.kept.values()}:
                self.ensemble.warm(avatar)
            self.ensemble.house_the_homeless()
        for name, kept in list(self.ensemble.kept.items()):
            forgotten = not (kept.holders or kept.opening) and name not in report.npcs
            if kept.worker == worker.slot and forgotten:
                self.ensemble.close(name, "")
                self.tally.gone(name)

    def _note(self, media: Media) -> None:
        assert isinstance(media.message, wire.Event)
        self.ensemble.generation = max(self.ensemble.generation, media.message.generation)
        self.tally.made(media.session, media.message, self._clock_ns())

    def _lose(self, worker: Backstage) -> None:
        self.standing.deaths += 1
        tell("worker_lost", worker=worker.slot, address=worker.place.host)
        self._sockets.unlink(worker.link)
        if self._crew is not None:
            self._crew.replace(worker.slot)
        self.ensemble.lose(worker.slot)

    def _sweep(self) -> None:
        now = self._clock_ns()
        if now - self._swept_ns < SWEEP_NS:
            return
        worked_ns = self.tally.worked_ns
        self.standing.load = (worked_ns - self._worked_ns) / (now - self._swept_ns) if self._swept_ns else 0.0
        self._swept_ns, self._worked_ns = now, worked_ns
        for peer in (*self._peers.vanished(now), *self._access.expelled(now)):
            tell("peer_vanished", peer=short(peer.id))
            self.ensemble.release(peer)
        for name, kept in list(self.ensemble.kept.items()):
            if kept.worker is not None and self._access.abandoned(name, now):
                self.ensemble.workers[kept.worker].read_no_more(partial(is_meant, session=name))
            elif kept.worker is None and not kept.speakers and not kept.asked:
                self._farewell(name, "its worker was lost")
        self.ensemble.house_the_homeless()

    def _farewell(self, name: str, reason: str) -> None:
        """An NPC is no more."""
        now_ns, generation = self._clock_ns(), self.ensemble.generation
        event = wire.Event("closed", 0, generation, 0, IDLE_RATE_HZ, now_ns, 0, reason)
        self._sockets.publish_media(encode_media(Media(name, "event", event)))
        self.tally.gone(name)
        for peer_id in self.ensemble.close(name, reason):
            self.send(peer_id, wire.Closed(0, name))
