"""The C++ core's player does what the reference player did, takes no memory as it runs, breaks on nothing."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bridge.cases import FIRST, FOLDER, MEDIA, REFUSED
from plugins.build import cpp_program, run
from plugins.chance_scenes import write_traces
from talkwire.bridge.media import Media
from talkwire.bridge.recording import Recorder, replay

FUZZ_RUNS = 10_000
CHANCE_SCENES = 40


def run_with(program: Path, *words: str, **environment: Path) -> str:
    """What it prints, with these in its environment."""
    variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    return subprocess.run(
        [program, *words], env=variables, capture_output=True, text=True, timeout=120, check=False
    ).stdout


@pytest.mark.parametrize("kind", ["modular", "address"])
def test_every_trace_is_played_as_the_reference_player_plays_it(kind: str) -> None:
    said = run(cpp_program("test_trace", kind))
    assert "0 failures" in said
    assert said.count(" steps\n") == len(list((FOLDER / "playing").glob("*.json"))) > 15


def test_traces_that_nobody_thought_of_are_played_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "playing").mkdir()
    count = write_traces(tmp_path / "playing", range(CHANCE_SCENES), monkeypatch)
    assert count > CHANCE_SCENES // 2
    said = run_with(cpp_program("test_trace"), TALKWIRE_VECTORS=tmp_path)
    assert "1 tests, 0 failures" in said and said.count(" steps\n") == count, said[-4000:]


@pytest.mark.parametrize(
    "name", ["test_player", "test_shape", "test_tape", "test_pull_sink", "test_recording"]
)
def test_unit_tests_pass_under_sanitizers(name: str) -> None:
    assert "0 failures" in run(cpp_program(name, "address"))


@pytest.mark.parametrize("name", ["test_pull_sink", "test_shape"])
def test_nothing_races_between_the_players_thread_and_others(name: str) -> None:
    assert "0 failures" in run(cpp_program(name, "thread"))


def test_600_frames_with_sound_take_no_memory() -> None:
    said = run(cpp_program("test_steady"))
    assert "q16: 0 allocations in 600 frames" in said
    assert "basis: 0 allocations in 600 frames" in said


def test_any_message_of_a_server_breaks_nothing() -> None:
    said = run(cpp_program("fuzz_player", "address"), "--runs", str(FUZZ_RUNS), FOLDER, REFUSED, FIRST)
    assert f"{FUZZ_RUNS} damaged ones" in said


def test_recordings_of_either_side_are_those_of_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.twrec"
    with Recorder(path) as recorder:
        for i, media in enumerate(MEDIA.values()):
            recorder.write(media, 1000 + i)
    said = run_with(cpp_program("test_recording"), "another_program", TALKWIRE_RECORDING=path)
    assert "1 tests, 0 failures" in said, said
    copied: list[tuple[int, Media]] = list(replay(tmp_path / "a.twrec.copy"))
    assert copied == list(replay(path))
    assert (tmp_path / "a.twrec.copy").read_bytes() == path.read_bytes()


def test_the_bench_says_what_a_picture_costs() -> None:
    costs = json.loads(run(cpp_program("bench_playing")))
    assert {"q16", "q16_in_fades", "basis_of_64", "basis_of_64_in_fades", "pull_10_ms_us"} < set(costs)
