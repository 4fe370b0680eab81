"""The player on a virtual clock: lips follow the sound, whatever the network does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.bridge.media import Media, decode_media
from talkwire.bridge.npc import Report
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.picture import Picture
from talkwire.bridge.player import FADE_S, Player
from talkwire.bridge.sinks import SilentSink
from talkwire.bridge.studio import Studio
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.bridge.track import JITTER_S

TOPOLOGY = synthetic_topology(16)
RATE = 16_000
MS = NS_PER_S // 1000
TICK_NS = NS_PER_S // 60


def voice(seconds: float) -> np.ndarray:
    """Loudness that rises and falls, so that every moment looks different."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 200 * t) * (0.2 + 0.15 * np.sin(2 * np.pi * 1.3 * t))).astype(np.float32)


class Theatre:
    """A studio, a network with a delay of its own per message, and a player, in virtual time."""

    def __init__(self, delay_ns: list[int] | None = None) -> None:
        self.studio = Studio("nova", SyntheticSession(TOPOLOGY))
        self.studio.read_by({b"tw1/nova/"}, {b"tw1/nova/"})
        self.sink = SilentSink()
        self.player = Player(self.sink)
        self.now_ns = NS_PER_S
        self.delays = delay_ns or [1 * MS]
        self.wire: list[tuple[int, Media]] = []
        self.arrived_ns = {False: 0, True: 0}  # each socket keeps its order
        self.count = 0
        self.pictures: list[tuple[int, Picture | None]] = []

    def line(self, number: int, seconds: float) -> None:
        self.studio.npc.queue.begin(b"p", number, RATE)
        self.studio.npc.queue.add(b"p", number, voice(seconds), self.now_ns)
        self.studio.npc.queue.end(b"p", number)

    def post(self, parts: list[tuple[bool, bytes]]) -> None:
        for motion, data in parts:
            delay = self.delays[self.count % len(self.delays)]
            self.count += 1
            self.arrived_ns[motion] = max(self.arrived_ns[motion], self.now_ns + delay)
            media = decode_media(data)
            if media.plane != "frame/f32":
                self.wire.append((self.arrived_ns[motion], media))

    def run(self, seconds: float) -> None:
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        tick_ns = self.now_ns
        while self.now_ns < end_ns:
            outputs = self.studio.npc.advance(self.now_ns, watched=True)
            for output in outputs:
                if not isinstance(output, Report):
                    self.post(list(self.studio.pack(output, lambda: self.now_ns)))
            self.post(list(self.studio.retained_due(self.now_ns, lambda: self.now_ns)))
            due = [media for at, media in self.wire if at <= self.now_ns]
            self.wire = [(at, media) for at, media in self.wire if at > self.now_ns]
            self.player.receive(due, self.now_ns)
            if self.now_ns >= tick_ns:
                self.pictures.append((self.now_ns, self.player.present(self.now_ns)))
                self.player.displayed(self.now_ns)
                tick_ns += TICK_NS
            self.now_ns += MS

    def speech(self) -> list[Picture]:
        return [p for _, p in self.pictures if p is not None and not p.idle]


def test_it_idles_smoothly() -> None:
    theatre = Theatre()
    theatre.run(2.0)
    shown = [p for _, p in theatre.pictures if p is not None]
    assert len(shown) > 110 and all(p.idle for p in shown)
    steps = np.diff([p.time_s for p in shown])
    assert steps.min() >= 0 and np.median(steps) == pytest.approx(1 / 60, abs=2e-3)


