"""The score of sync, on a real line; and what is odd about clips."""

from dataclasses import replace

import numpy as np
import pytest

from exporters.conftest import MakeClip
from talkwire.exporters import Clip
from talkwire.exporters.batch.findings import findings_of
from talkwire.exporters.batch.sync import sync_of
from talkwire.runtime.arkit import INDEX


def score(clip: Clip, **changes: object) -> tuple[float, float]:
    clip = replace(clip, **changes)  # type: ignore[arg-type]
    sync = sync_of(clip.samples, clip.sample_rate_hz, clip.weights_nx52, clip.times_n_s)
    assert sync is not None
    return sync


def test_a_clip_goes_with_its_own_sound(spoken: Clip) -> None:
    r, lag_s = score(spoken)
    assert r > 0.4
    assert abs(lag_s) <= 0.03


def test_not_with_another_moment_of_it(spoken: Clip) -> None:
    half = np.roll(spoken.samples, len(spoken.samples) // 2)
    assert score(spoken, samples=half)[0] < score(spoken)[0] - 0.15


@pytest.mark.parametrize("late_frames", [-6, 6])
def test_what_is_shifted_is_told_by_how_much(spoken: Clip, late_frames: int) -> None:
    weights = np.roll(spoken.weights_nx52, late_frames, axis=0)
    (r, lag_s), before = score(spoken, weights_nx52=weights), score(spoken)
    assert r == pytest.approx(before[0], abs=0.1)
    assert lag_s - before[1] == pytest.approx(late_frames / 60, abs=0.015)
    sync = sync_of(spoken.samples, spoken.sample_rate_hz, weights, spoken.times_n_s)
    assert ("mouth late" if late_frames > 0 else "mouth early") in findings_of(spoken, sync)


def test_nothing_is_told_of_too_little(make_clip: MakeClip) -> None:
    for clip in (make_clip(frames=30), make_clip(still=True), make_clip(frames=1)):
        assert sync_of(clip.samples, clip.sample_rate_hz, clip.weights_nx52, clip.times_n_s) is None


def test_a_good_clip_has_nothing_odd(spoken: Clip) -> None:
    sync = sync_of(spoken.samples, spoken.sample_rate_hz, spoken.weights_nx52, spoken.times_n_s)
    assert findings_of(spoken, sync) == ()


def test_what_is_odd_is_named(spoken: Clip, make_clip: MakeClip) -> None:
    def odd(clip: Clip, **changes: object) -> tuple[str, ...]:
        return findings_of(replace(clip, **changes), None)  # type: ignore[arg-type]

    sound = spoken.samples
    assert odd(spoken, samples=0 * sound) == ("silent",)
    assert odd(spoken, samples=0.02 * sound / np.abs(sound).max()) == ("quiet",)
    assert odd(spoken, samples=np.clip(40 * sound, -1, 1))[0] == "clipped"
    loudest = int(np.abs(sound).argmax())
    assert "begins inside sound" in odd(spoken, samples=sound[loudest:])
    assert "ends inside sound" in odd(spoken, samples=sound[:loudest])
    assert "very long" in odd(spoken, samples=np.tile(sound, 12))
    assert "mouth never opens" in odd(spoken, weights_nx52=0 * spoken.weights_nx52)
    open_ = spoken.weights_nx52.copy()
    open_[:, INDEX["jawOpen"]] += 0.3
    assert odd(spoken, weights_nx52=open_) == ("mouth never closes",)
    short = make_clip(frames=6, rate=8000)
    assert {"very short", "low sample rate"} <= set(odd(short))
