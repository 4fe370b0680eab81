"""Ask glTF Transform about a file: its validation, and the file as its own model writes it again."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

from judges.install import MODULES

_PROGRAM = MODULES / ".bin" / "gltf-transform"


def validate(path: Path) -> list[list[str]]:
    """Rows of code, message, severity, pointer; none for a file without fault."""
    said = _run("validate", str(path), "--format", "csv")
    rows = list(csv.reader(said.splitlines()))
    return [row for row in rows if len(row) == 4 and row[0] != "code"]


def copied(path: Path, out: Path) -> Path:
    """The file read into its model and written from it: what it did not understand is lost."""
    _run("copy", str(path), str(out))
    return out


def _run(*words: str) -> str:
    done = subprocess.run([str(_PROGRAM), *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
