"""A take's lips against those of the truth, both as MediaPipe sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.measures import aperture, lip_curves, lip_distance_px, share_closed, silent_frames
from talkwire.training.g4g.takes import Take
from talkwire.training.measures import Float64
from talkwire.training.motion.phone_times import Phones
from talkwire.training.motion.phones import OPEN_VOWELS, SEAL
from talkwire.training.tracking.landmarks import look_for_faces

CLOSED_SHARE: Final = 0.2  # of the true speech's p95 opening: below, an onlooker calls the lips closed
MIDDLE: Final = -1.0  # slack_s: of a vowel only the middle half is looked at

Progress = Callable[[float], None]


@dataclass(frozen=True)
class TrueLips:
    """What the video itself shows. landmarks_nx478x2: NaN in frames that are not used or show no face.

    aperture_n: over the height of the face.  closed: an opening below it looks closed.  phones: in seconds of
    the frames, as if these were one video.
    """

    landmarks_nx478x2: Float32
    aperture_n: Float64
    closed: float
    phones: Phones


def true_lips(footage: Footage, phones: Phones, say: Progress = lambda share: None) -> TrueLips:
    """Look at the video as at any take. Raises TrainingError where no face is seen, MissingDependency."""
    landmarks = look(footage, lambda n: np.asarray(footage.frames_nxhxwx3[n]), say=say)
    opening = aperture(landmarks, landmarks)
    if not np.isfinite(opening).any():
        raise TrainingError(
            "there is nothing to compare the avatar with",
            seen=f"no face in {len(footage.usable)} usable frames of {len(footage)}",
            wanted="the person, looking at the camera and speaking",
            cure="use another video",
        )
    spoken = opening[np.isfinite(opening) & ~silent_frames(len(opening), phones)] if phones else opening
    closed = CLOSED_SHARE * float(np.nanpercentile(spoken if len(spoken) else opening, 95))
    return TrueLips(landmarks, opening, closed, phones)


def lip_figures(take: Take, true: TrueLips, say: Progress = lambda share: None) -> dict[str, Any]:
    """What `spoken_figures` says, and lips_px: mean distance of the lips' landmarks, pixels of the frame."""
    found, wanted = look(take.footage, take.picture, take.frames, say), true.landmarks_nx478x2
    there = np.isfinite(found[:, 0, 0]) & np.isfinite(wanted[:, 0, 0])
    distance = lip_distance_px(found[there], wanted[there])
    figures = spoken_figures(aperture(found, wanted), true, take.footage)
    return {"lips_px": float(distance.mean()) if there.any() else None, **figures}


def spoken_figures(opening_n: Float64, true: TrueLips, footage: Footage) -> dict[str, Any]:
    """How an opening, over the face's height and NaN where no face is seen, follows the true one: see
    `measures.lip_curves`.

    closures: share of p, b, m in which the lips close; false_closures: of open vowels; silence: mean opening
    where nothing is said; None where nobody knows what is said.  faces: share of frames in which a face is
    seen.
    """
    there = np.isfinite(opening_n)
    if not there.any():
        return {"faces": 0.0}
    silent = silent_frames(len(opening_n), true.phones) & there
    return {
        **lip_curves(opening_n, true.aperture_n, footage.shots_n),
        "closures": share_closed(opening_n, true.phones, SEAL, true.closed),
        "false_closures": share_closed(opening_n, true.phones, OPEN_VOWELS, true.closed, MIDDLE),
        "silence": float(opening_n[silent].mean()) if true.phones and silent.any() else None,
        "faces": float(there.sum() / max(1, np.isfinite(true.aperture_n).sum())),
    }


def look(
    footage: Footage,
    picture: Callable[[int], UInt8],
    frames: Sequence[int] | npt.NDArray[np.int64] | None = None,
    say: Progress = lambda share: None,
) -> Float32:
    """[N, 478, 2] landmarks in pictures of these frames, all usable ones where none are named; NaN elsewhere.
    Raises TrainingError, MissingDependency.
    """
    frames = footage.usable if frames is None else frames
    landmarks = np.full((len(footage), 478, 2), np.nan, np.float32)
    if not len(frames):
        return landmarks
    done = iter(range(1, len(frames) + 1))
    seen = look_for_faces((picture(int(n)) for n in frames), seen=lambda: say(next(done) / len(frames)))
    landmarks[frames] = seen.landmarks_nx478x2
    return landmarks
