"""The report of a training: one HTML page with everything in it, to be looked at before a head is used."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.types import Float32
from talkwire.training.dyntet.curves import draw_curves
from talkwire.training.dyntet.shots import Shots
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
STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left;vertical-align:top}
img{max-width:100%;display:block;margin:.4em 0}h2{margin-top:1.8em}.note{color:#666}
"""
PAGE: Final = """<!doctype html><meta charset=utf-8><title>{name}</title><style>{style}</style>
<h1>{name}</h1><p class=note>A head learned from video. Pictures of it are generated.</p>{body}"""


def write_report(
    folder: Path, avatar: DyntetAvatar, shots: Shots, history: list[dict[str, float]], work: Path
) -> Path:
    """FOLDER/index.html and FOLDER/figures.json. Raises TrainingError when the disk refuses."""
    sections = [
        ("The avatar's card", _card(avatar)),
        ("Held-out frames", _side_by_side(shots)),
        ("Mouth, lids, gaze", _image(close_ups(avatar), "poses that a viewer judges first")),
        ("All round", _image(turntable(avatar), "yaw " + ", ".join(f"{d}°" for d in TURNS_DEG))),
        ("Training", _image(draw_curves(history), "losses and PSNR over the steps")),
    ]
    if (work / "capture" / PICTURE).is_file():
        picture = (work / "capture" / PICTURE).read_bytes()
        sections.append(("Tracking", _image(picture, "landmarks, fitted head and mask over the video")))
    if (work / ABLATION).is_file():
        sections.append(("What each part is for", _ablation(json.loads((work / ABLATION).read_text()))))
    body = "".join(f"<h2>{escape(title)}</h2>{content}" for title, content in sections)
    page = PAGE.format(name=escape(avatar.card.name), style=STYLE, body=body)
    try:
        (folder / "figures.json").write_text(json.dumps(avatar.figures, indent=1))
        partial = folder / "index.html.partial"
        partial.write_text(page)
        return partial.replace(folder / "index.html")
    except OSError as error:
        raise TrainingError(
            f"the report in {folder} cannot be written",
            seen=error.strerror,
            wanted="a writable folder with free space",
            cure="free some space; the avatar itself is done",
        ) from None


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
    picture = np.rint(np.concatenate(rows) * 255).astype(np.uint8)
    return _image(_jpeg(picture), f"truth, avatar, error x {ERROR_GAIN} inside the head")


def _card(avatar: DyntetAvatar) -> str:
    card = avatar.card
    figures = {name: values for name, values in avatar.figures.items() if name != ACTOR}
    rows = {
        "shows": card.shows, "licence": card.licence, "credit": card.credit, "made by": card.made_by,
        "mesh": f"{avatar.topology.vertex_count:,} vertices", **_flat(figures),
    }  # fmt: skip
    return _table(list(rows.items()))


def _ablation(rows: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(rows.values())))
    head = "<tr><th></th>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>"
    body = "".join(
        f"<tr><td>{escape(what)}</td>" + "".join(f"<td>{values[name]:.3f}</td>" for name in names) + "</tr>"
        for what, values in rows.items()
    )
    return f"<table>{head}{body}</table>"


def _flat(values: Any, prefix: str = "") -> dict[str, str]:
    """Nested figures as rows of text."""
    rows: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, dict):
            rows |= _flat(value, f"{name}: ")
        else:
            rows[name] = f"{value:.4g}" if isinstance(value, float) else str(value)
    return rows


def _table(rows: list[tuple[str, str]]) -> str:
    return (
        "<table>"
        + "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        + "</table>"
    )


def _image(data: bytes, words: str) -> str:
    kind, data64 = "png" if data.startswith(b"\x89PNG") else "jpeg", base64.b64encode(data).decode()
    caption = escape(words)
    return f'<img src="data:image/{kind};base64,{data64}" alt="{caption}"><p class=note>{caption}</p>'


def _sheet(pictures: list[np.ndarray], columns: int) -> bytes:
    rows = [np.concatenate(pictures[k : k + columns], axis=1) for k in range(0, len(pictures), columns)]
    return _jpeg(np.concatenate(rows))


def _jpeg(picture: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=90)
    return data.getvalue()
