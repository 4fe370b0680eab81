"""What a front remembers: lines that go on where they were, to the sample."""

import numpy as np
import pytest

from talkwire.bridge import wire
from talkwire.bridge.cluster.journal import SLACK_S, Kept
from talkwire.bridge.limits import MAX_QUEUED_LINES, MAX_QUEUED_S
from talkwire.bridge.message import Message
from talkwire.runtime.errors import ProtocolError

RATE = 1000 * 16
ME, OTHER = b"me", b"other"
SAMPLES = np.arange(10_000, dtype="<i2")


def chunk(start: int, stop: int, number: int = 1) -> wire.ChunkS16:
    return wire.ChunkS16(5, "nova", number, SAMPLES[start:stop].tobytes())


def told(line: int, received: int, played: int, state: wire.LineState = "speaking") -> wire.Progress:
    return wire.Progress("nova", line, state, 3, received, played)


def speaking(*stops: int, ended: bool = False) -> Kept:
    """An NPC with a line of these chunks."""
    kept = Kept("nova", holders={ME})
    kept.begin(ME, wire.Begin(4, "nova", 1, RATE))
    for start, stop in zip((0, *stops), stops, strict=False):
        kept.lines[0].add(chunk(start, stop))
    kept.lines[0].ended = ended
    return kept


def samples_in(messages: list[Message]) -> list[int]:
    return [int(s) for m in messages if isinstance(m, wire.ChunkS16) for s in np.frombuffer(m.samples, "<i2")]


@pytest.mark.parametrize("played", [0, 1, 1599, 1600, 1601, 4000])
def test_a_line_goes_on_with_the_first_sample_that_is_not_known_to_be_played(played: int) -> None:
    kept = speaking(1600, 3200, 4000, ended=True)
    assert kept.told(ME, told(1, 4000, played)) == told(1, 4000, played)
    begin, *chunks, end = kept.lines[0].again("nova", 0)
    assert (begin, end) == (wire.Begin(0, "nova", 1, RATE), wire.End(0, "nova", 1))
    assert samples_in(chunks) == list(range(played, 4000))


def test_what_the_next_worker_tells_is_counted_from_the_lines_beginning_for_its_client() -> None:
    kept = speaking(1600, 3200)
    kept.told(ME, told(1, 3200, 1000))
    list(kept.lines[0].again("nova", 0))
    assert kept.told(ME, told(1, 2200, 500)) == told(1, 3200, 1500)
    kept.lines[0].add(chunk(3200, 4000))
    assert samples_in(list(kept.lines[0].again("nova", 0))) == list(range(1500, 4000)), "and once more"
    assert kept.told(ME, told(1, 2500, 2500, "done")) == told(1, 4000, 4000, "done")
    assert kept.lines == []


def test_floats_and_styles_go_on_too() -> None:
    kept = Kept("nova", holders={ME})
    kept.begin(ME, wire.Begin(4, "nova", 1, RATE))
    voice = np.linspace(-1, 1, 400, dtype="<f4")
    kept.lines[0].add(wire.ChunkF32(5, "nova", 1, voice.tobytes()))
    style = wire.Style(9, "nova", 1.0, (), (), (), 0.0, (), 1, 300)
    kept.lines[0].styles.append(style)
    kept.told(ME, told(1, 400, 100))
    _, again, rest = kept.lines[0].again("nova", 0)
    assert isinstance(again, wire.Style) and (again.line, again.pts) == (1, 200)
    assert isinstance(rest, wire.ChunkF32)
    np.testing.assert_array_equal(np.frombuffer(rest.samples, "<f4"), voice[100:])


def test_a_style_that_was_taken_up_holds_beyond_its_line() -> None:
    kept = speaking(1600)
    late, early = (wire.Style(9, "nova", s, (), (), (), 0.0, (), 1, pts) for s, pts in ((0.3, 900), (0.2, 0)))
    kept.lines[0].styles += [late, early]
    kept.told(ME, told(1, 1600, 500))
    assert kept.style is not None and (kept.style.strength, kept.style.line) == (0.2, 0)
    kept.told(ME, told(1, 1600, 1000))
    assert (kept.style.strength, kept.lines[0].styles) == (0.3, [])


def test_what_is_played_is_kept_no_more() -> None:
    kept = speaking(1600, 3200, 4000)
    kept.told(ME, told(1, 4000, 3300))
    assert len(kept.lines[0]._chunks) == 1 and kept.lines[0].queued == 700


def test_lines_that_were_to_be_cut_do_not_go_on_and_what_still_comes_for_them_is_ignored() -> None:
    kept = speaking(1600)
    kept.cut()
    kept.begin(ME, wire.Begin(6, "nova", 2, RATE))
    (cut,) = kept.cut_lines()
    assert cut.broken_off("nova") == wire.Progress("nova", 1, "interrupted", 0, 1600, 0)
    assert [line.number for line in kept.lines] == [2]
    assert kept.is_void(ME, 1) and not kept.is_void(ME, 2) and not kept.is_void(OTHER, 1)


def test_who_leaves_ends_what_it_has_begun() -> None:
    kept = speaking(1600)
    kept.begin(OTHER, wire.Begin(6, "nova", 1, RATE))
    kept.release(ME)
    assert [line.ended for line in kept.lines] == [True, False]
    assert kept.speakers == {ME, OTHER} and kept.holders == set()


def test_no_more_is_kept_than_an_npc_holds() -> None:
    kept = Kept("nova")
    kept.begin(ME, wire.Begin(4, "nova", 1, 10_000))
    for _ in range(int(MAX_QUEUED_S + SLACK_S)):
        kept.lines[0].add(chunk(0, 10_000))
    with pytest.raises(ProtocolError, match="more audio waits than an NPC holds"):
        kept.lines[0].add(chunk(0, 1))
    assert kept.lines[0].ended
    for number in range(2, 2 * MAX_QUEUED_LINES + 1):
        kept.begin(ME, wire.Begin(4, "nova", number, RATE))
    with pytest.raises(ProtocolError, match="too many lines"):
        kept.begin(ME, wire.Begin(4, "nova", 1000, RATE))


def test_a_line_number_is_used_once() -> None:
    with pytest.raises(ProtocolError, match="has been used"):
        speaking(100).begin(ME, wire.Begin(4, "nova", 1, RATE))
