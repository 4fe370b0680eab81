"""One NPC on the server: lines of audio in, frames, sound and events out, at the pace of play-out.

No sockets and no clock. Between lines it is kept alive by an idle utterance of silence, which yields to
the next line at once. Lines are spoken in order; an interruption cuts them all.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from talkwire.bridge.moment import Head, Moment
from talkwire.bridge.pacing import NS_PER_S, Pacer
from talkwire.bridge.serving.lines import Line, LineQueue
from talkwire.bridge.wire import IDLE, KEY, LAST, Audio, Event, Progress
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32, Pose

SPEECH_LEAD_S: Final = 0.2  # frames leave at most this long before their moment
IDLE_LEAD_S: Final = 0.1
IDLE_RATE_HZ: Final = 16_000
TURN_SLICES: Final = 4  # of a frame's time, heard at most in a turn: others have theirs, too
PROGRESS_NS: Final = NS_PER_S // 10


class TalkingSession(Protocol):
    """What the bridge needs of talkwire.runtime.session.Session."""

    fps: int
    generation: int

    @property
    def avatar(self) -> Head:
        """Whom it moves."""
        ...

    @property
    def look_ahead_s(self) -> float:
        """Audio that must be heard beyond a frame's own moment."""
        ...

    def begin(self, sample_rate_hz: int) -> int:
        """Start an utterance, dropping an open one; its id."""
        ...

    def push(self, samples: Float32) -> None:
        """Hear more of it. To move by it may be left to `pull`, or to who moves many at once."""
        ...

    def end(self) -> None:
        """It is complete."""
        ...

    def interrupt(self) -> int:
        """Drop it; the new generation."""
        ...

    def set_style(self, style: Style) -> None:
        """How to speak and feel from here on."""
        ...

    def pull_heard(self) -> list[tuple[Pose, Float32]]:
        """Poses that became known, and the [w, 52] weights that the avatar hears of each."""
        ...

    def close(self) -> None:
        """Nothing will be asked of it again."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """News for the peer that sent a line."""

    peer: bytes
    progress: Progress


Output = Moment | Audio | Event | Report


@dataclass(slots=True)
class _Utterance:
    """What the session is speaking now: a line, or silence."""

    id: int
    line: Line | None
    sample_rate_hz: int
    pacer: Pacer
    fed: int = 0
    reported_ns: int = 0


class Npc:
    """Call `advance` whenever `next_ns` has come or a line has changed; it does a frame's worth of work.

    It is `listen` and then `speak`: between the two, many may move at once.
    """

    def __init__(self, name: str, session: TalkingSession, *, first_generation: int = 0) -> None:
        """first_generation: higher than any that an earlier NPC of this name has had."""
        self.name, self.session = name, session
        self.queue = LineQueue()
        self._first_generation = first_generation
        self._now: _Utterance | None = None
        self._leaving: deque[tuple[int, Line]] = deque()  # (end of play-out, line): made, not yet heard
        self._free_ns = 0  # when the last line has been played out
        self._fed = False  # since it spoke last
        self._picture = -1  # that its last moment was in
        self._out: list[Output] = []

    @property
    def generation(self) -> int:
        """Bumped by an interruption; what is older is void."""
        return self._first_generation + self.session.generation

    @property
    def busy(self) -> bool:
        """Whether anything is being said or waits to be."""
        return bool(self.queue.lines or self._leaving)

    def advance(self, now_ns: int, *, watched: bool) -> list[Output]:
        """Do what is due; at most TURN_SLICES slices of audio are heard. Unwatched, an NPC does not idle."""
        self.listen(now_ns, watched=watched)
        return self.speak(now_ns)

    def listen(self, now_ns: int, *, watched: bool) -> None:
        """Hear what is due."""
        self._choose(now_ns)
        current = self._now
        if current is not None and (current.line is not None or watched):
            for _ in range(TURN_SLICES):
                if not self._feed(current, now_ns):
                    return

    def speak(self, now_ns: int) -> list[Output]:
        """Say what is known."""
        if self._now is not None:
            self._tell(self._now, now_ns)
        self._tell_waiting(now_ns)
        while self._leaving and self._leaving[0][0] <= now_ns:
            line = self._leaving.popleft()[1]
            self._event("ended", line, now_ns, line.fed)
            self._report(line, "done", line.fed)
        out, self._out = self._out, []
        return out

    def interrupt(self, now_ns: int) -> list[Output]:
        """Cut whatever is said or waits. Harmless when nothing is."""
        if self.busy:
            cut = [*(line for _, line in self._leaving), *self.queue.lines]
            self.session.interrupt()
            for end_ns, line in self._leaving:
                left = (end_ns - now_ns) * line.sample_rate_hz // NS_PER_S
                self._report(line, "interrupted", max(0, line.fed - max(0, left)))
            for line in self.queue.cut():
                current = self._now if self._now is not None and self._now.line is line else None
                self._report(line, "interrupted", current.pacer.played(now_ns) if current else 0)
            self._leaving.clear()
            self._fed = False
            for line in [line for line in cut if line.utterance] or cut[:1]:  # each that has begun, or none
                self._event("interrupted", line, now_ns, 0)
            self._now, self._free_ns = None, now_ns
        out, self._out = self._out, []
        return out

    def next_ns(self, now_ns: int, *, watched: bool) -> int:
        """When `advance` has something to do again, if no peer does anything before."""
        times = [self._leaving[0][0]] if self._leaving else []
        current = self._now
        if current is None or (current.line is None and self._next_line() is not None):
            times.append(self._free_ns - _ns(SPEECH_LEAD_S))
        if current is not None and (watched if current.line is None else self._has_food(current.line)):
            times.append(current.pacer.next_feed_ns(current.fed, self._slice(current), now_ns))
        times += [line.told_ns + PROGRESS_NS for line in self._untold()]
        return min(times, default=now_ns + NS_PER_S)

    def _choose(self, now_ns: int) -> None:
        """Begin the next line, or silence, once what was said before is nearly played out."""
        if self._now is not None and self._now.line is not None:
            return
        for empty in [line for line in self.queue.lines if line.ended and not line.received]:
            self.queue.lines.remove(empty)
            self._report(empty, "done", 0)
        line = self._next_line()
        if now_ns < self._free_ns - _ns(SPEECH_LEAD_S) or (line is None and self._now is not None):
            return
        rate = line.sample_rate_hz if line is not None else IDLE_RATE_HZ
        lead_s = SPEECH_LEAD_S if line is not None else IDLE_LEAD_S
        id_ = self.session.begin(rate)
        self._now = _Utterance(id_, line, rate, Pacer(rate, lead_s, self.session.look_ahead_s))
        if line is not None:
            line.utterance = id_
            if line.heard_ns < self._free_ns:  # it waited for the line before it
                line.heard_ns = now_ns
            self._event("started", line, now_ns, 0)

    def _feed(self, current: _Utterance, now_ns: int) -> bool:
        """Hear a slice where there is one; whether there may be another."""
        line, most, last = current.line, self._slice(current), False
        allowed = current.pacer.may_feed(now_ns) - current.fed
        if line is None:
            if allowed < most:
                return False
            samples = np.zeros(most, np.float32)
        else:
            if not self._has_food(line) or allowed < min(most, line.queued):
                return False
            style = line.style_due()
            if style is not None:
                self.session.set_style(style)
            samples = line.take(most)
            last = line.ended and not line.queued
            self._sound(current, samples, last, now_ns)
        if len(samples):
            self.session.push(samples)
        current.fed += len(samples)
        if last:
            self.session.end()
        self._fed = True
        return not last

    def _tell(self, current: _Utterance, now_ns: int) -> None:
        line, fed, self._fed = current.line, self._fed, False
        if fed:
            self._emit(current, IDLE | KEY if line is None else KEY, now_ns)
        if line is None:
            return
        if fed and line.ended and not line.queued:
            self._finish(current, line, now_ns)
        elif now_ns - current.reported_ns >= PROGRESS_NS:
            current.reported_ns = now_ns
            self._report(line, "speaking", current.pacer.played(now_ns))

    def _tell_waiting(self, now_ns: int) -> None:
        """Who loses the server for a moment, and finds it again, need not say this once more."""
        for line in self._untold():
            if now_ns - line.told_ns >= PROGRESS_NS:
                line.told, line.told_ns = line.received, now_ns
                self._report(line, "queued", 0)

    def _untold(self) -> list[Line]:
        """Lines that wait, and of which more has come than their peers know."""
        spoken = self._now.line if self._now is not None else None
        return [line for line in self.queue.lines if line is not spoken and line.received > line.told]

    def _emit(self, current: _Utterance, flags: int, now_ns: int) -> None:
        heard = self.session.pull_heard()
        if not heard:
            return
        end = heard[-1][0]
        current.pacer.start(max(now_ns, self._free_ns))
        current.pacer.know(end.pts + current.sample_rate_hz // self.session.fps)
        ended = current.line is not None and current.line.ended and not current.line.queued
        for pose, weights_wx52 in heard:
            last = LAST if ended and pose is end else 0
            shown = replace(pose, generation=self.generation)
            head, rate = self.session.avatar, current.sample_rate_hz
            new = pose.picture != self._picture
            self._picture = pose.picture
            self._out.append(Moment(shown, weights_wx52, head, rate, flags | last, new))

    def _sound(self, current: _Utterance, samples: Float32, last: bool, now_ns: int) -> None:
        pcm16 = (np.clip(samples, -1.0, 32767 / 32768) * 32768).round().astype("<i2").tobytes()
        flags = LAST if last else 0
        self._out.append(
            Audio(current.id, self.generation, current.fed, current.sample_rate_hz, flags, now_ns, pcm16)
        )

    def _finish(self, current: _Utterance, line: Line, now_ns: int) -> None:
        """The line is made to its end: it is heard until then, and the next may begin a little before."""
        current.pacer.know(line.fed)
        current.pacer.start(max(now_ns, self._free_ns))
        left = line.fed - current.pacer.played(now_ns)
        self._free_ns = max(now_ns, self._free_ns) + left * NS_PER_S // line.sample_rate_hz
        self._leaving.append((self._free_ns, line))
        self.queue.lines.remove(line)
        self._now = None

    def _next_line(self) -> Line | None:
        return next((line for line in self.queue.lines if line.received), None)

    def _has_food(self, line: Line) -> bool:
        """A few samples are not worth a message, unless they are the last ones."""
        return line.ended or line.queued >= line.sample_rate_hz // (4 * self.session.fps)

    def _slice(self, current: _Utterance) -> int:
        return max(1, current.sample_rate_hz // self.session.fps)

    def _event(self, kind: str, line: Line, now_ns: int, pts: int) -> None:
        rate, heard_ns = line.sample_rate_hz, line.heard_ns
        self._out.append(Event(kind, line.utterance, self.generation, pts, rate, now_ns, heard_ns, ""))

    def _report(self, line: Line, state: str, played: int) -> None:
        progress = Progress(self.name, line.number, state, line.utterance, line.received, played)
        self._out.append(Report(line.peer, progress))


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
