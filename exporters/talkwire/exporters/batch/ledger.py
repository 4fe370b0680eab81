"""What is finished, in one file of the folder that is only ever appended to: a line of JSON each.

A run that is killed while it writes leaves half a line, which is no JSON, is passed over, and costs that
line of the list another turn. A line is finished when its key is here and its files are there with their
sizes; the key is a digest of all that the files depend on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Final

from talkwire.exporters.batch.outcome import Job, Outcome
from talkwire.runtime.errors import ExportError

NAME: Final = "ledger.jsonl"


class Ledger:
    """The ledger of an open folder; see `open_ledger`."""

    def __init__(self, out: Path, handle: int, finished: dict[str, Outcome]) -> None:
        self._out, self._handle, self._finished = out, handle, finished

    def finished(self, key: str) -> Outcome | None:
        """What an earlier run made of the same, where all of it is still there."""
        outcome = self._finished.get(key)
        if outcome is None or any(_size(self._out / name) != size for name, size in outcome.files):
            return None
        return outcome

    def add(self, key: str, outcome: Outcome) -> None:
        """Remember what is finished, once its files are there. Raises ExportError when the disk refuses."""
        entry = (json.dumps({"key": key, **asdict(outcome)}) + "\n").encode()
        try:
            if os.write(self._handle, entry) < len(entry):
                raise _refused(self._out, "no space left for it")
        except OSError as error:
            raise _refused(self._out, error.strerror) from None
        self._finished[key] = outcome


@contextmanager
def open_ledger(out: Path) -> Iterator[Ledger]:
    """The ledger of a folder, which is made where it is absent.

    Raises ExportError where it cannot be written, and while another batch writes into the folder.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
    except OSError as error:
        raise _refused(out, error.strerror) from None
    try:
        _lock(handle, out)
        held = (out / NAME).read_bytes()
        if held and not held.endswith(b"\n"):
            os.write(handle, b"\n")  # what was half-written stays alone in its line
    except OSError as error:
        os.close(handle)
        raise _refused(out, error.strerror) from None
    try:
        yield Ledger(out, handle, _read(held))
    finally:
        os.close(handle)


def key_maker(version: str) -> Callable[[Job, str], str]:
    """A function of a job and its avatar's digest: 64 hex digits that differ when the files would.

    It raises OSError where the line cannot be read.
    """

    def key(job: Job, avatar_digest: str) -> str:
        with job.line.open("rb") as line:
            said = hashlib.file_digest(line, "sha256").hexdigest()
        parts = (version, said, avatar_digest, job.recipe.told(), job.line.stem, job.name)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    return key


def _read(held: bytes) -> dict[str, Outcome]:
    finished = {}
    for line in held.splitlines():
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            said = json.loads(line)
            key = str(said.pop("key"))
            finished[key] = Outcome.read(said)
    return finished


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _lock(handle: int, out: Path) -> None:
    """One batch a folder, where the system can lock a file; the lock ends with the process."""
    try:
        fcntl = import_module("fcntl")
    except ImportError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ExportError(
            f"{out} is in use",
            seen="another batch that writes into it",
            wanted="one at a time",
            cure="wait for it, or choose another -o",
        ) from None


def _refused(out: Path, why: str | None) -> ExportError:
    return ExportError(
        f"nothing can be written into {out}",
        seen=(why or "an error").lower(),
        wanted="a folder that is writable, on a disk with free space",
        cure="free some space or choose another -o; what is finished is kept",
    )
