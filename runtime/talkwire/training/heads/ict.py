"""ICT-FaceKit as a morphable head: 100 modes of identity from scans, and shapes made by artists.

Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020; MIT licence, (c) USC Institute
for Creative Technologies. Read from an .npz that is not part of talkwire.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.assets import find_asset
from talkwire.training.heads.canonical import canonical_face
from talkwire.training.heads.embed import String, embed
from talkwire.training.heads.morphable import Int64, MorphableHead

FILE: Final = "assets/ict_facekit_light.npz"
METRES_PER_UNIT: Final = 0.01
ORIGIN: Final = np.array([0.0, -0.3, -0.7])  # base of the skull in the file's space: ears lie as nova's do
NECK_M: Final = np.array([0.0, -0.105, -0.03])  # a point on the plane that cuts the neck
NECK_AXIS: Final = np.array([0.0, 0.94, 0.34])
# vertices of the one closed body, from the model's documentation
OUTSIDE: Final = (0, 11248)  # face, head and neck
LINING: Final = (11248, 13294)
MATERIALS: Final = {
    "eyes": ("M_IrisLeft", "M_IrisRight"),
    "teeth": ("M_Teeth",),
    "tongue": ("M_GumsTongue",),
}
# ways along lids and lips: MediaPipe's landmarks, and the 68 landmarks (iBUG) that the file names vertices of
STRINGS: Final = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (36, 37, 38, 39)),
    ((33, 7, 163, 144, 145, 153, 154, 155, 133), (36, 41, 40, 39)),
    ((263, 466, 388, 387, 386, 385, 384, 398, 362), (45, 44, 43, 42)),
    ((263, 249, 390, 373, 374, 380, 381, 382, 362), (45, 46, 47, 42)),
    ((61, 185, 40, 39, 37, 0), (48, 49, 50, 51)),
    ((291, 409, 270, 269, 267, 0), (54, 53, 52, 51)),
    ((61, 146, 91, 181, 84, 17), (48, 59, 58, 57)),
    ((291, 375, 321, 405, 314, 17), (54, 55, 56, 57)),
    ((78, 191, 80, 81, 82, 13), (60, 61, 62)),
    ((308, 415, 310, 311, 312, 13), (64, 63, 62)),
    ((78, 95, 88, 178, 87, 14), (60, 67, 66)),
    ((308, 324, 318, 402, 317, 14), (64, 65, 66)),
)
# landmark -> iBUG: places where both mean the same, for bending the rest
ANCHORS: Final = (
    *(
        (70, 17),
        (63, 18),
        (105, 19),
        (66, 20),
        (107, 21),
        (336, 22),
        (296, 23),
        (334, 24),
        (293, 25),
        (300, 26),
    ),
    *((168, 27), (197, 28), (5, 29), (4, 30), (97, 32), (2, 33), (326, 34)),
)


@cache
def load_ict_head(path: Path | None = None, landmark_model: Path | None = None) -> MorphableHead:
    """The family. path: the .npz; landmark_model: see `canonical`. Raises TrainingError without them."""
    file = find_asset(
        FILE,
        path,
        what="ICT-FaceKit",
        cure=f"name the folder that holds {FILE} in TALKWIRE_DATA, or track with head='nova'",
    )
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            names = [str(name) for name in stored["names"]]
            vertices = (stored["v"].astype(np.float64) - ORIGIN) * METRES_PER_UNIT
            modes = stored["ident"].astype(np.float32) * np.float32(METRES_PER_UNIT)
            moved = stored["expr"].astype(np.float32) * np.float32(METRES_PER_UNIT)
            triangles, material = stored["tri"].astype(np.int64), stored["tri_mat"]
            materials = [str(name) for name in stored["mats"]]
            ibug = json.loads(str(stored["meta"]))["idx_to_landmark_verts"]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise TrainingError(
            f"cannot read {file}",
            seen=repr(error)[:80],
            wanted="ICT-FaceKit as an .npz",
            cure="copy it again",
        ) from None
    parts = _parts(vertices, triangles, material, materials)
    corners, shares = embed(
        canonical_face(landmark_model),
        vertices,
        parts["skin"],
        tuple(String(landmarks, tuple(ibug[k] for k in through)) for landmarks, through in STRINGS),
        {landmark: ibug[k] for landmark, k in ANCHORS},
    )
    used, small = _compact(parts)
    return MorphableHead(
        name="ict-facekit-light",
        licence="MIT",
        credit="ICT-FaceKit, (c) 2020 USC Institute for Creative Technologies",
        mean_vx3=vertices[used].astype(np.float32),
        modes_ixvx3=np.ascontiguousarray(modes[:, used]),
        shapes_kxvx3=np.stack([_shape(name, names, moved)[used] for name in ARKIT_NAMES]),
        parts=small,
        landmark_corners_lx3=np.searchsorted(used, corners),
        landmark_shares_lx3=shares,
    )


def _shape(name: str, names: list[str], moved: Float32) -> Float32:
    """[V, 3]: an ARKit shape; halves of what ARKit has as one are added, what is not there moves nothing."""
    sided = name.replace("Left", "_L").replace("Right", "_R")
    rows = [k for k, own in enumerate(names) if own in (name, sided, f"{name}_L", f"{name}_R")]
    return np.asarray(moved[rows].sum(axis=0), np.float32)


def _parts(
    vertices: npt.NDArray[np.float64], triangles: Int64, material: npt.NDArray[np.uint8], materials: list[str]
) -> dict[str, Int64]:
    above_neck = ((vertices - NECK_M) @ NECK_AXIS)[triangles].min(axis=1) > 0
    outside = (triangles < OUTSIDE[1]).all(axis=1)
    lining = (triangles < LINING[1]).all(axis=1) & (triangles >= LINING[0]).any(axis=1)
    parts = {"skin": triangles[outside & above_neck], "lining": triangles[lining]}
    for part, of in MATERIALS.items():
        parts[part] = triangles[np.isin(material, [materials.index(name) for name in of])]
    return parts


def _compact(parts: dict[str, Int64]) -> tuple[Int64, dict[str, Int64]]:
    """The vertices that the parts use, and the parts as rows of those."""
    used = np.unique(np.concatenate([part.ravel() for part in parts.values()]))
    return used, {name: np.searchsorted(used, part) for name, part in parts.items()}
