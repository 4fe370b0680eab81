"""What the fit knows of landmarks and codes: which are precise, which may be corrected, and by how much."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Float32
from talkwire.training.heads import points
from talkwire.training.heads.canonical import LANDMARK_COUNT
from talkwire.training.heads.morphable import MorphableHead

# pairs whose distance counts as such: lips that meet and lids that close, whatever else is a little off
LIP_GAPS: Final = (
    *((13, 14), (82, 87), (81, 178), (80, 88), (191, 95)),
    *((312, 317), (311, 402), (310, 318), (415, 324)),
)
LID_GAPS: Final = (
    *((159, 145), (158, 153), (160, 144), (161, 163), (157, 154)),
    *((386, 374), (385, 380), (387, 373), (388, 390), (384, 381)),
)
MOUTH_WIDTH: Final = ((61, 291),) * 3
BROW_HEIGHTS: Final = ((105, 159), (107, 133), (66, 158), (334, 386), (336, 362), (296, 385))
SPANS: Final = LIP_GAPS + LID_GAPS + MOUTH_WIDTH + BROW_HEIGHTS

CHEEKS: Final = 0.4  # skin without a mark: landmarks float on it
PRECISE: Final = {1.0: (*points.LIPS_OUTER, *points.LIPS_INNER, *points.LEFT_EYE, *points.RIGHT_EYE)}
BROWS: Final = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
NOSE: Final = (168, 6, 197, 195, 5, 4, 1, 19, 2, 97, 326, 98, 327, 129, 358, 48, 278, 115, 344, 94)
FOREHEAD: Final = (
    10,
    338,
    297,
    332,
    284,
    109,
    67,
    103,
    54,
    21,
    251,
    162,
    389,
    151,
    108,
    69,
    104,
    68,
    337,
    299,
    333,
    298,
)
OUTLINE: Final = 0.05  # lies on the silhouette, wherever on the skin that is
HAIRLINE: Final = 0.1
WEIGHTS: Final = (
    (points.LIPS_OUTER + points.LIPS_INNER, 1.0),
    (points.LEFT_EYE + points.RIGHT_EYE, 1.0),
    (NOSE, 0.8),
    (BROWS, 0.6),
    (FOREHEAD, HAIRLINE),
    (points.FACE_OVAL, OUTLINE),
)
FACING: Final = 0.5  # cosine between skin and view from which a landmark counts fully,
HIDDEN: Final = 0.1  # and what one counts that cannot be seen
OFFSETS_M: Final = 0.0015, 0.0005, 0.005  # of skin, of lids and lips, of the outline

# how far a code may be from MediaPipe's: what starts with a name here, else OTHER
OTHER: Final = 0.06
TOLERANCES: Final = {
    "jawOpen": 0.25,
    "jaw": 0.06,
    "mouthClose": 0.06,
    "mouthFunnel": 0.03,
    "mouthPucker": 0.06,
    "mouthSmile": 0.15,
    "mouthRoll": 0.05,
    "mouthUpperUp": 0.06,
    "mouthLowerDown": 0.06,
    "mouthPress": 0.08,
    "mouthStretch": 0.10,
    "eyeBlink": 0.06,
    "eyeLook": 0.01,  # lids hardly show where the eye looks; MediaPipe saw the iris
    "brow": 0.15,
    "cheekPuff": 0.03,
    "noseSneer": 0.04,
    "tongueOut": 0.001,
}


def landmark_weights() -> Float32:
    """[468]."""
    weights = np.full(LANDMARK_COUNT, CHEEKS, np.float32)
    for landmarks, weight in WEIGHTS:
        weights[list(landmarks)] = weight
    return weights


def offset_tolerances_m() -> Float32:
    """[468, 1]."""
    skin, rims, outline = OFFSETS_M
    tolerances = np.full((LANDMARK_COUNT, 1), skin, np.float32)
    tolerances[list(points.LIPS_OUTER + points.LIPS_INNER + points.LEFT_EYE + points.RIGHT_EYE)] = rims
    tolerances[list(points.FACE_OVAL)] = outline
    return tolerances


def seen_shares(head: MorphableHead, turns_nx3x3: Float32) -> Float32:
    """[N, 468] how much of each landmark can be seen: what faces away from the camera is guessed."""
    triangles, at = head.parts["skin"], head.mean_vx3
    a, b, c = (at[triangles[:, k]] for k in range(3))
    normals = np.zeros_like(at)
    for k in range(3):
        np.add.at(normals, triangles[:, k], np.cross(b - a, c - a))
    outward = head.landmarks(normals)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    ahead = np.nan_to_num(turns_nx3x3)[:, 2] @ outward.T
    return np.asarray(np.clip(ahead / FACING, HIDDEN, 1), np.float32)


def code_tolerances() -> Float32:
    """[52] in the order of `arkit.ARKIT_NAMES`."""

    def of(name: str) -> float:
        fitting = [prefix for prefix in TOLERANCES if name.startswith(prefix)]
        return TOLERANCES[max(fitting, key=len)] if fitting else OTHER

    return np.array([of(name) for name in ARKIT_NAMES], np.float32)
