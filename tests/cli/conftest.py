"""The command in processes of its own, as a user has it: a server of a small avatar, and bounded waits."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import ROOT, small_avatar

PATIENCE_S = 60.0
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("bridge", "runtime", "exporters")),
    "OMP_NUM_THREADS": "1",
    "COLUMNS": "200",
}
Start = Callable[..., subprocess.Popen[bytes]]


def begin(*words: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start `talkwire WORDS`."""
    command = [sys.executable, "-W", "error", "-m", "talkwire.cli", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=stdin, stdout=pipe, stderr=pipe, env=ENVIRONMENT, preexec_fn=_heed_ctrl_c
    )


def _heed_ctrl_c() -> None:
    """A test run in the background hands its children an ignored Ctrl-C; a terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does."""
    process.kill()
    process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `talkwire WORDS`; ends what still runs."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        processes.append(begin(*words, stdin=stdin))
        return processes[-1]

    yield start
    for process in processes:
        end(process)


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An avatar file of a small made-up head."""
    path = tmp_path_factory.mktemp("avatar") / "small.talkwire"
    small_avatar().save(path)
    return path


@pytest.fixture(scope="session")
def serving(small_file: Path) -> Iterator[str]:
    """The endpoint of one `talkwire serve` with the small head, which survives all tests that use it."""
    process = begin("serve", "--avatar", small_file, "--port", 0)
    yield ready(process)
    process.terminate()
    code, out, err = finish(process)
    assert (code, err) == (0, "") and out.endswith("stopped\n")  # a line may have been left to it


def ready(process: subprocess.Popen[bytes]) -> str:
    """The endpoint in a server's ready line, which comes after what it says of its engine."""
    assert process.stdout is not None
    said = ""
    for line in iter(process.stdout.readline, b""):
        said += line.decode()
        if b" at tcp://" in line:
            return line.decode().split(" at ")[1].split()[0]
    raise AssertionError(said + (process.stderr.read().decode() if process.stderr else ""))


def finish(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> tuple[int, str, str]:
    """(exit code, what it printed, what it complained)."""
    out, err = process.communicate(stdin, timeout=PATIENCE_S)
    return process.returncode, out.decode(), err.decode()
