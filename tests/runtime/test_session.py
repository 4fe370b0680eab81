"""The one pipeline: live and baked frames are equal bit for bit, whatever the chunks."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE, small_avatar
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import BlendshapeAvatar
from talkwire.runtime.errors import AudioError, EngineError
from talkwire.runtime.minds import open_voices
from talkwire.runtime.session import FADE_S, Session, open_session, think_together
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32, Frame

AVATAR = small_avatar()
VOICE = read_audio(LINE)
SHORT: Float32 = VOICE.samples[8000:24000]


def speak(session: Session, samples: Float32, rate: int, chunks: Iterable[int]) -> list[Frame]:
    """Push in these chunk sizes (the rest at once), pulling after each."""
    session.begin(rate)
    frames: list[Frame] = []
    start = 0
    for chunk in chunks:
        session.push(samples[start : start + chunk])
        frames += session.pull()
        start += chunk
    session.push(samples[start:])
    session.end()
    return frames + session.pull()


def same(a: list[Frame], b: list[Frame]) -> bool:
    return len(a) == len(b) and all(
        (x.utterance, x.generation, x.seq, x.pts) == (y.utterance, y.generation, y.seq, y.pts)
        and np.array_equal(x.face.weights, y.face.weights)
        and np.array_equal(x.face.head_rotation, y.face.head_rotation)
        and np.array_equal(x.face.head_translation_m, y.face.head_translation_m)
        and np.array_equal(x.vertices_vx3, y.vertices_vx3)
        for x, y in zip(a, b, strict=True)
    )


def test_a_style_shows_from_the_first_frame_and_changes_softly() -> None:
    rate, smile = VOICE.sample_rate_hz, INDEX["mouthSmileLeft"]
    session = open_session(AVATAR, seed=3)
    session.set_style(Style({"joy": 1.0}))
    first = speak(session, SHORT, rate, [])
    assert first[0].face.weights[smile] > 0.5
    session.set_style(Style())
    then = [frame.face.weights[smile] for frame in speak(session, np.zeros(rate, np.float32), rate, [])]
    assert then[-1] < 0.05
    assert np.abs(np.diff(then)).max() < 0.2


BAKED = speak(open_session(AVATAR, seed=3), SHORT, VOICE.sample_rate_hz, [])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=40))
def test_live_frames_equal_baked_frames_bit_for_bit(chunks: list[int]) -> None:
    live = speak(open_session(AVATAR, seed=3), SHORT, VOICE.sample_rate_hz, chunks)
    assert same(live, BAKED)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_other_rates_are_equal_bit_for_bit_too(rate: int) -> None:
    baked = speak(open_session(AVATAR), SHORT, rate, [])
    live = speak(open_session(AVATAR), SHORT, rate, [441] * 30)
    assert same(live, baked)


def test_one_seed_agrees_and_another_differs() -> None:
    rate = VOICE.sample_rate_hz
    assert same(speak(open_session(AVATAR, seed=3), SHORT, rate, []), BAKED)
    assert not same(speak(open_session(AVATAR, seed=4), SHORT, rate, []), BAKED)


@pytest.mark.parametrize("fps", [1, 24, 25, 30, 60, 90, 240])
@pytest.mark.parametrize("samples", [1, 160, 12_345])
def test_frames_cover_the_audio_and_nothing_is_withheld(fps: int, samples: int) -> None:
    rate = 16000
    frames = speak(open_session(AVATAR, fps=fps), SHORT[:samples], rate, [])
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert [frame.pts for frame in frames] == [k * rate // fps for k in range(len(frames))]
    assert frames[-1].pts < samples <= len(frames) * rate / fps


def test_a_frame_comes_as_soon_as_its_look_ahead_is_heard() -> None:
    session = open_session(AVATAR)
    rate = VOICE.sample_rate_hz
    session.begin(rate)
    for start in range(0, len(SHORT), 160):
        session.push(SHORT[start : start + 160])
        heard = start + 160
        frames = session.pull()
        if frames:
            assert frames[0].pts + session.look_ahead_s * rate >= heard - 160 - rate / 60
    assert session.look_ahead_s <= 0.120


def test_weights_stay_in_range_and_rotations_are_unit() -> None:
    weights = np.array([frame.face.weights for frame in BAKED])
    assert weights.dtype == np.float32
    assert weights.min() >= 0
    assert weights.max() <= 1
    lengths = [np.linalg.norm(frame.face.head_rotation) for frame in BAKED]
    np.testing.assert_allclose(lengths, 1, atol=1e-5)


def test_an_interruption_drops_the_rest_and_bumps_the_generation() -> None:
    session = open_session(AVATAR)
    session.begin(16000)
    session.push(SHORT)
    assert session.pull()
    assert session.interrupt() == 1
    assert session.pull() == []
    with pytest.raises(AudioError, match="nothing to push"):
        session.push(SHORT)
    assert session.begin(16000) == 2
    session.push(SHORT)
    session.end()
    frames = session.pull()
    assert {(frame.utterance, frame.generation) for frame in frames} == {(2, 1)}
    assert frames[0].pts == 0


def test_a_new_utterance_takes_over_without_a_jump() -> None:
    session = open_session(AVATAR)
    rate = VOICE.sample_rate_hz
    session.begin(rate)
    session.push(VOICE.samples[: rate // 2 + 3000])  # cut in the middle of a word
    before = session.pull()[-1].face.weights
    session.interrupt()
    after = speak(session, np.zeros(rate, np.float32), rate, [])
    steps = [before, *(frame.face.weights for frame in after[: int(FADE_S * 60) + 2])]
    largest_change = max(float(np.abs(b - a).max()) for a, b in pairwise(steps))
    assert largest_change < 0.35  # a blink may move this fast; a cut mouth may not


def test_misuse_is_one_clear_sentence(avatar: BlendshapeAvatar) -> None:
    session = open_session(avatar)
    with pytest.raises(AudioError, match="nothing to push"):
        session.push(SHORT)
    with pytest.raises(AudioError, match="nothing to end"):
        session.end()
    session.begin(16000)
    session.end()
    with pytest.raises(AudioError, match="nothing to end"):
        session.end()
    with pytest.raises(AudioError, match="10"):
        session.begin(10)
    for fps in (0, -1, 241):
        with pytest.raises(EngineError, match=f"saw {fps} frames/s"):
            open_session(avatar, fps=fps)


def test_an_empty_utterance_has_no_frames() -> None:
    assert speak(open_session(AVATAR), np.zeros(0, np.float32), 16000, []) == []


def test_a_long_line_keeps_no_history() -> None:
    session = open_session(AVATAR)
    session.begin(16000)
    silence = np.zeros(16000, np.float32)
    kept = []
    for _ in range(30):
        session.push(silence)
        session.pull_poses()
        line = session._line
        assert line is not None
        kept.append(len(line.faces))
    assert max(kept) <= 60


def test_heads_and_brows_do_not_jump_from_line_to_line() -> None:
    """A line that is cut leaves the head turned; the next one takes it from there."""
    session = open_session(AVATAR, seed=4)
    session.begin(VOICE.sample_rate_hz)
    session.push(VOICE.samples)
    frames = session.pull()
    session.interrupt()
    frames += speak(session, VOICE.samples, VOICE.sample_rate_hz, [])
    turns = np.array([frame.face.head_rotation for frame in frames])
    speed_deg_s = np.degrees(2 * np.linalg.norm(np.diff(turns, axis=0), axis=1)) * 60
    assert speed_deg_s.max() < 40
    brows = [frame.face.weights[INDEX["browInnerUp"]] for frame in frames]
    assert np.abs(np.diff(brows)).max() < 0.08


def test_sessions_that_move_together_move_as_each_alone() -> None:
    """To the bit, also for one that joins late, one that leaves, and one that takes its number."""
    voices, rate = open_voices(), VOICE.sample_rate_hz
    lines = [VOICE.samples[start : start + 12_000] for start in (0, 4_000, 9_000, 15_000)]
    alone = [speak(open_session(AVATAR, seed=3), line, rate, []) for line in lines]
    sessions = [open_session(AVATAR, seed=3, voices=voices) for _ in range(3)]
    together: list[list[Frame]] = [[] for _ in lines]
    for session in sessions:
        session.begin(rate)
    for turn in range(30):
        if turn == 5:
            sessions[1].close()
            sessions[1] = open_session(AVATAR, seed=3, voices=voices)
            sessions[1].begin(rate)
            sessions.append(open_session(AVATAR, seed=3, voices=voices))
            sessions[3].begin(rate)
            together[1] = []
        for number, session in enumerate(sessions):
            first = (turn - 5 * (number in (1, 3))) * 700 if turn >= 5 else turn * 700
            session.push(lines[number][first : first + 700])
        think_together(sessions)
        for number, session in enumerate(sessions):
            together[number] += session.pull()
    for number, session in enumerate(sessions):
        session.end()
        together[number] += session.pull()
        assert same(together[number], alone[number]), number


def test_one_that_stalls_holds_nobody_up_and_loses_nothing() -> None:
    line, voices = VOICE, open_voices()
    going, stalled, alone = (open_session(AVATAR, voices=v) for v in (voices, voices, open_voices()))
    known: dict[Session, list[int]] = {}
    for session in (going, stalled, alone):
        session.begin(line.sample_rate_hz)
        known[session] = []
    for turn in range(40):
        chunk = line.samples[turn * 267 : (turn + 1) * 267]
        for session in (going, alone):
            session.push(chunk)
        if turn < 10:
            stalled.push(chunk)
        if turn == 30:
            stalled.push(line.samples[10 * 267 : 31 * 267])
        elif turn > 30:
            stalled.push(chunk)
        think_together([going, stalled])
        for session, frames in known.items():
            frames.append(len(session.pull()))
    assert known[going] == known[alone]
    assert sum(known[stalled][20:30]) == 0 and sum(known[stalled]) == sum(known[going])
