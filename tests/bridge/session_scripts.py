"""Scripts of a client's connections; `python tests/bridge/session_scripts.py --update` writes them.

docs/connecting.md as numbers, for clients in other languages. session_reference.py and session_lines.py are
the machine that answers. A script is one JSON object:

    about       what it shows, a sentence
    chance      from 0 to 1; each wait before another try is shorter by a quarter of it
    hello       fields of Hello after ref
    steps       what happens, in order of at_ns (the client's clock), and what must come of it

A step has `at_ns`, `in`, `out` (what is to be done, in this order), `state` and `offset_ns` (add it to the
server's time to get the client's; 0 until it is known). `in` is one of

    {"wish": "start"}, {"wish": "stop"}
    {"wish": "open", session, avatar}, {"wish": "leave", session}, {"wish": "interrupt", session}
    {"wish": "read", session, planes}       all that is to be read of it from now on
    {"wish": "say", session, say, sample_rate_hz, samples, ended}, {"wish": "more", say, samples, ended}
        `say` is the speaker's number of what is said; `samples`, how many more there are of it (any that the
        test knows again by their place); `ended`: no more will come
    {"connected": route}, {"lost": route}   route: control, media, motion. lost: or it did not come about
    {"message": hex, "says": {...}}         what came on control; `says` is the same to read
    {"got": plane, session, topology_id}    a mesh, texture, basis or frame came
    {"tick": true}                          time has passed; what had arrived was taken before

`out` has

    {"connect": route, "port": p}   no port for control, which has the client's own
    {"close": route}
    {"send": message}               as `says` has it. Refs count all that is sent, from 1. `samples` of
                                    ChunkS16 is [first, count]
    {"subscribe": {session, plane, socket}}, {"unsubscribe": {...}}      only while that socket is connected
    {"told": "welcome", run, restarted}, {"told": "lost", why}, {"told": "refused", code}
    {"told": "opened", session, frames}, {"told": "closed", session}
    {"told": "interrupted", session, generation}
    {"told": "error", code, of, ...}        of: the request, with its fields; "" where none is known
    {"told": "line", say, state, played}    when the state of what is said has changed

States: off, connecting, greeting, ready, waiting (for the next try), failed (until "start").
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bridge.session_reference import Machine, hello
from talkwire.bridge import wire
from talkwire.bridge.message import Message, encode, to_json

FOLDER: Final = Path(__file__).parent / "vectors" / "session"
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

    def progress(self, at_ms: float, line: int, state: wire.LineState, received: int, played: int) -> None:
        """Of a line to nova."""
        self.reply(at_ms, wire.Progress("nova", line, state, 0 if state == "queued" else 5, received, played))

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


def greeting(stage: Stage) -> None:
    """Greet, open, read; ping every second; who has mesh and texture reads them no more."""
    stage.ready()
    stage.take(52, got="frame/q16", session="nova", topology_id=ID)
    for at_ms in (500, 1_019, 1_020, 1_500, 2_020):
        stage.take(at_ms, tick=True)
        if at_ms == 1_020:
            stage.pong(1_024)


def reading(stage: Stage) -> None:
    """Planes by distance; another avatar's frames, for whose mesh it subscribes again; leaving."""
    stage.ready()
    far = ["event", "audio", "frame/arkit"]
    stage.wish(100, "read", session="nova", planes=far)
    stage.wish(200, "read", session="nova", planes=[*far[:2], "mesh", "basis", "frame/basis"])
    stage.take(210, got="mesh", session="nova", topology_id=ID)
    stage.take(211, got="basis", session="nova", topology_id=ID)
    stage.take(212, got="basis", session="nova", topology_id=ID)
    stage.take(220, got="frame/basis", session="nova", topology_id=OTHER_ID)
    stage.take(230, got="mesh", session="nova", topology_id=OTHER_ID)
    stage.take(231, got="frame/basis", session="nova", topology_id=OTHER_ID)
    stage.take(232, got="basis", session="nova", topology_id=OTHER_ID)
    stage.wish(240, "read", session="nova", planes=far)
    stage.wish(250, "read", session="nova", planes=[*far[:2], "mesh", "texture", "frame/q16"])
    stage.wish(300, "leave", session="nova")
    stage.reply(310, wire.Closed(stage.ref("Close"), "nova"))
    stage.take(320, got="mesh", session="nova", topology_id=ID)


