"""What happens in the scripts of a client's connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bridge.session_stage import ID, OTHER_ID, OTHER_PORTS, OTHER_RUN, RATE_HZ, Stage
from talkwire.bridge import wire


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
    stage.wish(2, "interrupt", session="guard")
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
    stage.wish(250, "say", session="nova", say=2, sample_rate_hz=RATE_HZ, samples=800, ended=True)
    stage.wish(300, "open", session="nova", avatar="nova")
    stage.opened(310)
    stage.wish(320, "leave", session="nova")
    stage.wish(330, "open", session="nova", avatar="nova")
    stage.wish(340, "say", session="nova", say=3, sample_rate_hz=RATE_HZ, samples=800, ended=True)
    stage.opened(350)
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


def utterances(stage: Stage) -> None:
    """What a line is spoken as: the rest of one, too, and one that was interrupted before that was known."""
    stage.ready()
    for say in (1, 2, 3):
        stage.wish(100, "say", session="nova", say=say, sample_rate_hz=RATE_HZ, samples=800, ended=True)
    stage.progress(200, 1, "speaking", 800, 400, 5)
    stage.progress(201, 2, "queued", 800, 0)
    stage.wish(300, "interrupt", session="nova")
    stage.wish(300, "say", session="nova", say=4, sample_rate_hz=RATE_HZ, samples=2_000, ended=True)
    stage.progress(301, 2, "speaking", 800, 0, 6)  # it had begun a little before
    stage.progress(302, 1, "interrupted", 800, 700, 5)
    stage.progress(303, 2, "interrupted", 800, 100, 6)
    stage.progress(304, 3, "interrupted", 800, 0, 0)
    stage.reply(305, wire.Interrupted(stage.ref("Interrupt"), "nova", 7))
    stage.progress(306, 3, "interrupted", 800, 0, 9)  # that was the last of it
    stage.progress(400, 4, "speaking", 1_000, 100, 7)
    stage.error(7_000, "greet", stage.ref("End"))
    stage.welcome(7_010)
    stage.opened(7_012)
    stage.progress(7_100, 4, "done", 1_000, 1_000, 7)
    stage.progress(7_101, 5, "speaking", 1_000, 100, 8)
    stage.wish(7_200, "interrupt", session="nova")
    stage.progress(7_201, 5, "done", 1_000, 1_000, 8)


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
    utterances,
    readers_lost,
    clock_offset,
)
