"""glTF's JSON around a filled buffer. The only importer of pygltflib."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pygltflib as gl

from talkwire.exporters.gltf.buffers import Accessor, Buffer, Use, View
from talkwire.exporters.gltf.mesh import Material, Primitive
from talkwire.runtime.errors import ExportError

_MAGICS: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}  # the two that glTF 2.0 knows


@dataclass(frozen=True, slots=True)
class Channel:
    """One animated property of a node: accessors of its key times and values, interpolated linearly."""

    node: int
    path: str  # "weights", "rotation" or "translation"
    times: int
    values: int


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head node stands when nothing animates it."""

    rotation: list[float]
    translation: list[float]


@dataclass(frozen=True, slots=True)
class Motion:
    """One line as an animation. extras: what the file says of it."""

    name: str
    channels: list[Channel]
    extras: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """All that goes into the JSON, in the terms of this package."""

    name: str
    copyright: str
    extras: dict[str, Any]
    buffer: Buffer
    primitives: list[Primitive]
    materials: list[Material]
    target_names: list[str]
    pose: Pose
    motions: list[Motion]
    texture: bytes


HEAD_NODE, FACE_NODE = 0, 1
MAX_GLB_BYTES: Final = 2**32 - 1  # its own field for the length

Run = bytes | npt.NDArray[Any]  # of a file's bytes


def generator() -> str:
    """What asset.generator says: talkwire and its version."""
    try:
        return f"talkwire {version('talkwire')}"
    except PackageNotFoundError:
        return "talkwire (run from its source, not installed)"


def texture_type(texture: bytes) -> str:
    """The MIME type of an encoded texture. Raises ExportError for one that glTF cannot carry."""
    for magic, mime in _MAGICS.items():
        if texture.startswith(magic):
            return mime
    raise ExportError(
        "the avatar's texture cannot go into glTF",
        seen=f"bytes that begin {texture[:4]!r}",
        wanted="PNG or JPEG",
        cure="build the avatar with a PNG or JPEG texture",
    )


def glb(document: Document) -> Iterator[Run]:
    """One binary file with everything inside, run after run. Source: glTF 2.0, 4.4 (GLB file format)."""
    gltf, views = _gltf(document, image_uri=None)
    text = gltf.gltf_to_json().encode()
    text += b" " * (-len(text) % 4)
    size_bytes = gltf.buffers[0].byteLength
    length_bytes = 12 + 8 + len(text) + 8 + size_bytes
    if length_bytes > MAX_GLB_BYTES:
        raise ExportError(
            "a .glb cannot be so large",
            seen=f"{length_bytes / 1e9:.1f} GB",
            wanted=f"at most {MAX_GLB_BYTES / 1e9:.1f} GB",
            cure="export a part of the line (--range), or with a larger --tolerance",
        )
    head = struct.pack("<4sIII4s", b"glTF", 2, length_bytes, len(text), b"JSON")
    return chain([head, text, struct.pack("<I4s", size_bytes, b"BIN\0")], _runs(views))


def gltf_and_bin(document: Document, *, bin_uri: str, image_uri: str) -> tuple[bytes, Iterator[Run]]:
    """The JSON and the binary buffer; the texture is a file of its own, at image_uri."""
    gltf, views = _gltf(document, image_uri=image_uri)
    gltf.buffers[0].uri = bin_uri
    return gltf.gltf_to_json().encode(), _runs(views)


def _gltf(document: Document, *, image_uri: str | None) -> tuple[Any, list[View]]:
    order = list(document.buffer.views)
    image_view = None if image_uri else len(order)
    held = list(document.buffer.views.values())
    views = [_view(use, view.size_bytes) for use, view in document.buffer.views.items()]
    if image_view is not None:
        held.append(View([np.frombuffer(document.texture, np.uint8)], len(document.texture)))
        views.append(gl.BufferView(buffer=0, byteLength=len(document.texture)))
    size_bytes = _lay_out(views)
    extensions = sorted({name for m in document.materials for name in m.extensions})
    gltf = gl.GLTF2(
        asset=gl.Asset(generator=generator(), copyright=document.copyright, extras=document.extras),
        scene=0,
        scenes=[gl.Scene(name=document.name, nodes=[HEAD_NODE])],
        nodes=_nodes(document),
        meshes=[_mesh(document)],
        materials=[_material(material) for material in document.materials],
        textures=[gl.Texture(source=0, sampler=0)],
        samplers=[gl.Sampler(magFilter=gl.LINEAR, minFilter=gl.LINEAR_MIPMAP_LINEAR)],
        images=[_image(document, image_view, image_uri)],
        animations=[_animation(motion) for motion in document.motions if motion.channels],
        accessors=[_accessor(accessor, order) for accessor in document.buffer.accessors],
        bufferViews=views,
        buffers=[gl.Buffer(byteLength=size_bytes)],
        extensionsUsed=extensions,
    )
    return gltf, held