def wishes_first(stage: Stage) -> None:
    """What is wished before there is a server is done when there is one; what was left by then is not."""
    stage.wish(0, "open", session="nova", avatar="")
    stage.wish(1, "open", session="guard", avatar="nova")
    stage.wish(2, "read", session="nova", planes=["event", "frame/delta8"])
    stage.wish(3, "leave", session="guard")
    stage.wish(4, "interrupt", session="nova")
    stage.wish(5, "say", session="nova", say=1, sample_rate_hz=RATE_HZ, samples=1_000, ended=True)
    stage.wish(6, "start")
    stage.take(10, connected="control")
    stage.welcome(12)
    stage.opened(14)
    stage.reply(15, wire.Interrupted(stage.ref("Interrupt"), "nova", 4))
    stage.take(16, connected="motion")
    stage.take(17, connected="media")


def forgotten(stage: Stage) -> None:
    """The server has forgotten it: one Hello, however many Errors; what was not answered is asked again."""
    stage.ready()
    stage.wish(7_000, "interrupt", session="nova")
    first = stage.ref("Interrupt")
    stage.error(7_002, "greet", first)
    stage.error(7_003, "greet", first)
    stage.welcome(7_010)
    stage.error(7_011, "greet", first)
    stage.opened(7_012)
    stage.reply(7_013, wire.Interrupted(stage.ref("Interrupt"), "nova", 9))
    stage.pong(7_014)


def lost_connection(stage: Stage) -> None:
    """Tried again after 0.25 s, twice as long each time up to 5 s, and up to a quarter less by chance."""
    stage.ready()
    at_ms = 1_000.0
    stage.take(at_ms, lost="control")
    stage.take(at_ms + 1, lost="media")
    stage.take(at_ms + 2, lost="motion")
    for wait_ms in (250, 500, 1_000, 2_000, 4_000, 5_000, 5_000):
        due_ms = at_ms + wait_ms * 0.875
        stage.take(due_ms - 1, tick=True)
        stage.take(due_ms, tick=True)
        at_ms = due_ms + 3
        if wait_ms < 5_000:
            stage.take(at_ms, lost="control")
        else:
            stage.take(due_ms + 1, connected="control")
            stage.take(at_ms, lost="control")  # who connects and is not welcomed has not come far
    stage.take(at_ms + 4_375, tick=True)
    stage.take(at_ms + 4_376, connected="control")
    stage.welcome(at_ms + 4_380)
    stage.take(at_ms + 4_382, connected="media")
    stage.take(at_ms + 4_383, connected="motion")
    stage.opened(at_ms + 4_385)
    stage.take(at_ms + 4_400, lost="control")
    stage.take(at_ms + 4_400 + 219, tick=True)


def restarted(stage: Stage) -> None:
    """Another server, on other ports: a line goes on from where it had been played."""
    stage.ready()
    stage.wish(100, "say", session="nova", say=1, sample_rate_hz=RATE_HZ, samples=6_400, ended=True)
    stage.wish(101, "say", session="nova", say=2, sample_rate_hz=RATE_HZ, samples=800, ended=True)
    stage.progress(200, 1, "speaking", 4_800, 900)
    stage.take(300, lost="control")
    stage.take(301, lost="media")
    stage.take(302, lost="motion")
    stage.take(600, tick=True)
    stage.take(601, connected="control")
    stage.welcome(605, OTHER_RUN, OTHER_PORTS)
    stage.take(606, connected="media")
    stage.take(607, connected="motion")
    stage.opened(610)
    stage.progress(700, 3, "speaking", 5_500, 100)
    stage.progress(1_500, 3, "done", 5_500, 5_500)


