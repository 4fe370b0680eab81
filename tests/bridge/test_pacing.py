"""Pacing on a virtual clock: a little ahead, never unbounded, waiting where audio is late."""

from hypothesis import given
from hypothesis import strategies as st

from talkwire.bridge.pacing import NS_PER_S, Pacer

RATE = 16_000


def ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def pacer(lead_s: float = 0.2, look_ahead_s: float = 0.1) -> Pacer:
    return Pacer(RATE, lead_s, look_ahead_s)


def test_before_the_first_frame_only_lead_and_look_ahead_are_fed() -> None:
    p = pacer()
    assert p.may_feed(0) == p.may_feed(ns(100)) == round(0.3 * RATE)


def test_play_out_starts_once_and_runs_in_real_time() -> None:
    p = pacer()
    p.know(RATE)
    p.start(ns(5))
    p.start(ns(7))
    assert p.played(ns(5.25)) == RATE // 4
    assert p.may_feed(ns(5.25)) == RATE // 4 + round(0.3 * RATE)


def test_a_start_in_the_future_plays_nothing_yet() -> None:
    p = pacer()
    p.know(RATE)
    p.start(ns(5))
    assert p.played(ns(4)) == 0


def test_late_audio_makes_the_clock_wait_and_the_rest_later() -> None:
    p = pacer()
    p.know(RATE // 10)
    p.start(0)
    assert p.played(ns(0.5)) == RATE // 10
    assert p.waited_ns == ns(0.4)
    p.know(RATE)
    assert p.played(ns(0.6)) == RATE // 5


def test_the_next_slice_is_due_when_it_fits() -> None:
    p = pacer()
    p.know(RATE)
    p.start(0)
    fed = p.may_feed(0)
    assert p.next_feed_ns(fed, 160, 0) == ns(0.01)
    assert p.next_feed_ns(0, 160, 0) == 0


@given(st.lists(st.tuples(st.integers(0, 50_000_000), st.integers(0, 2000)), max_size=60))
def test_never_ahead_of_what_is_known_and_never_backwards(steps: list[tuple[int, int]]) -> None:
    p, now, known, before = pacer(), 0, 0, 0
    p.start(0)
    for wait_ns, more in steps:
        now += wait_ns
        played = p.played(now)
        assert before <= played <= known
        assert played <= now * RATE // NS_PER_S
        before = played
        known += more
        p.know(known)
