"""`talkwire serve --cluster` as a program: what is wrong is one sentence and an exit code."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from talkwire.cli.troupe import Recipe, company
from talkwire.runtime.avatar import find_avatar
from talkwire.runtime.engines import Kind
from talkwire.runtime.errors import AvatarError


def serve(*words: str, path: str | None = None) -> tuple[int, str]:
    """Its exit code, and what it said on stderr."""
    command = [sys.executable, "-m", "talkwire.cli", "serve", "--avatar", "nova", "--port", "0", *words]
    if path is not None:
        command[1:3] = ["-c", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(("address", "seen"), [("127.0.0.1:1", "refused"), ("nonsense", "no host and port")])
def test_no_cluster_there(address: str, seen: str) -> None:
    pytest.importorskip("ray")
    code, said = serve("--cluster", address)
    assert code == 7
    (line,) = said.splitlines()
    assert line.startswith(f"talkwire: there is no Ray cluster at {address}: saw ") and seen in line


def test_without_ray_the_pip_line() -> None:
    gone = "import sys; sys.modules['ray'] = None; from talkwire.cli.app import main; main()"
    code, said = serve("--cluster", "local", path=gone)
    assert (code, "pip install 'talkwire[cluster]'" in said) == (9, True)


def test_avatars_are_kept_once_on_a_workers_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWIRE_CACHE", str(tmp_path))
    recipe = Recipe.of(
        ["nova"], engine=Kind.auto, precision=None, npcs=4, mode="basis", fps=60, seed=0, mark=False
    )
    for slot in range(2):
        made = pickle.loads(pickle.dumps(recipe))
        company(made, slot).cast.close()
    (kept,) = tmp_path.rglob("*.talkwire")
    assert kept.read_bytes() == find_avatar("nova").read_bytes()
    kept.write_bytes(b"damaged")
    assert company(recipe, 0).cast.names == ("nova",)
    assert kept.read_bytes() == find_avatar("nova").read_bytes()
    monkeypatch.setenv("TALKWIRE_CACHE", str(kept))
    with pytest.raises(AvatarError, match="TALKWIRE_CACHE"):
        company(recipe, 0)


def test_the_port_is_looked_at_before_the_cluster() -> None:
    code, said = serve("--cluster", "127.0.0.1:1", "--host", "203.0.113.1", "--insecure")
    assert (code, "cannot listen there" in said) == (7, True)
