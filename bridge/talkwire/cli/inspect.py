"""`talkwire inspect`: what is in a glTF file, and how near it is to its sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkwire.exporters import inspect as look_into


def inspect(
    file: Annotated[Path, typer.Argument(metavar="CLIP.glb", help="A .glb, .gltf or .vrm, of anybody's.")],
    no_source: Annotated[
        bool, typer.Option("--no-source", help="Do not speak the lines again to measure the error.")
    ] = False,
    avatar: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The avatar that it shows, where it does not ship.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False,
) -> None:
    """Say what a glTF file holds: sizes by part, lines, keys, shapes, and the error against the source.

    Example: `talkwire inspect line.glb`

    The error is measured where the file says its avatar and seed and its sound is beside it. Khronos'
    validator is asked, too, where Node.js and the package gltf-validator are.
    """
    report = look_into(file, source=not no_source, avatar=avatar)
    print(report.json() if as_json else report.text())
