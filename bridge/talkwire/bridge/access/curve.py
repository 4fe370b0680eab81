"""CURVE (RFC 26) and who may come in by it (ZAP, RFC 27): pairs of keys, and the door of a server.

The door is asked by libzmq before a connection is made. It is a socket of the server's own poll loop: no
thread, and a peer that is refused costs one look at a folder.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, Protocol

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from talkwire.bridge.serving.logs import tell
from talkwire.runtime.errors import AccessDenied

ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"
ZAP_DOMAIN: Final = b"talkwire"
ANSWERS_PER_TURN: Final = 64  # then those who are in have their turn, however many knock
_MISMATCH: Final = (zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What a client needs to reach a server with keys. Its secret is in no repr."""

    secret: str = field(repr=False)
    server_public: str


class Guests(Protocol):
    """Who may come in."""

    @property
    def secret(self) -> str:
        """The server's own key: 40 characters of Z85."""
        ...

    def name_of(self, public: str) -> str | None:
        """The client with this key, None for a stranger."""
        ...


def keypair() -> tuple[str, str]:
    """A new pair: (public, secret), 40 characters of Z85 each."""
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def is_key(text: str) -> bool:
    """Whether this is Z85 for the 32 bytes of a key."""
    try:
        return len(z85.decode(text.encode())) == 32
    except (ValueError, LookupError, struct.error):
        return False


def public_of(secret: str) -> str:
    """The public half of a secret key."""
    return str(zmq.curve_public(secret.encode()).decode())


def be_server(socket: zmq.Socket[bytes], secret: str) -> None:
    """Let in nobody whom the door has not seen."""
    socket.curve_secretkey = secret.encode()
    socket.curve_server = True
    socket.zap_domain = ZAP_DOMAIN
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without a door, nobody comes in


def be_client(socket: zmq.Socket[bytes], keys: ClientKeys) -> None:
    """Speak with this server alone, as the holder of this key."""
    socket.curve_secretkey = keys.secret.encode()
    socket.curve_publickey = public_of(keys.secret).encode()
    socket.curve_serverkey = keys.server_public.encode()


def user_of(frame: zmq.Frame) -> str:
    """The public key of who sent it; none where the connection has no key, or is no more."""
    try:
        return str(frame.get("User-Id"))
    except zmq.ZMQError:
        return ""


class Door:
    """Answers ZAP requests of every socket of a context."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], guests: Guests) -> None:
        self.socket: zmq.Socket[bytes] = context.socket(zmq.REP)
        self.socket.bind(ZAP_ENDPOINT)
        self._guests = guests

    def answer(self) -> None:
        """Let in or turn away those who wait."""
        for _ in range(ANSWERS_PER_TURN):
            try:
                request = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.socket.send_multipart(self._judge(*request))

    def _judge(
        self,
        version: bytes,
        request: bytes,
        domain: bytes,
        address: bytes,
        identity: bytes,
        mechanism: bytes,
        *credentials: bytes,
    ) -> list[bytes]:
        """version, request, status code, status text, user id, metadata (RFC 27)."""
        public = z85.encode(credentials[0]).decode() if mechanism == b"CURVE" and credentials else ""
        if not public or self._guests.name_of(public) is None:
            reason = f"no client has its key {public or '(none)'}"
            tell("client_refused", address=address.decode(errors="replace"), reason=reason)
            return [version, request, b"400", b"this key is not known here", b"", b""]
        return [version, request, b"200", b"", public.encode(), b""]


class Handshakes:
    """Those of a client's socket that fail, until it has been answered. To be made before it connects."""

    def __init__(self, socket: zmq.Socket[bytes], keys: ClientKeys | None) -> None:
        self._socket, self._keys = socket, keys
        self._seen: set[tuple[int, int]] = set()
        self._failures = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        )

    def close(self) -> None:
        """Nobody asks any more. Again is harmless."""
        self._socket.disable_monitor()
        self._failures.close()

    def refusal(self) -> AccessDenied | None:
        """Why nobody was let in; None when that is not known. It is what says most of all that was seen:
        which side hangs up first is chance.
        """
        while not self._failures.closed and self._failures.poll(0):
            event = recv_monitor_message(self._failures)
            self._seen.add((event["event"], event["value"]))
        kinds = {kind for kind, _ in self._seen}
        if zmq.EVENT_HANDSHAKE_FAILED_AUTH in kinds and self._keys is not None:
            return AccessDenied(
                "the server does not know this client's key",
                seen=public_of(self._keys.secret),
                wanted="one in the folder clients of its --keys",
                cure="give the client's .pub file to who runs the server",
            )
        if _MISMATCH in self._seen and self._keys is None:
            return AccessDenied(
                "the server lets in only clients with a key",
                seen="none",
                wanted="--key and --server-key",
                cure="make one with: talkwire keys new NAME, and give NAME.pub to who runs the server",
            )
        if _MISMATCH in self._seen:
            return AccessDenied(
                "the server has no key, and would hear this client unencrypted",
                seen="a server without --keys",
                wanted="one that proves who it is",
                cure="start it with --keys, or leave out --key and --server-key",
            )
        if zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL in kinds and self._keys is not None:
            return AccessDenied(
                "the server is not the one that this key is of",
                seen="one that hangs up on what only the right one can read",
                wanted=f"the holder of {self._keys.server_public}",
                cure="get server.pub again from who runs the server, and check the address",
            )
        if zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL in kinds:
            return AccessDenied(
                "the server hangs up on this client, which has no key",
                seen="a handshake cut short",
                wanted="a server without keys",
                cure="check the address; if the server has keys, give --key and --server-key",
            )
        return None
