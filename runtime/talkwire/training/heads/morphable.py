"""A family of heads: a mean, modes of identity, ARKit's 52 shapes, and where MediaPipe's landmarks lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MorphableHead:
    """Metres in head space: +Y up, +Z out of the face, the origin where the head turns (base of the skull).

    mean_vx3: [V, 3].  modes_ixvx3: [I, V, 3], metres per standard deviation of each mode of identity.
    shapes_kxvx3: [52, V, 3], metres at weight 1, in the order of `arkit.ARKIT_NAMES`; zero for a shape that
    the family lacks.  parts: triangles [T, 3] by name, counter-clockwise from outside, seams welded; "skin"
    is the outer skin with the lips as far in as they are seen, without eye sockets, mouth lining and
    nostrils' depth; others, where the family has them: "hair", "eyes", "teeth", "tongue", "lining".
    landmark_corners_lx3: [468, 3] vertices of the skin triangle that each MediaPipe landmark lies in.
    landmark_shares_lx3: [468, 3] float32 barycentric coordinates in it.
    """

    name: str
    licence: str
    credit: str
    mean_vx3: Float32
    modes_ixvx3: Float32
    shapes_kxvx3: Float32
    parts: Mapping[str, Int64]
    landmark_corners_lx3: Int64
    landmark_shares_lx3: Float32

    def neutral(self, identity_i: npt.ArrayLike) -> Float32:
        """[V, 3] metres: the face at rest of one identity, [I] standard deviations."""
        moved = np.tensordot(np.asarray(identity_i, np.float32), self.modes_ixvx3, axes=1)
        return np.asarray(self.mean_vx3 + moved, np.float32)

    def posed(self, identity_i: npt.ArrayLike, weights_nx52: npt.NDArray[np.floating]) -> Float32:
        """[N, V, 3] metres: one identity with N expressions, [N, 52] weights."""
        moved = np.tensordot(np.asarray(weights_nx52, np.float32), self.shapes_kxvx3, axes=1)
        return np.asarray(self.neutral(identity_i) + moved, np.float32)

    def resting(self, rest_52: Float32) -> MorphableHead:
        """The family as one face shows it, that at rest has these weights: weights count from there, and 1
        stays where it is.
        """
        moved = np.tensordot(rest_52, self.shapes_kxvx3, axes=1)
        left = (1 - rest_52)[:, None, None]
        return replace(
            self,
            mean_vx3=np.asarray(self.mean_vx3 + moved, np.float32),
            shapes_kxvx3=np.asarray(self.shapes_kxvx3 * left, np.float32),
        )

    def landmarks(self, vertices: Float32) -> Float32:
        """[..., 468, 3] metres: MediaPipe's landmarks on posed vertices [..., V, 3]."""
        corners = vertices[..., self.landmark_corners_lx3, :]
        return np.asarray((corners * self.landmark_shares_lx3[..., None]).sum(axis=-2), np.float32)
