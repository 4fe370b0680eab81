"""Which pixels are head (face, hair, ears), which are still background, and which to leave alone.

The fitted head gives what is certain: its own pixels, and the far surroundings. From certain pixels of some
frames one colour model of the person and one of the background are learned, and a graph cut draws the line
in each frame with these same models (GrabCut, Rother et al. 2004), so that it does not flicker. The person is
then divided under the jaw: what lies nearer to the fitted neck than to the fitted head is ignored.

The only importer of OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.types import Float32
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, UInt8, project
from talkwire.training.heads.morphable import Int64, MorphableHead
from talkwire.training.tracking.fit import Fit

MODEL_FRAMES: Final = 8
MODEL_ROUNDS: Final = 4
HAIR: Final = 0.55  # of the face's height: farther from the fitted head than this is no hair
SURE: Final = 0.04  # and so far inside its outline is sure to be person
NOWHERE: Final = (0, 0, 1, 1)  # a rectangle that OpenCV wants and does not use
NECK: Final = 2  # painted beside HEAD
SUBPIXEL_BITS: Final = 4


@dataclass(frozen=True)
class Colours:
    """GrabCut's two mixtures of Gaussians."""

    background: Any
    person: Any


class Masks:
    """Labels of frames, once the colours are learned."""

    def __init__(self, head: MorphableHead, fit: Fit, size_hw: tuple[int, int]) -> None:
        self.head, self.fit, self.size_hw = head, fit, size_hw
        self.skin = head.parts["skin"]
        neutral = head.neutral(fit.identity_i)
        self.is_neck_t = _below_jaw(head, neutral)[self.skin].all(axis=1)
        self.colours: Colours | None = None

    def learn(self, frames: UInt8, numbers: npt.NDArray[np.int64]) -> None:
        """Learn the colours from some of these frames, [N, H, W, 3]; numbers: those that may be used."""
        if not len(numbers):
            return
        some = numbers[np.unique(np.linspace(0, len(numbers) - 1, MODEL_FRAMES).astype(int))]
        picture = np.concatenate([np.asarray(frames[k]) for k in some], axis=1)
        hint = np.concatenate([self._hint(self.painted(int(k))) for k in some], axis=1)
        background, person = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(0)
        cv2.grabCut(picture, hint, NOWHERE, background, person, MODEL_ROUNDS, cv2.GC_INIT_WITH_MASK)
        self.colours = Colours(background, person)

    def unknown(self) -> UInt8:
        """[H, W] IGNORED."""
        return np.full(self.size_hw, IGNORED, np.uint8)

    def labels(self, number: int, frame: UInt8) -> UInt8:
        """[H, W] BACKGROUND, HEAD or IGNORED."""
        assert self.colours is not None, "learn first"
        painted = self.painted(number)
        hint = self._hint(painted)
        cv2.grabCut(
            frame,
            hint,
            None,
            self.colours.background.copy(),
            self.colours.person.copy(),
            1,
            cv2.GC_EVAL_FREEZE_MODEL,
        )
        person = (hint == cv2.GC_FGD) | (hint == cv2.GC_PR_FGD)
        near = _nearest_label(painted)
        return np.where(person, np.where(near == NECK, IGNORED, HEAD), BACKGROUND).astype(np.uint8)

    def painted(self, number: int) -> UInt8:
        """[H, W] HEAD or NECK where the fitted head covers the picture, 0 elsewhere."""
        fit = self.fit
        posed = self.head.posed(fit.identity_i, fit.codes_nx52[number : number + 1])[0]
        camera = (
            posed @ rotation_matrix(fit.rotations_nx4[number]).T.astype(np.float32)
            + fit.translations_nx3_m[number]
        )
        return _paint(
            camera, self.skin, self.is_neck_t, project(camera, fit.focal_px, self.size_hw), self.size_hw
        )

    def _hint(self, painted: UInt8) -> UInt8:
        """GrabCut's four labels."""
        covered = (painted > 0).astype(np.uint8)
        inside = cv2.distanceTransform(covered, cv2.DIST_L2, 3)
        outside = cv2.distanceTransform(1 - covered, cv2.DIST_L2, 3)
        hint = np.full(painted.shape, cv2.GC_PR_BGD, np.uint8)
        hint[outside < 0.15 * self.fit.face_px] = cv2.GC_PR_FGD
        hint[inside > SURE * self.fit.face_px] = cv2.GC_FGD
        hint[outside > HAIR * self.fit.face_px] = cv2.GC_BGD
        return hint


def _paint(
    camera: Float32, triangles: Int64, is_neck_t: npt.NDArray[np.bool_], at: Float32, size_hw: tuple[int, int]
) -> UInt8:
    """Triangles that face the camera, the far ones first."""
    a, b, c = (camera[triangles[:, k]] for k in range(3))
    facing = np.flatnonzero((np.cross(b - a, c - a) * a).sum(axis=1) < 0)
    depth = camera[triangles[facing], 2].mean(axis=1)
    picture = np.zeros(size_hw, np.uint8)
    corners = np.round((at - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)  # OpenCV's pixel centres are whole
    order = facing[np.argsort(depth)]
    for corner, is_neck in zip(corners[triangles[order]], is_neck_t[order], strict=True):
        cv2.fillConvexPoly(picture, corner, NECK if is_neck else HEAD, cv2.LINE_8, SUBPIXEL_BITS)
    return picture


def _nearest_label(painted: UInt8) -> UInt8:
    """Each pixel's nearest painted label."""
    _, nearest = cv2.distanceTransformWithLabels(
        (painted == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_number = np.zeros(nearest.max() + 1, np.uint8)
    by_number[nearest[painted > 0]] = painted[painted > 0]
    return np.asarray(by_number[nearest])


def _below_jaw(head: MorphableHead, neutral_vx3: Float32) -> npt.NDArray[np.bool_]:
    """[V] under a plane through the jaw's angles and the throat."""
    marks = head.landmarks(neutral_vx3)
    chin, top, angles = marks[152], marks[10], marks[[58, 288]].mean(axis=0)
    height = float(np.linalg.norm(top - chin))
    throat = chin + np.array([0, -0.03, -0.28]) * height
    behind = angles + np.array([0, -0.03, -0.10]) * height
    along = throat - behind
    normal = np.array([0.0, along[2], -along[1]])
    return np.asarray((neutral_vx3 - behind) @ (normal / np.linalg.norm(normal)) < 0)
