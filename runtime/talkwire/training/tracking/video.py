"""Videos as RGB frames at 25 a second: upright, square pixels, whatever the file's rate, rotation and size.

Frames come one at a time; nothing is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.errors import TrainingError, missing
from talkwire.training.capture import UInt8

FPS: Final = 25
HD_LINES: Final = 720  # from here on a video that does not say has the colours of HD (BT.709)
CURE: Final = "play it in a video player; if it plays, convert it: ffmpeg -i VIDEO -c:v libx264 good.mp4"


@dataclass(frozen=True, slots=True)
class Footage:
    """Videos of one size, one after the other.

    size_hw: upright pixels, square ones.  frames_expected: a guess.
    """

    paths: tuple[Path, ...]
    size_hw: tuple[int, int]
    frames_expected: int

    @property
    def name(self) -> str:
        """The files' names."""
        return ", ".join(path.name for path in self.paths)

    def frames(self, size_hw: tuple[int, int] | None = None) -> Iterator[tuple[int, UInt8]]:
        """Each frame with the number of its file; [H, W, 3] uint8 sRGB. size_hw: scaled to it.

        A file that breaks off gives what could be read. Raises TrainingError if that is nothing.
        """
        for number, path in enumerate(self.paths):
            for picture in _at_fps(_decode(path), Fraction(FPS)):
                yield number, _upright(picture, size_hw or self.size_hw)


def open_footage(paths: Sequence[Path]) -> Footage:
    """Look at the files. Raises TrainingError for one that is no video, MissingDependency without PyAV."""
    if not paths:
        raise TrainingError("there is nothing to track", seen="no file", wanted="a video", cure="name one")
    sizes, lengths_s = zip(*(_probe(path) for path in paths), strict=True)
    for path, size in zip(paths, sizes, strict=True):
        if size != sizes[0]:
            raise TrainingError(
                f"{path} does not go with {paths[0]}",
                seen=f"{size[1]}x{size[0]} pixels",
                wanted=f"{sizes[0][1]}x{sizes[0][0]}",
                cure="track videos from one camera setting together, others apart",
            )
    return Footage(tuple(paths), sizes[0], max(1, round(sum(lengths_s) * FPS)))


def _probe(path: Path) -> tuple[tuple[int, int], float]:
    """Upright height and width with square pixels, and the seconds that the file claims to last."""
    with _opened(path) as (container, stream):
        picture = next(_decode(path), None)
        if picture is None:
            raise _unreadable(path, "no picture in it")
        squareness = stream.sample_aspect_ratio or Fraction(1)
        height, width = picture.height, max(1, round(picture.width * squareness))
        size = (width, height) if round(picture.rotation / 90) % 2 else (height, width)
        return size, float(container.duration or 0) / 1e6


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The file and its first video stream."""
    av = load_av()
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _unreadable(path, "no moving picture in it")
            yield container, container.streams.video[0]
    except av.error.FFmpegError as error:
        raise _unreadable(path, error.strerror or repr(error)) from None


def _decode(path: Path) -> Iterator[Any]:
    """Frames of the first video stream in the order of their times, as far as they can be read."""
    av, shown = load_av(), 0
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        try:
            for picture in container.decode(stream):
                yield picture
                shown += 1
        except av.error.FFmpegError:
            if not shown:
                raise


def _at_fps(pictures: Iterator[Any], fps: Fraction) -> Iterator[Any]:
    """At each k / fps the picture whose time is nearest, counted from the first one's."""
    shown, held, held_s, start_s, step_s = 0, None, Fraction(0), None, 1 / fps
    for picture in pictures:
        time_s = _time_s(picture, held_s + step_s)
        start_s = time_s if start_s is None else start_s
        if held is not None and time_s <= held_s:
            continue  # a broken clock: the picture has no time of its own
        while held is not None and start_s + shown / fps < (held_s + time_s) / 2:
            yield held
            shown += 1
        step_s = min(time_s - held_s, Fraction(1)) if held is not None else step_s
        held, held_s = picture, time_s
    while held is not None and start_s is not None and start_s + shown / fps < held_s + step_s / 2:
        yield held
        shown += 1


def _time_s(picture: Any, guess_s: Fraction) -> Fraction:
    if picture.pts is None or picture.time_base is None:
        return guess_s
    return Fraction(picture.pts * picture.time_base)


def _upright(picture: Any, size_hw: tuple[int, int]) -> UInt8:
    """RGB of the wanted size, turned as the file says."""
    quarters = round(picture.rotation / 90) % 4
    height, width = size_hw if quarters % 2 == 0 else size_hw[::-1]
    colours = {"src_colorspace": "ITU709"} if picture.colorspace == 2 and picture.height >= HD_LINES else {}
    same = (picture.height, picture.width) == (height, width)
    scaled = picture.reformat(
        width=width, height=height, format="rgb24", interpolation="BILINEAR" if same else "AREA", **colours
    )
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), quarters))


def _unreadable(path: Path, seen: str) -> TrainingError:
    return TrainingError(f"{path} cannot be read", seen=seen, wanted="a video file", cure=CURE)


def load_av() -> Any:
    """PyAV. Raises MissingDependency."""
    try:
        import av
    except ImportError:
        raise missing("av", extra="train", need="reading video") from None
    return av
