"""The jitter buffer: how far sound and frames must reach beyond what is heard before a line may go on.

The time that messages are under way is learned from every frame, idle ones too. The target is what the
slowest but a few took longer than the quickest: a percentile, since one stall must not make every line late.
Compare RFC 3550, section 6.4.1, whose mean says less about the tail. It rises at once and falls slowly.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import ProtocolError

LEAST_MS: Final = 20.0  # more than a frame's time: lips are drawn between two frames
MOST_MS: Final = 120.0
FIRST_MS: Final = 60.0  # until enough has been seen
ENOUGH: Final = 30  # frames: half a second
REMEMBERED: Final = 256  # frames: four seconds
SHARE: Final = 95.0  # percentile
MARGIN_MS: Final = 5.0
FALL_MS_PER_S: Final = 10.0
UNDERRUN_MS: Final = 20.0  # more, whenever it was not enough


class JitterBuffer:
    """Tell it what arrives; `target_ms` is what to wait for, `depth_ms` what there is."""

    def __init__(self, least_ms: float = LEAST_MS, most_ms: float = MOST_MS) -> None:
        """Raises ProtocolError for limits that are none."""
        if not 0 <= least_ms <= most_ms <= 2000:
            raise ProtocolError(
                "the jitter buffer has no such limits",
                seen=f"{least_ms:g} to {most_ms:g} ms",
                wanted="0 to 2000 ms, the least one first",
                cure=f"take {LEAST_MS:g} and {MOST_MS:g}",
            )
        self.least_ms, self.most_ms = least_ms, most_ms
        self.target_ms = self._within(FIRST_MS)
        self.depth_ms = 0.0  # of the line that is heard
        self._transits_ms: deque[float] = deque(maxlen=REMEMBERED)
        self._fell_ns: int | None = None

    @property
    def target_s(self) -> float:
        """The same in seconds."""
        return self.target_ms / 1e3

    def arrived(self, transit_ns: int, now_ns: int) -> None:
        """A frame was this long under way, by two clocks that need not agree."""
        self._transits_ms.append(transit_ns / 1e6)
        fell_ns, self._fell_ns = self._fell_ns, now_ns
        if len(self._transits_ms) < ENOUGH or fell_ns is None:
            return
        wanted_ms = self._within(self._slowest_ms() + MARGIN_MS)
        if len(self._transits_ms) == ENOUGH:
            self.target_ms = wanted_ms
        fall_ms = FALL_MS_PER_S * max(0, now_ns - fell_ns) / NS_PER_S
        self.target_ms = max(wanted_ms, self.target_ms - fall_ms)

    def underrun(self) -> None:
        """The target was too little: something else than the network is late."""
        self.target_ms = self._within(self.target_ms + UNDERRUN_MS)

    def _slowest_ms(self) -> float:
        transits_ms = np.array(self._transits_ms)
        return float(np.percentile(transits_ms, SHARE) - transits_ms.min())

    def _within(self, value_ms: float) -> float:
        return min(self.most_ms, max(self.least_ms, value_ms))
