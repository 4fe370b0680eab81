"""All NPCs of a front and all workers: who has whom, and what happens to NPCs whose worker is lost.

They go on elsewhere: opened for the same clients, with the same style, and with what is not known to be
played of their lines, in the same order, above every generation that was seen. Clients are told nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge import wire
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.cluster.backstage import Backstage, Told
from talkwire.bridge.cluster.journal import OWN, Errand, Kept
from talkwire.bridge.cluster.placing import best
from talkwire.bridge.limits import MAX_PREFIX_BYTES, MAX_SUBSCRIPTIONS
from talkwire.bridge.media import topic
from talkwire.bridge.message import Message
from talkwire.bridge.serving.logs import tell
from talkwire.runtime.errors import ProtocolError

FRONT: Final = (
    b"\0front"  # asks for what no client does; no ROUTER gives this name, and no client may take it
)
UNSEEN_CUTS: Final = 16  # of an NPC, of which a lost worker may not have told
Send = Callable[[bytes, Message], None]


@dataclass(slots=True)
class Group:
    """What every worker was asked. waiting: slots of those that have not answered."""

    waiting: set[int]
    refusal: wire.Error | None = None


@dataclass
class Ensemble:
    """One thread calls. workers: by slot, also those that are not ready yet.  readers: prefixes that are
    read, by whether on the motion socket.  generation: the highest that was seen.
    """

    peers: Peers
    send: Send
    most_npcs: int
    clock_ns: Callable[[], int]
    generation: int
    kept: dict[str, Kept] = field(default_factory=dict)
    workers: dict[int, Backstage] = field(default_factory=dict)
    readers: dict[bool, set[bytes]] = field(default_factory=lambda: {False: set(), True: set()})
    groups: dict[tuple[bytes, int], Group] = field(default_factory=dict)
    moved: int = 0
    """NPCs that went on elsewhere, since the start."""

    def place(self, name: str) -> Kept:
        """A new NPC, with a worker. Raises ProtocolError where none has room."""
        slot = self._best()
        if slot is None:
            workers = sum(worker.ready for worker in self.workers.values())
            raise ProtocolError(
                "the server has no room for another NPC" if workers else "the server has no worker yet",
                seen=f"{len(self.kept)} sessions on {workers} workers",
                wanted=f"at most {self.most_npcs} on each",
                cure="close one, or start the server with more --workers or --npcs"
                if workers
                else "try again in a few seconds",
            )
        kept = self.kept[name] = Kept(name, worker=slot)
        self._prepare(self.workers[slot], name)
        return kept

    def ask(self, kept: Kept, peer: Peer, request: Message, data: bytes) -> None:
        """Its worker, or the next one that it will have. data: the request's bytes, or none."""
        ref = getattr(request, "ref", OWN)
        if kept.worker is not None:
            self.workers[kept.worker].ask(peer, request, data, ref)
        elif not isinstance(request, Told):  # which is in the journal
            kept.asked.append(Errand(peer.id, ref, request))

    def ask_all(self, peer: Peer, request: wire.Load | wire.Unload) -> None:
        """Every worker; the client is answered once they all have."""
        ready = {slot for slot, worker in self.workers.items() if worker.ready}
        if not ready:
            self.place(request.avatar)  # says why not
        self.groups[peer.id, request.ref] = Group(set(ready))
        for slot in ready:
            warm = self.workers[slot].warm
            (warm.add if isinstance(request, wire.Load) else warm.discard)(request.avatar)
            self.workers[slot].ask(peer, request, ref=request.ref)

    def read(self, prefix: bytes, *, motion: bool, joined: bool) -> None:
        """A reader has come, or the last one of this prefix has gone. Workers hear of what is theirs."""
        readers = self.readers[motion]
        if not joined:
            readers.discard(prefix)
        elif len(readers) < MAX_SUBSCRIPTIONS and len(prefix) <= MAX_PREFIX_BYTES:
            readers.add(prefix)
        else:
            return
        told = {kept.worker for kept in self.kept.values() if is_meant(prefix, kept.name)} if joined else None
        for slot, worker in self.workers.items():
            if told is None or slot in told:
                worker.read(prefix, motion=motion, joined=joined)

    def warm(self, avatar: str) -> None:
        """It is on stage: where its worker is lost, another is not to load it first."""
        for worker in self.workers.values():
            if avatar and worker.ready and avatar not in worker.warm:
                worker.warm.add(avatar)
                worker.forget(FRONT)
                worker.ask(FRONT, wire.Load(0, avatar))

    def house_the_homeless(self) -> None:
        """Those whose worker is lost go on, where there is room."""
        for kept in [kept for kept in self.kept.values() if kept.worker is None]:
            slot = self._best()
            if slot is None:
                return
            self._settle(kept, slot)

    def lose(self, slot: int) -> Backstage:
        """This worker is there no more."""
        worker = self.workers.pop(slot)
        unanswered = list(worker.errands.values())
        self.generation += UNSEEN_CUTS
        for kept in list(self.kept.values()):
            if kept.worker == slot:
                kept.worker, kept.since_ns = None, self.clock_ns()
                kept.asked = [e for e in unanswered if e.ref != OWN and _session(e.request) == kept.name]
                kept.opening = sum(isinstance(errand.request, wire.Open) for errand in kept.asked)
                if not kept.speakers and not kept.asked:  # as if a server had gone: who reads it may open it
                    del self.kept[kept.name]
        for (peer, ref), group in list(self.groups.items()):
            if slot in group.waiting:
                self.answer_group(slot, peer, ref, None)
        self.house_the_homeless()
        return worker

    def answer_group(self, slot: int, peer: bytes, ref: int, answer: Message | None) -> Message | None:
        """A worker has answered, or is lost; what the client is to be told, once there is something."""
        group = self.groups[peer, ref]
        group.waiting.discard(slot)
        if isinstance(answer, wire.Error):
            group.refusal = group.refusal or answer
        if group.waiting:
            return None
        del self.groups[peer, ref]
        if answer is None and group.refusal is None:
            answer = wire.Error(ref, "link", "the worker was lost", "none", "an answer", "ask again")
            self.send(peer, answer)
        return group.refusal or answer

    def release(self, peer: Peer) -> None:
        """This client has gone."""
        for name in peer.sessions & self.kept.keys():
            kept = self.kept[name]
            if kept.worker is not None:
                self.workers[kept.worker].ask(peer, wire.Close(0, name))
            kept.release(peer.id)
        for worker in self.workers.values():
            for errand in worker.forget(peer.id):
                if isinstance(errand.request, wire.Open) and errand.request.session in self.kept:
                    self.kept[errand.request.session].opening -= 1
        for key in [key for key in self.groups if key[0] == peer.id]:
            del self.groups[key]

    def close(self, name: str, reason: str) -> set[bytes]:
        """This NPC is no more; who held it."""
        kept = self.kept.pop(name)
        for id_ in kept.holders:
            if (peer := self.peers.known.get(id_)) is not None:
                peer.sessions.discard(name)
                peer.lost.add(name)
        tell("session_closed", session=name, reason=reason)
        return kept.holders

    def _best(self) -> int | None:
        loads = {slot: worker.load for slot, worker in self.workers.items() if worker.ready}
        return best(loads, self.kept.values(), self.most_npcs)

    def _prepare(self, worker: Backstage, name: str) -> None:
        """It is to be above what was, and to know who reads."""
        worker.beat(self.clock_ns(), self.generation, at_once=True)
        for motion, prefixes in self.readers.items():
            for prefix in prefixes:
                if is_meant(prefix, name):
                    worker.read(prefix, motion=motion, joined=True)

    def _settle(self, kept: Kept, slot: int) -> None:
        worker, name = self.workers[slot], kept.name
        kept.worker = slot
        self.moved += 1
        self._prepare(worker, name)
        for line in kept.cut_lines():
            self.send(line.peer, line.broken_off(name))
        for id_ in kept.speakers:
            kept.opening += 1
            worker.ask(self._peer(id_), wire.Open(0, name, kept.avatar))
        if kept.style is not None and kept.speakers:
            worker.ask(self._peer(min(kept.speakers)), kept.style)
        asked, kept.asked = kept.asked, []
        self._pass_on(worker, (errand for errand in asked if not isinstance(errand.request, wire.Close)))
        for line in kept.lines:
            for message in line.again(name, 0):
                worker.ask(self._peer(line.peer), message)
        self._pass_on(worker, (errand for errand in asked if isinstance(errand.request, wire.Close)))
        for id_ in kept.speakers - kept.holders - {errand.peer for errand in asked}:
            worker.ask(self._peer(id_), wire.Close(0, name))
        tell("session_moved", session=name, worker=slot, seconds=(self.clock_ns() - kept.since_ns) / 1e9)

    def _pass_on(self, worker: Backstage, errands: Iterable[Errand]) -> None:
        for errand in errands:
            worker.ask(self._peer(errand.peer), errand.request, ref=errand.ref)

    def _peer(self, id_: bytes) -> Peer | bytes:
        return self.peers.known.get(id_, id_)


def is_meant(prefix: bytes, session: str) -> bool:
    """Whether a subscription is to anything of this NPC."""
    mine = topic(session, "")[:-1]
    return prefix.startswith(mine) or mine.startswith(prefix)


def _session(request: Message) -> str:
    return str(getattr(request, "session", ""))
