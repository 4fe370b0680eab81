"""The report of a training: one HTML page with everything in it, to be looked at before anything is used."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.errors import TrainingError

STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left;vertical-align:top}
img{max-width:100%;display:block;margin:.4em 0}h2{margin-top:1.8em}.note{color:#666}
"""
PAGE: Final = """<!doctype html><meta charset=utf-8><title>{name}</title><style>{style}</style>
<h1>{name}</h1><p class=note>{note}</p>{body}"""


def write_page(
    folder: Path, name: str, note: str, sections: Iterable[tuple[str, str]], figures: Mapping[str, Any]
) -> Path:
    """FOLDER/index.html and FOLDER/figures.json. sections: title and HTML of each.

    Raises TrainingError when the disk refuses; the page before is then still there.
    """
    body = "".join(f"<h2>{escape(title)}</h2>{content}" for title, content in sections)
    page = PAGE.format(name=escape(name), style=STYLE, note=escape(note), body=body)
    try:
        (folder / "figures.json").write_text(json.dumps(figures, indent=1))
        partial = folder / "index.html.partial"
        partial.write_text(page)
        return partial.replace(folder / "index.html")
    except OSError as error:
        raise TrainingError(
            f"the report in {folder} cannot be written",
            seen=error.strerror,
            wanted="a writable folder with free space",
            cure="free some space; the avatar itself is done",
        ) from None


def card_table(card: AvatarCard, more: Mapping[str, Any]) -> str:
    """What an avatar says of itself, and figures by name, nested ones too."""
    rows = {"shows": card.shows, "licence": card.licence, "credit": card.credit, "made by": card.made_by}
    return table([*rows.items(), *flat_rows(more)])


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Each row begins with what it is of."""
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"] if head else []
    for first, *others in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in others)
        lines.append(f"<tr><th>{escape(first)}</th>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def picture(data: bytes, words: str) -> str:
    """A PNG or JPEG with its caption."""
    kind, data64 = "png" if data.startswith(b"\x89PNG") else "jpeg", base64.b64encode(data).decode()
    caption = escape(words)
    return f'<img src="data:image/{kind};base64,{data64}" alt="{caption}"><p class=note>{caption}</p>'


def jpeg(picture_hxwx3: np.ndarray) -> bytes:
    """Of uint8."""
    data = io.BytesIO()
    Image.fromarray(picture_hxwx3).save(data, "JPEG", quality=90)
    return data.getvalue()


def flat_rows(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested figures as rows of a table."""
    rows = []
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            rows += flat_rows(value, f"{name}: ")
        else:
            rows.append((name, shown_value(value)))
    return rows


def shown_value(value: Any) -> str:
    """A figure as text."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
