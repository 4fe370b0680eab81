"""The queue of lines: order, bounds, and what is ignored after a cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwire.bridge.limits import MAX_QUEUED_LINES, MAX_QUEUED_S
from talkwire.bridge.serving.lines import LineQueue
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

A, B = b"peer a", b"peer b"


def tone(samples: int) -> Float32:
    return np.arange(samples, dtype=np.float32)


@given(st.lists(st.integers(1, 500), max_size=12), st.lists(st.integers(1, 700), max_size=30))
def test_what_is_taken_is_what_was_added(added: list[int], taken: list[int]) -> None:
    line = LineQueue().begin(A, 1, 16000)
    sound, at = tone(sum(added)), 0
    for count in added:
        line.add(sound[at : at + count], 0)
        at += count
    out = [line.take(count) for count in taken]
    assert all(len(got) <= count for got, count in zip(out, taken, strict=True))
    got = np.concatenate([*out, line.take(10**6)])
    np.testing.assert_array_equal(got, sound)
    assert line.queued == 0 and line.fed == line.received == len(sound)


def test_the_same_line_number_twice_is_refused() -> None:
    queue = LineQueue()
    queue.begin(A, 5, 16000)
    queue.begin(B, 5, 16000)
    with pytest.raises(ProtocolError, match="this line number has been used: saw 5, wanted more than 5"):
        queue.begin(A, 5, 16000)


def test_too_many_lines_are_refused() -> None:
    queue = LineQueue()
    for i in range(MAX_QUEUED_LINES):
        queue.begin(A, i, 16000)
    with pytest.raises(ProtocolError, match=f"too many lines are waiting: saw {MAX_QUEUED_LINES + 1}"):
        queue.begin(A, 99, 16000)


def test_too_much_audio_ends_the_line_and_keeps_what_there_was() -> None:
    queue = LineQueue()
    line = queue.begin(A, 1, 8000)
    for _ in range(int(MAX_QUEUED_S)):
        queue.add(A, 1, tone(8000), 0)
    with pytest.raises(ProtocolError, match=r"line 1 ends here: saw 30\.0 s, wanted at most 30 s"):
        queue.add(A, 1, tone(1), 0)
    assert line.ended and line.queued == MAX_QUEUED_S * 8000


def test_end_twice_and_audio_after_the_end_are_refused() -> None:
    queue = LineQueue()
    queue.begin(A, 1, 16000)
    queue.end(A, 1)
    with pytest.raises(ProtocolError, match="an end came for a line that is not open: saw line 1"):
        queue.end(A, 1)
    with pytest.raises(ProtocolError, match="audio came for a line that is not open: saw line 1"):
        queue.add(A, 1, tone(5), 0)
    with pytest.raises(ProtocolError, match="not open: saw line 7"):
        queue.add(B, 7, tone(5), 0)


def test_what_is_under_way_for_a_cut_line_is_ignored() -> None:
    queue = LineQueue()
    queue.begin(A, 1, 16000)
    queue.begin(B, 4, 16000)
    assert [line.number for line in queue.cut()] == [1, 4]
    queue.add(A, 1, tone(5), 0)
    queue.end(A, 1)
    queue.add(B, 4, tone(5), 0)
    assert not queue.lines
    queue.begin(A, 2, 16000)
    queue.add(A, 2, tone(5), 0)
    assert queue.lines[0].received == 5


def test_a_peer_that_has_gone_ends_its_lines_only() -> None:
    queue = LineQueue()
    mine, other = queue.begin(A, 1, 16000), queue.begin(B, 1, 16000)
    queue.release(A)
    assert mine.ended and not other.ended
    queue.begin(A, 1, 16000)  # the same connection may greet again and count from the start
