"""The C# core with keys, by libzmq (docs/connecting.md, 15): servers with some, with none, or hostile."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.test_access import endpoint, folder, server
from bridge.test_restart import port, process
from plugins import build_cs
from plugins.hostile import hostile
from plugins.test_cpp_curve import answering
from plugins.test_cs_net import LONGEST_STOP_MS, Report, bears, client, run, until, voice
from talkwire.bridge.access.keys import read_key
from talkwire.bridge.limits import MAX_MEDIA_BYTES
from talkwire.bridge.serving.server import serving

__all__ = ["endpoint", "folder", "port", "voice"]  # fixtures
NOBODY = "tcp://127.0.0.1:1"
MONO_CONFIG = Path("/etc/mono/config")


@pytest.fixture(autouse=True)
def libzmq() -> None:
    build_cs.needs_libzmq()


def keys(folder: Path, name: str = "a", of: str = "server") -> list[str]:
    return ["--key", str(folder / f"{name}.key"), "--server-key", str(folder / f"{of}.pub")]


def told(where: str, *words: str) -> tuple[list[str], Report]:
    """The codes of what it said in a second, and its report."""
    *said, report = run(where, *words, "--seconds", "0.9")
    print(report["problem"])
    bears(report)
    return [one["code"] for one in said if "code" in one], report


def test_a_line_is_said_heard_and_seen(endpoint: str, folder: Path, voice: Path) -> None:
    *_, report = run(endpoint, *keys(folder), "--say", str(voice), "--seconds", "30")
    bears(report)
    assert report["lines"] == [{"state": "Done", "pushed_s": 2.0, "played_s": 2.0}]
    assert (report["problem"], report["greetings"], report["errors"], report["refused"]) == ("", 1, 0, 0)
    assert report["pictures"] > 60 and report["sent"] > 100 and report["dropped"] == 0


def test_a_stream_allocates_nothing_and_keys_may_be_their_characters(endpoint: str, folder: Path) -> None:
    own, servers = read_key(folder / "a.key", "secret-key"), read_key(folder / "server.pub", "public-key")
    *_, report = run(endpoint, "--key", own, "--server-key", servers, "--seconds", "4")
    assert report["settled_collections"] == 0
    assert report["settled_bytes_per_tick"] < 2_000


def test_a_stranger_is_refused_in_words_and_does_not_knock_again(
    endpoint: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        codes, report = told(endpoint, *keys(folder, "x"))
    public = read_key(folder / "x.pub", "public-key")
    assert f"does not know this client's key: saw {public}" in report["problem"]
    assert codes == ["denied"]
    assert caplog.text.count("client_refused") == 1


def test_without_keys_it_is_told_to_give_some_and_gives_up(endpoint: str) -> None:
    codes, report = told(endpoint)
    assert "give Key and ServerKey" in report["problem"]
    assert codes == ["denied"]


def test_another_servers_key_is_said_and_tried_again(endpoint: str, folder: Path) -> None:
    codes, report = told(endpoint, *keys(folder, of="b"))
    assert "hangs up in the handshake: saw one that stops, or has another key" in report["problem"]
    assert codes == []


def test_it_never_speaks_unencrypted(folder: Path) -> None:
    with serving(server()) as where:
        codes, report = told(where, *keys(folder))
    assert codes == ["denied"] or "hangs up in the handshake" in report["problem"]  # who is first is chance
    assert report["greetings"] == 0


def test_a_line_is_said_whole_though_its_server_is_killed(port: int, folder: Path, voice: Path) -> None:
    words = [*keys(folder), "--say", str(voice), "--seconds", "40"]
    with process(port, folder) as (first, where), client(where, *words) as made:
        until(made, "state", "Speaking")
        os.kill(first.pid, signal.SIGKILL)
        until(made, "told", "lost")
        with process(port, folder):
            assert until(made, "told", "welcome")["restarted"]
            report = until(made, "stopped", True)
    bears(report)
    assert report["lines"] == [{"state": "Done", "pushed_s": 2.0, "played_s": 2.0}]
    assert report["greetings"] == 2


def test_15_times_come_and_gone(endpoint: str, folder: Path) -> None:
    (report,) = run(endpoint, *keys(folder), "--cycles", "15")
    print(report)
    assert report["ended"] == 15 and report["opened"] > 5
    assert report["worst_stop_ms"] < LONGEST_STOP_MS


def test_a_game_that_changes_its_mind_all_the_time(endpoint: str, folder: Path) -> None:
    given = str(folder / "a.key"), str(folder / "server.pub")
    print(build_cs.run_test_program("Lively", endpoint, "2", "1", *given))


def test_hostile_servers_are_borne(folder: Path) -> None:
    def bear(name: str) -> tuple[list[str], Report]:
        with hostile(name) as where:
            return told(where, *keys(folder))

    build_cs.command("talkwire-client-cs")  # compiled before they race for it
    with ThreadPoolExecutor(2) as pool:
        for codes, report in pool.map(bear, ["silent", "resets", "http", "half_greeting"]):
            assert (codes, report["greetings"]) == ([], 0)


def test_the_last_words_of_a_server_that_stops_are_heard(folder: Path) -> None:
    with answering(folder, [b"rubbish"], times=1) as where:
        *_, report = run(where, *keys(folder), "--seconds", "0.5")
    assert (report["errors"], report["greetings"]) == (100, 0)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [([b"a", b"b"], "several parts"), ([bytes(MAX_MEDIA_BYTES + 1)], "closed the connection|makes no sense")],
)
def test_the_holder_of_the_servers_key_may_be_hostile(folder: Path, parts: list[bytes], problem: str) -> None:
    with answering(folder, parts) as where:
        _, report = told(where, *keys(folder))
    assert any(word in report["problem"] for word in problem.split("|"))
    assert (report["errors"], report["greetings"]) == (0, 0)


@pytest.mark.parametrize("where", [NOBODY, "tcp://198.51.100.1:5556", "tcp://no.such.host.invalid:5556"])
def test_nobody_is_there_and_stopping_takes_no_time(where: str, folder: Path) -> None:
    (report,) = run(where, *keys(folder), "--cycles", "3")
    assert report["ended"] == 3
    assert report["worst_stop_ms"] < LONGEST_STOP_MS


def test_keys_that_are_none_are_told_and_nothing_is_tried(folder: Path, tmp_path: Path) -> None:
    own, secret = folder / "a.key", read_key(folder / "a.key", "secret-key")
    server_key = folder / "server.pub"
    (tmp_path / "twice.key").write_text(own.read_text() * 2)
    (tmp_path / "long.pub").write_text("# a comment\n" * 1_000)
    (tmp_path / "cut.pub").write_bytes(server_key.read_bytes()[:-9] + b"\xff\0")
    os.mkfifo(tmp_path / "pipe.key")
    cases = {
        (own, ""): "saw Key alone",
        ("", server_key): "saw ServerKey alone",
        (tmp_path / "gone.key", server_key): "gone.key cannot be read: saw no such file",
        (tmp_path, server_key): "no file of this name",
        (tmp_path / "pipe.key", server_key): "pipe.key is damaged: saw 0 bytes",
        (tmp_path / "twice.key", server_key): "2 lines, none of them a whole key",
        (own, tmp_path / "long.pub"): "long.pub is damaged",
        (own, tmp_path / "cut.pub"): "a line that is no key",
        (own, own): "holds the wrong half of a pair: saw a secret-key",
        (server_key, server_key): "holds the wrong half of a pair: saw a public-key",
        (secret[:-1], server_key): "saw 39 characters",
        ("#" * 40, server_key): "saw 40 characters, and no file",  # beyond 32 bits
    }
    given = [str(word) for pair in cases for word in pair]
    said = build_cs.run_test_program("Denied", *given).splitlines()
    for line, wanted in zip(said, cases.values(), strict=True):
        assert wanted in line
        assert secret[:-1] not in line


@pytest.mark.skipif(not MONO_CONFIG.exists(), reason="mono is configured elsewhere")
def test_without_libzmq_it_says_where_to_put_it(folder: Path, tmp_path: Path) -> None:
    without = tmp_path / "config"
    hide = '<configuration>\n<dllmap dll="libzmq" target="no-such-library"/>'
    without.write_text(MONO_CONFIG.read_text().replace("<configuration>", hide))
    words = [*build_cs.command("talkwire-client-cs"), NOBODY, "--seconds", "0.5"]

    def said(*more: str) -> str:
        environment = os.environ | {"MONO_CONFIG": str(without)}
        return subprocess.run(
            [*words, *more], env=environment, capture_output=True, text=True, check=True
        ).stdout

    problem = said(*keys(folder))
    assert "saw no libzmq, wanted libzmq 4.3 or newer" in problem and "into Assets/Plugins" in problem
    assert "nobody listens there" in said()  # which nothing of libzmq says
