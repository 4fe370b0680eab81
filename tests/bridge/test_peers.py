"""Connections: how many, how fast, and when they have gone."""

import pytest

from talkwire.bridge.access.peers import Peer, Peers
from talkwire.bridge.limits import MAX_PEERS, MESSAGE_BURST, MESSAGES_PER_S, PEER_TIMEOUT_S
from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import AccessDenied, ProtocolError


def test_the_allowed_rate_is_allowed_for_ever() -> None:
    peer = Peer(b"a", 0)
    step_ns = NS_PER_S // MESSAGES_PER_S
    assert all(peer.allow(i * step_ns) for i in range(3 * MESSAGE_BURST))


def test_a_flood_is_told_once_then_ignored_until_it_pauses() -> None:
    peer = Peer(b"a", 0)
    assert all(peer.allow(0) for _ in range(MESSAGE_BURST))
    with pytest.raises(ProtocolError, match=f"too many messages.*more than {MESSAGE_BURST} at once"):
        peer.allow(0)
    assert not any(peer.allow(i * 1000) for i in range(5000))
    pause_ns = round((MESSAGE_BURST / MESSAGES_PER_S + 1) * NS_PER_S)
    assert peer.allow(5_000_000 + pause_ns)


def test_a_full_server_says_so_and_has_room_again_when_somebody_has_gone() -> None:
    peers = Peers()
    for i in range(MAX_PEERS):
        peers.of(bytes([i]), 0)
    with pytest.raises(ProtocolError, match=f"the server is full: saw {MAX_PEERS} connections"):
        peers.of(b"new", 0)
    assert peers.of(b"\0", 0).id == b"\0"
    later_ns = round((PEER_TIMEOUT_S + 1) * NS_PER_S)
    peers.of(b"\x01", 0).allow(later_ns)
    assert len(peers.vanished(later_ns)) == MAX_PEERS - 1
    assert list(peers.known) == [b"\x01"]
    peers.of(b"new", later_ns)


def test_who_holds_an_npc_is_known() -> None:
    peers = Peers()
    peers.of(b"a", 0).sessions.add("nova")
    peers.of(b"b", 0)
    assert [peer.id for peer in peers.holding("nova")] == [b"a"]


def test_connections_with_one_key_are_one_client() -> None:
    peers = Peers()
    one, two, other = (peers.of(id_, 0, user) for id_, user in ((b"1", "k"), (b"2", "k"), (b"3", "")))
    assert one.client == two.client == "k" != other.client == peers.client_of(b"3") == b"3".hex()
    one.sessions, two.sessions = {"a", "b"}, {"b", "c"}
    peers.refuse_more_sessions(one, "c", 3)
    with pytest.raises(ProtocolError, match="too many NPCs open: saw 3 sessions, wanted at most 3"):
        peers.refuse_more_sessions(two, "d", 3)
    peers.refuse_more_sessions(other, "d", 3)


def test_who_takes_the_name_of_anothers_connection_is_refused() -> None:
    peers = Peers()
    peers.of(b"1", 0, "k")
    with pytest.raises(AccessDenied, match="has the name of another client's: saw b'1'"):
        peers.of(b"1", 0, "thief")
    assert peers.of(b"1", 0, "k").user == "k"


def test_a_key_is_expelled_with_all_its_connections() -> None:
    peers = Peers()
    for id_, user in ((b"1", "k"), (b"2", "k"), (b"3", "other")):
        peers.of(id_, 0, user).greeted = True
    assert peers.users() == {"k", "other"}
    assert [peer.id for peer in peers.expel("k")] == [b"1", b"2"]
    assert list(peers.known) == [b"3"]
