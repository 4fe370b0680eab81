"""Whose NPC is whose, who reads what, and how much may wait."""

import pytest

from talkwire.bridge.access import budget as budget_module
from talkwire.bridge.access import owners as owners_module
from talkwire.bridge.access import readers as readers_module
from talkwire.bridge.access.budget import Budget, weight_s
from talkwire.bridge.access.owners import Owners
from talkwire.bridge.access.readers import Readers
from talkwire.bridge.limits import LINGER_S, MAX_AUDIO_S, MAX_CLIENT_AUDIO_S, MAX_PREFIX_BYTES
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.lines import Line, LineQueue
from talkwire.runtime.errors import AccessDenied, ProtocolError

NOVA = b"tw1/nova/audio\0"


def test_an_npc_is_of_the_key_that_came_first_for_ever() -> None:
    owners = Owners()
    owners.claim("nova", "a")
    owners.claim("nova", "a")
    with pytest.raises(AccessDenied, match=r"belongs to another client: saw nova.*--shared"):
        owners.claim("nova", "b")
    owners.claim("juno", "b")


@pytest.mark.parametrize(
    "prefix", [b"", b"tw1", b"tw1/", b"tw1/nova", b"tw1/n", b"tw2/nova/", b"tw1//", b"tw1/\xff/", b"\0"]
)
def test_a_prefix_that_names_no_single_npc_is_nobodys(prefix: bytes) -> None:
    owners = Owners()
    owners.claim("nova", "a")
    assert not owners.may_read(prefix, "a")


def test_what_is_read_first_is_owned_too_and_nobody_reads_anothers() -> None:
    owners = Owners()
    assert owners.may_read(NOVA, "a")
    assert not owners.may_read(NOVA, "b") and not owners.may_read(b"tw1/nova/", "")
    with pytest.raises(AccessDenied):
        owners.claim("nova", "b")


def test_without_keys_and_when_shared_npcs_are_everybodys() -> None:
    owners = Owners()
    owners.claim("nova", "")
    owners.claim("nova", "")
    shared = Owners(shared=True)
    shared.claim("nova", "a")
    shared.claim("nova", "b")
    for each in (owners, shared):
        assert not each.abandoned("nova", 10**18)


def test_a_key_has_so_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners_module, "MAX_NAMES", 2)
    owners = Owners()
    for name in ("one", "two", "one"):
        owners.claim(name, "a")
    with pytest.raises(AccessDenied, match="too many NPCs a name: saw 2 names"):
        owners.claim("three", "a")
    assert not owners.may_read(b"tw1/three/", "a")
    owners.claim("three", "b")


def test_an_npc_whose_owner_is_away_for_long_or_was_expelled_is_abandoned() -> None:
    owners = Owners()
    owners.claim("nova", "a")
    assert not owners.abandoned("nova", 0)
    owners.see(["a"], 0)
    assert not owners.abandoned("nova", int(LINGER_S * NS_PER_S))
    assert owners.abandoned("nova", int(LINGER_S * NS_PER_S) + 1)
    owners.see(["a"], 20 * NS_PER_S)
    assert not owners.abandoned("nova", 20 * NS_PER_S)
    owners.forget("a")
    assert owners.abandoned("nova", 20 * NS_PER_S)


def reads(prefix: bytes, user: str) -> bool:
    return user == "a"


def test_the_last_reader_of_a_topic_is_known() -> None:
    readers = Readers(reads)
    assert readers.join(NOVA, "a") and readers.join(NOVA, "a")
    assert not readers.leave(NOVA, "a")
    assert readers.leave(NOVA, "")  # its connection ended
    assert not readers.leave(NOVA, "")


def test_a_stranger_reads_nothing_and_ends_nobodys_reading() -> None:
    readers = Readers(reads)
    assert readers.join(NOVA, "a")
    for _ in range(3):
        assert not readers.join(NOVA, "b")
        assert not readers.leave(NOVA, "b")
    for _ in range(3):
        assert not readers.leave(NOVA, "")  # may each have been the stranger's end
    assert readers.leave(NOVA, "")


def test_more_strangers_than_are_counted_end_nobodys_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers_module, "MAX_SUBSCRIPTIONS", 4)
    readers = Readers(reads)
    for i in range(9):
        assert not readers.join(b"tw1/%d/" % i, "b")
    assert readers.join(b"tw1/8/", "a")
    assert not readers.leave(b"tw1/8/", "")
    assert readers.leave(b"tw1/8/", "a")


def test_topics_are_bounded_in_length_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers_module, "MAX_SUBSCRIPTIONS", 2)
    readers = Readers(reads)
    assert not readers.join(b"x" * (MAX_PREFIX_BYTES + 1), "a")
    assert readers.join(b"x", "a") and readers.join(b"y", "a") and not readers.join(b"z", "a")
    assert readers.join(b"x", "a")


def waiting(client: str, seconds: float, rate_hz: int = 16_000) -> tuple[str, Line]:
    return client, Line(b"", 1, rate_hz, received=round(seconds * rate_hz))


def test_audio_of_a_client_and_of_all_is_bounded_before_it_is_kept() -> None:
    lines: list[tuple[str, Line]] = []
    budget = Budget(lambda: lines)
    for _ in range(round(MAX_CLIENT_AUDIO_S)):
        lines.append(waiting("a", 1))
        budget.spend("a", 16_000, 16_000)
    with pytest.raises(
        ProtocolError, match="waits in the NPCs of this client; this line ends here: saw 961 s"
    ):
        budget.spend("a", 16_000, 16_000)
    lines.append(waiting("b", MAX_AUDIO_S - MAX_CLIENT_AUDIO_S))
    with pytest.raises(ProtocolError, match=r"of this client"):
        budget.spend("a", 16_000, 16_000)
    with pytest.raises(ProtocolError, match=r"of all clients together.*wanted at most 1,920 s"):
        budget.spend("c", 1, 16_000)
    lines.clear()
    for client in "abc":  # it was played
        budget.spend(client, 16_000, 16_000)


def test_a_high_rate_weighs_what_it_takes() -> None:
    assert weight_s(48_000, 48_000) == weight_s(8_000, 8_000) == 1
    assert weight_s(384_000, 384_000) == 8


def test_what_is_too_much_ends_its_line_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.setattr(budget_module, "MAX_CLIENT_AUDIO_S", 1.0)
    queue = LineQueue()
    budget = Budget(lambda: (("a", line) for line in queue.lines))

    def add(line: int) -> None:
        queue.add(b"a", line, np.zeros(8_000, np.float32), 0, lambda n, rate: budget.spend("a", n, rate))

    queue.begin(b"a", 1, 8_000)
    add(1)
    with pytest.raises(ProtocolError, match="this line ends here"):
        add(1)
    with pytest.raises(ProtocolError, match="not open"):
        add(1)
    assert queue.lines[0].ended and queue.lines[0].received == 8_000
    queue.cut()
    queue.begin(b"a", 2, 8_000)
    add(2)
