"""The bytes of the protocol: pinned, readable, and refused when damaged."""

import json
from dataclasses import MISSING, fields, replace
from pathlib import Path

import msgpack
import pytest

from bridge.cases import DAMAGE, FIRST, FOLDER, REFUSED, as_bytes, as_json, cases, damaged, read, socket_of
from talkwire.bridge.media import Media
from talkwire.bridge.message import to_json
from talkwire.runtime.errors import ProtocolError

NAMES = sorted(cases())


def test_every_vector_has_a_case_and_every_case_a_vector() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.bin")) == NAMES
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_vector_decodes_to_its_json_and_encodes_to_its_bytes(name: str) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    case = read(name, data)
    assert as_json(case) == json.loads((FOLDER / f"{name}.json").read_text())
    assert as_bytes(case) == data
    assert case == cases()[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_refused(name: str) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    for cut in range(len(data)):
        with pytest.raises(ProtocolError):
            read(name, data[:cut])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extra", [b"\0", b"\xc0", b"\x91\x01", b"junk"])
def test_trailing_bytes_are_refused(name: str, extra: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a talkwire message"):
        read(name, (FOLDER / f"{name}.bin").read_bytes() + extra)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extra", [[0], ["new", [1, [2]], b"bytes", None, 1.5]])
def test_appended_fields_of_a_later_minor_version_are_ignored(name: str, extra: list[object]) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    head, zero, body = data.partition(b"\0") if name.startswith("media_") else (b"", b"", data)
    later = head + zero + msgpack.packb([*msgpack.unpackb(body), *extra])
    assert read(name, later) == cases()[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_an_older_minor_version_does_not_say_has_its_default_and_less_is_refused(name: str) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    head, zero, body = data.partition(b"\0") if name.startswith("media_") else (b"", b"", data)
    values, case = msgpack.unpackb(body), cases()[name]
    message = case.message if isinstance(case, Media) else case
    appended = [field for field in fields(message) if field.default is not MISSING]  # type: ignore[arg-type]
    if appended and name != "media_texture_bc1":  # no older version had this format
        older = read(name, head + zero + msgpack.packb(values[: -len(appended)]))
        assert to_json(older.message if isinstance(older, Media) else older) == to_json(
            replace(message, **{field.name: field.default for field in appended})  # type: ignore[type-var]
        )
    with pytest.raises(ProtocolError, match=r"at least|fields"):
        read(name, head + zero + msgpack.packb(values[: -len(appended) - 1]))


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_what_must_be_refused_is(name: str) -> None:
    data = (REFUSED / f"{name}.bin").read_bytes()
    assert data == damaged(name)
    assert json.loads((REFUSED / f"{name}.json").read_text())["why"] == DAMAGE[name][3]
    with pytest.raises(ProtocolError):
        read(socket_of(name), data)


def test_nothing_else_is_to_be_refused() -> None:
    assert sorted(path.stem for path in REFUSED.glob("*.bin")) == sorted(DAMAGE)


@pytest.mark.parametrize("path", sorted(FIRST.glob("*.bin")), ids=lambda path: path.stem)
def test_the_first_versions_bytes_are_read_for_ever(path: Path) -> None:
    then = json.loads(path.with_suffix(".json").read_text())
    now = as_json(read(path.stem, path.read_bytes()))
    assert now == {**now, **then}  # whatever was said then is said now; the rest are defaults


@pytest.mark.parametrize("path", sorted(FIRST.glob("*.bin")), ids=lambda path: path.stem)
def test_a_reader_of_the_first_version_finds_its_fields_where_they_were(path: Path) -> None:
    """Fields are only appended: cut to as many as there were, today's bytes are the first version's."""
    data = path.read_bytes()
    again = as_bytes(read(path.stem, data))
    start = data.index(b"\0") + 1 if path.stem.startswith("media_") else 0
    then, now = msgpack.unpackb(data[start:]), msgpack.unpackb(again[start:])
    assert (again[:start], now[: len(then)]) == (data[:start], then)
