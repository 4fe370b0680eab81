"""A list of lines into a folder of clips: what is finished is kept, what fails is named, the rest goes on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from talkwire.exporters.atomic import write_together
from talkwire.exporters.batch.crew import Stopped
from talkwire.exporters.batch.ledger import Ledger, key_maker, open_ledger
from talkwire.exporters.batch.names import SHEET, SUMMARY
from talkwire.exporters.batch.outcome import Job, Outcome, Status, failed
from talkwire.exporters.batch.recipe import Recipe
from talkwire.exporters.batch.rows import Rows, read_rows
from talkwire.exporters.batch.sheet import sheet_bytes
from talkwire.exporters.batch.speak import PICTURES, filled
from talkwire.exporters.batch.summary import summary_bytes
from talkwire.exporters.gltf.document import generator
from talkwire.runtime.avatar import find_avatar
from talkwire.runtime.errors import BatchError, BatchPartlyDone, ExportError, TalkwireError

Speak = Callable[[Iterable[Job], Path, Stopped], Iterator[tuple[Job, Outcome]]]
"""Who speaks: jobs, the folder and whether to stop, to outcomes as they come."""
_PARTIAL: Final = re.compile(r".+\.\d+(\.old)?\.partial")  # as `atomic` names them
GOOD: Final = (Status.done, Status.kept)


@dataclass(frozen=True)
class Batch:
    """What came of a list. outcomes: of every row, in its order.  remarks: odd and harmless."""

    out: Path
    outcomes: list[Outcome]
    remarks: list[str]
    stopped: bool

    def counts(self) -> Mapping[Status, int]:
        """How many rows came to what."""
        return {status: sum(one.status == status for one in self.outcomes) for status in Status}

    def check(self) -> None:
        """Raise BatchPartlyDone or BatchError when rows failed or were refused."""
        bad = [one for one in self.outcomes if one.status in (Status.failed, Status.refused)]
        good = sum(one.status in GOOD for one in self.outcomes)
        if bad:
            raise (BatchPartlyDone if good else BatchError)(
                f"{len(bad)} of {len(self.outcomes)} lines did not become clips",
                seen=f"row {bad[0].row}: {bad[0].error}",
                wanted="a clip of each",
                cure=f"see {self.out / SUMMARY}, correct them and run it again: what is finished is kept",
            )


def run_batch(
    lines: Path,
    out: Path,
    recipe: Recipe,
    speak: Speak,
    *,
    begun: Callable[[int], None] = lambda count: None,
    told: Callable[[Outcome], None] = lambda outcome: None,
    stopped: Stopped = lambda: False,
) -> Batch:
    """Speak every row of a list into a folder, with summary.csv, index.html and ledger.jsonl.

    begun: told how many rows there are.  told: of each outcome, as it comes.  stopped: asked several times a
    second; once it says so, what is under way is finished and the rest left.
    Raises BatchError for a list that cannot be read, AvatarError for a recipe whose avatar is not there,
    ExportError when the folder cannot be written.
    """
    find_avatar(recipe.avatar)
    rows = read_rows(lines, recipe, out)
    if not rows.jobs and not rows.refused:
        raise BatchError(
            f"{lines} holds no lines", seen="a header alone", wanted="rows", cure="add rows to it"
        )
    begun(len(rows.jobs) + len(rows.refused))
    outcomes: dict[int, Outcome] = {}

    def note(outcome: Outcome) -> None:
        outcomes[outcome.row] = outcome
        told(outcome)

    for refused in rows.refused:
        note(refused)
    with open_ledger(out) as ledger:
        _sweep(out, rows)
        try:
            _speak_all(rows.jobs, out, speak, ledger, note, stopped)
        finally:
            left = [_left(job) for job in rows.jobs if job.row not in outcomes]
            ended = sorted([*outcomes.values(), *left], key=lambda one: one.row)
            batch = Batch(out, ended, rows.remarks, stopped=bool(left))
            with suppress(ExportError):  # a full disk has been told of already
                _report(batch)
    return batch


def _speak_all(
    jobs: list[Job],
    out: Path,
    speak: Speak,
    ledger: Ledger,
    note: Callable[[Outcome], None],
    stopped: Stopped,
) -> None:
    key_of, digest_of = key_maker(generator()), cache(_digest)
    keys: dict[int, str] = {}

    def unfinished() -> Iterator[Job]:
        """Drawn as it is needed, so that a long list begins at once."""
        for job in jobs:
            try:
                keys[job.row] = key_of(job, digest_of(job.recipe.avatar))
            except TalkwireError as error:
                note(failed(job, error))
                continue
            except OSError as error:
                note(failed(job, f"cannot read {job.line}: {(error.strerror or 'an error').lower()}"))
                continue
            before = ledger.finished(keys[job.row])
            if before is None:
                yield job
            else:
                note(replace(before, row=job.row, line=str(job.line), status=Status.kept))

    for job, outcome in speak(unfinished(), out, stopped):
        if outcome.status is Status.done:
            ledger.add(keys[job.row], outcome)
        note(outcome)
        if outcome.hopeless:
            raise ExportError(
                f"the batch stopped at row {job.row}", seen=outcome.error, wanted="a folder that takes files",
                cure="then run it again: what is finished is kept",
            )  # fmt: skip


def _digest(avatar: str) -> str:
    with find_avatar(avatar).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _left(job: Job) -> Outcome:
    return Outcome(job.row, str(job.line), job.name, Status.left)


def _sweep(out: Path, rows: Rows) -> None:
    """What processes that were killed have left half-written; nobody else writes here now."""
    stems = {job.name.removesuffix(job.recipe.format) for job in rows.jobs}
    mine = (*(f"{stem}{mark}" for stem in stems for mark in "._"), SUMMARY, SHEET)
    for partial in [*out.glob("*.partial"), *(out / PICTURES).glob("*.partial")]:
        if _PARTIAL.fullmatch(partial.name) and partial.name.startswith(mine):
            with suppress(OSError):
                partial.unlink()


def _report(batch: Batch) -> None:
    files = {batch.out / SHEET: sheet_bytes(batch.outcomes, batch.remarks, batch.out)}
    files[batch.out / SUMMARY] = summary_bytes(batch.outcomes)
    write_together({path: filled(data) for path, data in files.items()})
