"""Where a training stands, on disk: written beside and renamed, the one before kept, read without pickle's
powers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import torch

from talkwire.runtime.errors import TrainingError

NEWEST, BEFORE = "checkpoint.pt", "checkpoint.before.pt"
VERSION: Final = 3


@dataclass
class Checkpoint:
    """stage, step: the next step to do.  belongs_to: a fingerprint of recipe and video: resuming another's
    is refused.  parts: tensors that are no model's, by name; empty where none came to be yet.  history: [n]
    rows of losses by name, with step and seconds.
    """

    belongs_to: str
    stage: str
    step: int
    seconds: float
    model: dict[str, torch.Tensor]
    optimizer: dict[str, Any]
    parts: dict[str, torch.Tensor]
    random: str  # the generator's state as JSON
    history: list[dict[str, float]]


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Raises TrainingError when the disk refuses; the checkpoint before is then still there."""
    values = {f.name: getattr(checkpoint, f.name) for f in fields(checkpoint)}
    partial = folder / f"{NEWEST}.partial"
    try:
        with partial.open("wb") as handle:
            torch.save({"version": VERSION, **values}, handle)
            handle.flush()
            os.fsync(handle.fileno())
        if (folder / NEWEST).exists():
            (folder / NEWEST).replace(folder / BEFORE)
        partial.replace(folder / NEWEST)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError for a full disk
        partial.unlink(missing_ok=True)
        raise TrainingError(
            f"the training cannot be saved in {folder}",
            seen=getattr(error, "strerror", None) or str(error).splitlines()[0],
            wanted="a writable folder with some hundred megabytes free",
            cure="free some space, then go on with --resume",
        ) from None


def load_checkpoint(folder: Path, belongs_to: str) -> Checkpoint | None:
    """The newest whole checkpoint, or None when there is none. Raises TrainingError for another training's,
    and where there were some and none can be read any more.
    """
    damaged = 0
    for name in (NEWEST, BEFORE):
        try:
            values = torch.load(folder / name, map_location="cpu", weights_only=True)
            ours = values.pop("version") == VERSION and values["belongs_to"] == belongs_to
            if ours:
                return Checkpoint(**values)
        except FileNotFoundError:
            continue
        except (
            Exception
        ):  # torch raises whatever its unpickler meets in a damaged file; the one before may do
            damaged += 1
            continue
        raise TrainingError(
            f"the checkpoint in {folder} is of another training",
            seen="another video, recipe or version",
            wanted="the same command as before",
            cure="repeat the command without --resume, or choose another -o",
        )
    if damaged:
        raise TrainingError(
            f"no checkpoint in {folder} can be read",
            seen="files that are damaged",
            wanted="what the training before has written",
            cure="repeat the command without --resume",
        )
    return None
