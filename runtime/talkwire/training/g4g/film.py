"""From videos of a person, or from a made-up one, to footage: the recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime import g4g_geometry as geometry
from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.capture import CARD as CAPTURE_CARD
from talkwire.training.capture import FRAMES as CAPTURE_FRAMES
from talkwire.training.capture import HEAD, IGNORED, UInt8, load_capture
from talkwire.training.g4g import footage as folder_of
from talkwire.training.g4g import heard, placing
from talkwire.training.g4g.covered import find_covered
from talkwire.training.g4g.drawing import draw_all
from talkwire.training.g4g.footage import Footage, FootageCard, load_footage, save_footage
from talkwire.training.g4g.unheard import find_unheard
from talkwire.training.g4g.upper import UpperFace
from talkwire.training.g4g.view import choose_view
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.synth.generate import VOICE
from talkwire.training.tracking.landmarks import look_for_faces
from talkwire.training.tracking.shots import (
    demand_enough,
    find_faults,
    find_other_light,
    find_shots,
    stretches,
    thumbnail,
)
from talkwire.training.tracking.store import write_rows, writing
from talkwire.training.tracking.track import survey_footage
from talkwire.training.tracking.video import open_footage

Progress = Callable[[str, float], None]

TILTED: Final = "head tilted too far"
OUTSIDE: Final = "mouth leaves the picture"
COVERED: Final = "something before the mouth"
UNHEARD: Final = "mouth moves without a sound"
UNSEEN: Final = "not tracked"


@dataclass(frozen=True)
class Seen:
    """N frames as they were found. files_n: which file each is of.  voices: the sound of each file.
    faults_n: why a frame cannot be used, or "".  path: of the frames, from the footage's folder on.
    """

    frames_nxhxwx3: UInt8
    landmarks_nx478x2: Float32
    shots_n: npt.NDArray[np.int64]
    files_n: npt.NDArray[np.int64]
    faults_n: npt.NDArray[np.str_]
    voices: tuple[Audio, ...]
    source: str
    path: str = folder_of.FRAMES


def make_footage(
    source: Path | Sequence[Path],
    folder: Path,
    *,
    side: int | None = None,
    like_px: float | None = None,
    shows: str = "",
    licence: str = "",
    landmark_model: Path | None = None,
    progress: Progress = lambda stage, share: None,
) -> Footage:
    """Find face, mouth and voice in a video and write them to a folder.

    source: one video, several of one person, camera and size, which are joined, or the folder of a made-up
    capture, whose landmarks are exact.  side: M; without, 128 where the mouth is sharp enough, else 64.
    like_px: the radius of other footage of this person, taken where the face is as large here.
    shows, licence: who is seen, and that they agreed; under which terms. A capture knows its own.
    progress: told the stage and its share done, in [0, 1].
    Raises TrainingError in one sentence where no mouth can be learned from it; MissingDependency. A folder
    holds footage only when all is written.
    """
    _check(side)
    paths = [source] if isinstance(source, Path) else list(source)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / folder_of.CARD).unlink(missing_ok=True)
    if len(paths) == 1 and (paths[0] / CAPTURE_CARD).is_file():
        card = load_capture(paths[0]).card
        shows, licence = shows or card.shows, licence or card.licence
        seen = _from_capture(paths[0])
    else:
        seen = _from_videos(paths, folder, landmark_model, progress)
    return _cut_out(seen, folder, (side, like_px), shows, licence, progress)


def _from_videos(paths: Sequence[Path], folder: Path, model: Path | None, progress: Progress) -> Seen:
    video = open_footage(paths)
    voices = tuple(heard.sound_of_video(path) for path in paths)  # first: it is soon known if there is none
    survey = survey_footage(video, model, progress)
    view = choose_view(survey.seen, survey.seen_hw, video.size_hw)
    count = len(survey.files_n)
    kept = (view.cut(frame) for _, frame in video.frames(view.scaled_hw))
    frames = write_rows(
        folder / folder_of.FRAMES, (count, *view.size_hw, 3), _told(kept, count, "reading", progress)
    )
    faces = look_for_faces(_told(frames, count, "finding the face", progress), model)
    shots = find_shots(survey.files_n, [thumbnail(frame) for frame in frames], faces)
    faults = find_faults(faces, view.size_hw)
    return Seen(frames, faces.landmarks_nx478x2, shots, survey.files_n, faults, voices, video.name)


def _from_capture(folder: Path) -> Seen:
    capture = load_capture(folder)
    if capture.card.fps != geometry.FPS:
        raise TrainingError(
            f"{folder} does not fit the sound's steps",
            seen=f"{capture.card.fps} frames/s",
            wanted=f"{geometry.FPS}",
            cure="make it again",
        )
    voice = heard.sound_of_capture(folder / VOICE)
    found = np.isfinite(capture.landmarks_nx478x2).all(axis=(1, 2)) & (capture.confidence_n > 0)
    faults = np.where(found, "", UNSEEN).astype("U40")
    return Seen(
        capture.frames_nxhxwx3,
        capture.landmarks_nx478x2,
        capture.shots_n,
        np.zeros(len(capture), np.int64),
        faults,
        (voice,),
        f"{capture.card.source}; {load_nova_head().credit}",
        path=str((folder / CAPTURE_FRAMES).resolve()),
    )


def _cut_out(
    seen: Seen,
    folder: Path,
    given: tuple[int | None, float | None],
    shows: str,
    licence: str,
    progress: Progress,
) -> Footage:
    """What is common to all sources. given: side and radius."""
    faults = seen.faults_n.copy()
    faults[(faults == "") & placing.find_tilted(seen.landmarks_nx478x2)] = TILTED
    demand_enough(faults, seen.source)
    count, size_hw = len(seen.shots_n), (seen.frames_nxhxwx3.shape[1], seen.frames_nxhxwx3.shape[2])
    usable = faults == ""
    upper = UpperFace(seen.landmarks_nx478x2, usable)
    radius = placing.find_radius(seen.landmarks_nx478x2, usable)
    side, radius = given[0], placing.agreed(radius, given[1])
    centres = placing.find_centres(upper, seen.landmarks_nx478x2, seen.shots_n)
    side = side or placing.choose_side(radius)
    placed = centres, radius, side
    crops = _store(folder / folder_of.CROPS, _cut(seen, *placed), (count, 3), side, "cutting out", progress)
    lines = draw_all(upper, seen.landmarks_nx478x2, *placed)
    drawings = _store(folder / folder_of.DRAWINGS, lines, (count,), side, "drawing lines", progress)
    faults[usable & placing.find_outside(centres, radius, size_hw)] = OUTSIDE
    faults = find_other_light(crops, _skin(count, side), seen.shots_n, faults)
    faults[find_covered(crops, faults == "", side)] = COVERED
    heard_windows, loudness = _listened(seen, progress)
    lips = placing.lips(seen.landmarks_nx478x2)
    faults[(faults == "") & find_unheard(loudness, lips[:, 0])] = UNHEARD
    demand_enough(faults, seen.source)
    unused = tuple(str(stretch) for stretch in stretches(faults))
    card = FootageCard(
        side, radius, float(geometry.FPS), size_hw, shows, licence, seen.source, seen.path, unused
    )
    made = Footage(
        *(card, seen.frames_nxhxwx3, crops, drawings, heard_windows),
        *(lips, centres, seen.landmarks_nx478x2),
        *((faults == "").astype(np.float32), seen.shots_n, loudness),
    )
    save_footage(made, folder)
    return load_footage(folder)


def _cut(seen: Seen, centres_nx2: Float32, radius_px: float, side: int) -> Iterator[UInt8]:
    for frame, centre in zip(seen.frames_nxhxwx3, centres_nx2, strict=True):
        yield geometry.cut(frame, centre, radius_px, side)


def _store(
    path: Path, rows: Iterable[UInt8], count_depth: tuple[int, ...], side: int, stage: str, progress: Progress
) -> UInt8:
    """Pictures of a crop's size. count_depth: how many, and their colours where there are several."""
    count, *depth = count_depth
    return write_rows(path, (count, *geometry.crop_size(side), *depth), _told(rows, count, stage, progress))


