"""Where a script of a client's connections is made: a machine, a server's answers, and what came of them."""

from __future__ import annotations

from typing import Any, Final

from bridge.session_reference import Machine, hello
from talkwire.bridge import wire
from talkwire.bridge.message import Message, encode, to_json

START_NS: Final = 1_000_000_000
SERVER_NS: Final = 500_000_000_000  # the server's clock at START_NS
RUN, OTHER_RUN = "00c0ffee00c0ffee", "0badcafe0badcafe"
ID, OTHER_ID = "0123456789abcdef", "fedcba9876543210"
PORTS, OTHER_PORTS = (5557, 5558), (6557, 6558)
PLANES: Final = ["event", "audio", "mesh", "texture", "frame/q16", "patch"]
RATE_HZ: Final = 8_000

Script = dict[str, Any]


class Stage:
    """A machine, and what it has been through. Times are ms since the script begins."""

    def __init__(self, chance: float = 0.5, **fields: Any) -> None:
        self._hello, self._chance = hello(**fields), chance
        self._machine = Machine(self._hello, chance)
        self.steps: list[dict[str, Any]] = []

    def script(self, about: str) -> Script:
        """As it is written."""
        return {"about": about, "chance": self._chance, "hello": self._hello, "steps": self.steps}

    def take(self, at_ms: float, **given: Any) -> list[dict[str, Any]]:
        """Something happens."""
        at_ns = START_NS + round(at_ms * 1e6)
        out = self._machine.take(at_ns, given)
        after = {"state": self._machine.state, "offset_ns": self._machine.offset_ns}
        self.steps.append({"at_ns": at_ns, "in": given, "out": out, **after})
        return out

    def wish(self, at_ms: float, wish: str, **fields: Any) -> None:
        """The game wishes something."""
        self.take(at_ms, wish=wish, **fields)

    def reply(self, at_ms: float, message: Message) -> None:
        """The server says something."""
        self.take(at_ms, message=encode(message).hex(), says=dict(to_json(message)))

    def ref(self, kind: str) -> int:
        """Of the last message of this kind."""
        sent = [done["send"] for step in self.steps for done in step["out"] if "send" in done]
        return int([one["ref"] for one in sent if one["type"] == kind][-1])

    def welcome(self, at_ms: float, run: str = RUN, ports: tuple[int, int] = PORTS) -> None:
        """The answer to the last Hello."""
        self.reply(
            at_ms, wire.Welcome(self.ref("Hello"), 1, 2, "a server", ("codec:q16",), *ports, run, ("nova",))
        )

    def pong(self, at_ms: float, *, there_ms: float = 1, late: int = 0) -> None:
        """The answer to the last Ping but so many, which took there_ms to the server."""
        pings = [d["send"] for s in self.steps for d in s["out"] if d.get("send", {}).get("type") == "Ping"]
        ping = pings[-1 - late]
        server_ns = SERVER_NS + ping["client_ns"] - START_NS + round(there_ms * 1e6)
        self.reply(at_ms, wire.Pong(ping["ref"], ping["client_ns"], server_ns, 0.25, 0))

    def opened(self, at_ms: float, session: str = "nova", max_queued_s: float = 1.0) -> None:
        """The answer to the last Open."""
        self.reply(
            at_ms, wire.Opened(self.ref("Open"), session, ID, 60, 0.08, max_queued_s, "nova", "frame/q16")
        )

    def progress(
        self, at_ms: float, line: int, state: wire.LineState, received: int, played: int, utterance: int = 5
    ) -> None:
        """Of a line to nova."""
        spoken_as = 0 if state == "queued" else utterance
        self.reply(at_ms, wire.Progress("nova", line, state, spoken_as, received, played))

    def error(self, at_ms: float, code: str, ref: int) -> None:
        """To what had this ref."""
        self.reply(at_ms, wire.Error(ref, code, "what", "seen", "wanted", "cure"))

    def ready(self) -> None:
        """Connected, greeted, and nova open and read, within 60 ms."""
        self.wish(0, "start")
        self.wish(1, "open", session="nova", avatar="nova")
        self.wish(2, "read", session="nova", planes=PLANES)
        self.take(10, connected="control")
        self.welcome(20)
        self.take(25, connected="media")
        self.take(26, connected="motion")
        self.pong(30)
        self.opened(40)
        self.take(50, got="mesh", session="nova", topology_id=ID)
        self.take(51, got="texture", session="nova", topology_id=ID)
