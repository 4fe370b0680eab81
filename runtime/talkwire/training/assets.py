"""Files that training reads and talkwire does not ship: where they are looked for, and what to do without."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from talkwire.runtime.cache import cache_home
from talkwire.runtime.errors import TrainingError

BESIDE: Final = Path(__file__).parents[3].parent / "shared/data"  # a data folder beside the checkout


def find_asset(inside: str, given: Path | None, *, what: str, cure: str) -> Path:
    """The file: as given, else `inside` one of `data_folders()`.

    inside: a path such as "models/face_landmarker.task". Raises TrainingError that says where was looked.
    """
    places = [given] if given is not None else [folder / inside for folder in data_folders()]
    for place in places:
        if place.is_file():
            return place
    raise TrainingError(
        f"{what} is not there",
        seen="no file at " + ", ".join(str(place) for place in places),
        wanted=Path(inside).name,
        cure=cure,
    )


def data_folders() -> list[Path]:
    """Where data is looked for: the folder named by TALKWIRE_DATA, the one beside the checkout, the cache."""
    named = os.environ.get("TALKWIRE_DATA")
    return [*([Path(named)] if named else []), BESIDE, cache_home()]
