"""A line to do, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from talkwire.exporters.batch.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Job:
    """A row that can be used. row: as a spreadsheet counts, the header is 1.  name: of the file to write."""

    row: int
    line: Path
    name: str
    recipe: Recipe


class Status(StrEnum):
    """What became of a row."""

    done = "done"
    kept = "kept"  # finished by an earlier run, from the same bytes and options
    failed = "failed"
    refused = "refused"  # the row itself cannot be used
    left = "left"  # the batch was stopped before it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: all that summary and sheet say of it.

    files: names in the folder, the clip first, with their sizes in bytes.  r, lag_s: see `sync`; None where
    there is too little speech to tell.  warnings: see `findings`.  notes: the writer's.  picture: of the
    widest mouth, beside the sheet; blank for none.  unpictured: why.  hopeless: the folder cannot be written
    to, so no other line could be either.
    """

    row: int
    line: str
    name: str
    status: Status
    files: tuple[tuple[str, int], ...] = ()
    duration_s: float = 0.0
    took_s: float = 0.0
    r: float | None = None
    lag_s: float | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    picture: str = ""
    unpictured: str = ""
    hopeless: bool = False

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Outcome:
        """From JSON. Raises TypeError, ValueError or KeyError for what is no outcome."""
        files = tuple((str(name), int(size)) for name, size in said["files"])
        known = {
            **said,
            "status": Status(said["status"]),
            "files": files,
            "warnings": tuple(map(str, said["warnings"])),
            "notes": tuple(map(str, said["notes"])),
        }
        return cls(**known)


def failed(job: Job, error: object, *, status: Status = Status.failed, hopeless: bool = False) -> Outcome:
    """The outcome of a line that came to nothing."""
    return Outcome(job.row, str(job.line), job.name, status, error=str(error), hopeless=hopeless)
