"""What of the texture changes with the expression, as a flipbook beside a glTF: pages of cells, and a JSON.

glTF has no moving texture: KHR_materials_variants switches whole pictures, and nobody's timeline animates it;
KHR_animation_pointer, where it is read at all, moves a texture but does not put one over another. So each
moment is a cell with the changed rectangles of the skin, and a shader lays the one of now over the texture at
rest. docs/exporting.md has the shader.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.pictures.encode import encode
from talkwire.runtime.errors import ExportError
from talkwire.runtime.texture_file import texture_size
from talkwire.runtime.types import Patch

FPS: Final = 25  # cells a second; the avatar hears moments 1/25 s apart, so that more would say little more
PAGE_PX: Final = 4096  # of a side at most: what every card takes
BORDER_PX: Final = 2  # repeated around each rectangle, so that filtering does not mix neighbours
VERSION: Final = 1

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """Where rectangles are in a cell, [(x, y)] without their borders, and cells on a page."""

    rects: list[tuple[int, int, int, int]]  # left, top, width, height in the texture
    places: list[tuple[int, int]]
    cell: tuple[int, int]
    columns: int
    rows: int

    @classmethod
    def of(cls, patches: tuple[Patch, ...], frames: int) -> Layout:
        """Rectangles one below another, cells row by row, on as few and as small pages as there can be."""
        rects = [(p.left, p.top, *p.size) for p in patches]
        tops = np.cumsum([0, *(height + 2 * BORDER_PX for *_, height in rects)])
        places = [(BORDER_PX, int(top) + BORDER_PX) for top in tops[:-1]]
        cell = (max(width for _, _, width, _ in rects) + 2 * BORDER_PX, int(tops[-1]))
        most_columns, most_rows = (max(1, PAGE_PX // side) for side in cell)
        count = min(frames, most_columns * most_rows)
        columns = min(most_columns, max(1, round(math.sqrt(count * cell[1] / cell[0]))))
        rows = min(most_rows, -(-count // columns))
        columns = min(most_columns, -(-count // rows))
        return cls(rects, places, cell, columns, rows)

    @property
    def per_page(self) -> int:
        """Cells."""
        return self.columns * self.rows

    def page(self, cells: list[tuple[Patch, ...]]) -> Pixels:
        """[H, W, 3] of as many cells as there are."""
        width, height = self.cell
        page = np.zeros((height * self.rows, width * self.columns, 3), np.uint8)
        for index, patches in enumerate(cells):
            row, column = divmod(index, self.columns)
            for (x, y), patch in zip(self.places, patches, strict=True):
                around = np.pad(patch.rgb_hxwx3, ((BORDER_PX,) * 2, (BORDER_PX,) * 2, (0, 0)), mode="edge")
                top, left = row * height + y - BORDER_PX, column * width + x - BORDER_PX
                page[top : top + around.shape[0], left : left + around.shape[1]] = around
        return page


def check_flipbook(clip: Clip) -> None:
    """Raises ExportError for an avatar whose texture never changes."""
    if not clip.patches(0):
        raise ExportError(
            f"the texture of {clip.avatar.card.name} does not change with the expression",
            seen=f"kind {clip.avatar.card.kind!r}, one picture for all expressions",
            wanted="a learned head (kind 'dyntet') with colours",
            cure="leave --textures away, or choose --avatar nova-dyntet",
        )


def flipbook_files(clip: Clip, stem: Path, kind: str) -> dict[Path, Fill]:
    """STEM.json and STEM_0.KIND, STEM_1.KIND and so on. kind: one of `encode.KINDS`.

    Each page is computed while it is written, so that memory holds one.  Raises as `check_flipbook`.
    """
    check_flipbook(clip)
    frames = _moments(clip)
    layout = Layout.of(clip.patches(0), len(frames))
    pages = [frames[at : at + layout.per_page] for at in range(0, len(frames), layout.per_page)]
    names = [stem.with_name(f"{stem.name}_{i}.{kind}") for i in range(len(pages))]
    said = json.dumps(_says(clip, layout, [name.name for name in names], len(frames)), indent=1).encode()
    fills = {name: _page(clip, layout, page, kind) for name, page in zip(names, pages, strict=True)}
    return {**fills, stem.with_name(f"{stem.name}.json"): lambda handle: handle.write(said)}


def _page(clip: Clip, layout: Layout, frames: list[int], kind: str) -> Fill:
    cells: Iterator[tuple[Patch, ...]] = (clip.patches(i) for i in frames)
    return lambda handle: handle.write(encode(layout.page(list(cells)), kind))


def _moments(clip: Clip) -> list[int]:
    """The clip's frame that is shown at each cell's time."""
    count = max(1, math.ceil(clip.duration_s * FPS))
    times_s = np.arange(count) / FPS
    shown = np.searchsorted(clip.times_n_s, times_s + 1e-9, side="right") - 1
    return [int(i) for i in shown.clip(0, clip.frame_count - 1)]


def _says(clip: Clip, layout: Layout, pages: list[str], frames: int) -> dict[str, object]:
    width, height = texture_size(clip.topology.texture)
    cell_width, cell_height = layout.cell
    return {
        "talkwire_flipbook": VERSION,
        "line": clip.line,
        "fps": FPS,
        "frames": frames,
        "texture_px": [width, height],
        "cell_px": [cell_width, cell_height],
        "columns": layout.columns,
        "rows": layout.rows,
        "pages": pages,
        "rects": [
            {"texture_px": list(rect), "in_cell_px": list(place)}
            for rect, place in zip(layout.rects, layout.places, strict=True)
        ],
        "origin": "top left, as glTF's texture coordinates",
        "colour_space": "sRGB",
    }
