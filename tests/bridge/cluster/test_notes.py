"""Between a front and its workers: notes, counts, clocks."""

from talkwire.bridge.cluster.notes import Beat, Report, add, beat_from, count, report_from, to_bytes
from talkwire.bridge.cluster.worker import SLEW_NS, FrontClock
from talkwire.bridge.serving.tally import Tally


def report(tally: Tally) -> Report:
    return Report(1, 2, True, 0.5, 1, {"nova": 1.5}, *count(tally))


def test_notes_come_as_they_were_sent() -> None:
    assert beat_from(to_bytes(Beat(1, -(1 << 60), 3))) == Beat(1, -(1 << 60), 3)
    assert report_from(to_bytes(report(Tally()))) == report(Tally())


def test_what_workers_count_is_added_up_over_their_deaths() -> None:
    front, worker = Tally(), Tally()
    worker.frames, worker.spoken_s = 10, 1.5
    worker.first_frame_s.add(0.02)
    first = report(worker)
    add(front, None, first)
    worker.frames = 12
    worker.first_frame_s.add(0.3)
    add(front, first, report(worker))
    add(front, None, report(worker))  # another one
    assert (front.frames, front.spoken_s, front.first_frame_s.sum) == (24, 3.0, 0.64)
    assert sum(front.first_frame_s.counts) == 4


def test_a_workers_clock_is_the_fronts_at_once_and_never_goes_back() -> None:
    now_ns = 1_000
    clock = FrontClock(lambda: now_ns)
    clock.correct(5_000_000_000)
    assert clock() == 5_000_001_000
    clock.correct(0)
    assert clock() == 5_000_001_000 - SLEW_NS
    clock.correct(5_000_000_000)
    assert clock() == 5_000_001_000
