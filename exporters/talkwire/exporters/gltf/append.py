"""More lines into a file that talkwire wrote: animations beside the others, on the same head.

The arrays of all animations are gathered into one new buffer view, so that a line that is replaced leaves
nothing behind; all other views keep their bytes.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import unquote

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.container import glb
from talkwire.exporters.gltf.fidelity import worst_of
from talkwire.exporters.gltf.files import document_of, sound_fills
from talkwire.exporters.gltf.indices import mesh_accessors, renumber_meshes, renumber_views, viewed, views_of
from talkwire.exporters.gltf.raw import Raw, Tree, damaged, glb_bytes, parse_glb, read_gltf
from talkwire.exporters.options import Compress, HeadPose, Morphs, Options
from talkwire.runtime.errors import ExportError

_KEYS_VIEW: Final = "keys"


def check_append(out: Path, lines: Sequence[str], *, replace: bool) -> Raw:
    """Refuse a file or a name before a line is baked. Raises ExportError."""
    raw = read_gltf(out)
    if not str(raw.tree["asset"].get("generator", "")).startswith("talkwire") or "topology" not in _extras(
        raw
    ):
        raise ExportError(
            f"{out.name} cannot take another line",
            seen=f"a file by {raw.tree['asset'].get('generator', 'nobody')!r}",
            wanted="one that this version of talkwire wrote",
            cure="for a character of your own: --onto",
        )
    names = [str(animation.get("name")) for animation in raw.list("animations")]
    _refuse_compressed(raw)
    there = [line for line in lines if line in names]
    if there and not replace:
        raise ExportError(
            f"{out.name} holds a line of that name",
            seen=", ".join(there),
            wanted=f"none of {', '.join(names)}",
            cure="rename the voice line, or replace the one in the file with --replace",
        )
    return raw


def append_lines(clips: Sequence[Clip], out: Path, options: Options, *, replace: bool) -> dict[Path, Fill]:
    """OUT with the clips as further animations, and their sounds. replace: animations of their names, too.

    Raises ExportError when OUT is of another avatar, has other shapes or is compressed.
    """
    raw = check_append(out, [clip.line for clip in clips], replace=replace)
    document = document_of(clips, out, _as_before(raw, options), alone=False)
    fresh = parse_glb(out, b"".join(bytes(run) for run in glb(document)))
    _refuse_compressed(fresh)
    try:
        _refuse_others(raw, fresh)
        tree, data = _joined(raw, fresh)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        damaged(out, f"something absent: {error!r}"[:100], "a file as talkwire wrote it")
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    sounds = sound_fills(clips, out, alone=False)
    if raw.binary:
        return {**sounds, out: _filled(glb_bytes(text, data))}
    return {**sounds, out.parent / _own_bin(raw): _filled(data), out: _filled(text.encode())}


def _as_before(raw: Raw, options: Options) -> Options:
    """With the head as the file has it: its targets, where its pose is, and its numbers."""
    said = _extras(raw)
    try:
        return dataclasses.replace(
            options,
            morphs=Morphs(said.get("morphs", options.morphs)),
            head_pose=HeadPose(said.get("head_pose", options.head_pose)),
            compress=Compress(said.get("compress", Compress.none)),
        )
    except ValueError as error:
        damaged(raw.path, f"extras: {error}"[:100], "a file as talkwire wrote it")


def _joined(raw: Raw, fresh: Raw) -> tuple[Tree, bytes]:
    """The file's JSON and buffer with the fresh animations behind those of other names."""
    tree = copy.deepcopy(raw.tree)
    new = {animation["name"] for animation in fresh.list("animations")}
    kept = [animation for animation in tree.get("animations", []) if animation.get("name") not in new]
    held = set(mesh_accessors(tree))
    packed: list[bytes] = []
    accessors = [accessor for i, accessor in enumerate(raw.list("accessors")) if i in held]
    moved = {old: new for new, old in enumerate(sorted(held))}
    renumber_meshes(tree, moved)
    dead = views_of(raw, set(range(len(raw.list("accessors")))) - held)
    views = [view for i, view in enumerate(raw.list("bufferViews")) if i not in dead]
    shift = {
        old: new for new, old in enumerate(i for i in range(len(raw.list("bufferViews"))) if i not in dead)
    }
    accessors = [viewed(accessor, shift) for accessor in accessors]
    added = copy.deepcopy(fresh.list("animations"))
    for source, animations in ((raw, kept), (fresh, added)):
        place: dict[int, int] = {}
        for sampler in (sampler for animation in animations for sampler in animation["samplers"]):
            for way in ("input", "output"):
                index = sampler[way]
                if index not in place:
                    place[index] = len(accessors)
                    offset = sum(map(len, packed))
                    said = {**source.item("accessors", index), "bufferView": len(views), "byteOffset": offset}
                    accessors.append(said)
                    packed.append(np.ascontiguousarray(source.stored(index)).tobytes())
                sampler[way] = place[index]
    data = [bytes(raw.view(old)) for old in sorted(shift)]
    views, blob = _laid_out([*views, {"name": _KEYS_VIEW}], [*data, b"".join(packed)])
    tree |= {"accessors": accessors, "bufferViews": views, "animations": [*kept, *added]}
    for name, value in tree.items():
        if name not in ("accessors", "bufferViews"):
            renumber_views(value, shift)
    tree["buffers"][0]["byteLength"] = len(blob)
    tree["asset"]["extras"] = _shared(tree["asset"]["extras"], [a["extras"] for a in tree["animations"]])
    return tree, blob


