"""What a server counts of its own work. One thread writes, any may read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Since the start. turned_ns: when the last turn ended, on the server's clock; 0 before the first."""

    turns: int = 0
    worked_ns: int = 0
    turned_ns: int = 0
    requests: int = 0
    refused: int = 0
    failed_npcs: int = 0
    motion_messages: int = 0
    motion_bytes: int = 0
    media_messages: int = 0
    media_bytes: int = 0

    def turn(self, began_ns: int, ended_ns: int) -> None:
        """A turn of work is over."""
        self.turns += 1
        self.worked_ns += ended_ns - began_ns
        self.turned_ns = ended_ns

    def sent(self, size: int, *, motion: bool) -> None:
        """A message was published, whether or not anybody reads."""
        if motion:
            self.motion_messages += 1
            self.motion_bytes += size
        else:
            self.media_messages += 1
            self.media_bytes += size
