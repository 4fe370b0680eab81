"""The GRID corpus folder: sound, phones and tracked lips of one speaker, with mel rows cached.

The only importer of PyAV in training. Layout of the folder: see `load`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from talkwire.runtime.cache import cache_home
from talkwire.runtime.ear import Ear
from talkwire.runtime.errors import TrainingError, missing
from talkwire.runtime.types import Float32

STEP_HZ: Final = 50
VIDEO_HZ: Final = 25
PITCHES: Final = (0.87, 1.0, 1.17, 1.36)
"""Rates the sound is also heard at: a deeper voice, the speaker, a higher one, a child's."""
FRAME_WIDTH, FRAME_HEIGHT = 360, 288
INNER_LIPS: Final = (13, 14)  # MediaPipe face mesh: middle of the upper and of the lower lip, inside
CORNERS: Final = (61, 291)
FACE_TOP, FACE_CHIN = 10, 152


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance. Times are seconds of the original recording.

    rows: per pitch factor f of PITCHES, [R, 80] float16 log-mel rows of the sound played f times as fast.
    phones: (ARPAbet name, start_s, end_s), covering the clip; empty where nobody knows them.  gap: [T]
    float32, opening of the inner lips over the height of the face at T steps of 1 / 50 s.  width: [T]
    float32, of the mouth over the height of the face.
    """

    name: str
    rows: dict[float, npt.NDArray[np.float16]]
    phones: tuple[tuple[str, float, float], ...]
    gap: Float32 | None = None
    width: Float32 | None = None

    @property
    def steps(self) -> int:
        """T."""
        if self.gap is not None:
            return len(self.gap)
        return int(self.phones[-1][2] * STEP_HZ) + 1 if self.phones else (len(self.rows[1.0]) + 1) // 2


def load(folder: Path, cache: Path | None = None, limit: int | None = None) -> dict[str, list[Clip]]:
    """The clips of each split ("train", "val", "test"), at most `limit` of each.

    folder holds alignments.json, labels.npz, splits.json and video/*.mp4. cache (default: the folder named
    by TALKWIRE_CACHE, or ~/.cache/talkwire) keeps the decoded mel rows. Raises TrainingError when a file
    is absent or damaged.
    """
    alignments, splits = (_read_json(folder / name) for name in ("alignments.json", "splits.json"))
    tracked = _tracked(folder / "labels.npz")
    clips: dict[str, list[Clip]] = {}
    for split, names in splits.items():
        clips[split] = [
            Clip(name, _rows(folder, name, mel_cache(cache)), _phones(alignments[name]), *tracked[name])
            for name in names[:limit]
        ]
    return clips


def mel_cache(cache: Path | None) -> Path:
    """Where mel rows are kept; the number goes up when `talkwire.runtime.ear` hears otherwise."""
    return (cache or cache_home()) / "mel-1"


def remember(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The arrays of an .npz, made and stored if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            np.savez(file, **make())
        partial.replace(path)
    with np.load(path) as stored:
        return dict(stored)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"cannot read {path}",
            seen=type(error).__name__,
            wanted="the GRID speaker folder",
            cure="give its place with --data, or --clips to measure",
        ) from None


def _phones(alignment: dict[str, Any]) -> tuple[tuple[str, float, float], ...]:
    return tuple((str(phone), float(start), float(end)) for phone, start, end in alignment["phones"])


def _tracked(path: Path) -> dict[str, tuple[Float32, Float32]]:
    """Per clip: inner lip gap and the mouth's width, both over the height of the face, at 50 steps a
    second.
    """
    try:
        with path.open("rb") as file, np.load(file) as labels:
            names = [str(name) for name in labels["clips"]]
            marks, index = labels["lm"].astype(np.float64), list(labels["lm_index"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise TrainingError(
            f"cannot read {path}", seen=repr(error)[:80], wanted="tracked labels", cure="check --data"
        ) from None
    pixels = marks[..., :2] * [FRAME_WIDTH, FRAME_HEIGHT]
    at = {mark: pixels[:, :, index.index(mark)] for mark in (*INNER_LIPS, *CORNERS, FACE_TOP, FACE_CHIN)}
    gap, width, height = (
        np.linalg.norm(at[a] - at[b], axis=-1) for a, b in (INNER_LIPS, CORNERS, (FACE_TOP, FACE_CHIN))
    )
    gap_n, width_n = ([_at_steps(row) for row in curve] for curve in (gap / height, width / height))
    return dict(zip(names, zip(gap_n, width_n, strict=True), strict=True))


def _at_steps(values: npt.NDArray[np.float64]) -> Float32:
    """Video frames to motion steps, over frames where no face was found."""
    found = np.flatnonzero(np.isfinite(values))
    if not len(found):
        raise TrainingError(
            "a clip without a face", seen="no tracked frame", wanted="at least one", cure="leave the clip out"
        )
    steps_s = np.arange(len(values) * STEP_HZ // VIDEO_HZ + 1) / STEP_HZ
    return np.interp(steps_s, found / VIDEO_HZ, values[found]).astype(np.float32)


def _rows(folder: Path, name: str, cache: Path) -> dict[float, npt.NDArray[np.float16]]:
    def make() -> dict[str, Any]:
        samples, rate_hz = decode(folder / "video" / f"{name}.mp4")
        return {f"{pitch}": hear(samples, round(rate_hz * pitch)) for pitch in PITCHES}

    stored = remember(cache / f"{name}.npz", make)
    return {pitch: stored[f"{pitch}"] for pitch in PITCHES}


def hear(samples: Float32, rate_hz: int) -> npt.NDArray[np.float16]:
    """To claim another rate is to play it faster or slower: pitch, formants and tempo together."""
    ear = Ear(rate_hz)
    return np.concatenate([ear.push(samples), ear.end()]).astype(np.float16)


def decode(path: Path) -> tuple[Float32, int]:
    """The sound of a video: [S] float32 mono and its rate. Raises TrainingError, MissingDependency."""
    try:
        import av
    except ImportError:
        raise missing("av", extra="render", need="training from video") from None
    try:
        with av.open(str(path)) as video:
            stream = video.streams.audio[0]
            planes = [frame.to_ndarray().mean(axis=0) for frame in video.decode(stream)]
            return np.concatenate(planes).astype(np.float32), int(stream.rate)
    except (OSError, IndexError, ValueError) as error:
        raise TrainingError(
            f"cannot decode the sound of {path}",
            seen=repr(error)[:80],
            wanted="an mp4 with sound",
            cure="copy the corpus again",
        ) from None
