"""A server on loopback with a synthetic head, clients that are closed, and waits that are bounded."""

import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

TOPOLOGY = synthetic_topology(100)
PATIENCE_S = 10.0


class Clock:
    """The machine's clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.monotonic_ns() + self.ahead_ns

    def forward(self, seconds: float, *clients: Client) -> None:
        """Put it forward, in steps small enough for these clients to show that they are alive."""
        for _ in range(round(seconds / 2)):
            self.ahead_ns += 2_000_000_000
            for client in clients:
                client.open("other")
                client.poll(0.005)  # requests that follow each other at once may be one turn of the server


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
def connect(endpoint: str, clock: Clock) -> Iterator[Callable[[], Client]]:
    """Makes clients of that server."""
    clients: list[Client] = []

    def make() -> Client:
        clients.append(Client(endpoint, timeout_s=PATIENCE_S, clock_ns=clock))
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def other(connect: Callable[[], Client]) -> Iterator[Client]:
    """Somebody who watches another NPC: after the test, that NPC must still be alive."""
    client = connect()
    client.open("other")
    client.listen("other")
    until(client, lambda m: m.plane == "frame/q16")
    yield client
    now_ns = client.open("other") and time.monotonic_ns()
    assert now_ns
    for _ in range(5):
        until(client, lambda m: isinstance(m.message, wire.Frame) and m.message.server_ns > now_ns)


@pytest.fixture
def raw(endpoint: str) -> Iterator[ClientSockets]:
    """A DEALER that sends any bytes."""
    with ClientSockets(endpoint) as sockets:
        yield sockets


def answer(raw: ClientSockets) -> bytes:
    """The next reply to a raw peer."""
    assert raw.poll(PATIENCE_S), "no reply"
    return next(iter(raw.replies()))


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


def tcp(endpoint: str) -> socket.socket:
    """A plain TCP connection to a ZeroMQ port."""
    host, port = endpoint.removeprefix("tcp://").split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


def zmtp(endpoint: str, kind: bytes = b"DEALER") -> socket.socket:
    """A hand-made ZMTP 3.0 peer, past its handshake."""
    peer = tcp(endpoint)
    peer.sendall(GREETING)
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    peer.sendall(bytes([4, len(body)]) + body)
    got = b""
    while len(got) < 64 + 2 or len(got) < 66 + got[65]:
        got += peer.recv(4096)
    return peer
