"""`talkwire export --batch`: a list of lines in, a folder of clips out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from talkwire.exporters.batch import Batch, Recipe, run_batch
from talkwire.exporters.batch.crew import Stopped, speak_here
from talkwire.exporters.batch.outcome import Job, Outcome, Status
from talkwire.exporters.batch.remote import speak_there
from talkwire.runtime.cluster import joined

LOG_S: Final = 30.0  # between lines where there is no terminal
INTERRUPTED: Final = 130


def export_batch(
    lines: Path, out: Path, recipe: Recipe, *, jobs: int | None, cluster: str | None, pictures: bool
) -> None:
    """Speak the list here or on a cluster, with a bar; then say what came of it.

    Raises BatchPartlyDone or BatchError when rows failed, and typer.Exit(130) when it was interrupted.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    began = time.perf_counter()
    with ExitStack() as stack:
        there = None if cluster is None else stack.enter_context(joined(cluster, cores=jobs))

        def speak(work: Iterable[Job], folder: Path, stopped: Stopped) -> Iterator[tuple[Job, Outcome]]:
            if there is not None:
                return speak_there(work, folder, cluster=there, pictures=pictures, stopped=stopped)
            return speak_here(work, folder, processes=jobs or cores, pictures=pictures, stopped=stopped)

        bar = stack.enter_context(_Bar())
        stopped = stack.enter_context(_stopping(bar.say))
        batch = run_batch(lines, out, recipe, speak, begun=bar.begin, told=bar.tell, stopped=stopped)
    for remark in batch.remarks:
        typer.echo(f"talkwire: {remark}", err=True)
    print(_summary(batch, time.perf_counter() - began))
    if batch.stopped:
        raise typer.Exit(INTERRUPTED)
    batch.check()


def _summary(batch: Batch, took_s: float) -> str:
    counts = batch.counts()
    words = {Status.done: "done", Status.kept: "finished before", Status.left: "left"}
    told = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    bad = counts[Status.failed] + counts[Status.refused]
    told += [f"{bad} failed"] * bool(bad)
    said_s = sum(one.duration_s for one in batch.outcomes if one.status is Status.done)
    rate = f"; {said_s:.1f} s of speech in {took_s:.1f} s, {said_s / took_s:.1f}x real time"
    return f"{batch.out}: {', '.join(told)}{rate if said_s else ''}; see {batch.out / 'index.html'}"


class _Bar:
    """Lines done and failed, speech a second, time left: a bar, or a line now and then on a log."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"), TimeRemainingColumn(),
        )  # fmt: skip
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._progress.add_task("speaking", total=None, figures="")
        self._began = self._written = time.perf_counter()
        self._total = self._told = self._bad = 0
        self._said_s = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, sentence: str) -> None:
        self._console.print(sentence, highlight=False, markup=False)

    def begin(self, count: int) -> None:
        self._total = count
        self._progress.update(self._task, total=count)

    def tell(self, outcome: Outcome) -> None:
        self._told += 1
        self._bad += outcome.status in (Status.failed, Status.refused)
        if outcome.status is Status.done:
            self._said_s += outcome.duration_s
        now = time.perf_counter()
        figures = f"{self._said_s / (now - self._began):.0f}x real time" + f", {self._bad} failed" * bool(
            self._bad
        )
        self._progress.update(self._task, completed=self._told, figures=figures)
        if not self._console.is_terminal and now - self._written > LOG_S:
            self._written = now
            self.say(f"{self._told} of {self._total} lines, {figures}")


@contextmanager
def _stopping(say: Callable[[str], None]) -> Iterator[Stopped]:
    """Whether Ctrl-C or SIGTERM came: what is under way is then finished; a second one raises
    KeyboardInterrupt.
    """
    asked = False

    def heed(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        say("finishing the lines under way (Ctrl-C ends at once)")

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
