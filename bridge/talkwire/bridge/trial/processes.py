"""Processes of a trial: how much they hold, and how they are started and killed."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkwire.bridge.sockets import ServerSockets
from talkwire.runtime.errors import LinkError
from talkwire.runtime.machine import resident_mb

PORTS: Final = (20_000, 32_000)


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A server in a process of its own."""

    endpoint: str
    process: subprocess.Popen[str]


StartServer = Callable[[int], AbstractContextManager[OwnServer]]  # on this port and the next two


@dataclass(frozen=True, slots=True)
class Held:
    """By a process: memory in MB, open files. NaN and -1 where the system does not tell."""

    memory_mb: float
    files: int

    @classmethod
    def by(cls, pid: int) -> Held:
        """Now."""
        folder = Path(f"/proc/{pid}/fd")
        files = len(list(folder.iterdir())) if folder.exists() else -1
        return cls(round(resident_mb(pid), 1), files)


class Stranger:
    """A process of `strangers`, which can be killed and replaced."""

    def __init__(self, role: str, endpoint: str) -> None:
        self._words = [sys.executable, "-m", "talkwire.bridge.trial.strangers", role, endpoint]
        self.kills = 0
        self.said: list[str] = []
        self._process = self._start()

    def kill(self) -> None:
        """With SIGKILL: the server is told nothing."""
        self._process.kill()
        self._process.wait()
        with self._says as said:
            said.seek(0)
            self.said += said.read().split()

    def replace(self) -> None:
        """Kill it and start another."""
        self.kill()
        self.kills += 1
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        self._says = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would hold it up
        return subprocess.Popen(self._words, stdout=self._says, text=True)


@contextmanager
def strangers(*roles: str, endpoint: str) -> Iterator[list[Stranger]]:
    """One of each role; killed at the end."""
    made = [Stranger(role, endpoint) for role in roles]
    try:
        yield made
    finally:
        for stranger in made:
            stranger.kill()


def free_port() -> int:
    """The first of three in a row that nothing listens on, for a server that is to come again."""
    for port in random.sample(range(*PORTS), len(range(*PORTS))):
        try:
            with ServerSockets(port=port):
                return port
        except LinkError:
            continue
    raise LinkError("no port is free", seen="none", wanted=f"three in a row of {PORTS}", cure="free some")
