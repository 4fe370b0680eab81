"""The reference client against servers that are absent, silent, of another version, or gone."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgpack
import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, until, wait
from talkwire.bridge import limits, wire
from talkwire.bridge.client import Client
from talkwire.bridge.limits import MAX_QUEUED_S, PEER_TIMEOUT_S
from talkwire.bridge.message import encode
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.watching import watch
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ServerSockets
from talkwire.bridge.speaking import Spoken, paced, speak
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import LinkError, ProtocolError, VersionMismatch
from talkwire.runtime.types import Float32

RATE = 16_000
VOICE: Float32 = (0.3 * np.sin(np.arange(RATE // 2) / 8)).astype(np.float32)
Connect = Callable[[], Client]


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers everything with these bytes; gives its endpoint and what it heard."""
    heard: list[bytes] = []
    stop = threading.Event()
    with ServerSockets(port=0) as sockets:

        def serve() -> None:
            while not stop.is_set():
                sockets.poll(0.02)
                for peer, _, parts in sockets.requests(10):
                    heard.extend(parts)
                    sockets.reply(peer, reply)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sockets.endpoint, heard
        finally:
            stop.set()
            thread.join()


def test_nobody_answers() -> None:
    with pytest.raises(
        LinkError, match=r"no talkwire server answers at tcp://127.0.0.1:9: saw silence.*talkwire serve"
    ):
        Client("tcp://127.0.0.1:9", timeout_s=0.1)


@pytest.mark.parametrize("endpoint", ["", "nova", "tcp://", "tcp://127.0.0.1:port", "http://127.0.0.1:5556"])
def test_an_address_that_is_none(endpoint: str) -> None:
    with pytest.raises(LinkError, match="not an address to connect to: saw"):
        Client(endpoint, timeout_s=0.1)


@pytest.mark.parametrize(
    "reply",
    [
        msgpack.packb([2, 1, 2, 5, "from the future", None]),
        encode(wire.Error(1, "version", "versions", "1.0", "2.x (this side speaks 2.5)", "update")),
    ],
    ids=["its welcome", "its refusal"],
)
def test_a_server_of_another_version_is_understood_as_that(reply: bytes) -> None:
    with answering(reply) as (endpoint, heard), pytest.raises(VersionMismatch, match=r"2\.(5|x).*update"):
        Client(endpoint, timeout_s=PATIENCE_S)
    assert msgpack.unpackb(heard[0])[:4] == [1, 1, limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR]


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 400 Bad Request", b"\xc6\xff\xff\xff\xff", b"\x91" * 2000])
def test_a_server_that_speaks_something_else(reply: bytes) -> None:
    with answering(reply) as (endpoint, _), pytest.raises(ProtocolError, match="not a talkwire message"):
        Client(endpoint, timeout_s=PATIENCE_S)


def test_a_server_that_answers_the_wrong_question() -> None:
    with (
        answering(encode(wire.Closed(1, "x"))) as (endpoint, _),
        pytest.raises(LinkError, match="saw Closed"),
    ):
        Client(endpoint, timeout_s=PATIENCE_S)


def test_a_server_that_goes_is_missed(clock: Clock) -> None:
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0)
    with serving(server) as endpoint:
        client = Client(endpoint, timeout_s=PATIENCE_S, clock_ns=clock)
        client.open("nova")
    with client:
        client.poll(0)
        clock.ahead_ns += round((PEER_TIMEOUT_S + 1) * 1e9)
        with pytest.raises(LinkError, match=r"has gone: saw silence for .* s.*start it again"):
            wait(client, lambda: False)


def test_the_clock_offset_is_measured(endpoint: str) -> None:
    ahead = Clock()
    ahead.ahead_ns = 3_600_000_000_000
    with Client(endpoint, timeout_s=PATIENCE_S, clock_ns=ahead) as client:
        assert abs(client.offset_ns - ahead.ahead_ns) < 20_000_000


