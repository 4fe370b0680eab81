"""A training looked at on its way: frames that it has not seen, whether the mouth follows what is heard, and
how well seen and heard find each other.

A mouth that follows its surroundings in place of the sound looks well in its own frame. So words are drawn
in the surroundings of other moments as well: those of the same clip in reverse.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from talkwire.training.capture import UInt8
from talkwire.training.devices import moved
from talkwire.training.g4g.alignment import TEMPERATURE, WINDOW_OF, moving, similarity, top_1
from talkwire.training.g4g.batches import Int64
from talkwire.training.g4g.reader import LipReader
from talkwire.training.g4g.regions import masks_of, mouths_of
from talkwire.training.g4g.trainer import Trainer
from talkwire.training.measures import correlation
from talkwire.training.tracking.store import writing

SAMPLES, SIMILARITY = "samples.jpeg", "similarity.png"
COLUMNS: Final = 8  # moments in a picture of samples
CLIP: Final = 48  # moments in a picture of S, at most
MARK_PX: Final = 5  # of each
AT_ONCE: Final = 16
MOST_CLIPS: Final = 6  # that are looked at


@dataclass(frozen=True, slots=True)
class Look:
    """Of held-out moments. psnr_db: in the mask.  aperture_r: the opening of lips drawn in other
    surroundings, as a linear reader of mouths sees it, against the truth.  top_1: of true mouths among the
    moments of their clip but the ones beside them; top_1_strict: among these as well; top_1_drawn: of mouths
    that were drawn in other surroundings.
    """

    psnr_db: float
    aperture_r: float
    top_1: float
    top_1_strict: float
    top_1_drawn: float

    def row(self) -> dict[str, float]:
        """As a training writes it down."""
        return {f"held_{name}": float(getattr(self, name)) for name in self.__slots__}


@torch.no_grad()
def look(trainer: Trainer, reader: LipReader, folder: Path, name: str) -> Look:
    """Measure, and write the pictures NAME.samples.jpeg and NAME.similarity.png. Raises TrainingError for a
    full disk.

    Samples are the truth, what is drawn in its place, and the same words in the surroundings of one frame.
    """
    batches, side, clips = trainer.batches, trainer.side, held_clips(trainer)
    maps = trainer.maps()
    own = [drawn(trainer, maps, clip, clip) for clip in clips]
    other = [drawn(trainer, maps, clip, clip[::-1]) for clip in clips]
    error = torch.cat([masks_of(o - batches.crops(c), side) for o, c in zip(own, clips, strict=True)])
    said, lips = np.concatenate(clips), batches.footage.lips_nx2[:, 0]
    opening = reader.read(mouths_of(torch.cat(other), side))
    scores = [true_scores(trainer, clip) for clip in clips]
    heard = [batches.footage.heard_kxnx5xc[0, clip] for clip in clips]
    asked = [moving(one, batches.spread_c) for one in heard]
    made = [drawn_scores(trainer, clip, pictures) for clip, pictures in zip(clips, other, strict=True)]
    some = np.linspace(0, len(clips[0]) - 1, COLUMNS).astype(int)
    still = drawn(trainer, maps, clips[0][some], np.full(COLUMNS, clips[0][0]))
    sheet = _sheet([batches.crops(clips[0][some]), own[0][some], still])
    _write(sheet, folder / f"{name}.{SAMPLES}")
    _write(np.concatenate([heat(scores[0]), heat(made[0])]), folder / f"{name}.{SIMILARITY}")
    return Look(
        psnr_db=float((-10 * torch.log10(error.square().mean(dim=(1, 2, 3)).clamp_min(1e-10))).mean()),
        aperture_r=correlation(opening, lips[said].astype(np.float64)),
        top_1=_found(scores, asked, near=False),
        top_1_strict=_found(scores, asked, near=True),
        top_1_drawn=_found(made, asked, near=False),
    )


def held_clips(trainer: Trainer) -> list[Int64]:
    """Frames of held-out clips that are long enough to be judged by, those first in which lips move most; all
    that is held out where none is.
    """
    held, shots = trainer.held_k, trainer.batches.footage.shots_n
    cuts = np.flatnonzero((np.diff(held) != 1) | (np.diff(shots[held]) != 0)) + 1
    clips = [clip for clip in np.split(held, cuts) if len(clip) >= WINDOW_OF]
    lips = trainer.batches.footage.lips_nx2[:, 0]
    return sorted(clips, key=lambda clip: -float(lips[clip].std()))[:MOST_CLIPS] or [held]


@torch.no_grad()
def drawn(trainer: Trainer, maps: tuple[Tensor, Tensor], said: Int64, around: Int64) -> Tensor:
    """[n, 3, H, W]: what is said at some frames in the surroundings of others, heard by the live network."""
    batches, pictures = trainer.batches, []
    for start in range(0, len(said), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        heard = torch.from_numpy(batches.footage.heard_kxnx5xc[0, said[some]])
        feeds = moved((batches.crops(around[some]), batches.drawings(around[some]), heard), trainer.device)
        pictures.append(trainer.networks.model(*feeds, *maps).cpu())
    return torch.cat(pictures)


@torch.no_grad()
def true_scores(trainer: Trainer, clip: Int64) -> Tensor:
    """S of the moments of one clip, as they were filmed."""
    return _scores(trainer, clip, trainer.batches.seen(clip, varied=False))


@torch.no_grad()
def drawn_scores(trainer: Trainer, clip: Int64, crops: Tensor) -> Tensor:
    """S of the same moments as they were drawn, [n, 3, H, W]; before the first one there was nothing else."""
    back = np.arange(len(clip))[:, None] + np.arange(-4, 1)
    return _scores(trainer, clip, mouths_of(crops, trainer.side)[torch.from_numpy(back.clip(0))])


def _scores(trainer: Trainer, clip: Int64, mouths: Tensor) -> Tensor:
    networks, heard = trainer.networks, trainer.batches.footage.heard_kxnx5xc[0, clip]
    v = networks.eye(moved(mouths, trainer.device))
    a = networks.a(networks.model.heard(moved(torch.from_numpy(heard), trainer.device)))
    return similarity(v, a).cpu()


def heat(scores_nxn: Tensor) -> UInt8:
    """A picture of S: white is no likeness, red is likeness, blue its opposite."""
    warm = (scores_nxn[:CLIP, :CLIP] * TEMPERATURE).clamp(-1, 1).numpy()
    cool = np.clip(1 - np.abs(warm), 0, 1)
    red, blue = np.where(warm > 0, 1, cool), np.where(warm < 0, 1, cool)
    picture = np.rint(np.stack([red, cool, blue], axis=2) * 255).astype(np.uint8)
    framed = np.pad(picture.repeat(MARK_PX, axis=0).repeat(MARK_PX, axis=1), ((4, 4), (4, 4), (0, 0)))
    return np.asarray(framed)


def _sheet(rows: Sequence[Tensor]) -> UInt8:
    """A row of pictures for each [n, 3, H, W]."""
    lines = [torch.cat(list(row), dim=2) for row in rows]
    picture = torch.cat(lines, dim=1).permute(1, 2, 0).clamp(0, 1)
    return np.asarray((255 * picture).round().numpy().astype(np.uint8))


def _write(picture: UInt8, path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG" if path.suffix == ".png" else "JPEG", quality=92)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue())


def _found(scores: Sequence[Tensor], asked: Sequence[Tensor], *, near: bool) -> float:
    """The mean over clips in which something is asked for."""
    values = [top_1(one, near=near, asked_n=some) for one, some in zip(scores, asked, strict=True)]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else 0.0
