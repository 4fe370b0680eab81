"""Compiles the Unreal layer against the stand-ins in shims/unreal, and links it with the core."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from plugins.build import CORE, UNREAL, cpp_program, libraries
from plugins.uht_outline import BODY, TYPES, Outline

SOURCE = UNREAL / "Talkwire/Source"
HERE = Path(__file__).parent
SHIMS, TESTS = HERE / "shims/unreal", HERE / "cpp_unreal"
MODULES = ("Talkwire", "TalkwireEditor")
STRICT = ("-fno-rtti", "-fno-exceptions", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Wno-unused-parameter")
KINDS = {
    "release": ("-O1", "-g"),
    "address": ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    "thread": ("-O1", "-g", "-fsanitize=thread"),
}
COMPILE_S = 300


def sources() -> list[Path]:
    """Every .cpp of the layer."""
    return sorted(path for module in MODULES for path in (SOURCE / module).rglob("*.cpp"))


def check(source: Path, *, editor: bool) -> str:
    """What the compiler says against it; nothing where it is right."""
    words = [*_words(editor), "-fsyntax-only", str(source)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=COMPILE_S, check=False)
    return said.stderr


@cache
def compiled(source: Path, kind: str = "release") -> Path:
    """Its object file. Fails with what the compiler says."""
    folder = _folder() / f"unreal-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{source.stem}.o"
    _run([*_words(editor=True), *KINDS[kind], "-c", str(source), "-o", str(out)])
    return out


@cache
def program(name: str, kind: str = "release") -> Path:
    """A program of cpp_unreal/ with the whole layer and the core in it."""
    folder = cpp_program("talkwire-vectors", kind).parent
    archives = [folder / f"lib{name}.a" for name in ("talkwire_console", "TalkwireCore")]
    _generated_folder()  # before threads ask for it at once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda one: compiled(one, kind), [*sources(), TESTS / f"{name}.cpp"]))
    out = objects[0].with_name(name)
    words = [*map(str, [*objects, *archives]), *libraries(kind), "-pthread"]
    _run(["g++", *KINDS[kind], *words, "-o", str(out)])
    return out


def generated(header: str, path: str) -> str:
    """What stands for a header's .generated.h: of each reflected type, what GENERATED_BODY() makes."""
    outline = Outline(path, header)
    lines = ["#undef CURRENT_FILE_ID", f"#define CURRENT_FILE_ID FID_{outline.stem}"]
    for macro in outline.macros:
        match = outline.type_after(macro) if macro.name in TYPES else None
        body = BODY.match(outline.text, match.end()) if match else None
        if match is None or body is None:
            continue
        at = outline.line(outline.text.index("GENERATED", match.end()))
        base = (match["bases"] or "").split(",")[0].split()
        made = f"SHIM_CLASS({match['name']}, {base[-1]}) private:" if macro.name == "UCLASS" else ""
        lines.append(f"#define FID_{outline.stem}_{at}_GENERATED_BODY {made}")
    return "\n".join(lines) + "\n"


def _run(words: list[str]) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, timeout=COMPILE_S, check=False)
    if ended.returncode != 0:
        pytest.fail(f"{' '.join(words)}:\n{ended.stderr[-8000:]}", pytrace=False)


def _words(editor: bool) -> list[str]:
    if shutil.which("g++") is None:
        pytest.fail("g++ is not installed; run: apt-get install g++", pytrace=False)
    folders = [SHIMS, _generated_folder(), CORE / "Public", UNREAL / "client", TESTS]
    folders += [SOURCE / module / part for module in MODULES for part in ("Public", "Private")]
    exports = [f"-D{module.upper()}_API=" for module in MODULES]
    defines = [f"-DWITH_EDITOR={int(editor)}", "-DWITH_DEV_AUTOMATION_TESTS=1", *exports]
    return ["g++", "-std=c++20", *STRICT, *defines, *(f"-I{folder}" for folder in folders)]


@cache
def _generated_folder() -> Path:
    folder = _folder() / "unreal-generated"
    folder.mkdir(parents=True, exist_ok=True)
    for module in MODULES:
        for path in (SOURCE / module).rglob("*.h"):
            text = path.read_text(encoding="utf-8")
            if f'"{path.stem}.generated.h"' in text:
                made = generated(text, f"{module}/Public/{path.name}")
                (folder / f"{path.stem}.generated.h").write_text(made, encoding="utf-8")
    return folder


@cache
def _folder() -> Path:
    if named := os.environ.get("TALKWIRE_PLUGIN_BUILD"):
        return Path(named)
    folder = tempfile.mkdtemp(prefix="talkwire-unreal-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
