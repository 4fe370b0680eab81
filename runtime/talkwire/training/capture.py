"""A capture: one head on video with everything known of each frame. Trackers and generators write it,
trainers and judges read it, and neither knows the other.

On disk a folder: capture.json, frames.npy and labels.npy (read in place, never whole), tracks.npz.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.avatar_file import UNREADABLE
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32

FORMAT_VERSION: Final = 1
CARD: Final = "capture.json"
FRAMES, LABELS, TRACKS = "frames.npy", "labels.npy", "tracks.npz"
BACKGROUND, HEAD, IGNORED = (
    0,
    1,
    2,
)  # labels of pixels; ignored: neck, shoulders, hands, whatever is not known

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CaptureCard:
    """What a capture says of itself.

    head: the name of the morphable head that was fitted.  focal_px: focal length; the optical axis meets the
    picture's centre.  shows, licence, source: who is seen and that they agreed, under which terms, which
    file. exact: codes, poses and labels are ground truth, not measurements.  light: "flat" (pictures are the
    bare colour of surfaces) or "scene".
    """

    head: str
    fps: float
    focal_px: float
    shows: str
    licence: str
    source: str
    exact: bool = False
    light: str = "scene"


@dataclass(frozen=True)
class Capture:
    """N frames of one head.

    frames_nxhxwx3: uint8 sRGB, row 0 on top.  labels_nxhxw: uint8, BACKGROUND, HEAD or IGNORED.
    identity_i: [I] of the morphable head.  rest_52: its weights when this face is at rest.  codes_nx52:
    float32, `arkit.ARKIT_NAMES`' order, counted from there: 0 at rest, at most 1, below 0 where a face
    relaxes more than at rest (see `MorphableHead.resting`).
    rotations_nx4: xyzw, translations_nx3_m: head to camera; the camera looks along -Z, +Y up.
    landmarks_nx478x2: pixels, x to the right, y down; NaN where not found.  confidence_n: [0, 1], 0 for a
    frame that must not be used.  shots_n: int64, rises at each cut: time windows do not reach across.
    """

    card: CaptureCard
    frames_nxhxwx3: UInt8
    labels_nxhxw: UInt8
    identity_i: Float32
    rest_52: Float32
    codes_nx52: Float32
    rotations_nx4: Float32
    translations_nx3_m: Float32
    landmarks_nx478x2: Float32
    confidence_n: Float32
    shots_n: npt.NDArray[np.int64]

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.frames_nxhxwx3.shape[1], self.frames_nxhxwx3.shape[2]

    def __len__(self) -> int:
        return len(self.codes_nx52)


def project(points_m: npt.NDArray[np.floating], focal_px: float, size_hw: tuple[int, int]) -> Float32:
    """[..., 2] pixels (x, y) of points in camera space, [..., 3] metres. Pixel centres are at halves."""
    height, width = size_hw
    ahead = -points_m[..., 2]
    x = width / 2 + focal_px * points_m[..., 0] / ahead
    y = height / 2 - focal_px * points_m[..., 1] / ahead
    return np.asarray(np.stack([x, y], axis=-1), np.float32)


_TRACKS: Final = (
    *("identity_i", "rest_52", "codes_nx52", "rotations_nx4", "translations_nx3_m"),
    *("landmarks_nx478x2", "confidence_n", "shots_n"),
)


def save_capture(capture: Capture, folder: Path) -> None:
    """Write the folder; the card comes last, so a folder with a card is whole. Raises TrainingError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD).unlink(missing_ok=True)
        for name, array in ((FRAMES, capture.frames_nxhxwx3), (LABELS, capture.labels_nxhxw)):
            if not _lies_at(array, folder / name):  # else it was written in place
                np.save(folder / name, array)
        np.savez(folder / TRACKS, allow_pickle=False, **{name: getattr(capture, name) for name in _TRACKS})
        card = json.dumps({"format": FORMAT_VERSION, **asdict(capture.card)}, indent=1)
        partial = folder / f"{CARD}.partial"
        partial.write_text(card)
        partial.replace(folder / CARD)
    except OSError as error:
        raise TrainingError(
            f"the capture {folder} cannot be written",
            seen=error.strerror or error,
            wanted="a writable folder with free space",
            cure="free some space or choose another folder",
        ) from None


def _lies_at(array: npt.NDArray[Any], path: Path) -> bool:
    held = getattr(array, "filename", None)
    return held is not None and Path(held).resolve() == path.resolve()


def load_capture(folder: Path) -> Capture:
    """Open a folder that `save_capture` wrote; frames stay on disk. Raises TrainingError."""
    try:
        card = json.loads((folder / CARD).read_text())
        if card.pop("format") != FORMAT_VERSION:
            raise ValueError("another format version")
        with (folder / TRACKS).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            tracks: dict[str, Any] = {name: stored[name] for name in _TRACKS}
        pictures = [np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in (FRAMES, LABELS)]
        capture = Capture(CaptureCard(**card), *pictures, **tracks)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, *UNREADABLE) as error:
        raise TrainingError(
            f"{folder} is not a capture",
            seen=f"{type(error).__name__}: {error}",
            wanted=f"a folder with {CARD}, {FRAMES}, {LABELS} and {TRACKS}",
            cure="track the video again",
        ) from None
    counts = {name: len(getattr(capture, name)) for name in ("frames_nxhxwx3", "labels_nxhxw", *_TRACKS[2:])}
    if len(set(counts.values())) != 1:
        raise TrainingError(
            f"{folder} does not fit together", seen=counts, wanted="one count", cure="track the video again"
        )
    return capture
