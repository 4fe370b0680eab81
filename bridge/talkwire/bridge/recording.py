"""Recordings of a media stream: every part with its arrival time, in one file that replays it.

Layout: the 8 bytes `TWREC\\x01\\r\\n` (the sixth is the format's version), then records: arrival time in ns
(u64), length (u32), the part as it was on the wire. Integers little-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from talkwire.bridge.limits import MAX_MEDIA_BYTES
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.runtime.errors import ExportError, ProtocolError

MAGIC: Final = b"TWREC\x01\r\n"
RECORD: Final = struct.Struct("<QI")


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


def replay(path: Path) -> Iterator[tuple[int, Media]]:
    """(arrival time in ns, message), in order. Raises ProtocolError where the file is not a recording."""
    try:
        with path.open("rb") as file:
            if (magic := file.read(len(MAGIC))) != MAGIC:
                raise ProtocolError(
                    f"{path} is not a recording of this version",
                    seen=repr(magic),
                    wanted=repr(MAGIC),
                    cure="record one with: talkwire listen --record FILE",
                )
            while head := file.read(RECORD.size):
                arrived_ns, length = RECORD.unpack(head) if len(head) == RECORD.size else (0, 0)
                if not 0 < length <= MAX_MEDIA_BYTES or len(part := file.read(length)) != length:
                    raise ProtocolError(
                        f"{path} is damaged",
                        seen=f"a broken or cut record before byte {file.tell()}",
                        wanted="whole records up to the end",
                        cure="record it again",
                    )
                yield arrived_ns, decode_media(part)
    except OSError as error:
        raise ProtocolError(
            f"{path} cannot be read", seen=error.strerror, wanted="a recording", cure="check the path"
        ) from None


def _unwritable(path: Path, error: OSError) -> ExportError:
    return ExportError(
        f"{path} cannot be written",
        seen=(error.strerror or "an error").lower(),
        wanted="room in a folder that can be written",
        cure="free some space, or choose another file",
    )
