"""The rules of docs/playing.md over a simulated network: what always holds, and what each rule does."""

import random
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.network import MS, RATE, TOPOLOGY, Theatre, Weather
from talkwire.bridge import wire
from talkwire.bridge.media import ARKIT, Media, decode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.happening import Happening
from talkwire.bridge.playing.jitter import JitterBuffer
from talkwire.bridge.playing.lapse import HOLD_S
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.programme import MAX_WAITING
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.track import MAX_FRAMES, MAX_SOUND_S
from talkwire.bridge.playing.watching import watch_recording
from talkwire.bridge.recording import Recorder
from talkwire.runtime.arkit import INDEX

BAD = Weather(base_ms=5, jitter_ms=50, stall_share=0.01, stall_ms=200)
NAMES = ("utterance", "generation", "seq", "pts", "sample_rate_hz", "flags", "server_ns")
JAW = INDEX["jawOpen"]
weathers = st.builds(
    Weather,
    base_ms=st.sampled_from([0.0, 5.0, 80.0]),
    jitter_ms=st.sampled_from([0.0, 10.0, 50.0]),
    exponential=st.booleans(),
    stall_share=st.sampled_from([0.0, 0.01]),
    stall_ms=st.sampled_from([50.0, 200.0, 600.0]),
)
ppm = st.sampled_from([-200.0, 0.0, 200.0])
acts = st.lists(
    st.tuples(st.sampled_from(["line", "live", "cut", "wait", "join"]), st.floats(0.05, 1.5)), max_size=8
)


def _one(theatre: Theatre, plane: str) -> bytes:
    seen: list[bytes] = []
    theatre.post = lambda parts: seen.extend(
        d for _, d in parts if d.startswith(f"tw1/nova/{plane}".encode())
    )  # type: ignore[method-assign]
    theatre.run(0.3)
    return seen[0]


def jaws(theatre: Theatre) -> list[float]:
    return [float(p.weights[JAW]) for _, p in theatre.pictures if p is not None]


def assert_told_once(happened: list[Happening]) -> None:
    by_line = defaultdict(list)
    for one in happened:
        by_line[one.generation, one.utterance].append(one.kind)
    for kinds in by_line.values():
        assert kinds[0] == "started" and len(kinds) == 2 and kinds[1] in ("ended", "interrupted")
    assert [h.now_ns for h in happened] == sorted(h.now_ns for h in happened)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(weathers, acts, ppm, ppm, st.integers(0, 10**6))
def test_whatever_the_network_does(
    weather: Weather, acts: list[tuple[str, float]], card: float, client: float, seed: int
) -> None:
    newest = 0

    class Listening(Player):
        def receive(self, media, now_ns, *, offset_ns=0):  # type: ignore[no-untyped-def]
            nonlocal newest
            generations = [getattr(m.message, "generation", 0) for m in media]
            newest = max([newest, *generations])
            super().receive(media, now_ns, offset_ns=offset_ns)

    theatre = Theatre(weather, seed=seed, card_ppm=card, client_ppm=client, make_player=Listening)
    players = [theatre.player]

    def tick() -> None:
        picture = theatre.pictures[-1][1]
        assert picture is None or picture.generation >= newest  # nothing that is void is ever shown

    theatre.on_tick = tick
    theatre.run(0.3)
    for number, (act, seconds) in enumerate(acts, 1):
        if act == "line":
            theatre.line(number, seconds)
        elif act == "live":
            theatre.live_line(number, seconds, ppm=-card)
        elif act == "cut":
            theatre.interrupt()
        elif act == "join":
            assert_monotone(theatre.pictures)
            theatre.player, theatre.pictures, theatre.happened = Listening(theatre.sink), [], []
            players.append(theatre.player)
            theatre.read()
        theatre.run(seconds)
    theatre.run(8.0)
    assert theatre.player.silent
    assert_monotone(theatre.pictures)
    assert_told_once(theatre.happened)
    for player in players:
        assert max(player.stats.av_error_ms, default=0) < HOLD_S * 1e3 + 50  # longer, and the face rests
    last = theatre.pictures[-1][1]
    assert last is not None and last.idle and last.weights[JAW] == 0


