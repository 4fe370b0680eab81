"""A server that is told to stop takes nothing new, and ends when all is said, or when its time is up."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, until, wait
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.draining import GRACE_NS, Drain
from talkwire.bridge.serving.server import Server
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

RATE_HZ = 16_000
LINE: Float32 = np.full(RATE_HZ // 2, 0.25, np.float32)


@pytest.fixture
def server() -> Server:
    return Server(lambda: SyntheticSession(TOPOLOGY), port=0)


@pytest.fixture
def thread(server: Server) -> Iterator[threading.Thread]:
    """It runs until it is drained, or the test is over."""
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,), daemon=True)
    thread.start()
    yield thread
    stop.set()
    thread.join(PATIENCE_S)


@pytest.fixture
def client(server: Server, thread: threading.Thread) -> Iterator[Client]:
    with Client(server.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        yield client


def say(client: Client, *, end: bool = True) -> int:
    line = client.begin("nova", RATE_HZ)
    client.push("nova", line, LINE)
    if end:
        client.end("nova", line)
    return line


def is_event(kind: str) -> Callable[[Media], bool]:
    return lambda media: isinstance(media.message, wire.Event) and media.message.kind == kind


def hear(client: Client, seen: list[Media], kind: str) -> None:
    """Add all that comes, until there was such an event."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(map(is_event(kind), seen)):
        assert time.monotonic() < deadline, f"no event {kind}"
        seen.extend(client.poll(0.01))


def samples(seen: list[Media]) -> int:
    return sum(len(m.message.samples) // 2 for m in seen if isinstance(m.message, wire.Audio))


def test_what_is_said_and_waits_is_finished(server: Server, thread: threading.Thread, client: Client) -> None:
    lines = [say(client), say(client)]
    client.open("nova")  # answered: the lines are there
    seen: list[Media] = []
    hear(client, seen, "started")
    server.drain(PATIENCE_S)
    hear(client, seen, "closed")
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert samples(seen) == len(lines) * len(LINE)
    wait(client, lambda: [client.state("nova", line) for line in lines] == ["done", "done"])
    (closed,) = (m.message for m in seen if is_event("closed")(m))
    assert isinstance(closed, wire.Event) and closed.reason == "the server stops"


def test_nothing_new_is_taken_and_what_was_begun_goes_on(server: Server, client: Client) -> None:
    line = say(client, end=False)
    until(client, is_event("started"))
    assert server.has_room_within(PATIENCE_S)
    server.drain(PATIENCE_S)
    assert not server.has_room_within(PATIENCE_S)
    with pytest.raises(ProtocolError, match="the server is stopping and takes no new NPC: saw a request"):
        client.open("juno")
    assert client.open("nova").session == "nova"  # who is there may be joined
    client.begin("nova", RATE_HZ)
    with pytest.raises(ProtocolError, match="takes no new line"):
        until(client, lambda _: False)
    client.push("nova", line, LINE)
    client.end("nova", line)
    seen: list[Media] = []
    hear(client, seen, "closed")
    ended = next(m.message for m in seen if is_event("ended")(m))
    assert isinstance(ended, wire.Event) and ended.pts == 2 * len(LINE)


def test_where_nobody_speaks_it_ends_at_once(
    server: Server, thread: threading.Thread, client: Client
) -> None:
    until(client, lambda media: media.plane == "frame/q16")
    server.drain(1e6)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_line_without_an_end_is_cut_when_the_time_is_up(
    server: Server, thread: threading.Thread, client: Client
) -> None:
    say(client, end=False)
    until(client, is_event("started"))
    server.drain(0.0)
    until(client, is_event("closed"))
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_drain_by_the_clock() -> None:
    drain = Drain()
    assert not drain.over(0, busy=False) and not drain.asked
    drain.refuse("NPC")
    drain.ask(10)
    drain.ask(0)  # the first word counts
    assert drain.asked
    assert not drain.over(NS_PER_S, busy=True)
    assert not drain.over(2 * NS_PER_S, busy=True)
    assert not drain.over(2 * NS_PER_S + GRACE_NS - 1, busy=False)  # listeners are a little behind
    assert drain.over(2 * NS_PER_S + GRACE_NS, busy=False)
    late = Drain()
    late.ask(10)
    assert not late.over(NS_PER_S, busy=True)
    assert late.over(11 * NS_PER_S, busy=True)
