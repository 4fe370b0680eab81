"""How a server stops: it takes nothing new, and ends when what was being said has been heard. Pure; takes the
time.
"""

from __future__ import annotations

from typing import Final

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.logs import tell
from talkwire.runtime.errors import ProtocolError

GRACE_NS: Final = NS_PER_S // 2  # listeners are a little behind, and "closed" would cut their last word


class Drain:
    """Asked for from any thread; the server's loop looks every turn whether it is over."""

    def __init__(self) -> None:
        self._seconds: float | None = None
        self._until_ns, self._busy_ns = -1, 0

    @property
    def asked(self) -> bool:
        """Whether the server is to stop."""
        return self._seconds is not None

    def ask(self, seconds: float) -> None:
        """Stop when all is said, or after so long. Only the first call counts."""
        if self._seconds is None:
            self._seconds = seconds

    def over(self, now_ns: int, *, busy: bool) -> bool:
        """Whether it is time. busy: whether anything is being said or waits to be."""
        if self._seconds is None:
            return False
        if self._until_ns < 0:
            self._until_ns = now_ns + round(self._seconds * NS_PER_S)
            tell("server_stopping", seconds=self._seconds)
        if busy:
            self._busy_ns = now_ns + GRACE_NS
        over = now_ns >= min(self._until_ns, self._busy_ns)
        if over:
            tell("server_drained", cut=busy)
        return over

    def refuse(self, what: str) -> None:
        """Raise ProtocolError where this would be new work."""
        if self.asked:
            raise ProtocolError(
                f"the server is stopping and takes no new {what}",
                seen="a request that came after it was told to stop",
                wanted="nothing new",
                cure="try again when it is back, or go to another server",
            )
