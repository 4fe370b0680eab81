"""The report of a person who is spoken anew: what to look at before the avatar is used."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from talkwire.runtime.g4g import G4gAvatar
from talkwire.training.capture import UInt8
from talkwire.training.curves import Panel, draw_curves
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.probe import SAMPLES, SIMILARITY
from talkwire.training.page import card_table, flat_rows, jpeg, picture, shown_value, table, write_page

NOTE: Final = "A person's own video, whose mouth a network draws anew. Pictures of it are generated."
ROWS: Final = "filmed; drawn in its place; the same words in the surroundings of the first moment"
# figures with a column for each take
COMPARED: Final = {
    "takes": "On video it has not seen, in that video's own frames",
    "respoken": "The same lines in the avatar's own frames",
}
OVER_TIME: Final = 5  # looks that are shown
GAP_PX: Final = 6
CURVES: Final = (
    Panel("losses, unweighted", ("image", "edges", "coarse", "drawing", "own", "critics"), logarithmic=True),
    Panel("PSNR of held-out masks, dB", ("held_psnr_db",), smooth=1),
    Panel(
        "held-out moments: S finds its diagonal, lips follow",
        ("held_top_1", "held_top_1_strict", "held_top_1_drawn", "held_aperture_r"),
        smooth=1,
    ),
)


def write_report(
    folder: Path,
    avatar: G4gAvatar,
    footage: Footage,
    references_r: Sequence[int],
    shown: Path,
    history: list[Any],
) -> Path:
    """FOLDER/index.html and FOLDER/figures.json. shown: the folder of pictures that the training left.

    Raises TrainingError when the disk refuses.
    """
    looks = _some(sorted(path.name.removesuffix(SAMPLES) for path in shown.glob(f"*{SAMPLES}")))
    references = np.concatenate([footage.crops_nxhxwx3[k] for k in references_r], axis=1)
    figures = dict(avatar.figures)
    held = dict(figures.pop("held_out", {}))
    tables = {name: held.pop(name) for name in COMPARED if name in held}
    sections = [
        ("The avatar's card", card_table(avatar.card, {})),
        (
            "Held-out moments",
            picture(
                (shown / f"{looks[-1]}{SAMPLES}").read_bytes(),
                ROWS,
            ),
        ),
        (
            "Seen and heard find each other",
            picture(
                _beside([_read(shown / f"{name}{SIMILARITY}") for name in looks]),
                "S of one held-out clip, from left to right over the training; rows: what is seen, columns:"
                " what is heard; above: filmed mouths, below: mouths drawn in other surroundings. The"
                " diagonal must emerge.",
            ),
        ),
        *[(title, _side_by_side(tables[name])) for name, title in COMPARED.items() if name in tables],
        ("More figures", table(flat_rows({**figures, "held_out": held}))),
        ("Training", picture(draw_curves(history, CURVES), "over the minutes of training")),
        *[
            (
                f"On the way, {number} of {len(looks)}",
                picture((shown / f"{name}{SAMPLES}").read_bytes(), ROWS),
            )
            for number, name in enumerate(looks[:-1], start=1)
        ],
        ("References", picture(jpeg(references), "what the generator knows the person by")),
        ("Base clip", picture(avatar.data.frames[0], f"the first of {len(avatar.data.frames)} frames")),
    ]
    return write_page(folder, avatar.card.name, NOTE, sections, avatar.figures)


def _side_by_side(takes: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each figure that some take has."""
    names = dict.fromkeys(name for take in takes.values() for name in take)
    cells = {name: [shown_value(take.get(name)) for take in takes.values()] for name in names}
    return table([(name.replace("_", " "), *values) for name, values in cells.items()], ["", *takes])


def _some(names: list[str]) -> list[str]:
    """From the first to the last."""
    chosen = np.unique(np.linspace(0, len(names) - 1, min(OVER_TIME, len(names))).astype(int))
    return [names[k] for k in chosen]


def _read(path: Path) -> UInt8:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _beside(pictures: list[UInt8]) -> bytes:
    """As a PNG."""
    spaced = [np.pad(one, ((0, 0), (0, GAP_PX), (0, 0)), constant_values=255) for one in pictures]
    data = io.BytesIO()
    Image.fromarray(np.concatenate(spaced, axis=1)).save(data, "PNG")
    return data.getvalue()
