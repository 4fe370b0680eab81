"""Which pixels are head (face, hair, ears), which are still background, and which to leave alone.

The fitted head gives what is certain: its own pixels, the far surroundings, and clothes under the neck. From
these, in some frames of a shot, one colour model of the person and one of the background are learned, and a
graph cut draws the line in each frame with these same models (GrabCut, Rother et al. 2004), so that it does
not flicker. The person is then divided under the jaw: what lies nearer to the fitted neck than to the fitted
head, or lower, is left alone, and so are wisps of hair outside of the line.

The only importer of OpenCV.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.types import Float32
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, UInt8, project
from talkwire.training.heads import points
from talkwire.training.heads.morphable import Int64, MorphableHead
from talkwire.training.tracking.fit import Fit

Bools = npt.NDArray[np.bool_]

MODEL_FRAMES: Final = 6  # of a shot are learned from
MODEL_ROUNDS: Final = 4
WORKING_PX: Final = 400  # longer side of the pictures that are cut
HAIR: Final = 0.6  # of the face's height: farther from the fitted head than this is no hair
LIKELY: Final = 0.15  # and what is nearer is at first taken for it
SURE: Final = 0.04  # so far inside the fitted head is sure to be person
BODY: Final = 0.4  # so far to each side of the neck,
COLLAR: Final = 0.15  # and so far under the chin, there are clothes
ODD: Final = 0.01  # of the background's pixels count as unlike it: below the chin that is enough
BORDER: Final = 0.02  # of a picture is not learned from: many have a dark rim

NECK: Final = 3  # painted beside HEAD
LEAST_BACKGROUND: Final = 200  # pixels to learn from
THREADS, BATCH = 2, 16
SUBPIXEL_BITS: Final = 4
NOWHERE: Final = (0, 0, 1, 1)  # a rectangle that OpenCV wants and does not use
GAUSSIANS: Final = 5  # of each colour model, as OpenCV keeps it: weights, means, covariances


class Masks:
    """Labels of frames; `learn` first, and anew for each shot."""

    def __init__(self, head: MorphableHead, fit: Fit, size_hw: tuple[int, int]) -> None:
        self.fit, self.full_hw = fit, size_hw
        self.scale = min(1.0, WORKING_PX / max(size_hw))
        self.size_hw = round(size_hw[0] * self.scale), round(size_hw[1] * self.scale)
        self.focal_px, self.face_px = fit.focal_px * self.scale, fit.face_px * self.scale
        skin = head.parts["skin"]
        used, self.triangles = np.unique(skin, return_inverse=True)
        self.triangles = self.triangles.reshape(-1, 3)
        neutral = head.neutral(fit.person.identity_i)
        self.neutral, self.shapes = neutral[used], np.ascontiguousarray(head.shapes_kxvx3[:, used])
        self.neck_t: Bools = np.all(_below_jaw(head, neutral)[skin], axis=1)
        self.background, self.person = np.zeros((1, 65)), np.zeros((1, 65))
        self.least_like, self.learned = -np.inf, False

    def learn(self, frames: UInt8, numbers: npt.NDArray[np.int64]) -> None:
        """Learn the colours from some of these frames, [N, H, W, 3]; numbers: those that may be used."""
        if not len(numbers):
            return
        some = numbers[np.unique(np.linspace(0, len(numbers) - 1, MODEL_FRAMES).astype(int))]
        painted = [self.painted(int(k)) for k in some]
        rows, columns = _inner(self.size_hw[0]), _inner(self.size_hw[1])
        picture = np.concatenate([self._small(np.asarray(frames[k]))[rows, columns] for k in some], axis=1)
        hint = np.concatenate([self._hint(p)[rows, columns] for p in painted], axis=1)
        known = picture[(hint == cv2.GC_BGD) | (hint == cv2.GC_PR_BGD)]
        self.learned = len(known) >= LEAST_BACKGROUND
        if not self.learned:
            return
        cv2.setRNGSeed(0)
        cv2.grabCut(picture, hint, NOWHERE, self.background, self.person, MODEL_ROUNDS, cv2.GC_INIT_WITH_MASK)
        self.least_like = float(np.quantile(_likeness(self.background, known), ODD))

    def labels(self, number: int, frame: UInt8) -> UInt8:
        """[H, W] BACKGROUND, HEAD or IGNORED of a frame, [H, W, 3]."""
        painted, small = self.painted(number), self._small(frame)
        if not self.learned:  # a head that fills the picture
            labels = np.where(painted == HEAD, HEAD, IGNORED).astype(np.uint8)
            return labels if self.scale == 1 else _enlarged(labels, self.full_hw)
        hint = self._hint(painted)
        models = self.background.copy(), self.person.copy()
        cv2.grabCut(small, hint, NOWHERE, models[0], models[1], 1, cv2.GC_EVAL_FREEZE_MODEL)
        person = _touching((hint == cv2.GC_FGD) | (hint == cv2.GC_PR_FGD), painted > 0)
        near, away = _nearest_label(painted)
        low = (near == NECK) | (np.arange(len(painted)) > _chin(painted))[:, None]
        like = _likeness(self.background, small)
        odd = _likeness(self.person, small) > like
        hairy = away < HAIR * self.face_px
        other = low & (person | odd | (like < self.least_like)) | ~person & odd & hairy | person & ~hairy
        labels = np.where(other, IGNORED, np.where(person, HEAD, BACKGROUND)).astype(np.uint8)
        return labels if self.scale == 1 else _enlarged(labels, self.full_hw)

    def labels_of(self, frames: UInt8, numbers: npt.NDArray[np.int64]) -> Iterator[UInt8]:
        """`labels` of some frames, two at a time: OpenCV lets go of the interpreter."""
        with ThreadPoolExecutor(THREADS) as pool:
            for first in range(0, len(numbers), BATCH):
                batch = [int(k) for k in numbers[first : first + BATCH]]
                yield from pool.map(lambda k: self.labels(k, np.asarray(frames[k])), batch)

    def unknown(self) -> UInt8:
        """[H, W] IGNORED: for a frame that is not used."""
        return np.full(self.full_hw, IGNORED, np.uint8)

    def painted(self, number: int) -> UInt8:
        """[h, w] at working size: HEAD or NECK where the fitted head covers the picture, 0 elsewhere."""
        fit = self.fit
        posed = self.neutral + np.einsum("k,kvc->vc", fit.codes_nx52[number], self.shapes)
        turn = rotation_matrix(fit.rotations_nx4[number]).astype(np.float32)
        camera = np.einsum("ij,vj->vi", turn, posed) + fit.translations_nx3_m[number]
        at = project(camera, self.focal_px, self.size_hw)
        return _paint(camera, self.triangles, self.neck_t, at, self.size_hw)

    def _small(self, frame: UInt8) -> UInt8:
        if self.scale == 1:
            return np.ascontiguousarray(frame)
        return np.asarray(cv2.resize(frame, self.size_hw[::-1], interpolation=cv2.INTER_AREA), np.uint8)

    def _hint(self, painted: UInt8) -> UInt8:
        """GrabCut's four labels."""
        covered = (painted > 0).astype(np.uint8)
        inside = cv2.distanceTransform(covered, cv2.DIST_L2, 3)
        outside = cv2.distanceTransform(1 - covered, cv2.DIST_L2, 3)
        hint = np.full(painted.shape, cv2.GC_PR_BGD, np.uint8)
        hint[outside < LIKELY * self.face_px] = cv2.GC_PR_FGD
        hint[inside > SURE * self.face_px] = cv2.GC_FGD
        rows, columns = np.arange(painted.shape[0])[:, None], np.arange(painted.shape[1])
        hint[(rows < _chin(painted)) & (outside > HAIR * self.face_px)] = cv2.GC_BGD
        middle = float(np.flatnonzero(covered[_chin(painted)]).mean())
        body = (rows > _chin(painted) + COLLAR * self.face_px) & (
            np.abs(columns - middle) < BODY * self.face_px
        )
        hint[body] = cv2.GC_FGD
        return hint


