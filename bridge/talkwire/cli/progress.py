"""Progress bars: of commands that bake, and of trainings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

SILENT_S: Final = 2.0  # work shorter than this needs no bar
LINE_S: Final = 60.0  # between lines where there is no terminal


class Standing(Protocol):
    """Where a training stands; see talkwire.training.standing, which is not imported without need."""

    @property
    def stage(self) -> str:
        """Its name."""
        ...

    @property
    def share(self) -> float:
        """Done, 0 to 1."""
        ...

    @property
    def loss(self) -> float:
        """Of the last step."""
        ...

    @property
    def psnr_db(self) -> float:
        """Of late; 0 before any picture."""
        ...

    @property
    def seconds_left(self) -> float:
        """A guess."""
        ...


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


Advance = Callable[[str, float, "Standing | None"], None]


@contextmanager
def training_progress() -> Iterator[Advance]:
    """The bar of a training: stage, share, loss, PSNR, time left; on a log, a line a minute."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[figures]}"),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("starting", total=1.0, figures="")
    written = 0.0

    def advance(stage: str, share: float, standing: Standing | None) -> None:
        nonlocal written
        figures = ""
        if standing is not None:
            stage = f"{stage}: {standing.stage}"
            figures = f"loss {standing.loss:.4f}"
            if standing.psnr_db:
                figures += f", {standing.psnr_db:.1f} dB"
            if standing.share:
                figures += f", {standing.seconds_left / 60:.0f} min left"
        bar.update(task, description=stage, completed=share, figures=figures)
        if not console.is_terminal and time.perf_counter() - written > LINE_S:
            written = time.perf_counter()
            console.print(f"{stage} {share:.0%} {figures}".rstrip(), highlight=False, markup=False)

    with bar:
        yield advance
