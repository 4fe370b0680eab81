"""glTF's JSON around a filled buffer. The only importer of pygltflib."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pygltflib as gl

from talkwire.exporters.gltf.buffers import Accessor, Buffer, Use, View
from talkwire.exporters.gltf.mesh import Material, Primitive
from talkwire.runtime.errors import ExportError

_MAGICS: Final = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"\xabKTX 20": "image/ktx2",
}
_TEXTURE_EXTENSIONS: Final = {"image/webp": "EXT_texture_webp", "image/ktx2": "KHR_texture_basisu"}
AUDIO_EXTENSION: Final = "KHR_audio_emitter"
MESHOPT_EXTENSION: Final = "EXT_meshopt_compression"


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
class Place:
    """What takes the face's integers back to metres: first the scale, then the translation."""

    scale: float
    translation: list[float]


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound inside the file. wav: its bytes as uint8."""

    name: str
    wav: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Packed:
    """What a view is as a stream of EXT_meshopt_compression: count elements of stride_bytes."""

    data: bytes
    mode: str
    stride_bytes: int
    count: int


@dataclass(frozen=True, slots=True)
class Document:
    """All that goes into the JSON, in the terms of this package.

    texture: none for a head without one.  place: of integers only.  required: extensions that a reader must
    know, beside those of the texture.  packed: views that are written as these streams alone.
    bind: accessor of the inverse bind matrices of root and head, for a head that the bone of a skin moves.
    """

    name: str
    copyright: str
    extras: dict[str, Any]
    buffer: Buffer
    primitives: list[Primitive]
    materials: list[Material]
    target_names: list[str]
    pose: Pose
    motions: list[Motion]
    texture: bytes | None
    place: Place | None = None
    sounds: list[Sound] = field(default_factory=list)
    required: tuple[str, ...] = ()
    packed: dict[Use, Packed] = field(default_factory=dict)
    bind: int | None = None

    @property
    def head_node(self) -> int:
        """What the head's motion moves: the node above the mesh, or a bone of its skin."""
        return ROOT_NODE if self.bind is None else BONE_NODE


ROOT_NODE, FACE_NODE, BONE_NODE = 0, 1, 2


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
        wanted="PNG, JPEG, WebP or KTX2",
        cure="choose a --texture, or build the avatar with a PNG or JPEG texture",
    )


def laid_out(document: Document, *, image_uri: str | None) -> tuple[Any, list[View]]:
    """As pygltflib's object, and what its buffer holds, view after view, each to a multiple of four bytes.

    image_uri: where the texture is, as a file of its own; it is inside by default.
    """
    order = list(document.buffer.views)
    held = [_held(document, use) for use in order]
    views = [_view(use, view.size_bytes) for use, view in zip(order, held, strict=True)]
    inside = [] if image_uri or document.texture is None else [np.frombuffer(document.texture, np.uint8)]
    first_sound = len(order) + len(inside)
    for blob in (*inside, *(sound.wav for sound in document.sounds)):
        held.append(View([blob], len(blob)))
        views.append(gl.BufferView(buffer=0, byteLength=len(blob)))
    buffers = [gl.Buffer(byteLength=_lay_out(views))]
    if document.packed:
        buffers.append(_fallback(document, order, views))
    required = [*document.required, *_texture_extensions(document)]
    optional = [*(name for m in document.materials for name in m.extensions)]
    gltf = gl.GLTF2(
        asset=gl.Asset(generator=generator(), copyright=document.copyright, extras=document.extras),
        scene=0,
        scenes=[gl.Scene(name=document.name, nodes=_roots(document))],
        nodes=_nodes(document),
        skins=_skins(document),
        meshes=[_mesh(document)],
        materials=[_material(material, document.texture is not None) for material in document.materials],
        textures=_textures(document),
        samplers=[gl.Sampler(magFilter=gl.LINEAR, minFilter=gl.LINEAR_MIPMAP_LINEAR)]
        * bool(document.texture),
        images=_images(document, None if image_uri else len(order), image_uri),
        animations=[_animation(motion) for motion in document.motions if motion.channels],
        accessors=[_accessor(accessor, order) for accessor in document.buffer.accessors],
        bufferViews=views,
        buffers=buffers,
        extensions=_audio(document, first_sound),
        extensionsUsed=sorted({*required, *optional, *([AUDIO_EXTENSION] * bool(document.sounds))}),
        extensionsRequired=sorted(required),
    )
    return gltf, held


def _held(document: Document, use: Use) -> View:
    if use not in document.packed:
        return document.buffer.views[use]
    data = document.packed[use].data
    return View([np.frombuffer(data, np.uint8)], len(data))


def _fallback(document: Document, order: list[Use], views: list[Any]) -> Any:
    """Say of packed views where their streams are. Returns the buffer to unpack to, which has no bytes."""
    size_bytes = 0
    for use, packed in document.packed.items():
        view = views[order.index(use)]
        view.extensions[MESHOPT_EXTENSION] = {
            "buffer": 0,
            "byteOffset": view.byteOffset,
            "byteLength": view.byteLength,
            "byteStride": packed.stride_bytes,
            "count": packed.count,
            "mode": packed.mode,
        }
        view.buffer, view.byteOffset = 1, size_bytes
        view.byteLength = packed.stride_bytes * packed.count
        size_bytes += view.byteLength + -view.byteLength % 4
    return gl.Buffer(byteLength=size_bytes, extensions={MESHOPT_EXTENSION: {"fallback": True}})


