"""What of the texture changes, on the wire and back."""

from dataclasses import replace

import numpy as np
import pytest

from bridge.cases import JPEG, MEDIA
from talkwire.bridge import wire
from talkwire.bridge.moment import Moment
from talkwire.bridge.texture import patch_message, patches_from
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Face, Pose

PATCH = MEDIA["patch"].message
assert isinstance(PATCH, wire.Patch)


def moment(name: str, jaw: float) -> Moment:
    head = load_avatar(find_avatar(name))
    weights = np.full((head.window, 52), jaw, np.float32)
    face = Face(weights[-1], np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))
    return Moment(Pose(3, 2, 1, 735, face), weights, head, 44_100, wire.KEY)


def test_rectangles_come_back_within_what_nobody_sees() -> None:
    shown = moment("nova-dyntet", 0.4)
    message = patch_message(shown, topology_id="0" * 16, server_ns=9)
    assert message is not None and (message.utterance, message.seq, message.pts) == (3, 1, 735)
    back, went = patches_from(message), shown.patches
    assert len(back) == len(went) == 2
    for one, other in zip(back, went, strict=True):
        assert (one.left, one.top) == (other.left, other.top)
        difference = one.rgb_hxwx3.astype(float) - other.rgb_hxwx3
        assert np.sqrt((difference**2).mean()) < 3
    assert sum(len(row[5]) for row in message.patches) < 20_000


def test_a_texture_that_never_changes_needs_no_message() -> None:
    assert patch_message(moment("nova", 0.4), topology_id="0" * 16, server_ns=9) is None


@pytest.mark.parametrize(
    "row",
    [
        (0, 0, 8, 9, "jpeg", JPEG),
        (0, 0, 16384, 16384, "jpeg", JPEG),
        (0, 0, 8, 8, "jpeg", JPEG[:40]),
        (0, 0, 8, 8, "jpeg", b"\x89PNG\r\n\x1a\n"),
        (0, 0, 8, 8, "jpeg", bytes(200)),
        (0, 0, 8, 8, "jpeg", b"\xff"),
    ],
)
def test_what_is_no_picture_of_its_size_is_refused(row: tuple[int, int, int, int, str, bytes]) -> None:
    with pytest.raises(ProtocolError, match="a patch is wrong: saw"):
        patches_from(replace(PATCH, patches=(row,)))


@pytest.mark.parametrize(
    "row",
    [
        (-1, 0, 8, 8, "jpeg", JPEG),
        (0, 0, 0, 8, "jpeg", JPEG),
        (0, 0, 8, 8, "gif", JPEG),
        (0, 0, 8, 8),
        (0, 0, 8, 8, "rgb", bytes(191)),
        (0, 0, 8, 8, "rgb", bytes(193)),
        (0, 0, 8, 8, "rgb", bytes(256)),
        (0, 0, 16384, 16384, "rgb", b"\0"),
    ],
)
def test_absurd_rectangles_are_no_message(row: tuple[object, ...]) -> None:
    with pytest.raises(ProtocolError, match=r"Patch.patches"):
        replace(PATCH, patches=(row,))
