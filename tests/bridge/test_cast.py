"""Avatars that are loaded when they are wanted, while everybody else is served."""

import threading
import time
from collections.abc import Iterator

import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, answer, until
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.limits import MAX_WAITING
from talkwire.bridge.message import decode, encode
from talkwire.bridge.serving.cast import Cast, MakeSession
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.errors import AvatarError, ProtocolError

OTHER = synthetic_topology(49)


class Loader:
    """Loads when it is told to; says how often it was asked."""

    def __init__(self) -> None:
        self.go, self.asked = threading.Event(), 0
        self.failure: Exception | None = None

    def __call__(self) -> MakeSession:
        self.asked += 1
        assert self.go.wait(PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        return lambda: SyntheticSession(OTHER)


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def endpoint(loader: Loader) -> Iterator[str]:
    cast = Cast({"first": lambda: lambda: SyntheticSession(TOPOLOGY), "late": loader})
    with serving(Server(cast, port=0)) as address:
        yield address
        loader.go.set()


@pytest.fixture
def client(endpoint: str) -> Iterator[Client]:
    with Client(endpoint, timeout_s=PATIENCE_S) as made:
        yield made


def test_who_may_be_opened_is_said_and_nobody_else_is(client: Client) -> None:
    assert client.welcome.avatars == ("first", "late")
    opened = client.open("nova")
    assert (opened.avatar, opened.topology_id) == ("first", TOPOLOGY.id)
    for name in ("nobody", "late.talkwire"):
        with pytest.raises(AvatarError, match=f"no such avatar: saw {name}, wanted first, late"):
            client.open("nova2", name)


def test_while_one_loads_others_are_served(endpoint: str, client: Client, loader: Loader) -> None:
    answers: list[object] = []

    def wait_for_it() -> None:
        with Client(endpoint, timeout_s=PATIENCE_S) as patient:
            answers.append(patient.load_avatar("late"))
            answers.append(patient.open("slow", "late"))

    thread = threading.Thread(target=wait_for_it)
    thread.start()
    client.open("nova")
    client.listen("nova")
    for _ in range(10):
        until(client, lambda m: m.plane == "frame/q16")
    assert not answers
    loader.go.set()
    thread.join(PATIENCE_S)
    assert [getattr(answer, "topology_id") for answer in answers] == [OTHER.id, OTHER.id]  # noqa: B009
    assert loader.asked == 1
    assert client.open("slow").avatar == "late", "who joins takes it as it is"
    with pytest.raises(ProtocolError, match="slow is there already: saw as late, wanted first"):
        client.open("slow", "first")


def test_what_cannot_be_loaded_is_said_and_tried_again(client: Client, loader: Loader) -> None:
    loader.go.set()
    loader.failure = AvatarError("it is damaged", seen=1, wanted=2, cure="get it again")
    for _ in range(2):
        with pytest.raises(AvatarError, match="it is damaged"):
            client.open("nova", "late")
    loader.failure = None
    assert client.load_avatar("late").topology_id == OTHER.id
    assert loader.asked == 3


def test_an_avatar_is_given_back_when_nobody_has_it(client: Client, loader: Loader) -> None:
    loader.go.set()
    client.open("nova", "late")
    with pytest.raises(ProtocolError, match="the avatar late is on stage: saw nova"):
        client.unload_avatar("late")
    client.unload_avatar("first")
    assert client.open("other").avatar == "first", "and loaded again"
    with pytest.raises(AvatarError):
        client.unload_avatar("nobody")


def test_who_leaves_while_it_loads_is_not_waited_for(endpoint: str, loader: Loader) -> None:
    with pytest.raises(Exception, match="silence"), Client(endpoint, timeout_s=0.3) as hasty:
        hasty.open("nova", "late")
    loader.go.set()
    with Client(endpoint, timeout_s=PATIENCE_S) as client:
        assert client.open("nova", "late").avatar == "late"


def test_warm_means_that_it_has_heard_something() -> None:
    heard: list[int] = []

    class Listening(SyntheticSession):
        def push(self, samples: object) -> None:
            heard.append(len(samples))  # type: ignore[arg-type]
            super().push(samples)  # type: ignore[arg-type]

    cast = Cast({"nova": lambda: lambda: Listening(OTHER)})
    cast.want("nova")
    deadline = time.monotonic() + PATIENCE_S
    while not cast.ready("nova") and time.monotonic() < deadline:
        time.sleep(0.001)
    assert sum(heard) == 4_000
    cast.close()


def test_so_many_may_wait_for_an_avatar_and_no_more(endpoint: str, loader: Loader) -> None:
    with ClientSockets(endpoint) as raw:
        raw.send(encode(wire.Hello(0, 1, 2, "raw", ())))
        assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Welcome)
        for ref in range(MAX_WAITING + 1):
            raw.send(encode(wire.Load(ref, "late")))
        refused = decode(answer(raw), expect=wire.REPLIES)
        assert isinstance(refused, wire.Error) and refused.ref == MAX_WAITING
        assert refused.what == "too many requests wait for avatars to be loaded"
        loader.go.set()
        assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Loaded)
