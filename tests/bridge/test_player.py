"""The player on a virtual clock: lips follow the sound, whatever the network does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.network import MS, RATE, TOPOLOGY, Connection, Theatre, fixed, voice
from talkwire.bridge.media import decode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.fade import CUT_S
from talkwire.bridge.playing.jitter import FIRST_MS
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.serving.npc import Report
from talkwire.bridge.serving.studio import Studio
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology


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
    assert (first_ns - begun_ns) / NS_PER_S < FIRST_MS / 1e3 + 0.04  # it may come ahead of its time
    stats = theatre.player.stats
    assert stats.dropped == stats.late == stats.sound_gaps == 0
    *errors, last = stats.av_error_ms
    assert max(errors) < 1 and last < 17  # the last frame is shown to the end of its time
    assert max(stats.av_held_ms) < 20
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
    theatre.interrupt()
    theatre.run(0.5)
    after = [(t, p) for t, p in theatre.pictures if t >= cut_ns and p is not None]
    seen_ns = next(t for t, p in after if p.generation == 1)
    assert (seen_ns - cut_ns) / NS_PER_S < 0.02
    assert theatre.sink.heard(theatre.client_ns()) == 0  # silence
    jaw = [float(p.vertices_vx3[:, 1].min()) for _, p in after if p.vertices_vx3 is not None]
    rest = pytest.approx(TOPOLOGY.neutral_vx3[:, 1].min(), abs=1e-4)
    assert all(y == rest for (t, _), y in zip(after, jaw, strict=True) if (t - cut_ns) / NS_PER_S > 0.05)
    assert np.abs(np.diff(jaw)).max() < 0.7 * np.ptp(jaw)  # it took CUT_S to close
    assert CUT_S + 1 / 60 < 0.05


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
    theatre.run(1.05)  # the server is done; the player, a jitter buffer behind, is not
    theatre.line(2, 0.5)
    theatre.run(1.5)
    first = [p for p in theatre.speech() if p.utterance == theatre.speech()[0].utterance]
    assert first[-1].time_s > 0.97


def test_who_joins_in_mid_line_is_in_sync_at_once() -> None:
    theatre = Theatre()
    theatre.line(1, 4.0)
    theatre.run(2.0)
    theatre.player, theatre.pictures = Player(SilentSink()), []
    theatre.read()
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
    assert [(h.kind, h.utterance) for h in theatre.happened] == [
        *(("started", 1), ("ended", 1)),
        *(("started", 2), ("ended", 2)),
    ]
    seconds = sum(p.utterance == 2 and p.time_s > 0 for p in theatre.speech()) / 60
    assert seconds == (
        pytest.approx(0.3, abs=0.05) if lost[1] < 10**6 else 0
    )  # without sound it does not move


def test_a_closed_npc_is_not_played_on() -> None:
    theatre = Theatre()
    theatre.line(1, 2.0)
    theatre.run(0.5)
    theatre.player.receive(
        [decode_media(data) for _, data in theatre.studio.farewell(theatre.now_ns, "")], theatre.client_ns()
    )
    theatre.now_ns += 50 * MS
    picture = theatre.player.present(theatre.client_ns())
    assert picture is not None and picture.at_rest and not picture.weights.any()  # no mouth that stands open
    assert theatre.player.silent


def test_frames_of_another_topology_are_not_put_on_this_mesh() -> None:
    theatre = Theatre()
    theatre.run(0.2)
    other = Studio("nova", SyntheticSession(synthetic_topology(25)), first_generation=1)
    other.read_by(set(), {b"tw1/nova/frame/q16"})
    now = theatre.client_ns()
    parts = []
    for step in range(40):
        for output in other.npc.advance(now + step * 10 * MS, watched=True):
            assert not isinstance(output, Report)
            parts += [decode_media(data) for _, data in other.pack(output, lambda: now)]
    assert parts
    theatre.player.receive(parts, now)
    picture = theatre.player.present(now)
    assert picture is not None and picture.at_rest and picture.generation == 1
    assert picture.vertices_vx3 is not None and len(picture.vertices_vx3) == len(TOPOLOGY.neutral_vx3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 150), min_size=1, max_size=50))
def test_whatever_the_delays_time_never_runs_backwards_and_the_error_is_counted(delays: list[int]) -> None:
    theatre = Theatre()
    theatre.media, theatre.motion = Connection(fixed(delays)), Connection(fixed(delays[::-1]))
    theatre.line(1, 1.0)
    theatre.run(2.0)
    speech = theatre.speech()
    assert (np.diff([p.time_s for p in speech]) >= 0).all()
    stats = theatre.player.stats
    assert stats.dropped == 0
    assert speech[-1].time_s > 0.95
    if max(delays) - min(delays) <= 40:  # within the jitter buffer nothing is late
        assert stats.late == 0 and max(list(stats.av_error_ms)[:-1]) < 1
