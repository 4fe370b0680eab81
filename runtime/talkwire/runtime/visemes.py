"""The 15 visemes of Oculus LipSync from ARKit weights: how near a mouth is to each of fifteen mouths.

Mouths that look alike (DD, kk and nn) share: this is what a mouth shows, not what was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES, sides
from talkwire.runtime.types import Float32

VISEMES: Final = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""In the order of OVRLipSync.Viseme."""

# The mouth of each at weight 1, on both sides of the face: chosen near what the lips of clearly said phones
# ask for in training (means and 85th percentiles), then moved apart by hand so that each is found again.
SHAPES: Final[Mapping[str, Mapping[str, float]]] = {
    "sil": {"jawOpen": 0.03},
    "PP": {"mouthPress": 0.25, "mouthRollLower": 0.10, "mouthRollUpper": 0.08},
    "FF": {"mouthRollLower": 0.45, "mouthUpperUp": 0.18, "jawOpen": 0.05},
    "TH": {"tongueOut": 0.40, "jawOpen": 0.16, "mouthLowerDown": 0.17, "mouthUpperUp": 0.08},
    "DD": {"jawOpen": 0.13, "mouthLowerDown": 0.21, "mouthUpperUp": 0.09, "mouthStretch": 0.05},
    "kk": {"jawOpen": 0.22, "mouthLowerDown": 0.13, "mouthUpperUp": 0.06},
    "CH": {"mouthFunnel": 0.31, "jawOpen": 0.11, "mouthLowerDown": 0.12, "mouthUpperUp": 0.11},
    "SS": {"mouthLowerDown": 0.27, "mouthUpperUp": 0.13, "mouthStretch": 0.13, "jawOpen": 0.12},
    "nn": {"jawOpen": 0.17, "mouthLowerDown": 0.18, "mouthUpperUp": 0.08},
    "RR": {"mouthFunnel": 0.13, "mouthPucker": 0.28, "jawOpen": 0.06},
    "aa": {"jawOpen": 0.31, "mouthLowerDown": 0.16, "mouthUpperUp": 0.09, "mouthPucker": 0.12},
    "E": {"jawOpen": 0.24, "mouthLowerDown": 0.21, "mouthUpperUp": 0.11, "mouthStretch": 0.04},
    "ih": {
        "jawOpen": 0.18,
        "mouthSmile": 0.09,
        "mouthStretch": 0.06,
        "mouthLowerDown": 0.20,
        "mouthUpperUp": 0.09,
    },
    "oh": {"jawOpen": 0.14, "mouthFunnel": 0.23, "mouthPucker": 0.30},
    "ou": {"mouthPucker": 0.55, "mouthFunnel": 0.12, "jawOpen": 0.08},
}
# Shapes that decide more than they move: how far they count.
COUNTS: Final[Mapping[str, float]] = {
    "mouthPress": 2.0,
    "mouthRollLower": 1.5,
    "mouthFunnel": 1.5,
    "jawOpen": 1.5,
    "mouthClose": 0.0,  # the jaw of a sealed mouth counts as far as it opens it
}
NEAR: Final = 0.06  # from a mouth, in weights: so near is near


def visemes(weights: npt.NDArray[np.floating]) -> Float32:
    """[..., 52] ARKit weights to [..., 15] shares of VISEMES, together 1: a soft choice of the nearest."""
    seen = np.asarray(weights, np.float64) @ _SEEN
    far = ((seen[..., None, :] - _MOUTHS) ** 2).sum(axis=-1) / (2 * NEAR**2)
    near = np.exp(far.min(axis=-1, keepdims=True) - far)
    shares: Float32 = (near / near.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def _mouths() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """[52, 52] from weights to what is seen, sealed jaws closed; [15, 52] each viseme as seen."""
    index = {name: i for i, name in enumerate(ARKIT_NAMES)}
    seen = np.zeros((len(ARKIT_NAMES), len(ARKIT_NAMES)))
    for name in {name for shapes in SHAPES.values() for name in shapes}:
        columns = sides(name)
        seen[columns, columns] = len(columns) ** -0.5  # a shape of two sides counts once
    seen[index["mouthClose"], index["jawOpen"]] = -1
    for name, count in COUNTS.items():
        seen[:, sides(name)] *= count
    shapes = np.zeros((len(VISEMES), len(ARKIT_NAMES)))
    for row, viseme in enumerate(VISEMES):
        for name, value in SHAPES[viseme].items():
            shapes[row, sides(name)] = value
    return seen, shapes @ seen


_SEEN, _MOUTHS = _mouths()
