"""A server that goes and comes again: clients meet it, nothing that was to be said is lost."""

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, until, wait
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.bridge.serving.server import Server, first_generation, serving
from talkwire.bridge.sockets import ServerSockets
from talkwire.bridge.speaking import paced, speak
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import LinkError
from talkwire.runtime.types import Float32

RATE = 16_000
VOICE: Float32 = (0.3 * np.sin(np.arange(RATE) / 8)).astype(np.float32)  # a second


def server(port: int = 0, generation: int = 0) -> Server:
    return Server(lambda: SyntheticSession(TOPOLOGY), port=port, first_generation=generation)


@pytest.fixture
def port() -> int:
    """The first of three that are free: who comes again must come to the same ones."""
    for candidate in random.Random(os.getpid()).sample(range(20_000, 32_000), 50):
        try:
            with ServerSockets(port=candidate):
                return candidate
        except LinkError:
            continue
    raise AssertionError("no free ports")


def ended(media: Media) -> bool:
    return isinstance(media.message, wire.Event) and media.message.kind == "ended"


def all_until_ended(listener: Client, heard: list[Media]) -> list[Media]:
    return [] if any(map(ended, heard)) else until(listener, ended)


def sound_in(heard: list[Media]) -> Float32:
    parts = [m.message.samples for m in heard if isinstance(m.message, wire.Audio)]
    return np.frombuffer(b"".join(parts), "<i2").astype(np.float32) / 32768


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_npcs_are_opened_again_and_read_on(port: int) -> None:
    with serving(server(port)) as endpoint:
        client = Client(endpoint, timeout_s=PATIENCE_S, patience_s=math.inf)
        client.open("nova")
        client.listen("nova")
        until(client, lambda m: m.plane == "frame/q16")
        first = client.run
    with client, serving(server(port, 7)):
        seen = until(client, lambda m: isinstance(m.message, wire.Frame) and m.message.generation == 7)
        assert client.run not in ("", first) and client.greetings == 2
        assert isinstance(seen[-1].message, wire.Frame)
        client.interrupt("nova")  # it is open there


def test_a_line_is_said_whole_though_the_server_restarts_in_it(port: int) -> None:
    with serving(server(port)) as endpoint:
        speaker = Client(endpoint, timeout_s=PATIENCE_S, patience_s=math.inf)
        line = speak(speaker, "nova", paced(VOICE, RATE, time.monotonic), RATE)
        while next(line).played_s < 0.3:
            pass
    with speaker, serving(server(port, 7)) as again, Client(again) as listener:
        listener.open("nova")
        listener.listen("nova")
        heard = []
        for spoken in line:  # noqa: B007  the last one counts
            heard += listener.poll()
        heard += all_until_ended(listener, heard)
    assert (spoken.state, spoken.sent_s, spoken.played_s) == ("done", 1.0, 1.0)
    rest = sound_in(heard)
    assert 0.4 * RATE < len(rest) < len(VOICE), "what had been played is not said again"
    np.testing.assert_allclose(rest, VOICE[-len(rest) :], atol=1 / 32768)


def test_a_peer_that_was_forgotten_says_only_what_the_server_lacks() -> None:
    clock = Clock()
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0, clock_ns=clock)
    with serving(server) as endpoint:
        speaker, third = (Client(endpoint, timeout_s=PATIENCE_S, clock_ns=clock) for _ in range(2))
        with speaker, third:
            run, line = speaker.run, speak(speaker, "nova", iter([VOICE, VOICE[: RATE // 2]]), RATE)
            while next(line).sent_s < 1.0:
                pass
            third.open("nova")
            for _ in range(20):
                clock.forward(2, third)
                if server.peers == 1:
                    break
            third.listen("nova")
            heard = third.poll()
            for spoken in line:  # noqa: B007  the last one counts
                heard += third.poll()
            heard += all_until_ended(third, heard)
    assert (spoken.state, spoken.sent_s, speaker.run, speaker.greetings) == ("done", 1.5, run, 2)
    assert RATE // 4 < len(sound_in(heard)) <= 1.5 * RATE, "nothing is said twice"


def test_of_a_line_that_waited_nothing_is_said_twice() -> None:
    clock = Clock()
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0, clock_ns=clock)

    def waiting() -> int:
        _, *lines = list(server.studios["nova"].npc.queue.lines)
        return sum(line.received for line in lines)

    with serving(server) as endpoint:
        speaker, third = (Client(endpoint, timeout_s=PATIENCE_S, clock_ns=clock) for _ in range(2))
        with speaker, third:
            third.open("nova")
            spoken = third.begin("nova", RATE)
            for _ in range(25):
                third.push("nova", spoken, VOICE)
            wait(third, lambda: third.state("nova", spoken) == "speaking")
            line = speak(speaker, "nova", iter([VOICE, VOICE[: RATE // 2]]), RATE)
            while next(line).sent_s < 1.0:
                pass
            wait(third, lambda: waiting() == RATE)
            for _ in range(20):
                clock.forward(2, third)
                if server.peers == 1:
                    break
            wait(third, lambda: next(line).sent_s == 1.5 and waiting() >= 1.5 * RATE)
            for _ in range(5):
                next(line)
            assert (waiting(), speaker.greetings) == (1.5 * RATE, 2)


def test_without_patience_a_server_that_went_is_missed() -> None:
    with serving(server()) as endpoint:
        client = Client(endpoint, timeout_s=PATIENCE_S, patience_s=0.3)
    with client, pytest.raises(LinkError, match="has gone: saw silence for"):
        for _ in range(1000):
            client.poll(0.01)


def test_generations_rise_over_restarts() -> None:
    now = 1_790_000_000.0
    assert first_generation(now + 0.5) > first_generation(now) > 1_000_000
    assert first_generation(0.0) == 0
    assert first_generation(now + 30 * 365 * 86_400) < 2**32


@contextmanager
def process(port: int, *keys: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own process, with the keys in a folder if there is one, and its endpoint."""
    words = [sys.executable, Path(__file__).parent / "a_server.py", str(port), *keys]
    made = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert made.stdout is not None
        yield made, made.stdout.readline().split()[-1]
    finally:
        made.kill()
        made.communicate()


def test_killed_servers_leave_no_client_hanging_and_no_file_open(port: int) -> None:
    with process(port) as (first, endpoint):
        client = Client(endpoint, timeout_s=PATIENCE_S, patience_s=math.inf)
        client.open("nova")
        client.listen("nova")
        until(client, lambda m: m.plane == "frame/q16")
        os.kill(first.pid, signal.SIGKILL)
    before = open_files()
    with client:
        for turn in range(3):
            with process(port) as (again, _):
                until(client, lambda m: m.plane == "frame/q16")
                assert client.greetings == turn + 2
                os.kill(again.pid, signal.SIGKILL)
        assert open_files() <= before + 2
