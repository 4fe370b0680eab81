"""A recording as it runs: which of its parts are due, and what its clock says. Pure; takes the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from talkwire.bridge.media import decode_media, encode_media
from talkwire.bridge.recording import Survey

BETWEEN_ROUNDS_NS: Final = 1_000_000_000
STAMPS: Final = ("server_ns", "heard_ns")


class Reel:
    """It stands before its first part until it is begun."""

    def __init__(
        self,
        parts: Callable[[], Iterator[tuple[int, bytes]]],
        survey: Survey,
        *,
        speed: float = 1.0,
        loop: bool = False,
    ) -> None:
        """parts: each call reads them from the first on.  loop: again and again; from the second time on in
        later generations, as nobody listens to what is older than what he heard.
        """
        self._parts, self._survey, self._speed, self._loop = parts, survey, speed, loop
        self._begin_ns = 0
        self._rest = self._rounds()
        self._next: tuple[int, bytes] | None = next(self._rest, None)

    def begin(self, at_ns: int) -> None:
        """Its first part is due then."""
        self._begin_ns = at_ns

    def clock_ns(self, now_ns: int) -> int:
        """The time of the server that was recorded."""
        return max(0, self._survey.first_ns + round((now_ns - self._begin_ns) * self._speed))

    def due(self, now_ns: int) -> Iterator[bytes]:
        """The parts whose time has come."""
        while self._next is not None and self._next[0] <= self.clock_ns(now_ns):
            part = self._next[1]
            self._next = next(self._rest, None)
            yield part

    def next_ns(self) -> int | None:
        """When another one is; None where it is over."""
        if self._next is None:
            return None
        return self._begin_ns + round((self._next[0] - self._survey.first_ns) / self._speed)

    def _rounds(self) -> Iterator[tuple[int, bytes]]:
        yield from self._parts()
        length_ns = self._survey.last_ns - self._survey.first_ns + BETWEEN_ROUNDS_NS
        lowest, highest = self._survey.generations
        number = 1
        while self._loop:
            for arrived_ns, part in self._parts():
                later_ns, generations = number * length_ns, number * (highest - lowest + 1)
                yield arrived_ns + later_ns, _later(part, later_ns, generations)
            number += 1


def _later(part: bytes, later_ns: int, generations: int) -> bytes:
    media = decode_media(part)
    message: Any = media.message
    changed = {name: getattr(message, name) + later_ns for name in STAMPS if getattr(message, name, 0)}
    if hasattr(message, "generation"):
        changed["generation"] = message.generation + generations
    return encode_media(replace(media, message=replace(message, **changed))) if changed else part
