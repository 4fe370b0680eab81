"""A take against the truth, picture by picture: likeness, whose face it is, trembling, the seam."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32
from talkwire.training import measures, perceptual
from talkwire.training.capture import UInt8
from talkwire.training.g4g import identity
from talkwire.training.g4g.measures import (
    Box,
    border_offset,
    border_steps,
    box_of,
    crop_box,
    flicker,
    mask_box,
)
from talkwire.training.g4g.takes import Take

LOOKED_AT: Final = 60  # frames for what takes long: perception and identity
MARGIN_PX: Final = 8  # around what SSIM is taken of: its windows see so far
FIGURES: Final = (
    *("face_psnr_db", "face_ssim", "face_st_lpips", "mouth_psnr_db", "mouth_ssim", "mouth_st_lpips"),
    *("identity", "flicker", "true_flicker", "flicker_around", "true_flicker_around"),
    "border_offset",
)

Rows = defaultdict[str, list[float]]


def picture_figures(
    take: Take,
    landmarks_nx478x2: Float32,
    likeness: identity.Likeness,
    say: Callable[[float], None] = lambda share: None,
) -> dict[str, float | None]:
    """Means over the usable frames, None where not measured.

    face_*: in the box of the face's landmarks; mouth_*: in the square that is generated.  identity: see
    `identity.Likeness`.  flicker: levels, in that square; flicker_around: in the crop around it; seam: see
    `measures.border_steps`; each of the take and, true_*, of the truth at the same places.  border_offset:
    levels, see `measures.border_offset`.
    landmarks_nx478x2: of the truth, NaN where there are none.
    """
    footage, rows = take.footage, defaultdict[str, list[float]](list)
    frames = [n for n in take.frames if np.isfinite(landmarks_nx478x2[n]).all()]
    looked_at = {frames[k] for k in np.linspace(0, len(frames) - 1, min(LOOKED_AT, len(frames))).astype(int)}
    last: deque[tuple[int, UInt8, UInt8]] = deque(maxlen=3)
    for count, n in enumerate(frames):
        found, wanted = take.picture(n), np.asarray(footage.frames_nxhxwx3[n])
        place = footage.centres_nx2[n], footage.radius_px
        mouth = mask_box(wanted.shape[:2], *place)
        boxes = {"face": box_of(landmarks_nx478x2[n], wanted.shape[:2]), "mouth": mouth}
        for name, box in boxes.items():
            _compare(rows, name, found, wanted, box, perceived=n in looked_at)
        if n in looked_at and identity.installed():
            rows["identity"].append(likeness.distance(n, found, wanted, landmarks_nx478x2[n]))
        for of, picture in (("", found), ("true_", wanted)):
            across, beside = border_steps(picture, *place)
            rows[f"{of}across"].append(across)
            rows[f"{of}beside"].append(beside)
        rows["border_offset"].append(border_offset(found, wanted, *place))
        last.append((n, found, wanted))
        if len(last) == 3 and _in_a_row([k for k, _, _ in last], footage.shots_n):
            crop = crop_box(wanted.shape[:2], *place)
            _flicker(rows, "", [picture for _, picture, _ in last], mouth, crop)
            _flicker(rows, "true_", [picture for _, _, picture in last], mouth, crop)
        say((count + 1) / len(frames))
    mean = {name: float(np.nanmean(values)) for name, values in rows.items()}
    seams = {of: mean.get(f"{of}across", 0) / max(mean.get(f"{of}beside", 0), 1e-6) for of in ("", "true_")}
    return {name: mean.get(name) for name in FIGURES} | {f"{of}seam": seam for of, seam in seams.items()}


def _compare(rows: Rows, name: str, found: UInt8, wanted: UInt8, box: Box, *, perceived: bool) -> None:
    """Inside a box of a frame; SSIM's windows see MARGIN_PX beyond it."""
    rise, run = (slice(max(0, side.start - MARGIN_PX), side.stop + MARGIN_PX) for side in box)
    inside = np.zeros(wanted[rise, run].shape[:2], bool)
    inside[_within(box, (rise, run))] = True
    if not inside.any():
        return
    a, b = (picture[rise, run].astype(np.float32) / 255 for picture in (found, wanted))
    rows[f"{name}_psnr_db"].append(measures.psnr_db(a, b, inside))
    rows[f"{name}_ssim"].append(measures.ssim(a, b, inside))
    if perceived and perceptual.installed():
        pair = (np.asarray(picture[box] / 255, np.float32) for picture in (found, wanted))
        rows[f"{name}_st_lpips"].append(perceptual.st_lpips(*pair))


def _in_a_row(frames: list[int], shots_n: npt.NDArray[np.int64]) -> bool:
    return frames[2] - frames[0] == 2 and bool(shots_n[frames[0]] == shots_n[frames[2]])


def _flicker(rows: Rows, of: str, three: Sequence[UInt8], mouth: Box, crop: Box) -> None:
    trembling = flicker(three, crop)
    drawn = np.zeros(trembling.shape, bool)
    drawn[_within(mouth, crop)] = True
    for name, where in (("flicker", drawn), ("flicker_around", ~drawn)):
        if where.any():
            rows[of + name].append(float(trembling[where].mean()))


def _within(box: Box, around: Box) -> Box:
    """A box, counted from the corner of another that holds it."""
    rise, run = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(box, around, strict=True))
    return rise, run