def assert_monotone(pictures: list[tuple[int, Picture | None]]) -> None:
    shown = [p for _, p in pictures if p is not None]
    order = [(p.generation, p.utterance) for p in shown if p.utterance]
    assert order == sorted(order)
    for before, after in pairwise(shown):
        if before.utterance == after.utterance:
            assert before.time_s <= after.time_s


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["lost", "twice", "late", "all"]))
def test_each_line_is_told_once_though_events_are_lost_doubled_or_late(seed: int, fault: str) -> None:
    chance = random.Random(seed)
    theatre = Theatre(BAD, seed=seed)
    post, kept = theatre.post, []

    def spoil(parts):  # type: ignore[no-untyped-def]
        for part in parts:
            parts_now = [part]
            if part[1].startswith(b"tw1/nova/event"):
                what = chance.choice(["lost", "twice", "late", "as it is"]) if fault == "all" else fault
                parts_now = {"lost": [], "twice": [part, part], "late": [], "as it is": [part]}[what]
                kept.extend([part] if what == "late" or what == "twice" else [])
            elif kept and chance.random() < 0.02:
                parts_now = [part, kept.pop(chance.randrange(len(kept)))]
            post(parts_now)

    theatre.post = spoil  # type: ignore[method-assign]
    theatre.run(0.3)
    for number in range(1, 6):
        theatre.line(number, chance.uniform(0.05, 1.2))
        theatre.run(chance.uniform(0.0, 1.5))
        if chance.random() < 0.4:
            theatre.interrupt()
    theatre.run(9.0)
    assert_told_once(theatre.happened)
    spoken = {h.utterance for h in theatre.happened}
    assert {p.utterance for p in theatre.speech()} <= spoken
    assert theatre.player.silent


def test_what_happened_is_told_when_it_is_heard() -> None:
    theatre = Theatre()
    theatre.run(0.5)
    theatre.line(1, 1.0)
    theatre.run(0.6)
    assert [(h.kind, h.heard_s < 0.02) for h in theatre.happened] == [("started", True)]
    theatre.line(2, 1.0)
    theatre.run(0.2)
    assert len(theatre.happened) == 1
    theatre.interrupt()
    theatre.run(0.1)
    told = [(h.kind, round(h.heard_s, 1)) for h in theatre.happened]
    assert told == [("started", 0.0), ("interrupted", 0.8)]  # nothing of the second was sent
    theatre.line(3, 0.5)
    theatre.run(1.0)
    assert [(h.kind, round(h.heard_s, 2)) for h in theatre.happened[2:]] == [("started", 0), ("ended", 0.5)]


def test_a_line_that_is_cut_before_it_begins_is_told_with_nothing_heard() -> None:
    theatre = Theatre()
    theatre.run(0.5)
    theatre.line(1, 2.0)
    theatre.media.stall_ms = 400  # its sound is under way, its frames are there
    theatre.run(0.3)
    assert theatre.happened == [] and not theatre.speech()
    theatre.media.wire.clear()
    theatre.interrupt()
    theatre.run(0.3)
    assert [(h.kind, h.heard_s) for h in theatre.happened] == [("started", 0), ("interrupted", 0)]


def test_a_closed_npc_ends_its_line() -> None:
    theatre = Theatre()
    theatre.line(1, 2.0)
    theatre.run(0.5)
    theatre.post(theatre.studio.farewell(theatre.now_ns, ""))
    for media in theatre.media.due(theatre.now_ns + NS_PER_S):
        theatre.player.receive([media], theatre.client_ns())
    assert [h.kind for h in theatre.player.happened(theatre.client_ns())] == ["interrupted"]


def test_the_buffer_learns_from_idling_and_says_what_it_has() -> None:
    quiet, noisy = Theatre(Weather(base_ms=0.3)), Theatre(Weather(base_ms=5, jitter_ms=50))
    for theatre in (quiet, noisy):
        theatre.run(3.0)
    assert quiet.player.buffer.target_ms == 20 and 45 < noisy.player.buffer.target_ms < 60
    for theatre in (quiet, noisy):
        theatre.live_line(1, 2.0)
        theatre.run(1.5)
        buffer = theatre.player.buffer
        assert abs(buffer.depth_ms - buffer.target_ms) < 40
        theatre.run(1.5)
        assert theatre.player.stats.late == 0 and max(list(theatre.player.stats.av_error_ms)[:-1]) < 1
        assert theatre.player.stats.as_json()["buffer_target_ms"] == pytest.approx(
            theatre.player.buffer.target_ms, abs=12
        )


