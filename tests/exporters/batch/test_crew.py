"""Processes that speak lines: lost ones cost nothing but time."""

import multiprocessing
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from exporters.batch.conftest import MakeJobs
from talkwire.exporters.batch.crew import speak_here
from talkwire.exporters.batch.outcome import Status
from talkwire.exporters.batch.recipe import Recipe


@dataclass(frozen=True)
class Deadly:
    """A recipe that ends the process which receives it."""

    code: int

    def __reduce__(self) -> Any:
        return os._exit, (self.code,)


def never() -> bool:
    return False


def test_lost_processes_cost_no_line(make_jobs: MakeJobs, tmp_path: Path) -> None:
    jobs = make_jobs(6)
    jobs[1] = replace(jobs[1], recipe=cast(Recipe, Deadly(9)))
    came = []
    for job, outcome in speak_here(jobs, tmp_path, processes=2, pictures=False, stopped=never):
        if not came:  # in the middle of others
            for child in multiprocessing.active_children():
                child.kill()
        came.append((job.row, outcome.status, outcome.error))
    assert sorted(row for row, _, _ in came) == [2, 3, 4, 5, 6, 7]
    bad = [(row, error) for row, status, error in came if status is not Status.done]
    assert bad == [(3, "2 processes ended while they spoke it (exit code 9)")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{row}.npz" for row in (2, 4, 5, 6, 7)]
    assert multiprocessing.active_children() == []


def test_once_stopped_what_is_under_way_is_finished(make_jobs: MakeJobs, tmp_path: Path) -> None:
    came: list[tuple[str, Status]] = []
    crew = speak_here(make_jobs(50), tmp_path, processes=2, pictures=False, stopped=lambda: bool(came))
    came.extend((job.name, outcome.status) for job, outcome in crew)
    assert 1 <= len(came) <= 4
    assert all(status is Status.done for _, status in came)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(name for name, _ in came)


def test_a_caller_that_leaves_ends_them(make_jobs: MakeJobs, tmp_path: Path) -> None:
    speaking = speak_here(make_jobs(50), tmp_path, processes=1, pictures=False, stopped=never)
    next(speaking)
    before = signal.getsignal(signal.SIGINT)
    speaking.close()
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGINT) is before
    assert list(tmp_path.glob("*.partial")) == []


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    assert list(speak_here([], tmp_path, processes=2, pictures=False, stopped=never)) == []
