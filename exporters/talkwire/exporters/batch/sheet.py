"""index.html: every line with picture, sound, score and warnings, a page without outside resources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote

from talkwire.exporters.batch.outcome import Outcome, Status

_TOLD: Final = {
    Status.done: "done",
    Status.kept: "finished before",
    Status.failed: "failed",
    Status.refused: "refused",
    Status.left: "not begun",
}
_BAD: Final = (Status.failed, Status.refused)


def sheet_bytes(outcomes: Sequence[Outcome], remarks: Iterable[str], out: Path) -> bytes:
    """The page. out: the folder that it lies in, which its links are relative to."""
    page = Template((files("talkwire.exporters.batch") / "sheet.html").read_text("utf-8"))
    unpictured = sorted({one.unpictured for one in outcomes if one.unpictured and not one.picture})
    notes = [*remarks, *(f"no pictures: {why}" for why in unpictured)]
    filled = page.substitute(
        title=escape(out.resolve().name),
        figures=escape(_figures(outcomes)),
        notes="".join(f"<li>{escape(note)}</li>" for note in notes),
        warnings="".join(
            f'<option value="{escape(warning)}">{escape(warning)} ({count})</option>'
            for warning, count in _counted(outcomes)
        ),
        cards="\n".join(_card(one, out) for one in outcomes),
    )
    return filled.encode("utf-8", errors="replace")


def _figures(outcomes: Sequence[Outcome]) -> str:
    counts = ((sum(one.status is status for one in outcomes), word) for status, word in _TOLD.items())
    told = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{len(outcomes)} lines, {sum(one.duration_s for one in outcomes):.0f} s of speech: {told}"


def _counted(outcomes: Iterable[Outcome]) -> list[tuple[str, int]]:
    every = [warning for one in outcomes for warning in one.warnings]
    return sorted({(warning, every.count(warning)) for warning in every})


def _card(one: Outcome, out: Path) -> str:
    state = "bad" if one.status in _BAD else "odd" if one.warnings else "good"
    values = {
        "row": one.row,
        "name": one.name.casefold(),
        "r": "" if one.r is None else f"{one.r:.3f}",
        "duration": f"{one.duration_s:.3f}",
        "status": one.status,
        "warnings": "|".join(one.warnings),
        "state": state,
    }
    data = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in values.items())
    return f"""<article class="{state}" {data}>
{_picture(one)}
<div><h2>{_title(one)}</h2>
<p class="dim">row {one.row} · {escape(_facts(one))}</p>
{"".join(f'<span class="warning">{escape(warning)}</span>' for warning in one.warnings)}
{"".join(f'<p class="dim note">{escape(note)}</p>' for note in one.notes)}
{f'<p class="error">{escape(one.error)}</p>' if one.error else ""}
{_player(one, out)}</div>
</article>"""


def _picture(one: Outcome) -> str:
    if not one.picture:
        return '<div class="picture"></div>'
    source = escape(quote(one.picture))
    return f'<img class="picture" loading="lazy" alt="" width="96" height="96" src="{source}">'


def _title(one: Outcome) -> str:
    name = escape(one.name or Path(one.line).name or f"row {one.row}")
    return f'<a href="{escape(quote(one.files[0][0]))}">{name}</a>' if one.files else name


def _facts(one: Outcome) -> str:
    facts = [_TOLD[one.status]]
    if one.files:
        facts.append(f"{one.duration_s:.2f} s")
    if one.r is not None and one.lag_s is not None:
        facts.append(f"sync {one.r:.2f}, lag {1000 * one.lag_s:+.0f} ms")
    return " · ".join(facts)


def _player(one: Outcome, out: Path) -> str:
    """The sound beside the clip, else the voice line where it lies."""
    if not one.files:
        return ""
    beside = next((name for name, _ in one.files if name.endswith(".wav")), None)
    try:
        source = quote(beside or Path(os.path.relpath(Path(one.line).resolve(), out.resolve())).as_posix())
    except ValueError:  # on another drive
        source = Path(one.line).resolve().as_uri()
    return f'<audio controls preload="none" src="{escape(source)}"></audio>'
