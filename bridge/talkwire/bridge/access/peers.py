"""Who talks to the server: how much, since when, about which NPCs. Pure; takes the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from talkwire.bridge.limits import MAX_PEERS, MESSAGE_BURST, MESSAGES_PER_S, PEER_TIMEOUT_S
from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import AccessDenied, NotGreeted, ProtocolError

TRUSTED_TIMEOUT_S: Final = 30.0


@dataclass(slots=True)
class Peer:
    """One connection."""

    id: bytes
    last_ns: int
    user: str = ""  # the public key that it came in by
    greeted: bool = False
    capabilities: tuple[str, ...] = ()
    bandwidth_kbit_s: int = 0  # for one NPC; 0 is no bound
    muted: bool = False
    sessions: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)  # closed by the server: audio under way is ignored
    wrong_tokens: int = 0  # said in its greetings
    trusted: bool = False
    _tokens: float = MESSAGE_BURST

    @property
    def client(self) -> str:
        """Who it is of: all connections with one key are one client, one without is a client of its own."""
        return self.user or self.id.hex()

    def must_have_greeted(self, request: str) -> None:
        """Raise NotGreeted otherwise. request: what it asks for."""
        if not self.greeted:
            raise NotGreeted(
                "the server does not know this connection",
                seen=request,
                wanted="Hello first (also after 5 s without a word, and after a restart)",
                cure="greet again",
            )

    def mute(self) -> None:
        """Ignore it until it has been quiet for long enough to have its whole burst again."""
        self.muted, self._tokens = True, 0.0

    def allow(self, now_ns: int) -> bool:
        """Whether another message is within the rate.

        Raises ProtocolError for the first that is not; the peer is then ignored until it has been quiet
        for long enough to have its whole burst again.
        """
        elapsed_s = (now_ns - self.last_ns) / NS_PER_S
        self.last_ns = now_ns
        if self.trusted:
            return True
        self._tokens = min(MESSAGE_BURST, self._tokens + elapsed_s * MESSAGES_PER_S)
        if self.muted:
            self.muted = self._tokens < MESSAGE_BURST
            self._tokens = max(0.0, self._tokens - 1)
            return not self.muted
        self._tokens -= 1
        if self._tokens < 0:
            self.mute()
            raise ProtocolError(
                "too many messages; this connection is ignored until it pauses",
                seen=f"more than {MESSAGE_BURST} at once",
                wanted=f"at most {MESSAGES_PER_S} a second",
                cure="send audio in chunks of 20 ms or more",
            )
        return True


class Peers:
    """All connections that were heard of lately, at most MAX_PEERS."""

    def __init__(self, *, trusted: bool = False) -> None:
        """trusted: somebody else has counted them and what they send, and tells when they go."""
        self._trusted = trusted
        self._silence_ns = round((TRUSTED_TIMEOUT_S if trusted else PEER_TIMEOUT_S) * NS_PER_S)
        self.known: dict[bytes, Peer] = {}

    def of(self, peer_id: bytes, now_ns: int, user: str = "") -> Peer:
        """The peer of this connection. Raises ProtocolError for a new one when the server is full.

        user: the key that it came in by. Who takes the name of another's connection is not that one.
        """
        peer = self.known.get(peer_id)
        if peer is not None and peer.user != user:
            raise AccessDenied(
                "this connection has the name of another client's",
                seen=repr(peer_id)[:64],
                wanted="a name of its own, or none",
                cure="do not set ZMQ_ROUTING_ID",
            )
        if peer is None:
            if len(self.known) >= MAX_PEERS and not self._trusted:
                raise ProtocolError(
                    "the server is full",
                    seen=f"{MAX_PEERS} connections",
                    wanted="a free one",
                    cure="close a client, or try again in a few seconds",
                )
            peer = self.known[peer_id] = Peer(peer_id, now_ns, user, trusted=self._trusted)
        return peer

    def client_of(self, peer_id: bytes) -> str:
        """Whose connection this is or was."""
        peer = self.known.get(peer_id)
        return peer.client if peer is not None else peer_id.hex()

    def users(self) -> set[str]:
        """The keys of those that have greeted."""
        return {peer.user for peer in self.known.values() if peer.greeted}

    def expel(self, user: str) -> list[Peer]:
        """Forget and return the peers with this key."""
        gone = [peer for peer in self.known.values() if peer.user == user]
        for peer in gone:
            del self.known[peer.id]
        return gone

    def vanished(self, now_ns: int) -> list[Peer]:
        """Forget and return the peers that have been silent for PEER_TIMEOUT_S."""
        limit_ns = now_ns - self._silence_ns
        gone = [peer for peer in self.known.values() if peer.last_ns < limit_ns]
        for peer in gone:
            del self.known[peer.id]
        return gone

    def refuse_more_sessions(self, peer: Peer, session: str, most: int) -> None:
        """Raise ProtocolError when this peer's client has `most` others open already."""
        open_ = set().union(*(p.sessions for p in self.known.values() if p.client == peer.client))
        if session not in open_ and len(open_) >= most:
            raise ProtocolError(
                "this client has too many NPCs open",
                seen=f"{len(open_)} sessions",
                wanted=f"at most {most}",
                cure="close one, or start the server with more --sessions-per-client",
            )

    def holding(self, session: str) -> list[Peer]:
        """The peers that have this NPC open."""
        return [peer for peer in self.known.values() if session in peer.sessions]
