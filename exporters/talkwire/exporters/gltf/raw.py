"""A glTF file of anybody's as it is on disk: read with distrust, kept byte for byte.

Source: Khronos, glTF 2.0 Specification, 4 (GLB) and 3.6 (binary data storage).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import ExportError

SUFFIXES: Final = (".glb", ".gltf", ".vrm")  # a VRM is a .glb
MAX_FILE_BYTES: Final = 1 << 31
MAX_ELEMENTS: Final = 1 << 24  # of one accessor: as many vertices no engine takes
COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_PACKED: Final = ("EXT_meshopt_compression", "KHR_meshopt_compression")

Tree = dict[str, Any]


@dataclass(frozen=True)
class Raw:
    """text: the JSON as written; tree: the same, parsed.  chunk: the BIN chunk of a .glb, where it has one;
    tail: chunks after it, which nobody knows.
    """

    path: Path
    text: str = field(repr=False)
    tree: Tree = field(repr=False)
    binary: bool
    chunk: bytes | None = field(default=None, repr=False)
    tail: bytes = field(default=b"", repr=False)

    def list(self, key: str) -> list[Tree]:
        """A top-level list of objects, empty where there is none. Raises ExportError when it is no such."""
        value = self.tree.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            damaged(self.path, f"{key!r} that is no list of objects", "a list of objects")
        return value

    def item(self, key: str, index: object) -> Tree:
        """One of them. Raises ExportError for an index that points nowhere."""
        things = self.list(key)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(things):
            damaged(self.path, f"{key} {index!r} of {len(things)}", "an index of what is there")
        return things[index]

    def buffer(self, index: object) -> bytes:
        """The bytes of a buffer: the BIN chunk, a data URI or a file beside. Raises ExportError."""
        said = self.item("buffers", index)
        length, uri = whole(self, said, "byteLength"), said.get("uri")
        if uri is None:
            data = self.chunk if index == 0 else None
        else:
            data = _embedded(self, uri) if str(uri).startswith("data:") else _beside(self, uri, length)
        if data is None:
            damaged(self.path, f"buffer {index} without bytes", "a BIN chunk or a URI")
        if len(data) < length:
            damaged(self.path, f"{len(data)} bytes in buffer {index}", f"the {length} that it announces")
        return data[:length]

    def view(self, index: object) -> memoryview:
        """The bytes of a buffer view. Raises ExportError, also for one that is packed by meshopt."""
        said = self.item("bufferViews", index)
        if any(name in (said.get("extensions") or {}) for name in _PACKED):
            raise ExportError(
                f"{self.path.name} is compressed",
                seen="EXT_meshopt_compression",
                wanted="plain arrays",
                cure="write the file without compression, and compress it last",
            )
        offset, length = whole(self, said, "byteOffset", 0), whole(self, said, "byteLength")
        data = memoryview(self.buffer(said.get("buffer")))
        if offset + length > len(data):
            damaged(self.path, f"view {index} up to byte {offset + length} of {len(data)}", "a view inside")
        return data[offset : offset + length]

    def array(self, index: object) -> npt.NDArray[Any]:
        """[N, C] of an accessor; normalized integers as float32. Raises ExportError."""
        values = self.stored(index)
        return _unit(values) if self.item("accessors", index).get("normalized") is True else values

    def stored(self, index: object) -> npt.NDArray[Any]:
        """[N, C] of an accessor as it is stored, sparse or not. Raises ExportError."""
        said = self.item("accessors", index)
        count, component = whole(self, said, "count"), said.get("componentType")
        kind = said.get("type")
        if count > MAX_ELEMENTS or component not in COMPONENTS or kind not in WIDTHS:
            damaged(self.path, f"accessor {index}: {count} x {kind!r} of {component!r}", "a known type")
        dtype, width = np.dtype(COMPONENTS[component]), WIDTHS[kind]
        values = np.zeros((count, width), dtype)
        if "bufferView" in said:
            values = self._strided(said, dtype, count, width)
        if isinstance(sparse := said.get("sparse"), dict):
            values = self._sparse(sparse, values)
        return values

    def _strided(self, said: Tree, dtype: np.dtype[Any], count: int, width: int) -> npt.NDArray[Any]:
        data = self.view(said.get("bufferView"))
        view = self.item("bufferViews", said.get("bufferView"))
        offset, step = whole(self, said, "byteOffset", 0), width * dtype.itemsize
        stride = whole(self, view, "byteStride", step) or step
        if stride < step or offset + (stride * (count - 1) + step if count else 0) > len(data):
            damaged(self.path, f"{count} elements in a view of {len(data)} bytes", "as many as it holds")
        return np.ndarray((count, width), dtype, data, offset, (stride, dtype.itemsize))

    def _sparse(self, sparse: Tree, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        count, indices = whole(self, sparse, "count"), sparse.get("indices")
        changed = sparse.get("values")
        if not isinstance(indices, dict) or not isinstance(changed, dict):
            damaged(self.path, "a sparse accessor without indices or values", "both")
        component = indices.get("componentType")
        if component not in (5121, 5123, 5125) or count > len(values):
            damaged(self.path, f"{count} sparse indices of type {component!r}", "at most as many as elements")
        where = self._strided(indices, np.dtype(COMPONENTS[component]), count, 1)[:, 0]
        if count and int(where.max()) >= len(values):
            damaged(self.path, f"sparse index {int(where.max())} of {len(values)}", "an index inside")
        values = values.copy()
        values[where] = self._strided(changed, values.dtype, count, values.shape[1])
        return values


def read_gltf(path: Path) -> Raw:
    """Read a .glb or .gltf. Raises ExportError, with one clear sentence, for all that is none."""
    if path.suffix.lower() not in SUFFIXES:
        raise ExportError(
            f"{path.name} cannot be read",
            seen=f"the suffix {path.suffix!r}",
            wanted="a .glb, .gltf or .vrm file",
            cure="save it as glTF 2.0: Blender imports FBX, OBJ and others, and exports .glb",
        )
    data = _bytes_of(path)
    if data[:4] == b"glTF":
        return parse_glb(path, data)
    if path.suffix.lower() != ".gltf":
        damaged(path, f"bytes that begin {data[:4]!r}", "b'glTF'")
    return _parse_json(path, data, binary=False)


def parse_glb(path: Path, data: bytes) -> Raw:
    """A binary file from its bytes. Raises ExportError."""
    if len(data) < 20:
        damaged(path, f"{len(data)} bytes", "a header of 12 and a chunk")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        damaged(path, f"glTF version {version}", "version 2")
    if length != len(data):
        damaged(path, f"{len(data)} bytes", f"the {length} that its header announces")
    chunks, at = [], 12
    while at < length:
        size, kind = struct.unpack_from("<I4s", data, at) if at + 8 <= length else (length, b"")
        if at + 8 + size > length:
            damaged(path, f"a chunk of {size} bytes at byte {at} of {length}", "chunks that end inside")
        chunks.append((kind, data[at + 8 : at + 8 + size], at + 8 + size))
        at += 8 + size
    if chunks[0][0] != b"JSON":
        damaged(path, f"a first chunk of kind {chunks[0][0]!r}", "JSON")
    has_bin = len(chunks) > 1 and chunks[1][0] == b"BIN\0"
    tail = data[chunks[1 if has_bin else 0][2] :]
    return _parse_json(path, chunks[0][1], binary=True, chunk=chunks[1][1] if has_bin else None, tail=tail)


def glb_bytes(text: str, chunk: bytes | None, tail: bytes = b"") -> bytes:
    """JSON and buffer as one binary file."""
    parts = [(b"JSON", _padded(text.encode(), b" "))]
    if chunk is not None:
        parts.append((b"BIN\0", _padded(chunk, b"\0")))
    body = b"".join(struct.pack("<I4s", len(part), kind) + part for kind, part in parts) + tail
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def damaged(path: Path, seen: str, wanted: str) -> NoReturn:
    """Raise the ExportError of a file that is not what the specification asks."""
    raise ExportError(
        f"{path.name} is damaged or no glTF 2.0",
        seen=seen,
        wanted=wanted,
        cure="export or copy the file again",
    )


def whole(raw: Raw, said: Tree, key: str, otherwise: int | None = None) -> int:
    """A number that counts. Raises ExportError for what is none."""
    value = said.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_FILE_BYTES:
        damaged(raw.path, f"{key} {value!r}"[:80], f"a whole number from 0 to {MAX_FILE_BYTES}")
    return value


def inside(path: Path, uri: object) -> Path:
    """The file that a relative URI names, in the folder of `path` or below. Raises ExportError."""
    name = unquote(str(uri))
    place = path.parent / name
    odd = "://" in name or Path(name).is_absolute() or "\0" in name
    if odd or not place.resolve().is_relative_to(path.parent.resolve()):
        damaged(path, f"the URI {name[:80]!r}", "a file in its own folder or below")
    return place


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "no such file")
        if path.stat().st_size > MAX_FILE_BYTES:
            damaged(path, f"{path.stat().st_size} bytes", f"at most {MAX_FILE_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise ExportError(
            f"{path} cannot be read",
            seen=(error.strerror or str(error)).lower(),
            wanted="a .glb or .gltf file",
            cure="check the path",
        ) from None


def _parse_json(
    path: Path, data: bytes, *, binary: bool, chunk: bytes | None = None, tail: bytes = b""
) -> Raw:
    try:
        text = data.decode("utf-8").rstrip(" \0" if binary else " ")
        tree = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # both decoders' errors are ValueErrors
        damaged(path, f"no JSON: {str(error)[:100]}", "a JSON object")
    asset = tree.get("asset") if isinstance(tree, dict) else None
    version = asset.get("version") if isinstance(asset, dict) else None
    if not isinstance(version, str) or not version.startswith("2."):
        damaged(path, f"asset.version {version!r}"[:80], "2.0")
    return Raw(path, text, tree, binary, chunk, tail)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _embedded(raw: Raw, uri: str) -> bytes:
    head, _, body = uri.partition(",")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote(body).encode()
    except (binascii.Error, ValueError):
        damaged(raw.path, "a data URI that is no base64", "base64")


def _beside(raw: Raw, uri: object, length: int) -> bytes:
    place = inside(raw.path, uri)
    if place.is_file() and place.stat().st_size < length:
        damaged(raw.path, f"{place.stat().st_size} bytes in {place.name}", f"the {length} that it announces")
    return _bytes_of(place)


def _unit(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype.kind not in "iu":
        return values
    top = np.iinfo(values.dtype).max
    unit: npt.NDArray[Any] = np.maximum(values.astype(np.float32) / np.float32(top), np.float32(-1.0))
    return unit


def _padded(data: bytes, filler: bytes) -> bytes:
    return data + filler * (-len(data) % 4)
