"""What the reference client measures."""

import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from bridge.cases import MEDIA
from talkwire.bridge import wire
from talkwire.bridge.playing.stats import KEPT, Samples, Stats

FRAME = cast(wire.Frame, MEDIA["frame_q16"].message)


def frame(utterance: int, seq: int, flags: int = wire.KEY) -> wire.Frame:
    return replace(FRAME, utterance=utterance, seq=seq, flags=flags)


def test_samples_keep_the_latest_and_their_memory() -> None:
    samples = Samples()
    assert len(samples) == 0 and math.isnan(samples.percentiles(50)[0])
    for i in range(KEPT + 100):
        samples.append(i)
    assert len(samples) == KEPT
    assert sorted(samples) == list(range(100, KEPT + 100))
    assert samples.percentiles(0, 100) == (100, KEPT + 99)


def test_percentiles_are_numpys() -> None:
    samples, values = Samples(), np.random.default_rng(0).random(500)
    for value in values:
        samples.append(float(value))
    assert samples.percentiles(50, 99) == pytest.approx(tuple(np.percentile(values, [50, 99])))


def test_frames_that_never_came_are_counted_by_sequence() -> None:
    stats = Stats()
    stats.line_started(1, 0)
    for seq in (1, 2, 5):  # 0, 3 and 4 are lost
        stats.frame(frame(1, seq), 1_000_000, 5_000_000, late=seq == 5)
    assert (stats.sent, stats.received, stats.dropped, stats.late) == (6, 3, 3, 1)
    assert stats.as_json()["first_frame_ms"] == 5.0


def test_who_joins_in_the_middle_has_lost_nothing() -> None:
    stats = Stats()
    stats.frame(frame(4, 1000), 0, 0, late=False)
    stats.frame(frame(5, 77, wire.KEY | wire.IDLE), 0, 0, late=False)
    assert (stats.sent, stats.dropped) == (2, 0)


def test_nothing_measured_is_shown_as_that() -> None:
    rows = dict(Stats().rows())
    assert rows["latency p50 / p95 / p99"] == rows["A/V error p95"] == "-"
    assert Stats().as_json()["latency_p99_ms"] is None


def test_the_sign_says_which_is_early() -> None:
    stats = Stats()
    for error_s in (-0.03, -0.02, -0.01):  # what is shown is behind what is heard: the sound is early
        stats.displayed(error_s)
    assert dict(stats.rows())["sound early (+) or late (-)"] == "+20.0 ms"
    assert stats.as_json()["av_signed_ms"] == 20.0 and stats.as_json()["av_error_p95_ms"] == 29.0


def test_the_buffer_and_what_ran_out_are_in_the_table() -> None:
    stats = Stats(underruns=2, rested=5, sound_gaps=1)
    stats.buffered(40.0, 55.0)
    rows, numbers = dict(stats.rows()), stats.as_json()
    assert rows["sound gaps / underruns"] == "1 / 2" and rows["jitter buffer, wanted"] == "40.0 ms"
    assert (
        rows["jitter buffer, filled"] == "55.0 ms" and rows["pictures of speech shown / at rest"] == "0 / 5"
    )
    assert (numbers["underruns"], numbers["rested"], numbers["buffer_depth_ms"]) == (2, 5, 55.0)