def resumed(stage: Stage) -> None:
    """The same server, which had forgotten the client: it is told only what it has not received."""
    stage.ready()
    stage.wish(100, "say", session="nova", say=7, sample_rate_hz=RATE_HZ, samples=2_000, ended=False)
    stage.progress(200, 1, "speaking", 1_600, 400)
    stage.wish(6_300, "more", say=7, samples=1_000, ended=True)
    stage.error(6_302, "greet", stage.ref("ChunkS16"))
    stage.error(6_303, "greet", stage.ref("End"))
    stage.welcome(6_305)
    stage.progress(6_306, 1, "done", 1_600, 1_600)
    stage.opened(6_310)
    stage.progress(6_400, 2, "speaking", 1_400, 200)
    stage.progress(6_600, 2, "done", 1_400, 1_400)


def silence(stage: Stage) -> None:
    """A server that says nothing for 5 s after a ping has gone; who was away himself asks first."""
    stage.ready()
    for second in range(1, 8):
        stage.take(1_020 * second, tick=True)
    stage.take(7_800, tick=True)
    stage.take(7_900, connected="control")
    stage.welcome(7_910)
    stage.take(7_910, connected="media")
    stage.opened(7_911)
    stage.pong(7_912)
    stage.take(67_912, tick=True)  # the game stood still for a minute
    stage.take(67_913, tick=True)
    stage.pong(67_914)


def nobody_answers(stage: Stage) -> None:
    """A connection that does not come about within 5 s, a Hello not answered within 2 s, nonsense."""
    stage.wish(0, "start")
    stage.take(4_999, tick=True)
    stage.take(5_000, tick=True)
    stage.take(5_219, tick=True)
    stage.take(5_230, connected="control")
    stage.take(7_229, tick=True)
    stage.take(7_230, tick=True)
    stage.take(7_668, tick=True)
    stage.take(7_670, connected="control")
    stage.take(7_670, message="9310")
    stage.error(7_671, "protocol", stage.ref("Hello"))
    stage.wish(7_700, "stop")
    stage.take(9_000, tick=True)


def other_version(stage: Stage) -> None:
    """A server of another major version, by Error or by Welcome: nothing more is tried until it is wished."""
    stage.wish(0, "start")
    stage.wish(1, "open", session="nova", avatar="")
    stage.take(10, connected="control")
    stage.error(20, "version", stage.ref("Hello"))
    stage.take(20_000, tick=True)
    stage.wish(30_000, "start")
    stage.take(30_010, connected="control")
    stage.take(
        30_020, message=bytes([0x94, 2, 2, 2, 0]).hex(), says={"type": "Welcome", "ref": 2, "major": 2}
    )
    stage.take(40_000, tick=True)


def denied(stage: Stage) -> None:
    """A wrong token ends it; a session that is another's does not."""
    stage.wish(0, "start")
    stage.take(10, connected="control")
    stage.error(20, "denied", stage.ref("Hello"))
    stage.wish(30, "start")
    stage.take(40, connected="control")
    stage.welcome(50)
    stage.wish(60, "open", session="nova", avatar="")
    stage.error(70, "denied", stage.ref("Open"))
    stage.error(80, "protocol", 0)


def closed(stage: Stage) -> None:
    """An NPC that is gone takes its lines along; it is opened again when wished, or by the next greeting."""
    stage.ready()
    stage.wish(100, "say", session="nova", say=1, sample_rate_hz=RATE_HZ, samples=800, ended=True)
    stage.error(200, "engine", 0)
    stage.reply(201, wire.Closed(0, "nova"))
    stage.wish(300, "open", session="nova", avatar="nova")
    stage.opened(310)
    stage.reply(400, wire.Closed(0, "nova"))
    stage.take(500, lost="control")
    stage.take(719, tick=True)
    stage.take(720, connected="control")
    stage.welcome(725, OTHER_RUN, OTHER_PORTS)


