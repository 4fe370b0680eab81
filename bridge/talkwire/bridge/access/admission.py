"""Who is greeted: a server may want a shared secret, said in Hello. Encrypts nothing; see `keys` for that.

For clients that cannot do CURVE: a browser, a managed ZeroMQ. A token crosses the network in the clear, so it
opens no address beyond this machine.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Final

from talkwire.bridge.access.curve import Guests
from talkwire.bridge.access.keys import read_secret
from talkwire.bridge.access.peers import Peer
from talkwire.bridge.limits import MAX_TEXT_CHARS, MAX_WRONG_TOKENS
from talkwire.runtime.errors import AccessDenied

MIN_TOKEN_CHARS: Final = 16
NEW_TOKEN: Final = 'python -c "import secrets; print(secrets.token_urlsafe())" > FILE; chmod 600 FILE'


def read_token(path: Path) -> str:
    """The shared secret in a file, without white space around it.

    Raises AccessDenied for a file that is missing, that others can read, or whose token is short or long.
    """
    token = read_secret(path).strip()
    if not MIN_TOKEN_CHARS <= len(token) <= MAX_TEXT_CHARS or not token.isprintable():
        raise AccessDenied(
            f"{path} holds no token",
            seen=f"{len(token)} characters",
            wanted=f"one line of {MIN_TOKEN_CHARS} to {MAX_TEXT_CHARS} printable ones",
            cure=f"make one with: {NEW_TOKEN}",
        )
    return token


class Admission:
    """Admits whoever says the token and has a key that is known; everybody, where none is wanted."""

    def __init__(self, token: str | None = None, keys: Guests | None = None) -> None:
        self._token = token.encode() if token is not None else None
        self._keys = keys

    def knows(self, user: str) -> bool:
        """Whether this key is still known: its file may have been removed since it came in."""
        return self._keys is None or self._keys.name_of(user) is not None

    def admit(self, peer: Peer, token: str) -> None:
        """Raises AccessDenied for another token. Who goes on guessing is not heard for a while."""
        if not self.knows(peer.user):
            raise AccessDenied(
                "this key is not known any more",
                seen=peer.user,
                wanted="one in the folder clients of the server's --keys",
                cure="ask who runs the server",
            )
        if self._token is None or hmac.compare_digest(token.encode(), self._token):
            peer.wrong_tokens = 0
            return
        peer.wrong_tokens += 1
        if peer.wrong_tokens >= MAX_WRONG_TOKENS:
            peer.wrong_tokens = 0
            peer.mute()
        raise AccessDenied(
            "this server wants a token",
            seen="another one" if token else "none",
            wanted="what is in its --token-file",
            cure="give the client the same file with --token-file",
        )
