"""When each phone of a line is said: the file NAME.phones.json beside the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from talkwire.runtime.errors import TrainingError
from talkwire.training.tracking.store import writing

Phones = tuple[tuple[str, float, float], ...]
"""(ARPAbet name in capitals, start_s, end_s), rising."""

PHONES_SUFFIX: Final = ".phones.json"
_NAMES: Final = {"PAU": "SIL", "SP": "SIL"}


def read_phones(path: Path) -> Phones:
    """A JSON list of [phone, start_s, end_s], ARPAbet of either case. Raises TrainingError."""
    try:
        return tuple(
            (_NAMES.get(str(phone).upper(), str(phone).upper()), float(start_s), float(end_s))
            for phone, start_s, end_s in json.loads(path.read_text())
        )
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            f"cannot read {path}",
            seen=repr(error)[:80],
            wanted="[phone, start_s, end_s] lists",
            cure="check it",
        ) from None


def write_phones(phones: Phones, path: Path) -> None:
    """What `read_phones` reads. Raises TrainingError when the disk refuses."""
    with writing(path):
        path.write_text(json.dumps([(name, round(start, 4), round(end, 4)) for name, start, end in phones]))
