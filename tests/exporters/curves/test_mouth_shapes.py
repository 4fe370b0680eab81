"""A mouth as shapes: every shape found again, no gaps, nothing too short, rests only where one rests."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from talkwire.exporters.curves.mouth_shapes import BASIC, LASTS_S, MOUTHS, SHAPES, mouth_cues
from talkwire.runtime.arkit import INDEX, sides


def mouths(make_clip, word: str, *, each_s: float = 0.3, fps: int = 60, scale: float = 1.0):
    """A clip of the mouths of these shapes, one after another."""
    frames = round(len(word) * each_s * fps)
    clip = make_clip(frames=frames, fps=fps, still=True)
    weights = np.zeros((frames, 52), np.float32)
    for i in range(frames):
        for name, value in MOUTHS[word[min(int(i / fps / each_s), len(word) - 1)]].items():
            weights[i, sides(name)] = value * (scale if name in ("jawOpen", "mouthLowerDown") else 1)
    return dataclasses.replace(clip, weights_nx52=weights)


@pytest.mark.parametrize("fps", [24, 30, 60, 120])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_every_shape_is_found_at_its_time(make_clip, fps: int, scale: float) -> None:
    word = "XDADGDCBDFDEDHX"
    cues = mouth_cues(mouths(make_clip, word, fps=fps, scale=scale))
    assert [cue.shape for cue in cues] == list(word)
    for i, cue in enumerate(cues):
        assert abs(cue.start_cs - 30 * i) <= 100 / fps + 1


def check_law(cues, end_cs: int) -> None:
    assert cues[0].start_cs == 0 and cues[-1].end_cs == end_cs
    for one, other in pairwise(cues):
        assert one.end_cs == other.start_cs and one.shape != other.shape
    shortest = {shape: 100 * LASTS_S[shape] - 1e-9 for shape in SHAPES}
    assert all(cue.end_cs - cue.start_cs >= min(shortest[cue.shape], end_cs) for cue in cues)


@pytest.mark.parametrize("seed", range(5))
def test_any_motion_gives_cues_without_gaps_that_last(make_clip, seed: int) -> None:
    rng = np.random.default_rng(seed)
    clip = make_clip(frames=240)
    wild = dataclasses.replace(clip, weights_nx52=rng.random((240, 52)).astype(np.float32))
    for some in (clip, wild):
        check_law(mouth_cues(some), len(some.samples) * 100 // some.sample_rate_hz)


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 13])
def test_short_lines_have_one_cue_or_few(make_clip, frames: int) -> None:
    clip = make_clip(frames=frames)
    check_law(mouth_cues(clip), len(clip.samples) * 100 // clip.sample_rate_hz)


def test_less_than_a_hundredth_is_one_cue_of_no_length(make_clip) -> None:
    clip = make_clip(frames=1)
    short = dataclasses.replace(clip, samples=clip.samples[:100])
    assert mouth_cues(short) == [(0, 0, "X")]
    assert mouth_cues(short, "G") == [(0, 0, "A")]


@pytest.mark.parametrize("extended", ["", "G", "H", "X", "GH", "XHG"])
def test_shapes_that_were_not_drawn_become_the_nearest(make_clip, extended: str) -> None:
    clip = mouths(make_clip, "XDGDHDXA")
    whole, less = mouth_cues(clip), mouth_cues(clip, extended)
    assert {cue.shape for cue in less} <= set("ABCDEF" + extended)
    drawn = "".join(cue.shape * (cue.end_cs - cue.start_cs) for cue in whole)
    for shape, instead in BASIC.items():
        drawn = drawn if shape in extended else drawn.replace(shape, instead)
    assert "".join(cue.shape * (cue.end_cs - cue.start_cs) for cue in less) == drawn


def test_a_moment_of_closed_lips_is_not_lost(make_clip) -> None:
    clip = mouths(make_clip, "DDDD")
    weights = clip.weights_nx52.copy()
    weights[30:34] = mouths(make_clip, "A").weights_nx52[0]  # 67 ms
    assert "A" in {cue.shape for cue in mouth_cues(dataclasses.replace(clip, weights_nx52=weights))}


def test_a_rest_within_speech_is_no_pause(make_clip) -> None:
    clip = mouths(make_clip, "DDDD")
    weights = clip.weights_nx52.copy()
    weights[30:38] = mouths(make_clip, "X").weights_nx52[0]  # 130 ms
    assert "X" not in {cue.shape for cue in mouth_cues(dataclasses.replace(clip, weights_nx52=weights))}


def test_a_real_line_closes_for_its_p_and_b(spoken) -> None:
    """He turned sharP-ly, and FAced Gregson across the taB-le."""
    cues = mouth_cues(spoken)
    check_law(cues, len(spoken.samples) * 100 // spoken.sample_rate_hz)
    assert sum(cue.shape == "A" for cue in cues) >= 2
    assert "G" in {cue.shape for cue in cues}
    assert spoken.weights_nx52[:, INDEX["jawOpen"]].max() > 0.1
