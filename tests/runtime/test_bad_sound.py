"""What reaches a session from microphones and programs that misbehave: both networks, the shipped line."""

import numpy as np
import pytest

from support import LINE, small_avatar
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.minds import Preset
from talkwire.runtime.session import Session, open_session
from talkwire.runtime.types import Pose

AVATAR = small_avatar()
VOICE = read_audio(LINE)
RATE_HZ = VOICE.sample_rate_hz
SOUND = VOICE.samples.astype(np.float32)
PRESETS = list(Preset)


def said(session: Session, sound: np.ndarray, chunk: int | None = None, rate_hz: int = RATE_HZ) -> list[Pose]:
    session.begin(rate_hz)
    poses: list[Pose] = []
    for part in np.split(sound, range(chunk, len(sound), chunk) if chunk else []):
        session.push(part.astype(np.float32))
        poses += session.pull_poses()
    session.end()
    return poses + session.pull_poses()


def weights(poses: list[Pose]) -> np.ndarray:
    return np.array([pose.face.weights for pose in poses])


def opening(poses: list[Pose]) -> np.ndarray:
    moved = weights(poses)
    return moved[:, INDEX["jawOpen"]] - moved[:, INDEX["mouthClose"]]


def noise(level: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, len(SOUND))


def with_gaps() -> np.ndarray:
    """Each half second 50 ms are lost."""
    time_s = np.arange(len(SOUND)) / RATE_HZ
    return np.where(time_s % 0.5 < 0.05, 0, SOUND)


BAD = {
    "not a number now and then": np.where(np.arange(len(SOUND)) % 97 == 0, np.nan, SOUND),
    "infinite now and then": np.where(np.arange(len(SOUND)) % 997 == 0, np.inf, SOUND),
    "clipped": np.clip(20 * SOUND, -1, 1),
    "as 16-bit numbers by mistake": SOUND * 32768,
    "offset": SOUND + 0.3,
    "dropouts": with_gaps(),
    "two voices": SOUND + 0.7 * np.roll(SOUND[::-1], 4000),
    "in noise": SOUND + noise(0.01),
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", BAD)
def test_a_mouth_goes_on_in_bad_sound(name: str, preset: Preset) -> None:
    """As many frames, in range, and the mouth opens about as far and as smoothly as in good sound."""
    good = said(open_session(AVATAR, motion=preset), SOUND)
    bad = said(open_session(AVATAR, motion=preset), BAD[name])
    assert [pose.pts for pose in bad] == [pose.pts for pose in good]
    moved = weights(bad)
    assert np.isfinite(moved).all() and 0 <= moved.min() <= moved.max() <= 1
    most, wanted = (np.percentile(opening(poses), 95) for poses in (bad, good))
    assert 0.4 * wanted < most < 2 * wanted
    assert np.abs(np.diff(opening(bad))).max() < 0.3  # at 60 frames a second


@pytest.mark.parametrize("preset", PRESETS)
def test_chunks_of_one_sample_and_of_a_minute_are_the_same(preset: Preset) -> None:
    short = SOUND[: RATE_HZ // 4]
    whole = weights(said(open_session(AVATAR, motion=preset), short))
    np.testing.assert_array_equal(weights(said(open_session(AVATAR, motion=preset), short, chunk=1)), whole)
    minute = np.resize(SOUND, 60 * RATE_HZ)
    at_once = weights(said(open_session(AVATAR, motion=preset), minute))
    assert len(at_once) == 60 * 60
    np.testing.assert_array_equal(
        weights(said(open_session(AVATAR, motion=preset), minute, chunk=RATE_HZ // 10)), at_once
    )


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("level", [0.0, 0.001, 0.02])
def test_nobody_speaking_keeps_the_mouth_shut(preset: Preset, level: float) -> None:
    poses = said(open_session(AVATAR, motion=preset), noise(level))
    assert opening(poses)[12:].max() < 0.1  # speech opens three times as far


@pytest.mark.parametrize("preset", PRESETS)
def test_another_rate_is_another_utterance_without_a_pop(preset: Preset) -> None:
    """A microphone that changes its rate begins anew in the middle of a word."""
    session = open_session(AVATAR, motion=preset)
    session.begin(RATE_HZ)
    session.push(SOUND[: round(0.7 * RATE_HZ)])
    before = session.pull_poses()
    half = SOUND[round(0.7 * RATE_HZ) :: 2]
    after = said(session, half, chunk=400, rate_hz=RATE_HZ // 2)
    assert {pose.utterance for pose in after} == {2}
    if before:
        joined = weights([before[-1], *after[:30]])
        assert np.abs(np.diff(joined, axis=0)).max() < 0.25


@pytest.mark.parametrize("preset", PRESETS)
def test_a_long_silence_changes_nothing_of_what_follows(preset: Preset) -> None:
    quiet = np.zeros(60 * RATE_HZ, np.float32)
    alone = opening(said(open_session(AVATAR, motion=preset), SOUND))
    after = opening(said(open_session(AVATAR, motion=preset), np.concatenate([quiet, SOUND])))[60 * 60 :]
    assert np.corrcoef(alone, after)[0, 1] > 0.9
    assert np.percentile(after, 95) == pytest.approx(np.percentile(alone, 95), rel=0.35)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("pause_s", [0.3, 0.7, 1.5, 4.0])
def test_who_goes_on_after_a_pause_is_heard_as_before(preset: Preset, pause_s: float) -> None:
    pause = np.zeros(round(pause_s * RATE_HZ), np.float32)
    moved = opening(said(open_session(AVATAR, motion=preset), np.concatenate([SOUND, pause, SOUND])))
    frames = round(len(SOUND) / RATE_HZ * 60)
    first, second = moved[:frames], moved[-frames:]
    assert np.percentile(second, 90) > 0.8 * np.percentile(first, 90)
    assert np.corrcoef(first, second)[0, 1] > 0.85