def test_a_live_line_waits_for_its_target() -> None:
    waits = []
    for least_ms in (20.0, 100.0):
        theatre = Theatre(
            make_player=lambda sink, ms=least_ms: Player(sink, buffer=JitterBuffer(ms, 120))  # type: ignore[misc]
        )
        theatre.run(2.0)
        begun_ns = theatre.now_ns
        theatre.live_line(1, 1.0)
        theatre.run(1.5)
        waits.append(next(t for t, p in theatre.pictures if p is not None and not p.idle) - begun_ns)
    assert (waits[1] - waits[0]) / MS == pytest.approx(80, abs=20)


def test_sound_that_runs_out_holds_the_picture_then_rests_it_and_gathers_again() -> None:
    theatre = Theatre()
    theatre.run(1.0)
    theatre.line(1, 4.0)
    theatre.run(1.0)
    theatre.media.stall_ms = 1200
    theatre.pictures.clear()
    theatre.run(3.0)
    stats = theatre.player.stats
    assert stats.underruns == 1 and stats.sound_gaps == 0
    heard = np.array([p.heard_s for _, p in theatre.pictures if p is not None])
    still = np.diff(heard) < 1e-3
    (first,), (last,) = np.nonzero(still)[0][:1], np.nonzero(still)[0][-1:]
    assert still[first : last + 1].all()  # one pause, no stutter
    assert 0.6 < (last - first) / 60 < 1.1
    shapes = jaws(theatre)
    held = shapes[first + 1]
    assert held > 0.05
    assert shapes[first + 10] == held  # 170 ms: it may only be late
    assert 0 < shapes[first + 20] < held  # on its way
    assert max(shapes[first + 33 : last]) == 0  # 0.5 s after
    assert np.abs(np.diff(shapes[first : last + 1])).max() < held / 10
    resting = theatre.pictures[first + 40][1]
    assert resting is not None and resting.at_rest and not resting.idle and resting.vertices_vx3 is not None
    np.testing.assert_array_equal(resting.vertices_vx3, TOPOLOGY.neutral_vx3)
    assert max(shapes[last + 3 :]) > 0.2  # and it speaks again
    assert stats.rebuffered_ms.percentiles(100)[0] == pytest.approx((last - first) / 60 * 1e3, abs=40)
    theatre.run(2.0)
    assert [h.kind for h in theatre.happened] == ["started", "ended"]


def test_frames_that_run_out_rest_the_face_while_the_sound_goes_on() -> None:
    theatre = Theatre()
    theatre.run(1.0)
    theatre.line(1, 4.0)
    theatre.run(1.0)
    theatre.motion.stall_ms = 1200
    theatre.pictures.clear()
    theatre.run(2.0)
    stats = theatre.player.stats
    assert stats.underruns == 0 and 20 < stats.rested < 60
    heard = [p.heard_s for _, p in theatre.pictures if p is not None]
    assert np.diff(heard).min() > 0.01
    assert [p.at_rest for p in theatre.speech()].count(True) == pytest.approx(stats.rested, abs=1)
    assert max(stats.av_error_ms) < 220


def test_an_idle_face_for_which_nothing_comes_rests() -> None:
    theatre = Theatre()
    theatre.run(1.0)
    theatre.motion.stall_ms = 5000
    theatre.run(1.0)
    last = theatre.pictures[-1][1]
    assert last is not None and last.at_rest and last.idle


def test_after_an_underrun_needless_delay_goes_slowly() -> None:
    theatre = Theatre()
    theatre.run(1.0)
    theatre.live_line(1, 240.0)
    theatre.run(5.0)
    before_ms = theatre.player.buffer.depth_ms
    theatre.media.stall_ms = theatre.motion.stall_ms = 400
    theatre.run(3.0)
    after_ms = theatre.player.buffer.depth_ms
    assert after_ms > before_ms + 150 and theatre.player.stats.underruns == 1
    theatre.run(60.0)
    assert after_ms - 70 < theatre.player.buffer.depth_ms < after_ms - 45  # a millisecond in a second
    theatre.run(170.0)
    assert theatre.player.buffer.depth_ms < theatre.player.buffer.target_ms + 80


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_clocks_that_drift_apart_are_followed_through_a_long_microphone_line(ppm: float) -> None:
    theatre = Theatre(Weather(base_ms=2, jitter_ms=5), card_ppm=ppm, client_ppm=ppm / 2)
    theatre.run(3.0)
    theatre.live_line(1, 200.0, ppm=-ppm)  # both: 80 ms apart at its end
    depths: list[float] = []
    theatre.on_tick = lambda: (theatre.pictures.clear(), depths.append(theatre.player.buffer.depth_ms))  # type: ignore[func-returns-value]
    theatre.run(199.0)
    stats = theatre.player.stats
    assert stats.underruns == 0 and stats.sound_gaps == 0 and stats.late <= 5
    assert 15 < np.median(depths[-3600:]) < 100  # 80 ms apart by now, in either direction
    assert stats.av_error_ms.percentiles(99)[0] < 5


