"""The preview page's files, read once: a path that is not in the table is not there, whatever it climbs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}
PLAIN: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """What a path answers with."""

    type: str
    data: bytes


def page_files(settings: Mapping[str, str]) -> dict[str, File]:
    """By path of the URL. settings: what the page reads as `settings.json`."""
    pages = dict(_walk(files("talkwire.bridge.preview") / "web", "/"))
    pages["/"] = pages["/index.html"]
    pages["/settings.json"] = File(TYPES["json"], json.dumps(settings).encode())
    return pages


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, File]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{path}{entry.name}/")
        else:
            suffix = entry.name.rpartition(".")[2]
            yield f"{path}{entry.name}", File(TYPES.get(suffix, PLAIN), entry.read_bytes())
