"""One NPC on a virtual clock: lines in order, idling between, interruption, and frames in time."""

from collections.abc import Callable

import numpy as np
import pytest

from talkwire.bridge.limits import MAX_LINE_STYLES
from talkwire.bridge.moment import Moment
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.npc import IDLE_LEAD_S, PROGRESS_NS, SPEECH_LEAD_S, Npc, Output, Report
from talkwire.bridge.serving.tally import Tally
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.bridge.wire import IDLE, LAST, Audio, Event
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.style import Style

TOPOLOGY = synthetic_topology(16)
RATE, PEER, LOOK_AHEAD_S = 16_000, b"p", 0.1


class Stage:
    """Runs an NPC in virtual time, as the server would, and keeps what comes out with its time."""

    def __init__(self) -> None:
        self.npc = Npc("nova", SyntheticSession(TOPOLOGY, look_ahead_s=LOOK_AHEAD_S))
        self.now_ns = 10 * NS_PER_S
        self.out: list[tuple[int, Output]] = []

    def run(self, seconds: float, *, watched: bool = True, each: Callable[[], None] | None = None) -> None:
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            if each is not None:
                each()
            self.out += [(self.now_ns, o) for o in self.npc.advance(self.now_ns, watched=watched)]
            due_ns = self.npc.next_ns(self.now_ns, watched=watched)
            self.now_ns = min(end_ns, max(self.now_ns + 100_000, min(due_ns, self.now_ns + 2_000_000)))

    def interrupt(self) -> None:
        self.out += [(self.now_ns, o) for o in self.npc.interrupt(self.now_ns)]

    def line(self, number: int, seconds: float, *, end: bool = True, rate: int = RATE) -> None:
        self.npc.queue.begin(PEER, number, rate)
        left = round(seconds * rate)
        while left:
            count = min(left, rate // 10)
            self.npc.queue.add(PEER, number, np.full(count, 0.2, np.float32), self.now_ns)
            left -= count
        if end:
            self.npc.queue.end(PEER, number)

    def moments(self, *, idle: bool) -> list[tuple[int, Moment]]:
        return [(t, o) for t, o in self.out if isinstance(o, Moment) and bool(o.flags & IDLE) == idle]

    def audio(self) -> list[Audio]:
        return [o for _, o in self.out if isinstance(o, Audio)]

    def events(self) -> list[tuple[str, int]]:
        return [(o.kind, o.utterance) for _, o in self.out if isinstance(o, Event)]

    def reports(self, number: int) -> list[str]:
        reports = (o.progress for _, o in self.out if isinstance(o, Report))
        states = [p.state for p in reports if p.line == number]
        return [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]]


def test_it_idles_at_its_frame_rate_while_watched() -> None:
    stage = Stage()
    stage.run(2.0)
    moments = stage.moments(idle=True)
    assert abs(len(moments) - 60 * (2.0 + IDLE_LEAD_S)) < 4
    assert [m.frame.seq for _, m in moments] == list(range(len(moments)))
    start_ns = moments[0][0]
    leads = [m.frame.pts / RATE - (t - start_ns) / NS_PER_S for t, m in moments]
    assert min(leads[20:]) > -0.02 and max(leads) <= IDLE_LEAD_S + 0.02


