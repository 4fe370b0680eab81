"""How good a head is: its file against a capture it has not seen. The one source of the figures that are
quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import MissingDependency, TrainingError
from talkwire.runtime.types import Float32
from talkwire.training.capture import Capture
from talkwire.training.dyntet import measures, perceptual
from talkwire.training.dyntet.batches import Footage
from talkwire.training.dyntet.camera import to_clip
from talkwire.training.dyntet.film import Film
from talkwire.training.dyntet.grid import Int64
from talkwire.training.dyntet.prior import JAW_OPEN
from talkwire.training.heads import points
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.raster.seam import Rasterizer
from talkwire.training.surfaces import nearest
from talkwire.training.tracking.landmarks import look_for_faces

HEAD_HEIGHT_M: Final = 0.25  # figures are for a head of this height, chin to crown
MOST_FRAMES: Final = 60
SURFACE_FRAMES: Final = 20
REGIONS: Final = {
    "mouth": points.LIPS_OUTER + points.LIPS_INNER,
    "eyes": points.LEFT_EYE + points.RIGHT_EYE,
}

Progress = Callable[[float], None]


@dataclass
class Shots:
    """What was compared: for each frame the picture, the truth and where it counts; for reports and
    judges.
    """

    frames_k: np.ndarray
    found_kxhxwx3: list[Float32] = field(default_factory=list)
    wanted_kxhxwx3: list[Float32] = field(default_factory=list)
    head_kxhxw: list[np.ndarray] = field(default_factory=list)


def evaluate(
    avatar: DyntetAvatar,
    capture: Capture,
    frames_n: np.ndarray,
    family: MorphableHead,
    rasterizer: Rasterizer,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], Shots]:
    """Figures by name, and the pictures they were taken from.

    frames_n: the frames that count; at most MOST_FRAMES of them, evenly chosen.  family: the morphable head
    of the capture, whose surface is the truth where the capture is exact.
    """
    say = progress or (lambda share: None)
    chosen = frames_n[np.linspace(0, len(frames_n) - 1, min(MOST_FRAMES, len(frames_n))).astype(int)]
    footage = Footage(capture, frames_n, avatar.window)
    figures: dict[str, Any] = {"frames": len(chosen), "size_hw": list(capture.size_hw), "mode": avatar.mode}
    shots = _shoot(avatar, footage, chosen, rasterizer, lambda share: say(0.7 * share))
    figures["pictures"] = _pictures(shots) | _perceptual(shots)
    figures["landmarks"] = _landmarks(shots)
    say(0.8)
    figures["lips"] = _lips(avatar, footage, frames_n, family)
    if capture.card.exact:
        figures["surface"] = _surface(
            avatar, footage, chosen[:: max(1, len(chosen) // SURFACE_FRAMES)], family, rasterizer
        )
    say(0.9)
    figures["basis"] = _basis(avatar, footage, chosen)
    say(1.0)
    return figures, shots


def _shoot(
    avatar: DyntetAvatar, footage: Footage, frames: np.ndarray, rasterizer: Rasterizer, say: Progress
) -> Shots:
    """Every frame as the avatar shows it, at the capture's own size."""
    film = Film(avatar, footage.camera, rasterizer)
    window = footage.camera.whole()
    side = window[2]
    shots = Shots(frames)
    for count, n in enumerate(frames):
        batch = footage.batch(np.array([n]), [[("whole", window)]], side)
        codes = batch.codes_nx52xw[0].numpy().T
        image, alpha = film.shot(codes, batch.pose_bx4x4[0], batch.behind_bxsxsx3[0], window)
        wanted = batch.wanted_bxsxsx3[0].numpy()
        # neck and shoulders are not the head's to draw: the truth stands there
        known = batch.known_bxsxsx1[0].numpy()
        shots.found_kxhxwx3.append((image * known + wanted * (1 - known)).astype(np.float32))
        shots.wanted_kxhxwx3.append(wanted)
        shots.head_kxhxw.append((batch.head_bxsxsx1[0, ..., 0].numpy() > 0.5) & (known[..., 0] > 0.5))
        say((count + 1) / len(frames))
        del alpha
    return shots


def _pictures(shots: Shots) -> dict[str, float]:
    rows = [
        (
            measures.psnr_db(found, wanted, head),
            measures.ssim(found, wanted, head),
            measures.psnr_db(found, wanted, np.ones_like(head)),
        )
        for found, wanted, head in zip(
            shots.found_kxhxwx3, shots.wanted_kxhxwx3, shots.head_kxhxw, strict=True
        )
    ]
    psnr, ssim, whole = np.array(rows).mean(axis=0)
    worst = float(np.array(rows)[:, 0].min())
    return {
        "head_psnr_db": float(psnr),
        "head_psnr_db_worst": worst,
        "head_ssim": float(ssim),
        "whole_frame_psnr_db": float(whole),
    }


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


