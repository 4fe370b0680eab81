"""The bytes of the protocol: pinned, readable, and refused when damaged."""

import json
from dataclasses import MISSING, fields, replace

import msgpack
import pytest

from bridge.cases import FOLDER, as_bytes, as_json, cases, read
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
    if appended:
        older = read(name, head + zero + msgpack.packb(values[: -len(appended)]))
        assert to_json(older.message if isinstance(older, Media) else older) == to_json(
            replace(message, **{field.name: field.default for field in appended})  # type: ignore[type-var]
        )
    with pytest.raises(ProtocolError, match=r"at least|fields"):
        read(name, head + zero + msgpack.packb(values[: -len(appended) - 1]))
