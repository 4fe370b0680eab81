"""Who talks to the server: how much, since when, about which NPCs. Pure; takes the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from talkwire.bridge.limits import MAX_PEERS, MESSAGE_BURST, MESSAGES_PER_S, PEER_TIMEOUT_S
from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import ProtocolError


@dataclass(slots=True)
class Peer:
    """One connection."""

    id: bytes
    last_ns: int
    greeted: bool = False
    muted: bool = False
    sessions: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)  # closed by the server: audio under way is ignored
    _tokens: float = MESSAGE_BURST

    def allow(self, now_ns: int) -> bool:
        """Whether another message is within the rate.

        Raises ProtocolError for the first that is not; the peer is then ignored until it has been quiet
        for long enough to have its whole burst again.
        """
        elapsed_s = (now_ns - self.last_ns) / NS_PER_S
        self.last_ns = now_ns
        self._tokens = min(MESSAGE_BURST, self._tokens + elapsed_s * MESSAGES_PER_S)
        if self.muted:
            self.muted = self._tokens < MESSAGE_BURST
            self._tokens = max(0.0, self._tokens - 1)
            return not self.muted
        self._tokens -= 1
        if self._tokens < 0:
            self.muted, self._tokens = True, 0.0
            raise ProtocolError(
                "too many messages; this connection is ignored until it pauses",
                seen=f"more than {MESSAGE_BURST} at once",
                wanted=f"at most {MESSAGES_PER_S} a second",
                cure="send audio in chunks of 20 ms or more",
            )
        return True


class Peers:
    """All connections that were heard of lately, at most MAX_PEERS."""

    def __init__(self) -> None:
        self.known: dict[bytes, Peer] = {}

    def of(self, peer_id: bytes, now_ns: int) -> Peer:
        """The peer of this connection. Raises ProtocolError for a new one when the server is full."""
        peer = self.known.get(peer_id)
        if peer is None:
            if len(self.known) >= MAX_PEERS:
                raise ProtocolError(
                    "the server is full",
                    seen=f"{MAX_PEERS} connections",
                    wanted="a free one",
                    cure="close a client, or try again in a few seconds",
                )
            peer = self.known[peer_id] = Peer(peer_id, now_ns)
        return peer

    def vanished(self, now_ns: int) -> list[Peer]:
        """Forget and return the peers that have been silent for PEER_TIMEOUT_S."""
        limit_ns = now_ns - round(PEER_TIMEOUT_S * NS_PER_S)
        gone = [peer for peer in self.known.values() if peer.last_ns < limit_ns]
        for peer in gone:
            del self.known[peer.id]
        return gone

    def holding(self, session: str) -> list[Peer]:
        """The peers that have this NPC open."""
        return [peer for peer in self.known.values() if session in peer.sessions]
