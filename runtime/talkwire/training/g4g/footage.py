"""Footage: a filmed person as a generator of mouths learns it, what was seen beside what was heard.

On disk a folder: footage.json; frames.npy, crops.npy, drawings.npy (read in place, never whole); tracks.npz.
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
from talkwire.runtime.g4g_geometry import crop_size
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.tracking.store import writing

FORMAT_VERSION: Final = 1
CARD: Final = "footage.json"
FRAMES, CROPS, DRAWINGS, TRACKS = "frames.npy", "crops.npy", "drawings.npy", "tracks.npz"
NETWORKS: Final = ("live", "quality")  # whose motion is heard, in this order


@dataclass(frozen=True, slots=True)
class FootageCard:
    """What footage says of itself.

    side: M, of the mask in a crop.  radius_px: r, half of it in a frame.  size_hw: of a frame.  shows,
    licence, source: who is seen and that they agreed, under which terms, which files.  frames: where they
    lie, from the footage's folder on.  unused: stretches that were left out, a sentence each.
    """

    side: int
    radius_px: float
    fps: float
    size_hw: tuple[int, int]
    shows: str
    licence: str
    source: str
    frames: str = FRAMES
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Footage:
    """N frames of one person, 25 a second.

    frames_nxhxwx3: uint8 sRGB.  crops_nxhxwx3, drawings_nxhxw: uint8, of `g4g_geometry.crop_size(side)`.
    heard_kxnx5xc: float32, for each of NETWORKS the window of expressions at each frame, in the order of
    `g4g_geometry.HEARD`.  lips_nx2: opening of the inner lips and width of the mouth, shares of the face's
    height.  centres_nx2: x and y of each crop's centre in its frame.  landmarks_nx478x2: pixels of the frame;
    NaN where no face was found.  confidence_n: 0 for a frame that must not be used.  shots_n: int64, rises
    at each cut and file: nothing reaches across.  loudness_n: dB below full scale.
    """

    card: FootageCard
    frames_nxhxwx3: UInt8
    crops_nxhxwx3: UInt8
    drawings_nxhxw: UInt8
    heard_kxnx5xc: Float32
    lips_nx2: Float32
    centres_nx2: Float32
    landmarks_nx478x2: Float32
    confidence_n: Float32
    shots_n: npt.NDArray[np.int64]
    loudness_n: Float32

    @property
    def side(self) -> int:
        """M."""
        return self.card.side

    @property
    def radius_px(self) -> float:
        """r."""
        return self.card.radius_px

    @property
    def size_hw(self) -> tuple[int, int]:
        """Of a frame."""
        return self.card.size_hw

    @property
    def usable(self) -> npt.NDArray[np.int64]:
        """Numbers of the frames that may be used."""
        return np.flatnonzero(self.confidence_n > 0)

    def crop_points(self, numbers: npt.NDArray[np.int64]) -> Float32:
        """[n, 478, 2] the landmarks of some frames, as pixels of their crops."""
        return to_crop(self.landmarks_nx478x2[numbers], self.centres_nx2[numbers], self.radius_px, self.side)

    def __len__(self) -> int:
        return len(self.shots_n)


def to_crop(points_nxlx2: Float32, centres_nx2: Float32, radius_px: float, side: int) -> Float32:
    """[N, L, 2] points of frames as pixels of their crops; centres at halves in both."""
    width = crop_size(side)[1]
    scale = side / (2 * radius_px)
    middle = np.array([width / 2, side / 2], np.float32)
    return np.asarray((points_nxlx2 - centres_nx2[:, None]) * scale + middle, np.float32)


_TRACKS: Final = (
    *("heard_kxnx5xc", "lips_nx2", "centres_nx2", "landmarks_nx478x2", "confidence_n", "shots_n"),
    "loudness_n",
)


def save_footage(footage: Footage, folder: Path) -> None:
    """Write what is not there yet; the card comes last, so a folder with a card is whole. Raises
    TrainingError. Frames, crops and drawings have been written in place.
    """
    with writing(folder):
        np.savez(folder / TRACKS, allow_pickle=False, **{name: getattr(footage, name) for name in _TRACKS})
        partial = folder / f"{CARD}.partial"
        partial.write_text(json.dumps({"format": FORMAT_VERSION, **asdict(footage.card)}, indent=1))
        partial.replace(folder / CARD)


def load_footage(folder: Path) -> Footage:
    """Open a folder that `save_footage` wrote; pictures stay on disk. Raises TrainingError."""
    try:
        card = _read_card(folder / CARD)
        with (folder / TRACKS).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            tracks: dict[str, Any] = {name: stored[name] for name in _TRACKS}
        pictures = [
            np.load(folder / name, mmap_mode="r", allow_pickle=False)
            for name in (card.frames, CROPS, DRAWINGS)
        ]
        footage = Footage(card, *pictures, **tracks)
        counts = {len(array) for array in (*pictures, *(tracks[name] for name in _TRACKS[1:]))}
        if counts != {tracks["heard_kxnx5xc"].shape[1]}:
            raise ValueError(f"{sorted(counts)} frames that should be as many")
        if footage.crops_nxhxwx3.shape[1:3] != crop_size(card.side):
            raise ValueError(f"crops of {footage.crops_nxhxwx3.shape[1:3]} for a side of {card.side}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, *UNREADABLE) as error:
        raise TrainingError(
            f"{folder} holds no footage",
            seen=f"{type(error).__name__}: {error}",
            wanted=f"a folder with {CARD}, {CROPS}, {DRAWINGS} and {TRACKS}, and its frames",
            cure="make it again from the video",
        ) from None
    return footage


def _read_card(path: Path) -> FootageCard:
    fields = json.loads(path.read_text())
    if fields.pop("format") != FORMAT_VERSION:
        raise ValueError("another format version")
    height, width = fields["size_hw"]
    return FootageCard(**fields | {"size_hw": (height, width), "unused": tuple(fields["unused"])})
