"""The values that pass between the rooms of talkwire: frozen, with shapes and units.

Space is glTF's own: metres, right-handed, +Y up, +Z out of the face, counter-clockwise front
faces. Time is `pts`, an integer sample index at the stream's sample rate, counted from the first
sample of the utterance.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.texture_file import rgb_pixels

Float32 = npt.NDArray[np.float32]
Uint32 = npt.NDArray[np.uint32]

PICTURES_HZ: Final = 25  # of an avatar that moves within its texture
PICTURE: Final = "picture"  # the part that is shown as its texture is, without any light


@dataclass(frozen=True, slots=True)
class Face:
    """One instant of motion: the one interface between hearing and looking.

    weights: [52] float32 in [0, 1], in the order of `arkit.ARKIT_NAMES` (gaze and blink included).
    head_rotation: [4] float32 unit quaternion xyzw, from rest.  head_translation_m: [3] float32, metres.
    """

    weights: Float32
    head_rotation: Float32
    head_translation_m: Float32


@dataclass(frozen=True, slots=True)
class Part:
    """A run of triangles with one look.

    roughness: glTF's.  specular: 0 to 1, 8 % of the light reflected head-on at 1; 0.5 is glTF's default.
    """

    name: str  # "skin", "lining", "eyes", "teeth", "tongue", "lashes", "hair", "cloth", PICTURE
    first_triangle: int
    triangle_count: int
    roughness: float = 0.6
    specular: float = 0.5


@dataclass(frozen=True)
class Topology:
    """What never changes while an avatar speaks.

    neutral_vx3: [V, 3] float32 metres, the face at rest.  triangles_tx3: [T, 3] uint32.
    uvs_vx2: [V, 2] float32, glTF convention (v grows downward).  weld_v: [V] uint32, for each vertex
    the first vertex at the same place: seams of the UV layout share normals through it.
    texture: an encoded PNG or JPEG, sRGB, that the UVs index.  parts cover all triangles in order.
    """

    neutral_vx3: Float32
    triangles_tx3: Uint32
    uvs_vx2: Float32
    weld_v: Uint32
    texture: bytes
    parts: tuple[Part, ...]

    @cached_property
    def id(self) -> str:
        """16 hex digits that change when the mesh does; frames name the topology they belong to."""
        digest = hashlib.sha256()
        for array in (self.neutral_vx3, self.triangles_tx3, self.uvs_vx2, self.weld_v):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    @property
    def vertex_count(self) -> int:
        """V."""
        return len(self.neutral_vx3)


@dataclass(frozen=True, slots=True)
class Block:
    """Vertices from first_vertex on, that move by components_kxnx3, metres: by a frame's coefficients from
    first_coefficient on.
    """

    first_vertex: int
    first_coefficient: int
    components_kxnx3: Float32 = field(repr=False)


@dataclass(frozen=True)
class Basis:
    """A head as a sum, for those who would rather multiply than receive vertices.

    A frame's coefficients are `own` ones of the avatar and then ARKit's 52 weights. mean_vx3: [V, 3] metres,
    where all of them are 0.  error_m: how far the sum is from the avatar's whole network, 99 of 100 vertices;
    0 where there is none.
    """

    mean_vx3: Float32 = field(repr=False)
    blocks: tuple[Block, ...]
    own: int
    error_m: float

    def posed(self, own_k: Float32, weights: Float32) -> Float32:
        """[V, 3] metres."""
        coefficients, vertices = np.concatenate([own_k, weights]), self.mean_vx3.copy()
        for block in self.blocks:
            count, moved, _ = block.components_kxnx3.shape
            used = coefficients[block.first_coefficient : block.first_coefficient + count]
            part = vertices[block.first_vertex : block.first_vertex + moved]
            part += (used @ block.components_kxnx3.reshape(count, -1)).reshape(-1, 3)
        return vertices


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of one utterance, before any avatar.

    pts: sample index in the utterance.  seq counts the utterance's frames from 0.  generation is
    bumped by an interruption.  life_s: how long the NPC has lived, lines and what was between them.
    """

    utterance: int
    generation: int
    seq: int
    pts: int
    face: Face
    life_s: float = field(default=0.0, kw_only=True)

    @property
    def picture(self) -> int:
        """Which picture of its life is seen, where an avatar moves within: a new one begins each 1/25 s."""
        return picture_at(self.life_s)


@dataclass(frozen=True, slots=True)
class Frame(Pose):
    """A pose that an avatar has taken.

    vertices_vx3: [V, 3] float32 metres in head space: the head pose of `face` is not applied, it
    belongs on the node that carries the mesh.
    """

    vertices_vx3: Float32 = field(repr=False)


def picture_at(life_s: float) -> int:
    """The number of the 1/25 s that this second is in; frames are whole samples, and may be early by one."""
    return int(life_s * PICTURES_HZ + 0.01)


def frame_of(pose: Pose, vertices_vx3: Float32) -> Frame:
    """The pose as an avatar has taken it."""
    identity = (pose.utterance, pose.generation, pose.seq, pose.pts)
    return Frame(*identity, pose.face, vertices_vx3, life_s=pose.life_s)


@dataclass(frozen=True, slots=True)
class TexturePatch:
    """A rectangle of the texture as it is under one expression.

    left, top: its first pixel; rgb_hxwx3: [h, w, 3] uint8 sRGB.
    """

    left: int
    top: int
    rgb_hxwx3: npt.NDArray[np.uint8] = field(repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.rgb_hxwx3.shape[1], self.rgb_hxwx3.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class FilmedPatch:
    """The same where there is a JPEG of it already: pixels are decoded for who asks, each time.

    An object is one picture, again and again: what is made of it may be kept.
    """

    left: int
    top: int
    size: tuple[int, int]
    jpeg: bytes = field(repr=False)

    @property
    def rgb_hxwx3(self) -> npt.NDArray[np.uint8]:
        """[h, w, 3]. Raises AvatarError for what cannot be decoded."""
        return rgb_pixels(self.jpeg)


Patch = TexturePatch | FilmedPatch
