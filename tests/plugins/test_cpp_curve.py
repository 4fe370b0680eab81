"""The C++ core built with libzmq, against servers with keys (docs/connecting.md, 15), under sanitizers."""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from bridge.test_access import folder, server
from bridge.test_restart import port, process
from plugins.build import cpp_program, needs_libzmq, run
from plugins.hostile import hostile
from plugins.test_cpp_net import JOIN_MS, TICK_MS, voice
from talkwire.bridge.access.keys import ServerKeys, read_key
from talkwire.bridge.limits import MAX_MEDIA_BYTES
from talkwire.bridge.serving.server import serving

__all__ = ["folder", "port", "voice"]  # fixtures
NOBODY = "tcp://127.0.0.1:1"
Report = dict[str, Any]


def words_of(endpoint: str, keys: Path, name: str = "a", of: str = "server") -> list[str | Path]:
    return ["--server", endpoint, "--key", keys / f"{name}.key", "--server-key", keys / f"{of}.pub"]


def client(*words: str | Path) -> Report:
    """What the console client measured."""
    needs_libzmq()
    report: Report = json.loads(run(cpp_program("talkwire-client-cpp", "address"), *words).splitlines()[-1])
    print(report)
    return report


@pytest.fixture
def endpoint(folder: Path) -> Iterator[str]:
    with serving(server(keys=ServerKeys(folder))) as where:
        yield where


# ---- who comes in


def test_with_keys_a_line_is_said_heard_and_seen(endpoint: str, folder: Path, voice: Any) -> None:
    report = client(*words_of(endpoint, folder), "--say", voice(1.0))
    assert report["lines"] == [{"state": "done", "played_s": 1.0}]
    assert report["happened"] == ["started", "ended"]
    assert report["pictures"] > 20
    assert (report["dropped"], report["misread"], report["refused"], report["untaken_frames"]) == (0, 0, 0, 0)
    assert (report["problem"], report["problems"], report["greetings"]) == ("", [], 1)
    assert report["join_ms"] < JOIN_MS


def test_a_key_may_be_its_characters(endpoint: str, folder: Path) -> None:
    secret, public = read_key(folder / "a.key", "secret-key"), read_key(folder / "server.pub", "public-key")
    report = client("--server", endpoint, "--key", secret, "--server-key", public, "--seconds", "0.5")
    assert report["greetings"] == 1
    assert report["first_picture_ms"] is not None


