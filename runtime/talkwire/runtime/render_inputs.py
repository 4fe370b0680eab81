"""What a renderer is given, checked and as graphics memory wants it; and how its parts answer light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.camera import Matrix, look_at
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.types import Face

Picture = npt.NDArray[np.uint8]

KEY_DIRECTION: Final = np.array([-0.42, 0.50, 0.76]) / np.linalg.norm([-0.42, 0.50, 0.76])


@dataclass(frozen=True, slots=True)
class Look:
    """How a part answers light beyond its roughness: see the uniforms of the same names in the shader."""

    scatter: float = 0.0
    gloss: float = 0.0
    strands: float = 0.0
    two_sided: bool = False  # thin blades; all else is closed, and its back is never seen


PLAIN: Final = Look()
LOOKS: Final[dict[str, Look]] = {
    "skin": Look(scatter=1.0),
    "lining": Look(scatter=1.0),
    "eyes": Look(scatter=0.35, gloss=1.0),
    "teeth": Look(scatter=1.0, gloss=0.02),
    "tongue": Look(scatter=1.0, gloss=0.06),
    "lashes": Look(two_sided=True),
    "hair": Look(strands=1.0),
}


def checked(vertices_vx3: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.float32]:
    """[V, 3]. Raises AvatarError for vertices that are not finite or not an avatar's."""
    vertices = np.ascontiguousarray(vertices_vx3, np.float32)
    if vertices.shape != (count, 3):
        raise AvatarError(
            "these vertices are not this avatar's",
            seen=f"shape {vertices.shape}",
            wanted=f"({count}, 3)",
            cure="draw each frame with the topology it names",
        )
    if not np.isfinite(vertices).all():
        raise AvatarError(
            "a vertex is not a place",
            seen="NaN or infinity",
            wanted="metres",
            cure="look at the motion that made this frame",
        )
    return vertices


def pose_matrix(face: Face | None) -> Matrix:
    """[4, 4] head space to the scene."""
    model = np.eye(4)
    if face is not None:
        model[:3, :3] = rotation_matrix(face.head_rotation)
        model[:3, 3] = face.head_translation_m
    return model


def light_view(vertices: npt.NDArray[np.float32], model: Matrix) -> Matrix:
    """[4, 4] orthographic view along the key light that holds the whole posed mesh."""
    low, high = vertices.min(0), vertices.max(0)
    centre = model[:3, :3] @ ((low + high) / 2) + model[:3, 3]
    radius = max(float(np.linalg.norm(high - low)) / 2, 1e-6)
    scale = np.diag([1 / radius, 1 / radius, -1 / radius, 1.0])
    view = look_at(centre + KEY_DIRECTION * radius, centre)
    shift = np.eye(4)
    shift[2, 3] = radius
    return scale @ shift @ view


def column_major(matrix: Matrix) -> bytes:
    """As OpenGL reads it."""
    return matrix.T.astype(np.float32).tobytes()
