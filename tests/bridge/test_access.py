"""A server with keys, over real sockets: who comes in, who does not, and what each can reach."""

import contextlib
import logging
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgpack
import pytest
import zmq

from bridge.conftest import PATIENCE_S, TOPOLOGY, answer, until, wait
from bridge.test_keys import let_in
from bridge.test_server import event, hello, refusal, say
from talkwire.bridge import wire
from talkwire.bridge.access.curve import ClientKeys, be_client, keypair
from talkwire.bridge.access.keys import ServerKeys, new_keys, read_client_keys
from talkwire.bridge.client import Client
from talkwire.bridge.limits import MAX_WRONG_TOKENS
from talkwire.bridge.message import decode
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import AccessDenied, LinkError, ProtocolError

SHORT_S = 1.0  # for a greeting that nobody will answer
NO_KEY = (
    r"(lets in only clients with a key|hangs up on this client, which has no key): .*--key and --server-key"
)
TOKEN = "correct horse battery"


def server(**options: object) -> Server:
    return Server(lambda: SyntheticSession(TOPOLOGY), **{"port": 0, **options})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys of a server and of clients a, b and x; x is not let in."""
    for name in ("server", "a", "b", "x"):
        new_keys(tmp_path, name)
    for name in ("a", "b"):
        let_in(tmp_path, name)
    return tmp_path


@pytest.fixture
def endpoint(folder: Path) -> Iterator[str]:
    with serving(server(keys=ServerKeys(folder))) as where:
        yield where


Enter = Callable[[str], Client]


@pytest.fixture
def enter(endpoint: str, folder: Path) -> Iterator[Enter]:
    """Connects the client of this name."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(
            Client(endpoint, timeout_s=PATIENCE_S, keys=keys_of(folder, name))
        )


def keys_of(folder: Path, name: str) -> ClientKeys:
    return read_client_keys(folder / f"{name}.key", folder / "server.pub")


def watching(client: Client, session: str) -> Client:
    client.open(session)
    client.listen(session)
    until(client, is_frame)
    return client


def is_frame(media: object) -> bool:
    return isinstance(getattr(media, "message", None), wire.Frame)


def test_with_its_key_a_client_does_all_that_it_could_without(enter: Enter) -> None:
    client = watching(enter("a"), "nova")
    line = say(client)
    until(client, event("ended"))
    wait(client, lambda: client.state("nova", line) == "done")
    client.leave("nova")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("stranger", r"does not know this client's key: saw .{40}, wanted one in the folder clients"),
        ("none", NO_KEY),
        ("another server's", r"not the one that this key is of: saw .*wanted the holder of .{40};"),
    ],
)
def test_who_may_not_come_in_is_told_why(
    endpoint: str, folder: Path, enter: Enter, keys: str, words: str
) -> None:
    inside = watching(enter("a"), "nova")
    given = {
        "stranger": keys_of(folder, "x"),
        "none": None,
        "another server's": ClientKeys(keys_of(folder, "a").secret, keypair()[0]),
    }
    with pytest.raises(AccessDenied, match=words):
        Client(endpoint, timeout_s=SHORT_S, keys=given[keys])
    until(inside, is_frame)


def test_a_client_with_keys_does_not_speak_with_a_server_without(folder: Path) -> None:
    with (
        serving(server()) as where,
        # the second where it has hung up before its greeting was read
        pytest.raises(AccessDenied, match=r"has no key, and would hear this client|hangs up on what only"),
    ):
        Client(where, timeout_s=SHORT_S, keys=keys_of(folder, "a"))


def test_nobody_at_all_is_no_question_of_keys(folder: Path) -> None:
    with pytest.raises(LinkError, match="no talkwire server answers") as nobody:
        Client("tcp://127.0.0.1:9", timeout_s=SHORT_S, keys=keys_of(folder, "a"))
    assert not isinstance(nobody.value, AccessDenied)