def _paint(
    camera_vx3: Float32, triangles_tx3: Int64, neck_t: Bools, at_vx2: Float32, size_hw: tuple[int, int]
) -> UInt8:
    """Triangles that face the camera, the far ones first."""
    a, b, c = (camera_vx3[triangles_tx3[:, k]] for k in range(3))
    facing = np.flatnonzero((np.cross(b - a, c - a) * a).sum(axis=1) < 0)
    order = facing[np.argsort(a[facing, 2])]
    picture = np.zeros(size_hw, np.uint8)
    corners = np.round((at_vx2 - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)  # OpenCV's centres are whole
    for corner, neck in zip(corners[triangles_tx3[order]], neck_t[order].tolist(), strict=True):
        cv2.fillConvexPoly(picture, corner, NECK if neck else HEAD, cv2.LINE_8, SUBPIXEL_BITS)
    return picture


def _touching(area: Bools, core: Bools) -> Bools:
    """The pieces of an area that reach the core."""
    _, pieces = cv2.connectedComponents((area | core).astype(np.uint8), connectivity=4)
    return np.asarray(area & np.isin(pieces, np.unique(pieces[core])))


def _inner(side: int) -> slice:
    return slice(round(BORDER * side), round((1 - BORDER) * side))


def _chin(painted: UInt8) -> int:
    """The lowest row of the head."""
    return int(np.flatnonzero((painted == HEAD).any(axis=1))[-1])


def _nearest_label(painted: UInt8) -> tuple[UInt8, Float32]:
    """Each pixel's nearest painted label, and how far off it is."""
    away, nearest = cv2.distanceTransformWithLabels(
        (painted == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_number = np.zeros(int(nearest.max()) + 1, np.uint8)
    by_number[nearest[painted > 0]] = painted[painted > 0]
    return by_number[nearest], np.asarray(away, np.float32)


def _likeness(model: npt.NDArray[np.float64], colours: UInt8) -> Float32:
    """[...] log density of colours, [..., 3], in one of GrabCut's mixtures."""
    weights, means = model[0, :GAUSSIANS], model[0, GAUSSIANS : 4 * GAUSSIANS].reshape(-1, 3)
    spreads = model[0, 4 * GAUSSIANS :].reshape(-1, 3, 3)
    flat = colours.reshape(-1, 3).astype(np.float32)
    best = np.full(len(flat), -np.inf, np.float32)
    for weight, mean, spread in zip(weights, means, spreads, strict=True):
        if weight <= 0 or np.linalg.det(spread) <= 0:
            continue
        apart = (flat - mean.astype(np.float32)) @ np.linalg.cholesky(np.linalg.inv(spread)).astype(
            np.float32
        )
        density = np.log(weight) - 0.5 * np.linalg.slogdet(spread)[1] - 0.5 * (apart**2).sum(axis=1)
        best = np.maximum(best, density)
    return np.asarray(best.reshape(colours.shape[:-1]), np.float32)


def _enlarged(labels: UInt8, size_hw: tuple[int, int]) -> UInt8:
    """Each label's share, enlarged smoothly; the largest wins."""
    shares = [
        cv2.resize((labels == label).astype(np.float32), size_hw[::-1], interpolation=cv2.INTER_LINEAR)
        for label in (BACKGROUND, HEAD, IGNORED)
    ]
    return np.asarray(np.argmax(shares, axis=0), np.uint8)


def _below_jaw(head: MorphableHead, neutral_vx3: Float32) -> Bools:
    """[V] under a plane through the jaw's angles and the throat."""
    marks = head.landmarks(neutral_vx3)
    chin, angles = marks[points.CHIN], marks[list(JAW_ANGLES)].mean(axis=0)
    height = float(np.linalg.norm(marks[points.FOREHEAD] - chin))
    behind, throat = angles + BEHIND_JAW * height, chin + THROAT * height
    along = throat - behind
    normal = np.array([0.0, along[2], -along[1]])
    return np.asarray((neutral_vx3 - behind) @ normal < 0)


JAW_ANGLES: Final = (58, 288)
BEHIND_JAW: Final = np.array([0.0, -0.03, -0.10])  # of the face's height, from the jaw's angles
THROAT: Final = np.array([0.0, -0.03, -0.28])  # and from the chin
