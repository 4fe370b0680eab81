"""The C# core, its console programs and its tests, compiled by mcs once a session and run by mono.

Core is an assembly of its own, as in Unity, so that programs see what is public. Without mono the tests are
skipped, except where CI is set: there they fail.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "unity_plugin/com.talkwire.unity/Runtime/Core"
CLIENT = ROOT / "unity_plugin/client"
TESTS = Path(__file__).parent / "cs"
PROGRAMS = {"talkwire-client-cs": "Client", "talkwire-vectors": "Vectors"}  # by the class with their Main
VECTORS = ROOT / "tests/bridge/vectors"
PACKAGES = "mono-mcs mono-runtime"
FLAGS = ("-nologo", "-langversion:7.2", "-warnaserror", "-warn:4", "-optimize")
COMPILE_TIMEOUT_S = 120


def needs_mono() -> None:
    """Skip, or in CI fail, where there is no mono."""
    if shutil.which("mcs") and shutil.which("mono"):
        return
    missing = f"no mono here (apt-get install {PACKAGES})"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def needs_libzmq() -> None:
    """Skip, or in CI fail, where mono would not find it."""
    try:
        ctypes.CDLL("libzmq.so")
    except OSError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("run: apt-get install libzmq3-dev")


def run_tests(*classes: str) -> str:
    """The C# tests of these classes; of all, where none is named. Fails with what they print."""
    return _checked([*_mono("Talkwire.Tests"), *classes])


def run_test_program(name: str, *arguments: str, timeout_s: float = 120) -> str:
    """What a class of the tests' folder prints whose Run takes arguments."""
    return _checked([*_mono("Talkwire.Tests"), "--run", name, *arguments], timeout_s)


def command(program: str) -> list[str]:
    """How a console program, such as `talkwire-vectors`, is called: add its arguments."""
    return _mono(program)


def _mono(program: str) -> list[str]:
    needs_mono()
    return ["mono", str(_built() / f"{program}.exe")]


def _checked(words: Sequence[str], timeout_s: float = 120) -> str:
    environment = os.environ | {"TALKWIRE_VECTORS": str(VECTORS)}
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=timeout_s, check=False, env=environment
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@cache
def _built() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="talkwire-cs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    core, client = folder / "Talkwire.Core.dll", sorted(CLIENT.rglob("*.cs"))
    _compile(core, sorted(CORE.rglob("*.cs")), "-target:library")
    for program, main in PROGRAMS.items():
        _compile(folder / f"{program}.exe", client, f"-main:Talkwire.Client.{main}", f"-r:{core}")
    tests = [*client, *sorted(TESTS.rglob("*.cs"))]
    _compile(folder / "Talkwire.Tests.exe", tests, "-main:Talkwire.Tests.Runner", f"-r:{core}")
    return folder


def _compile(out: Path, sources: Iterable[Path], *flags: str) -> None:
    words = ["mcs", *FLAGS, *flags, f"-out:{out}", *map(str, sources)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=COMPILE_TIMEOUT_S, check=False)
    assert done.returncode == 0, f"{out.name} does not compile:\n{done.stdout}\n{done.stderr}"
