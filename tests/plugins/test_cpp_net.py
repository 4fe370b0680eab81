"""The C++ core on the network: with a real server, one that is killed, stalls or denies, and hostile ones."""

import json
import os
import signal
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.conftest import TOPOLOGY
from bridge.test_restart import port, process
from plugins.build import VECTORS, cpp_program, run
from plugins.hostile import GREETING, HOUSES, command, frame, hostile, ready
from plugins.session_by_chance import write_scenes
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession

__all__ = ["port"]  # a fixture
UNIT_TESTS = ("test_zmtp", "test_session", "test_inbox", "test_link")
FUZZ_RUNS, SCENES = 20_000, 400
JOIN_MS, TICK_MS = 2_000, 250  # what a busy machine is given; the figures are printed
RATE_HZ = 16_000
Report = dict[str, Any]


def client(*words: str | Path, code: int = 0) -> Report:
    """What the console client measured."""
    said = run(cpp_program("talkwire-client-cpp"), *words, code=code)
    report: Report = json.loads(said.splitlines()[-1])
    return report


def started(*words: str | Path) -> subprocess.Popen[str]:
    """The same in the background."""
    program = cpp_program("talkwire-client-cpp")
    return subprocess.Popen([program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(program: subprocess.Popen[str]) -> Report:
    """What it measured, when it has ended."""
    said, _ = program.communicate(timeout=120)
    assert program.returncode == 0, said
    report: Report = json.loads(said.splitlines()[-1])
    return report


def server(**options: Any) -> Server:
    return Server(lambda: SyntheticSession(TOPOLOGY), port=0, **options)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving(server()) as address:
        yield address


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """A WAV file of so many seconds."""

    def make(seconds: float) -> Path:
        path = tmp_path_factory.mktemp("voice") / "line.wav"
        samples = (9_000 * np.sin(np.arange(round(seconds * RATE_HZ)) / 8)).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        return path

    return make


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_unit_tests_pass_under_sanitizers(name: str) -> None:
    said = run(cpp_program(name, "address"))
    print(said)
    assert " 0 failures" in said


def test_whatever_happens_it_does_what_the_reference_machine_does(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    write_scenes(tmp_path / "session", SCENES)
    program, environment = cpp_program("test_session"), {**os.environ, "TALKWIRE_VECTORS": str(tmp_path)}
    made = subprocess.run([program, "script"], env=environment, capture_output=True, text=True, timeout=120)
    assert made.stdout == "1 tests, 0 failures\n"


def test_the_link_has_no_races() -> None:
    assert " 0 failures" in run(cpp_program("test_link", "thread"))


def test_the_link_as_it_ships() -> None:
    """Without sanitizers, for the figures that it prints."""
    said = run(cpp_program("test_link"))
    print(said)
    assert " 0 failures" in said


def test_any_bytes_of_a_peer_break_nothing(tmp_path: Path) -> None:
    shaken = GREETING + ready(b"ROUTER")
    seeds = [
        GREETING,
        shaken + frame(b"hello") + command(b"PING", b"\0\x0aabc") + frame(b"x" * 300),
        shaken + command(b"PONG") + command(b"ERROR", b"\x04gone"),
        GREETING[:11] + b"\0" + GREETING[12:] + ready(b"XPUB") + frame(b"", 1),
    ]
    for i, seed in enumerate(seeds):
        (tmp_path / f"{i}.bin").write_bytes(seed)
    for name, folder in (("fuzz_zmtp", tmp_path), ("fuzz_session", VECTORS)):
        said = run(cpp_program(name, "address"), "--runs", str(FUZZ_RUNS), folder)
        assert f"{FUZZ_RUNS} damaged ones" in said


# ---- a server as it should be


@pytest.mark.parametrize(
    "plane", ["suggested", "frame/f32", "frame/q16", "frame/delta8", "frame/q16n", "frame/basis"]
)
def test_a_line_is_said_heard_and_seen(endpoint: str, voice: Callable[[float], Path], plane: str) -> None:
    session = plane.replace("/", ".")
    report = client("--server", endpoint, "--session", session, "--plane", plane, "--say", voice(1.0))
    print(report)
    assert report["lines"] == [{"state": "done", "played_s": 1.0}]
    assert report["happened"] == ["started", "ended"]
    assert report["vertices"] == len(TOPOLOGY.neutral_vx3)
    assert report["pictures"] > 20
    assert (report["dropped"], report["misread"], report["refused"], report["untaken_frames"]) == (0, 0, 0, 0)
    assert (report["problem"], report["problems"], report["greetings"]) == ("", [], 1)


def test_lines_follow_each_other_as_far_as_there_is_room(
    endpoint: str, voice: Callable[[float], Path]
) -> None:
    lines = [word for path in (voice(0.5), voice(0.3), voice(0.4)) for word in ("--say", path)]
    report = client("--server", endpoint, "--session", "three", *lines)
    assert [line["state"] for line in report["lines"]] == ["done"] * 3
    assert report["happened"] == ["started", "ended"] * 3


def test_a_microphones_line_and_an_interruption(endpoint: str, voice: Callable[[float], Path]) -> None:
    words = ("--server", endpoint, "--session", "cut", "--live")
    report = client(*words, "--say", voice(1.0))
    assert (report["lines"], report["happened"]) == (
        [{"state": "done", "played_s": 1.0}],
        ["started", "ended"],
    )
    assert report["first_frame_ms"] is not None
    report = client(*words, "--say", voice(20.0), "--interrupt", "1")
    assert report["lines"][0]["state"] == "interrupted"
    assert report["happened"] == ["started", "interrupted"]


def test_a_slow_display_is_no_latency_of_the_network(endpoint: str) -> None:
    report = client("--server", endpoint, "--session", "slow", "--fps", "4", "--seconds", "4")
    assert report["sent"] > 50
    assert report["latency_p50_ms"] < 50  # frames wait up to 250 ms until they are looked at


def test_fifty_times_from_start_to_stop(endpoint: str) -> None:
    report = client("--server", endpoint, "--session", "cycle", "--cycles", "50", "--seconds", "0.2")
    print(report)
    assert report["cycles"] == 50
    assert report["with_picture"] > 40
    assert report["join_worst_ms"] < JOIN_MS


def test_a_wrong_token_is_a_sentence() -> None:
    with serving(server(token="open sesame")) as address:
        report = client("--server", address, "--token", "guess", "--seconds", "0.5")
        assert "token" in report["problem"]
        assert report["messages"] == 1  # it is not tried again
        report = client("--server", address, "--token", "open sesame", "--seconds", "0.5")
        assert report["problem"] == ""
        assert report["first_picture_ms"] is not None


def test_wrong_words_are_told() -> None:
    program = cpp_program("talkwire-client-cpp")
    for words in (["--nonsense", "1"], ["--plane", "frame/none"], ["--seconds"], ["--say", "nowhere.wav"]):
        assert run(program, *words, code=2)
    for words in (["--server", "nowhere"], ["--session", "no name"]):
        assert "; " in run(program, *words, code=1)


# ---- a server that does not stay


def test_a_line_is_said_whole_though_the_server_is_killed_in_it(
    port: int, voice: Callable[[float], Path]
) -> None:
    with process(port) as (first, _):
        words = ("--server", f"tcp://127.0.0.1:{port}", "--say", voice(5.0), "--seconds", "60")
        program = started(*words)
        time.sleep(3)
        os.kill(first.pid, signal.SIGKILL)
    with process(port):
        report = ended(program)
    print(report)
    assert report["lines"] == [{"state": "done", "played_s": 5.0}]
    assert report["greetings"] == 2
    assert report["longest_tick_ms"] < TICK_MS


def test_a_server_that_stands_still_does_not_hold_up_the_game(
    port: int, voice: Callable[[float], Path]
) -> None:
    with process(port) as (stalled, _):
        words = ("--server", f"tcp://127.0.0.1:{port}", "--live", "--say", voice(30.0), "--seconds", "4")
        program = started(*words)
        time.sleep(1.5)
        os.kill(stalled.pid, signal.SIGSTOP)
        report = ended(program)
        os.kill(stalled.pid, signal.SIGCONT)
    print(
        {name: report[name] for name in ("ticks", "tick_p50_ms", "tick_p99_ms", "longest_tick_ms", "join_ms")}
    )
    assert report["ticks"] > 150
    assert report["longest_tick_ms"] < TICK_MS
    assert report["join_ms"] < JOIN_MS


# ---- a server that means no good

SAID = {
    "resets": "lost|reset|closed",
    "http": "does not speak ZeroMQ",
    "wants_keys": "wants keys",
    "rubbish_ready": "READY makes no sense",
    "early_ping": "has not said who it is",
    "another_port": "another one of the server's",
    "lies_about_lengths": "9223372036854775807 bytes",
    "major_2": "another version",
}


@pytest.mark.parametrize("name", HOUSES)
def test_a_hostile_server_is_borne(name: str, voice: Callable[[float], Path]) -> None:
    with hostile(name) as address:
        report = client("--server", address, "--seconds", "2", "--plane", "none", "--say", voice(1.0))
    figures = ("ticks", "longest_tick_ms", "join_ms", "misread", "messages", "untaken_sound")
    print(name, {figure: report[figure] for figure in figures}, report["problem"])
    assert any(word in report["problem"] for word in SAID.get(name, "").split("|")), report["problem"]
    assert report["longest_tick_ms"] < TICK_MS
    assert report["join_ms"] < JOIN_MS
    assert report["resident_mb"] < 300
    if name in ("floods", "rubbish_answers"):
        assert report["misread"] > 100
