"""The progress bar of commands that bake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

SILENT_S: Final = 2.0  # work shorter than this needs no bar


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """Something to call with a stage and its share done; shows a bar once the work has taken a while."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    shown_from = time.perf_counter() + SILENT_S
    task = bar.add_task("", total=1.0)

    def advance(stage: str, share: float) -> None:
        bar.update(task, description=stage, completed=share)
        if time.perf_counter() > shown_from and not bar.live.is_started:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
