"""Who meets peers at the door: takes their messages one at a time, greets, answers pings, and says what is
wrong. What makes no sense is answered with an Error and changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Protocol

from talkwire.bridge import limits, wire
from talkwire.bridge.access.access import Access
from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.faults import error_message
from talkwire.bridge.media import PATCHES
from talkwire.bridge.message import Message, decode, ref_of
from talkwire.bridge.planes import FRAMES
from talkwire.bridge.serving.logs import short, tell
from talkwire.bridge.serving.tally import Tally
from talkwire.runtime.errors import TalkwireError

AGENT: Final = "talkwire"
CAPABILITIES: Final = (
    *(f"codec:{name}" for name in FRAMES),
    *(f"patch:{name}" for name in PATCHES),
    *("viseme", "audio:s16", "audio:f32", "style"),
)
Answers = Mapping[type[Message], Callable[[Any, Peer, Any, int], None]]  # (porter, peer, request, now_ns)


class Standing(Protocol):
    """How busy a server is; see Governor."""

    @property
    def load(self) -> float:
        """The share of its time that it works."""
        ...

    @property
    def level(self) -> int:
        """Steps of quality that it saves."""
        ...


class Employer(Protocol):
    """What a porter needs of the server."""

    @property
    def governor(self) -> Standing:
        """How busy it is."""
        ...

    tally: Tally

    def send(self, peer_id: bytes, message: Message) -> None:
        """To one peer."""
        ...


class Porter:
    """One thread calls."""

    def __init__(
        self,
        house: Employer,
        access: Access,
        peers: Peers,
        avatars: Callable[[], tuple[str, ...]],
        ports: tuple[int, int],
        clock_ns: Callable[[], int],
    ) -> None:
        """avatars: that may be opened.  ports: of media and motion."""
        self._employer, self._access, self._peers, self._avatars = house, access, peers, avatars
        self._ports, self._clock_ns = ports, clock_ns
        self._run = secrets.token_hex(8)  # another one after a restart

    def take_some(self, requests: Iterable[tuple[bytes, str, list[bytes]]], within_ns: int) -> None:
        """Those that have come, until so much time is gone: a flood of them is not all there is to do."""
        until_ns = self._clock_ns() + within_ns
        for peer_id, user, parts in requests:
            self.take(peer_id, user, parts[0] if len(parts) == 1 else b"", self._clock_ns())
            if self._clock_ns() > until_ns:
                break

    def take(self, peer_id: bytes, user: str, data: bytes, now_ns: int) -> None:
        """A request has come. user: the key that it came in by."""
        self._employer.tally.requests += 1
        with self._answering_errors(peer_id, data):
            peer = self._peers.of(peer_id, now_ns, user)
            if peer.allow(now_ns):
                self._answer(peer, decode(data, expect=wire.REQUESTS), now_ns)

    @contextmanager
    def _answering_errors(self, peer_id: bytes, data: bytes = b"", ref: int | None = None) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._employer.tally.refused += 1
            if isinstance(error, TalkwireError):
                tell("request_refused", peer=short(peer_id), reason=error.what)
            else:
                tell("request_failed", peer=short(peer_id), failure=True)
            ref = ref if ref is not None else ref_of(data)
            self._employer.send(peer_id, error_message(error, ref=ref))

    def _answer(self, peer: Peer, request: Message, now_ns: int) -> None:
        if not isinstance(request, wire.Hello):
            peer.must_have_greeted(type(request).__name__)
        self.answers[type(request)](self, peer, request, now_ns)

    def _hello(self, peer: Peer, request: wire.Hello, now_ns: int) -> None:
        known = peer.greeted
        self._access.greet(peer, request.token)
        if not known:
            tell("peer_greeted", peer=short(peer.id), agent=request.agent)
        peer.capabilities, peer.bandwidth_kbit_s = request.capabilities, request.bandwidth_kbit_s
        version = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)
        about = (*version, AGENT, CAPABILITIES, *self._ports, self._run, self._avatars())
        self._employer.send(peer.id, wire.Welcome(request.ref, *about))

    def _ping(self, peer: Peer, request: wire.Ping, now_ns: int) -> None:
        load, level = min(1.0, self._employer.governor.load), self._employer.governor.level
        self._employer.send(peer.id, wire.Pong(request.ref, request.client_ns, self._clock_ns(), load, level))

    answers: ClassVar[Answers] = {wire.Hello: _hello, wire.Ping: _ping}
