"""Meshes of many NPCs at once: an avatar's in one call, and where that fails each by itself."""

from collections.abc import Sequence

import numpy as np
import pytest

from talkwire.bridge.moment import Moment, pose_together
from talkwire.bridge.synthetic import SyntheticHead, synthetic_topology
from talkwire.runtime.types import Face, Float32, Pose

TOPOLOGY = synthetic_topology(16)


class Counting(SyntheticHead):
    """Notes how many are posed at once, and refuses more than `most`."""

    def __init__(self, most: int = 100) -> None:
        super().__init__(TOPOLOGY)
        self.most, self.calls = most, list[int]()

    def posed(self, windows: Sequence[Float32]) -> Float32:
        self.calls.append(len(windows))
        if len(windows) > self.most:
            raise MemoryError("a card that is full")
        return super().posed(windows)


def moment(head: Counting, jaw: float) -> Moment:
    weights = np.full(52, jaw, np.float32)
    face = Face(weights, np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))
    return Moment(Pose(1, 0, 0, 0, face), weights[None], head, 16_000, 0)


def test_an_avatars_are_one_call_and_each_gets_its_own() -> None:
    one, other = Counting(), Counting()
    moments = [moment(head, jaw) for jaw in (0.1, 0.5, 0.9) for head in (one, other)]
    pose_together(moments)
    assert (one.calls, other.calls) == ([3], [3])
    for some in moments:
        alone = SyntheticHead(TOPOLOGY).posed([some.heard_wx52])[0]
        np.testing.assert_array_equal(some.frame.vertices_vx3, alone)
    assert one.calls == [3], "what is posed is not posed again"


def test_nobody_pays_for_what_nobody_reads() -> None:
    head = Counting()
    pose_together([])
    moment(head, 0.5)
    assert head.calls == []


@pytest.mark.parametrize(("most", "works"), [(1, True), (0, False)])
def test_where_that_fails_each_is_left_to_itself(most: int, works: bool) -> None:
    full, well = Counting(most), Counting()
    moments = [moment(head, 0.5) for head in (full, well, full, well)]
    pose_together(moments)
    assert well.calls == [2]
    if works:
        assert np.isfinite(moments[0].frame.vertices_vx3).all()
        return
    with pytest.raises(MemoryError):
        _ = moments[0].frame
