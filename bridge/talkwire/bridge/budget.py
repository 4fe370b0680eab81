"""How much audio waits in all NPCs together: of one client, and of all. Pure.

Seconds of a rate above 48 kHz count for more, so that a bound in seconds is one of memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from talkwire.bridge.limits import MAX_AUDIO_S, MAX_CLIENT_AUDIO_S
from talkwire.bridge.lines import Line
from talkwire.runtime.errors import ProtocolError

WEIGHED_RATE_HZ: Final = 48_000  # a second of a higher rate counts as rate / 48,000


def weight_s(samples: int, sample_rate_hz: int) -> float:
    """Seconds that so many samples count for."""
    return samples / min(sample_rate_hz, WEIGHED_RATE_HZ)


class Budget:
    """What waited when the NPCs had their last turn, and what has come since, by client."""

    def __init__(self) -> None:
        self._waiting_s: defaultdict[str, float] = defaultdict(float)
        self._total_s = 0.0

    def settle(self, lines: Iterable[tuple[str, Line]]) -> None:
        """Count anew: every line of every NPC, with the client whose it is."""
        self._waiting_s.clear()
        for client, line in lines:
            self._waiting_s[client] += weight_s(line.queued, line.sample_rate_hz)
        self._total_s = sum(self._waiting_s.values())

    def spend(self, client: str, samples: int, sample_rate_hz: int) -> None:
        """Before audio is kept. Raises ProtocolError when it is too much, of this client or of all."""
        more_s = weight_s(samples, sample_rate_hz)
        sums = (
            (self._waiting_s[client], MAX_CLIENT_AUDIO_S, "of this client"),
            (self._total_s, MAX_AUDIO_S, "of all clients together"),
        )
        for waiting_s, most_s, whose in sums:
            if waiting_s + more_s > most_s:
                raise ProtocolError(
                    f"too much audio waits in the NPCs {whose}; this line ends here",
                    seen=f"{waiting_s + more_s:,.0f} s",
                    wanted=f"at most {most_s:,.0f} s",
                    cure="send no faster than the progress messages say it is played",
                )
        self._waiting_s[client] += more_s
        self._total_s += more_s
