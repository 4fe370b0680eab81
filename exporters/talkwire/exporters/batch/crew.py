"""Processes of this machine that speak lines: each takes one, says what became of it, and takes the next.

A process that dies costs its line one more try in another process, and the batch nothing. A parent that dies
closes the pipes, and each process ends after its line.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Final

from talkwire.exporters.batch.outcome import Job, Outcome, failed
from talkwire.exporters.batch.speak import ONE_THREAD, Speaker
from talkwire.runtime.errors import EngineError

TRIES: Final = 2
LOOK_S: Final = 0.2  # how often somebody asks whether to stop
PATIENCE_S: Final = 3.0  # for a process that is told to end
STILLBORN: Final = 3  # processes in a row that end before they are ready

Stopped = Callable[[], bool]


class _Worker:
    """A process, its pipe and the job that it has."""

    def __init__(self, out: Path, *, pictures: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, out, pictures), daemon=True)
        with _environment():
            self.process.start()
        theirs.close()
        self.ready = False
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # it has died: the end of its pipe says so
            self.pipe.send(job)

    def end(self) -> None:
        """By itself where it waits, else at once, with what it half-wrote cleaned up where it can."""
        self.pipe.close()
        if self.job is not None or not self.ready:
            self.process.terminate()
        self.process.join(PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def speak_here(
    jobs: Iterable[Job], out: Path, *, processes: int, pictures: bool, stopped: Stopped
) -> Iterator[tuple[Job, Outcome]]:
    """Each job with what became of it, as they come, from `processes` processes.

    stopped: asked several times a second; once it says so no job is begun, and those under way are finished.
    jobs are drawn as they are needed.  Raises EngineError when no process starts.
    """
    waiting, again, tries = iter(jobs), list[Job](), dict[int, int]()
    workers: list[_Worker] = []
    stillborn = 0

    def following() -> Job | None:
        if stopped():
            return None
        return again.pop() if again else next(waiting, None)

    job = following()
    try:
        while job is not None or again or any(worker.job for worker in workers):
            if job is not None and len(workers) < processes:
                workers.append(_Worker(out, pictures=pictures))
            for worker in workers:
                if job is not None and worker.ready and worker.job is None:
                    worker.give(job)
                    job = following()
            for worker in _due(workers):
                try:
                    outcome: Outcome | None = worker.pipe.recv()
                except (EOFError, OSError):
                    workers.remove(worker)
                    stillborn = 0 if worker.ready else stillborn + 1
                    worker.end()
                    if stillborn >= STILLBORN:
                        raise _unstartable(worker) from None
                    if worker.job is not None and (lost := _once_more(worker, tries, again)):
                        yield worker.job, lost
                    continue
                if outcome is None:
                    worker.ready = True
                elif worker.job is not None:
                    done, worker.job = worker.job, None
                    yield done, outcome
            if stopped():
                job = None
                again.clear()
            elif job is None:
                job = following()
    finally:
        for worker in workers:
            worker.end()


def _due(workers: list[_Worker]) -> list[_Worker]:
    ready = wait([worker.pipe for worker in workers], timeout=LOOK_S)
    return [worker for worker in workers if worker.pipe in ready]


def _once_more(worker: _Worker, tries: dict[int, int], again: list[Job]) -> Outcome | None:
    """Puts the job of a dead process back, or says that it has had its tries."""
    assert worker.job is not None
    tries[worker.job.row] = tries.get(worker.job.row, 1) + 1
    if tries[worker.job.row] <= TRIES:
        again.append(worker.job)
        return None
    return failed(worker.job, f"{TRIES} processes ended while they spoke it ({_ending(worker)})")


def _ending(worker: _Worker) -> str:
    code = worker.process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"by {name}; is there enough memory?" if name == "SIGKILL" else f"by {name}"


def _unstartable(worker: _Worker) -> EngineError:
    return EngineError(
        "no process that speaks lines can be started",
        seen=f"{STILLBORN} that ended at once ({_ending(worker)})",
        wanted="processes",
        cure="try --jobs 1, or a line alone: talkwire export LINE.wav -o x.glb",
    )


@contextmanager
def _environment() -> Iterator[None]:
    """For a process that is being started: one thread for each library, and no share of the terminal's
    Ctrl-C, which is its parent's to heed.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    heeded = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heeded)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _work(pipe: Connection, out: Path, pictures: bool) -> None:
    """What a process does: says that it is ready, then an outcome for each job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    speaker = Speaker(pictures=pictures)
    with suppress(EOFError, OSError):  # the parent has gone
        pipe.send(None)
        while True:
            pipe.send(speaker.speak(pipe.recv(), out))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends as it is


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # through every finally: nothing half-written stays
