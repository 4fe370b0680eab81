"""The Unity package's components, compiled against stand-ins and driven by an imitation of the player loop.

Nothing here has seen Unity: docs/tester-checklist.md has what only a person with the editor can find out.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.conftest import clock, endpoint
from bridge.test_access import folder, server
from bridge.test_restart import port, process
from plugins import build_cs, build_unity, unity_lint
from plugins.hostile import hostile
from talkwire.bridge.access.keys import ServerKeys
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

__all__ = ["clock", "endpoint", "folder", "port"]  # fixtures
SAMPLES = sorted(path for path in (unity_lint.PACKAGE / "Samples~").glob("*") if path.is_dir())


PACKAGES = {
    "plain": (),
    "timeline": build_unity.TIMELINE,
    "burst": build_unity.BURST,
    "all": build_unity.DEFINES,
}


@pytest.mark.parametrize("defines", PACKAGES.values(), ids=PACKAGES)
def test_every_assembly_compiles(defines: tuple[str, ...]) -> None:
    folder = build_unity.built(*defines)
    there = {path.stem for path in folder.glob("Talkwire*.dll")}
    assert {"Talkwire", "Talkwire.Core", "Talkwire.Editor"} <= there
    assert ("Talkwire.Timeline" in there) == ("TALKWIRE_TIMELINE" in defines)
    assert ("Talkwire.Burst" in there) == ("TALKWIRE_BURST" in defines)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_compiles(sample: Path) -> None:
    build_unity.compile_sample(sample)


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 4


def test_what_it_shows_is_where_it_should_be() -> None:
    print(build_unity.run_tests())


@pytest.mark.parametrize("maker", [(), ("burst",)], ids=["workers", "burst"])
def test_a_head_talks_is_cut_and_allocates_nothing(maker: tuple[str, ...]) -> None:
    topology = synthetic_topology(10_000)
    with serving(Server(lambda: SyntheticSession(topology), port=0)) as where:
        print(build_unity.run_program("Talks", where, *maker))


def test_who_makes_heads_holds_no_game_and_leaves_nothing() -> None:
    topology = synthetic_topology(10_000)
    with serving(Server(lambda: SyntheticSession(topology), port=0)) as where:
        print(build_unity.run_program("Hands", where))


def test_each_line_is_told_by_itself(endpoint: str) -> None:
    build_unity.run_program("Tells", endpoint)


def test_it_comes_and_goes(endpoint: str) -> None:
    print(build_unity.run_program("Comes", endpoint))


def test_characters_videos_windows_recordings_and_timelines(endpoint: str) -> None:
    print(build_unity.run_program("Shows", endpoint))


def test_sound_that_goes_away_comes_back_or_is_paused(endpoint: str) -> None:
    print(build_unity.run_program("Mutes", endpoint))


@contextmanager
def game(where: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    words = [*build_unity.program(), "--run", "Borne", where, str(seconds)]
    made = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        yield made
    finally:
        made.kill()
        made.communicate()


def until(made: subprocess.Popen[str], wanted: str) -> str:
    assert made.stdout is not None
    for line in made.stdout:
        if re.search(wanted, line):
            return line
    raise AssertionError(f"never said {wanted}")


def test_a_server_that_is_killed_and_comes_again_is_met(port: int) -> None:
    build_unity.program()
    with process(port) as (first, where), game(where, 14) as made:
        until(made, "started 1")
        os.kill(first.pid, signal.SIGKILL)
        until(made, "disconnected 1")
        with process(port):
            print(until(made, "connected 2"))
            print(until(made, "started 1 ended 1 interrupted 0"))  # its rest is the same line
            print(until(made, "^ticks"))
            assert made.wait(10) == 0


@pytest.mark.parametrize("house", ["stalls_in_frame", "stalls", "lies", "resets", "floods"])
def test_a_server_that_means_no_good_never_holds_a_tick(house: str) -> None:
    with hostile(house) as where:
        print(build_unity.run_program("Borne", where, "3"))


def test_with_keys_a_server_that_wants_them_is_met(folder: Path) -> None:
    build_cs.needs_libzmq()
    with serving(server(keys=ServerKeys(folder))) as where:
        given = str(folder / "a.key"), str(folder / "server.pub")
        assert "started 1" in build_unity.run_program("Borne", where, "1.5", *given)
        assert "give Key and ServerKey" in build_unity.run_program("Borne", where, "0.5")


def test_nothing_listens_there() -> None:
    said = build_unity.run_program("Borne", "tcp://127.0.0.1:9", "2")
    assert "nobody listens there" in said, said
