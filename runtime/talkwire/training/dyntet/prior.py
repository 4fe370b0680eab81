"""What a morphable head tells the trainer before any pixel does: a sealed field, apertures, displacements.

The canonical pose has an open mouth and lowered lids. Lips that touch at rest are far apart there, so a
smooth field can move one without the other, and the opening can be cut out of a coarse surface. Lids that
are wide open hide in their crease; lowered, they are a surface, and still leave an opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.aperture import Aperture, find_aperture
from talkwire.training.dyntet.grid import Float64, Focus, Int64, Space
from talkwire.training.heads import points
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.surfaces import nearest, normals_of, winding_number

JAW_OPEN: Final = 0.35
# lids, from low to wide: the first that leaves the gap is taken
LIDS: Final = (*(("eyeBlink", w / 20) for w in range(9, 0, -1)), *(("eyeWide", w / 10) for w in range(9)))
LEAST_LID_GAP_M: Final = 0.0082
MARGIN_M: Final = (0.035, 0.035, 0.035)  # of the grid around the head: hair grows into it
MEMBRANE_M: Final = 0.02  # how far from an opening's rim the field's slope is that of the winding number
INWARD: Final = -0.05  # a lip's skin that faces back by more than this is inside the mouth
BINDING_M: Final = 0.012  # what is farther from the morphable head is not moved by it
EYE_REACH_M, MOUTH_REACH_M, FACE_REACH_M = (0.022, 0.016, 0.02), (0.03, 0.02, 0.022), (0.06, 0.07, 0.06)
EYE_PULL, MOUTH_PULL, FACE_PULL = 0.38, 0.30, 0.30


@dataclass(frozen=True)
class Binding:
    """Where points lie on the canonical morphable head.

    corners_px3: [P, 3] its vertices.  shares_px3: [P, 3] float32 barycentrics.  closeness_p: [P] float32, 1
    on its surface, falling to 0 at BINDING_M.  nearest_px3: [P, 3] metres.  normals_px3: [P, 3] there.
    """

    corners_px3: Int64
    shares_px3: Float32
    closeness_p: Float32
    nearest_px3: Float64
    normals_px3: Float64


@dataclass(frozen=True)
class HeadPrior:
    """One identity of a family. hair: whether the family's own hair is this head's (a rendered one's is)."""

    family: MorphableHead
    identity_i: Float32
    hair: bool = False

    @cached_property
    def canonical_52(self) -> Float32:
        """[52] weights of the canonical pose."""
        return canonical_weights(self.family, self.identity_i)

    @cached_property
    def canonical_vx3(self) -> Float64:
        """[V, 3] metres, the canonical pose."""
        return np.asarray(self.family.posed(self.identity_i, self.canonical_52[None])[0], np.float64)

    @cached_property
    def surface_tx3(self) -> Int64:
        """[T, 3] the outer skin without what lies inside the mouth, and the hair where it is known."""
        skin = self.family.parts["skin"]
        centre = self.canonical_vx3[skin].mean(axis=1)
        low, high = self._box(points.LIPS_OUTER, 0.008)
        inner = ((centre > low) & (centre < np.add(high, [0, 0, 0.02]))).all(axis=1) & (
            _normals(self.canonical_vx3, skin)[:, 2] < INWARD
        )
        hair = [self.family.parts["hair"]] if self.hair else []
        return np.ascontiguousarray(np.concatenate([skin[~inner], *hair]))

    @cached_property
    def apertures(self) -> tuple[Aperture, ...]:
        """Mouth, left eye, right eye, as seen from the front in the canonical pose."""
        rims = {
            "mouth": points.LIPS_INNER,
            "eye_left": points.LEFT_EYE,
            "eye_right": points.RIGHT_EYE,
        }
        skin, at = self.family.parts["skin"], self.canonical_vx3
        return tuple(
            find_aperture(name, at, skin, self.landmarks_lx3[list(rim)]) for name, rim in rims.items()
        )

    @cached_property
    def space(self) -> Space:
        """A box around the head, drawn together at face, eyes and mouth."""
        at = self.canonical_vx3[np.unique(self.surface_tx3)]
        face = self.landmarks_lx3[list(points.FACE_OVAL)].mean(axis=0)
        middle = self.landmarks_lx3[list(points.LIPS_OUTER)].mean(axis=0)
        eyes = [self.landmarks_lx3[list(rim)].mean(axis=0) for rim in (points.LEFT_EYE, points.RIGHT_EYE)]
        front = at[:, 2].max()
        foci = (
            Focus((0.0, float(face[1]), float(front) - 0.02), FACE_REACH_M, FACE_PULL),
            Focus(_xyz(middle), MOUTH_REACH_M, MOUTH_PULL),
            *(Focus(_xyz(eye), EYE_REACH_M, EYE_PULL) for eye in eyes),
        )
        return Space(at.min(axis=0) - MARGIN_M, at.max(axis=0) + MARGIN_M, foci)

    def sealed_field(self, at_px3: npt.NDArray[np.floating]) -> Float64:
        """[P] metres, negative inside: distance to the head with mouth and eyes closed by membranes.

        The generalised winding number of an open surface passes through 1/2 on its rims and on a smooth
        membrane between them (Jacobson et al. 2013), which is what seals them here.
        """
        at = np.asarray(at_px3, np.float64)
        skin_and_hair = [self.surface_tx3]
        if self.hair:  # two closed bodies; a union keeps each one's inside
            count = len(self.surface_tx3) - len(self.family.parts["hair"])
            skin_and_hair = [self.surface_tx3[:count], self.surface_tx3[count:]]
        fields = []
        for triangles in skin_and_hair:
            inside = winding_number(at, self.canonical_vx3, triangles) - 0.5
            distance = nearest(at, self.canonical_vx3, triangles).distance_p
            fields.append(-np.sign(inside) * np.minimum(distance, 2 * MEMBRANE_M * np.abs(inside)))
        return np.asarray(np.min(fields, axis=0))

    def bind(self, at_px3: npt.NDArray[np.floating]) -> Binding:
        """The nearest places on the canonical head."""
        found = nearest(at_px3, self.canonical_vx3, self.surface_tx3)
        corners = self.surface_tx3[found.face_p]
        normals = (self._vertex_normals[corners] * found.shares_px3[..., None]).sum(axis=1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        closeness = np.clip(1.5 * (1 - found.distance_p / BINDING_M), 0, 1)
        return Binding(
            corners, found.shares_px3.astype(np.float32), closeness.astype(np.float32), found.at_px3, normals
        )

    def shape_displacements(self, binding: Binding) -> Float32:
        """[52, P, 3] metres that bound points move by at weight 1 of each shape; 0 where nothing is near."""
        moved = self.family.shapes_kxvx3[:, binding.corners_px3]
        moved = (moved * binding.shares_px3[..., None]).sum(axis=2)
        return np.asarray(moved * binding.closeness_p[:, None], np.float32)

    @cached_property
    def landmarks_lx3(self) -> Float64:
        """[468, 3] metres, MediaPipe's landmarks in the canonical pose."""
        return self.family.landmarks(self.canonical_vx3.astype(np.float32)).astype(np.float64)

    @cached_property
    def _vertex_normals(self) -> Float64:
        return normals_of(self.canonical_vx3, self.surface_tx3)

    def _box(self, rim: tuple[int, ...], margin_m: float) -> tuple[Float64, Float64]:
        at = self.landmarks_lx3[list(rim)]
        return at.min(axis=0) - [margin_m, margin_m, 0.03], at.max(axis=0) + margin_m


def canonical_weights(family: MorphableHead, identity_i: Float32) -> Float32:
    """[52] the expression of the canonical pose: an open mouth, lids as far down as leaves an opening."""
    weights = np.zeros((len(LIDS), len(ARKIT_NAMES)), np.float32)
    weights[:, INDEX["jawOpen"]] = JAW_OPEN
    for row, (name, weight) in zip(weights, LIDS, strict=True):
        row[[INDEX[f"{name}Left"], INDEX[f"{name}Right"]]] = weight
    landmarks = family.landmarks(family.posed(identity_i, weights))
    upper, lower = points.LEFT_LIDS_MIDDLE
    gaps = np.linalg.norm(landmarks[:, upper] - landmarks[:, lower], axis=1)
    open_enough = np.flatnonzero(gaps >= LEAST_LID_GAP_M)
    return np.asarray(weights[open_enough[0] if len(open_enough) else -1])


def _normals(vertices: Float64, triangles: Int64) -> Float64:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20))


def _xyz(at: Float64) -> tuple[float, float, float]:
    return float(at[0]), float(at[1]), float(at[2])
