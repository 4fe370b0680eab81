"""Sound read at a speed near 1: exact where it is 1, without a seam and without dulling where it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwire.bridge.playing.tape import Tape

RATE = 16_000


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return (10_000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype("<i2")


@given(st.lists(st.integers(0, 50), max_size=12), st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_at_speed_one_it_gives_what_was_written(writes: list[int], reads: list[int]) -> None:
    tape, wanted, got = Tape(), np.arange(sum(writes), dtype="<i2"), []
    for count in writes:
        tape.write(wanted[:count].tobytes())
        wanted = wanted[count:]
    for count in reads:
        got += tape.read(count).tolist()
    assert got == list(range(min(sum(writes), sum(reads))))
    assert tape.position == len(got) and tape.left == sum(writes) - len(got)


@pytest.mark.parametrize("speed", [0.999, 0.9999, 1.0001, 1.001])
def test_a_tone_stays_a_tone_across_blocks(speed: float) -> None:
    tape, blocks = Tape(), []
    tape.write(tone(1000, 2.0).tobytes())
    for i in range(100):
        tape.write(b"")
        blocks.append(tape.read(37 + 5 * i % 200, speed))
    out = np.concatenate(blocks)
    wanted = 10_000 * np.sin(2 * np.pi * 1000 * speed * np.arange(len(out)) / RATE)
    assert np.abs(out - wanted)[10:].max() < 30  # 50 dB below it: no click where blocks meet
    assert tape.position == pytest.approx(len(out) * speed, abs=1)


def test_an_s_is_not_dulled() -> None:
    tape = Tape()
    tape.write(tone(6000, 1.0).tobytes())
    out = tape.read(15_000, 0.999)
    loud = [float(np.abs(out[i : i + 160]).max()) for i in range(160, 14_800, 160)]
    assert min(loud) > 0.94 * 10_000  # half a decibel; a straight line loses 8


def test_changing_speed_leaves_no_seam() -> None:
    tape = Tape()
    tape.write(tone(300, 1.0).tobytes())
    out = np.concatenate([tape.read(400, speed) for speed in (1.0, 0.999, 1.0, 1.001, 0.9995, 1.0)])
    assert np.abs(np.diff(out, 3)).max() < 40  # of 10,000


@given(st.floats(0.999, 1.001), st.integers(1, 300))
def test_it_ends_where_it_ends(speed: float, count: int) -> None:
    tape = Tape()
    tape.write(tone(500, 0.02).tobytes())
    total = sum(len(tape.read(count, speed)) for _ in range(400 // count + 2))
    assert tape.position == 320 and tape.left == 0 and abs(total - 320) <= 1
    tape.write(bytes(20))
    assert len(tape.read(100)) in (9, 10)


def test_what_is_cut_fades() -> None:
    tape = Tape()
    tape.write(np.full(1000, 8000, "<i2").tobytes())
    tape.read(200)
    tail = tape.fade_out(160)
    assert len(tail) == 160 and tail[0] == 8000 and tail[-1] == 0
    assert (np.diff(tail) < 0).all() and np.abs(np.diff(tail)).max() < 100
    assert tape.left == 0 and len(tape.fade_out(160)) == 0
