"""Recordings of a media stream: every part with its arrival time, in one file that replays it.

Layout: the 8 bytes `TWREC\\x01\\r\\n` (the sixth is the format's version), then records: arrival time in ns
(u64), length (u32), the part as it was on the wire. Integers little-endian.

FILE is whole or absent. A process that is killed leaves FILE.partial, of which the whole records can be had.
"""

from __future__ import annotations

import os
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from talkwire.bridge.limits import MAX_MEDIA_BYTES
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.wire import Mesh
from talkwire.runtime.errors import ExportError, ProtocolError

MAGIC: Final = b"TWREC\x01\r\n"
RECORD: Final = struct.Struct("<QI")
MAX_TIME_NS: Final = 1 << 62  # 146 years; a clock that says more is damage


class Recorder:
    """Writes FILE.partial and renames it when closed in peace, so that FILE is always whole."""

    def __init__(self, path: Path) -> None:
        """Raises ExportError when the file cannot be written."""
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        try:
            self._file = self._partial.open("wb")
            self._file.write(MAGIC)
        except OSError as error:
            raise _unwritable(path, error) from None

    def write(self, media: Media, arrived_ns: int) -> None:
        """Append one message. Raises ExportError when the disk is full."""
        part = encode_media(media)
        try:
            self._file.write(RECORD.pack(arrived_ns, len(part)) + part)
        except OSError as error:
            self._abandon()
            raise _unwritable(self._path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, KeyboardInterrupt):
            self._abandon()
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.replace(self._path)
        except OSError as failure:
            self._abandon()
            raise _unwritable(self._path, failure) from None

    def _abandon(self) -> None:
        with suppress(OSError):  # what was buffered does not fit either
            self._file.close()
        self._partial.unlink(missing_ok=True)


def replay(path: Path, *, recover: bool = False) -> Iterator[tuple[int, Media]]:
    """(arrival time in ns, message), in order. Raises ProtocolError where the file is not a recording.

    recover: a cut or broken record is taken for the end.
    """
    return ((arrived_ns, decode_media(part)) for arrived_ns, part in parts(path, recover=recover))


def parts(path: Path, *, recover: bool = False) -> Iterator[tuple[int, bytes]]:
    """The same as bytes, as they were on the wire."""
    if path.exists() and not (path.is_file() or path.is_dir()):  # which would wait for a writer
        raise ProtocolError(
            f"{path} cannot be read", seen="a pipe or a device", wanted="a file", cure="check the path"
        )
    try:
        with path.open("rb") as file:
            if (magic := file.read(len(MAGIC))) != MAGIC:
                raise ProtocolError(
                    f"{path} is not a recording of this version",
                    seen=repr(magic),
                    wanted=repr(MAGIC),
                    cure="record one with: talkwire listen --record FILE",
                )
            while (record := _record(file)) is not None:
                yield record
            if not recover and file.read(1):
                raise ProtocolError(
                    f"{path} is damaged",
                    seen=f"a broken or cut record at byte {file.tell() - 1}",
                    wanted="whole records up to the end",
                    cure="play what is whole with: talkwire replay --recover, or record it again",
                )
    except OSError as error:
        raise ProtocolError(
            f"{path} cannot be read", seen=error.strerror or error, wanted="a file", cure="check the path"
        ) from None


def _record(file: BinaryIO) -> tuple[int, bytes] | None:
    """The next one; None, and the file where it was, when there is no whole one."""
    start = file.tell()
    head = file.read(RECORD.size)
    if len(head) == RECORD.size:
        arrived_ns, length = RECORD.unpack(head)
        if 0 < length <= MAX_MEDIA_BYTES and arrived_ns < MAX_TIME_NS:
            part = file.read(length)
            if len(part) == length:
                return arrived_ns, part
    file.seek(start)
    return None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a recording holds. planes: messages by session and plane.  generations: the lowest, the highest.
    lost_bytes: after the last whole record.
    """

    first_ns: int
    last_ns: int
    planes: Mapping[str, Counter[str]]
    meshes: Mapping[str, Mesh]
    generations: tuple[int, int]
    lost_bytes: int

    @property
    def seconds(self) -> float:
        """From the first message to the last."""
        return (self.last_ns - self.first_ns) / NS_PER_S


def survey(path: Path, *, recover: bool = False) -> Survey:
    """Read all of it. Raises ProtocolError where a message makes no sense, or there is none."""
    planes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    meshes: dict[str, Mesh] = {}
    first_ns = last_ns = count = 0
    size, generations = len(MAGIC), set[int]()
    for arrived_ns, part in parts(path, recover=recover):
        try:
            media = decode_media(part)
        except ProtocolError as error:
            seen = f"in message {count + 1}: {error.what} ({error.seen})"
            raise ProtocolError(
                f"{path} is damaged", seen=seen, wanted=error.wanted, cure="record it again"
            ) from None
        planes[media.session][media.plane] += 1
        if isinstance(media.message, Mesh):
            meshes.setdefault(media.session, media.message)
        if isinstance(generation := getattr(media.message, "generation", None), int):
            generations.add(generation)
        first_ns, last_ns, count = first_ns if count else arrived_ns, arrived_ns, count + 1
        size += RECORD.size + len(part)
    if not count:
        raise ProtocolError(
            f"{path} is empty", seen="no message", wanted="some", cure="record while the NPC is there"
        )
    lost = path.stat().st_size - size
    span = (min(generations, default=0), max(generations, default=0))
    return Survey(first_ns, last_ns, planes, meshes, span, lost)


def _unwritable(path: Path, error: OSError) -> ExportError:
    return ExportError(
        f"{path} cannot be written",
        seen=(error.strerror or "an error").lower(),
        wanted="room in a folder that can be written",
        cure="free some space, or choose another file",
    )
