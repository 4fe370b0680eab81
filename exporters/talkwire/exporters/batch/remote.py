"""The same work by Ray, on as many machines as have joined.

No disk is shared: a piece of work carries the bytes of its line and brings the bytes of its files, which are
written here as any others are. A file of an avatar travels to each machine once. Where a worker is lost Ray
gives its line to another, once. Every machine needs this version of talkwire.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from talkwire.exporters.atomic import write_together
from talkwire.exporters.batch.crew import LOOK_S, Stopped
from talkwire.exporters.batch.outcome import Job, Outcome, failed
from talkwire.exporters.batch.speak import PICTURES, Speaker, filled, is_hopeless, one_thread
from talkwire.exporters.gltf.document import generator
from talkwire.runtime.avatar import find_avatar
from talkwire.runtime.cluster import Cluster, WorkerLost
from talkwire.runtime.errors import AudioError, TalkwireError

AHEAD: Final = 2  # pieces of work for each core: one that is done, and one that waits
Files = dict[str, bytes]
_MEMORY: Final = next((path for path in ("/dev/shm",) if os.access(path, os.W_OK)), None)
"""Where files cost no disk: a worker's go away again at once."""


def speak_there(
    jobs: Iterable[Job], out: Path, *, cluster: Cluster, pictures: bool, stopped: Stopped
) -> Iterator[tuple[Job, Outcome]]:
    """As `crew.speak_here`, by a cluster. Raises LinkError when it goes away."""
    waiting, shared = iter(jobs), dict[str, Any]()
    under_way: dict[Any, Job] = {}
    try:
        while True:
            while len(under_way) < AHEAD * cluster.cores and not stopped():
                if (job := next(waiting, None)) is None:
                    break
                try:
                    under_way[_start(cluster, job, shared, pictures=pictures)] = job
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


def _start(cluster: Cluster, job: Job, shared: dict[str, Any], *, pictures: bool) -> Any:
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
    return cluster.start(speak_bytes, job, line, shared[str(avatar)], generator(), pictures)


def _landed(cluster: Cluster, ticket: Any, job: Job, out: Path) -> Outcome:
    try:
        outcome, files = cluster.result(ticket)
    except WorkerLost:
        return failed(job, "two workers were lost while they spoke it; is there enough memory?")
    try:
        return _written(outcome, files, job, out)
    except TalkwireError as error:
        return failed(job, error, hopeless=is_hopeless(error))


def _written(outcome: Outcome, files: Files, job: Job, out: Path) -> Outcome:
    """The files in their place, the clip last; the line itself is never replaced."""
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
    job: Job, line: bytes, avatar: tuple[str, bytes], version: str, pictures: bool
) -> tuple[Outcome, Files]:
    """What a worker does: the outcome and all files, by their names in the folder."""
    if version != generator():
        return failed(job, f"a worker has {generator()}, and this machine {version}: install one of them"), {}
    with tempfile.TemporaryDirectory(prefix="talkwire-", dir=_MEMORY) as folder:
        place, out = Path(folder), Path(folder) / "out"
        out.mkdir()
        heard = place / job.line.name
        heard.write_bytes(line)
        own = replace(job, recipe=replace(job.recipe, avatar=_avatar(*avatar)))
        outcome = _speaker(pictures).speak(own, out, heard)
        names = [str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()]
        files = {name: (out / name).read_bytes() for name in names}
        error = outcome.error.replace(str(heard), str(job.line))
    return replace(outcome, error=error), files


@cache
def _speaker(pictures: bool) -> Speaker:
    one_thread()
    return Speaker(pictures=pictures)


def _avatar(name: str, data: bytes) -> str:
    """The avatar as a file of this process, written once."""
    path = _home() / hashlib.sha256(data).hexdigest()[:16] / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return str(path)


@cache
def _home() -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="talkwire-avatars-"))
    return Path(_KEPT[0].name)


_KEPT: Final[list[tempfile.TemporaryDirectory[str]]] = []  # they go with the process
