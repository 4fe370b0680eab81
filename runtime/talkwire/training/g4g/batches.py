"""What a step looks at: frames and clips for the generator, stretches of moments for seeing and hearing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from talkwire.runtime.errors import TrainingError
from talkwire.runtime.g4g_geometry import WINDOW
from talkwire.training.g4g.alignment import WINDOW_OF
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.masks import MOUTH, mask_pyramid
from talkwire.training.g4g.regions import around_mask, mouth_px, mouths_of, where_it_counts
from talkwire.training.g4g.upper import STEADY

Int64 = npt.NDArray[np.int64]

ALIKE: Final = 4  # frames from which surroundings may be borrowed
ALIKE_PX: Final = 0.01  # of the mouth's side: as far as the rigid face may be off then
APART: Final = 5  # frames: nearer moments show nearly the same mouth
SHIFT_PX: Final = 2  # by which mouths are moved before they are compared with sound
LIPS: Final = 3.0  # how much a mouth counts in the mask
SHADE: Final = 0.15  # and by which they are brighter or darker
AT_ONCE: Final = 256  # crops made small together


@dataclass(frozen=True, slots=True)
class Batch:
    """frames_b: which are wanted, [B].  crop, drawing: their surroundings, or others like them; heard: [B,
    5, 33]. weights_bx1xhxw: where the wanted crop is to be met.
    """

    frames_b: Int64
    crop: Tensor
    drawing: Tensor
    heard: Tensor
    wanted: Tensor
    weights_bx1xhxw: Tensor


class Batches:
    """Footage, and which of its frames there are to learn from; draws from them by a generator of numbers."""

    def __init__(self, footage: Footage, frames_k: Int64, rng: np.random.Generator) -> None:
        self.footage, self.frames_k, self.rng = footage, frames_k, rng
        self.windows_nx5 = windows(footage)
        self.clips = runs(frames_k, footage.shots_n, WINDOW)
        self.stretches = runs(frames_k, footage.shots_n, WINDOW_OF)
        if not len(self.stretches):
            raise too_little(f"no {WINDOW_OF} usable frames in a row")
        self.mouths_nx3xmxm = small_mouths(footage)
        self.alike_kx4 = alike(footage, frames_k)
        heard = footage.heard_kxnx5xc[:, frames_k]
        self.spread_c = np.maximum(heard.reshape(-1, heard.shape[-1]).std(axis=0), 1e-3).astype(np.float32)
        self._weights, self._outside = where_it_counts(footage.side), around_mask(footage.side)

    def frames(self, count: int, *, borrowed: float, noise: float) -> Batch:
        """So many frames, from anywhere."""
        at = self.rng.integers(len(self.frames_k), size=count)
        return self._batch(self.frames_k[at], np.ones(count, np.int64), borrowed, noise)

    def clips_of(self, count: int, *, borrowed: float, noise: float) -> Batch:
        """So many clips of WINDOW frames in a row, one after the other."""
        starts = self.rng.choice(self.clips, count)
        frames = (starts[:, None] + np.arange(WINDOW)).reshape(-1)
        return self._batch(frames, np.full(count, WINDOW), borrowed, noise)

    def moments(self, stretches: int) -> Int64:
        """[9 stretches] frames: some of one clip side by side, some of others."""
        return (self.rng.choice(self.stretches, stretches)[:, None] + np.arange(WINDOW_OF)).reshape(-1)

    def heard(self, frames_n: Int64, *, noise: float, together: int = 1) -> Tensor:
        """[n, 5, 33] by one network or the other, the same for `together` in a row; noise in spreads, the
        same in all five moments.
        """
        heard = self.footage.heard_kxnx5xc
        which = np.repeat(self.rng.integers(len(heard), size=len(frames_n) // together), together)
        rows = heard[which, frames_n]
        wrong = self.rng.standard_normal((len(frames_n) // together, 1, rows.shape[2]), np.float32)
        return torch.from_numpy(rows + noise * np.repeat(wrong, together, axis=0) * self.spread_c)

    def seen(self, frames_n: Int64, *, varied: bool) -> Tensor:
        """[n, 5, 3, m, m] the true mouths up to these frames. varied: moved, and brighter or darker."""
        mouths = torch.from_numpy(self.mouths_nx3xmxm[self.windows_nx5[frames_n]]).float() / 255
        if not varied:
            return mouths
        shade = 1 + SHADE * self.rng.uniform(-1, 1, (len(frames_n), 1, 1, 1, 1)).astype(np.float32)
        shift = self.rng.integers(-SHIFT_PX, SHIFT_PX + 1, 2)
        return torch.roll(mouths * torch.from_numpy(shade), tuple(shift.tolist()), dims=(3, 4))

    def crops(self, frames_n: Int64) -> Tensor:
        """[n, 3, H, W]."""
        return pictures(self.footage.crops_nxhxwx3[frames_n])

    def drawings(self, frames_n: Int64) -> Tensor:
        """[n, 1, H, W]."""
        return pictures(self.footage.drawings_nxhxw[frames_n][..., None])

    def _batch(self, frames_b: Int64, lengths: Int64, borrowed: float, noise: float) -> Batch:
        """lengths: of the clips that frames_b is made of."""
        together = int(lengths[0])
        at = np.searchsorted(self.frames_k, frames_b)
        others = self.alike_kx4[at, self.rng.integers(ALIKE, size=len(at))]
        borrows = np.repeat(self.rng.random(len(lengths)) < borrowed, together) & (others != frames_b)
        around = np.where(borrows, others, frames_b)
        lips = torch.from_numpy(mask_pyramid(self.footage, frames_b)[1][:, None] >= MOUTH)
        weights = self._weights * torch.where(lips, LIPS, 1.0)
        inside = torch.from_numpy(borrows).reshape(-1, 1, 1, 1) * self._outside
        return Batch(
            frames_b,
            self.crops(around),
            self.drawings(around),
            self.heard(frames_b, noise=noise, together=together),
            self.crops(frames_b),
            weights * (1 - inside),
        )


def too_little(seen: str) -> TrainingError:
    """To learn from."""
    return TrainingError(
        "there is too little to learn from",
        seen=seen,
        wanted="some ten seconds of one person who speaks to the camera; a minute is good",
        cure="use a longer video, or more of them",
    )


def pictures(levels_nxhxwxc: npt.NDArray[np.uint8]) -> Tensor:
    """[n, C, h, w] in [0, 1]."""
    return torch.from_numpy(np.array(levels_nxhxwxc)).permute(0, 3, 1, 2).float() / 255


def windows(footage: Footage) -> Int64:
    """[N, 5] frames up to each, in its clip; where that begins, its first lasts, as `history` has it."""
    cut = np.diff(footage.shots_n, prepend=footage.shots_n[:1] - 1) != 0
    cut[1:] |= footage.confidence_n[:-1] <= 0  # what must not be used is not shown either
    firsts = np.flatnonzero(cut)
    first_n = firsts[np.searchsorted(firsts, np.arange(len(footage)), side="right") - 1]
    back = np.arange(len(footage))[:, None] + np.arange(1 - WINDOW, 1)
    return np.asarray(np.maximum(back, first_n[:, None]), np.int64)


def runs(frames_k: Int64, shots_n: npt.NDArray[np.int64], length: int) -> Int64:
    """Frames from which `length` in a row are there and of one clip."""
    starts = frames_k[: max(0, len(frames_k) - length + 1)]
    ends = frames_k[length - 1 :]
    whole = (ends - starts == length - 1) & (shots_n[ends] == shots_n[starts])
    return np.asarray(starts[whole])


def small_mouths(footage: Footage) -> npt.NDArray[np.uint8]:
    """[N, 3, m, m] of all frames, to be compared with sound."""
    pixels = mouth_px(footage.side)
    small = np.empty((len(footage), 3, pixels, pixels), np.uint8)
    for start in range(0, len(footage), AT_ONCE):
        mouths = mouths_of(pictures(footage.crops_nxhxwx3[start : start + AT_ONCE]), footage.side)
        small[start : start + AT_ONCE] = (255 * mouths).round().numpy()
    return small


def alike(footage: Footage, frames_k: Int64) -> Int64:
    """[K, 4] for each frame others of its clip whose face is where its own is, at another time; itself where
    there are none. The upper face counts alone.
    """
    points = footage.crop_points(frames_k)[:, list(STEADY)].reshape(len(frames_k), -1)
    shots, limit = footage.shots_n[frames_k], ALIKE_PX * footage.side * len(STEADY) ** 0.5
    others = np.repeat(frames_k[:, None], ALIKE, axis=1)
    for shot in np.unique(shots):
        inside = np.flatnonzero(shots == shot)
        for start in range(0, len(inside), AT_ONCE):
            some = inside[start : start + AT_ONCE]
            apart = cdist(points[some], points[inside])
            apart[np.abs(frames_k[some, None] - frames_k[inside]) < APART] = np.inf
            best = np.argsort(apart, axis=1)[:, :ALIKE]
            near = np.take_along_axis(apart, best, axis=1) < limit
            rows, columns = np.nonzero(near)
            others[some[rows], columns] = frames_k[inside[best[rows, columns]]]
    return others
