"""summary.csv: a row for each row of the list, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from talkwire.exporters.batch.outcome import Outcome

COLUMNS: Final = (
    "row",
    "status",
    "line",
    "files",
    "duration_s",
    "took_s",
    "sync_r",
    "lag_ms",
    "warnings",
    "notes",
    "error",
)


def summary_bytes(outcomes: Iterable[Outcome]) -> bytes:
    """CSV by RFC 4180, in UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(outcome) for outcome in outcomes)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _cells(outcome: Outcome) -> list[object]:
    spoken = bool(outcome.files)
    return [
        outcome.row,
        outcome.status,
        outcome.line,
        "; ".join(name for name, _ in outcome.files),
        f"{outcome.duration_s:.3f}" if spoken else "",
        f"{outcome.took_s:.3f}" if spoken else "",
        "" if outcome.r is None else f"{outcome.r:.2f}",
        "" if outcome.lag_s is None else round(1000 * outcome.lag_s),
        "; ".join(outcome.warnings),
        "; ".join(outcome.notes),
        outcome.error,
    ]
