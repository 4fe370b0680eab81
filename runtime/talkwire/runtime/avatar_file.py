"""The container NAME.talkwire: a zip of avatar.json and the members it names, nothing else.

A reader trusts nothing: names, counts, sizes and hashes are checked against avatar.json before
anything is allocated, and arrays are checked against their declared dtype and shape before they
are read. There is no pickle anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import AvatarError

FORMAT_VERSION: Final = 1
SUFFIX: Final = ".talkwire"
CARD_MEMBER: Final = "avatar.json"
MAX_MEMBERS: Final = 64
MAX_CARD_BYTES: Final = 1 << 20
MAX_TOTAL_BYTES: Final = 512 << 20  # unpacked; the largest avatar planned is a tenth of this
_EPOCH: Final = (2026, 1, 1, 0, 0, 0)  # a fixed date, so that equal content gives equal bytes

# what zipfile raises for damage; RuntimeError: an encrypted member, or an unknown way of packing
UNREADABLE: Final = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, EOFError, ValueError, LookupError, OverflowError),
)

Arrays = Mapping[str, npt.NDArray[Any]]


def write_container(path: Path, card: Mapping[str, Any], members: Mapping[str, bytes | Arrays]) -> None:
    """Write an avatar file: beside, then renamed, so that no half-written file is ever seen.

    members maps a member's name to its bytes, or to named arrays (stored as .npz). The card is
    completed with the format version and, for each member, size, sha256 and tensor shapes.
    Raises AvatarError when the disk refuses.
    """
    packed = {name: value if isinstance(value, bytes) else pack_npz(value) for name, value in members.items()}
    full_card = {
        "format": FORMAT_VERSION,
        **card,
        "members": {
            name: _describe(packed[name], None if isinstance(value, bytes) else value)
            for name, value in members.items()
        },
    }
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, data in {CARD_MEMBER: json.dumps(full_card, indent=1).encode(), **packed}.items():
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise AvatarError(
            f"{path} cannot be written",
            seen=error.strerror,
            wanted="a writable folder with free space",
            cure="choose another place or free some space",
        ) from None


class Container:
    """An opened avatar file whose names, sizes and hashes have been checked."""

    def __init__(self, path: Path) -> None:
        """Read and check. Raises AvatarError with the first thing that is wrong."""
        self.name = path.name
        self._unpacked = 0  # bytes of arrays so far: a small file may hold very many zeros
        try:
            with zipfile.ZipFile(path) as archive:
                infos = self._checked_infos(archive)
                self.card = self._read_card(archive, infos)
                self._members = self._read_members(archive, infos)
        except OSError as error:
            raise AvatarError(
                f"{path} cannot be read",
                seen=error.strerror or "an unreadable file",
                wanted=f"an avatar file (*{SUFFIX})",
                cure="check the path, or run: talkwire avatar list",
            ) from None
        except UNREADABLE as error:
            raise self._refuse(f"not a readable zip ({error})", "an intact avatar file") from None

    def member(self, name: str) -> bytes:
        """A member's bytes. Raises AvatarError when the file does not hold it."""
        if name not in self._members:
            raise self._refuse(f"members {sorted(self._members)}", f"a member {name!r}")
        return self._members[name]

    def arrays(self, name: str, wanted: Mapping[str, tuple[str, int]]) -> dict[str, npt.NDArray[Any]]:
        """The arrays of a .npz member, each checked against avatar.json and the wanted dtype and rank."""
        declared = self._field(self.card["members"][name], "tensors", dict) if name in self._members else {}
        arrays = {}
        try:
            with zipfile.ZipFile(io.BytesIO(self.member(name))) as archive:
                for key, (dtype, rank) in wanted.items():
                    arrays[key] = self._read_array(archive, f"{name}:{key}", dtype, rank, declared.get(key))
        except UNREADABLE as error:
            raise self._refuse(f"{name} with {error}", "a .npz as avatar.json declares it") from None
        return arrays

    def _checked_infos(self, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise self._refuse(f"{len(infos)} members", f"at most {MAX_MEMBERS}")
        for info in infos:
            inside = PurePosixPath(info.filename)
            if inside.is_absolute() or ".." in inside.parts or "\\" in info.filename or ":" in info.filename:
                raise self._refuse(f"a member named {info.filename!r}", "names that stay inside the file")
        names = [info.filename for info in infos]
        if len(set(names)) != len(names):
            raise self._refuse("two members of one name", "each member once")
        total = sum(info.file_size for info in infos)
        if total > MAX_TOTAL_BYTES:
            raise self._refuse(f"{total} bytes unpacked", f"at most {MAX_TOTAL_BYTES}")
        return dict(zip(names, infos, strict=True))

    def _read_card(self, archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> dict[str, Any]:
        if CARD_MEMBER not in infos:
            raise self._refuse(f"members {sorted(infos)}", f"a member {CARD_MEMBER!r}")
        if infos[CARD_MEMBER].file_size > MAX_CARD_BYTES:
            raise self._refuse(
                f"{CARD_MEMBER} of {infos[CARD_MEMBER].file_size} bytes", f"at most {MAX_CARD_BYTES}"
            )
        try:
            card = json.loads(archive.read(CARD_MEMBER))
        except (ValueError, RecursionError) as error:
            raise self._refuse(f"{CARD_MEMBER} that is not JSON ({error})", "JSON") from None
        if not isinstance(card, dict):
            raise self._refuse(f"{CARD_MEMBER} holding {type(card).__name__}", "an object")
        if card.get("format") != FORMAT_VERSION:
            raise AvatarError(
                f"{self.name} is of another format version",
                seen=card.get("format"),
                wanted=FORMAT_VERSION,
                cure="update talkwire, or make the avatar again with this version",
            )
        return card

    def _read_members(
        self, archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]
    ) -> dict[str, bytes]:
        declared = self._field(self.card, "members", dict)
        if set(declared) != set(infos) - {CARD_MEMBER}:
            raise self._refuse(f"members {sorted(set(infos) - {CARD_MEMBER})}", f"exactly {sorted(declared)}")
        members = {}
        for name, description in declared.items():
            size, digest = self._field(description, "bytes", int), self._field(description, "sha256", str)
            if infos[name].file_size != size:
                raise self._refuse(f"{name} of {infos[name].file_size} bytes", f"{size} bytes")
            data = archive.read(name)
            if hashlib.sha256(data).hexdigest() != digest:
                raise self._refuse(f"{name} with another sha256 than declared", f"{digest[:12]}...")
            members[name] = data
        return members

    def _read_array(
        self, archive: zipfile.ZipFile, label: str, dtype: str, rank: int, declared: Any
    ) -> npt.NDArray[Any]:
        info = archive.getinfo(f"{label.partition(':')[2]}.npy")
        self._unpacked += info.file_size
        if self._unpacked > MAX_TOTAL_BYTES:
            raise self._refuse(f"{label} of {self._unpacked} bytes in all", f"at most {MAX_TOTAL_BYTES}")
        with archive.open(info) as stream:
            version = np.lib.format.read_magic(stream)
            if version != (1, 0):
                raise ValueError(f"{label} of .npy version {version}")
            shape, fortran, found = np.lib.format.read_array_header_1_0(stream)
            if found != np.dtype(dtype) or len(shape) != rank or fortran or declared != [found.str, *shape]:
                raise self._refuse(
                    f"{label} as {found.str}{list(shape)}", f"{dtype} of rank {rank}, {declared} as declared"
                )
            data = stream.read(info.file_size)
        return np.frombuffer(data, dtype=found).reshape(shape)

    def _field(self, where: Any, name: str, kind: type) -> Any:
        value = where.get(name) if isinstance(where, dict) else None
        if not isinstance(value, kind):
            raise self._refuse(f"{name!r} = {value!r} in {CARD_MEMBER}", f"a {kind.__name__}")
        return value

    def _refuse(self, seen: str, wanted: str) -> AvatarError:
        return AvatarError(
            f"{self.name} is refused",
            seen=seen,
            wanted=wanted,
            cure="get the file again from where it was made; do not edit it by hand",
        )


def pack_npz(arrays: Arrays) -> bytes:
    """Arrays as a compressed .npz whose bytes depend on the content only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), (1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()


def _describe(data: bytes, arrays: Arrays | None) -> dict[str, Any]:
    described: dict[str, Any] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if arrays is not None:
        described["tensors"] = {name: [array.dtype.str, *array.shape] for name, array in arrays.items()}
    return described
