"""One picture that shows whether a video was tracked well: look at it before you train."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial.transform import Rotation

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.types import Float32
from talkwire.training.capture import HEAD, Capture, UInt8, project
from talkwire.training.heads import points
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.tracking.shots import Stretch
from talkwire.training.tracking.video import FPS

TILE_PX, COLUMNS, ROWS = 320, 4, 3
STRIP_PX, LABEL_PX = 90, 190
WIDTH: Final = TILE_PX * COLUMNS
LINE_PX: Final = 14
PAPER, INK, FAINT, GREY = (255, 255, 255), (20, 20, 20), (225, 225, 225), (245, 215, 215)
SEEN, FITTED, OUTLINE = (230, 30, 30), (40, 220, 60), (0, 220, 255)
LOOPS: Final = (
    points.LIPS_OUTER,
    points.LIPS_INNER,
    points.LEFT_EYE,
    points.RIGHT_EYE,
    points.FACE_OVAL,
)
ROOM: Final = 0.75  # of the face's height, shown around its middle


def draw_report(
    capture: Capture,
    head: MorphableHead,
    residuals_n: Float32,
    blendshapes_nx52: Float32,
    unused: list[Stretch],
    path: Path,
) -> None:
    """Write a PNG: frames with landmarks (red), the fitted head (green), its mask (blue); then curves."""
    tiles = [_tile(capture, head, int(k)) for k in _chosen(capture, residuals_n, COLUMNS * ROWS)]
    curves = [
        ("jaw, fitted", "jaw, MediaPipe", *_pair(capture, blendshapes_nx52, "jawOpen"), (0.0, 1.0)),
        ("blink, fitted", "blink, MediaPipe", *_pair(capture, blendshapes_nx52, "eyeBlinkLeft"), (0.0, 1.0)),
        *_pose_curves(capture),
        ("residual, px", "confidence", residuals_n, capture.confidence_n, (0.0, 2.0)),
    ]
    lines = _lines(capture, residuals_n, unused)
    height = TILE_PX * ROWS + STRIP_PX * len(curves) + LINE_PX * (len(lines) + 1)
    sheet = Image.new("RGB", (WIDTH, height), PAPER)
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % COLUMNS * TILE_PX, k // COLUMNS * TILE_PX))
    pen = ImageDraw.Draw(sheet)
    for k, (first, second, a, b, (low, high)) in enumerate(curves):
        top = TILE_PX * ROWS + STRIP_PX * k
        _strip(pen, top, capture, unused)
        for name, values, colour, row in ((first, a, FITTED, 1), (second, b, SEEN, 2)):
            pen.text((6, top + LINE_PX * row), name, fill=colour)
            _curve(pen, top, values, low, high, colour)
        pen.text((6, top + LINE_PX * 3), f"{low:g} to {high:g}", fill=INK)
    for k, line in enumerate(lines):
        pen.text((6, height - LINE_PX * (len(lines) - k) - 6), line, fill=INK)
    sheet.save(path)


def _chosen(capture: Capture, residuals_n: Float32, count: int) -> npt.NDArray[np.int64]:
    """Frames spread over the video, and those that fit worst."""
    good = np.flatnonzero(capture.confidence_n > 0)
    worst = good[np.argsort(-residuals_n[good])[: count // 4]]
    spread = good[np.linspace(0, len(good) - 1, count - len(worst)).astype(int)]
    return np.sort(np.concatenate([spread, worst]))


def _tile(capture: Capture, head: MorphableHead, number: int) -> Image.Image:
    marks = capture.landmarks_nx478x2[number]
    middle = (np.nanmin(marks, axis=0) + np.nanmax(marks, axis=0)) / 2
    reach = ROOM * float(np.ptp(marks[:, 1])) + 1
    box = tuple(float(v) for v in (*(middle - reach), *(middle + reach)))
    frame = Image.fromarray(np.asarray(capture.frames_nxhxwx3[number]))
    tile = frame.transform((TILE_PX, TILE_PX), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)
    mask = Image.fromarray((np.asarray(capture.labels_nxhxw[number]) == HEAD).astype(np.uint8) * 255)
    seen = np.asarray(mask.transform((TILE_PX, TILE_PX), Image.Transform.EXTENT, box)) > 127
    rim = seen & ~ndimage.binary_erosion(seen)
    pixels: UInt8 = np.array(tile)
    pixels[rim] = OUTLINE
    tile = Image.fromarray(pixels)
    pen, scale = ImageDraw.Draw(tile), TILE_PX / (2 * reach)
    for x, y in (marks - middle + reach) * scale:
        pen.point([(x, y)], fill=SEEN)
    fitted = (_fitted(capture, head, number) - middle + reach) * scale
    for loop in LOOPS:
        pen.line([tuple(fitted[k]) for k in (*loop, loop[0])], fill=FITTED)
    pen.text((6, 6), f"{number / FPS:.2f} s  confidence {capture.confidence_n[number]:.2f}", fill=PAPER)
    return tile


def _fitted(capture: Capture, head: MorphableHead, number: int) -> Float32:
    """[468, 2] pixels of the fitted head's landmarks."""
    posed = head.posed(capture.identity_i, capture.codes_nx52[number : number + 1])[0]
    turn = rotation_matrix(capture.rotations_nx4[number]).astype(np.float32)
    camera = head.landmarks(posed) @ turn.T + capture.translations_nx3_m[number]
    return project(camera, capture.card.focal_px, capture.size_hw)


