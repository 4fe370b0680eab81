"""The Unreal layer without Unreal: compiled against stand-ins for its headers, linked with the core, driven
by a loop that plays the engine against real servers. It has met no engine: see docs/tester-checklist.md.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.test_restart import port
from plugins.build import ROOT, UNREAL
from plugins.hostile import hostile
from plugins.unreal_build import SHIMS, SOURCE, check, compiled, generated, program, sources
from talkwire.cli.own_server import own_server
from talkwire.runtime.angles import ANGLE_NAMES
from talkwire.runtime.arkit import ARKIT_NAMES

__all__ = ["port"]  # a fixture
RUN_S = 280
TICK_MS, STOP_MS = 250, 2_000  # what a busy machine is given, sanitizers too; the figures are printed
Report = dict[str, Any]


def drive(scenario: str, endpoint: str, *words: object, kind: str = "release") -> Report:
    """What the loop saw."""
    command = [program("loop", kind), scenario, endpoint, *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
    assert ended.returncode == 0, ended.stderr[-8000:]
    report: Report = json.loads(ended.stdout.splitlines()[-1])
    print(scenario, report)
    return report


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """`talkwire serve`, as a user has it."""
    with own_server("--avatar", "nova", "--port", 0) as server:
        yield server.endpoint


# ---- compiled


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_every_source_compiles(source: Path) -> None:
    """Without exceptions and type information; no name hides another."""
    assert compiled(source).is_file()


@pytest.mark.parametrize("name", ["TalkwireWave", "TalkwireFaceComponent", "TalkwireTests"])
def test_what_differs_in_a_game_compiles_too(name: str) -> None:
    (source,) = (path for path in sources() if path.stem == name)
    assert check(source, editor=False) == ""


def test_the_sources_compile_as_one(tmp_path: Path) -> None:
    """As Unreal builds a module unless it is told otherwise: names of two files must not meet."""
    for module in ("Talkwire", "TalkwireEditor"):
        source = tmp_path / f"{module}.cpp"
        files = [path for path in sources() if path.is_relative_to(SOURCE / module)]
        source.write_text("".join(f'#include "{path}"\n' for path in files))
        assert check(source, editor=True) == ""


def test_a_wrong_signature_would_be_found(tmp_path: Path) -> None:
    source = tmp_path / "Wrong.cpp"
    source.write_text(
        '#include "TalkwireMeshComponent.h"\nvoid f(UTalkwireMeshComponent& m) { m.ShowHead(1); }\n'
    )
    assert "cannot convert" in check(source, editor=True) or "invalid" in check(source, editor=True)


def test_the_stand_ins_say_what_they_stand_for() -> None:
    for path in SHIMS.rglob("*.h"):
        assert path.read_text().startswith("// "), path
    assert "https://dev.epicgames.com" in (SHIMS / "CoreMinimal.h").read_text()


def test_what_generated_body_makes_is_of_its_line() -> None:
    header = "#pragma once\nUCLASS()\nclass X_API UFace : public UActorComponent\n{\n\tGENERATED_BODY()\n};\n"
    made = generated(header, "X/Public/Face.h")
    assert "#define FID_Face_5_GENERATED_BODY SHIM_CLASS(UFace, UActorComponent) private:" in made


# ---- without a server


@pytest.mark.parametrize("kind", ["address", "thread"])
def test_a_mesh_between_three_threads(kind: str) -> None:
    """What is drawn is the pose that was asked for in that frame; nobody waits where a component goes."""
    ended = subprocess.run(
        [program("mesh", kind)], capture_output=True, text=True, timeout=RUN_S, check=False
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-8000:]
    assert ", 0 failures" in ended.stdout


@pytest.mark.parametrize("kind", ["address", "thread"])
def test_what_needs_no_server(kind: str) -> None:
    ended = subprocess.run(
        [program("units", kind)], capture_output=True, text=True, timeout=RUN_S, check=False
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-8000:]
    names = [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("curve ")]
    wanted = [name[0].upper() + name[1:] for name in (*ARKIT_NAMES, *ANGLE_NAMES)]
    assert names == wanted


# ---- with `talkwire serve`


def test_a_line_is_said_seen_and_heard(endpoint: str) -> None:
    report = drive("speak", endpoint)
    assert report["head"] and report["textured"] and report["ended"]
    assert report["rebuilt"] <= 2  # triangles with the head and, perhaps, its material; then positions alone
    assert report["moved_cm"] > 0.01
    assert report["heard"] == f"started {int(report['line'])}, ended {int(report['line'])}, "
    assert report["loudest"] > 0.3
    assert report["jaw_loud"] > report["jaw_quiet"] + 0.03  # the mouth is open when the vowel is heard
    assert report["connection"].lstrip("1") == "2"  # connecting, perhaps, and connected: told once
    assert "A/V error" in report["figures"]
    assert report["warnings"] == 0
    assert report["allocations"] == 0  # of a second's ticks
    assert report["longest_tick_ms"] < TICK_MS


def test_an_interruption(endpoint: str) -> None:
    report = drive("cut", endpoint, kind="address")
    assert report["heard"] == f"started {int(report['line'])}, interrupted {int(report['line'])}, "
    assert report["longest_tick_ms"] < TICK_MS


def test_each_line_is_told_by_its_own_number(endpoint: str) -> None:
    report = drive("lines", endpoint, kind="address")
    cut, waits, then, unsaid = report["lines"].split()
    assert report["first"]
    ours = f"started {cut}, interrupted {cut}, started {then}, ended {then}, "
    assert report["heard"] == f"started 0, ended 0, {ours}"
    assert report["lost"] == f"{waits}, {unsaid}, "


def test_the_editor_without_play_and_a_game_that_takes_its_npc(endpoint: str) -> None:
    report = drive("editor", endpoint)
    assert report["alone"] and report["moved_cm"] > 0
    assert report["sounds"] == 0  # nothing is heard in the editor
    assert report["game"] and report["gave_way"] and report["back"]


def test_fifty_times_play_and_stop(endpoint: str) -> None:
    report = drive("cycles", endpoint, 50)
    assert (report["heads"], report["threads_left"]) == (50, 0)
    assert report["longest_tick_ms"] < TICK_MS
    assert report["longest_stop_ms"] < STOP_MS


def test_fifty_times_without_a_race(endpoint: str) -> None:
    report = drive("cycles", endpoint, 50, kind="thread")
    assert (report["heads"], report["threads_left"]) == (50, 0)


def test_live_link_alone_beside_a_component_and_of_another_npc(endpoint: str) -> None:
    report = drive("livelink", endpoint)
    for when in ("alone", "together", "again", "other"):
        assert report[when] > 30, when
    assert report["names"] == len(ARKIT_NAMES) + len(ANGLE_NAMES)
    assert report["whole"] and report["changed"] and report["weights"]
    assert (report["subject"], report["removed"], report["valid"]) == ("other", 1, 0)


def test_async_nodes_and_a_video_face(endpoint: str) -> None:
    report = drive("nodes", endpoint)
    lines = "started, ended, started, ended, "
    assert report["heard"] == f"connected, failed, failed, failed, {lines}"
    assert not report["mesh"]
    assert report["video"]


# ---- servers that go, stand still, or mean no good


@contextmanager
def a_server(port: int) -> Iterator[subprocess.Popen[str]]:
    """In a process of its own, to be killed."""
    words = [sys.executable, ROOT / "tests/bridge/a_server.py", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def restarting(port: int) -> Iterator[subprocess.Popen[str]]:
    """The loop with a face that speaks; it says when it has lost its server."""
    words = [program("loop"), "restart", f"tcp://127.0.0.1:{port}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as loop:
        assert loop.stdout is not None
        assert loop.stdout.readline() == "speaking\n"
        yield loop


def came_back(loop: subprocess.Popen[str]) -> Report:
    """What it saw, to its end."""
    said, _ = loop.communicate(timeout=RUN_S)
    report: Report = json.loads(said.splitlines()[-1])
    print(report)
    assert report["lost"] and report["back"] and report["moves"]
    assert report["connection"].lstrip("1") == "212"  # connected, connecting, connected
    line = int(report["line"])  # what was not heard of it is said, as the same line
    assert report["heard"] == f"started {line}, ended {line}, "
    assert report["longest_tick_ms"] < TICK_MS
    return report


def test_a_server_that_is_killed_and_comes_back(port: int) -> None:
    with a_server(port) as first, restarting(port) as loop:
        first.kill()
        assert loop.stdout is not None
        assert loop.stdout.readline() == "lost\n"
        with a_server(port):
            came_back(loop)


def test_a_server_that_stands_still_in_mid_line_does_not_hold_a_tick(port: int) -> None:
    with a_server(port) as server, restarting(port) as loop:
        os.kill(server.pid, signal.SIGSTOP)
        assert loop.stdout is not None
        assert loop.stdout.readline() == "lost\n"
        os.kill(server.pid, signal.SIGCONT)
        came_back(loop)


@pytest.mark.parametrize("name", ["stalls_in_frame", "stalls", "floods", "drips", "resets"])
def test_a_hostile_server_does_not_hold_a_tick(name: str) -> None:
    with hostile(name) as address:
        report = drive("stall", address)
    assert report["ticks"] > 100
    assert report["longest_tick_ms"] < TICK_MS


def test_the_sources_are_in_the_plugin() -> None:
    """Each module's sources are found, so that none of the tests above is of nothing."""
    assert len(sources()) > 20
    assert SOURCE.is_relative_to(UNREAL)
