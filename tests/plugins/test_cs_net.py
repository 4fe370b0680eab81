"""The C# core against servers: a real one, one that is killed and comes again, and some that mean no good.

What a game would wait for is measured and printed, and asserted only within bounds that a busy machine keeps.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.conftest import clock, endpoint
from bridge.test_restart import port, process
from plugins import build_cs
from plugins.hostile import HOUSES, hostile
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

__all__ = ["clock", "endpoint", "port"]  # fixtures
RATE_HZ = 16_000
PATIENCE_S = 60.0
LONGEST_TICK_MS = 500.0  # a bound that only waiting would break; the figure is printed
LONGEST_STOP_MS = 1_000.0  # 200 on a quiet machine: Mono compiles as it goes; the figure is printed
CLASSES = ("ZmtpTests", "SessionTests", "LinkTests")
Report = dict[str, Any]


@pytest.mark.parametrize("name", CLASSES)
def test_the_cores_own_tests_pass(name: str) -> None:
    assert ", 0 failed" in build_cs.run_tests(name)


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """Two seconds of a tone."""
    path = tmp_path / "voice.wav"
    tone = 8000 * np.sin(np.arange(2 * RATE_HZ) / 8)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone.astype("<i2").tobytes())
    return path


def run(*arguments: str) -> list[Report]:
    """What the console client prints."""
    done = subprocess.run(
        [*build_cs.command("talkwire-client-cs"), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def bears(report: Report) -> None:
    """It never waited, and could be stopped at once."""
    print({key: report[key] for key in ("tick_p50_ms", "tick_p99_ms", "tick_longest_ms", "stop_ms")})
    assert report["tick_longest_ms"] < LONGEST_TICK_MS
    assert report["stopped"] and report["stop_ms"] < LONGEST_STOP_MS


@contextmanager
def server(vertices: int) -> Iterator[str]:
    topology = synthetic_topology(vertices)
    with serving(Server(lambda: SyntheticSession(topology), port=0)) as where:
        yield where


def test_a_line_is_said_heard_and_seen(voice: Path) -> None:
    with server(10_000) as where:
        *told, report = run(where, "--say", str(voice), "--seconds", "30")
    bears(report)
    print(report)
    assert [one["told"] for one in told if one["told"] in ("welcome", "opened", "heard")] == [
        *("welcome", "opened"),
        *("heard", "heard"),
    ]
    assert report["state"] == "Off" and report["lines"] == [
        {"state": "Done", "pushed_s": 2.0, "played_s": 2.0}
    ]
    assert report["vertices"] >= 10_000 and report["textured"]
    assert report["pictures"] > 60 and report["sent"] > 100 and report["dropped"] == 0
    assert report["refused"] == report["lost"] == report["overtaken"] == 0
    assert report["first_frame_ms"] > 0 and report["av_error_p95_ms"] < 100


@pytest.mark.parametrize("frames", ["frame/f32", "frame/delta8", "frame/q16n", "frame/basis", "frame/arkit"])
def test_every_plane_of_frames_arrives(frames: str) -> None:
    vertices = len(synthetic_topology(100).neutral_vx3)
    with server(100) as where:
        *_, report = run(where, "--frames", frames, "--seconds", "2")
    assert report["sent"] > 20 and report["dropped"] == report["refused"] == 0, report
    assert report["vertices"] == (0 if frames == "frame/arkit" else vertices)


def test_no_tick_unpacks_what_never_changes() -> None:
    with server(100) as where:
        prepared, others = build_cs.run_test_program("Prepared", where).split(";")
    assert prepared.split() == ["Basis", "Mesh", "Texture"]
    assert "Coefficients" in others.split()


def test_a_stream_allocates_nothing() -> None:
    with server(10_000) as where:
        *_, report = run(where, "--seconds", "6")
    assert report["settled_collections"] == 0
    per_tick = report["settled_bytes_per_tick"]
    print({"bytes per tick": per_tick})
    assert per_tick < 2_000, "a pool may grow by a frame or two; a frame a tick would be 60 kB"


def test_a_live_line_among_many_is_whole(voice: Path) -> None:
    with server(100) as where:
        *_, report = run(where, "--say", str(voice), "--say", str(voice), "--live", "--seconds", "30")
    assert [line["state"] for line in report["lines"]] == ["Done", "Done"], report


def test_50_times_come_and_gone(endpoint: str) -> None:
    (report,) = run(endpoint, "--cycles", "50")
    print(report)
    assert report["ended"] == 50 and report["opened"] > 5
    assert report["worst_stop_ms"] < LONGEST_STOP_MS


@contextmanager
def client(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The console client, to be read while it runs."""
    words = [*build_cs.command("talkwire-client-cs"), *arguments]
    made = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield made
    finally:
        made.kill()
        made.communicate()


