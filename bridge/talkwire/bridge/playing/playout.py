"""The sound of the line that is heard: gathered until there is enough, given to the sink, followed, sped.

An underrun is sound that ran out in mid-line. What comes then is gathered to the target again before it
goes on: one pause, no stutter.
"""

from __future__ import annotations

from typing import Final

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.drift import Drift
from talkwire.bridge.playing.jitter import JitterBuffer
from talkwire.bridge.playing.sinks import Sink
from talkwire.bridge.playing.stats import Stats
from talkwire.bridge.playing.track import Track
from talkwire.runtime.errors import ProtocolError

MAX_GAP_S: Final = 10.0  # of lost sound, filled with silence
MOST_OFFSET_S: Final = 1.0
MOST_GIVEN_S: Final = 2.0  # to the sink beyond what is heard


class Playout:
    """`step` it whenever time has passed; `heard` is the place in the line that is heard now."""

    def __init__(self, sink: Sink, buffer: JitterBuffer, stats: Stats, offset_s: float) -> None:
        """offset_s: how much later than its sound a moment is shown; below 0, frames must come sooner.

        Raises ProtocolError where it is beyond reason.
        """
        if not abs(offset_s) <= MOST_OFFSET_S:
            raise ProtocolError(
                "no A/V offset is so large",
                seen=f"{offset_s * 1e3:g} ms",
                wanted=f"at most {MOST_OFFSET_S * 1e3:g} ms either way",
                cure="measure how much later the ear hears than the eye sees",
            )
        self.flowing = False  # else it is gathered
        self._sink, self._buffer, self._stats = sink, buffer, stats
        self._offset_s, self._early_s = offset_s, max(0.0, -offset_s)
        self._track: Track | None = None
        self._open = False  # the sink has a stream for it,
        self._given = 0  # and so many samples
        self._dry_ns = 0
        self._over_ns: int | None = None  # when its end was heard
        self._drift = Drift()

    def begin(self, track: Track, now_ns: int) -> None:
        """This line, which is ready, from its first sound on."""
        self.stop()
        self._track, self._drift, self._over_ns = track, Drift(), None
        self._flow(track, now_ns)

    def stop(self) -> None:
        """Silence, after a fade."""
        self._sink.stop()
        self._track, self._open, self.flowing = None, False, False

    def wanted_s(self) -> float:
        """What must have come beyond what is heard."""
        return self._buffer.target_s + self._early_s

    def step(self, now_ns: int) -> None:
        """Notice an underrun, end one, follow the sender's clock."""
        track = self._track
        if track is None:
            return
        if self.flowing and not track.sound_complete and self._sink.dry(now_ns):
            self.flowing, self._dry_ns = False, now_ns
            self._stats.underruns += 1
            self._buffer.underrun()
        elif not self.flowing and track.ready(self.heard(now_ns), self.wanted_s()):
            self._stats.rebuffered_ms.append((now_ns - self._dry_ns) / 1e6)
            self._flow(track, now_ns)
        if self.flowing:
            self._pour(track, now_ns)
            self._steer(track, now_ns)
        if self._over_ns is None and self.is_over(track, now_ns):
            self._over_ns = now_ns

    def heard(self, now_ns: int) -> int:
        """The place in its line; before it begins, where it will."""
        assert self._track is not None
        return self._track.begins + (self._sink.heard(now_ns) if self._open else 0)

    def seen(self, now_ns: int) -> int:
        """The place in its line that is to be seen now. It goes on when the sound has ended."""
        assert self._track is not None
        later_s = self._offset_s
        if self._over_ns is not None:
            later_s -= min(max(0.0, later_s), (now_ns - self._over_ns) / NS_PER_S)
        return self.heard(now_ns) - round(later_s * self._track.rate_hz)

    def heard_s(self, track: Track, now_ns: int) -> float:
        """The same in seconds; nothing of a line that is not on."""
        return track.seconds(self.heard(now_ns)) if track is self._track else 0.0

    def is_over(self, track: Track, now_ns: int) -> bool:
        """Whether the line was heard to its end."""
        return track is self._track and track.sound_complete and self.heard(now_ns) >= track.end

    def is_heard(self, now_ns: int) -> bool:
        """Whether there is sound."""
        track = self._track
        return track is not None and self.flowing and not self.is_over(track, now_ns)

    def lost(self, track: Track, gap: int, pts: int, now_ns: int) -> None:
        """Sound is missing before pts. Silence takes its place; where that is too late, a new beginning."""
        self._stats.sound_gaps += 1
        current = track is self._track
        dry = current and (not self.flowing or self._sink.dry(now_ns))
        if gap <= MAX_GAP_S * track.rate_hz and not dry:
            track.add_sound(b"\0\0" * gap)
            return
        track.rejoin(pts)
        if current:
            self._sink.stop()
            self._open, self.flowing, self._dry_ns = False, False, now_ns

    def _flow(self, track: Track, now_ns: int) -> None:
        if not self._open:
            self._sink.start(track.rate_hz, now_ns)
            self._given = 0
        self._open = self.flowing = True
        self._pour(track, now_ns)

    def _pour(self, track: Track, now_ns: int) -> None:
        most = self._sink.heard(now_ns) + MOST_GIVEN_S * track.rate_hz
        while track.sound and self._given < most:
            samples = track.take_sound()
            self._given += len(samples) // 2
            self._sink.write(samples)

    def _steer(self, track: Track, now_ns: int) -> None:
        speed = 1.0
        if not (track.sound_complete or track.frames_complete):
            ahead_s = track.seconds(track.reach() - self.heard(now_ns)) - self._early_s
            self._buffer.depth_ms = ahead_s * 1e3
            self._stats.buffered(self._buffer.target_ms, self._buffer.depth_ms)
            speed = self._drift.speed(ahead_s, self._buffer.target_s, track.lead_s, now_ns)
        self._sink.set_speed(speed, now_ns)