@pytest.mark.parametrize("offset_ms", [-80.0, 0.0, 120.0])
def test_a_positive_av_offset_shows_the_picture_later(offset_ms: float) -> None:
    """ITU-R BT.1359: sound early by 45 ms or late by 125 ms is noticed; it counts early sound positive.

    Headphones that sound 120 ms late (-120) are met by an offset of +120: with it the sound is, where the
    sink hears it, 120 ms early.
    """
    theatre = Theatre(make_player=lambda sink: Player(sink, av_offset_ms=offset_ms))
    theatre.run(1.0)
    theatre.line(1, 2.0)
    theatre.run(1.5)
    speech = theatre.speech()[20:]
    early_ms = np.array([(p.heard_s - p.time_s) * 1e3 for p in speech])
    assert early_ms == pytest.approx(offset_ms, abs=1)
    stats = theatre.player.stats
    assert max(stats.av_error_ms) < 1 + max(0, offset_ms)  # at the beginning there is nothing older to show
    assert abs(stats.as_json()["av_signed_ms"] or 0) < 1  # beyond what was asked for


def test_the_signed_error_is_positive_where_sound_is_early() -> None:
    theatre = Theatre()
    theatre.run(1.0)
    theatre.line(1, 2.0)
    theatre.run(0.7)
    theatre.motion.stall_ms = 350  # lips late: sound early
    theatre.run(0.5)
    assert max(theatre.player.stats.av_signed_ms) > 50 and min(theatre.player.stats.av_signed_ms) > -1


def test_the_end_of_a_line_is_seen_though_pictures_are_late() -> None:
    theatre = Theatre(make_player=lambda sink: Player(sink, av_offset_ms=150))
    theatre.run(1.0)
    theatre.line(1, 1.0)
    theatre.run(2.0)
    assert theatre.speech()[-1].time_s > 0.97


def test_weights_alone_make_pictures_without_vertices() -> None:
    theatre = Theatre()
    theatre.studio.read_by({b"tw1/nova/audio\0", b"tw1/nova/event\0"}, {b"tw1/nova/frame/arkit\0"})
    theatre.run(0.5)
    theatre.line(1, 1.0)
    theatre.run(1.0)
    speech = theatre.speech()
    assert len(speech) > 40 and all(p.vertices_vx3 is None for p in speech)
    assert max(jaws(theatre)) > 0.3
    theatre.interrupt()
    theatre.run(0.3)
    assert jaws(theatre)[-1] == 0
    assert {m.plane for _, m in theatre.motion.wire} <= {ARKIT}


def test_a_reader_who_changes_planes_in_mid_line_goes_on() -> None:
    theatre = Theatre()
    theatre.run(0.3)
    theatre.line(1, 2.0)
    theatre.run(0.6)
    theatre.studio.read_by({b"tw1/nova/"}, {b"tw1/nova/frame/arkit\0"})
    theatre.run(0.6)
    theatre.read()
    theatre.run(0.6)
    with_vertices = [p.vertices_vx3 is not None for p in theatre.speech()]
    assert with_vertices[5] and not with_vertices[60] and with_vertices[-1]
    assert max(theatre.player.stats.av_error_ms) < 1


def test_memory_is_bounded_though_nobody_looks() -> None:
    player = Player(SilentSink())
    frame = decode_media(_one(Theatre(), "frame/q16")).message
    assert isinstance(frame, wire.Frame)
    for utterance in range(1, 200):
        stamp = (utterance, 0)
        event = wire.Event("started", *stamp, 0, RATE, 0, 0, "")
        player.receive([Media("nova", "event", event)], utterance)
    for i in range(400):  # a flood of sound for which no frames come
        audio = wire.Audio(1, 0, i * RATE, RATE, 0, 0, bytes(2 * RATE))
        player.receive([Media("nova", "audio", audio)], 1000)
    for i in range(3 * MAX_FRAMES):
        moved = replace(frame, utterance=2, pts=i * 266, seq=i)
        player.receive([Media("nova", "frame/q16", moved)], 1000)
    tracks = list(player._programme)
    assert len(tracks) <= MAX_WAITING + 1
    assert max(len(t.frames) for t in tracks) <= MAX_FRAMES
    assert sum(len(s) for t in tracks for s in t.sound) <= 2 * RATE * (MAX_SOUND_S + 1)
    kinds = [h.kind for h in player.happened(1000)]
    assert kinds.count("started") == kinds.count("interrupted") == 199 - MAX_WAITING


