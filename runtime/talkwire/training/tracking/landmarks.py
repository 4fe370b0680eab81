"""MediaPipe's face landmarks and expression in every frame. The only importer of mediapipe.

Frames are looked at one by one. In MediaPipe's video mode with one face its own filter smooths the landmarks:
measured here, lips then lag by 12 to 20 ms and short closures never close. Smoothing is the fit's business.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.errors import TrainingError, missing
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.heads.canonical import find_landmark_model
from talkwire.training.heads.morphable import Int64

POINT_COUNT: Final = 478
FACES: Final = 2  # to see whether there is a second one
SECOND_FACE: Final = 0.35  # of the largest one's height: smaller ones are bystanders, or pictures on the wall


@dataclass(frozen=True)
class Sightings:
    """What was seen in N frames; NaN where no face was found. The largest face, where there are more.

    landmarks_nx478x2: pixels, x to the right, y down.  blendshapes_nx52: ARKit's order.
    turns_nx3x3: head to camera, of MediaPipe's canonical face.  faces_n: how many were found.
    """

    landmarks_nx478x2: Float32
    blendshapes_nx52: Float32
    turns_nx3x3: Float32
    faces_n: Int64

    @property
    def heights_n(self) -> Float32:
        """[N] pixels from the highest landmark to the lowest."""
        return np.asarray(np.ptp(self.landmarks_nx478x2[..., 1], axis=1))

    def __len__(self) -> int:
        return len(self.faces_n)


def look_for_faces(
    frames: Iterable[UInt8], model: Path | None = None, seen: Callable[[], None] | None = None
) -> Sightings:
    """Look at each frame, [H, W, 3] uint8; `seen` is called after each.

    model: MediaPipe's file. Raises TrainingError, MissingDependency.
    """
    rows = []
    with _landmarker(find_landmark_model(model)) as look:
        for frame in frames:
            rows.append(_row(look(frame), frame.shape[1], frame.shape[0]))
            if seen is not None:
                seen()
    if not rows:
        raise TrainingError("no frame to look at", seen="0 frames", wanted="a video", cure="check the file")
    landmarks, blendshapes, turns, faces = zip(*rows, strict=True)
    return Sightings(
        np.stack(landmarks).astype(np.float32),
        np.stack(blendshapes).astype(np.float32),
        np.stack(turns).astype(np.float32),
        np.array(faces, np.int64),
    )


def _row(result: Any, width: int, height: int) -> tuple[Any, Any, Any, int]:
    """The largest face and how many there are."""
    found = [np.array([(p.x * width, p.y * height) for p in face]) for face in result.face_landmarks]
    if not found:
        empty = ((POINT_COUNT, 2), (len(ARKIT_NAMES),), (3, 3))
        points, weights, turn = (np.full(shape, np.nan) for shape in empty)
        return points, weights, turn, 0
    k = int(np.argmax([np.ptp(points[:, 1]) for points in found]))
    others = [points for j, points in enumerate(found) if j != k and not _same(points, found[k])]
    weights = np.zeros(len(ARKIT_NAMES))
    for shape in result.face_blendshapes[k]:
        if shape.category_name in INDEX:
            weights[INDEX[shape.category_name]] = shape.score
    turn = np.array(result.facial_transformation_matrixes[k])[:3, :3]
    return found[k], weights, turn / np.linalg.norm(turn, axis=0), 1 + len(others)


def _same(points: Any, largest: Any) -> bool:
    """Whether this is the largest face, found twice, or one too small to disturb."""
    inside = (points.mean(axis=0) > largest.min(axis=0)) & (points.mean(axis=0) < largest.max(axis=0))
    return bool(inside.all() or np.ptp(points[:, 1]) < SECOND_FACE * np.ptp(largest[:, 1]))


@contextmanager
def _landmarker(model: Path) -> Iterator[Callable[[UInt8], Any]]:
    with _quiet():
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision
        except ImportError:
            raise missing("mediapipe", extra="train", need="finding faces") from None
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=FACES,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        try:
            landmarker = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                f"cannot use the face landmark model {model}",
                seen=str(error).splitlines()[0][:120],
                wanted="MediaPipe's face_landmarker.task",
                cure="fetch it again",
            ) from None

    def image(frame: UInt8) -> Any:
        return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame))

    try:
        with _quiet():  # it logs once more when it is first used
            landmarker.detect(image(np.zeros((64, 64, 3), np.uint8)))
        yield lambda frame: landmarker.detect(image(frame))
    finally:
        landmarker.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """MediaPipe's C++ writes to the process's standard error, whatever it is told."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
