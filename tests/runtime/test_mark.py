"""The label: in its corner and nowhere else, readable on any ground, in every picture of a video."""

import numpy as np
import pytest

from g4g_support import jaw_open, small_g4g
from support import small_avatar
from talkwire.runtime.mark import marked, with_mark
from talkwire.runtime.types import FilmedPatch


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("size_hw", [(512, 512), (288, 360), (1080, 1920), (64, 64)])
def test_it_is_seen_in_the_lower_right_corner_alone(size_hw: tuple[int, int], level: int) -> None:
    picture = np.full((*size_hw, 3), level, np.uint8)
    out = marked(picture)
    rows, columns = np.nonzero((out != level).any(axis=2))
    assert rows.min() > 0.8 * size_hw[0] - 16 and rows.max() < size_hw[0]
    assert columns.min() > 0.45 * size_hw[1] - 40 and columns.max() < size_hw[1]
    label = out[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(int)
    assert label.max() - label.min() > 90, "letters are told from their ground"
    assert picture.max() == level, "and what was given is as it was"


def test_what_is_behind_it_shines_through() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (1, 256, 3))
    out = marked(ramp)
    column = out[:, 250, 0].astype(int)
    assert (np.diff(column[240:252]) >= 0).all() and column[251] > column[244]


@pytest.mark.parametrize("size_hw", [(1, 1), (4, 4), (3, 300), (300, 3), (24, 24)])
def test_a_picture_smaller_than_it_has_what_there_is_room_for(size_hw: tuple[int, int]) -> None:
    assert marked(np.full((*size_hw, 3), 200, np.uint8)).shape == (*size_hw, 3)


def shown(avatar, life_s: float) -> np.ndarray:
    """The picture that a reader of patches has."""
    height, width = 40, 48
    picture = np.zeros((height, width, 3), np.uint8)
    for patch in avatar.painted([jaw_open(0.5)], [life_s])[0]:
        wide, high = patch.size
        picture[patch.top : patch.top + high, patch.left : patch.left + wide] = patch.rgb_hxwx3
    return picture


@pytest.mark.parametrize("down", [0.0, 12.0, 24.0])  # of the mouth: at last it is under the label
def test_a_videos_patches_with_it_are_its_picture_marked(down: float) -> None:
    centres = np.array([[30.0, 14.5 + down]] * 5, np.float32)
    plain = small_g4g(centres_nx2=centres)
    labelled = with_mark(plain)
    for life_s in (0.0, 0.04, 0.2, 9.0):
        np.testing.assert_array_equal(shown(labelled, life_s), marked(shown(plain, life_s)))
    patches = labelled.texture_patches(jaw_open(0.5), 0.04)
    assert isinstance(patches[0], FilmedPatch), "what was filmed is still sent as it is"
    assert all(side % 4 == 0 for side in (patches[-1].left, patches[-1].top, *patches[-1].size))


def test_all_else_is_the_avatars_own_and_a_head_is_itself() -> None:
    plain, head = small_g4g(), small_avatar()
    labelled = with_mark(plain)
    assert labelled.card is plain.card and labelled.topology is plain.topology and labelled.moves_within
    assert with_mark(head) is head
