"""A server on loopback with a synthetic head, clients that are closed, and waits that are bounded."""

import time
from collections.abc import Callable, Iterator

import pytest

from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.bridge.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

TOPOLOGY = synthetic_topology(100)
PATIENCE_S = 10.0


class Clock:
    """The machine's clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.monotonic_ns() + self.ahead_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(clock: Clock) -> Iterator[str]:
    """Of a server in a thread."""
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0, clock_ns=clock)
    with serving(server) as address:
        yield address


@pytest.fixture
def connect(endpoint: str) -> Iterator[Callable[[], Client]]:
    """Makes clients of that server."""
    clients: list[Client] = []

    def make() -> Client:
        clients.append(Client(endpoint, timeout_s=PATIENCE_S))
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


def until(client: Client, found: Callable[[Media], bool]) -> list[Media]:
    """Everything received up to and including the first message that is wanted."""
    seen: list[Media] = []
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for media in client.poll(0.05):
            seen.append(media)
            if found(media):
                return seen
    raise AssertionError(f"not received within {PATIENCE_S} s; saw {[m.plane for m in seen[-20:]]}")


def wait(client: Client, true: Callable[[], bool]) -> None:
    """Receive until the condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"still not so after {PATIENCE_S} s"
        client.poll(0.01)