def test_mesh_and_texture_are_asked_for_again_when_the_avatar_changes(connect: Connect) -> None:
    client = connect()
    client.open("nova")
    client.listen("nova")
    until(client, lambda m: m.plane == "texture")
    until(client, lambda m: m.plane == "frame/q16")
    client._known_id["nova"] = "0" * 16  # as if the mesh it has were of an older avatar
    until(client, lambda m: m.plane == "mesh")


def test_speaking_says_how_far_it_is(connect: Connect) -> None:
    steps = list(speak(connect(), "nova", [VOICE], RATE))
    assert steps[-1] == Spoken(0.5, 0.5, "done")
    assert [s.state for s in steps] == sorted(
        (s.state for s in steps), key=["queued", "speaking", "done"].index
    )


def test_speaking_as_a_microphone_does(connect: Connect) -> None:
    begun = time.monotonic()
    steps = list(speak(connect(), "nova", paced(VOICE, RATE, time.monotonic), RATE))
    assert steps[-1] == Spoken(0.5, 0.5, "done")
    assert time.monotonic() - begun > 0.5


def test_a_line_longer_than_the_credit_waits_for_it() -> None:
    def fast() -> int:  # five times as fast; more, and a stall of the machine is a vanished peer
        return time.monotonic_ns() * 5

    seconds = MAX_QUEUED_S + 8
    sound = np.zeros(round(seconds * RATE), np.float32)
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0, clock_ns=fast)
    with serving(server) as endpoint, Client(endpoint, timeout_s=100, clock_ns=fast) as client:
        steps = list(speak(client, "nova", [sound], RATE))
    assert steps[-1] == Spoken(seconds, seconds, "done")
    assert max(s.sent_s - s.played_s for s in steps) <= MAX_QUEUED_S


def test_broken_samples_are_refused_before_they_are_sent(connect: Connect) -> None:
    with pytest.raises(ProtocolError, match="1 samples that are NaN or infinite"):
        list(speak(connect(), "nova", [np.array([0, np.nan], np.float32)], RATE))


def test_an_interruption_ends_speaking(connect: Connect) -> None:
    speaker, other = connect(), connect()
    other.open("nova")
    other.listen("nova")
    seen: list[Spoken] = []
    for step in speak(speaker, "nova", [np.tile(VOICE, 8)], RATE):
        seen.append(step)
        if step.state == "speaking":
            other.interrupt("nova")
    assert seen[-1].state == "interrupted" and seen[-1].played_s < 1.0


def test_an_interruption_ends_waiting_for_credit(connect: Connect) -> None:
    speaker, other = connect(), connect()
    other.open("nova")
    seen: list[Spoken] = []
    for step in speak(speaker, "nova", [np.zeros(60 * RATE, np.float32)], RATE):
        if seen and seen[-1].sent_s == step.sent_s > 20 and step.state == "speaking":
            other.interrupt("nova")
        seen.append(step)
    assert seen[-1].state == "interrupted" and seen[-1].sent_s < MAX_QUEUED_S


def test_watching_shows_and_measures(connect: Connect) -> None:
    watcher, speaker = connect(), connect()
    watcher.open("nova")
    watcher.listen("nova")
    player = Player(SilentSink())
    line = 0
    shown = []
    for tick, picture in enumerate(watch(watcher, player, seconds=1.5)):
        if tick == 20:
            speaker.open("nova")
            line = speaker.begin("nova", RATE)
            speaker.push("nova", line, VOICE)
            speaker.end("nova", line)
        shown.append(picture)
    assert len(shown) == 90
    speech = [p for p in shown if p is not None and not p.idle]
    assert len(speech) >= 20
    stats = player.stats.as_json()
    assert stats["dropped"] == 0 and stats["first_frame_ms"] is not None
    assert dict(player.stats.rows())["frames sent / late / dropped"].endswith("/ 0")
