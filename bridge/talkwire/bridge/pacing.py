"""When which audio may be fed to an NPC, so that its frames leave a little ahead of their moment.

Everything an NPC makes known is sent at once; pacing only decides how much audio it hears. So an
interruption finds at most `lead_s` of frames under way, and memory stays flat however fast a peer sends.
All functions take the time; none reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class Pacer:
    """The play-out clock of one utterance, in samples. It starts when the first frame is known.

    It never runs past the frames that are known: where audio comes late (a slow voice generator), the
    clock waits and the rest of the utterance is later by as much, as on the listener's side.
    """

    sample_rate_hz: int
    lead_s: float  # how far ahead of play-out frames are made
    look_ahead_s: float  # how much more audio than that a frame needs
    waited_ns: int = 0
    _start_ns: int | None = field(default=None)
    _known: int = 0

    def start(self, now_ns: int) -> None:
        """Play-out begins (the first frame is known). Only the first call counts."""
        if self._start_ns is None:
            self._start_ns = now_ns

    def know(self, samples: int) -> None:
        """Frames up to this sample have been made."""
        self._known = max(self._known, samples)

    def played(self, now_ns: int) -> int:
        """How many samples have been played out; waits where frames are missing."""
        if self._start_ns is None:
            return 0
        elapsed_ns = now_ns - self._start_ns
        late_ns = elapsed_ns - self._known * NS_PER_S // self.sample_rate_hz
        if late_ns > 0:
            self._start_ns += late_ns
            self.waited_ns += late_ns
            return self._known
        return max(0, elapsed_ns * self.sample_rate_hz // NS_PER_S)

    def may_feed(self, now_ns: int) -> int:
        """How many samples, counted from the first, the NPC may have heard by now."""
        ahead_s = self.lead_s + self.look_ahead_s
        return self.played(now_ns) + round(ahead_s * self.sample_rate_hz)

    def next_feed_ns(self, fed: int, slice_samples: int, now_ns: int) -> int:
        """When another slice may be fed, given what was fed so far."""
        missing = fed + slice_samples - self.may_feed(now_ns)
        return now_ns + max(0, missing) * NS_PER_S // self.sample_rate_hz
