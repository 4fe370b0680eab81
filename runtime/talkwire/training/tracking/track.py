"""From a video to a capture: the recipe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
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
from talkwire.training.heads.choose import load_head
from talkwire.training.heads.morphable import Int64
from talkwire.training.tracking.fit import Fit, fit_head
from talkwire.training.tracking.landmarks import Sightings, look_for_faces
from talkwire.training.tracking.masks import Masks
from talkwire.training.tracking.person import Person
from talkwire.training.tracking.report import draw_report
from talkwire.training.tracking.rest import from_rest
from talkwire.training.tracking.shots import (
    NO_FACE,
    Stretch,
    demand_enough,
    find_faults,
    find_misfits,
    find_other_light,
    find_shots,
    stretches,
    thumbnail,
)
from talkwire.training.tracking.store import write_rows, writing
from talkwire.training.tracking.video import FPS, Footage, open_footage
from talkwire.training.tracking.window import SIZE_PX, Window, choose_window

Progress = Callable[[str, float], None]

SURVEY_PX: Final = 960  # longer side of the frames that are looked through first
SURVEY_STEP: Final = 12
SIZES_PX, DISTANCES_M = (96, 2048), (0.1, 20.0)
NOTES, PICTURE = "tracking.json", "tracking.png"


@dataclass(frozen=True)
class Survey:
    """A first look. seen: every SURVEY_STEP-th frame.  files_n: the file of each frame.  thumbs: of each."""

    seen: Sightings
    seen_hw: tuple[int, int]
    files_n: Int64
    thumbs: tuple[Float32, ...]


def track(
    video: Path | Sequence[Path],
    folder: Path,
    *,
    head: str = "auto",
    size_px: int | None = None,
    shows: str = "",
    licence: str = "",
    distance_m: float | None = None,
    person: Person | None = None,
    landmark_model: Path | None = None,
    progress: Progress = lambda stage, share: None,
) -> Capture:
    """Measure what a video shows of one head and write it to a folder, with a report: NOTES and PICTURE.

    video: one, or several of one person, camera and size, which are joined.  head: "ict", "nova", or "auto".
    size_px: longer side of the head with hair and neck, at most.  distance_m: how far the camera stood, where
    that is known: it settles the focal length.  person: who it is, where an earlier capture has told
    (`person_in`); it says which head, too.  progress: told the stage and its share done, in [0, 1].
    Raises TrainingError in one sentence when no head can be learned from it; MissingDependency. A folder has
    a capture in it only when all is written.
    """
    _check(size_px, distance_m)
    paths = [video] if isinstance(video, Path) else list(video)
    footage, family = open_footage(paths), load_head(person.head if person else head)
    survey = survey_footage(footage, landmark_model, progress)
    window = choose_window(survey.seen, survey.seen_hw, footage.size_hw, size_px or SIZE_PX, distance_m)
    with writing(folder):
        (folder / CARD).unlink(missing_ok=True)
    frames = _store_frames(footage, window, len(survey.files_n), folder, progress)
    seen = look_for_faces(_told(frames, len(frames), "finding the face", progress), landmark_model)
    shots = find_shots(survey.files_n, survey.thumbs, seen)
    faults = find_faults(seen, window.size_hw)
    demand_enough(faults, footage.name)
    fit = fit_head(
        family,
        seen,
        faults == "",
        shots,
        window.size_hw,
        window.distance_m,
        person,
        lambda s: progress("fitting the head", s),
    )
    confidence, faults = find_misfits(fit.residuals_n, faults)
    demand_enough(faults, footage.name)
    masks = Masks(family, fit, window.size_hw)
    labels = _store_labels(masks, frames, shots, confidence, folder, progress)
    faults = find_other_light(frames, labels, shots, faults)
    demand_enough(faults, footage.name)
    confidence = np.where(faults == "", confidence, 0).astype(np.float32)
    who = fit.person
    capture = Capture(
        CaptureCard(family.name, float(FPS), fit.focal_px, shows, licence, footage.name),
        *(frames, labels, who.identity_i, who.rest_52),
        *(from_rest(fit.codes_nx52, who.rest_52), fit.rotations_nx4, fit.translations_nx3_m),
        *(seen.landmarks_nx478x2, confidence, shots),
    )
    unused = stretches(faults)
    with writing(folder / PICTURE):
        _write_notes(capture, fit, unused, window, folder / NOTES)
        draw_report(
            capture,
            family.resting(who.rest_52),
            fit.residuals_n,
            seen.blendshapes_nx52,
            unused,
            folder / PICTURE,
        )
    save_capture(capture, folder)
    return load_capture(folder)


def _check(size_px: int | None, distance_m: float | None) -> None:
    for what, value, (low, high), unit in (
        ("this size of a head", size_px, SIZES_PX, "pixels"),
        ("this distance of a camera", distance_m, DISTANCES_M, "metres"),
    ):
        if value is not None and not low <= value <= high:
            raise TrainingError(
                f"{what} makes no sense",
                seen=f"{value} {unit}",
                wanted=f"{low} to {high}",
                cure="leave it out, or choose another",
            )


def survey_footage(footage: Footage, model: Path | None, progress: Progress) -> Survey:
    """Count the frames, see where the head is in some, and keep small copies to find cuts by."""
    scale = min(1.0, SURVEY_PX / max(footage.size_hw))
    small_hw = round(footage.size_hw[0] * scale), round(footage.size_hw[1] * scale)
    files: list[int] = []
    thumbs: list[Float32] = []

    def some() -> Iterator[UInt8]:
        for k, (number, frame) in enumerate(footage.frames(small_hw)):
            files.append(number)
            thumbs.append(thumbnail(frame))
            if k % SURVEY_STEP == 0:
                progress("looking through the video", min(1.0, k / footage.frames_expected))
                yield frame

    seen = look_for_faces(some(), model)
    faults = np.where(seen.faces_n == 0, NO_FACE, "")
    demand_enough(np.repeat(faults, SURVEY_STEP)[: len(files)], footage.name)
    return Survey(seen, small_hw, np.array(files, np.int64), tuple(thumbs))


def _store_frames(footage: Footage, window: Window, count: int, folder: Path, progress: Progress) -> UInt8:
    kept = (window.cut(frame) for _, frame in footage.frames(window.scaled_hw))
    return write_rows(folder / FRAMES, (count, *window.size_hw, 3), _told(kept, count, "reading", progress))


def _store_labels(
    masks: Masks, frames: UInt8, shots: Int64, confidence: Float32, folder: Path, progress: Progress
) -> UInt8:
    """Labels of all frames; colours are learned from each shot's best."""

    def labels() -> Iterator[UInt8]:
        for shot in range(int(shots[-1]) + 1):
            numbers = np.flatnonzero(shots == shot)
            good = numbers[confidence[numbers] > 0]
            masks.learn(frames, good)
            made = masks.labels_of(frames, good)
            yield from (next(made) if confidence[k] > 0 else masks.unknown() for k in numbers)

    return write_rows(
        folder / LABELS, frames.shape[:3], _told(labels(), len(frames), "cutting out", progress)
    )


def _told(rows: Iterable[UInt8], count: int, stage: str, progress: Progress) -> Iterator[UInt8]:
    for done, row in enumerate(rows, start=1):
        yield row
        progress(stage, done / count)


def _write_notes(capture: Capture, fit: Fit, unused: list[Stretch], window: Window, path: Path) -> None:
    """What a reader of the capture should know, as JSON."""
    notes = {
        "unused": [asdict(stretch) for stretch in unused],
        "usable_s": float((capture.confidence_n > 0).sum() / FPS),
        "shots": int(capture.shots_n[-1]) + 1,
        "residual_px": float(np.nanmedian(fit.residuals_n)),
        "face_px": fit.face_px,
        "focal_px": fit.focal_px,
        "camera_turned": window.turned,
        "person": fit.person.to_json(),
    }
    path.write_text(json.dumps(notes))


def person_in(folder: Path) -> Person | None:
    """Who was tracked into a capture's folder, where it was tracked and not made up."""
    try:
        notes = json.loads((folder / NOTES).read_text())
    except (OSError, ValueError):
        return None
    return Person.from_json(notes["person"]) if "person" in notes else None
