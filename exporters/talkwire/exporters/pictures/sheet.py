"""A contact sheet: moments of a clip side by side, each with its time."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from talkwire.exporters.clip import Clip
from talkwire.exporters.pictures.frame import Easel


def contact_sheet(clip: Clip, *, moments: int = 12, columns: int = 4, size_px: int = 320) -> bytes:
    """`moments` evenly spaced frames of the clip as one PNG. Raises MissingDependency."""
    rows = -(-moments // columns)
    sheet = Image.new("RGB", (columns * size_px, rows * size_px))
    label = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=size_px / 16)
    centres = (np.arange(moments) + 0.5) / moments * clip.frame_count
    with Easel(clip.avatar, width=size_px, height=size_px) as easel:
        for moment, frame in enumerate(centres.astype(int)):
            picture = Image.fromarray(easel.draw(clip, int(frame)))
            corner = (moment % columns * size_px, moment // columns * size_px)
            sheet.paste(picture, corner)
            time_s = clip.times_n_s[frame]
            label.text((corner[0] + 8, corner[1] + 6), f"{time_s:.2f} s", font=font, fill=(255, 255, 255))
    png = io.BytesIO()
    sheet.save(png, format="PNG", optimize=True)
    return png.getvalue()
