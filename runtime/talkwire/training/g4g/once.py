"""Videos are looked at once: footage that lies in a folder is used again when it is of the same files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talkwire.training.g4g.film import Progress, make_footage
from talkwire.training.g4g.footage import CARD, Footage, load_footage
from talkwire.training.tracking.once import stamps
from talkwire.training.tracking.store import writing

NOTE: Final = "made_of.json"


def footage_of(
    data: Sequence[Path],
    folder: Path,
    *,
    side: int | None = None,
    like_px: float | None = None,
    shows: str = "",
    licence: str = "",
    progress: Progress = lambda stage, share: None,
) -> Footage:
    """The footage of videos, or of a capture's folder, made in `folder` unless it lies there. Arguments and
    errors as in `make_footage`.
    """
    note, wanted = folder / NOTE, json.dumps([side, like_px, *stamps(data)])
    if (folder / CARD).is_file() and note.is_file() and note.read_text() == wanted:
        return load_footage(folder)
    note.unlink(missing_ok=True)
    footage = make_footage(
        data, folder, side=side, like_px=like_px, shows=shows, licence=licence, progress=progress
    )
    with writing(note):
        note.write_text(wanted)
    return footage
