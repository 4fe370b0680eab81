"""Lines that are said over a connection that may break: sent as far as there is room, begun anew where cut.

Samples are counted from the beginning of what is said, whatever lines of the protocol it becomes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge import wire

CHUNK_S: Final = 0.1
CREDIT_SHARE: Final = 0.9  # of what the NPC may have waiting: what Progress says is a little old
MAX_CUT: Final = 64  # lines of an NPC that were cut, and of which the server has not said the last yet


@dataclass
class Line:
    """One thing that is said."""

    say: int  # its number for who says it
    session: str
    rate_hz: int
    samples: int  # that there are, so far
    ended: bool  # there will be no more
    number: int = 0  # of the line that it is at the server; 0: none
    begun_at: int = 0  # where that line began
    sent: int = 0
    received: int = 0
    played: int = 0
    end_sent: bool = False
    state: str = ""  # that was told
    utterance: int = 0  # that was told: as what the line that it is now is spoken; 0: not yet
    refs: set[int] = field(default_factory=set)  # of its messages


class Lines:
    """Those that are not over, in the order in which they were said."""

    def __init__(self, send: Callable[..., int]) -> None:
        self._send, self._next = send, 1
        self._lines: list[Line] = []
        self._cut: dict[str, deque[Line]] = {}
        self._open: dict[str, float] = {}  # session -> seconds that may wait

    def add(self, line: Line) -> None:
        """One more."""
        self._lines.append(line)

    def more(self, say: int, samples: int, ended: bool) -> Line | None:
        """Of one that is not over."""
        line = next((line for line in self._lines if line.say == say), None)
        if line is not None:
            line.samples, line.ended = line.samples + samples, ended
        return line

    def drop(self, session: str) -> None:
        """They are over, and nobody wants to know more of them."""
        self.close(session)
        self._lines = [line for line in self._lines if line.session != session]
        self._cut.pop(session, None)

    def cut(self, session: str) -> list[Line]:
        """They are over, and the server will say yet which of them it had begun to speak."""
        over = [line for line in self._lines if line.session == session]
        self._lines = [line for line in self._lines if line.session != session]
        self._cut.setdefault(session, deque(maxlen=MAX_CUT)).extend(line for line in over if line.number)
        return over

    def refused(self, ref: int) -> Line | None:
        """The one that this message was of; it is over."""
        line = next((line for line in self._lines if ref in line.refs), None)
        if line is not None:
            self._lines.remove(line)
        return line

    def stand(self) -> None:
        """Nobody is there to hear them."""
        self._open.clear()

    def resume(self, restarted: bool) -> None:
        """After a greeting each is a new line, from where the server has it, or another one had played it."""
        for line in self._lines:
            line.begun_at = line.sent = line.received = line.played = (
                line.played if restarted else line.received
            )
            line.number, line.end_sent, line.refs, line.utterance = 0, False, set(), 0
        self._cut.clear()

    def open(self, session: str, max_queued_s: float) -> None:
        """It may be spoken to."""
        self._open[session] = max_queued_s
        self.send(session)

    def close(self, session: str) -> None:
        """It may not be spoken to, until it is open again."""
        self._open.pop(session, None)

    def progress(self, news: wire.Progress) -> Iterator[tuple[Line, str]]:
        """What is to be told of it."""
        line = next((x for x in self._lines if _is_of(news, x)), None)
        if line is None:
            yield from self._late(news)
            return
        line.received = line.begun_at + news.received_samples
        line.played = line.begun_at + news.played_samples
        whole = line.ended and line.received == line.samples
        state = "speaking" if news.state == "done" and not whole else news.state
        if state in ("done", "interrupted"):
            self._lines.remove(line)
        if (state, news.utterance) != (line.state, line.utterance):
            line.state, line.utterance = state, news.utterance
            yield line, state
        self.send(line.session)

    def send(self, session: str) -> None:
        """As much as there is room for, one line after the other."""
        if session not in self._open:
            return
        lines = [line for line in self._lines if line.session == session]
        for line in lines:
            if not line.number:
                line.number, self._next = self._next, self._next + 1
                self._say(wire.Begin, line, sample_rate_hz=line.rate_hz)
            waiting_s = sum((x.sent - x.played) / x.rate_hz for x in lines)
            while line.sent < line.samples:
                count = min(round(CHUNK_S * line.rate_hz), line.samples - line.sent)
                waiting_s += count / line.rate_hz
                if waiting_s > CREDIT_SHARE * self._open[session] + 1e-9:
                    return
                self._say(wire.ChunkS16, line, samples=[line.sent, count])
                line.sent += count
            if not line.ended:
                return
            if not line.end_sent:
                line.end_sent = True
                self._say(wire.End, line)

    def _late(self, news: wire.Progress) -> Iterator[tuple[Line, str]]:
        """Of a line that was cut: as which utterance it was spoken, if at all."""
        cut = self._cut.get(news.session, deque())
        line = next((x for x in cut if _is_of(news, x)), None)
        if line is None:
            return
        if news.state in ("done", "interrupted"):
            cut.remove(line)
        if news.utterance != line.utterance:
            line.utterance = news.utterance
            yield line, "interrupted"

    def _say(self, kind: type, line: Line, **fields: object) -> None:
        line.refs.add(self._send(kind, session=line.session, line=line.number, **fields))


def _is_of(news: wire.Progress, line: Line) -> bool:
    return line.session == news.session and 0 != line.number == news.line
