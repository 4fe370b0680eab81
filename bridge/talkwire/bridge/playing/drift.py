"""Following a sender whose clock is not the sound card's: a little slower or quicker, never a jump.

Two clocks that differ by 200 parts in a million are 120 ms apart after ten minutes. What is ahead of the ear
is watched; outside of its zone, speed changes by at most a thousandth: two hundredths of a semitone.
"""

from __future__ import annotations

from typing import Final

from talkwire.bridge.pacing import NS_PER_S

MOST: Final = 0.001
FULL_S: Final = 0.01  # so far outside of the zone, speed has changed by MOST
ROOM_S: Final = 0.04  # above the target: needless delay, but no harm
SMOOTH_S: Final = 2.0  # a stall is not drift


class Drift:
    """One line's."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None
        self._last_ns = 0

    def speed(self, ahead_s: float, target_s: float, lead_s: float, now_ns: int) -> float:
        """At which to play now. ahead_s: what has come beyond what is heard; lead_s: how early it is sent."""
        if self._ahead_s is None:
            self._ahead_s = ahead_s
        share = min(1.0, max(0, now_ns - self._last_ns) / NS_PER_S / SMOOTH_S)
        self._last_ns = now_ns
        self._ahead_s += share * (ahead_s - self._ahead_s)
        low_s, high_s = target_s, target_s + lead_s + ROOM_S
        outside_s = self._ahead_s - min(max(self._ahead_s, low_s), high_s)
        return 1.0 + MOST * min(1.0, max(-1.0, outside_s / FULL_S))
