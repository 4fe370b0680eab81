"""A client's connections as a pure state machine: docs/connecting.md as a program, in numbers.

It opens no socket and reads no clock. `take` is told what has happened, and says what is to be done about it.
session_scripts.py describes both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from bridge.session_lines import Line, Lines
from talkwire.bridge import limits, wire
from talkwire.bridge.media import BASIS, TEXTURE_BC1
from talkwire.bridge.message import Message, decode, encode, to_json
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.planes import MOTION
from talkwire.runtime.errors import ProtocolError, VersionMismatch

CONNECT_NS: Final = 5 * NS_PER_S
ANSWER_NS: Final = 2 * NS_PER_S  # to Hello
PING_NS: Final = NS_PER_S
SILENCE_NS: Final = 5 * NS_PER_S
FIRST_WAIT_NS, MOST_WAIT_NS = NS_PER_S // 4, 5 * NS_PER_S
STATICS: Final = ("mesh", "texture", TEXTURE_BC1, BASIS)
READERS: Final = ("media", "motion")

Given = dict[str, Any]
Done = dict[str, Any]


@dataclass
class Route:
    """One of the three connections. state: off, connecting, on, waiting."""

    state: str = "off"
    port: int = 0
    tries: int = 0
    until_ns: int = 0  # of connecting or waiting

    def wait_ns(self, chance: float) -> int:
        """Before the next try."""
        wait_ns = min(MOST_WAIT_NS, FIRST_WAIT_NS << min(self.tries, 8))
        self.tries += 1
        return wait_ns - int(wait_ns * chance / 4)


@dataclass
class Npc:
    """What is wished of one NPC, and what is known of it."""

    avatar: str | None = None  # None: it is read, not opened
    planes: list[str] = field(default_factory=list)
    have: set[str] = field(default_factory=set)  # statics
    topology_id: str = ""
    opened: bool = False


class Machine:
    """chance: from 0 to 1; it makes every wait shorter by up to a quarter."""

    def __init__(self, hello: dict[str, Any], chance: float) -> None:
        self.state, self.offset_ns = "off", 0
        self._hello, self._chance = hello, chance
        self._routes = {name: Route() for name in ("control", *READERS)}
        self._npcs: dict[str, Npc] = {}
        self._asked: dict[int, tuple[type[Message], dict[str, Any]]] = {}  # and not answered
        self._lines = Lines(self._send)
        self._unsent = self._ref = self._hello_ref = self._answer_by_ns = self._pinged_ns = 0
        self._unanswered_ns: int | None = None  # the first ping since the server was heard
        self._round_trip_ns = 1 << 62
        self._run: str | None = None
        self._out: list[Done] = []
        self._now_ns = 0

    def take(self, at_ns: int, given: Given) -> list[Done]:
        """What is to be done, in order."""
        self._now_ns, self._out = at_ns, []
        match given:
            case {"wish": wish}:
                getattr(self, f"_wish_{wish}")(**{k: v for k, v in given.items() if k != "wish"})
            case {"connected": name}:
                self._connected(name)
            case {"lost": name}:
                self._lost(name, "connection")
            case {"message": data}:
                self._take_message(bytes.fromhex(data))
            case {"got": plane}:
                self._take_media(plane, given["session"], given["topology_id"])
            case {"tick": _}:
                self._tick()
        return self._out

    # wishes

    def _wish_start(self) -> None:
        if self.state in ("off", "failed"):
            self._connect("control")

    def _wish_stop(self) -> None:
        for name in self._routes:
            self._close(name)
        self.state = "off"

    def _wish_open(self, session: str, avatar: str) -> None:
        self._npc(session).avatar = avatar
        if self.state == "ready":
            self._ask(wire.Open, session=session, avatar=avatar)

    def _wish_leave(self, session: str) -> None:
        self._wish_read(session, [])
        self._lines.drop(session)
        npc = self._npcs.pop(session)
        self._asked = {ref: one for ref, one in self._asked.items() if one[1].get("session") != session}
        if self.state == "ready" and npc.avatar is not None:
            self._ask(wire.Close, session=session)

    def _wish_read(self, session: str, planes: list[str]) -> None:
        npc = self._npc(session)
        before, npc.planes = npc.planes, planes
        self._subscribe(session, [p for p in planes if p not in before], True)
        self._subscribe(session, [p for p in before if p not in planes], False)

    def _wish_interrupt(self, session: str) -> None:
        for line in self._lines.cut(session):
            self._tell(line, "interrupted")
        self._ask(wire.Interrupt, session=session)

    def _wish_say(self, session: str, say: int, sample_rate_hz: int, samples: int, ended: bool) -> None:
        self._lines.add(Line(say, session, sample_rate_hz, samples, ended))
        self._lines.send(session)

    def _wish_more(self, say: int, samples: int, ended: bool) -> None:
        line = self._lines.more(say, samples, ended)
        if line is not None:
            self._lines.send(line.session)

    # connections

    def _connected(self, name: str) -> None:
        route = self._routes[name]
        route.state = "on"
        if name == "control":
            self._greet()
            return
        route.tries = 0
        for session, npc in self._npcs.items():
            self._subscribe(session, [p for p in npc.planes if _socket(p) == name], True)

    def _lost(self, name: str, why: str) -> None:
        route = self._routes[name]
        route.state, route.until_ns = "waiting", self._now_ns + route.wait_ns(self._chance)
        if name == "control":
            if self.state == "ready":
                self._out.append({"told": "lost", "why": why})
            self.state = "waiting"
            self._forget()

    def _give_up(self, name: str, why: str) -> None:
        self._out.append({"close": name})
        self._lost(name, why)

    def _connect(self, name: str) -> None:
        route = self._routes[name]
        route.state, route.until_ns = "connecting", self._now_ns + CONNECT_NS
        self._out.append({"connect": name, **({"port": route.port} if route.port else {})})
        if name == "control":
            self.state = "connecting"

    def _close(self, name: str) -> None:
        route = self._routes[name]
        if route.state in ("connecting", "on"):
            self._out.append({"close": name})
        route.state, route.tries = "off", 0

    def _fail(self, code: str) -> None:
        self._out.append({"told": "refused", "code": code})
        self._wish_stop()
        self.state = "failed"

    def _tick(self) -> None:
        for name, route in self._routes.items():
            if route.state == "connecting" and self._now_ns >= route.until_ns:
                self._give_up(name, "connection")
            may = name == "control" or self.state == "ready"
            if route.state == "waiting" and self._now_ns >= route.until_ns and may:
                self._connect(name)
        if self.state == "greeting" and self._now_ns >= self._answer_by_ns:
            self._give_up("control", "silence")
        if self.state == "ready":
            if self._now_ns - self._pinged_ns >= PING_NS:
                self._ping()
            if self._unanswered_ns is not None and self._now_ns - self._unanswered_ns > SILENCE_NS:
                self._give_up("control", "silence")
                for name in READERS:  # they may be as dead, and nothing is sent on them that would show it
                    self._close(name)

    # requests and answers

    def _greet(self) -> None:
        self.state, self._answer_by_ns = "greeting", self._now_ns + ANSWER_NS
        self._forget()
        self._hello_ref = self._send(wire.Hello, **self._hello)

    def _forget(self) -> None:
        """What one greeting held."""
        self._unanswered_ns, self._round_trip_ns = None, 1 << 62
        for npc in self._npcs.values():
            npc.opened = False
        self._lines.stand()

    def _take_message(self, data: bytes) -> None:
        try:
            message = decode(data, expect=wire.REPLIES)
        except VersionMismatch:
            self._fail("version")
            return
        except ProtocolError:
            self._out.append({"told": "error", "code": "protocol", "of": ""})
            return
        self._unanswered_ns = None
        match message:
            case wire.Welcome() if message.ref == self._hello_ref and self.state == "greeting":
                self._welcome(message)
            case wire.Error(code="greet"):
                if self.state == "ready" and message.ref >= self._hello_ref:
                    self._greet()  # what was sent before is answered by as many of them
            case wire.Error():
                self._take_error(message)
            case wire.Progress():
                for line, state in self._lines.progress(message):
                    self._tell(line, state)
            case wire.Closed(ref=0):
                self._npc(message.session).opened = False
                for line in self._lines.cut(message.session):
                    self._tell(line, "interrupted")
                self._lines.close(message.session)
                self._out.append({"told": "closed", "session": message.session})
            case wire.Pong():
                self._measure(message)
            case _:
                self._take_answer(message)

    def _welcome(self, welcome: wire.Welcome) -> None:
        restarted = self._run is not None and welcome.run != self._run
        self.state, self._run = "ready", welcome.run
        self._routes["control"].tries = 0
        self._out.append({"told": "welcome", "run": welcome.run, "restarted": restarted})
        self._lines.resume(restarted)
        for name, port in zip(READERS, (welcome.media_port, welcome.motion_port), strict=True):
            if self._routes[name].port != port:
                self._close(name)
            self._routes[name].port = port
            if self._routes[name].state in ("off", "waiting"):
                self._connect(name)
        self._ping()
        again = [one for one in self._asked.values() if one[0] not in (wire.Open, wire.Close)]
        self._asked = {}
        for session, npc in self._npcs.items():
            if npc.avatar is not None:
                self._ask(wire.Open, session=session, avatar=npc.avatar)
        for kind, fields in again:
            self._ask(kind, **fields)

    def _take_error(self, error: wire.Error) -> None:
        if error.ref == self._hello_ref and self.state == "greeting":
            if error.code in ("version", "denied"):
                self._fail(error.code)
            else:
                self._give_up("control", error.code)
            return
        kind, fields = self._asked.pop(error.ref, (None, {}))
        line = self._lines.refused(error.ref)
        if line is not None:
            self._tell(line, "refused")
            self._lines.send(line.session)
        name = kind.__name__ if kind is not None else ""
        self._out.append({"told": "error", "code": error.code, "of": name, **fields})

    def _take_answer(self, answer: Message) -> None:
        if self._asked.pop(int(getattr(answer, "ref")), None) is None:  # noqa: B009
            return
        match answer:
            case wire.Opened():
                self._npc(answer.session).opened = True
                self._out.append({"told": "opened", "session": answer.session, "frames": answer.frames})
                self._lines.open(answer.session, answer.max_queued_s)
            case wire.Interrupted():
                told = {"session": answer.session, "generation": answer.generation}
                self._out.append({"told": "interrupted", **told})

    def _measure(self, pong: wire.Pong) -> None:
        """Cristian's algorithm: the shortest round trip bounds the offset best; an old one slowly expires."""
        round_trip_ns = self._now_ns - pong.client_ns
        if round_trip_ns <= self._round_trip_ns:
            self._round_trip_ns = round_trip_ns
            self.offset_ns = (self._now_ns + pong.client_ns) // 2 - pong.server_ns
        else:
            self._round_trip_ns += round_trip_ns // 1000

    def _ping(self) -> None:
        self._pinged_ns = self._now_ns
        self._unanswered_ns = self._unanswered_ns if self._unanswered_ns is not None else self._now_ns
        self._send(wire.Ping, client_ns=self._now_ns)

    def _ask(self, kind: type[Message], **fields: Any) -> None:
        """Now, or when the server has been greeted. What was asked and not answered is asked again then."""
        ready = self.state == "ready"
        self._unsent -= not ready
        self._asked[self._send(kind, **fields) if ready else self._unsent] = kind, fields

    def _send(self, kind: type[Message], **fields: Any) -> int:
        self._ref += 1
        samples = fields.pop("samples", None)
        message = kind(self._ref, **fields, **({} if samples is None else {"samples": b"\0\0"}))
        encode(message)  # which checks it
        said = dict(to_json(message))
        self._out.append({"send": said if samples is None else {**said, "samples": samples}})
        return self._ref

    def _tell(self, line: Line, state: str) -> None:
        told = {"say": line.say, "state": state, "played": line.played, "utterance": line.utterance}
        self._out.append({"told": "line", **told})

    # subscriptions

    def _take_media(self, plane: str, session: str, topology_id: str) -> None:
        npc = self._npcs.get(session)
        if npc is None:
            return
        if plane in STATICS:
            if plane in npc.planes and plane not in npc.have:
                self._subscribe(session, [plane], False)
                npc.have.add(plane)
            npc.topology_id = topology_id if plane == "mesh" else npc.topology_id
        elif "mesh" in npc.have and topology_id != npc.topology_id:
            npc.have = set()
            self._subscribe(session, [p for p in npc.planes if p in STATICS], True)

    def _subscribe(self, session: str, planes: list[str], wanted: bool) -> None:
        """As far as the socket is connected; else it is done when it is."""
        have = self._npc(session).have
        for plane in planes:
            if self._routes[_socket(plane)].state == "on" and plane not in have:
                what = {"session": session, "plane": plane, "socket": _socket(plane)}
                self._out.append({"subscribe" if wanted else "unsubscribe": what})

    def _npc(self, session: str) -> Npc:
        return self._npcs.setdefault(session, Npc())


def hello(**fields: Any) -> dict[str, Any]:
    """The fields of Hello but for ref."""
    version = {"major": limits.PROTOCOL_MAJOR, "minor": limits.PROTOCOL_MINOR}
    return {**version, "agent": "a script", "capabilities": ("codec:q16",), **fields}


def _socket(plane: str) -> str:
    return "motion" if plane in MOTION else "media"
