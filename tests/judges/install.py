"""Install the outside judges of the exported files: npm packages and Blender.

    python tests/judges/install.py

They go into .cache/ beside the repository's files, outside git. Quick when they are there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
# judge -> npm package and its version
PACKAGES = {
    "Khronos validator": ("gltf-validator", "2.0.0-dev.3.10"),
    "three.js": ("three", "0.187.0"),
    "glTF Transform": ("@gltf-transform/cli", "4.5.1"),
    "gltfpack": ("gltfpack", "1.3.0"),
    "KTX2 encoder": ("ktx2-encoder", "0.6.0"),
}
BLENDER_VERSION = "5.0.1"
MODULES = CACHE / "judges" / "node_modules"
VALIDATOR = MODULES / "gltf-validator"
CHROMIUM = shutil.which("chromium")
GODOT = shutil.which("godot3-server")
BLENDER_VENV = CACHE / "bpy-venv"
BLENDER_PYTHON = BLENDER_VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
BLENDER_STAMP = BLENDER_VENV / f"bpy-{BLENDER_VERSION}"


@dataclass(frozen=True)
class Judge:
    """missing is None when the judge is ready, else the reason."""

    name: str
    missing: str | None


def npm(name: str) -> Judge:
    """Whether the program of an npm package can be asked; name: a key of PACKAGES."""
    if shutil.which("node") is None:
        return Judge(name, "node is not installed (Debian: apt-get install nodejs npm)")
    package, version = PACKAGES[name]
    found = MODULES / package / "package.json"
    if not found.exists() or json.loads(found.read_text())["version"] != version:
        return Judge(name, "not installed (run: python tests/judges/install.py)")
    return Judge(name, None)


def khronos() -> Judge:
    """Whether the validator can be asked."""
    return npm("Khronos validator")


def three() -> Judge:
    """Whether three.js can be asked, in Chromium."""
    if CHROMIUM is None:
        return Judge("three.js", "chromium is not installed (Debian: apt-get install chromium)")
    return npm("three.js")


def godot() -> Judge:
    """Whether Godot 3 can be asked."""
    if GODOT is None:
        return Judge("Godot 3", "godot3-server is not installed (Debian: apt-get install godot3-server)")
    return Judge("Godot 3", None)


def blender() -> Judge:
    """Whether Blender can be asked. It wants a numpy of its own, so it lives in its own environment."""
    if not BLENDER_STAMP.exists():
        return Judge("Blender", "not installed (run: python tests/judges/install.py)")
    return Judge("Blender", None)


def install_npm() -> list[Judge]:
    """npm install of all PACKAGES, unless they are there."""
    judges = [npm(name) for name in PACKAGES]
    if all(judge.missing is None for judge in judges) or shutil.which("node") is None:
        return judges
    if shutil.which("npm") is None:
        return [Judge(name, "npm is not installed (Debian: apt-get install nodejs npm)") for name in PACKAGES]
    MODULES.parent.mkdir(parents=True, exist_ok=True)
    wanted = [f"{package}@{version}" for package, version in PACKAGES.values()]
    trouble = _run(["npm", "install", "--silent", "--no-audit", "--prefix", str(MODULES.parent), *wanted])
    return [Judge(name, trouble) if trouble else npm(name) for name in PACKAGES]


def install_blender() -> Judge:
    """A venv with bpy (374 MB), unless it is there and Blender starts in it."""
    judge = blender()
    if judge.missing is None:
        return judge
    if sys.version_info[:2] != (3, 11):
        return Judge("Blender", f"bpy {BLENDER_VERSION} is for Python 3.11, this is {sys.version.split()[0]}")
    if not BLENDER_PYTHON.exists():
        venv.create(BLENDER_VENV, with_pip=True)
    pip = [str(BLENDER_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    trouble = _run([*pip, f"bpy=={BLENDER_VERSION}"]) or _run([str(BLENDER_PYTHON), "-c", "import bpy"])
    if trouble:
        return Judge("Blender", trouble)
    BLENDER_STAMP.touch()
    return blender()


def main() -> int:
    """Install all and say what is missing. Exit 0 even then: the tests decide what a missing judge means."""
    judges = {judge.name: judge for judge in (*install_npm(), install_blender(), three(), godot())}
    for judge in judges.values():
        print(f"{judge.name}: {judge.missing or 'ready'}", flush=True)
    return 0


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    return f"{Path(command[0]).name} failed: {lines[-1]}"


if __name__ == "__main__":
    sys.exit(main())
