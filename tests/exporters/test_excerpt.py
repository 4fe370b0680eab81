"""A part of a line is what the whole is there, frame for frame and sample for sample."""

import numpy as np
import pytest

from dyntet_support import small_dyntet
from talkwire.exporters import Excerpt, cut
from talkwire.runtime.errors import ExportError


@pytest.mark.parametrize("rate", [16000, 44100, 22050])
@pytest.mark.parametrize("learned", [False, True])
def test_frames_and_sound_are_those_of_the_whole(make_clip, rate: int, learned: bool) -> None:
    whole = make_clip(rate=rate, avatar=small_dyntet() if learned else None)
    part = cut(whole, Excerpt(0.5, 1.0))
    assert part.frame_count == 30
    begin = int(whole.pts_n[30])
    assert np.array_equal(part.samples, whole.samples[begin : int(whole.pts_n[60])])
    assert np.array_equal(part.pts_n, whole.pts_n[30:60] - begin)
    assert part.pts_n[0] == 0
    for index in (0, 1, 7, 29):
        assert np.array_equal(part.face(index).weights, whole.face(30 + index).weights)
        assert np.array_equal(part.face(index).head_rotation, whole.face(30 + index).head_rotation)
        assert np.abs(part.vertices(index) - whole.vertices(30 + index)).max() < 1e-7
    assert part.spoken["range_s"] == pytest.approx([0.5, 1.0], abs=1e-3)


def test_a_part_at_either_end(make_clip) -> None:
    whole = make_clip()
    assert cut(whole, Excerpt.of(":0.25")).frame_count == 15
    last = cut(whole, Excerpt.of("1.25:"))
    assert last.frame_count == 15
    assert np.array_equal(last.samples, whole.samples[20000:])
    assert cut(whole, Excerpt.of("1:99")).frame_count == 30


def test_of_the_whole_nothing_is_cut(make_clip) -> None:
    whole = make_clip()
    assert cut(whole, Excerpt.of(":")) is whole
    assert cut(whole, Excerpt.of("0:")) is whole


@pytest.mark.parametrize(
    "typed", ["", "1", "2:1", "1:1", "-1:2", "a:b", "nan:", ":nan", "inf:", "1:2:3", "1,5:2"]
)
def test_what_is_no_part_is_refused(typed: str) -> None:
    with pytest.raises(ExportError, match=r"this is no part of a line: saw '.*', wanted START:END"):
        Excerpt.of(typed)


@pytest.mark.parametrize("typed", ["1.5:", "7:9", "0.501:0.51"])
def test_a_part_without_a_frame_is_refused(make_clip, typed: str) -> None:
    with pytest.raises(ExportError, match=r"the line has no frame in this range: saw .* of 1\.500 s"):
        cut(make_clip(), Excerpt.of(typed))