def _pair(capture: Capture, blendshapes_nx52: Float32, name: str) -> tuple[Float32, Float32]:
    return capture.codes_nx52[:, INDEX[name]], blendshapes_nx52[:, INDEX[name]]


def _pose_curves(capture: Capture) -> list[tuple[str, str, Float32, Float32, tuple[float, float]]]:
    yaw, pitch, roll = (
        Rotation.from_quat(capture.rotations_nx4).as_euler("yxz", degrees=True).T.astype(np.float32)
    )
    x, y, _ = (1000 * (capture.translations_nx3_m - np.median(capture.translations_nx3_m, axis=0))).T
    return [
        ("yaw, degrees", "pitch, degrees", yaw, pitch, (-30.0, 30.0)),
        ("sideways, mm", "upward, mm", x, y, (-40.0, 40.0)),
        ("roll, degrees", "", roll, np.full_like(roll, np.nan), (-30.0, 30.0)),
    ]


def _lines(capture: Capture, residuals_n: Float32, unused: list[Stretch]) -> list[str]:
    height, width = capture.size_hw
    usable_s = float((capture.confidence_n > 0).sum()) / FPS
    said = [
        f"{capture.card.source[:120]}: {len(capture) / FPS:.1f} s, of which {usable_s:.1f} s can be used; "
        f"{width}x{height} pixels, {int(capture.shots_n[-1]) + 1} shot(s)",
        f"landmarks lie {np.nanmedian(residuals_n):.2f} px from the fitted head ({capture.card.head}); "
        f"focal length {capture.card.focal_px:.0f} px",
    ]
    return said + [f"not used: {stretch}" for stretch in unused[:20]]


def _strip(pen: ImageDraw.ImageDraw, top: int, capture: Capture, unused: list[Stretch]) -> None:
    """Paper for curves: faint lines at cuts, what is not used shaded."""
    bottom = top + STRIP_PX - 6
    for stretch in unused:
        pen.rectangle(
            [_x(stretch.start_s * FPS, capture), top, _x(stretch.end_s * FPS, capture), bottom], fill=GREY
        )
    pen.rectangle([LABEL_PX, top, WIDTH - 8, bottom], outline=FAINT)
    for cut in np.flatnonzero(np.diff(capture.shots_n)) + 1:
        pen.line([_x(float(cut), capture), top, _x(float(cut), capture), bottom], fill=FAINT)


def _x(frame: float, capture: Capture) -> float:
    return LABEL_PX + (WIDTH - 8 - LABEL_PX) * frame / len(capture)


def _curve(
    pen: ImageDraw.ImageDraw, top: int, values: Float32, low: float, high: float, colour: tuple[int, int, int]
) -> None:
    across = LABEL_PX + (WIDTH - 8 - LABEL_PX) * (np.arange(len(values)) + 0.5) / len(values)
    down = top + (STRIP_PX - 8) * (1 - (np.clip(values, low, high) - low) / (high - low)) + 1
    known = np.isfinite(values)
    for run in np.split(np.arange(len(values)), np.flatnonzero(np.diff(known)) + 1):
        if known[run[0]] and len(run) > 1:
            pen.line([(float(across[k]), float(down[k])) for k in run], fill=colour)
