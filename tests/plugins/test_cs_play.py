"""The C# player answers as the reference does, picture by picture; its recordings are the reference's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bridge.network import Theatre, Weather
from bridge.traces import FOLDER, differences
from plugins import build_cs
from talkwire.bridge.media import Media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.jitter import JitterBuffer
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.tape import Tape
from talkwire.bridge.playing.watching import watch_recording
from talkwire.bridge.recording import Recorder

CLASSES = ("PlayerTests", "PlayerMemoryTests", "TapeTests", "SinkTests", "RecordingTests")
TRACES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", CLASSES)
def test_the_players_own_tests_pass(name: str) -> None:
    assert ", 0 failed" in build_cs.run_tests(name)


def test_it_answers_as_the_traces_say() -> None:
    lines = build_cs.run_test_program("Played", *map(str, TRACES)).splitlines()
    assert len(lines) == len(TRACES) > 10
    for path, line in zip(TRACES, map(json.loads, lines), strict=True):
        given, answers = json.loads(path.read_text()), iter(line["answers"])
        steps = [{**step, "answer": next(answers)} if "answer" in step else step for step in given["steps"]]
        assert not differences(given, {**given, "steps": steps, "stats": line["stats"]}), path.stem


class Taped(Theatre):
    """Records what arrives."""

    def __init__(self, path: Path, weather: Weather, seed: int) -> None:
        self.recorder = Recorder(path)
        super().__init__(weather, seed=seed)
        receive = self.player.receive

        def tap(media: list[Media], now_ns: int) -> None:
            for item in media:
                self.recorder.write(item, now_ns)
            receive(media, now_ns)

        self.player.receive = tap  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("seed", range(3))
def test_a_rough_evening_looks_the_same_in_every_vertex(tmp_path: Path, seed: int) -> None:
    """Lines, microphones, interruptions, jitter and stalls: 60 pictures a second, all of their numbers."""
    path = tmp_path / "evening.twrec"
    theatre = Taped(path, Weather(5, 40, stall_share=0.01, exponential=seed == 1), seed)
    with theatre.recorder:
        for step in range(4):
            theatre.line(10 * step + 1, 1.2)
            theatre.live_line(10 * step + 2, 2.0, ppm=300 * (seed - 1))
            theatre.run(2.6 + 0.37 * seed)
            if step % 2:
                theatre.interrupt()
            theatre.run(1.4)
    build_cs.run_test_program("Watched", str(path), str(tmp_path / "seen"))
    seen = np.fromfile(tmp_path / "seen")
    shown = 0
    for now_ns, picture in watch_recording(path, Player(SilentSink())):
        row = [float(now_ns), 0.0] if picture is None else _row(now_ns, picture)
        ours, seen = seen[: len(row)], seen[len(row) :]
        np.testing.assert_array_equal(ours[:5], row[:5])  # when, which, idle, at rest
        np.testing.assert_allclose(ours[5:], row[5:], rtol=1e-4, atol=1e-6, err_msg=f"at {now_ns}")
        shown += picture is not None and not picture.idle
    assert not len(seen) and shown > 300


def _row(now_ns: int, picture: Picture) -> list[float]:
    assert picture.vertices_vx3 is not None
    arrays = (
        picture.weights,
        picture.head_rotation,
        picture.head_translation_m,
        picture.vertices_vx3.ravel(),
    )
    head = (now_ns, 1, picture.utterance, picture.generation, picture.idle + 2 * picture.at_rest)
    patch = -1 if picture.patch is None else picture.patch.pts
    times = (picture.time_s, picture.heard_s, patch, len(picture.vertices_vx3))
    return [float(x) for x in (*head, *times, *np.concatenate(arrays))]


def test_targets_and_samples_are_the_references(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    now_ns = np.cumsum(random.integers(0, 40_000_000, 1500)) + NS_PER_S
    transit_ns = (
        random.exponential(1e7, 1500).astype(int) * (1 + 3 * (np.arange(1500) // 400 % 2)) - 7 * NS_PER_S
    )
    samples = random.integers(-32768, 32767, 6000)
    reads = [[count, speed] for count in (160, 37, 400) for speed in (1.0, 0.999, 1.0007, 1.0, 1.001)]
    frames = list(zip(transit_ns.tolist(), now_ns.tolist(), strict=True))
    given = {"frames": frames, "samples": samples.tolist(), "reads": reads}
    (tmp_path / "given.json").write_text(json.dumps(given))
    seen = json.loads(build_cs.run_test_program("Followed", str(tmp_path / "given.json")))

    buffer, targets_ms = JitterBuffer(), []
    for transit, now in frames:
        buffer.arrived(transit, now)
        targets_ms.append(buffer.target_ms)
    np.testing.assert_allclose(seen["targets_ms"], targets_ms, rtol=0, atol=1e-6)
    assert len(set(targets_ms)) > 100

    tape = Tape()
    tape.write(samples.astype("<i2").tobytes())
    heard = np.concatenate([tape.read(count, speed) for count, speed in reads])
    np.testing.assert_allclose(seen["heard"], heard, rtol=0, atol=1.0)  # of 32,768
    assert seen["position"] == tape.position


def test_a_recording_of_one_is_read_by_the_other(tmp_path: Path) -> None:
    theatre = Taped(tmp_path / "a.twrec", Weather(), 0)
    with theatre.recorder:
        theatre.line(1, 0.5)
        theatre.run(1.0)
    build_cs.run_test_program("Recorded", str(tmp_path / "a.twrec"), str(tmp_path / "b.twrec"))
    assert (tmp_path / "a.twrec").read_bytes() == (tmp_path / "b.twrec").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.twrec", "b.twrec"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.twrec.partial").symlink_to("/dev/full")
    assert "cannot be written: saw " in build_cs.run_test_program("Recorded", str(tmp_path / "a.twrec"))
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AssertionError, match="is not a recording of this version"):
        build_cs.run_test_program("Recorded", str(tmp_path / "pipe"), str(tmp_path / "b"), timeout_s=20)
