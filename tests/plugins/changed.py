"""Messages that were changed by chance, and whether a core makes of them what the Python side does."""

import copy
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgpack

from bridge.cases import FOLDER, as_json, cases, read
from talkwire.runtime.errors import ProtocolError

CHANGES = 3_000
VALUES: tuple[Any, ...] = (
    *(True, None, 0, -1, 1, 3999, 4000, 384_000, 384_001, 2**32 - 1, 2**32, 2**53 - 1, 2**53),
    *(2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.0, -0.0, 1.0, float("nan"), float("inf")),
    *("", "x", "nova", "é", "\U0001f600" * 512, "y" * 513, b"", b"\0", bytes(12), bytes(16)),
    *([], [[]], ["a"], [1] * 65, ["z"] * 64, [[1, 2]]),
)  # fmt: skip
Change = Callable[[random.Random, bytes, int], bytes]
ReadFolder = Callable[[Path], Mapping[str, Mapping[str, Any]]]


def damaged(rng: random.Random, data: bytes, _: int) -> bytes:
    """A few bytes changed, cut out or put in."""
    broken = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(broken))
        broken[at : at + rng.choice((1, 1, 1, 0, 2))] = rng.randbytes(rng.choice((1, 1, 1, 0, 2)))
    return bytes(broken)


def exchanged(rng: random.Random, data: bytes, start: int) -> bytes:
    """A value or two exchanged for one at some limit, or of another type."""
    values = msgpack.unpackb(data[start:])
    for _ in range(rng.randint(1, 2)):
        lists = [value for value in values if isinstance(value, list) and value]
        rows = [row for rows in lists for row in rows if isinstance(row, list) and row]
        row = rng.choice(rows) if rows and rng.random() < 0.3 else values
        first = 1 if row is values else 0  # the tag stays
        row[rng.randrange(first, len(row))] = copy.deepcopy(rng.choice(VALUES))
    cut = rng.randrange(1, len(values)) if rng.random() < 0.1 else len(values)
    return data[:start] + bytes(msgpack.packb(values[:cut], use_single_float=rng.random() < 0.1))


def mean_the_same(folder: Path, change: Change, read_folder: ReadFolder) -> None:
    """Either both sides read the same message from each, or neither. read_folder: what a core reads."""
    rng = random.Random(8)
    whole = {name: (FOLDER / f"{name}.bin").read_bytes() for name in cases()}
    kept: dict[str, bytes] = {}
    for i in range(CHANGES):
        name = rng.choice(sorted(whole))
        start = whole[name].index(b"\0") + 1 if name.startswith("media_") else 0
        data = change(rng, whole[name], start)
        if data.startswith(b"t") == (start > 0):  # which tells on which socket it travels
            kept[f"{i:05}-{name}"] = data
    for stem, data in kept.items():
        (folder / f"{stem}.bin").write_bytes(data)
    outcomes = {"read": 0, "refused": 0}
    for stem, message in read_folder(folder).items():
        try:
            wanted = as_json(read(stem[6:], kept[stem]))
        except ProtocolError:
            assert set(message) == {"refused"}, (stem, kept[stem].hex())
            outcomes["refused"] += 1
        else:
            assert message == wanted, (stem, kept[stem].hex())
            outcomes["read"] += 1
    assert min(outcomes.values()) > CHANGES // 20
