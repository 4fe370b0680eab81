"""The report of a head: what to look at before it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.types import Float32
from talkwire.training.curves import Panel, draw_curves
from talkwire.training.dyntet.shots import Shots
from talkwire.training.page import card_table, jpeg, picture, table, write_page
from talkwire.training.tracking.person import ACTOR
from talkwire.training.tracking.track import PICTURE

ABLATION: Final = "ablation.json"  # in the work folder
ROWS: Final = 6
ERROR_GAIN: Final = 4
SIDE_PX: Final = 320
TURNS_DEG: Final = (-75, -50, -25, 0, 25, 50, 75, 180)
# what a viewer looks at first: closed lips, round, wide, teeth, lids
POSES: Final[dict[str, dict[str, float]]] = {
    "at rest": {},
    "aa": {"jawOpen": 0.6},
    "ee": {
        "jawOpen": 0.15,
        "mouthSmileLeft": 0.5,
        "mouthSmileRight": 0.5,
        "mouthStretchLeft": 0.3,
        "mouthStretchRight": 0.3,
    },
    "oo": {"jawOpen": 0.15, "mouthPucker": 0.7, "mouthFunnel": 0.4},
    "p, b, m": {"jawOpen": 0.25, "mouthClose": 0.25, "mouthPressLeft": 0.3, "mouthPressRight": 0.3},
    "f, v": {"jawOpen": 0.1, "mouthRollLower": 0.5, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "look aside": {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7},
}
CURVES: Final = (
    Panel(
        "losses, unweighted",
        ("image", "silhouette", "perceptual", "prior_offset", "elastic", "smooth"),
        logarithmic=True,
    ),
    Panel(
        "PSNR of the windows looked at, dB",
        ("image",),
        shown=lambda errors: -10 * np.log10(np.maximum(errors / 3, 1e-12)),
    ),
)
NOTE: Final = "A head learned from video. Pictures of it are generated."


def write_report(
    folder: Path, avatar: DyntetAvatar, shots: Shots, history: list[dict[str, float]], work: Path
) -> Path:
    """FOLDER/index.html and FOLDER/figures.json. Raises TrainingError when the disk refuses."""
    sections = [
        ("The avatar's card", _card(avatar)),
        ("Held-out frames", _side_by_side(shots)),
        ("Mouth, lids, gaze", picture(close_ups(avatar), "poses that a viewer judges first")),
        ("All round", picture(turntable(avatar), "yaw " + ", ".join(f"{d}°" for d in TURNS_DEG))),
        ("Training", picture(draw_curves(history, CURVES), "losses and PSNR over the steps")),
    ]
    if (work / "capture" / PICTURE).is_file():
        seen = (work / "capture" / PICTURE).read_bytes()
        sections.append(("Tracking", picture(seen, "landmarks, fitted head and mask over the video")))
    if (work / ABLATION).is_file():
        sections.append(("What each part is for", _ablation(json.loads((work / ABLATION).read_text()))))
    return write_page(folder, avatar.card.name, NOTE, sections, avatar.figures)


def close_ups(avatar: DyntetAvatar) -> bytes:
    """Each of POSES from near, in the studio's light."""
    low, high = avatar.topology.neutral_vx3.min(axis=0), avatar.topology.neutral_vx3.max(axis=0)
    middle = (0.0, float(low[1] + 0.52 * (high[1] - low[1])), float(high[2]) - 0.03)
    camera = Camera((0.05, middle[1], middle[2] + 0.75), middle, fov_y_deg=13.0)
    pictures = []
    with Renderer(avatar.topology, width=SIDE_PX, height=SIDE_PX, camera=camera) as renderer:
        for pose in POSES.values():
            pictures.append(_drawn(avatar, renderer, _weights(pose)))
    return _sheet(pictures, 4)


def turntable(avatar: DyntetAvatar) -> bytes:
    """The head from all sides, at rest."""
    pictures = []
    for yaw in TURNS_DEG:
        camera = Camera.portrait(avatar.topology, yaw_deg=float(yaw))
        with Renderer(avatar.topology, width=SIDE_PX, height=SIDE_PX, camera=camera) as renderer:
            pictures.append(_drawn(avatar, renderer, _weights({})))
    return _sheet(pictures, 4)


def _drawn(avatar: DyntetAvatar, renderer: Renderer, weights: Float32) -> np.ndarray:
    for patch in avatar.texture_patches(weights):
        renderer.retouch(patch)
    return renderer.draw(avatar.vertices(weights))


def _weights(pose: dict[str, float]) -> Float32:
    weights = np.zeros((1, len(ARKIT_NAMES)), np.float32)
    for name, weight in pose.items():
        weights[0, INDEX[name]] = weight
    return weights


def _side_by_side(shots: Shots) -> str:
    chosen = np.linspace(0, len(shots.found_kxhxwx3) - 1, min(ROWS, len(shots.found_kxhxwx3))).astype(int)
    rows = []
    for k in chosen:
        found, wanted, head = shots.found_kxhxwx3[k], shots.wanted_kxhxwx3[k], shots.head_kxhxw[k]
        error = np.abs(found - wanted) * ERROR_GAIN * head[..., None]
        rows.append(np.concatenate([wanted, found, np.clip(error, 0, 1)], axis=1))
    sheet = np.rint(np.concatenate(rows) * 255).astype(np.uint8)
    return picture(jpeg(sheet), f"truth, avatar, error x {ERROR_GAIN} inside the head")


def _card(avatar: DyntetAvatar) -> str:
    figures = {name: values for name, values in avatar.figures.items() if name != ACTOR}
    return card_table(avatar.card, {"mesh": f"{avatar.topology.vertex_count:,} vertices", **figures})


def _ablation(rows: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(rows.values())))
    return table(
        ((what, *(f"{values[name]:.3f}" for name in names)) for what, values in rows.items()), ["", *names]
    )


def _sheet(pictures: list[np.ndarray], columns: int) -> bytes:
    rows = [np.concatenate(pictures[k : k + columns], axis=1) for k in range(0, len(pictures), columns)]
    return jpeg(np.concatenate(rows))
