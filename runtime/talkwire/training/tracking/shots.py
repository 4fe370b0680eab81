"""Which frames can be used: cuts, and stretches without a face, with two, turned away, small or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.capture import HEAD, UInt8
from talkwire.training.heads.morphable import Int64
from talkwire.training.tracking.landmarks import Sightings
from talkwire.training.tracking.video import FPS

LEAST_FRAMES: Final = 70  # 2.8 s
FURTHEST_TURN_DEG: Final = (
    50.0  # as MediaPipe says: it is some 57 then, and the far side of the face is guessed
)
SMALLEST_FACE_PX: Final = 48
EDGE: Final = 0.02  # of the face's height that may lie outside the picture
THUMB: Final = 24
CUT: Final = 0.01  # mean change of a thumbnail in one frame, of the full range,
RATIO: Final = 5.0  # and so many times that in the frames beside it,
REACH: Final = 3  # so far to either side
JUMP: Final = 0.4  # way of a face's landmarks in one frame, in heights of the face: another face
TINT: Final = 0.25  # logarithm of red or blue over green, from shot to shot: more is another light
LOOKS: Final = 6  # frames of a shot whose colours are looked at
MISFIT: Final = 2.0  # times the median residual: half trusted; twice that: not at all

NO_FACE, MORE_FACES, TURNED = "no face", "more than one face", "face turned away"
SMALL, CUT_OFF, MISFITS = "face too small", "face leaves the picture", "landmarks do not fit a head"
OTHER_LIGHT: Final = "colours unlike the other shots'"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that is not used, and why. Seconds from the video's start."""

    start_s: float
    end_s: float
    why: str

    def __str__(self) -> str:
        return f"{self.start_s:.2f} to {self.end_s:.2f} s: {self.why}"


