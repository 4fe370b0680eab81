"""Run a program inside Blender's own environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

from judges.install import BLENDER_PYTHON

TIMEOUT_S = 300


def run_in_blender(program: str, path: Path, *words: str) -> None:
    """`program path words...`, where bpy is. Raises AssertionError with what it said."""
    done = subprocess.run(
        [str(BLENDER_PYTHON), program, str(path), *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"Blender failed on {path.name}:\n{done.stdout}\n{done.stderr}")
