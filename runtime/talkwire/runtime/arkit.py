"""The 52 expression coefficients, in Apple's order, and the tables derived from them.

Source: Apple, ARKit documentation, ARFaceAnchor.BlendShapeLocation. Left and right are the
face's own. Every array of 52 weights in talkwire is in this order, floats in [0, 1].
"""

from __future__ import annotations

from typing import Final

ARKIT_NAMES: Final[tuple[str, ...]] = (
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawRight",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthLeft",
    "mouthRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)

INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(ARKIT_NAMES)}


def sides(name: str) -> list[int]:
    """Where a shape is: "jawOpen" is one, "mouthSmile" its left and its right. Empty for no shape."""
    return [INDEX[side] for side in (name, f"{name}Left", f"{name}Right") if side in INDEX]
