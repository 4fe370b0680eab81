"""The flipbook beside a glTF: what its JSON says is where, is there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from talkwire.exporters import Clip, Options, Texture, Textures, write_clip
from talkwire.exporters.gltf import flipbook
from talkwire.runtime.errors import ExportError
from talkwire.runtime.types import TexturePatch


def cell(said: dict[str, Any], pages: list[np.ndarray], frame: int, rect: int) -> np.ndarray:
    """What a shader finds for a frame in one of the rectangles, by the JSON alone."""
    per_page = said["columns"] * said["rows"]
    page, index = divmod(frame, per_page)
    row, column = divmod(index, said["columns"])
    x, y = said["rects"][rect]["in_cell_px"]
    _, _, width, height = said["rects"][rect]["texture_px"]
    left, top = column * said["cell_px"][0] + x, row * said["cell_px"][1] + y
    return pages[page][top : top + height, left : left + width]


def test_each_cell_is_the_skin_at_its_time(tmp_path: Path, learned_spoken: Clip, monkeypatch) -> None:
    monkeypatch.setattr(flipbook, "PAGE_PX", 700)  # so that there are several pages
    options = Options(textures=Textures.animated, texture=Texture.png)
    write_clip(learned_spoken, tmp_path / "x.glb", options)
    said = json.loads((tmp_path / "x_flipbook.json").read_text())
    pages = [np.asarray(Image.open(tmp_path / name)) for name in said["pages"]]
    assert len(pages) > 1
    assert all(max(page.shape) <= 700 for page in pages)
    assert said["texture_px"] == [1024, 1024]
    assert said["frames"] == int(np.ceil(learned_spoken.duration_s * said["fps"]))
    for frame in (0, 3, said["frames"] - 1):
        shown = int(np.searchsorted(learned_spoken.times_n_s, frame / said["fps"] + 1e-9, side="right")) - 1
        patches = learned_spoken.avatar.texture_patches(learned_spoken.heard(shown))
        for rect, patch in enumerate(patches):
            assert np.array_equal(cell(said, pages, frame, rect), patch.rgb_hxwx3)
            assert said["rects"][rect]["texture_px"][:2] == [patch.left, patch.top]
    assert (cell(said, pages, 0, 0) != cell(said, pages, said["frames"] - 1, 0)).any()  # it does change


@pytest.mark.parametrize(("frames", "side"), [(1, 10), (7, 10), (500, 60), (3, 5000)])
def test_pages_hold_all_cells_and_no_more_than_they_need(frames: int, side: int) -> None:
    patches = (TexturePatch(0, 0, np.zeros((side, side, 3), np.uint8)),)
    layout = flipbook.Layout.of(patches, frames)
    pages = -(-frames // layout.per_page)
    assert pages == 1 or layout.per_page * (pages - 1) < frames
    if side < flipbook.PAGE_PX:
        assert max(layout.columns, layout.rows) * layout.cell[0] <= flipbook.PAGE_PX
        assert (layout.per_page - frames) < max(layout.columns, layout.rows)
    assert layout.page([patches]).shape == (layout.cell[1] * layout.rows, layout.cell[0] * layout.columns, 3)


def test_filtering_finds_no_neighbour_at_an_edge() -> None:
    patches = tuple(TexturePatch(0, 0, np.full((6, 6, 3), value, np.uint8)) for value in (10, 200))
    layout = flipbook.Layout.of(patches, 4)
    page = layout.page([patches] * 4)
    x, y = layout.places[1]
    assert (page[y - 1 : y + 7, x - 1 : x + 7] == 200).all()


def test_a_skin_that_never_changes_is_refused(tmp_path: Path, make_clip) -> None:
    with pytest.raises(
        ExportError, match=r"texture of small does not change with the expression.*nova-dyntet"
    ):
        write_clip(make_clip(frames=2), tmp_path / "x.glb", Options(textures=Textures.animated))
    assert list(tmp_path.iterdir()) == []
