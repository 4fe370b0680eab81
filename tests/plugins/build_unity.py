"""The Unity package, compiled by mcs as Unity would: an assembly for each .asmdef, against stand-ins.

Those for Unity's classes (`shims/unity`) were written from its documentation, and are as right as that.
Programs (`cs_unity`) drive the components through an imitation of the player loop.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from plugins import build_cs
from plugins.unity_lint import PACKAGE

HERE = Path(__file__).parent
SHIMS = HERE / "shims/unity"
TESTS = HERE / "cs_unity"
APART = {
    "Editor.cs": "UnityEditor",
    "Timeline.cs": "Timeline",
    "Burst.cs": "Burst",
    "Mathematics.cs": "Mathematics",
}
SHIM_OF = {"Unity.Timeline": "Timeline", "Unity.Burst": "Burst", "Unity.Mathematics": "Mathematics"}
TIMELINE, BURST = ("TALKWIRE_TIMELINE",), ("TALKWIRE_BURST", "TALKWIRE_MATHEMATICS")
DEFINES = (*TIMELINE, *BURST)  # of all packages that it can use
SHARED = ("Runner.cs", "Check.cs")  # of the core's tests


def run_tests(*classes: str) -> str:
    """The C# tests of these classes. Fails with what they print."""
    return _checked([*program(), *classes])


def run_program(name: str, *arguments: str, timeout_s: float = 120) -> str:
    """What a class of the tests' folder prints whose Run takes arguments."""
    return _checked([*program(), "--run", name, *arguments], timeout_s)


@cache
def program() -> tuple[str, ...]:
    """How the tests' programs are called: add --run NAME ARGUMENTS."""
    folder = built(*DEFINES)
    sources = [*sorted(TESTS.glob("*.cs")), *(HERE / "cs" / name for name in SHARED)]
    made = folder / "Talkwire.UnityTests.exe"
    _compile(made, sources, "-main:Talkwire.Tests.Runner", *_all_in(folder))
    return ("mono", "--debug", str(made))


@cache
def built(*defines: str) -> Path:
    """All assemblies of the package, with these defines."""
    build_cs.needs_mono()
    folder = Path(tempfile.mkdtemp(prefix="talkwire-unity-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _shims(folder)
    for name in _in_order():
        assembly(folder, name, defines)
    return folder


def compile_sample(sample: Path) -> None:
    """A sample's sources, as a project has them that imported it."""
    folder = built(*DEFINES)
    with tempfile.TemporaryDirectory() as out:
        _compile(Path(out) / "Sample.dll", sorted(sample.rglob("*.cs")), "-target:library", *_all_in(folder))


def assembly(folder: Path, name: str, defines: Sequence[str]) -> None:
    """One of the package's, where its constraints allow it."""
    path = _definitions()[name]
    said = json.loads(path.read_text())
    if not set(said["defineConstraints"]) <= set(defines):
        return
    within = [other.parent for other in _definitions().values() if path.parent in other.parent.parents]
    sources = [
        source
        for source in sorted(path.parent.rglob("*.cs"))
        if not any(other in source.parents for other in within)
    ]
    engine = [] if said["noEngineReferences"] else ["UnityEngine"]
    engine += ["UnityEditor"] if said["includePlatforms"] == ["Editor"] else []
    wanted = [*engine, *(SHIM_OF.get(other, other) for other in said["references"])]
    _compile(
        folder / f"{name}.dll",
        sources,
        "-target:library",
        *_references(folder, [one for one in wanted if (folder / f"{one}.dll").exists()]),
        *_defined(defines),
    )


def _shims(folder: Path) -> None:
    runtime = [path for path in sorted(SHIMS.glob("*.cs")) if path.name not in APART]
    _compile(folder / "UnityEngine.dll", runtime, "-target:library")
    for name, out in APART.items():
        _compile(
            folder / f"{out}.dll", [SHIMS / name], "-target:library", *_references(folder, ["UnityEngine"])
        )


def _definitions() -> dict[str, Path]:
    return {path.stem: path for path in PACKAGE.rglob("*.asmdef")}


def _in_order() -> list[str]:
    """Each after those that it references."""
    references = {
        name: [other for other in json.loads(path.read_text())["references"] if other in _definitions()]
        for name, path in _definitions().items()
    }
    order: list[str] = []
    while len(order) < len(references):
        order += [
            name for name in sorted(references) if name not in order and {*references[name]} <= {*order}
        ]
    return order


def _compile(out: Path, sources: Iterable[Path], *flags: str) -> None:
    words = ["mcs", *build_cs.FLAGS, *flags, f"-out:{out}", *map(str, sources)]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=build_cs.COMPILE_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, f"{out.name} does not compile:\n{done.stdout}\n{done.stderr}"


def _checked(words: Sequence[str], timeout_s: float = 120) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _all_in(folder: Path) -> list[str]:
    return _references(folder, sorted(path.stem for path in folder.glob("*.dll")))


def _references(folder: Path, names: Iterable[str]) -> list[str]:
    return [f"-r:{folder / name}.dll" for name in names]


def _defined(defines: Sequence[str]) -> list[str]:
    return [f"-define:{';'.join((*defines, 'UNITY_EDITOR'))}"]
