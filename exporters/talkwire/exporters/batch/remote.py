"""The same work by Ray, on as many machines as have joined.

A piece of work carries the bytes of its line. A worker that sees the folder, as every one on this machine
does, writes into it; one that does not sends the bytes of its files, which are then written here. A file of
an avatar travels to each machine once. Where a worker is lost Ray gives its line to another, once.
Every machine needs this version of talkwire.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from talkwire.exporters.atomic import write_together
from talkwire.exporters.batch.crew import LOOK_S, Stopped
from talkwire.exporters.batch.names import SUMMARY
from talkwire.exporters.batch.outcome import Job, Outcome, failed
from talkwire.exporters.batch.speak import PICTURES, Speaker, filled, is_hopeless, one_thread
from talkwire.exporters.gltf.document import generator
from talkwire.runtime.avatar import find_avatar
from talkwire.runtime.cache import kept_avatar
from talkwire.runtime.cluster import Cluster, WorkerLost
from talkwire.runtime.errors import AudioError, TalkwireError

AHEAD: Final = 2  # pieces of work for each core: one that is done, and one that waits
Files = dict[str, bytes]
_AVATARS: Final[dict[str, str]] = {}  # a process is of one batch: one name, one file
_MEMORY: Final = next((path for path in ("/dev/shm",) if os.access(path, os.W_OK)), None)
"""Where files cost no disk: a worker's go away again at once."""


def speak_there(
    jobs: Iterable[Job], out: Path, *, cluster: Cluster, pictures: bool, stopped: Stopped
) -> Iterator[tuple[Job, Outcome]]:
    """As `crew.speak_here`, by a cluster. Raises LinkError when it goes away."""
    waiting, shared = iter(jobs), dict[str, Any]()
    under_way: dict[Any, Job] = {}
    mark = out.absolute() / f"{SUMMARY}.{secrets.randbits(64)}.partial"  # swept where this process is killed
    try:
        with suppress(OSError):  # then nobody sees it
            mark.touch()
        while True:
            while len(under_way) < AHEAD * cluster.cores and not stopped():
                if (job := next(waiting, None)) is None:
                    break
                try:
                    under_way[_start(cluster, job, shared, mark, pictures=pictures)] = job
                except TalkwireError as error:
                    yield job, failed(job, error)
            if not under_way:
                return
            ready, _ = cluster.wait(list(under_way), LOOK_S)
            for ticket in ready:
                job = under_way.pop(ticket)
                yield job, _landed(cluster, ticket, job, out)
            if stopped():
                for ticket in [ticket for ticket in under_way if ticket not in ready][cluster.cores :]:
                    cluster.cancel(ticket)  # what waits behind others
                    del under_way[ticket]
    finally:
        for ticket in under_way:
            cluster.cancel(ticket)
        with suppress(OSError):
            mark.unlink(missing_ok=True)


def _start(cluster: Cluster, job: Job, shared: dict[str, Any], mark: Path, *, pictures: bool) -> Any:
    avatar = find_avatar(job.recipe.avatar)
    if str(avatar) not in shared:
        shared[str(avatar)] = cluster.share((avatar.name, avatar.read_bytes()))
    try:
        line = job.line.read_bytes()
    except OSError as error:
        raise AudioError(
            f"cannot open {job.line}", seen=(error.strerror or "an error").lower(), wanted="an audio file",
            cure="check the path",
        ) from None  # fmt: skip
    away = replace(job, line=job.line.absolute())
    return cluster.start(speak_bytes, away, line, shared[str(avatar)], generator(), pictures, mark)


def _landed(cluster: Cluster, ticket: Any, job: Job, out: Path) -> Outcome:
    try:
        outcome, files = cluster.result(ticket)
    except WorkerLost:
        return failed(job, "two workers were lost while they spoke it; is there enough memory?")
    error = outcome.error.replace(str(job.line.absolute()), str(job.line))
    outcome = replace(outcome, line=str(job.line), error=error)
    try:
        return _written(outcome, files, job, out)
    except TalkwireError as error:
        return failed(job, error, hopeless=is_hopeless(error))


def _written(outcome: Outcome, files: Files | None, job: Job, out: Path) -> Outcome:
    """The files in their place, the clip last; the line itself is never replaced. None: they are there."""
    if files is None:
        return outcome
    mine = {name: data for name, data in files.items() if not _is(out / name, job.line)}
    (out / PICTURES).mkdir(exist_ok=True)
    order = sorted(mine, key=lambda name: name == job.name)
    if order:
        write_together({out / name: filled(mine[name]) for name in order})
    kept = tuple((name, size) for name, size in outcome.files if name in mine)
    return replace(outcome, files=kept)


def _is(path: Path, line: Path) -> bool:
    return path.exists() and path.samefile(line)


def speak_bytes(
    job: Job, line: bytes, avatar: tuple[str, bytes], version: str, pictures: bool, mark: Path
) -> tuple[Outcome, Files | None]:
    """What a worker does: the outcome and all files, by their names in the folder; None where it has written
    them there itself. mark: a file in the folder, which is there where the folder is.
    """
    if version != generator():
        return failed(job, f"a worker has {generator()}, and this machine {version}: install one of them"), {}
    with tempfile.TemporaryDirectory(prefix="talkwire-", dir=_MEMORY) as folder:
        place = Path(folder)
        heard = place / job.line.name
        heard.write_bytes(line)
        seen = mark.exists()
        out = mark.parent if seen else place / "out"
        out.mkdir(exist_ok=True)
        own = replace(job, recipe=replace(job.recipe, avatar=_avatar(job.recipe.avatar, *avatar)))
        outcome = _speaker(pictures).speak(own, out, heard)
        outcome = replace(outcome, error=outcome.error.replace(str(heard), str(job.line)))
        if seen:
            return outcome, None
        names = [str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()]
        return outcome, {name: (out / name).read_bytes() for name in names}


def _avatar(asked: str, name: str, data: bytes) -> str:
    """Its file here, looked for once in a process."""
    if asked not in _AVATARS:
        _AVATARS[asked] = str(kept_avatar(name, data))
    return _AVATARS[asked]


@cache
def _speaker(pictures: bool) -> Speaker:
    one_thread()
    return Speaker(pictures=pictures)
