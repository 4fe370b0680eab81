"""How good a head is: its file against a capture it has not seen. The one source of the figures that are
quoted.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.training import measures
from talkwire.training.capture import HEAD, Capture
from talkwire.training.dyntet.batches import Footage
from talkwire.training.dyntet.camera import to_clip
from talkwire.training.dyntet.grid import Int64
from talkwire.training.dyntet.prior import JAW_OPEN
from talkwire.training.dyntet.sharpness import blur_of
from talkwire.training.dyntet.shots import Progress, Shots, landmark_figures, picture_figures, shoot
from talkwire.training.heads import points
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.raster.seam import Rasterizer
from talkwire.training.surfaces import nearest

HEAD_HEIGHT_M: Final = 0.25  # figures are for a head of this height, chin to crown
MOST_FRAMES: Final = 60
SURFACE_FRAMES: Final = 20


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
    of the capture, whose surface is the truth where the capture is exact.  Raises TrainingError without a
    frame that shows a head.
    """
    say = progress or (lambda share: None)
    labelled = [n for n in frames_n if (capture.labels_nxhxw[n] == HEAD).any()]
    if not labelled:
        raise TrainingError(
            "there is nothing to compare the avatar with",
            seen=f"{len(capture)} frames, in none of which a head can be used",
            wanted="some frames of one face, looking at the camera",
            cure="use another video, and look at the tracking's report",
        )
    frames_n = np.array(labelled)
    chosen = frames_n[np.linspace(0, len(frames_n) - 1, min(MOST_FRAMES, len(frames_n))).astype(int)]
    footage = Footage(capture, frames_n, avatar.window)
    figures: dict[str, Any] = {"frames": len(chosen), "size_hw": list(capture.size_hw), "mode": avatar.mode}
    figures["camera_blur_px"] = blur_of(avatar)
    shots = shoot(avatar, footage, chosen, rasterizer, lambda share: say(0.7 * share))
    figures["pictures"] = picture_figures(shots)
    figures["landmarks"] = landmark_figures(shots)
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