def test_a_stranger_is_logged_with_address_and_key(
    endpoint: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(AccessDenied) as refused:
        Client(endpoint, timeout_s=SHORT_S, keys=keys_of(folder, "x"))
    told = {"address": "127.0.0.1", "reason": f"no client has its key {refused.value.seen}"}
    assert told in [getattr(record, "fields", None) for record in caplog.records]


def test_a_client_is_let_in_while_the_server_runs(folder: Path, enter: Enter) -> None:
    watching(enter("a"), "nova")
    let_in(folder, "x")
    watching(enter("x"), "juno")


def test_a_key_that_is_removed_ends_what_it_had_and_nothing_else(
    endpoint: str, folder: Path, enter: Enter
) -> None:
    gone, stays = watching(enter("a"), "nova"), watching(enter("b"), "juno")
    (folder / "clients/a.pub").unlink()
    seen: list[str] = []
    with pytest.raises((AccessDenied, ProtocolError)):
        while True:
            seen += [getattr(media.message, "kind", "") for media in gone.poll(0.05)]
            stays.poll(0)
    assert "closed" in seen
    with pytest.raises(AccessDenied, match="does not know this client's key"):
        Client(endpoint, timeout_s=SHORT_S, keys=keys_of(folder, "a"))
    until(stays, is_frame)


def test_another_key_cannot_open_move_or_close_an_npc(enter: Enter) -> None:
    watching(enter("a"), "nova")
    thief = enter("b")
    with pytest.raises(AccessDenied, match="belongs to another client: saw nova"):
        thief.open("nova")
    for act in (thief.interrupt, thief.leave):
        with pytest.raises(ProtocolError, match="no such session open"):
            act("nova")
    watching(thief, "juno")


PREFIXES = (
    b"",
    b"tw",
    b"tw1/",
    b"tw1/nov",
    b"tw1/nova",
    b"tw1/nova/",
    b"tw1/nova/audio\0",
    b"tw1/nova/frame/q16\0",
)


def test_another_key_cannot_read_an_npc_whatever_it_subscribes_to(enter: Enter) -> None:
    thief = enter("b")
    for prefix in PREFIXES[:5]:  # before there is an NPC
        for motion in (False, True):
            thief._sockets.subscribe(prefix, motion=motion)
    watching(thief, "juno")
    owner = watching(enter("a"), "nova")
    for prefix in PREFIXES:
        for motion in (False, True):
            thief._sockets.subscribe(prefix, motion=motion)
    line = say(owner)
    wait(owner, lambda: owner.state("nova", line) == "done")
    until(thief, is_frame)
    assert {media.session for media in thief.poll(0.2)} <= {"juno"}


def test_a_thief_that_goes_takes_no_readers_with_it(endpoint: str, folder: Path, enter: Enter) -> None:
    owner = watching(enter("a"), "nova")
    for _ in range(3):
        with Client(endpoint, timeout_s=PATIENCE_S, keys=keys_of(folder, "b")) as thief:
            thief.listen("nova")
            thief.open("juno")  # by then its subscriptions have come
    deadline_ns = time.monotonic_ns() + 500_000_000
    until(owner, lambda m: is_frame(m) and m.message.server_ns > deadline_ns)  # type: ignore[attr-defined]


def test_a_shared_server_is_one_for_all_who_may_come_in(folder: Path) -> None:
    with (
        serving(server(keys=ServerKeys(folder), shared=True)) as where,
        Client(where, timeout_s=PATIENCE_S, keys=keys_of(folder, "a")) as speaker,
        Client(where, timeout_s=PATIENCE_S, keys=keys_of(folder, "b")) as watcher,
    ):
        watching(watcher, "nova")
        speaker.open("nova")
        say(speaker)
        until(watcher, event("ended"))
        with pytest.raises(AccessDenied):
            Client(where, timeout_s=SHORT_S, keys=keys_of(folder, "x"))


def test_two_connections_of_one_key_share_its_npcs(enter: Enter) -> None:
    speaker, watcher = enter("a"), watching(enter("a"), "nova")
    speaker.open("nova")
    say(speaker)
    until(watcher, event("ended"))


def test_sessions_are_counted_by_key(folder: Path) -> None:
    with ExitStack() as stack:
        where = stack.enter_context(serving(server(keys=ServerKeys(folder), sessions_per_client=2)))
        one, two, other = (
            stack.enter_context(Client(where, timeout_s=PATIENCE_S, keys=keys_of(folder, name)))
            for name in "aab"
        )
        one.open("nova")
        two.open("juno")
        for client in (one, two):
            with pytest.raises(ProtocolError, match=r"too many NPCs open: saw 2 .*--sessions-per-client"):
                client.open("otto")
        other.open("otto")
        two.leave("juno")
        one.open("mara")


def test_a_door_beyond_this_machine_opens_with_keys_alone(folder: Path) -> None:
    with pytest.raises(
        LinkError, match=r"unencrypted.*saw --host 0\.0\.0\.0.*--keys FOLDER \(see: talkwire keys new\)"
    ):
        server(host="0.0.0.0", token=TOKEN)  # a token would travel in the clear
    with serving(server(host="0.0.0.0", keys=ServerKeys(folder))) as where:
        address = f"tcp://127.0.0.1:{where.rpartition(':')[2]}"
        with Client(address, timeout_s=PATIENCE_S, keys=keys_of(folder, "a")) as client:
            watching(client, "nova")
        with pytest.raises(AccessDenied):
            Client(address, timeout_s=SHORT_S)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors as Linux lists them")
def test_two_hundred_strangers_at_once_stop_nobody_and_leave_nothing(
    endpoint: str, folder: Path, enter: Enter
) -> None:
    inside = watching(enter("a"), "nova")
    before = descriptors()
    ports = (
        endpoint,
        *(f"tcp://127.0.0.1:{p}" for p in (inside.welcome.media_port, inside.welcome.motion_port)),
    )
    server_public = keys_of(folder, "a").server_public
    context, strangers = zmq.Context(), []
    for i in range(200):
        socket = context.socket((zmq.DEALER, zmq.SUB, zmq.SUB)[i % 3])
        strangers.append(socket)
        if i % 4:  # every fourth has no key at all
            be_client(socket, ClientKeys(keypair()[1], server_public if i % 4 > 1 else keypair()[0]))
        socket.connect(ports[i % 3])
    for _ in range(60):
        until(inside, is_frame)
    context.destroy(linger=0)
    deadline = time.monotonic() + PATIENCE_S
    while descriptors() > before and time.monotonic() < deadline:
        until(inside, is_frame)
    assert descriptors() <= before
    line = say(inside)
    wait(inside, lambda: inside.state("nova", line) == "done")
    watching(enter("b"), "juno")


def at_a_port_of_its_own(folder: Path) -> tuple[Server, int]:
    for port in range(20_000 + os.getpid() % 10_000, 40_000, 3):
        with contextlib.suppress(LinkError):
            return server(port=port, keys=ServerKeys(folder)), port
    raise AssertionError("no three free ports in a row")


def test_a_restarted_server_with_keys_is_read_on(folder: Path) -> None:
    first, port = at_a_port_of_its_own(folder)
    with serving(first) as where:
        keys = keys_of(folder, "a")
        client = Client(where, timeout_s=PATIENCE_S, patience_s=math.inf, keys=keys)
        watching(client, "nova")
    with client, serving(server(port=port, keys=ServerKeys(folder), first_generation=7)):
        until(client, lambda m: isinstance(m.message, wire.Frame) and m.message.generation == 7)


# --- tokens


@pytest.fixture
def guarded() -> Iterator[str]:
    with serving(server(token=TOKEN)) as where:
        yield where


def greeting(token: str) -> bytes:
    return bytes(msgpack.packb([1, 1, 1, 2, "raw", [], 0, token]))


def test_who_says_the_token_is_greeted_and_others_are_not(guarded: str) -> None:
    with ClientSockets(guarded) as raw:
        for wrong in (greeting(""), greeting(TOKEN[:-1]), bytes(msgpack.packb([1, 1, 1, 0, "older", []]))):
            with ClientSockets(guarded) as stranger:
                error = refusal(stranger, wrong)
                assert (error.code, error.ref) == ("denied", 1) and TOKEN not in str(error)
                assert "Hello first" in refusal(stranger, msgpack.packb([3, 2, "nova"])).wanted
        raw.send(greeting(TOKEN))
        assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Welcome)
        raw.send(greeting("another"))  # who greets again is asked again
        assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Error)
        assert "Hello first" in refusal(raw, msgpack.packb([3, 2, "nova"])).wanted