def _lay_out(views: list[Any]) -> int:
    """Each view at a multiple of four bytes. Returns the size of the whole."""
    size_bytes = 0
    for view in views:
        view.byteOffset = size_bytes
        size_bytes += view.byteLength + -view.byteLength % 4
    return size_bytes


def _runs(views: list[View]) -> Iterator[Run]:
    for view in views:
        yield from view.runs()
        yield b"\0" * (-view.size_bytes % 4)


def _view(use: Use, size: int) -> Any:
    return gl.BufferView(
        buffer=0,
        byteLength=size,
        byteStride=use.stride_bytes,
        target=None if use.target is None else int(use.target),
        name=use.name,
    )


def _accessor(accessor: Accessor, order: list[Use]) -> Any:
    sparse = accessor.sparse
    return gl.Accessor(
        bufferView=None if accessor.use is None else order.index(accessor.use),
        byteOffset=None if accessor.use is None else accessor.offset,
        componentType=int(accessor.component),
        normalized=None,
        count=accessor.count,
        type=accessor.type,
        min=accessor.low,
        max=accessor.high,
        sparse=None
        if sparse is None
        else gl.Sparse(
            count=sparse.count,
            indices=gl.AccessorSparseIndices(
                bufferView=order.index(sparse.indices_use),
                byteOffset=sparse.indices_offset,
                componentType=int(sparse.indices_component),
            ),
            values=gl.AccessorSparseValues(
                bufferView=order.index(sparse.values_use), byteOffset=sparse.values_offset
            ),
        ),
    )


def _nodes(document: Document) -> list[Any]:
    head = gl.Node(
        name=document.name,
        children=[FACE_NODE],
        rotation=document.pose.rotation,
        translation=document.pose.translation,
    )
    return [head, gl.Node(name=f"{document.name} face", mesh=0)]


def _mesh(document: Document) -> Any:
    primitives = [
        gl.Primitive(
            attributes=gl.Attributes(POSITION=p.positions, NORMAL=p.normals, TEXCOORD_0=p.uvs),
            indices=p.triangles,
            material=p.material,
            targets=[
                {"POSITION": position, "NORMAL": normal}
                for position, normal in zip(p.position_deltas, p.normal_deltas, strict=True)
            ],
        )
        for p in document.primitives
    ]
    names = {"targetNames": document.target_names}
    weights = [0.0] * len(document.target_names)
    return gl.Mesh(name=f"{document.name} face", primitives=primitives, weights=weights, extras=names)


def _material(material: Material) -> Any:
    return gl.Material(
        name=material.name,
        alphaMode=None,
        alphaCutoff=None,
        doubleSided=material.double_sided or None,
        emissiveFactor=None,
        extensions=material.extensions,
        pbrMetallicRoughness=gl.PbrMetallicRoughness(
            baseColorTexture=gl.TextureInfo(index=0, texCoord=None),
            baseColorFactor=None,
            metallicFactor=0.0,
            roughnessFactor=material.roughness,
        ),
    )


def _image(document: Document, view: int | None, uri: str | None) -> Any:
    mime = texture_type(document.texture)
    name = f"{document.name} skin"
    if uri is not None:
        return gl.Image(name=name, uri=uri)
    return gl.Image(name=name, bufferView=view, mimeType=mime)


def _animation(motion: Motion) -> Any:
    return gl.Animation(
        name=motion.name,
        extras=motion.extras,
        samplers=[gl.AnimationSampler(input=c.times, output=c.values) for c in motion.channels],
        channels=[
            gl.AnimationChannel(sampler=i, target=gl.AnimationChannelTarget(node=c.node, path=c.path))
            for i, c in enumerate(motion.channels)
        ],
    )
