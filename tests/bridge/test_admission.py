"""Tokens: the right one, any other, and who goes on guessing."""

import hmac
from pathlib import Path

import pytest

from talkwire.bridge.access.admission import Admission, read_token
from talkwire.bridge.access.peers import Peer
from talkwire.bridge.limits import MAX_WRONG_TOKENS
from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import AccessDenied

TOKEN = "correct horse battery"


def test_without_a_token_everybody_is_admitted() -> None:
    for token in ("", "anything"):
        Admission().admit(Peer(b"a", 0), token)


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + " ", TOKEN.upper(), "é", "\0", "x" * 512])
def test_another_token_is_refused_without_saying_the_right_one(token: str) -> None:
    with pytest.raises(AccessDenied, match="this server wants a token") as refused:
        Admission(TOKEN).admit(Peer(b"a", 0), token)
    assert TOKEN not in str(refused.value) and (token in ("", "\0", "é") or token not in str(refused.value))
    Admission(TOKEN).admit(Peer(b"a", 0), TOKEN)


def test_they_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    with pytest.raises(AccessDenied):
        Admission(TOKEN).admit(Peer(b"a", 0), TOKEN)
    assert compared == [(TOKEN.encode(), TOKEN.encode())]


def test_who_goes_on_guessing_is_not_heard_for_a_while() -> None:
    admission, peer = Admission(TOKEN), Peer(b"a", 0)
    for _ in range(MAX_WRONG_TOKENS):
        assert peer.allow(0)
        with pytest.raises(AccessDenied):
            admission.admit(peer, "a guess")
    assert not peer.allow(0) and not peer.allow(NS_PER_S)
    assert peer.allow(10 * NS_PER_S)
    admission.admit(peer, TOKEN)


class Guests:
    secret = ""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def name_of(self, public: str) -> str | None:
        return public if public in self.names else None


def test_a_key_that_was_removed_greets_in_vain() -> None:
    guests = Guests("a")
    admission = Admission(keys=guests)
    admission.admit(Peer(b"1", 0, "a"), "")
    guests.names.clear()
    assert not admission.knows("a")
    with pytest.raises(AccessDenied, match="not known any more: saw a"):
        admission.admit(Peer(b"1", 0, "a"), "")


def test_a_token_is_a_line_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"  {TOKEN}\n")
    path.chmod(0o600)
    assert read_token(path) == TOKEN
    path.chmod(0o644)
    with pytest.raises(AccessDenied, match="others can read the secret"):
        read_token(path)


@pytest.mark.parametrize(
    "text", ["", "\n", "short", "x" * 513, "two lines\nof a token", "with a\0zero byte..."]
)
def test_what_is_no_token_is_called_that(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(AccessDenied, match=r"holds no token: saw .*make one with"):
        read_token(path)
