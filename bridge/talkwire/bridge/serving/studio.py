"""One NPC before its public: what it makes becomes parts for those who read it, late joiners included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace

from talkwire.bridge import wire
from talkwire.bridge.limits import LINGER_S, MAX_QUEUED_S, MAX_TEXT_CHARS, RETAINED_GAP_S
from talkwire.bridge.media import Media, encode_media, topic
from talkwire.bridge.moment import Moment, Needs
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.pack import mesh_message
from talkwire.bridge.planes import PLANES, STATICS, Plane, Sending
from talkwire.bridge.serving.governor import Economy
from talkwire.bridge.serving.npc import IDLE_RATE_HZ, Npc, TalkingSession

Part = tuple[bool, bytes]  # (on the motion socket?, topic and body)


class Studio:
    """An NPC and its readers. What nobody reads is not made."""

    def __init__(
        self, name: str, session: TalkingSession, *, avatar: str = "", first_generation: int = 0
    ) -> None:
        """avatar: its name, for those who ask."""
        self.avatar = avatar
        self.npc = Npc(name, session, first_generation=first_generation)
        self.watched = False
        self.economy = Economy()
        self._name, self._mine = name, topic(name, "")[:-1]
        self._mesh = mesh_message(session.avatar.topology, session.fps, session.avatar.card)
        self._box = self._mesh.box
        self._statics = {topic(name, plane): plane for plane in STATICS}
        self._moments = {topic(name, plane.name): plane for plane in PLANES}
        self._read: tuple[Plane, ...] = ()
        self._needed_ns: int | None = None
        self._key: Moment | None = None
        self._made: dict[bytes, bytes] = {}
        self._wanted: set[bytes] = set()
        self._sent_ns: dict[bytes, int] = {}
        self._statics_read: frozenset[bytes] = frozenset()

    @property
    def fps(self) -> int:
        """Of its frames."""
        return self.npc.session.fps

    @property
    def vertices(self) -> int:
        """How many a frame has."""
        return len(self._box.neutral_vx3)

    def opened(self, ref: int, frames: str = "") -> wire.Opened:
        """The answer to Open. frames: the plane that suits who asked."""
        look_ahead_s = float(self.npc.session.look_ahead_s)
        about = (self._mesh.topology_id, self.fps, look_ahead_s, MAX_QUEUED_S, self.avatar, frames)
        return wire.Opened(ref, self._name, *about)

    def is_meant(self, prefix: bytes) -> bool:
        """Whether a subscription is to anything of this NPC."""
        return prefix.startswith(self._mine) or self._mine.startswith(prefix)

    def read_by(self, prefixes: Set[bytes], motion_prefixes: Set[bytes]) -> None:
        """The subscriptions there are now: on either socket, and on the motion socket."""
        prefixes, motion_prefixes = (set(filter(self.is_meant, p)) for p in (prefixes, motion_prefixes))
        self.watched = bool(prefixes)
        self._read = tuple(plane for t, plane in self._moments.items() if _covered(t, motion_prefixes))
        statics = frozenset(t for t in self._statics if _covered(t, prefixes))
        self._wanted |= statics - self._statics_read  # readers may have been there before the NPC
        self._statics_read = statics

    def welcome(self, prefix: bytes, *, motion: bool) -> None:
        """A reader has joined: what is retained under its prefix is due again."""
        topics = self._moments if motion else self._statics
        self._wanted |= {t for t in topics if t.startswith(prefix)}

    def retained_due(self, now_ns: int, clock_ns: Callable[[], int]) -> Iterator[Part]:
        """Retained parts that a late joiner waits for; each at most every RETAINED_GAP_S."""
        gap_ns = round(RETAINED_GAP_S * NS_PER_S)
        for key in sorted(self._wanted):
            if now_ns - self._sent_ns.get(key, -gap_ns) < gap_ns:
                continue
            self._wanted.discard(key)
            self._sent_ns[key] = now_ns
            if key in self._statics:
                yield False, self._static(key)
            elif self._key is not None:
                again = replace(self._key, flags=self._key.flags | wire.REPEAT)
                yield from self._parts(again, [self._moments[key]], clock_ns)

    def next_ns(self, now_ns: int) -> int:
        """When this NPC has something to do."""
        fresh = self._wanted - self._sent_ns.keys()
        return now_ns if fresh else self.npc.next_ns(now_ns, watched=self.watched)

    def needing(self, needs: Needs, outputs: Iterable[object]) -> list[Moment]:
        """Those of them of which somebody reads what is made from that."""
        if not any(plane.needs is needs for plane in self._read):
            return []
        return [o for o in outputs if isinstance(o, Moment) and self._is_due(o, needs)]

    def pack(self, output: Moment | wire.Audio | wire.Event, clock_ns: Callable[[], int]) -> Iterator[Part]:
        """The parts to publish. A frame is stamped just before it is encoded."""
        if not isinstance(output, Moment):
            plane = "audio" if isinstance(output, wire.Audio) else "event"
            yield False, encode_media(Media(self._name, plane, output))
            return
        self._key = replace(output, vertices_vx3=None, own_k=None, painted=None)  # not all of a turn
        due = [plane for plane in self._read if self._is_due(output, plane.needs)]
        yield from self._parts(output, due, clock_ns)

    def _parts(self, moment: Moment, planes: Iterable[Plane], clock_ns: Callable[[], int]) -> Iterator[Part]:
        for plane in planes:
            how = Sending(self._mesh.topology_id, self._box, clock_ns(), self._every(plane.needs))
            message = plane.make(moment, how)
            if message is not None:
                yield True, encode_media(Media(self._name, plane.name, message))

    def _static(self, key: bytes) -> bytes:
        if key not in self._made:
            plane = self._statics[key]
            message = STATICS[plane](self.npc.session.avatar, self._mesh)
            self._made[key] = encode_media(Media(self._name, plane, message))
        return self._made[key]

    def _every(self, needs: Needs) -> int:
        return self.economy.patch_every if needs is Needs.texture else self.economy.mesh_every

    def _is_due(self, moment: Moment, needs: Needs) -> bool:
        if needs is Needs.texture and moment.head.moves_within:
            return moment.new_picture and moment.pose.picture % self.economy.picture_every == 0
        return moment.pose.seq % self._every(needs) == 0 or bool(moment.flags & wire.LAST)

    def needed(self, now_ns: int, *, held: bool) -> bool:
        """Whether anybody holds, reads or hears this NPC, or did within LINGER_S."""
        if held or self.watched or self.npc.busy or self._needed_ns is None:
            self._needed_ns = now_ns
        return now_ns - self._needed_ns < LINGER_S * NS_PER_S

    def farewell(self, now_ns: int, reason: str) -> Iterator[Part]:
        """The last event."""
        reason = reason[:MAX_TEXT_CHARS]
        event = wire.Event("closed", 0, self.npc.generation, 0, IDLE_RATE_HZ, now_ns, 0, reason)
        yield False, encode_media(Media(self._name, "event", event))


def _covered(key: bytes, prefixes: Set[bytes]) -> bool:
    return any(key.startswith(prefix) for prefix in prefixes)
