"""What a glTF file says of itself and holds, by looking at all of it and trusting none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.exporters.gltf.raw import COMPONENTS, WIDTHS, Raw, Tree, damaged, inside, read_gltf, whole
from talkwire.runtime.errors import ExportError

PARTS: Final = ("mesh", "morphs", "animation", "texture", "sound", "skin", "other", "json")
_AUDIO: Final = "KHR_audio_emitter"
# how to look into what is no glTF
_OTHERS: Final[Mapping[str, str]] = {
    ".mp4": "ffprobe shows what a video holds",
    ".csv": "any spreadsheet opens it",
    ".npz": "numpy.load opens it, and its README says what is in it",
    ".json": "any editor opens it",
    ".usda": "usdview, or any editor, opens it",
    ".usdc": "usdview opens it, and usdcat prints it",
    ".wav": "soxi or ffprobe shows what a sound holds",
    ".fbx": "Blender imports it, and exports .glb",
}


@dataclass(frozen=True, slots=True)
class Mesh:
    """targets: names of its morph targets, "#0" and so on where it has none."""

    name: str
    vertices: int
    triangles: int
    primitives: int
    targets: list[str]


@dataclass(frozen=True, slots=True)
class Animation:
    """keys: how many by what they animate, "node path". extras: what the file says of the line."""

    name: str
    duration_s: float
    keys: dict[str, int]
    extras: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """size_bytes: by part, of the file and what it names beside it; together all of them.

    beside: the sizes of files that it names, or None for one that is not there.
    """

    path: str
    size_bytes: dict[str, int]
    beside: dict[str, int | None]
    generator: str
    copyright: str
    extensions: list[str]
    meshes: list[Mesh]
    animations: list[Animation]
    textures: list[str]
    bones: int
    extras: dict[str, Any]


def read_facts(path: Path) -> tuple[Raw, Facts]:
    """Read a .glb, .gltf or .vrm. Raises ExportError for what is none, or damaged."""
    if (other := _OTHERS.get(path.suffix.lower())) is not None and path.is_file():
        raise ExportError(
            f"{path.name} cannot be inspected",
            seen=f"the suffix {path.suffix!r}",
            wanted=".glb, .gltf or .vrm",
            cure=other,
        )
    raw = read_gltf(path)
    try:
        return raw, _facts(raw)
    except (TypeError, KeyError, AttributeError, ValueError, IndexError, OverflowError) as error:
        damaged(
            path, f"{type(error).__name__}: {error}"[:120], "objects, lists and numbers where glTF has them"
        )


def _facts(raw: Raw) -> Facts:
    asset = raw.tree["asset"]
    beside = _beside(raw)
    return Facts(
        path=str(raw.path),
        size_bytes=_sizes(raw, beside),
        beside=beside,
        generator=str(asset.get("generator", "")),
        copyright=str(asset.get("copyright", "")),
        extensions=[str(name) for name in raw.tree.get("extensionsUsed", [])],
        meshes=[_mesh(raw, index) for index in range(len(raw.list("meshes")))],
        animations=[_animation(raw, index) for index in range(len(raw.list("animations")))],
        textures=[str(image.get("mimeType") or image.get("uri", "?")[:60]) for image in raw.list("images")],
        bones=len({joint for skin in raw.list("skins") for joint in skin["joints"]}),
        extras=extras_of(asset),
    )


def extras_of(thing: Tree) -> dict[str, Any]:
    """Its extras, if they are an object."""
    extras = thing.get("extras")
    return extras if isinstance(extras, dict) else {}


def target_names(mesh: Tree) -> list[str]:
    """Of the morph targets of a mesh."""
    count = max((len(p.get("targets", [])) for p in mesh["primitives"]), default=0)
    names = extras_of(mesh).get("targetNames", [])
    return [str(name) for name in names] if len(names) == count else [f"#{k}" for k in range(count)]


def _mesh(raw: Raw, index: int) -> Mesh:
    mesh = raw.item("meshes", index)
    primitives = mesh["primitives"]
    counts = [whole(raw, raw.item("accessors", p["attributes"]["POSITION"]), "count") for p in primitives]
    corners = [
        whole(raw, raw.item("accessors", p["indices"]), "count") if "indices" in p else count
        for p, count in zip(primitives, counts, strict=True)
    ]
    name = str(mesh.get("name", f"#{index}"))
    return Mesh(name, sum(counts), sum(n // 3 for n in corners), len(primitives), target_names(mesh))


def _animation(raw: Raw, index: int) -> Animation:
    animation = raw.item("animations", index)
    keys: dict[str, int] = {}
    last_s = 0.0
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        stamps = raw.item("accessors", sampler["input"])
        target = channel["target"]
        node = raw.item("nodes", target["node"]) if "node" in target else {}
        keys[f"{node.get('name', target.get('node', '?'))} {target['path']}"] = whole(raw, stamps, "count")
        last_s = max(last_s, float(stamps.get("max", [0])[0]))
    return Animation(str(animation.get("name", f"#{index}")), last_s, keys, extras_of(animation))


def _sizes(raw: Raw, beside: Mapping[str, int | None]) -> dict[str, int]:
    """Views are shared out by what of them each part reads; bytes that nobody reads are "other"."""
    use = dict(_accessor_uses(raw))
    read: dict[int, Counter[str]] = {}
    for index, accessor in enumerate(raw.list("accessors")):
        for at, size in _reads(raw, accessor):
            read.setdefault(at, Counter())[use.get(index, "other")] += size
    for part, thing in blobs(raw):
        if "bufferView" in thing:
            read.setdefault(thing["bufferView"], Counter())[part] += 1
    total: Counter[str] = Counter()
    for index, view in enumerate(raw.list("bufferViews")):
        length = _stored_bytes(raw, view)
        shares = read.get(index, Counter({"other": 1}))
        for part, share in shares.items():
            total[part] += round(length * share / max(shares.total(), 1))
    for part, thing in blobs(raw):
        total[part] += (beside.get(str(thing.get("uri"))) or 0) if "bufferView" not in thing else 0
    total["sound"] += sum(size or 0 for name, size in beside.items() if name in _sounds(raw))
    total["json"] = len(raw.text.encode())
    return {part: total[part] for part in PARTS if total[part]}


def _accessor_uses(raw: Raw) -> Iterator[tuple[int, str]]:
    for animation in raw.list("animations"):
        for sampler in animation["samplers"]:
            yield from ((sampler[way], "animation") for way in ("input", "output"))
    for skin in raw.list("skins"):
        if "inverseBindMatrices" in skin:
            yield skin["inverseBindMatrices"], "skin"
    for primitive in (p for mesh in raw.list("meshes") for p in mesh["primitives"]):
        yield from ((index, "morphs") for target in primitive.get("targets", []) for index in target.values())
        yield from ((index, "mesh") for index in primitive["attributes"].values())
        if "indices" in primitive:
            yield primitive["indices"], "mesh"


def _reads(raw: Raw, accessor: Tree) -> Iterator[tuple[int, int]]:
    """(view, bytes) that an accessor reads."""
    count, width = whole(raw, accessor, "count"), WIDTHS[accessor["type"]]
    element = width * np.dtype(COMPONENTS[accessor["componentType"]]).itemsize
    if "bufferView" in accessor:
        yield accessor["bufferView"], count * element
    if "sparse" in accessor:
        sparse = accessor["sparse"]
        changed = whole(raw, sparse, "count")
        index_bytes = np.dtype(COMPONENTS[sparse["indices"]["componentType"]]).itemsize
        yield sparse["indices"]["bufferView"], changed * index_bytes
        yield sparse["values"]["bufferView"], changed * element


def _stored_bytes(raw: Raw, view: Tree) -> int:
    packed = [v for k, v in (view.get("extensions") or {}).items() if k.endswith("meshopt_compression")]
    return whole(raw, packed[0] if packed else view, "byteLength")


def blobs(raw: Raw) -> Iterator[tuple[str, Tree]]:
    """Pictures, and sounds of KHR_audio_emitter."""
    yield from (("texture", image) for image in raw.list("images"))
    said = (raw.tree.get("extensions") or {}).get(_AUDIO) or {}
    yield from (("sound", sound) for sound in said.get("audio", []))


def _sounds(raw: Raw) -> set[str]:
    """Names of sounds that the extras of lines name beside the file."""
    things = (raw.tree["asset"], *raw.list("animations"))
    return {str(extras_of(thing)["audio"]) for thing in things if "audio" in extras_of(thing)}


def _beside(raw: Raw) -> dict[str, int | None]:
    things = [*raw.list("buffers"), *(thing for _, thing in blobs(raw))]
    uris = [str(thing["uri"]) for thing in things if "uri" in thing]
    sizes = {uri: _size(inside(raw.path, uri)) for uri in uris if not uri.startswith("data:")}
    for name in sorted(_sounds(raw)):
        try:
            sizes[name] = _size(inside(raw.path, name))
        except ExportError:  # only a word in the extras: no player follows it
            sizes[name] = None
    return sizes


def _size(place: Path) -> int | None:
    return place.stat().st_size if place.is_file() else None
