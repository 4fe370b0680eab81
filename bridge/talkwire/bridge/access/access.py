"""What a peer may do on a server: come in, open an NPC, have audio wait, read. One question each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from talkwire.bridge.access.admission import Admission
from talkwire.bridge.access.budget import Budget, Waiting
from talkwire.bridge.access.curve import Guests
from talkwire.bridge.access.owners import Owners
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.limits import MAX_CLIENT_SESSIONS


class Access:
    """Of one server. Where nobody needs a key, everybody may do everything, within limits."""

    def __init__(
        self,
        peers: Peers,
        lines: Callable[[], Iterable[Waiting]],
        *,
        keys: Guests | None = None,
        token: str | None = None,
        shared: bool = False,
        sessions_per_client: int = MAX_CLIENT_SESSIONS,
    ) -> None:
        """lines: all that wait, of every NPC.  keys: who may connect.  token: what Hello must say.
        shared: the NPCs of one key are everybody's.
        """
        self._peers, self._most_sessions = peers, sessions_per_client
        self._admission, self._owners = Admission(token, keys), Owners(shared=shared)
        self._budget = Budget(lambda: ((peers.client_of(line.peer), line) for line in lines()))
        self.may_read = self._owners.may_read if keys is not None and not shared else None
        """Whether a user may read what begins so; None: everybody may."""

    def greet(self, peer: Peer, token: str) -> None:
        """It may go on from here. Raises AccessDenied when it is not let in, even if it was before."""
        peer.greeted = False
        self._admission.admit(peer, token)
        peer.greeted = True

    def open(self, peer: Peer, session: str) -> None:
        """Raises AccessDenied when the NPC is another's, ProtocolError when the client has too many."""
        self._peers.refuse_more_sessions(peer, session, self._most_sessions)
        self._owners.claim(session, peer.user)

    def spending(self, peer: Peer) -> Callable[[int, int], None]:
        """To be called with samples and rate before they are kept; raises ProtocolError for too much."""
        return partial(self._budget.spend, peer.client)

    def expelled(self, now_ns: int) -> Iterator[Peer]:
        """Those whose key is known no more; to be asked twice a second or so. They are forgotten at once."""
        for user in self._peers.users():
            if not self._admission.knows(user):
                self._owners.forget(user)
                yield from self._peers.expel(user)
        self._owners.see(self._peers.users(), now_ns)

    def abandoned(self, session: str, now_ns: int) -> bool:
        """Whether its owner was expelled, or has had no connection for long, whoever seems to read it."""
        return self._owners.abandoned(session, now_ns)
