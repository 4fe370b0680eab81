"""`python -m talkwire.training.nova.look FILE -o SHEET.png`: a face from all sides and in every shape."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.avatar import Avatar, find_avatar, load_avatar
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.types import Face

TILE_PX, COLUMNS = 256, 10
CLOSE: Final = 1.7  # zoom of the rows that show shapes

# what speech does with the shapes; a name without a side means both
SOUNDS: Final = {
    "p b m": {"jawOpen": 0.15, "mouthClose": 0.15, "mouthPress": 0.3},
    "f v": {"jawOpen": 0.08, "mouthRollLower": 0.6, "mouthUpperUp": 0.2},
    "oo": {"jawOpen": 0.15, "mouthPucker": 0.8, "mouthFunnel": 0.3},
    "ee": {"jawOpen": 0.12, "mouthSmile": 0.4, "mouthStretch": 0.4},
    "ah": {"jawOpen": 0.6},
    "oh": {"jawOpen": 0.4, "mouthFunnel": 0.5},
    "th": {"jawOpen": 0.2, "tongueOut": 0.4},
    "half blink": {"eyeBlink": 0.5},
    "closed, down": {"eyeBlink": 1.0, "eyeLookDown": 1.0},
    "up, left": {"eyeLookUp": 1.0, "eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
}


def sheet(avatar: Avatar) -> Image.Image:
    """Views at rest, sounds of speech, then all 52 shapes at 1."""
    rest = _face({})
    close = Camera.portrait(avatar.topology, zoom=CLOSE)
    views = [
        (f"{yaw} deg", rest, Camera.portrait(avatar.topology, yaw_deg=yaw)) for yaw in (0, 30, 60, 90, 150)
    ]
    views += [
        ("close", rest, Camera.portrait(avatar.topology, yaw_deg=yaw, zoom=2.2))
        for yaw in (0, 15, 35, 60, 90)
    ]
    views += [(name, _face(weights), close) for name, weights in SOUNDS.items()]
    views += [(name, _face({name: 1.0}), close) for name in ARKIT_NAMES]
    rows = -(-len(views) // COLUMNS)
    picture = Image.new("RGB", (COLUMNS * TILE_PX, rows * TILE_PX))
    write = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=TILE_PX / 16)
    for index, (name, face, camera) in enumerate(views):
        corner = (index % COLUMNS * TILE_PX, index // COLUMNS * TILE_PX)
        with Renderer(avatar.topology, width=TILE_PX, height=TILE_PX, camera=camera) as renderer:
            picture.paste(Image.fromarray(renderer.draw(avatar.vertices(face.weights[None]), face)), corner)
        write.text((corner[0] + 6, corner[1] + 4), name, font=font, fill=(255, 255, 255))
    return picture


def _face(weights: dict[str, float]) -> Face:
    values = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, weight in weights.items():
        for full in (name,) if name in INDEX else (f"{name}Left", f"{name}Right"):
            values[INDEX[full]] = weight
    return Face(values, np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.nova.look", description=__doc__)
    parser.add_argument("avatar")
    parser.add_argument("-o", "--out", type=Path, default=Path("sheet.png"))
    options = parser.parse_args()
    sheet(load_avatar(find_avatar(options.avatar))).save(options.out)
    print(options.out)
