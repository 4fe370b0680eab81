"""Lists of lines on a small avatar, spoken in this process or by others."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from support import LINE, small_avatar
from talkwire.exporters.batch import Recipe
from talkwire.exporters.batch.crew import Stopped
from talkwire.exporters.batch.outcome import Job, Outcome
from talkwire.exporters.batch.speak import Speaker

MakeJobs = Callable[[int], list[Job]]


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("avatar") / "small.talkwire"
    small_avatar().save(path)
    return path


@pytest.fixture
def make_jobs(small_file: Path) -> MakeJobs:
    def make_jobs(count: int) -> list[Job]:
        recipe = Recipe(avatar=str(small_file), format=".npz")
        return [Job(row, LINE, f"{row}.npz", recipe) for row in range(2, count + 2)]

    return make_jobs


def speak_alone(jobs: Iterable[Job], out: Path, stopped: Stopped) -> Iterator[tuple[Job, Outcome]]:
    """In this process, one after the other."""
    speaker = Speaker(pictures=False)
    for job in jobs:
        yield job, speaker.speak(job, out)
        if stopped():
            return