def _shared(extras: Tree, lines: list[Tree]) -> Tree:
    """What a file of several lines says of itself: each line says the rest."""
    worst = max(line["largest_error_mm"] for line in lines)
    said = {name for line in lines for name in line}
    measured = worst_of([line["geometry_error_mm"] for line in lines])
    kept = {name: value for name, value in extras.items() if name not in said}
    return kept | {"largest_error_mm": worst, "geometry_error_mm": measured}


def _laid_out(views: list[Tree], blobs: list[bytes]) -> tuple[list[Tree], bytes]:
    laid, out = bytearray(), []
    for view, blob in zip(views, blobs, strict=True):
        laid += b"\0" * (-len(laid) % 4)
        out.append({**view, "buffer": 0, "byteOffset": len(laid), "byteLength": len(blob)})
        laid += blob
    return out, bytes(laid + b"\0" * (-len(laid) % 4))


def _refuse_compressed(raw: Raw) -> None:
    used = raw.tree.get("extensionsUsed", [])
    odd = [name for name in used if "compression" in str(name) or "audio" in str(name)]
    if odd:
        raise ExportError(
            f"{raw.path.name} cannot take another line",
            seen=", ".join(odd),
            wanted="plain arrays, and sounds beside the file",
            cure="write all its lines at once",
        )


def _refuse_others(raw: Raw, fresh: Raw) -> None:
    mine, theirs = _extras(fresh), _extras(raw)
    for what in ("avatar", "topology"):
        if mine[what] != theirs.get(what):
            _refuse(raw, f"{what} {theirs.get(what)!r}", f"{mine[what]!r}", "--avatar")
    for what, of in (("morph targets", _target_names), ("nodes", _node_names)):
        if of(raw) != of(fresh):
            _refuse(raw, f"{what} {_few(of(raw))}", _few(of(fresh)), "version of talkwire and the --avatar")
    pairs = zip(mesh_accessors(raw.tree), mesh_accessors(fresh.tree), strict=False)
    if not all(np.array_equal(raw.stored(a), fresh.stored(b)) for a, b in pairs):
        _refuse(raw, "other vertices or shapes", "those of the avatar as it is now", "--avatar")


def _refuse(raw: Raw, seen: str, wanted: str, options: str) -> NoReturn:
    raise ExportError(
        f"the line does not fit the head in {raw.path.name}",
        seen=seen,
        wanted=wanted,
        cure=f"choose the {options} that the file was written with, or another -o",
    )


def _extras(raw: Raw) -> Tree:
    extras = raw.tree["asset"].get("extras")
    return extras if isinstance(extras, dict) else {}


def _target_names(raw: Raw) -> list[str]:
    return [name for mesh in raw.list("meshes") for name in (mesh.get("extras") or {}).get("targetNames", [])]


def _node_names(raw: Raw) -> list[str]:
    return [str(node.get("name")) for node in raw.list("nodes")]


def _few(names: list[str]) -> str:
    return f"{len(names)}: {', '.join(names[:3])} ..." if len(names) > 3 else ", ".join(names) or "none"


def _own_bin(raw: Raw) -> str:
    uri = raw.item("buffers", 0).get("uri")
    if len(raw.list("buffers")) != 1 or not isinstance(uri, str) or ":" in uri or "/" in uri:
        damaged(raw.path, f"a buffer at {uri!r}"[:80], "one buffer beside it")
    return unquote(uri)


def _filled(data: bytes) -> Fill:
    return lambda handle: handle.write(data)
