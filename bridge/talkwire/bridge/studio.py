"""One NPC before its public: what it makes becomes parts for those who read it, late joiners included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace

from talkwire.bridge import wire
from talkwire.bridge.basis import basis_message, coefficients_message
from talkwire.bridge.codec import CODECS
from talkwire.bridge.governor import Economy
from talkwire.bridge.limits import LINGER_S, MAX_QUEUED_S, MAX_TEXT_CHARS, RETAINED_GAP_S
from talkwire.bridge.media import BASIS, COEFFICIENTS, FRAME_PLANES, PATCH, Media, encode_media, topic
from talkwire.bridge.moment import Moment
from talkwire.bridge.npc import IDLE_RATE_HZ, Npc, TalkingSession
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.pack import frame_message, mesh_message, texture_message
from talkwire.bridge.texture import patch_message

Part = tuple[bool, bytes]  # (on the motion socket?, topic and body)


class Studio:
    """An NPC and its readers. Nobody reads a codec: nothing is encoded in it."""

    def __init__(self, name: str, session: TalkingSession, *, first_generation: int = 0) -> None:
        self.npc = Npc(name, session, first_generation=first_generation)
        self.watched = False
        self.economy = Economy()
        self._name = name
        topology = session.avatar.topology
        self._mesh = mesh_message(topology, session.fps)
        self._codecs: tuple[str, ...] = ()
        self._patched = self._based = False
        self._needed_ns: int | None = None
        self._statics = {
            topic(name, plane): encode_media(Media(name, plane, message))
            for plane, message in (("mesh", self._mesh), ("texture", texture_message(topology)))
        }
        self._basis_topic = topic(name, BASIS)
        self._moment_topics = tuple(
            topic(name, plane) for plane in (*FRAME_PLANES.values(), COEFFICIENTS, PATCH)
        )
        self._key: Moment | None = None
        self._wanted = set(self._statics)  # readers may have subscribed before the NPC was there
        self._sent_ns: dict[bytes, int] = {}

    def opened(self, ref: int) -> wire.Opened:
        """The answer to Open."""
        session = self.npc.session
        return wire.Opened(
            ref, self._name, self._mesh.topology_id, session.fps, float(session.look_ahead_s), MAX_QUEUED_S
        )

    def read_by(self, prefixes: Set[bytes], motion_prefixes: Set[bytes]) -> None:
        """The subscriptions there are now: on either socket, and on the motion socket."""
        mine = topic(self._name, "")[:-1]
        self.watched = any(p.startswith(mine) or mine.startswith(p) for p in prefixes)
        self._codecs = tuple(
            codec
            for codec in CODECS
            if any(topic(self._name, FRAME_PLANES[codec]).startswith(p) for p in motion_prefixes)
        )
        self._patched, self._based = (
            any(topic(self._name, plane).startswith(p) for p in motion_prefixes)
            for plane in (PATCH, COEFFICIENTS)
        )
        if any(self._basis_topic.startswith(p) for p in prefixes) and self._basis_topic not in self._sent_ns:
            self._wanted.add(self._basis_topic)

    def welcome(self, prefix: bytes, *, motion: bool) -> None:
        """A reader has joined: what is retained under its prefix is due again."""
        static = (*self._statics, self._basis_topic)
        self._wanted |= {t for t in (self._moment_topics if motion else static) if t.startswith(prefix)}

    def retained_due(self, now_ns: int, clock_ns: Callable[[], int]) -> Iterator[Part]:
        """Retained parts that a late joiner waits for; each at most every RETAINED_GAP_S."""
        gap_ns = round(RETAINED_GAP_S * NS_PER_S)
        for key in (*self._statics, self._basis_topic, *self._moment_topics):
            if key not in self._wanted or now_ns - self._sent_ns.get(key, -gap_ns) < gap_ns:
                continue
            self._wanted.discard(key)
            self._sent_ns[key] = now_ns
            if key in self._statics:
                yield False, self._statics[key]
            elif key == self._basis_topic:
                yield False, encode_media(Media(self._name, BASIS, basis_message(self.npc.session.avatar)))
            elif self._key is not None:
                again = replace(self._key, flags=self._key.flags | wire.REPEAT)
                again_parts = (*self._frames(again, clock_ns), *self._patch(again, clock_ns))
                yield from (part for part in again_parts if part[1].startswith(key))

    def next_ns(self, now_ns: int) -> int:
        """When this NPC has something to do."""
        fresh = self._wanted - self._sent_ns.keys()
        return now_ns if fresh else self.npc.next_ns(now_ns, watched=self.watched)

    def meshes(self, outputs: Iterable[object]) -> list[Moment]:
        """Those of them whose vertices somebody reads."""
        return self._due(outputs) if self._codecs else []

    def condensed(self, outputs: Iterable[object]) -> list[Moment]:
        """Those of them whose coefficients somebody reads."""
        return self._due(outputs) if self._based else []

    def _due(self, outputs: Iterable[object]) -> list[Moment]:
        every = self.economy.mesh_every
        return [output for output in outputs if isinstance(output, Moment) and _is_due(output, every)]

    def pack(self, output: Moment | wire.Audio | wire.Event, clock_ns: Callable[[], int]) -> Iterator[Part]:
        """The parts to publish. A frame is stamped just before it is encoded."""
        if not isinstance(output, Moment):
            plane = "audio" if isinstance(output, wire.Audio) else "event"
            yield False, encode_media(Media(self._name, plane, output))
            return
        self._key = replace(output, vertices_vx3=None, own_k=None)  # or it would hold those of a whole turn
        if _is_due(output, self.economy.mesh_every):
            yield from self._frames(output, clock_ns)
        if _is_due(output, self.economy.patch_every):
            yield from self._patch(output, clock_ns)

    def _frames(self, moment: Moment, clock_ns: Callable[[], int]) -> Iterator[Part]:
        for codec in self._codecs:
            message = frame_message(
                moment,
                topology_id=self._mesh.topology_id,
                codec=codec,
                box=self._mesh.box,
                server_ns=clock_ns(),
                every=self.economy.mesh_every,
            )
            yield True, encode_media(Media(self._name, FRAME_PLANES[codec], message))
        if self._based:
            short = coefficients_message(
                moment,
                topology_id=self._mesh.topology_id,
                server_ns=clock_ns(),
                every=self.economy.mesh_every,
            )
            yield True, encode_media(Media(self._name, COEFFICIENTS, short))

    def _patch(self, moment: Moment, clock_ns: Callable[[], int]) -> Iterator[Part]:
        if not self._patched:
            return
        message = patch_message(moment, topology_id=self._mesh.topology_id, server_ns=clock_ns())
        if message is not None:
            yield True, encode_media(Media(self._name, PATCH, message))

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


def _is_due(moment: Moment, every: int) -> bool:
    return moment.pose.seq % every == 0 or bool(moment.flags & wire.LAST)