def until(made: subprocess.Popen[str], key: str, value: object) -> Report:
    """The next line in which it is so."""
    assert made.stdout is not None
    for line in made.stdout:
        said: Report = json.loads(line)
        if said.get(key) == value:
            return said
    raise AssertionError(f"never said {key} {value}: {made.stderr and made.stderr.read()}")


def test_a_line_is_said_whole_though_its_server_is_killed(port: int, voice: Path) -> None:
    with process(port) as (first, where), client(where, "--say", str(voice), "--seconds", "40") as made:
        until(made, "state", "Speaking")
        os.kill(first.pid, signal.SIGKILL)
        until(made, "told", "lost")
        with process(port):
            again = until(made, "told", "welcome")
            assert again["restarted"]
            report = until(made, "stopped", True)
    bears(report)
    assert report["lines"] == [{"state": "Done", "pushed_s": 2.0, "played_s": 2.0}]
    assert report["greetings"] == 2


def test_a_server_that_is_killed_again_and_again_is_met_each_time(port: int) -> None:
    with process(port) as (first, where), client(where, "--seconds", "50") as made:
        until(made, "told", "opened")
        os.kill(first.pid, signal.SIGKILL)
        for _ in range(3):
            until(made, "told", "lost")
            with process(port) as (again, _):
                until(made, "told", "opened")
                os.kill(again.pid, signal.SIGKILL)


HOSTILE_TOLD = {
    "http": "does not speak ZeroMQ",
    "wants_keys": "wants keys",
    "rubbish_ready": "READY makes no sense",
    "early_ping": "has not said who it is",
    "another_port": "another one of the server's",
    "lies_about_lengths": "too long a message",
    "major_2": "another version",
    "wrong_readers": "another one of the server's",
    "lies": "too long a message",
    "resets": "no connection",
}


@pytest.fixture(scope="module")
def borne() -> dict[str, list[Report]]:
    """What the client said of each hostile server. Some at a time, as it mostly waits for them."""

    def bear(name: str) -> list[Report]:
        with hostile(name) as where:
            return run(where, "--seconds", "3")

    build_cs.command("talkwire-client-cs")  # compiled before they race for it
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(HOUSES, pool.map(bear, HOUSES), strict=True))


@pytest.mark.parametrize("name", HOUSES)
def test_a_hostile_server_is_borne(borne: dict[str, list[Report]], name: str) -> None:
    *told, report = borne[name]
    bears(report)
    problems = " ".join(one.get("problem", "") for one in [*told, report])
    assert HOSTILE_TOLD.get(name, "") in problems


@pytest.mark.parametrize("seed", [1, 2])
def test_a_game_that_changes_its_mind_all_the_time(endpoint: str, seed: int) -> None:
    print(build_cs.run_test_program("Lively", endpoint, "5", str(seed)))


def test_a_game_that_changes_its_mind_while_servers_come_and_go(port: int) -> None:
    with process(port) as (first, where):
        words = build_cs.command("Talkwire.Tests")
        game = subprocess.Popen(
            [*words, "--run", "Lively", where, "8", "3"], stdout=subprocess.PIPE, text=True
        )
        try:
            time.sleep(2)
            os.kill(first.pid, signal.SIGKILL)
            with process(port) as (again, _):
                time.sleep(2)
                os.kill(again.pid, signal.SIGKILL)
                with process(port):
                    said, _ = game.communicate(timeout=PATIENCE_S)
        finally:
            game.kill()
            game.communicate()
    print(said)
    assert game.returncode == 0, said
