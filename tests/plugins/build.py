"""Builds the plugins' cores and their programs, each once a session, in a folder that goes with it.

TALKWIRE_PLUGIN_BUILD names a folder that stays instead, where only what changed is built again.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNREAL = ROOT / "unreal_plugin"
CORE = UNREAL / "Talkwire/Source/TalkwireCore"
VECTORS = ROOT / "tests/bridge/vectors"
# built in a third of the time: files together, as Unreal's build tool has them by default
SOON = ("-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=20")
KINDS = {
    "release": (),
    "address": ("-DTALKWIRE_SANITIZE=address", *SOON),  # with undefined behaviour; and libzmq, if installed
    "thread": ("-DTALKWIRE_SANITIZE=thread", *SOON),
    "modular": ("-DTALKWIRE_MODULAR=ON", *SOON),  # the core as a library with hidden names
}
BUILD_S, RUN_S = 900, 300


@cache
def cpp_program(name: str, kind: str = "release") -> Path:
    """A console program, a test, a bench or a fuzz target of the C++ core."""
    folder = _configured(kind)
    _run(["cmake", "--build", str(folder), "--target", name, "--parallel", str(os.cpu_count() or 1)], BUILD_S)
    return folder / name


def run(program: Path, *words: str | Path, code: int = 0) -> str:
    """What it prints. Fails with that where it ends otherwise than with `code`."""
    return _run([str(program), *(str(word) for word in words)], RUN_S, code)


@cache
def _configured(kind: str) -> Path:
    needs("cmake", "g++")
    folder = _folder() / f"cpp-{kind}"
    curve = f"-DTALKWIRE_LIBZMQ={'ON' if libraries(kind) else 'OFF'}"
    _run(["cmake", "-S", str(UNREAL), "-B", str(folder), *KINDS[kind], curve], BUILD_S)
    return folder


@cache
def libraries(kind: str) -> tuple[str, ...]:
    """What a program of this kind is linked with beside the core."""
    if kind != "address" or shutil.which("pkg-config") is None:
        return ()
    found = subprocess.run(["pkg-config", "--libs", "libzmq"], capture_output=True, text=True, check=False)
    return tuple(found.stdout.split())


def needs_libzmq() -> None:
    """Skip, or in CI fail, where kind `address` cannot reach servers with keys."""
    if not libraries("address"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("run: apt-get install pkg-config libzmq3-dev")


def needs(*tools: str) -> None:
    """Skip, or in CI fail, where a tool is not installed."""
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"run: apt-get install {' '.join(missing)}")


@cache
def _folder() -> Path:
    if named := os.environ.get("TALKWIRE_PLUGIN_BUILD"):
        return Path(named)
    folder = tempfile.mkdtemp(prefix="talkwire-plugins-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _run(words: list[str], most_s: float, code: int = 0) -> str:
    environment = {**os.environ, "TALKWIRE_VECTORS": str(VECTORS)}
    ended = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=most_s,
        env=environment,
        check=False,
        text=True,
        errors="replace",
    )
    if ended.returncode != code:
        pytest.fail(
            f"{' '.join(words)} ended with {ended.returncode}:\n{ended.stdout[-8000:]}", pytrace=False
        )
    return ended.stdout