def test_unwatched_it_does_not_idle_but_still_speaks() -> None:
    stage = Stage()
    stage.run(0.5, watched=False)
    assert not stage.out
    stage.line(1, 0.5)
    stage.run(1.0, watched=False)
    assert stage.reports(1)[-1] == "done"


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_line_comes_out_whole_and_in_time(rate: int) -> None:
    stage = Stage()
    stage.run(0.3)
    begun_ns = stage.now_ns
    stage.line(1, 3.0, rate=rate)
    stage.run(4.0)
    audio = stage.audio()
    assert [a.pts for a in audio] == list(np.cumsum([0, *(len(a.samples) // 2 for a in audio)])[:-1])
    assert sum(len(a.samples) // 2 for a in audio) == 3 * rate
    assert [bool(a.flags & LAST) for a in audio] == [False] * (len(audio) - 1) + [True]
    moments = stage.moments(idle=False)
    assert [m.frame.seq for _, m in moments] == list(range(180))
    assert moments[0][0] - begun_ns < 0.02 * NS_PER_S  # the audio is there: nothing to wait for
    leads = [m.frame.pts / rate - (t - moments[0][0]) / NS_PER_S for t, m in moments]
    assert min(leads) >= -1e-3 and max(leads[:-9]) <= SPEECH_LEAD_S + 0.02
    assert max(leads) <= SPEECH_LEAD_S + LOOK_AHEAD_S + 0.02  # the end is not withheld
    assert [bool(m.flags & LAST) for _, m in moments] == [False] * 179 + [True]
    assert stage.reports(1) == ["speaking", "done"]
    assert stage.events() == [("started", 2), ("ended", 2)]


def test_done_is_reported_when_the_line_was_played_not_when_it_was_made() -> None:
    stage = Stage()
    stage.line(1, 1.0)
    stage.run(3.0)
    first_ns = stage.moments(idle=False)[0][0]
    done_ns = next(t for t, o in stage.out if isinstance(o, Report) and o.progress.state == "done")
    assert abs((done_ns - first_ns) / NS_PER_S - 1.0) < 0.02


def test_lines_are_spoken_one_after_the_other_without_a_gap() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.line(number, 0.5)
    stage.run(2.5)
    begun, ended = ([u for kind, u in stage.events() if kind == what] for what in ("started", "ended"))
    assert begun == ended and len(begun) == 3 and len(stage.events()) == 6
    done = [t for t, o in stage.out if isinstance(o, Report) and o.progress.state == "done"]
    np.testing.assert_allclose(np.diff(done) / NS_PER_S, 0.5, atol=0.01)
    assert all(m.frame.generation == 0 for _, m in stage.moments(idle=False))


def test_of_a_line_that_waits_its_peer_is_told_what_has_come() -> None:
    stage = Stage()
    stage.line(1, 1.0)
    stage.line(2, 0.2, end=False)
    waiting = stage.npc.queue.lines[1]
    stage.run(0.5, each=lambda: stage.npc.queue.add(PEER, 2, np.zeros(10, np.float32), stage.now_ns))
    stage.run(0.2)
    told = [(t, o.progress) for t, o in stage.out if isinstance(o, Report) and o.progress.line == 2]
    assert all((p.state, p.utterance, p.played_samples) == ("queued", 0, 0) for _, p in told)
    received = [p.received_samples for _, p in told]
    assert received == sorted(set(received)) and received[-1] == waiting.received
    assert 5 <= len(told) <= 7 and min(np.diff([t for t, _ in told])) >= PROGRESS_NS
    stage.npc.queue.end(PEER, 2)
    stage.run(2.0)
    assert stage.reports(2) == ["queued", "speaking", "done"]


def test_it_is_told_though_nothing_else_happens() -> None:
    stage = Stage()
    stage.line(1, 0.2, end=False)
    stage.run(1.0, watched=False)
    for told in (1, 0):
        stage.line(2, 0.1, end=False) if told else stage.npc.queue.add(PEER, 2, np.zeros(9, np.float32), 0)
        assert len(stage.npc.advance(stage.now_ns, watched=False)) == told
    assert stage.npc.next_ns(stage.now_ns, watched=False) == stage.now_ns + PROGRESS_NS


def test_many_tiny_lines_do_not_run_ahead() -> None:
    stage = Stage()
    for number in range(30):
        stage.line(number, 0.05)
    stage.run(0.3)
    made_s = sum(len(a.samples) // 2 for a in stage.audio()) / RATE
    assert made_s < 0.3 + 2 * SPEECH_LEAD_S + LOOK_AHEAD_S


def test_a_live_line_waits_for_its_audio_and_goes_on() -> None:
    stage = Stage()
    stage.line(1, 0.4, end=False)
    stage.run(1.0)
    assert len(stage.moments(idle=False)) == 18  # 0.4 s less the look-ahead
    stage.npc.queue.add(PEER, 1, np.zeros(RATE // 2, np.float32), stage.now_ns)
    stage.npc.queue.end(PEER, 1)
    stage.run(1.5)
    assert [m.frame.seq for _, m in stage.moments(idle=False)] == list(range(54))
    assert stage.reports(1)[-1] == "done"


def test_an_interruption_cuts_all_lines_and_raises_the_generation() -> None:
    stage = Stage()
    stage.line(1, 2.0)
    stage.line(2, 2.0)
    stage.run(0.5)
    cut_at = len(stage.out)
    stage.interrupt()
    stage.run(0.5)
    after = [o for _, o in stage.out[cut_at:]]
    assert stage.reports(1)[-1] == stage.reports(2)[-1] == "interrupted"
    assert not [o for o in after if isinstance(o, Audio)]
    moments = [o for o in after if isinstance(o, Moment)]
    assert len(moments) > 25
    assert all(m.frame.generation == 1 and m.flags & IDLE for m in moments)
    assert [o.generation for o in after if isinstance(o, Event)] == [1]


def test_the_tail_that_is_made_but_not_heard_can_be_interrupted() -> None:
    stage = Stage()
    stage.line(1, 1.0)
    stage.run(0.9)
    assert stage.audio()[-1].flags & LAST and stage.events() == [("started", 1)], "made, not played out"
    stage.interrupt()
    assert stage.reports(1)[-1] == "interrupted"
    assert stage.npc.generation == 1
    stage.run(0.5)
    assert stage.events() == [("started", 1), ("interrupted", 1)]


def test_a_line_that_began_while_another_was_heard_is_cut_with_it() -> None:
    stage = Stage()
    stage.line(1, 0.5)
    stage.line(2, 0.5)
    stage.run(0.45)
    begun = [u for kind, u in stage.events() if kind == "started"]
    assert len(begun) == 2
    stage.interrupt()
    stage.run(0.5)
    assert [u for kind, u in stage.events() if kind == "interrupted"] == begun
    assert not [u for kind, u in stage.events() if kind == "ended"]


def test_interrupting_silence_changes_nothing() -> None:
    stage = Stage()
    stage.run(0.2)
    before = len(stage.out)
    stage.interrupt()
    stage.interrupt()
    assert stage.npc.generation == 0 and len(stage.out) == before


def test_an_empty_line_is_done_at_once() -> None:
    stage = Stage()
    stage.line(1, 0.0)
    stage.run(0.1)
    assert stage.reports(1) == ["done"] and stage.events() == []


def test_a_line_of_one_sample_has_one_frame() -> None:
    stage = Stage()
    stage.npc.queue.begin(PEER, 1, RATE)
    stage.npc.queue.add(PEER, 1, np.ones(1, np.float32), stage.now_ns)
    stage.npc.queue.end(PEER, 1)
    stage.run(0.5)
    assert len(stage.moments(idle=False)) == 1 and stage.reports(1)[-1] == "done"


def test_a_line_without_audio_yet_holds_up_nobody() -> None:
    stage = Stage()
    stage.npc.queue.begin(b"other", 1, RATE)
    stage.line(1, 0.5)
    stage.run(1.0)
    assert stage.reports(1)[-1] == "done"


def test_chunks_of_one_sample_are_not_one_message_each() -> None:
    stage = Stage()
    stage.npc.queue.begin(PEER, 1, RATE)

    def drip() -> None:
        for _ in range(10):
            stage.npc.queue.add(PEER, 1, np.zeros(1, np.float32), stage.now_ns)

    stage.run(0.5, each=drip)
    sizes = [len(a.samples) // 2 for a in stage.audio()]
    assert sizes and min(sizes) >= RATE // 240


def test_a_style_is_taken_up_with_its_sample() -> None:
    stage, taken = Stage(), []
    stage.npc.session.set_style = lambda style: taken.append((stage.npc.queue.lines[0].fed, style))  # type: ignore[method-assign]
    stage.line(1, 1.0)
    calm, glad = Style(), Style({"joy": 1.0})
    stage.npc.queue.style(PEER, 1, RATE // 2, glad)
    stage.npc.queue.style(PEER, 1, 0, calm)
    stage.npc.queue.style(PEER, 1, RATE * 9, calm)  # it never comes to that
    stage.run(2.0)
    assert [style for _, style in taken] == [calm, glad]
    assert taken[0][0] == 0 and RATE // 2 <= taken[1][0] < RATE // 2 + RATE // 30


def test_a_style_for_no_line_or_too_many_are_refused_and_those_of_a_cut_line_ignored() -> None:
    stage = Stage()
    stage.line(1, 0.5)
    for _ in range(MAX_LINE_STYLES):
        stage.npc.queue.style(PEER, 1, 5, Style())
    with pytest.raises(ProtocolError, match="too many styles wait: saw 65"):
        stage.npc.queue.style(PEER, 1, 5, Style())
    with pytest.raises(ProtocolError, match="a style came for a line that is over: saw line 2"):
        stage.npc.queue.style(PEER, 2, 5, Style())
    stage.interrupt()
    stage.npc.queue.style(PEER, 1, 5, Style())


def tallied(stage: Stage) -> Tally:
    tally = Tally()
    for now_ns, output in stage.out:
        tally.made("nova", output, now_ns)
    return tally


def test_lines_that_follow_each_other_in_time_are_not_counted_late() -> None:
    stage = Stage()
    for number in (1, 2, 3):
        stage.line(number, 0.5)
    stage.run(2.5)
    tally = tallied(stage)
    assert (tally.lines, tally.late_frames, tally.interruptions) == (3, 0, 0) and tally.frames == 90
    assert not tally._saying["nova"], "what has ended is forgotten"


def test_each_line_that_is_cut_is_counted() -> None:
    stage = Stage()
    stage.line(1, 0.5)
    stage.line(2, 0.5)
    stage.run(0.45)
    stage.interrupt()
    tally = tallied(stage)
    assert (tally.lines, tally.interruptions) == (2, 2) and not tally._saying["nova"]
