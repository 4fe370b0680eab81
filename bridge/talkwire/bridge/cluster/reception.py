"""What clients ask a front for: what is its own to answer, and what goes to the worker that has the NPC.

All that Access says is said here; a worker sees only what has passed. Whatever changes an NPC is written down
first (`journal`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from talkwire.bridge import wire
from talkwire.bridge.access.access import Access
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.cluster.ensemble import Ensemble
from talkwire.bridge.cluster.journal import BYTES, Kept
from talkwire.bridge.cluster.standing import busiest
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.porter import Answers, Employer, Porter
from talkwire.runtime.errors import ProtocolError


class House(Employer, Protocol):
    """What the reception needs of the front."""

    draining: Drain


class Reception(Porter):
    """One thread calls."""

    def __init__(
        self,
        front: House,
        ensemble: Ensemble,
        access: Access,
        peers: Peers,
        avatars: Callable[[], tuple[str, ...]],
        ports: tuple[int, int],
        clock_ns: Callable[[], int],
    ) -> None:
        """See Porter."""
        super().__init__(front, access, peers, avatars, ports, clock_ns)
        self._front, self._ensemble = front, ensemble
        self._data = b""

    def take(self, peer_id: bytes, user: str, data: bytes, now_ns: int) -> None:
        """A request has come. user: the key that it came in by."""
        self._data = data
        super().take(peer_id, user, data, now_ns)

    def _ping(self, peer: Peer, request: wire.Ping, now_ns: int) -> None:
        """As busy as the busiest of the workers that it has to do with. They hear that it is alive."""
        mine = [worker for worker in self._ensemble.workers.values() if worker.knows(peer.id)]
        for worker in mine:
            worker.ask(peer, request, self._data)
        standing = busiest(mine or self._ensemble.workers.values())
        load, level = min(1.0, standing.load), standing.level
        self._front.send(peer.id, wire.Pong(request.ref, request.client_ns, self._clock_ns(), load, level))

    def _open(self, peer: Peer, request: wire.Open, now_ns: int) -> None:
        kept = self._ensemble.kept.get(request.session)
        if kept is None:
            self._front.draining.refuse("NPC")
        self._access.open(peer, request.session)
        kept = kept or self._ensemble.place(request.session)
        kept.opening += 1
        peer.sessions.add(request.session)  # what it sends before it is answered is for that NPC
        peer.lost.discard(request.session)
        self._ensemble.ask(kept, peer, request, self._data)

    def _on_all(self, peer: Peer, request: wire.Load | wire.Unload, now_ns: int) -> None:
        users = [kept.name for kept in self._ensemble.kept.values() if kept.avatar == request.avatar]
        if isinstance(request, wire.Unload) and users:
            raise ProtocolError(
                f"the avatar {request.avatar} is on stage",
                seen=", ".join(sorted(users)[:8]),
                wanted="no NPC that has it",
                cure="close them first",
            )
        self._ensemble.ask_all(peer, request)

    def _begin(self, peer: Peer, request: wire.Begin, now_ns: int) -> None:
        self._front.draining.refuse("line")
        kept = self._kept(peer, request.session)
        kept.begin(peer.id, request)
        self._ensemble.ask(kept, peer, request, self._data)

    def _chunk(self, peer: Peer, request: wire.ChunkS16 | wire.ChunkF32, now_ns: int) -> None:
        if request.session in peer.lost:
            return
        kept = self._kept(peer, request.session)
        if kept.is_void(peer.id, request.line):
            return
        line = kept.line(peer.id, request.line)
        if line is not None and not line.ended:
            count = len(request.samples) // BYTES[type(request)]
            try:
                self._access.spending(peer)(count, line.sample_rate_hz)
                line.add(request)
            except ProtocolError:
                line.ended = True
                end = wire.End(request.ref, request.session, request.line)
                self._ensemble.ask(kept, peer, end, b"")
                raise
        self._ensemble.ask(kept, peer, request, self._data)

    def _end(self, peer: Peer, request: wire.End, now_ns: int) -> None:
        if request.session in peer.lost:
            return
        kept = self._kept(peer, request.session)
        if kept.is_void(peer.id, request.line):
            return
        line = kept.line(peer.id, request.line)
        if line is not None:
            line.ended = True
        self._ensemble.ask(kept, peer, request, self._data)

    def _interrupt(self, peer: Peer, request: wire.Interrupt, now_ns: int) -> None:
        kept = self._kept(peer, request.session)
        kept.cut()
        self._ensemble.ask(kept, peer, request, self._data)

    def _pass_on(self, peer: Peer, request: wire.Style | wire.Close, now_ns: int) -> None:
        self._ensemble.ask(self._kept(peer, request.session), peer, request, self._data)

    def _kept(self, peer: Peer, session: str) -> Kept:
        if session not in peer.sessions or session not in self._ensemble.kept:
            raise ProtocolError(
                "this connection has no such session open",
                seen=session,
                wanted=", ".join(sorted(peer.sessions)) or "none is open",
                cure="open it first",
            )
        return self._ensemble.kept[session]

    answers: ClassVar[Answers] = {
        **Porter.answers,
        wire.Ping: _ping,
        wire.Open: _open,
        wire.Load: _on_all,
        wire.Unload: _on_all,
        wire.Begin: _begin,
        wire.ChunkS16: _chunk,
        wire.ChunkF32: _chunk,
        wire.End: _end,
        wire.Interrupt: _interrupt,
        wire.Style: _pass_on,
        wire.Close: _pass_on,
    }
