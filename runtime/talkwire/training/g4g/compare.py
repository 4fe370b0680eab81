"""Truth beside result, frame by frame: a film with its sound, or a strip of moments as one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from talkwire.runtime.audio import Audio
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.measures import crop_box
from talkwire.training.g4g.takes import Take
from talkwire.training.synth.video import write_video
from talkwire.training.tracking.store import writing

TRUTH: Final = "filmed"
FILM: Final = ".mp4"
STILLS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
MOMENTS: Final = 10
TILE_PX: Final = 180  # width of a face in the strip
LABEL_PX: Final = 16
PAPER, INK = (255, 255, 255), (20, 20, 20)


def write_comparison(
    takes: Mapping[str, Take],
    path: Path,
    voice: Audio | None = None,
    say: Callable[[float], None] = lambda share: None,
) -> None:
    """The truth and these takes by name: a strip where the file's name is one of STILLS, else a FILM.

    Raises TrainingError when the file cannot be written, MissingDependency without PyAV.
    """
    footage = next(iter(takes.values())).footage
    if path.suffix.lower() in STILLS:
        picture = strip(takes, moments(footage))
        with writing(path):
            Image.fromarray(picture).save(path)
        return
    count = len(footage)
    fps = round(footage.card.fps)
    write_video(_side_by_side(takes), path, fps=fps, voice=voice, progress=lambda k: say(k / count))


def demand_writable(path: Path) -> None:
    """Before anything is measured. Raises TrainingError for a place that cannot be written to."""
    there = path.exists()
    with writing(path), path.open("ab"):
        pass
    if not there:
        path.unlink()


def moments(footage: Footage, count: int = MOMENTS) -> npt.NDArray[np.int64]:
    """Frames evenly over what is used."""
    frames = footage.usable
    chosen = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    return np.asarray(frames[chosen])


def strip(takes: Mapping[str, Take], frames: npt.NDArray[np.int64]) -> UInt8:
    """[H, W, 3] a column for each moment, a row for the truth and for each take; faces alone, one size."""
    rows = [
        [_tile(picture, footage, int(n)) for n in frames] for footage, picture in _pictures(takes).values()
    ]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    page = Image.new("RGB", (sheet.shape[1], sheet.shape[0] + LABEL_PX), PAPER)
    page.paste(Image.fromarray(sheet), (0, LABEL_PX))
    pen, fps = ImageDraw.Draw(page), next(iter(takes.values())).footage.card.fps
    for column, n in enumerate(frames):
        pen.text((column * TILE_PX + 4, 2), f"{n / fps:.2f} s", fill=INK)
    for row, name in enumerate(_pictures(takes)):
        _write(pen, name, LABEL_PX + row * rows[0][0].shape[0] + 4)
    return np.asarray(page)


def _pictures(takes: Mapping[str, Take]) -> dict[str, tuple[Footage, Callable[[int], UInt8]]]:
    footage = next(iter(takes.values())).footage
    truth = {TRUTH: (footage, lambda n: np.asarray(footage.frames_nxhxwx3[n]))}
    return truth | {name: (take.footage, take.picture) for name, take in takes.items()}


def _tile(picture: Callable[[int], UInt8], footage: Footage, n: int) -> UInt8:
    box = crop_box(footage.size_hw, footage.centres_nx2[n], footage.radius_px)
    size = (TILE_PX, round(TILE_PX * 1.3))
    return np.asarray(Image.fromarray(picture(n)[box]).resize(size, Image.Resampling.LANCZOS))


def _side_by_side(takes: Mapping[str, Take]) -> Iterator[UInt8]:
    """Every frame, used or not: the sound goes on."""
    shown = _pictures(takes)
    footage = next(iter(takes.values())).footage
    height, width = (size - size % 2 for size in footage.size_hw)
    for n in range(len(footage)):
        row = [picture(n)[:height, :width] for _, picture in shown.values()]
        page = Image.fromarray(np.concatenate(row, axis=1))
        pen = ImageDraw.Draw(page)
        for column, name in enumerate(shown):
            _write(pen, name, 4, column * width + 4)
        yield np.asarray(page)


def _write(pen: ImageDraw.ImageDraw, text: str, top: int, left: int = 4) -> None:
    """White on black: seen before anything."""
    pen.rectangle(pen.textbbox((left, top), text), fill=INK)
    pen.text((left, top), text, fill=PAPER)
