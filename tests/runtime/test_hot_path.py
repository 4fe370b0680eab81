"""The hot path of a live NPC, a tick of 1 / 60 s after another: memory stays as it is. Counts, no clock."""

import gc
import sys
import tracemalloc
from collections import deque
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest

from support import LINE, small_avatar
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import BlendshapeAvatar
from talkwire.runtime.session import Session, open_session
from talkwire.runtime.types import Float32

FPS = 60
WARM_UP_TICKS, TICKS = 2_000, 1_000  # warm is: more than a block of idle life
MOST_BLOCKS = 200  # of Python's, that are there after TICKS and were not before: a leak in every fifth tick
MOST_KEPT_BYTES = 16_384  # by numpy too
MOST_TICK_BYTES = 98_304  # at the worst moment of the worst tick: 72 000 by the ear, which works on float64
VOICE = read_audio(LINE)

Ticks = Iterator[list[tuple[Any, Float32]]]


class HearsNine(BlendshapeAvatar):
    """As many moments as the DynTet head that ships."""

    window = 9  # type: ignore[misc]


@pytest.fixture
def ticks() -> Ticks:
    """Of a session that is warm."""
    small = small_avatar()
    avatar = HearsNine(small.card, small.topology, small.names, small.deltas_kxvx3)
    ticks = live(open_session(avatar, fps=FPS))
    assert len([heard for tick in islice(ticks, WARM_UP_TICKS) for heard in tick]) > WARM_UP_TICKS - 10
    return ticks


def live(session: Session, slices_per_s: int = FPS) -> Ticks:
    """For ever: a slice of sound in, what became known out."""
    slices = np.array_split(VOICE.samples, len(VOICE.samples) * slices_per_s // VOICE.sample_rate_hz)
    session.begin(VOICE.sample_rate_hz)
    for samples in cycle(slices):
        session.push(samples)
        yield session.pull_heard()


def new_blocks(ticks: Ticks, keep: int = 0) -> int:
    """After TICKS, the newest `keep` of which are held."""
    gc.collect()
    before = sys.getallocatedblocks()
    kept = deque(islice(ticks, TICKS), maxlen=keep)
    gc.collect()
    after = sys.getallocatedblocks()
    assert len(kept) == keep
    return after - before


def traced_bytes(ticks: Ticks, keep: int = 0, count: int = TICKS) -> tuple[int, int]:
    """What `count` ticks leave behind, and the most that any of them took on top of what it found."""
    tracemalloc.start()
    try:
        deque(islice(ticks, count), maxlen=0)  # from here on, all that is there was traced
        gc.collect()
        before, most, kept = tracemalloc.get_traced_memory()[0], 0, deque[object](maxlen=keep)
        for _ in range(count):
            tracemalloc.reset_peak()
            found = tracemalloc.get_traced_memory()[0]
            kept.append(next(ticks))
            most = max(most, tracemalloc.get_traced_memory()[1] - found)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before, most
    finally:
        tracemalloc.stop()


def test_a_thousand_ticks_leave_no_blocks_behind(ticks: Ticks) -> None:
    assert new_blocks(ticks) < MOST_BLOCKS


def test_a_thousand_ticks_keep_no_bytes_and_none_takes_many(ticks: Ticks) -> None:
    kept_bytes, tick_bytes = traced_bytes(ticks)
    assert kept_bytes < MOST_KEPT_BYTES
    assert tick_bytes < MOST_TICK_BYTES


def test_the_counts_see_what_is_kept_and_what_is_large(ticks: Ticks) -> None:
    assert new_blocks(ticks, keep=50) > MOST_BLOCKS
    assert traced_bytes(ticks, keep=50)[0] > MOST_KEPT_BYTES
    slow = live(open_session(small_avatar()), slices_per_s=4)
    assert traced_bytes(slow, count=8)[1] > MOST_TICK_BYTES
