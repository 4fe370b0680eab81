"""How much audio waits in all NPCs together: of one client, and of all. Pure.

Seconds of a rate above 48 kHz count for more, so that a bound in seconds is one of memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from talkwire.bridge.limits import MAX_AUDIO_S, MAX_CLIENT_AUDIO_S
from talkwire.runtime.errors import ProtocolError

WEIGHED_RATE_HZ: Final = 48_000  # a second of a higher rate counts as rate / 48,000


class Waiting(Protocol):
    """A line of which something waits."""

    @property
    def peer(self) -> bytes:
        """Whose it is."""
        ...

    @property
    def sample_rate_hz(self) -> int:
        """Of its samples."""
        ...

    @property
    def queued(self) -> int:
        """Samples that wait."""
        ...


def weight_s(samples: int, sample_rate_hz: int) -> float:
    """Seconds that so many samples count for."""
    return samples / min(sample_rate_hz, WEIGHED_RATE_HZ)


class Budget:
    """What may wait. Counts what comes, and what is left of it only once that seems too much."""

    def __init__(self, waiting: Callable[[], Iterable[tuple[str, Waiting]]]) -> None:
        """waiting: every line of every NPC, with the client whose it is."""
        self._waiting = waiting
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._total_s = 0.0

    def spend(self, client: str, samples: int, sample_rate_hz: int) -> None:
        """Before audio is kept. Raises ProtocolError when it is too much, of this client or of all."""
        more_s = weight_s(samples, sample_rate_hz)
        if self._excess(client, more_s):
            self._count()
        if excess := self._excess(client, more_s):
            whose, seen_s, most_s = excess
            raise ProtocolError(
                f"too much audio waits in the NPCs {whose}; this line ends here",
                seen=f"{seen_s:,.0f} s",
                wanted=f"at most {most_s:,.0f} s",
                cure="send no faster than the progress messages say it is played",
            )
        self._seconds[client] += more_s
        self._total_s += more_s

    def _excess(self, client: str, more_s: float) -> tuple[str, float, float] | None:
        for whose, waiting_s, most_s in (
            ("of this client", self._seconds[client], MAX_CLIENT_AUDIO_S),
            ("of all clients together", self._total_s, MAX_AUDIO_S),
        ):
            if waiting_s + more_s > most_s:
                return whose, waiting_s + more_s, most_s
        return None

    def _count(self) -> None:
        self._seconds.clear()
        for client, line in self._waiting():
            self._seconds[client] += weight_s(line.queued, line.sample_rate_hz)
        self._total_s = sum(self._seconds.values())
