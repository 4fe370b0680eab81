"""The front desk: what peers ask for, one request at a time. What makes no sense is answered with an Error
and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar, Protocol

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.access.access import Access
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.serving.advice import suggested
from talkwire.bridge.serving.cast import Cast
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.npc import Npc, Output
from talkwire.bridge.serving.porter import Answers, Employer, Porter
from talkwire.bridge.serving.studio import Studio
from talkwire.bridge.styles import style_of
from talkwire.runtime.errors import ProtocolError

WaitingRequest = wire.Open | wire.Load  # answered when the avatar is ready


class House(Employer, Protocol):
    """What the desk needs of the server."""

    draining: Drain
    studios: dict[str, Studio]

    def refuse_newcomer(self, name: str) -> None:
        """Raise ProtocolError where there is no room for an NPC of this name."""
        ...

    def studio(self, name: str, avatar: str) -> Studio:
        """The NPC of this name, which is made where it is not there. Its avatar is ready."""
        ...

    def distribute(self, studio: Studio, outputs: Iterable[Output]) -> None:
        """Publish what it said."""
        ...


class Desk(Porter):
    """One thread calls."""

    def __init__(
        self,
        house: House,
        access: Access,
        peers: Peers,
        cast: Cast,
        ports: tuple[int, int],
        clock_ns: Callable[[], int],
    ) -> None:
        """ports: of media and motion."""
        super().__init__(house, access, peers, lambda: cast.names, ports, clock_ns)
        self._house, self._cast = house, cast
        self._waiting: list[tuple[bytes, WaitingRequest]] = []

    @property
    def waited_at(self) -> bool:
        """Whether somebody waits for an avatar."""
        return bool(self._waiting)

    def answer_waiting(self, now_ns: int) -> None:
        """Those whose avatar is ready now, or failed to be."""
        ready = [(id_, request) for id_, request in self._waiting if self._cast.ready(request.avatar)]
        for peer_id, request in ready:
            self._waiting.remove((peer_id, request))
            peer = self._peers.known.get(peer_id)
            if peer is not None:
                with self._answering_errors(peer_id, ref=request.ref):
                    self.answers[type(request)](self, peer, request, now_ns)

    def _open(self, peer: Peer, request: wire.Open, now_ns: int) -> None:
        if request.session not in self._house.studios:
            self._house.refuse_newcomer(request.session)
            if not self._is_ready(peer, request):
                return
        self._access.open(peer, request.session)
        studio = self._house.studio(request.session, self._cast.named(request.avatar))
        if request.avatar not in ("", studio.avatar):
            raise ProtocolError(
                f"the NPC {request.session} is there already",
                seen=f"as {studio.avatar}",
                wanted=request.avatar,
                cure="join it as it is, or choose another name",
            )
        peer.sessions.add(request.session)
        peer.lost.discard(request.session)
        plane = suggested(peer.capabilities, peer.bandwidth_kbit_s, studio.vertices, studio.fps)
        self._house.send(peer.id, studio.opened(request.ref, plane))

    def _load(self, peer: Peer, request: wire.Load, now_ns: int) -> None:
        if self._is_ready(peer, request):
            topology_id = self._cast.topology_id(request.avatar)
            self._house.send(peer.id, wire.Loaded(request.ref, request.avatar, topology_id))

    def _is_ready(self, peer: Peer, request: WaitingRequest) -> bool:
        """Whether its avatar is; else it waits, and is answered later."""
        avatar = self._cast.named(request.avatar)
        ready = self._cast.ready(avatar)
        if not ready:
            if len(self._waiting) >= limits.MAX_WAITING:
                raise ProtocolError(
                    "too many requests wait for avatars to be loaded",
                    seen=f"{len(self._waiting)} of them",
                    wanted=f"at most {limits.MAX_WAITING}",
                    cure="ask again when one was answered",
                )
            self._cast.want(avatar)
            self._waiting.append((peer.id, replace(request, avatar=avatar)))
        return ready

    def _unload(self, peer: Peer, request: wire.Unload, now_ns: int) -> None:
        avatar = self._cast.named(request.avatar)
        users = [name for name, studio in self._house.studios.items() if studio.avatar == avatar]
        if users:
            raise ProtocolError(
                f"the avatar {avatar} is on stage",
                seen=", ".join(sorted(users)[:8]),
                wanted="no NPC that has it",
                cure="close them first",
            )
        self._cast.forget(avatar)
        self._house.send(peer.id, wire.Unloaded(request.ref, request.avatar))

    def _begin(self, peer: Peer, request: wire.Begin, now_ns: int) -> None:
        self._house.draining.refuse("line")
        self._npc(peer, request.session).queue.begin(peer.id, request.line, request.sample_rate_hz)

    def _chunk(self, peer: Peer, request: wire.ChunkS16 | wire.ChunkF32, now_ns: int) -> None:
        if request.session in peer.lost:
            return
        queue = self._npc(peer, request.session).queue
        if isinstance(request, wire.ChunkS16):
            samples = np.frombuffer(request.samples, "<i2").astype(np.float32) / np.float32(32768)
        else:
            samples = np.frombuffer(request.samples, "<f4")
        queue.add(peer.id, request.line, samples, now_ns, self._access.spending(peer))

    def _end(self, peer: Peer, request: wire.End, now_ns: int) -> None:
        if request.session not in peer.lost:
            self._npc(peer, request.session).queue.end(peer.id, request.line)

    def _interrupt(self, peer: Peer, request: wire.Interrupt, now_ns: int) -> None:
        npc = self._npc(peer, request.session)
        self._house.distribute(self._house.studios[request.session], npc.interrupt(now_ns))
        self._house.send(peer.id, wire.Interrupted(request.ref, request.session, npc.generation))

    def _style(self, peer: Peer, request: wire.Style, now_ns: int) -> None:
        npc, style = self._npc(peer, request.session), style_of(request)
        if request.line:
            npc.queue.style(peer.id, request.line, request.pts, style)
        else:
            npc.session.set_style(style)
        self._house.send(peer.id, wire.Styled(request.ref, request.session))

    def _close(self, peer: Peer, request: wire.Close, now_ns: int) -> None:
        self._npc(peer, request.session).queue.release(peer.id)
        peer.sessions.discard(request.session)
        self._house.send(peer.id, wire.Closed(request.ref, request.session))

    def _npc(self, peer: Peer, session: str) -> Npc:
        if session not in peer.sessions or session not in self._house.studios:
            raise ProtocolError(
                "this connection has no such session open",
                seen=session,
                wanted=", ".join(sorted(peer.sessions)) or "none is open",
                cure="open it first",
            )
        return self._house.studios[session].npc

    answers: ClassVar[Answers] = {
        **Porter.answers,
        wire.Open: _open,
        wire.Load: _load,
        wire.Unload: _unload,
        wire.Begin: _begin,
        wire.ChunkS16: _chunk,
        wire.ChunkF32: _chunk,
        wire.End: _end,
        wire.Interrupt: _interrupt,
        wire.Style: _style,
        wire.Close: _close,
    }