def test_a_stranger_is_refused_in_words_and_does_not_knock_again(
    endpoint: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        report = client(*words_of(endpoint, folder, "x"), "--seconds", "1")
    public = read_key(folder / "x.pub", "public-key")
    assert f"does not know this client's key: saw {public}" in report["problem"]
    assert report["problems"] == [report["problem"]]
    assert caplog.text.count("client_refused") == 1


def test_another_servers_key_is_said_and_tried_again(endpoint: str, folder: Path) -> None:
    report = client(*words_of(endpoint, folder, of="b"), "--seconds", "0.5")
    assert "hangs up in the handshake: saw one that stops, or has another key" in report["problem"]
    assert report["problems"] == []  # it is not refused: the server may be back, as itself


def test_it_never_speaks_unencrypted(folder: Path) -> None:
    with serving(server()) as where:
        report = client(*words_of(where, folder), "--seconds", "0.5")
    assert "has no key, and would hear this client unencrypted" in report["problem"]
    assert report["problems"] == [report["problem"]]


def test_without_keys_it_is_told_to_give_some(endpoint: str) -> None:
    report = client("--server", endpoint, "--seconds", "0.5")
    assert report["messages"] == 0
    assert "give Key and ServerKey" in report["problem"]


# ---- what is given


def test_keys_that_are_none_are_told_before_anything_is_tried(folder: Path) -> None:
    needs_libzmq()
    secret = read_key(folder / "a.key", "secret-key")
    key, public = folder / "a.key", folder / "server.pub"
    (folder / "open.key").write_text(key.read_text())
    (folder / "open.key").chmod(0o640)
    (folder / "twice.key").write_text(key.read_text() * 2)
    (folder / "long.pub").write_text("# a comment\n" * 1_000)
    (folder / "cut.pub").write_bytes(public.read_bytes()[:-9] + b"\xff\0")
    os.mkfifo(folder / "pipe.key")
    for given, said in {
        (key, None): "saw Key alone",
        (None, public): "saw ServerKey alone",
        (folder / "gone.key", public): "gone.key cannot be read: saw No such file",
        (folder, public): "damaged",
        (folder / "pipe.key", public): "pipe.key cannot be read: saw no file",
        (folder / "open.key", public): "others can read the secret in",
        (folder / "twice.key", public): "2 lines, none of them a whole key",
        (key, folder / "long.pub"): "long.pub is damaged",
        (key, folder / "cut.pub"): "a line that is no key",
        (key, key): "holds the wrong half of a pair: saw a secret-key",
        (public, public): "holds the wrong half of a pair: saw a public-key",
        (secret[:-1], public): "saw 39 characters",
        ("#" * 40, public): "saw 40 characters, and no file",  # beyond 32 bits
    }.items():
        words = [
            word for pair in zip(("--key", "--server-key"), given, strict=True) if pair[1] for word in pair
        ]
        told = run(cpp_program("talkwire-client-cpp", "address"), "--server", NOBODY, *words, code=1)
        assert said in told
        assert secret[:-1] not in told


def test_a_build_without_libzmq_says_so(folder: Path) -> None:
    told = run(cpp_program("talkwire-client-cpp"), *words_of(NOBODY, folder), code=1)
    assert "this build cannot reach a server with keys" in told


# ---- a server that does not stay, or means no good


def test_a_line_is_said_whole_though_the_server_is_killed_in_it(port: int, folder: Path, voice: Any) -> None:
    needs_libzmq()
    words = [*words_of(f"tcp://127.0.0.1:{port}", folder), "--say", voice(3.0), "--seconds", "60"]
    with process(port, folder) as (first, _):
        program = subprocess.Popen(
            [cpp_program("talkwire-client-cpp", "address"), *words], stdout=subprocess.PIPE, text=True
        )
        time.sleep(2)
        os.kill(first.pid, signal.SIGKILL)
    with process(port, folder):
        said, _ = program.communicate(timeout=120)
    report = json.loads(said.splitlines()[-1])
    print(report)
    assert report["lines"] == [{"state": "done", "played_s": 3.0}]
    assert report["greetings"] == 2
    assert report["longest_tick_ms"] < TICK_MS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("silent", ""),
        ("resets", "hangs up in the handshake|hangs up at once"),  # the second before it was connected
        ("http", "does not speak ZeroMQ with keys"),
        ("wants_keys", ""),
        ("half_greeting", ""),
    ],
)
def test_a_hostile_server_is_borne(name: str, said: str, folder: Path) -> None:
    with hostile(name) as where:
        report = client(*words_of(where, folder), "--seconds", "0.5", "--plane", "none")
    assert any(word in report["problem"] for word in said.split("|")), report["problem"]
    assert report["longest_tick_ms"] < TICK_MS
    assert report["join_ms"] < JOIN_MS


def test_stopping_takes_no_time_though_nobody_is_there(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as full:  # accepts nobody
        full_port = full.getsockname()[1]
        for where in (
            NOBODY,
            "tcp://192.0.2.1:5556",
            "tcp://no-such.invalid:5556",
            f"tcp://127.0.0.1:{full_port}",
        ):
            report = client(*words_of(where, folder), "--cycles", "3", "--seconds", "0.05")
            assert report["join_worst_ms"] < JOIN_MS


def test_the_last_words_of_a_server_that_stops_are_heard(folder: Path) -> None:
    for _ in range(3):
        with answering(folder, [b"rubbish"], times=1) as where:
            report = client(*words_of(where, folder), "--seconds", "0.5", "--plane", "none")
        assert (report["misread"], report["greetings"]) == (100, 0)


@pytest.mark.parametrize(
    ("parts", "said"),
    [([b"a", b"b"], "several parts"), ([bytes(MAX_MEDIA_BYTES + 1)], "closed the connection|makes no sense")],
)
def test_the_holder_of_the_servers_key_may_be_hostile(folder: Path, parts: list[bytes], said: str) -> None:
    with answering(folder, parts) as where:
        report = client(*words_of(where, folder), "--seconds", "0.8", "--plane", "none")
    assert any(word in report["problem"] for word in said.split("|")), report["problem"]
    assert (report["messages"], report["greetings"]) == (0, 0)
    assert report["join_ms"] < JOIN_MS


@contextmanager
def answering(keys: Path, parts: list[bytes], times: int = 1_000) -> Iterator[str]:
    """What is said to it, it answers with this, a hundred times; after so many answers it is gone."""
    over = threading.Event()

    def answer() -> None:
        answered = 0
        while not over.is_set() and answered < times:
            if control.poll(50):
                peer = control.recv_multipart()[0]
                for _ in range(100):
                    control.send_multipart([peer, *parts])
                answered += 1
        control.close()

    with zmq.Context() as context:
        control = context.socket(zmq.ROUTER)
        control.linger = 1_000
        control.curve_secretkey = read_key(keys / "server.key", "secret-key").encode()
        control.curve_server = True
        bound = control.bind_to_random_port("tcp://127.0.0.1")
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{bound}"
        finally:
            over.set()
            thread.join()