def _skin(count: int, side: int) -> UInt8:
    """[N, H, W] labels of crops: what is skin in all of them, from the eyes to the nose."""
    labels = np.full(geometry.crop_size(side), IGNORED, np.uint8)
    labels[side // 4 : geometry.mask_rows(side).stop // 2, geometry.mask_columns(side)] = HEAD
    return np.broadcast_to(labels, (count, *labels.shape))


def _listened(seen: Seen, progress: Progress) -> tuple[Float32, Float32]:
    """What is heard at each frame, file by file, and how loud it is."""
    windows, levels = [], []
    for file, voice in enumerate(seen.voices):
        count = int((seen.files_n == file).sum())
        windows.append(heard.heard(voice, count))
        levels.append(heard.loudness(voice, count))
        progress("listening", (file + 1) / len(seen.voices))
    return np.concatenate(windows, axis=1), np.concatenate(levels)


def _told(rows: Iterable[UInt8], count: int, stage: str, progress: Progress) -> Iterator[UInt8]:
    for done, row in enumerate(rows, start=1):
        yield row
        progress(stage, done / count)


def _check(side: int | None) -> None:
    if side is not None and (side < 2 * geometry.SIDE_STEP or side % geometry.SIDE_STEP):
        raise TrainingError(
            "a mouth cannot be drawn at this size",
            seen=f"a side of {side} pixels",
            wanted=f"a multiple of {geometry.SIDE_STEP} from {2 * geometry.SIDE_STEP} on, usually"
            f" {' or '.join(map(str, geometry.SIDES))}",
            cure="leave it out, or choose another",
        )