numbers = st.integers(0, 5)
places = st.one_of(st.integers(0, 40_000), st.just(2**53 - 1))
flags = st.sampled_from([wire.KEY, wire.KEY | wire.IDLE, wire.KEY | wire.LAST, wire.KEY | wire.REPEAT])
rates = st.sampled_from([4_000, RATE, 384_000])
FRAME = decode_media(_one(Theatre(), "frame/q16")).message
anything = st.one_of(
    st.builds(
        lambda *f: replace(FRAME, **dict(zip(NAMES, f, strict=True))),  # type: ignore[type-var]
        *(numbers, numbers, numbers, places, rates, flags, places),
    ),
    st.builds(
        wire.Audio,
        numbers,
        numbers,
        places,
        rates,
        flags,
        places,
        st.integers(0, 3000).map(lambda n: bytes(2 * n)),
    ),
    st.builds(
        wire.Event,
        *(st.sampled_from(["started", "ended", "interrupted", "closed"]), numbers, numbers, places, rates),
        *(places, places, st.just("")),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(anything, st.integers(0, 700)), max_size=40))
def test_any_messages_in_any_order_do_no_harm(messages: list[tuple[wire.Frame, int]]) -> None:
    player, now_ns, happened, newest = Player(SilentSink()), 0, [], 0
    for message, wait_ms in messages:
        player.receive([Media("nova", "frame/arkit", message)], now_ns)
        newest = max(newest, message.generation)
        now_ns += wait_ms * MS
        picture = player.present(now_ns)
        player.displayed(now_ns)
        assert picture is None or picture.generation >= newest
        happened += player.happened(now_ns)
    player.receive([Media("nova", "event", wire.Event("closed", 0, newest + 1, 0, RATE, 0, 0, ""))], now_ns)
    assert_told_once(happened + player.happened(now_ns))
    assert player.silent


@pytest.mark.parametrize("seconds", [0.2, 4.0])
def test_who_reads_no_frames_hears_lines_all_the_same(seconds: float) -> None:
    theatre = Theatre()
    theatre.studio.read_by({b"tw1/nova/audio\0", b"tw1/nova/event\0"}, set())
    theatre.run(2.0)
    theatre.line(1, seconds)
    theatre.run(seconds + 0.4)
    assert [h.kind for h in theatre.happened] == ["started", "ended"]


def test_who_looks_away_in_a_live_line_finds_lips_that_fit() -> None:
    theatre = Theatre()
    theatre.run(2.0)
    theatre.studio.read_by({b"tw1/nova/audio\0", b"tw1/nova/event\0"}, set())
    theatre.run(2.0)
    theatre.live_line(1, 8.0)
    theatre.run(4.0)
    theatre.read()
    theatre.run(5.0)
    stats = theatre.player.stats
    assert stats.underruns == 0 and stats.pictures > 150 and max(list(stats.av_error_ms)[10:-1]) < 17


def test_a_recording_plays_bit_for_bit_the_same(tmp_path: Path) -> None:
    theatre = Theatre(BAD, seed=3)
    with Recorder(tmp_path / "a.twrec") as recorder:
        receive = theatre.player.receive

        def record(media, now_ns, *, offset_ns=0):  # type: ignore[no-untyped-def]
            for item in media:
                recorder.write(item, now_ns)
            receive(media, now_ns, offset_ns=offset_ns)

        theatre.player.receive = record  # type: ignore[method-assign]
        theatre.run(1.0)
        theatre.live_line(1, 2.0)
        theatre.run(1.5)
        theatre.interrupt()
        theatre.line(2, 1.0)
        theatre.run(2.0)
    runs = []
    for _ in range(2):
        player = Player(SilentSink())
        pictures = [
            (t, p.time_s, p.weights.tobytes(), None if p.vertices_vx3 is None else p.vertices_vx3.tobytes())
            for t, p in watch_recording(tmp_path / "a.twrec", player)
            if p is not None
        ]
        runs.append((pictures, player.stats.as_json(), player.buffer.target_ms, player.happened(0)))
    assert runs[0] == runs[1] and len(runs[0][0]) > 200
