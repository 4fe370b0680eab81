"""Where a new NPC goes."""

from talkwire.bridge.cluster.journal import Kept
from talkwire.bridge.cluster.placing import ALIKE, best


def on(*slots: int | None) -> list[Kept]:
    return [Kept(str(number), worker=slot) for number, slot in enumerate(slots)]


def test_the_fewest_npcs_of_those_alike() -> None:
    assert best({0: 0.05, 1: 0.05 + ALIKE / 2}, on(0, 0, 1), 64) == 1
    assert best({0: 0.2, 1: 0.1}, [], 64) == 1
    assert best({3: 0.1, 2: 0.1}, on(2, 3), 64) == 2


def test_the_lowest_load_where_they_are_not_alike() -> None:
    assert best({0: 0.1, 1: 0.9}, on(0, 0, 0), 64) == 0


def test_many_that_come_at_once_are_spread_before_any_load_is_known() -> None:
    kept = on()
    for number in range(9):
        kept.append(Kept(f"new {number}", worker=best({0: 0.0, 1: 0.0, 2: 0.0}, kept, 64)))
    assert sorted(one.worker or 0 for one in kept) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_nobody_where_none_has_room() -> None:
    assert best({0: 0.0, 1: 0.5}, on(0, 0, 1), 2) == 1
    assert best({0: 0.0, 1: 0.5}, on(0, 0, 1, 1), 2) is None
    assert best({}, on(None), 2) is None
