"""What an NPC has been given to say: lines of audio, in order, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from talkwire.bridge.limits import MAX_LINE_STYLES, MAX_QUEUED_LINES, MAX_QUEUED_S
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32


@dataclass(slots=True)
class Line:
    """One line of speech. Counts are samples at its own rate."""

    peer: bytes
    number: int
    sample_rate_hz: int
    received: int = 0
    fed: int = 0
    ended: bool = False
    heard_ns: int = 0  # when its first audio arrived
    utterance: int = 0
    told: int = 0  # of what was received, while it waited,
    told_ns: int = 0  # and when
    styles: list[tuple[int, Style]] = field(default_factory=list)  # by sample: when each is taken up
    _chunks: deque[Float32] = field(default_factory=deque)

    @property
    def queued(self) -> int:
        """Samples received that the NPC has not heard yet."""
        return self.received - self.fed

    def add(self, samples: Float32, now_ns: int) -> None:
        """Append audio. samples: [S] float32."""
        self.heard_ns = self.heard_ns or now_ns
        self.received += len(samples)
        self._chunks.append(samples)

    def style_due(self) -> Style | None:
        """The newest one to be taken up by now."""
        due = None
        while self.styles and self.styles[0][0] <= self.fed:
            due = self.styles.pop(0)[1]
        return due

    def take(self, count: int) -> Float32:
        """Remove and return the next samples, at most `count`: [<=count] float32."""
        taken: list[Float32] = []
        while count and self._chunks:
            head = self._chunks.popleft()
            if len(head) > count:
                self._chunks.appendleft(head[count:])
                head = head[:count]
            taken.append(head)
            count -= len(head)
        samples = np.concatenate(taken) if taken else np.zeros(0, np.float32)
        self.fed += len(samples)
        return samples


class LineQueue:
    """The lines of one NPC, from all peers; the first is the one being spoken or next to be."""

    def __init__(self) -> None:
        self.lines: deque[Line] = deque()
        self._last: dict[bytes, int] = {}  # highest line number of each peer
        self._cut: dict[bytes, int] = {}  # audio still under way for lines up to here is ignored

    def begin(self, peer: bytes, number: int, sample_rate_hz: int) -> Line:
        """A new line. Raises ProtocolError when its number is used, or too many lines wait."""
        if number <= self._last.get(peer, -1):
            raise _wrong("this line number has been used", number, f"more than {self._last[peer]}")
        if len(self.lines) >= MAX_QUEUED_LINES:
            raise _wrong("too many lines are waiting", len(self.lines) + 1, f"at most {MAX_QUEUED_LINES}")
        self._last[peer] = number
        line = Line(peer, number, sample_rate_hz)
        self.lines.append(line)
        return line

    def add(
        self,
        peer: bytes,
        number: int,
        samples: Float32,
        now_ns: int,
        spend: Callable[[int, int], None] = lambda samples, sample_rate_hz: None,
    ) -> None:
        """Audio of an open line. Raises ProtocolError when there is none, or too much audio waits.

        spend: called with samples and rate before they are kept; what it raises ends the line.
        """
        line = self._open(peer, number, "audio came for")
        if line is None:
            return
        waiting_s = sum(x.queued / x.sample_rate_hz for x in self.lines) + len(samples) / line.sample_rate_hz
        if waiting_s > MAX_QUEUED_S:
            line.ended = True
            raise ProtocolError(
                f"more audio waits than an NPC holds; line {number} ends here",
                seen=f"{waiting_s:.1f} s",
                wanted=f"at most {MAX_QUEUED_S:g} s",
                cure="send no faster than the progress messages say it is played",
            )
        try:
            spend(len(samples), line.sample_rate_hz)
        except ProtocolError:
            line.ended = True
            raise
        line.add(samples, now_ns)

    def style(self, peer: bytes, number: int, pts: int, style: Style) -> None:
        """To be taken up with sample pts of that line. Raises ProtocolError for a line that is over."""
        line = next((x for x in self.lines if x.peer == peer and x.number == number), None)
        if line is None:
            if number <= self._cut.get(peer, -1):
                return
            raise _wrong("a style came for a line that is over", f"line {number}", "one begun")
        if len(line.styles) >= MAX_LINE_STYLES:
            raise _wrong("too many styles wait", len(line.styles) + 1, f"at most {MAX_LINE_STYLES} in a line")
        line.styles.append((pts, style))
        line.styles.sort(key=lambda due: due[0])

    def end(self, peer: bytes, number: int) -> None:
        """The line is complete. Raises ProtocolError when it already was."""
        line = self._open(peer, number, "an end came for")
        if line is not None:
            line.ended = True

    def cut(self) -> list[Line]:
        """Drop everything; what is still under way for it will be ignored."""
        self._cut.update(self._last)
        dropped = list(self.lines)
        self.lines.clear()
        return dropped

    def release(self, peer: bytes) -> None:
        """The peer has gone: what it had begun ends where it stands."""
        for line in self.lines:
            if line.peer == peer:
                line.ended = True
        self._last.pop(peer, None)
        self._cut.pop(peer, None)

    def _open(self, peer: bytes, number: int, what: str) -> Line | None:
        for line in self.lines:
            if line.peer == peer and line.number == number and not line.ended:
                return line
        if number <= self._cut.get(peer, -1):
            return None
        raise _wrong(f"{what} a line that is not open", f"line {number}", "a line begun and not ended")


def _wrong(what: str, seen: object, wanted: object) -> ProtocolError:
    return ProtocolError(what, seen=seen, wanted=wanted, cure="begin a new line")
