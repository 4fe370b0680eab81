"""Built engines on disk: found by all that decides them, checked before they are trusted, written whole or
not at all.

A file is one line of JSON, what the engine is of, with the sha256 of what follows, and then the engine.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from talkwire.runtime.cache import cache_home
from talkwire.runtime.errors import EngineError

SUFFIX: Final = ".engine"
_LONGEST_LINE: Final = 4096


@dataclass(frozen=True, slots=True)
class EngineKey:
    """All that decides an engine. graph: sha256 of the ONNX file.  targets: capabilities, or a card by name.
    npcs: at most so many a call.  builder: by name and version.
    """

    name: str
    graph: str
    precision: str
    targets: tuple[str, ...]
    npcs: int
    builder: str

    @property
    def file(self) -> str:
        """Its file's name."""
        digest = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()
        return f"{self.name}-{digest[:16]}{SUFFIX}"

    def serves(self, wanted: EngineKey) -> bool:
        """Whether what is wanted can be had of it: for fewer cards, or for fewer NPCs, it can."""
        same = ("name", "graph", "precision", "builder")
        return (
            all(getattr(self, field) == getattr(wanted, field) for field in same)
            and set(wanted.targets) <= set(self.targets)
            and wanted.npcs <= self.npcs
        )


def graph_hash(graph: bytes) -> str:
    """Of an ONNX file, for a key."""
    return hashlib.sha256(graph).hexdigest()


def cache_folder() -> Path:
    """Where engines are kept."""
    return cache_home() / "engines"


def find(key: EngineKey, folder: Path) -> tuple[EngineKey, bytes] | None:
    """An engine that serves, with its own key, or None where there is none that is whole."""
    for path in sorted(folder.glob(f"{key.name}-*{SUFFIX}")):
        found = _read(path)
        if found is not None and found[0].serves(key):
            return found
    return None


def keep(key: EngineKey, engine: bytes, folder: Path) -> Path:
    """Write it. Raises EngineError when the folder cannot be written."""
    about = {**asdict(key), "sha256": hashlib.sha256(engine).hexdigest()}
    path = folder / key.file
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(json.dumps(about).encode() + b"\n" + engine)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise EngineError(
            "an engine cannot be kept",
            seen=f"{error.strerror}: {folder}",
            wanted="a folder that can be written",
            cure="set TALKWIRE_CACHE to another",
        ) from None
    return path


def kept(folder: Path) -> Iterator[tuple[Path, EngineKey | None, int]]:
    """Every file: what it is of, None where it is damaged, and its bytes."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        found = _read(path)
        yield path, None if found is None else found[0], path.stat().st_size


def _read(path: Path) -> tuple[EngineKey, bytes] | None:
    try:
        line, _, engine = path.read_bytes().partition(b"\n")
        about = json.loads(line[:_LONGEST_LINE])
        if about.pop("sha256") != hashlib.sha256(engine).hexdigest():
            return None
        return EngineKey(**{**about, "targets": tuple(about["targets"])}), engine
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