def test_who_guesses_is_muted_and_others_are_not(guarded: str) -> None:
    with ClientSockets(guarded) as raw, ClientSockets(guarded) as other:
        for i in range(MAX_WRONG_TOKENS):
            assert refusal(raw, greeting(f"guess {i}")).code == "denied"
        raw.send(greeting(TOKEN))
        other.send(greeting(TOKEN))
        assert isinstance(decode(answer(other), expect=wire.REPLIES), wire.Welcome)
        assert not raw.poll(0.2)


def test_the_client_says_its_token_or_ends_with_a_sentence(guarded: str) -> None:
    with Client(guarded, timeout_s=PATIENCE_S, token=TOKEN) as client:
        watching(client, "nova")
    for token in ("", "another one, long enough"):
        with pytest.raises(AccessDenied, match=r"this server wants a token.*--token-file"):
            Client(guarded, timeout_s=PATIENCE_S, token=token)


def test_keys_and_a_token_are_both_asked_for(folder: Path) -> None:
    with serving(server(keys=ServerKeys(folder), token=TOKEN)) as where:
        with pytest.raises(AccessDenied, match="wants a token"):
            Client(where, timeout_s=PATIENCE_S, keys=keys_of(folder, "a"))
        with pytest.raises(AccessDenied, match=NO_KEY):
            Client(where, timeout_s=SHORT_S, token=TOKEN)
        with Client(where, timeout_s=PATIENCE_S, keys=keys_of(folder, "a"), token=TOKEN) as client:
            watching(client, "nova")


def test_what_hello_raw_expects_still_holds_without_a_token() -> None:
    with serving(server()) as where, ClientSockets(where) as raw:
        hello(raw)
