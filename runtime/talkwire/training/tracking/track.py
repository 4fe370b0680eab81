"""From a video to a capture: the recipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.training.capture import (
    CARD,
    FRAMES,
    LABELS,
    Capture,
    CaptureCard,
    UInt8,
    load_capture,
    save_capture,
)
from talkwire.training.heads.ict import load_ict_head
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.tracking.fit import fit_head
from talkwire.training.tracking.landmarks import Sightings, look_for_faces
from talkwire.training.tracking.masks import MODEL_FRAMES, Masks
from talkwire.training.tracking.video import FPS, Footage, open_footage

Progress = Callable[[str, float], None]

MULTIPLE_PX: Final = 8


def track(
    video: Path | Sequence[Path],
    folder: Path,
    *,
    head: str = "auto",
    size_px: int | None = None,
    shows: str = "",
    licence: str = "",
    progress: Progress = lambda stage, share: None,
) -> Capture:
    """Measure what a video shows of one head and write it to a folder.

    video: one, or several of one person, camera and size, which are joined.  head: "ict", "nova", or "auto".
    """
    paths = [video] if isinstance(video, Path) else list(video)
    family = choose_head(head)
    footage = open_footage(paths)
    frames, shots = _store_frames(footage, folder, lambda share: progress("reading", share))
    seen = _look(frames, lambda share: progress("finding the face", share))
    usable = seen.faces_n == 1
    if not usable.any():
        raise TrainingError("no usable frame", seen="no face", wanted="one face", cure="use another video")
    size_hw = frames.shape[1], frames.shape[2]
    fit = fit_head(family, seen, usable, shots, size_hw, lambda share: progress("fitting the head", share))
    labels = _store_labels(
        Masks(family, fit, size_hw), frames, folder, lambda share: progress("cutting out", share)
    )
    card = CaptureCard(
        family.name, float(FPS), fit.focal_px, shows, licence, ", ".join(p.name for p in paths)
    )
    capture = Capture(
        card,
        frames,
        labels,
        fit.identity_i,
        fit.codes_nx52,
        fit.rotations_nx4,
        fit.translations_nx3_m,
        seen.landmarks_nx478x2,
        usable.astype(np.float32),
        shots,
    )
    save_capture(capture, folder)
    return load_capture(folder)


def choose_head(name: str) -> MorphableHead:
    """The family. "auto": ICT where its file is found, else nova."""
    return load_ict_head()


def _store_frames(
    footage: Footage, folder: Path, progress: Callable[[float], None]
) -> tuple[UInt8, npt.NDArray[np.int64]]:
    """Frames as an array on disk, and the number of each one's shot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    height, width = (side // MULTIPLE_PX * MULTIPLE_PX for side in footage.size_hw)
    top, left = (footage.size_hw[0] - height) // 2, (footage.size_hw[1] - width) // 2
    shots, pictures = [], []
    for number, picture in footage.frames():
        shots.append(number)
        pictures.append(picture[top : top + height, left : left + width])
    stored = np.lib.format.open_memmap(folder / FRAMES, "w+", np.uint8, (len(pictures), height, width, 3))
    stored[:] = pictures
    stored.flush()
    return stored, np.array(shots, np.int64)


def _look(frames: UInt8, progress: Callable[[float], None]) -> Sightings:
    done = 0

    def seen() -> None:
        nonlocal done
        done += 1
        progress(done / len(frames))

    return look_for_faces(frames, seen=seen)


def _store_labels(masks: Masks, frames: UInt8, folder: Path, progress: Callable[[float], None]) -> UInt8:
    chosen = np.unique(np.linspace(0, len(frames) - 1, MODEL_FRAMES).astype(int))
    masks.learn([(int(k), np.asarray(frames[k])) for k in chosen])
    stored = np.lib.format.open_memmap(folder / LABELS, "w+", np.uint8, frames.shape[:3])
    for k, frame in enumerate(frames):
        stored[k] = masks.labels(k, np.asarray(frame))
        progress((k + 1) / len(frames))
    stored.flush()
    return stored
