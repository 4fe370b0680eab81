"""An avatar and its actor in the same frames, side by side, and what pictures say of the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import MissingDependency, TrainingError
from talkwire.runtime.types import Float32
from talkwire.training import measures, perceptual
from talkwire.training.dyntet.batches import Footage
from talkwire.training.dyntet.camera import Window
from talkwire.training.dyntet.film import Film
from talkwire.training.dyntet.sharpness import blur_of, blurred
from talkwire.training.heads import points
from talkwire.training.raster.seam import Rasterizer
from talkwire.training.tracking.landmarks import look_for_faces

REGIONS: Final = {
    "mouth": points.LIPS_OUTER + points.LIPS_INNER,
    "eyes": points.LEFT_EYE + points.RIGHT_EYE,
}

Progress = Callable[[float], None]


@dataclass
class Shots:
    """What was compared: for each frame the picture, the truth and where it counts; for reports and judges.
    blur_px: the camera's.
    """

    frames_k: np.ndarray
    found_kxhxwx3: list[Float32] = field(default_factory=list)
    wanted_kxhxwx3: list[Float32] = field(default_factory=list)
    head_kxhxw: list[np.ndarray] = field(default_factory=list)
    face_kxhxw: list[np.ndarray] = field(default_factory=list)
    blur_px: float = 0.0


def shoot(
    avatar: DyntetAvatar, footage: Footage, frames: np.ndarray, rasterizer: Rasterizer, say: Progress
) -> Shots:
    """Every frame as the avatar shows it, at the capture's own size."""
    film = Film(avatar, footage.camera, rasterizer)
    window = footage.camera.whole()
    side = window[2]
    shots = Shots(frames, blur_px=blur_of(avatar))
    for count, n in enumerate(frames):
        batch = footage.batch(np.array([n]), [[("whole", window)]], side)
        codes = batch.codes_nx52xw[0].numpy().T
        image, _ = film.shot(codes, batch.pose_bx4x4[0], batch.behind_bxsxsx3[0], window)
        wanted = batch.wanted_bxsxsx3[0].numpy()
        # neck and shoulders are not the head's to draw: the truth stands there
        known = batch.known_bxsxsx1[0].numpy()
        shots.found_kxhxwx3.append((image * known + wanted * (1 - known)).astype(np.float32))
        shots.wanted_kxhxwx3.append(wanted)
        shots.head_kxhxw.append((batch.head_bxsxsx1[0, ..., 0].numpy() > 0.5) & (known[..., 0] > 0.5))
        shots.face_kxhxw.append(shots.head_kxhxw[-1] & _face(footage.capture.landmarks_nx478x2[n], window))
        say((count + 1) / len(frames))
    return shots


def _face(landmarks_478x2: Float32, window: Window) -> np.ndarray:
    """[S, S] bool, inside the oval of a face, without hair and ears; nothing where none was found."""
    left, top, side = window
    mask = Image.new("1", (side, side))
    oval = landmarks_478x2[list(points.FACE_OVAL)] - [left, top]
    if np.isfinite(oval).all():
        ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in oval], fill=1)
    return np.asarray(mask)


def picture_figures(shots: Shots) -> dict[str, float]:
    """Means over the frames: PSNR and SSIM inside the head, PSNR of face and whole frame, ST-LPIPS where it
    can be measured.
    """
    rows = [
        (
            measures.psnr_db(found, wanted, head),
            measures.ssim(found, wanted, head),
            measures.psnr_db(found, wanted, np.ones_like(head)),
            measures.psnr_db(blurred(found, shots.blur_px), wanted, head),
        )
        for found, wanted, head in zip(
            shots.found_kxhxwx3, shots.wanted_kxhxwx3, shots.head_kxhxw, strict=True
        )
    ]
    psnr, ssim, whole, through_camera = np.array(rows).mean(axis=0)
    worst = float(np.array(rows)[:, 0].min())
    faces = [
        measures.psnr_db(found, wanted, face)
        for found, wanted, face in zip(
            shots.found_kxhxwx3, shots.wanted_kxhxwx3, shots.face_kxhxw, strict=True
        )
        if face.any()
    ]
    return (
        ({"face_psnr_db": float(np.mean(faces))} if faces else {})
        | _perceptual(shots)
        | {
            "head_psnr_db": float(psnr),
            "head_psnr_db_worst": worst,
            "head_psnr_db_through_camera_blur": float(through_camera),
            "head_ssim": float(ssim),
            "whole_frame_psnr_db": float(whole),
        }
    )


def _perceptual(shots: Shots) -> dict[str, float]:
    """ST-LPIPS of the square around the head, where it can be measured."""
    if not perceptual.installed():
        return {}
    values = []
    for found, wanted, head in zip(shots.found_kxhxwx3, shots.wanted_kxhxwx3, shots.head_kxhxw, strict=True):
        rows, columns = np.flatnonzero(head.any(axis=1)), np.flatnonzero(head.any(axis=0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        values.append(perceptual.st_lpips(found[box], wanted[box]))
    return {"st_lpips": float(np.mean(values))}


def landmark_figures(shots: Shots) -> dict[str, Any]:
    """How far MediaPipe's landmarks on the avatar are from those on the truth, centred, in pixels."""

    def seen(pictures: list[Float32]) -> np.ndarray:
        frames = (np.rint(picture * 255).astype(np.uint8) for picture in pictures)
        return look_for_faces(frames).landmarks_nx478x2

    try:
        found, wanted = seen(shots.found_kxhxwx3), seen(shots.wanted_kxhxwx3)
    except (MissingDependency, TrainingError) as absent:
        return {"not_measured": str(absent)}
    both = np.isfinite(found).all(axis=(1, 2)) & np.isfinite(wanted).all(axis=(1, 2))
    if not both.any():
        return {"not_measured": "no face was found in the pictures"}
    figures: dict[str, Any] = {"frames": int(both.sum())}
    for name, rim in REGIONS.items():
        rows = list(rim)
        distance = measures.landmark_distance_px(found[both][:, rows], wanted[both][:, rows])
        figures[f"{name}_px"] = float(distance.mean())
    return figures
