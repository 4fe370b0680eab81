"""The list of lines: a CSV of whatever kind spreadsheets write, row by row, with what is wrong named by row.

Rows are numbered as a spreadsheet does: the header is 1, empty rows count.
"""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from talkwire.exporters.batch.names import check_name
from talkwire.exporters.batch.outcome import Job, Outcome, Status
from talkwire.exporters.batch.recipe import COLUMNS, Recipe
from talkwire.exporters.write import suffix_of
from talkwire.runtime.errors import BatchError, TalkwireError

LINE: Final = "line"
NAMES: Final = ("out", "name")
DELIMITERS: Final = ",;\t|"
_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS: Final = {b"PK\x03\x04": "an .xlsx or .ods file", b"\xd0\xcf\x11\xe0": "an .xls file"}

Row = tuple[int, list[str] | str]  # number, and cells or what is wrong


@dataclass(slots=True)
class Rows:
    """jobs in the list's order; rows that are refused; remarks on what is odd and harmless."""

    jobs: list[Job] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_rows(path: Path, recipe: Recipe, out: Path) -> Rows:
    """The jobs of a list; columns change the recipe for their row. out: where the files will go.

    Raises BatchError when the file cannot be read or is no list at all.
    """
    rows = _records(*_opened(path))
    header, rest = next(rows, None), rows
    if header is None or isinstance(header[1], str):
        raise _no_list(path, "no header")
    names = [_column(cell) for cell in header[1]]
    if LINE not in names:
        raise _no_list(path, f"the columns {', '.join(filter(None, names)) or 'none'}")
    found = Rows(remarks=list(_remarks(header[0], names)))
    names_by_key: dict[str, Job] = {}
    for row, cells in rest:
        said = (
            {} if isinstance(cells, str) else dict(zip(reversed(names), _padded(cells, names), strict=True))
        )
        try:
            if isinstance(cells, str):
                raise _broken(cells)
            job = _job(row, cells, names, said, recipe, path.parent)
            _refuse_twins(job, names_by_key)
        except TalkwireError as error:
            line, name = said.get(LINE, ""), said.get("out") or said.get("name") or ""
            found.refused.append(Outcome(row, line, name, Status.refused, error=str(error)))
        else:
            found.jobs.append(job)
    return _without_overwriters(found, out)


def _padded(cells: Sequence[str], names: Sequence[str]) -> list[str]:
    """Reversed, so that of two columns of one name the first wins."""
    return [*cells, *[""] * len(names)][: len(names)][::-1]


def _job(
    row: int, cells: Sequence[str], names: Sequence[str], said: dict[str, str], recipe: Recipe, beside: Path
) -> Job:
    if any(cells[len(names) :]):
        raise _broken(f"{len(cells)} cells under {len(names)} columns")
    line = _line(said[LINE], beside)
    own = recipe.changed(said, beside)
    name = next((said[column] for column in NAMES if said.get(column)), line.stem)
    check_name(name)
    suffix = suffix_of(Path(name))
    if suffix and said.get("format") and suffix != own.format:
        raise BatchError(
            "name and format disagree", seen=f"{name!r} and {said['format']!r}", wanted="one format",
            cure="leave one of them blank",
        )  # fmt: skip
    name = name if suffix else name + own.format
    check_name(name)
    return Job(row, line, name, replace(own, format=suffix or own.format))


def _line(text: str, beside: Path) -> Path:
    near = [beside / text, beside / text.replace("\\", "/")]  # a list that was made on Windows
    found = next((path for path in near if text and path.is_file()), None)
    if found is None:
        raise BatchError(
            "there is no such voice line",
            seen=repr(text) if text else "a blank cell",
            wanted=f"a file, seen from {beside}",
            cure="correct its path",
        )
    return found


def _refuse_twins(job: Job, by_key: dict[str, Job]) -> None:
    """Two rows must not write one file, on any system's disk; nor two lines' sounds with one stem."""
    whole = _folded(job.name)
    stem = f"{_folded(job.name.removesuffix(job.recipe.format))}/"
    twin = by_key.get(whole)
    if twin is None and (near := by_key.get(stem)) is not None and near.line != job.line:
        twin = near
    if twin is not None:
        raise BatchError(
            "another row has this name", seen=f"{job.name!r}, and {twin.name!r} in row {twin.row}",
            wanted="a name for each line", cure="give one of them another name in a column 'out'",
        )  # fmt: skip
    by_key[whole] = by_key[stem] = job


def _without_overwriters(found: Rows, out: Path) -> Rows:
    """Refuse rows whose files could replace the voice line of another row."""
    lines = {_folded(str(job.line.resolve().with_suffix(""))): job for job in found.jobs}
    kept = []
    for job in found.jobs:
        stem = job.name.removesuffix(job.recipe.format)
        other = lines.get(_folded(str(out.resolve() / stem)))
        if other is not None and other.line.resolve() != job.line.resolve():
            error = BatchError(
                "its files would replace another row's voice line",
                seen=str(other.line),
                wanted="another name",
                cure="choose another -o, or give it a name in a column 'out'",
            )
            found.refused.append(Outcome(job.row, str(job.line), job.name, Status.refused, error=str(error)))
        else:
            kept.append(job)
    return replace(found, jobs=kept)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _remarks(row: int, names: Sequence[str]) -> Iterator[str]:
    known = [LINE, *NAMES, *COLUMNS]
    for name in dict.fromkeys(filter(None, names)):
        if names.count(name) > 1:
            yield f"row {row}: the column {name!r} is there {names.count(name)} times; the first one counts"
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            hint = f"; was {near[0]!r} meant?" if near else ""
            yield f"row {row}: the column {name!r} is not known and not read{hint}"


def _column(cell: str) -> str:
    return "_".join(cell.lower().replace("-", " ").replace("_", " ").split())


def _opened(path: Path) -> tuple[str, str]:
    """The text, and what divides its cells."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _no_list(path, (error.strerror or "an error").lower()) from None
    for magic, what in _WORKBOOKS.items():
        if data.startswith(magic):
            raise _no_list(path, f"{what}: save it as CSV")
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what Excel's plain "CSV" is in western countries
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[-1]  # a line that spreadsheets do not count
    return text, max(DELIMITERS, key=lambda mark: _known(text, mark))


def _known(text: str, delimiter: str) -> int:
    header = next((cells for _, cells in _records(text, delimiter) if not isinstance(cells, str)), [])
    return sum(_column(cell) in (LINE, *NAMES, *COLUMNS) for cell in header)


def _records(text: str, delimiter: str) -> Iterator[Row]:
    """Rows with stripped cells. Where quotes are broken, the next row begins on the next line."""
    lines = list(io.StringIO(text, newline=""))
    at = row = 0
    while at < len(lines):
        row += 1
        reader = csv.reader((lines[k] for k in range(at, len(lines))), delimiter=delimiter, strict=True)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except csv.Error as error:
            yield row, f"quotes that do not match ({error})"
            at += 1
            continue
        at += reader.line_num
        if any(cells):
            yield row, cells


def _broken(seen: str) -> BatchError:
    return BatchError(
        "the row is broken", seen=seen, wanted="a cell for each column", cure="correct it in the list"
    )


def _no_list(path: Path, seen: str) -> BatchError:
    return BatchError(
        f"{path} is no list of voice lines",
        seen=seen,
        wanted="CSV with a header that has a column 'line'",
        cure="see talkwire export --help",
    )
