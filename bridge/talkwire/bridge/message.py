"""How a message becomes bytes and comes back: the only importer of msgpack.

A message is a msgpack array `[tag, field, ...]`. Fields are positional and only ever appended, each new
one with a default; a reader ignores what follows the fields it knows. A message that exists is valid:
every field is checked when it is built, whether from a program or from a peer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Final, TypeVar, cast, dataclass_transform, get_type_hints

import msgpack

from talkwire.bridge.fields import Field, refuse
from talkwire.bridge.limits import MAX_ARRAY_ITEMS, MAX_TEXT_CHARS, PROTOCOL_MAJOR, PROTOCOL_MINOR
from talkwire.runtime.errors import ProtocolError, VersionMismatch

GREETING_TAGS: Final = (1, 2)  # hello and welcome: [tag, ref, major, minor, ...] in every version, for ever


class Message:
    """Base of all messages. Constructing one with a wrong value raises ProtocolError."""

    __slots__ = ()
    tag: ClassVar[int]

    def __post_init__(self) -> None:
        for name, field in _SHAPES[type(self)].checks:
            field.check(f"{type(self).__name__}.{name}", getattr(self, name))
        self.check()

    def check(self) -> None:
        """What must hold between the fields."""


@dataclass(frozen=True, slots=True)
class _Shape:
    type: type[Message]
    checks: tuple[tuple[str, Field], ...]
    required: int


_SHAPES: Final[dict[type[Message], _Shape]] = {}
_BY_TAG: Final[dict[int, _Shape]] = {}
M = TypeVar("M", bound=Message)


@dataclass_transform(frozen_default=True)
def message(tag: int) -> Callable[[type[M]], type[M]]:
    """Make a class a message: a frozen dataclass whose fields are `Annotated[type, Field]`."""

    def register(cls: type[M]) -> type[M]:
        made = cast(type[M], dataclass(frozen=True, slots=True)(cls))
        made.tag = tag
        hints = get_type_hints(made, include_extras=True)
        checks = tuple((f.name, hints[f.name].__metadata__[0]) for f in fields(cast(Any, made)))
        required = sum(f.default is MISSING for f in fields(cast(Any, made)))
        _SHAPES[made] = _BY_TAG[tag] = _Shape(made, checks, required)
        return made

    return register


def encode(msg: Message) -> bytes:
    """The message as bytes."""
    names = (name for name, _ in _SHAPES[type(msg)].checks)
    return bytes(msgpack.packb([msg.tag, *(getattr(msg, name) for name in names)]))


def decode(data: bytes, *, expect: Collection[type[Message]]) -> Message:
    """The message in these bytes: one of `expect`.

    Raises VersionMismatch when a greeting names another major version, else ProtocolError for anything
    that is not exactly one well-formed message. Announced lengths are checked against what is there
    before memory is taken for them.
    """
    values = _unpack(data)
    if values[0] in GREETING_TAGS:
        check_version(values)
    shape = _BY_TAG.get(values[0])
    if shape is None or shape.type not in expect:
        seen = f"tag {values[0]}" if shape is None else shape.type.__name__
        wanted = " or ".join(sorted(t.__name__ for t in expect))
        raise ProtocolError(
            "this message does not belong here", seen=seen, wanted=wanted, cure="see bridge/PROTOCOL.md"
        )
    if len(values) - 1 < shape.required:
        raise refuse(shape.type.__name__, f"{len(values) - 1} fields", f"at least {shape.required}")
    return shape.type(*values[1 : 1 + len(shape.checks)])


def ref_of(data: bytes) -> int:
    """The request number of bytes that could not be decoded, 0 when it cannot be told."""
    try:
        ref = _unpack(data)[1]
    except (ProtocolError, IndexError):
        return 0
    return ref if type(ref) is int and 0 <= ref < 2**32 else 0


def with_ref(data: bytes, ref: int) -> bytes:
    """The same message by another number: bytes that `decode` has taken, of a message that has one. What
    follows is not looked at again.
    """
    tag_at = {0xDC: 3, 0xDD: 5}.get(data[0], 1)
    ref_at = tag_at + _whole_bytes(data[tag_at])
    rest_at = ref_at + _whole_bytes(data[ref_at])
    return b"".join((data[:ref_at], b"\xce", ref.to_bytes(4, "big"), data[rest_at:]))


def to_json(msg: Message) -> Mapping[str, Any]:
    """The message as JSON values, bytes as hex: what golden vectors are compared by."""
    names = (name for name, _ in _SHAPES[type(msg)].checks)
    return {"type": type(msg).__name__} | {name: _plain(getattr(msg, name)) for name in names}


def check_version(greeting: tuple[Any, ...]) -> None:
    """Refuse a greeting of another major version. greeting: (tag, ref, major, minor, ...)."""
    if len(greeting) < 4 or type(greeting[2]) is not int or type(greeting[3]) is not int:
        raise refuse("the greeting", f"{len(greeting)} fields", "tag, ref, major, minor, ...")
    if greeting[2] != PROTOCOL_MAJOR:
        raise version_mismatch(f"{greeting[2]}.{greeting[3]}")


def version_mismatch(theirs: str) -> VersionMismatch:
    """The error for a peer of another major version."""
    return VersionMismatch(
        "the other side speaks another version of the talkwire protocol",
        seen=theirs,
        wanted=f"{PROTOCOL_MAJOR}.x (this side speaks {PROTOCOL_MAJOR}.{PROTOCOL_MINOR})",
        cure="update the older side",
    )


def _whole_bytes(first: int) -> int:
    """How long an integer is that begins so, in msgpack's own table."""
    return {0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}.get(first, 1)


def _unpack(data: bytes) -> tuple[Any, ...]:
    try:
        values = msgpack.unpackb(
            data,
            use_list=False,
            max_bin_len=len(data),
            max_str_len=4 * MAX_TEXT_CHARS,
            max_array_len=2 * MAX_ARRAY_ITEMS,
            max_map_len=0,
            max_ext_len=0,
        )
    except ValueError as error:  # also what msgpack's own exceptions and UnicodeDecodeError are
        raise ProtocolError(
            "these bytes are not a talkwire message",
            seen=f"{len(data)} bytes ({str(error) or type(error).__name__})",
            wanted="one whole msgpack array",
            cure="check that the peer is talkwire, on the right port",
        ) from None
    if type(values) is not tuple or not values or type(values[0]) is not int:
        raise ProtocolError(
            "these bytes are not a talkwire message",
            seen=f"msgpack {type(values).__name__}",
            wanted="an array that starts with a tag",
            cure="check that the peer is talkwire, on the right port",
        )
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
