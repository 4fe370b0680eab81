"""Which worker has which NPC, and which gets the next one. Pure.

A new NPC goes where the least is to do: to the lowest load, and of those within a tenth of it to the one with
the fewest NPCs, as a load is known only a quarter of a second after what causes it. There it stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from talkwire.bridge.cluster.journal import Kept

ALIKE: Final = 0.1  # loads that differ by less


def best(loads: Mapping[int, float], kept: Iterable[Kept], most_npcs: int) -> int | None:
    """The worker for another NPC, None where none has room.  loads: of those that are there.
    kept: all NPCs.  most_npcs: of one worker.
    """
    npcs = Counter(one.worker for one in kept)
    free = {slot: load for slot, load in loads.items() if npcs[slot] < most_npcs}
    lowest = min(free.values(), default=0.0)
    alike = [slot for slot, load in free.items() if load <= lowest + ALIKE]
    return min(alike, key=lambda slot: (npcs[slot], free[slot], slot), default=None)
