"""What workers answer, on its way to clients: with their own numbers again, and written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from talkwire.bridge import wire
from talkwire.bridge.cluster.backstage import Backstage
from talkwire.bridge.cluster.ensemble import Ensemble
from talkwire.bridge.cluster.journal import OWN, Errand
from talkwire.bridge.message import Message, decode
from talkwire.bridge.serving.logs import tell
from talkwire.bridge.serving.tally import Tally

UNASKED: Final = 0


class Answering:
    """One thread calls."""

    def __init__(self, ensemble: Ensemble, tally: Tally) -> None:
        self._ensemble, self._tally = ensemble, tally

    def take(self, worker: Backstage, peer_id: bytes, data: bytes) -> None:
        """A worker says this to a client."""
        message = decode(data, expect=wire.REPLIES)
        if isinstance(message, wire.Progress):
            self._progress(peer_id, message)
        elif getattr(message, "ref", UNASKED) == UNASKED:
            self._unasked(worker, peer_id, message)
        else:
            ref = int(getattr(message, "ref"))  # noqa: B009  Message has none
            errand = worker.answered(ref)
            if errand is not None:
                self._answer(worker, errand, message)

    def _progress(self, peer_id: bytes, news: wire.Progress) -> None:
        kept = self._ensemble.kept.get(news.session)
        if kept is not None:
            self._send(peer_id, kept.told(peer_id, news))

    def _unasked(self, worker: Backstage, peer_id: bytes, message: Message) -> None:
        """An NPC has failed, or is gone, for each of its clients apart."""
        self._send(peer_id, message)
        peer = self._ensemble.peers.known.get(peer_id)
        if isinstance(message, wire.Closed):
            if peer is not None:
                peer.sessions.discard(message.session)
                peer.lost.add(message.session)
            kept = self._ensemble.kept.get(message.session)
            if kept is not None:
                kept.holders.discard(peer_id)
                kept.lines = [line for line in kept.lines if line.peer != peer_id]

    def _answer(self, worker: Backstage, errand: Errand, message: Message) -> None:
        note = _NOTES.get(type(errand.request))
        if note is not None:
            note(self, worker, errand, message)
        if isinstance(errand.request, wire.Load | wire.Unload):
            if errand.ref == OWN:
                return
            told = self._ensemble.answer_group(worker.slot, errand.peer, errand.ref, message)
            if told is None:
                return
            message = told
        if errand.ref != OWN:
            if isinstance(message, wire.Error):
                self._tally.refused += 1
            self._send(errand.peer, _renumbered(message, errand.ref))

    def _opened(self, worker: Backstage, errand: Errand, message: Message) -> None:
        assert isinstance(errand.request, wire.Open)
        name = errand.request.session
        kept, peer = self._ensemble.kept.get(name), self._ensemble.peers.known.get(errand.peer)
        if kept is None:
            return
        kept.opening -= 1
        if isinstance(message, wire.Opened):
            if not kept.there:
                tell("session_opened", session=name, avatar=message.avatar, worker=worker.slot)
                self._tally.opened_npcs += 1
            kept.there, kept.avatar = True, message.avatar
            self._ensemble.warm(message.avatar)
            if errand.ref != OWN:
                kept.holders.add(errand.peer)
            return
        if errand.ref == OWN and errand.peer in kept.holders:  # it cannot go on
            self._send(errand.peer, _renumbered(message, UNASKED))
            self._send(errand.peer, wire.Closed(UNASKED, name))
            kept.holders.discard(errand.peer)
            if peer is not None:
                peer.lost.add(name)
        if errand.peer not in kept.holders:
            kept.lines = [line for line in kept.lines if line.peer != errand.peer]
            if peer is not None:
                peer.sessions.discard(name)
        if not (kept.opening or kept.speakers or kept.there):  # it never was
            del self._ensemble.kept[name]

    def _closed(self, worker: Backstage, errand: Errand, message: Message) -> None:
        assert isinstance(errand.request, wire.Close)
        kept = self._ensemble.kept.get(errand.request.session)
        peer = self._ensemble.peers.known.get(errand.peer)
        if errand.ref == OWN or not isinstance(message, wire.Closed):
            return
        if peer is not None:
            peer.sessions.discard(errand.request.session)
        if kept is not None:
            kept.release(errand.peer)

    def _interrupted(self, worker: Backstage, errand: Errand, message: Message) -> None:
        if isinstance(message, wire.Interrupted):
            self._ensemble.generation = max(self._ensemble.generation, message.generation)

    def _styled(self, worker: Backstage, errand: Errand, message: Message) -> None:
        assert isinstance(errand.request, wire.Style)
        style, kept = errand.request, self._ensemble.kept.get(errand.request.session)
        if kept is None or errand.ref == OWN or not isinstance(message, wire.Styled):
            return
        if not style.line:
            kept.style = style
        elif (line := kept.line(errand.peer, style.line)) is not None:
            line.styles.append(style)

    def _line_refused(self, worker: Backstage, errand: Errand, message: Message) -> None:
        """Told nothing where it is right: it is an Error."""
        assert isinstance(errand.request, wire.Begin | wire.End)
        kept = self._ensemble.kept.get(errand.request.session)
        line = kept.line(errand.peer, errand.request.line) if kept is not None else None
        if kept is None or line is None:
            return
        if isinstance(errand.request, wire.Begin):
            kept.drop(line)
            if errand.ref == OWN:  # it cannot go on
                self._send(line.peer, line.broken_off(kept.name))
        else:
            line.ended = True

    def _send(self, peer_id: bytes, message: Message) -> None:
        if peer_id in self._ensemble.peers.known:
            self._ensemble.send(peer_id, message)


def _renumbered(message: Message, ref: int) -> Message:
    renumbered: Message = replace(cast(Any, message), ref=ref)
    return renumbered


_NOTES: Final[dict[type[Message], Callable[[Answering, Backstage, Errand, Message], None]]] = {
    wire.Open: Answering._opened,
    wire.Close: Answering._closed,
    wire.Interrupt: Answering._interrupted,
    wire.Style: Answering._styled,
    wire.Begin: Answering._line_refused,
    wire.End: Answering._line_refused,
}
