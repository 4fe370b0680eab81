"""Whose NPC is whose, on a server whose clients have keys. Pure; takes the time.

An NPC's name belongs to the key that opened or read it first, for as long as the server runs: a subscription
that stands cannot be taken back (ZeroMQ tells of no end of one connection), so it must reach nobody else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from talkwire.bridge.limits import LINGER_S, MAX_NAMES, PROTOCOL_MAJOR
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.wire import SESSION_PATTERN
from talkwire.runtime.errors import AccessDenied

NEVER_NS: Final = -(1 << 62)
_PREFIX: Final = re.compile(rf"tw{PROTOCOL_MAJOR}/({SESSION_PATTERN})/".encode())


class Owners:
    """Users are public keys; "" is everybody on a server without, whose NPCs are everybody's."""

    def __init__(self, *, shared: bool = False) -> None:
        """shared: every NPC is everybody's."""
        self._shared = shared
        self._owner: dict[str, str] = {}
        self._names: Counter[str] = Counter()
        self._seen_ns: dict[str, int] = {}

    def claim(self, session: str, user: str) -> None:
        """Make it this user's. Raises AccessDenied when it is another's, or this one's names are too many."""
        if self._shared or not user or self._owner.get(session) == user:
            return
        if session in self._owner:
            raise AccessDenied(
                "this NPC belongs to another client",
                seen=session,
                wanted="an NPC that this key was the first to open",
                cure="choose another name, or start the server with --shared",
            )
        if self._names[user] >= MAX_NAMES:
            raise AccessDenied(
                "this client has given too many NPCs a name",
                seen=f"{MAX_NAMES:,} names",
                wanted="a name that it has used before",
                cure="use the names of NPCs that are gone again",
            )
        self._owner[session] = user
        self._names[user] += 1

    def may_read(self, prefix: bytes, user: str) -> bool:
        """Whether all that begins with this prefix is this user's: it names one NPC, which is its own, or is
        nobody's yet. The latter as a client reads on before it opens again when a server was restarted.
        """
        match = _PREFIX.match(prefix)
        if match is None or not user:
            return False
        try:
            self.claim(match[1].decode(), user)
        except AccessDenied:
            return False
        return True

    def see(self, users: Iterable[str], now_ns: int) -> None:
        """These have a connection now."""
        self._seen_ns.update(dict.fromkeys(users, now_ns))

    def forget(self, user: str) -> None:
        """It is not let in any more."""
        self._seen_ns[user] = NEVER_NS

    def abandoned(self, session: str, now_ns: int) -> bool:
        """Whether its owner has had no connection for LINGER_S: no reader is then believed to be there."""
        seen_ns = self._seen_ns.get(self._owner.get(session, ""), now_ns)
        return now_ns - seen_ns > LINGER_S * NS_PER_S