def thumbnail(frame: UInt8) -> Float32:
    """[THUMB, THUMB] grey in [0, 1], to compare frames by."""
    rows, columns = (np.arange(THUMB + 1) * side // THUMB for side in frame.shape[:2])
    grey = frame[::2, ::2].mean(axis=-1, dtype=np.float32) / 255
    sums = np.add.reduceat(np.add.reduceat(grey, rows[:-1] // 2, axis=0), columns[:-1] // 2, axis=1)
    ones = np.add.reduceat(
        np.add.reduceat(np.ones_like(grey), rows[:-1] // 2, axis=0), columns[:-1] // 2, axis=1
    )
    return np.asarray(sums / ones, np.float32)


def find_shots(files_n: Int64, thumbs: Sequence[Float32], seen: Sightings) -> Int64:
    """[N] a number that rises by one with each new file and each cut.

    A cut is a change of the picture that stands alone: what moves takes several frames, and a video of fewer
    frames a second repeats some. thumbs: of `thumbnail`.
    """
    change = np.abs(np.diff(np.stack(thumbs), axis=0)).mean(axis=(1, 2))
    padded = np.pad(change, REACH)
    beside = np.max(
        [padded[REACH + d : len(padded) - REACH + d] for d in (*range(-REACH, 0), *range(1, REACH + 1))],
        axis=0,
    )
    at = seen.landmarks_nx478x2 / seen.heights_n[:, None, None]
    leap = np.nan_to_num(np.linalg.norm(np.diff(at, axis=0), axis=2).mean(axis=1))
    new = (change > CUT) & (change > RATIO * beside) | (leap > JUMP) | (np.diff(files_n) > 0)
    return np.concatenate([[0], np.cumsum(new)])


def find_faults(seen: Sightings, size_hw: tuple[int, int]) -> npt.NDArray[np.str_]:
    """[N] why a frame cannot be used, "" where it can."""
    height, width = size_hw
    low, high = seen.landmarks_nx478x2.min(axis=1), seen.landmarks_nx478x2.max(axis=1)
    spare = EDGE * seen.heights_n[:, None]
    outside = ((low < -spare) | (high > np.array([width, height]) + spare)).any(axis=1)
    turn_deg = np.degrees(np.arccos(np.clip(seen.turns_nx3x3[:, 2, 2], -1, 1)))
    faults = np.full(len(seen), "", dtype="U40")
    for where, why in (
        (outside, CUT_OFF),
        (seen.heights_n < SMALLEST_FACE_PX, SMALL),
        (turn_deg > FURTHEST_TURN_DEG, TURNED),
        (seen.faces_n > 1, MORE_FACES),
        (seen.faces_n == 0, NO_FACE),
    ):
        faults[where] = why
    return faults


def find_misfits(
    residuals_n: Float32, faults_n: npt.NDArray[np.str_]
) -> tuple[Float32, npt.NDArray[np.str_]]:
    """[N] confidence, and faults with those of the fit. residuals_n: pixels, NaN where there was no fit."""
    usual = float(np.nanmedian(residuals_n))
    trust = np.clip(1.5 - np.nan_to_num(residuals_n, nan=np.inf) / (2 * MISFIT * usual), 0, 1)
    faults = np.where((faults_n == "") & (trust == 0), MISFITS, faults_n)
    return np.where(faults == "", trust, 0).astype(np.float32), faults


def find_other_light(
    frames: UInt8, labels: UInt8, shots_n: Int64, faults_n: npt.NDArray[np.str_]
) -> npt.NDArray[np.str_]:
    """[N] faults, with those of shots in which the head has other colours than in most of the time. frames:
    [N, H, W, 3].  labels: [N, H, W].

    A head has one texture. A white balance that changes would be learned as part of an expression.
    """
    tints, weights = [], []
    for shot in range(int(shots_n[-1]) + 1):
        good = np.flatnonzero((shots_n == shot) & (faults_n == ""))
        some = good[np.unique(np.linspace(0, len(good) - 1, LOOKS).astype(int))] if len(good) else good
        seen = [np.asarray(frames[k])[np.asarray(labels[k]) == HEAD] for k in some]
        colour = np.concatenate([np.ones((1, 3)), *seen]).mean(axis=0)
        tints.append(np.log(np.maximum(colour[[0, 2]], 1) / max(colour[1], 1)))
        weights.append(len(good) if sum(map(len, seen)) else 0)
    apart = np.abs(np.array(tints)[:, None] - np.array(tints)).max(axis=2)
    alike = apart < TINT
    other = ~alike[np.argmax(alike @ np.array(weights))] & (np.array(weights) > 0)
    return np.where((faults_n == "") & other[shots_n], OTHER_LIGHT, faults_n)


def stretches(faults_n: npt.NDArray[np.str_]) -> list[Stretch]:
    """Runs of frames with one fault."""
    edges = np.flatnonzero(np.concatenate([[True], faults_n[1:] != faults_n[:-1], [True]]))
    return [
        Stretch(start / FPS, end / FPS, str(faults_n[start]))
        for start, end in pairwise(edges)
        if faults_n[start]
    ]


def demand_enough(faults_n: npt.NDArray[np.str_], source: str) -> None:
    """Raises TrainingError, with what is wrong most, unless enough frames can be used."""
    usable = int((faults_n == "").sum())
    if usable >= LEAST_FRAMES:
        return
    reasons, counts = np.unique(faults_n[faults_n != ""], return_counts=True)
    said = ", ".join(f"{reasons[k]} for {counts[k] / FPS:.1f} s" for k in np.argsort(-counts))
    raise TrainingError(
        f"no head can be learned from {source}",
        seen=f"{usable / FPS:.1f} usable seconds of {len(faults_n) / FPS:.1f}"
        + (f" ({said})" if said else ""),
        wanted=f"at least {LEAST_FRAMES / FPS:.1f} s, better a minute, of one face that looks roughly at"
        " the camera and fills a quarter of the picture's height",
        cure="film again, or cut the good part out of the video",
    )
