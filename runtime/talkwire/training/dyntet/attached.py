"""What a head has beside its skin: eyes, teeth, tongue, the mouth's lining. Nova's, fitted to the actor.

The paper paints them on a surface that is sealed at the lips. In a game's close-up they have to be solid:
eyeballs turn, teeth stay behind the lips, and the surface is open in front of them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.types import Float32, Part, Topology
from talkwire.training.dyntet.grid import Float64, Int64
from talkwire.training.heads import points
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.heads.nova import load_nova_head

ALWAYS: Final = ("lining", "eyes", "teeth", "tongue")
OF_NOVA: Final = ("lashes", "cloth")  # they fit no other face
SMALLER: Final = 0.97  # the same, where the lids were made for another eyeball
BACK_M: Final = 0.0007  # eyeballs lie this much deeper: lids are a surface, and must not be pierced
IRIS_COSINE: Final = 0.9  # of the angle from the pupil, at the eyeball's centre: a ring of its mesh


@dataclass(frozen=True)
class Attached:
    """Submeshes that ride on ARKit's shapes. Arrays as in types.Topology; shapes_kxvx3: [52, V, 3] metres.

    texture_hxwx3: uint8 sRGB that the UVs index.  parts: runs of triangles_tx3, with their looks.
    """

    neutral_vx3: Float32
    shapes_kxvx3: Float32
    triangles_tx3: Int64
    uvs_vx2: Float32
    parts: tuple[Part, ...]
    texture_hxwx3: np.ndarray

    def posed(self, weights_nx52: Float32) -> Float32:
        """[N, V, 3] metres."""
        moved = np.tensordot(weights_nx52, self.shapes_kxvx3, axes=1)
        return np.asarray(self.neutral_vx3 + moved, np.float32)


def attach(family: MorphableHead, identity_i: Float32) -> Attached:
    """Nova's inner parts on one identity of a family: hers where the family is hers, else fitted by
    landmarks.
    """
    nova = load_nova_head()
    avatar = _nova()
    topology = avatar.topology
    same = family.name == nova.name
    names = ALWAYS + OF_NOVA if same else ALWAYS
    neutral = nova.neutral(identity_i) if same else nova.mean_vx3.copy()
    shapes = nova.shapes_kxvx3.copy()
    eyes = _vertices(topology, "eyes")
    if not same:
        _fit(nova, family, family.neutral(identity_i), neutral, shapes, topology)
    neutral[eyes, 2] -= BACK_M
    kept = [part for part in topology.parts if part.name in names]
    triangles = np.concatenate([_triangles(topology, part) for part in kept])
    used, corner = np.unique(triangles, return_inverse=True)
    counts = [part.triangle_count for part in kept]
    starts = np.cumsum([0, *counts])
    texture = np.asarray(Image.open(io.BytesIO(topology.texture)).convert("RGB"))
    return Attached(
        neutral[used],
        np.ascontiguousarray(shapes[:, used]),
        corner.reshape(-1, 3).astype(np.int64),
        topology.uvs_vx2[used],
        tuple(
            Part(part.name, int(start), part.triangle_count, part.roughness, part.specular)
            for part, start in zip(kept, starts, strict=False)
        ),
        texture,
    )


def eyeballs(attached: Attached) -> tuple[tuple[Float64, float], ...]:
    """Left and right: centre and radius, metres, whatever they look at."""
    at = attached.neutral_vx3[np.unique(attached.triangles_tx3[_eye_run(attached)])]
    return tuple(_sphere(at[side * at[:, 0] > 0]) for side in (1, -1))


def irises(attached: Attached) -> npt.NDArray[np.bool_]:
    """[T] which triangles are iris or pupil."""
    middle = attached.neutral_vx3[attached.triangles_tx3].mean(axis=1)
    ahead = [
        (side * middle[:, 0] > 0) * (middle - centre)[:, 2] / np.linalg.norm(middle - centre, axis=1)
        for side, (centre, _) in zip((1, -1), eyeballs(attached), strict=True)
    ]
    eye = np.zeros(len(middle), bool)
    eye[_eye_run(attached)] = True
    return np.asarray(eye & (np.max(ahead, axis=0) > IRIS_COSINE))


def _eye_run(attached: Attached) -> slice:
    part = next(part for part in attached.parts if part.name == "eyes")
    return slice(part.first_triangle, part.first_triangle + part.triangle_count)


def _nova() -> BlendshapeAvatar:
    avatar = load_avatar(find_avatar("nova"))
    assert isinstance(avatar, BlendshapeAvatar)
    assert avatar.names == ARKIT_NAMES
    return avatar


def _fit(
    nova: MorphableHead,
    family: MorphableHead,
    wanted_vx3: Float32,
    neutral: Float32,
    shapes: Float32,
    topology: Topology,
) -> None:
    """Move eyes and mouth, each as a rigid body that may grow, to where another head has them: eyes onto its
    own eyeballs, the mouth by the landmarks of the lips.
    """
    mine, theirs = nova.landmarks(nova.mean_vx3), family.landmarks(wanted_vx3)
    eyes = _vertices(topology, "eyes")
    eyeballs = np.unique(family.parts["eyes"])
    for side in (1, -1):
        own = eyes[side * neutral[eyes, 0] > 0]
        other = eyeballs[side * wanted_vx3[eyeballs, 0] > 0]
        (centre, radius), (goal, size) = _sphere(neutral[own]), _sphere(wanted_vx3[other])
        scale = SMALLER * size / radius
        neutral[own] = scale * (neutral[own] - centre) + goal
        shapes[:, own] *= scale
    inside = np.concatenate([_vertices(topology, name) for name in ("lining", "teeth", "tongue")])
    rim = list(points.LIPS_OUTER)
    scale, rotation, shift = _similarity(mine[rim], theirs[rim])
    neutral[inside] = scale * neutral[inside] @ rotation.T + shift
    shapes[:, inside] = scale * shapes[:, inside] @ rotation.T


def _sphere(points_px3: Float32) -> tuple[Float64, float]:
    """Centre and radius of the sphere that fits best; a cornea stands out, so the farthest are left out
    once.
    """
    at = points_px3.astype(np.float64)
    for _ in range(2):
        solved = np.linalg.lstsq(np.c_[2 * at, np.ones(len(at))], (at**2).sum(axis=1), rcond=None)[0]
        centre, radius = solved[:3], float(np.sqrt(solved[3] + solved[:3] @ solved[:3]))
        off = np.abs(np.linalg.norm(at - centre, axis=1) - radius)
        at = at[off <= np.percentile(off, 85)]
    return centre, radius


def _similarity(source: Float32, target: Float32) -> tuple[float, Float64, Float64]:
    """Scale, rotation [3, 3] and shift [3] that take source nearest to target (Umeyama 1991)."""
    a, b = source.astype(np.float64), target.astype(np.float64)
    a0, b0 = a - a.mean(axis=0), b - b.mean(axis=0)
    u, s, vt = np.linalg.svd(b0.T @ a0)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ flip @ vt
    scale = float((s * flip.diagonal()).sum() / (a0**2).sum())
    return scale, rotation, b.mean(axis=0) - scale * rotation @ a.mean(axis=0)


def _triangles(topology: Topology, part: Part) -> Int64:
    run = topology.triangles_tx3[part.first_triangle : part.first_triangle + part.triangle_count]
    return run.astype(np.int64)


def _vertices(topology: Topology, name: str) -> Int64:
    return np.unique(_triangles(topology, next(part for part in topology.parts if part.name == name)))
