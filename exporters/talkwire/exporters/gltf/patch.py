"""Something added to a glTF file that is not ours: its JSON text and its bytes stay as they are.

Parsed and written again, a JSON would have other digits and other spaces, and the bytes of a buffer other
places. So the text is cut open where a list ends, and the buffer grows at its end.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from talkwire.exporters.gltf.raw import Raw, Tree, glb_bytes, whole

Span = tuple[int, int]
_BLANK: Final = " \t\n\r"
_DECODER: Final = json.JSONDecoder()


@dataclass
class Patch:
    """Accessors and animations to be added to `raw`; what it holds keeps its indices."""

    raw: Raw
    data: bytearray = field(default_factory=bytearray)
    accessors: list[Tree] = field(default_factory=list)
    animations: list[Tree] = field(default_factory=list)

    def add(self, values: npt.NDArray[np.float32], kind: str, *, bounds: bool = False) -> int:
        """Index of a new accessor of floats in the one new buffer view. bounds: also min and max."""
        accessor = {
            "bufferView": len(self.raw.list("bufferViews")),
            "byteOffset": len(self.data),
            "componentType": 5126,
            "count": len(values),
            "type": kind,
        }
        if bounds:
            accessor |= {"min": [float(values.min())], "max": [float(values.max())]}
        self.data += np.ascontiguousarray(values, "<f4").tobytes()
        self.accessors.append(accessor)
        return len(self.raw.list("accessors")) + len(self.accessors) - 1

    def files(self, out: Path) -> dict[Path, bytes]:
        """The file at OUT, and for .gltf the new part of its buffer beside it."""
        raw, data = self.raw, bytes(self.data)
        buffers, view = raw.list("buffers"), {"byteLength": len(data), "name": "lines"}
        edits: list[tuple[int, int, str]] = []
        chunk, beside = raw.chunk, {}
        if raw.binary and (not buffers or (raw.chunk is not None and "uri" not in buffers[0])):
            chunk = (raw.chunk or b"") + b"\0" * (-len(raw.chunk or b"") % 4)
            view |= {"buffer": 0, "byteOffset": len(chunk)}
            chunk += data
            if buffers:
                edits.append(_number(raw, ("buffers", 0, "byteLength"), len(chunk)))
            else:
                edits.append(_longer(raw.text, "buffers", [{"byteLength": len(chunk)}]))
        else:
            uri = _inline(data) if raw.binary else quote(_free_name(raw, out))
            if not raw.binary:
                beside = {out.with_name(_free_name(raw, out)): data}
            view |= {"buffer": len(buffers), "byteOffset": 0}
            edits.append(_longer(raw.text, "buffers", [{"byteLength": len(data), "uri": uri}]))
        edits += [
            _longer(raw.text, "bufferViews", [view]),
            _longer(raw.text, "accessors", self.accessors),
            _longer(raw.text, "animations", self.animations),
        ]
        text = _edited(raw.text, edits)
        main = glb_bytes(text, chunk, raw.tail) if raw.binary else text.encode()
        return {**beside, out: main}


def members(text: str, start: int) -> dict[str, Span]:
    """Where the values of an object's members are; start: at its brace, in JSON that is known to be good."""
    spans: dict[str, Span] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1)
        begin = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, begin)
        spans[key] = (begin, end)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return spans


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at


def _longer(text: str, key: str, items: list[Tree]) -> tuple[int, int, str]:
    """The edit that puts items at the end of a top-level list, which may not be there yet."""
    start = _skip(text, 0)
    spans = members(text, start)
    said = ",".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    if key in spans:
        begin, end = spans[key]
        empty = text[_skip(text, begin + 1)] == "]"
        return end - 1, end - 1, said if empty or not said else f",{said}"
    end = text.rindex("}")
    return end, end, f',"{key}":[{said}]'


def _number(raw: Raw, path: tuple[str, int, str], value: int) -> tuple[int, int, str]:
    """The edit of a number in the first object of a top-level list."""
    key, _, name = path
    whole(raw, raw.item(key, 0), name)
    begin, _ = members(raw.text, _skip(raw.text, 0))[key]
    first, end = members(raw.text, _skip(raw.text, begin + 1))[name]
    return first, end, str(value)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for begin, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [text[at:begin], new]
        at = end
    return "".join([*pieces, text[at:]])


def _inline(data: bytes) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


def _free_name(raw: Raw, out: Path) -> str:
    taken = {str(buffer.get("uri")) for buffer in raw.list("buffers")}
    names = (f"{out.stem}_lines{n}.bin" for n in ("", *range(2, len(taken) + 3)))
    return next(name for name in names if quote(name) not in taken)