def credit(stage: Stage) -> None:
    """Lines are sent as far as nine tenths of what the NPC may have waiting; an Error ends one alone."""
    stage.ready()
    stage.wish(100, "say", session="nova", say=1, sample_rate_hz=RATE_HZ, samples=6_000, ended=True)
    stage.wish(101, "say", session="nova", say=2, sample_rate_hz=RATE_HZ, samples=4_000, ended=True)
    stage.progress(200, 1, "queued", 6_000, 0)
    stage.progress(300, 1, "speaking", 6_000, 800)
    stage.progress(400, 1, "speaking", 6_000, 2_400)
    stage.progress(800, 1, "done", 6_000, 6_000)
    stage.wish(801, "say", session="nova", say=3, sample_rate_hz=RATE_HZ, samples=400, ended=True)
    stage.error(810, "audio", stage.ref("Begin"))
    stage.progress(900, 2, "speaking", 4_000, 100)
    stage.wish(1_000, "say", session="nova", say=4, sample_rate_hz=RATE_HZ, samples=400, ended=False)
    stage.wish(1_010, "interrupt", session="nova")
    stage.wish(1_020, "more", say=4, samples=400, ended=True)
    stage.reply(1_030, wire.Interrupted(stage.ref("Interrupt"), "nova", 6))
    stage.progress(1_031, 2, "interrupted", 4_000, 900)


def readers_lost(stage: Stage) -> None:
    """The motion socket alone breaks, and comes again with what is read on it."""
    stage.ready()
    stage.take(1_000, lost="motion")
    stage.wish(1_100, "read", session="nova", planes=["event", "audio", "mesh", "frame/delta8"])
    stage.take(1_219, tick=True)
    stage.take(1_220, lost="motion")
    stage.take(1_657, tick=True)
    stage.take(1_658, tick=True)
    stage.take(1_660, connected="motion")
    stage.take(1_700, lost="media")
    stage.take(1_919, tick=True)
    stage.take(1_930, connected="media")


def clock_offset(stage: Stage) -> None:
    """The quickest round trip counts; an old one slowly expires, and a greeting forgets it."""
    stage.ready()
    for second, (took_ms, there_ms) in enumerate([(8, 2), (30, 25), (4, 2), (9, 1), (4.005, 3)], 1):
        at_ms = 20 + 1_000 * second
        stage.take(at_ms, tick=True)
        stage.pong(at_ms + took_ms, there_ms=there_ms)
    stage.error(6_000, "greet", stage.ref("Ping"))
    stage.welcome(6_010)
    stage.pong(6_050, there_ms=10)


SCENES: Final[tuple[Callable[[Stage], None], ...]] = (
    greeting,
    reading,
    wishes_first,
    forgotten,
    lost_connection,
    restarted,
    resumed,
    silence,
    nobody_answers,
    other_version,
    denied,
    closed,
    credit,
    readers_lost,
    clock_offset,
)


def script(scene: Callable[[Stage], None]) -> Script:
    """What the machine makes of a scene."""
    stage = Stage(**({"token": "open sesame"} if scene is denied else {}))
    scene(stage)
    return stage.script((scene.__doc__ or "").strip())


def as_text(made: Script) -> str:
    """JSON, a step a line."""
    head = "".join(f'"{key}": {json.dumps(made[key])},\n' for key in ("about", "chance", "hello"))
    steps = ",\n".join(" " + json.dumps(step) for step in made["steps"])
    return f'{{\n{head}"steps": [\n{steps}\n]\n}}\n'


def update() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for scene in SCENES:
        (FOLDER / f"{scene.__name__}.json").write_text(as_text(script(scene)))
    print(f"{len(SCENES)} scripts written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/bridge/session_scripts.py --update")
    update()