def _lay_out(views: list[Any]) -> int:
    """Each view at a multiple of four bytes. Returns the size of the whole."""
    size_bytes = 0
    for view in views:
        view.byteOffset = size_bytes
        size_bytes += view.byteLength + -view.byteLength % 4
    return size_bytes


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
        normalized=accessor.normalized or None,
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


def _roots(document: Document) -> list[int]:
    """A mesh that a skin moves stands by itself: what is above it would not move it (glTF 2.0, 3.7.3.3)."""
    return [ROOT_NODE] if document.bind is None else [ROOT_NODE, FACE_NODE]


def _nodes(document: Document) -> list[Any]:
    voice = {AUDIO_EXTENSION: {"emitter": 0}} if document.sounds else {}
    pose = {"rotation": document.pose.rotation, "translation": document.pose.translation}
    face = gl.Node(name=f"{document.name} face", mesh=0)
    if document.bind is not None:
        face.skin = 0
        root = gl.Node(name=document.name, children=[BONE_NODE])
        return [root, face, gl.Node(name="head", extensions=voice, **pose)]
    if document.place is not None:
        face.scale, face.translation = [document.place.scale] * 3, document.place.translation
    return [gl.Node(name=document.name, children=[FACE_NODE], extensions=voice, **pose), face]


def _skins(document: Document) -> list[Any]:
    if document.bind is None:
        return []
    joints = [ROOT_NODE, BONE_NODE]
    return [gl.Skin(name=document.name, inverseBindMatrices=document.bind, skeleton=ROOT_NODE, joints=joints)]


def _mesh(document: Document) -> Any:
    primitives = [
        gl.Primitive(
            attributes=gl.Attributes(
                POSITION=p.positions,
                NORMAL=p.normals,
                TEXCOORD_0=p.uvs,
                TEXCOORD_1=p.lookup,
                JOINTS_0=p.joints,
                WEIGHTS_0=p.joint_weights,
            ),
            indices=p.triangles,
            material=p.material,
            targets=[
                {"POSITION": position, "NORMAL": normal}
                for position, normal in zip(p.position_deltas, p.normal_deltas, strict=True)
            ],
        )
        for p in document.primitives
    ]
    names = {"targetNames": document.target_names} if document.target_names else {}
    weights = [0.0] * len(document.target_names)
    return gl.Mesh(name=f"{document.name} face", primitives=primitives, weights=weights, extras=names)


def _material(material: Material, textured: bool) -> Any:
    return gl.Material(
        name=material.name,
        alphaMode=None,
        alphaCutoff=None,
        doubleSided=material.double_sided or None,
        emissiveFactor=None,
        extensions=material.extensions,
        pbrMetallicRoughness=gl.PbrMetallicRoughness(
            baseColorTexture=gl.TextureInfo(index=0, texCoord=None) if textured else None,
            baseColorFactor=None,
            metallicFactor=0.0,
            roughnessFactor=material.roughness,
        ),
    )


def _images(document: Document, view: int | None, uri: str | None) -> list[Any]:
    if document.texture is None:
        return []
    mime = texture_type(document.texture)
    name = f"{document.name} skin"
    if uri is not None:
        return [gl.Image(name=name, uri=uri)]
    return [gl.Image(name=name, bufferView=view, mimeType=mime)]


def _textures(document: Document) -> list[Any]:
    """One texture. An image that the core does not know has an extension in place of a source."""
    if document.texture is None:
        return []
    extensions = {name: {"source": 0} for name in _texture_extensions(document)}
    return [gl.Texture(source=None if extensions else 0, sampler=0, extensions=extensions)]


def _texture_extensions(document: Document) -> list[str]:
    mime = None if document.texture is None else texture_type(document.texture)
    return [_TEXTURE_EXTENSIONS[mime]] if mime in _TEXTURE_EXTENSIONS else []


def _audio(document: Document, first_view: int) -> dict[str, Any]:
    """KHR_audio_emitter, a draft: the head is heard from where it is. One line begins with the file, as its
    animation does in most viewers; of several none does.
    """
    if not document.sounds:
        return {}
    alone = len(document.sounds) == 1
    body = {
        "audio": [
            {"name": sound.name, "bufferView": first_view + i, "mimeType": "audio/wav"}
            for i, sound in enumerate(document.sounds)
        ],
        "sources": [
            {"name": sound.name, "audio": i, "autoPlay": alone} for i, sound in enumerate(document.sounds)
        ],
        "emitters": [
            {
                "name": f"{document.name} voice",
                "type": "positional",
                "sources": [*range(len(document.sounds))],
                "positional": {"shapeType": "omnidirectional"},
            }
        ],
    }
    return {AUDIO_EXTENSION: body}


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
