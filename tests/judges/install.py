"""Install the outside judges of the exported files: the Khronos glTF validator and Blender.

    python tests/judges/install.py

Both go into .cache/ beside the repository's files, outside git. Quick when they are there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
VALIDATOR_VERSION = "2.0.0-dev.3.10"
BLENDER_VERSION = "5.0.1"
VALIDATOR = CACHE / "judges" / "node_modules" / "gltf-validator"
BLENDER_VENV = CACHE / "bpy-venv"
BLENDER_PYTHON = BLENDER_VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
BLENDER_STAMP = BLENDER_VENV / f"bpy-{BLENDER_VERSION}"


@dataclass(frozen=True)
class Judge:
    """missing is None when the judge is ready, else the reason."""

    name: str
    missing: str | None


def khronos() -> Judge:
    """Whether the validator can be asked."""
    if shutil.which("node") is None:
        return Judge("Khronos validator", "node is not installed (Debian: apt-get install nodejs npm)")
    if not (VALIDATOR / "index.js").exists():
        return Judge("Khronos validator", "not installed (run: python tests/judges/install.py)")
    return Judge("Khronos validator", None)


def blender() -> Judge:
    """Whether Blender can be asked. It wants a numpy of its own, so it lives in its own environment."""
    if not BLENDER_STAMP.exists():
        return Judge("Blender", "not installed (run: python tests/judges/install.py)")
    return Judge("Blender", None)


def install_khronos() -> Judge:
    """npm install, unless it is there."""
    judge = khronos()
    if judge.missing is None:
        return judge
    if shutil.which("npm") is None:
        return Judge("Khronos validator", "npm is not installed (Debian: apt-get install nodejs npm)")
    (CACHE / "judges").mkdir(parents=True, exist_ok=True)
    package = f"gltf-validator@{VALIDATOR_VERSION}"
    trouble = _run(["npm", "install", "--silent", "--no-audit", "--prefix", str(CACHE / "judges"), package])
    return Judge("Khronos validator", trouble) if trouble else khronos()


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
    """Install both and say what is missing. Exit 0 even then: the tests decide what a missing judge means."""
    for install in (install_khronos, install_blender):
        judge = install()
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
