"""How many read each topic, on a socket where each subscription must be allowed. Pure.

XPUB in manual mode tells of every subscription with its user, but when a connection ends only of its topics.
So strangers' refused subscriptions are counted too, and an end that may have been a stranger's is taken for
one: a topic may then be thought read for too long, never too short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from talkwire.bridge.limits import MAX_PREFIX_BYTES, MAX_SUBSCRIPTIONS


class Readers:
    """Of one socket."""

    def __init__(self, may_read: Callable[[bytes, str], bool]) -> None:
        self._may_read = may_read
        self._readers: Counter[bytes] = Counter()
        self._refused: Counter[bytes] = Counter()
        self._unsure = False  # more was refused than is counted

    def join(self, prefix: bytes, user: str) -> bool:
        """Whether this user may read what begins with the prefix."""
        if len(prefix) > MAX_PREFIX_BYTES:
            return False
        if self._may_read(prefix, user) and (
            prefix in self._readers or len(self._readers) < MAX_SUBSCRIPTIONS
        ):
            self._readers[prefix] += 1
            return True
        if prefix in self._refused or len(self._refused) < MAX_SUBSCRIPTIONS:
            self._refused[prefix] += 1
        else:
            self._unsure = True
        return False

    def leave(self, prefix: bytes, user: str) -> bool:
        """Whether its last reader has left. user: who says so, "" when a connection has ended."""
        if user and not self._may_read(prefix, user):
            return False
        if not user and prefix in self._refused:
            self._drop(self._refused, prefix)
            return False
        if prefix not in self._readers or (self._unsure and not user):
            return False
        self._drop(self._readers, prefix)
        return prefix not in self._readers

    @staticmethod
    def _drop(counter: Counter[bytes], prefix: bytes) -> None:
        counter[prefix] -= 1
        if not counter[prefix]:
            del counter[prefix]