def _landmarks(shots: Shots) -> dict[str, Any]:
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


def _surface(
    avatar: DyntetAvatar, footage: Footage, frames: np.ndarray, family: MorphableHead, rasterizer: Rasterizer
) -> dict[str, float]:
    """Ground-truth skin that the camera sees, to the avatar's surface, for a head of HEAD_HEIGHT_M."""
    capture = footage.capture
    skin = family.parts["skin"]
    own = _skin_triangles(avatar)
    scale = HEAD_HEIGHT_M / _height_m(family, capture.identity_i)
    everything = np.concatenate([family.parts[name] for name in ("skin", "hair") if name in family.parts])
    found = []
    for n in frames:
        codes = footage.codes(np.array([n]))[0].numpy().T
        truth = family.posed(capture.identity_i, codes[-1:])[0]
        clip = to_clip(
            torch.from_numpy(truth)[None],
            footage.pose_nx4x4[n][None],
            footage.camera.projection(footage.camera.whole())[None],
        )
        side = max(512, footage.camera.whole()[2])
        ids = rasterizer.rasterize(clip, torch.from_numpy(everything), (side, side))[0, ..., 3].numpy()
        seen = np.unique(ids[ids > 0].astype(np.int64) - 1)
        vertices = np.unique(skin[seen[seen < len(skin)]])
        found.append(nearest(truth[vertices], avatar.vertices(codes), own).distance_p)
    errors = np.concatenate(found) * scale * 1000
    return {
        "mean_mm": float(errors.mean()),
        "p95_mm": float(np.percentile(errors, 95)),
        "max_mm": float(errors.max()),
        "head_height_m": HEAD_HEIGHT_M,
    }


def _lips(
    avatar: DyntetAvatar, footage: Footage, frames: np.ndarray, family: MorphableHead
) -> dict[str, float]:
    """How the gap between the lips follows the code that drives it, on the avatar's own mesh."""
    capture = footage.capture
    canonical = np.zeros(len(ARKIT_NAMES), np.float32)
    canonical[INDEX["jawOpen"]] = JAW_OPEN
    landmarks = family.landmarks(family.posed(capture.identity_i, canonical[None]))[0]
    mesh = avatar.vertices(canonical[None])
    skin = np.unique(_skin_triangles(avatar))
    upper, lower = (
        skin[np.argmin(np.linalg.norm(mesh[skin] - landmarks[k], axis=1))]
        for k in (points.UPPER_LIP_MIDDLE, points.LOWER_LIP_MIDDLE)
    )
    codes = footage.codes(frames).numpy().transpose(0, 2, 1)
    gap = np.array([_gap(avatar.vertices(some), upper, lower) for some in codes])
    posed = [family.landmarks(family.posed(capture.identity_i, some[-1:]))[0] for some in codes]
    driven = np.array([_gap(at, points.UPPER_LIP_MIDDLE, points.LOWER_LIP_MIDDLE) for at in posed])
    jaw = codes[:, -1, INDEX["jawOpen"]]
    return {
        "aperture_r": measures.correlation(gap, driven),
        "aperture_r_with_jaw_open": measures.correlation(gap, jaw),
        "aperture_error_mm": float(np.abs(gap - driven).mean() * 1000),
    }


def _basis(avatar: DyntetAvatar, footage: Footage, frames: np.ndarray) -> dict[str, float]:
    """The two ways to compute the skin, against each other, on these frames."""
    other = DyntetAvatar(
        avatar.card, avatar.topology, avatar.window, avatar.data, avatar.figures,
        "network" if avatar.mode == "basis" else "basis",
    )  # fmt: skip
    errors = []
    for n in frames:
        codes = footage.codes(np.array([n]))[0].numpy().T
        errors.append(np.linalg.norm(avatar.vertices(codes) - other.vertices(codes), axis=1))
    flat = np.concatenate(errors) * 1000
    return {
        "components": len(avatar.data.components_kxvx3),
        "p99_mm": float(np.percentile(flat, 99)),
        "max_mm": float(flat.max()),
    }


def _skin_triangles(avatar: DyntetAvatar) -> Int64:
    topology = avatar.topology
    runs = [
        topology.triangles_tx3[part.first_triangle : part.first_triangle + part.triangle_count]
        for part in topology.parts
        if part.name in ("skin", "scalp")
    ]
    return np.concatenate(runs).astype(np.int64)


def _height_m(family: MorphableHead, identity_i: Float32) -> float:
    """Chin to crown at rest."""
    neutral = family.neutral(identity_i)
    crown = neutral[
        np.unique(np.concatenate([family.parts[n] for n in ("skin", "hair") if n in family.parts]))
    ]
    return float(crown[:, 1].max() - family.landmarks(neutral)[points.CHIN, 1])


def _gap(at: Float32, upper: int, lower: int) -> float:
    return float(np.linalg.norm(at[upper] - at[lower]))