def test_a_line_is_shown_from_its_first_moment_to_its_last_with_its_sound() -> None:
    theatre = Theatre()
    theatre.run(0.5)
    theatre.line(1, 1.5)
    begun_ns = theatre.now_ns
    theatre.run(2.5)
    speech = theatre.speech()
    assert speech[0].time_s < 0.02 and speech[-1].time_s > 1.45
    assert (np.diff([p.time_s for p in speech]) >= 0).all()
    first_ns = next(t for t, p in theatre.pictures if p is not None and not p.idle)
    assert (first_ns - begun_ns) / NS_PER_S < JITTER_S + 0.04
    stats = theatre.player.stats
    assert stats.dropped == stats.late == stats.sound_gaps == 0
    assert max(stats.av_error_ms) < 1 and max(stats.av_held_ms) < 20
    assert theatre.pictures[-1][1] is not None and theatre.pictures[-1][1].idle  # and lives on


def test_pictures_equal_the_frames_they_lie_between() -> None:
    theatre = Theatre()
    theatre.run(0.3)
    theatre.line(1, 1.0)
    theatre.run(1.5)
    session = SyntheticSession(TOPOLOGY)
    session.begin(RATE)
    heard = []
    for i in range(0, RATE, RATE // 60):
        session.push(voice(1.0)[i : i + RATE // 60])
        heard += session.pull_heard()
    times = np.array([pose.pts / RATE for pose, _ in heard])
    meshes = session.avatar.posed([weights for _, weights in heard])
    for picture in theatre.speech()[8:50]:
        right = int(np.searchsorted(times, picture.time_s))
        low = np.minimum(meshes[right - 1], meshes[right]) - 1e-5
        high = np.maximum(meshes[right - 1], meshes[right]) + 1e-5
        assert ((low <= picture.vertices_vx3) & (picture.vertices_vx3 <= high)).all()


def test_the_texture_is_that_of_the_moment_heard_within_a_patch() -> None:
    theatre = Theatre()
    theatre.run(0.3)
    theatre.line(1, 1.0)
    theatre.run(1.5)
    speech = theatre.speech()[4:55]
    assert len({p.patch.pts for p in speech if p.patch is not None}) > 20
    for picture in speech:
        assert picture.patch is not None and picture.patch.utterance == picture.utterance
        behind_s = picture.heard_s - picture.patch.pts / RATE
        assert 0 <= behind_s <= 2 / 60 + 2e-3


def test_an_interruption_is_seen_within_50_ms_and_blended() -> None:
    theatre = Theatre()
    theatre.run(0.3)
    theatre.line(1, 3.0)
    theatre.run(1.0)
    cut_ns = theatre.now_ns
    for output in theatre.studio.npc.interrupt(cut_ns):
        if not isinstance(output, Report):
            theatre.post(list(theatre.studio.pack(output, lambda: cut_ns)))
    theatre.run(0.5)
    after = [(t, p) for t, p in theatre.pictures if t >= cut_ns and p is not None]
    seen_ns = next(t for t, p in after if p.generation == 1)
    assert (seen_ns - cut_ns) / NS_PER_S < 0.05
    assert theatre.sink.heard(theatre.now_ns) == 0  # silence
    jaw = [float(p.vertices_vx3[:, 1].min()) for _, p in after]
    assert np.abs(np.diff(jaw)).max() < 0.008  # no jump: it takes FADE_S to close
    assert jaw[-1] == pytest.approx(TOPOLOGY.neutral_vx3[:, 1].min(), abs=1e-4)
    assert FADE_S < 0.1


def test_two_lines_follow_each_other_and_idling_does_not_come_between() -> None:
    theatre = Theatre()
    theatre.line(1, 0.5)
    theatre.line(2, 0.5)
    theatre.run(1.6)
    order = [p.idle for _, p in theatre.pictures if p is not None]
    first, last = order.index(False), len(order) - order[::-1].index(False)
    assert not any(order[first:last])
    assert len({p.utterance for p in theatre.speech()}) == 2


def test_a_line_that_comes_while_the_last_one_still_sounds_does_not_cut_it() -> None:
    theatre = Theatre()
    theatre.line(1, 1.0)
    theatre.run(1.05)  # the server is done; the player, JITTER_S behind, is not
    theatre.line(2, 0.5)
    theatre.run(1.5)
    first = [p for p in theatre.speech() if p.utterance == theatre.speech()[0].utterance]
    assert first[-1].time_s > 0.97


def test_who_joins_in_mid_line_is_in_sync_at_once() -> None:
    theatre = Theatre()
    theatre.line(1, 4.0)
    theatre.run(2.0)
    theatre.player, theatre.pictures = Player(SilentSink()), []
    theatre.studio.welcome(b"tw1/nova/", motion=False)
    theatre.studio.welcome(b"tw1/nova/", motion=True)
    theatre.run(1.0)
    speech = theatre.speech()
    assert speech[0].time_s > 1.9
    assert max(theatre.player.stats.av_error_ms) < 1
    assert theatre.player.stats.sound_gaps == 0


def test_lost_frames_are_counted_and_bridged() -> None:
    theatre = Theatre()
    theatre.run(0.2)
    theatre.line(1, 1.0)
    post = theatre.post
    kept = iter(range(10**6))
    theatre.post = lambda parts: post([p for p in parts if not (p[0] and next(kept) % 6 >= 4)])  # type: ignore[method-assign]
    theatre.run(1.5)
    assert theatre.player.stats.dropped > 10
    assert max(list(theatre.player.stats.av_error_ms)[:-4]) < 1
    assert max(theatre.player.stats.av_error_ms) < 40  # where the very last frames are among the lost


@pytest.mark.parametrize("lost", [(20, 60), (20, 250), (200, 10**6)], ids=["a little", "long", "the end"])
def test_lost_sound_does_not_hold_up_the_player(lost: tuple[int, int]) -> None:
    theatre = Theatre()
    theatre.line(1, 16.0)
    theatre.line(2, 0.3)
    post, count = theatre.post, iter(range(10**6))

    def lose(parts: list[tuple[bool, bytes]]) -> None:
        post([p for p in parts if p[1][:14] != b"tw1/nova/audio" or not lost[0] <= next(count) < lost[1]])

    theatre.post = lose  # type: ignore[method-assign]
    theatre.run(17.5)
    assert theatre.player.silent
    assert theatre.player.stats.pictures > 60
    assert {p.utterance for p in theatre.speech()} == ({1, 2} if lost[1] < 10**6 else {1})


def test_a_closed_npc_is_not_played_on() -> None:
    theatre = Theatre()
    theatre.line(1, 2.0)
    theatre.run(0.5)
    theatre.player.receive(
        [decode_media(data) for _, data in theatre.studio.farewell(theatre.now_ns, "")], theatre.now_ns
    )
    assert theatre.player.present(theatre.now_ns) is None
    assert theatre.player.silent


def test_frames_of_another_topology_are_not_put_on_this_mesh() -> None:
    theatre = Theatre()
    theatre.run(0.2)
    other = Studio("nova", SyntheticSession(synthetic_topology(25)), first_generation=1)
    other.read_by(set(), {b"tw1/nova/frame/q16"})
    now = theatre.now_ns
    parts = []
    for step in range(40):
        for output in other.npc.advance(now + step * 10 * MS, watched=True):
            assert not isinstance(output, Report)
            parts += [decode_media(data) for _, data in other.pack(output, lambda: now)]
    assert parts
    theatre.player.receive(parts, now)
    assert theatre.player.present(now) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 150), min_size=1, max_size=50))
def test_whatever_the_delays_time_never_runs_backwards_and_the_error_is_counted(delays: list[int]) -> None:
    theatre = Theatre([d * MS for d in delays])
    theatre.line(1, 1.0)
    theatre.run(2.0)
    speech = theatre.speech()
    assert (np.diff([p.time_s for p in speech]) >= 0).all()
    stats = theatre.player.stats
    assert stats.dropped == 0
    assert speech[-1].time_s > 0.95
    if max(delays) - min(delays) <= 40:  # within the jitter buffer nothing is late
        assert stats.late == 0 and max(stats.av_error_ms) < 1
