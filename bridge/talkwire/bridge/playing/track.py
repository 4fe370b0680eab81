"""One utterance on its way through the player: what has arrived of it, and how far that reaches."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from talkwire.bridge import wire
from talkwire.bridge.pacing import NS_PER_S

Frame = wire.Frame | wire.Coefficients

MAX_FRAMES: Final = 1_200  # of one utterance, where nobody asks for pictures
MAX_SOUND_S: Final = 60.0  # that waits; the server sends a fraction of a second ahead
MAX_APART_S: Final = 2.0  # of what one socket has brought: so long it waits for the other
UNSEEN_S: Final = 0.15  # for who reads no frames: somewhat more sound than a frame needs beyond its moment
LEAD_MEASURED_NS: Final = NS_PER_S  # from its first frame on
IDLE_BEHIND_S: Final = 0.25  # an idle clock that lags the newest frame by more than this jumps


@dataclass(slots=True)
class Track:
    """One utterance as far as it has arrived. Places in it are samples at its own rate."""

    id: int
    generation: int
    frames: list[Frame] = field(default_factory=list)  # by pts
    patches: list[wire.Patch] = field(default_factory=list)  # by pts
    sound: deque[bytes] = field(default_factory=deque)  # that the sink has not been given
    first_pts: int | None = None  # of the sound: not 0 for who joins in mid-line
    samples: int = 0  # of the sound, from there on
    rate_hz: int = 1
    idle: bool = False
    bare: bool = False  # its frames have no vertices
    unseen: bool = False  # nobody reads frames just now
    sound_complete: bool = False
    frames_complete: bool = False
    lead_s: float = 0.0  # how long before its moment a frame is sent: of recorded lines, not of live ones
    told: Literal["", "started", "over"] = ""
    _waiting: int = 0  # samples in sound
    _sent_first: tuple[int, int] | None = None  # of a frame: pts, server_ns
    _anchor: tuple[int, int] | None = None  # of the idle clock: pts, now_ns

    @property
    def begins(self) -> int:
        """Where its sound begins here."""
        return self.first_pts or 0

    @property
    def end(self) -> int:
        """How far its sound has come."""
        return self.begins + self.samples

    def seconds(self, samples: float) -> float:
        """Of it."""
        return samples / self.rate_hz

    def span_s(self) -> float:
        """How much of its frames has come."""
        return self.seconds(self.frames[-1].pts - self.frames[0].pts) if self.frames else 0.0

    def reach(self) -> float:
        """How far both sound and frames have come. Neither leads without the other, within MAX_APART_S.

        Where no frames come at all, sound goes alone, as late as it would beside them: they may come again.
        """
        sound = math.inf if self.sound_complete else self.end if self.samples else -math.inf
        newest = self.frames[-1].pts if self.frames else -math.inf
        apart_s = UNSEEN_S if self.unseen else MAX_APART_S
        complete = self.frames_complete or (self.unseen and self.sound_complete)
        frames = math.inf if complete else max(newest, self.end - apart_s * self.rate_hz)
        return min(sound, frames)

    def ready(self, heard: int, target_s: float) -> bool:
        """Whether it may begin, or go on, from there."""
        if self.idle:
            return bool(self.frames)
        return self.reach() >= heard + target_s * self.rate_hz

    def add_frame(self, frame: Frame) -> bool:
        """Whether it is a new one."""
        if self.frames and frame.pts <= self.frames[-1].pts:
            return False
        self.rate_hz = frame.sample_rate_hz
        if not self.frames:
            self.idle = bool(frame.flags & wire.IDLE) and not self.samples
        self.frames_complete = self.frames_complete or bool(frame.flags & wire.LAST)
        self.frames.append(frame)
        del self.frames[:-MAX_FRAMES]
        if not frame.flags & wire.REPEAT:
            self._measure_lead(frame)
        return True

    def add_patch(self, patch: wire.Patch) -> None:
        """In their order."""
        if not self.patches or patch.pts > self.patches[-1].pts:
            self.patches.append(patch)
            del self.patches[:-MAX_FRAMES]

    def add_sound(self, samples: bytes) -> None:
        """What follows. What is too much is lost."""
        if self._waiting < MAX_SOUND_S * self.rate_hz:
            self.samples += len(samples) // 2
            self._waiting += len(samples) // 2
            self.sound.append(samples)

    def take_sound(self) -> bytes:
        """The next of it for the sink."""
        samples = self.sound.popleft()
        self._waiting -= len(samples) // 2
        return samples

    def rejoin(self, pts: int) -> None:
        """Go on from there, as if joined only now."""
        self.first_pts, self.samples, self._waiting = pts, 0, 0
        self.sound.clear()

    def idle_moment(self, now_ns: int) -> int:
        """An idle utterance runs on the receiver's clock, between its newest frame and a little before."""
        newest, behind = self.frames[-1].pts, round(IDLE_BEHIND_S * self.rate_hz)
        pts, since_ns = self._anchor or (self.frames[0].pts, now_ns)
        moment = pts + (now_ns - since_ns) * self.rate_hz // NS_PER_S
        within = min(max(moment, newest - behind), newest)
        if within != moment or self._anchor is None:
            self._anchor = within, now_ns
        return within

    def around(self, moment: float) -> tuple[Frame, Frame, float]:
        """The frames on both sides of a moment, and its share of the way between them. Forgets older ones."""
        right = bisect_right(self.frames, moment, key=lambda frame: frame.pts)
        del self.frames[: max(0, right - 1)]
        before, after = self.frames[0], self.frames[min(1, len(self.frames) - 1)]
        share = 0.0
        if after.pts > before.pts:
            share = min(1.0, max(0.0, (moment - before.pts) / (after.pts - before.pts)))
        return before, after, share

    def patch(self, moment: float) -> wire.Patch | None:
        """The newest of its moment, where there is one; older ones are forgotten."""
        right = bisect_right(self.patches, moment, key=lambda patch: patch.pts)
        del self.patches[: max(0, right - 1)]
        return self.patches[0] if right else None

    def _measure_lead(self, frame: Frame) -> None:
        pts, server_ns = self._sent_first = self._sent_first or (frame.pts, frame.server_ns)
        since_ns = frame.server_ns - server_ns
        if since_ns <= LEAD_MEASURED_NS:  # later it would be drift
            self.lead_s = max(self.lead_s, self.seconds(frame.pts - pts) - since_ns / NS_PER_S)
