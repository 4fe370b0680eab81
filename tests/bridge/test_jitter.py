"""The jitter buffer's target follows what the network does to frames."""

import random

import pytest

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.jitter import FIRST_MS, LEAST_MS, MOST_MS, JitterBuffer
from talkwire.runtime.errors import ProtocolError

MS = NS_PER_S // 1000
FRAME_NS = NS_PER_S // 60


def after(seconds: float, delay_ms, buffer: JitterBuffer | None = None, start_s: float = 0.0) -> JitterBuffer:  # type: ignore[no-untyped-def]
    """A buffer that has seen frames for so long. delay_ms: of each, by number; clocks are an hour apart."""
    buffer = buffer or JitterBuffer()
    for i in range(round(seconds * 60)):
        sent_ns = round(start_s * NS_PER_S) + i * FRAME_NS
        transit_ns = 3600 * NS_PER_S + round(delay_ms(i) * MS)
        buffer.arrived(transit_ns, sent_ns + transit_ns)
    return buffer


def test_a_quiet_network_needs_the_least_and_is_known_within_half_a_second() -> None:
    assert JitterBuffer().target_ms == FIRST_MS
    assert after(0.6, lambda i: 0.4).target_ms == LEAST_MS


def test_jitter_raises_it_to_what_all_but_a_few_take() -> None:
    chance = random.Random(1)
    delays = [chance.uniform(0, 50) for _ in range(600)]
    assert 47 < after(10, delays.__getitem__).target_ms < 58


def test_it_rises_at_once_and_falls_slowly() -> None:
    buffer = after(5, lambda i: 0.5)
    after(1, lambda i: 80.0 * (i % 2), buffer, start_s=5)
    assert buffer.target_ms > 80
    before = buffer.target_ms
    after(4.3, lambda i: 0.5, buffer, start_s=6)  # the window holds the bad second for four
    after(1, lambda i: 0.5, buffer, start_s=10.3)
    assert before - 16 < buffer.target_ms < before - 8
    after(10, lambda i: 0.5, buffer, start_s=11.3)
    assert buffer.target_ms == LEAST_MS


def test_one_stall_does_not_make_every_line_late() -> None:
    assert after(6, lambda i: 150.0 - 17 * (i - 300) if 300 <= i < 308 else 0.5).target_ms == LEAST_MS


def test_it_keeps_to_its_limits() -> None:
    assert after(5, lambda i: 900.0 * (i % 2)).target_ms == MOST_MS
    assert after(5, lambda i: 900.0 * (i % 2), JitterBuffer(10, 40)).target_ms == 40
    assert after(5, lambda i: 0.0, JitterBuffer(0, 40)).target_ms == 5
    assert JitterBuffer(0, 0).target_ms == 0
    for limits in ((-1, 20), (50, 20), (0, 1e9), (float("nan"), 20)):
        with pytest.raises(ProtocolError, match="no such limits"):
            JitterBuffer(*limits)


def test_an_underrun_says_that_it_was_too_little() -> None:
    buffer = after(5, lambda i: 0.5)
    buffer.underrun()
    assert buffer.target_ms == LEAST_MS + 20
    for _ in range(20):
        buffer.underrun()
    assert buffer.target_ms == MOST_MS


def test_clocks_that_drift_are_no_jitter() -> None:
    assert after(600, lambda i: i / 60 * 0.3).target_ms == LEAST_MS  # 300 parts in a million


def test_time_that_steps_back_does_no_harm() -> None:
    buffer = after(5, lambda i: 80.0 * (i % 2))
    before = buffer.target_ms
    buffer.arrived(0, -(10**15))
    assert buffer.target_ms >= before
