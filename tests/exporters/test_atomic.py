"""Files appear together or not at all: bad places, faults at every step, and a disk that is really full."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support import ROOT
from talkwire.exporters import atomic
from talkwire.exporters.atomic import check_place, write_together
from talkwire.runtime.errors import ExportError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_together_and_replace_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"old")
    write_together(
        {tmp_path / "a.wav": lambda f: f.write(b"sound"), tmp_path / "a.glb": lambda f: f.write(b"new")}
    )
    assert names(tmp_path) == ["a.glb", "a.wav"]
    assert (tmp_path / "a.glb").read_bytes() == b"new"
    assert (tmp_path / "a.wav").read_bytes() == b"sound"


@pytest.mark.parametrize(
    ("where", "seen"),
    [
        ("folder", "a folder of that name"),
        ("absent/x.glb", "no folder"),
        ("file/x.glb", "no folder"),
    ],
)
def test_a_place_that_cannot_be_is_refused_first(tmp_path: Path, where: str, seen: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    before = names(tmp_path)
    with pytest.raises(ExportError, match=f"cannot be written: saw {seen}"):
        write_together({tmp_path / where: lambda f: pytest.fail("filled all the same")})
    assert names(tmp_path) == before


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # for root nothing is read-only, so the system's answer is set
    monkeypatch.setattr(atomic.os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(ExportError, match="that is read-only, wanted a file name in a writable folder"):
        check_place(tmp_path / "x.glb")


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be written: saw File name too long"):
        write_together({tmp_path / ("x" * 252): lambda f: f.write(b"x")})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), ValueError("a bug"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("at", [0, 1])
def test_a_fault_while_filling_leaves_all_as_it_was(tmp_path: Path, fault: BaseException, at: int) -> None:
    paths = [tmp_path / "a.wav", tmp_path / "a.glb"]
    paths[1].write_bytes(b"old")

    def fill(index: int):
        def write(handle) -> None:
            handle.write(b"half")
            if index == at:
                raise fault

        return write

    with pytest.raises(ExportError if isinstance(fault, OSError) else type(fault)) as caught:
        write_together({path: fill(index) for index, path in enumerate(paths)})
    if isinstance(fault, OSError):
        assert f"{paths[at].name} cannot be written: saw No space left on device" in str(caught.value)
    assert names(tmp_path) == ["a.glb"]
    assert paths[1].read_bytes() == b"old"


@pytest.mark.parametrize("fails_at", range(4))
def test_a_rename_that_fails_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    paths = [tmp_path / name for name in ("a.png", "a.wav", "a.glb")]
    paths[0].write_bytes(b"old picture")
    paths[2].write_bytes(b"old clip")
    replace, calls = Path.replace, []

    def sometimes(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == fails_at + 1:
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", sometimes)
    with pytest.raises(ExportError, match="cannot be written: saw Permission denied"):
        write_together({path: lambda f: f.write(b"new") for path in paths})
    assert names(tmp_path) == ["a.glb", "a.png"]
    assert paths[0].read_bytes() == b"old picture"
    assert paths[2].read_bytes() == b"old clip"


FILL_THE_DISK = """
import sys
from pathlib import Path
from talkwire.exporters.atomic import write_together
from talkwire.runtime.errors import ExportError
folder = Path(sys.argv[1])
{limit}
try:
    write_together({{folder / "a.wav": lambda f: f.write(b"s" * 1000),
                     folder / "a.glb": lambda f: f.write(b"g" * 3_000_000)}})
except ExportError as error:
    print(error)
"""


def filled(folder: Path, limit: str = "") -> str:
    program = textwrap.dedent(FILL_THE_DISK).format(limit=limit)
    path = os.pathsep.join(str(ROOT / root) for root in ("bridge", "runtime", "exporters"))
    return subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_file_size_limit_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"old")
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    )
    assert filled(tmp_path, limit).startswith(
        "a.glb cannot be written: saw File too large, wanted a writable"
    )
    assert names(tmp_path) == ["a.glb"]
    assert (tmp_path / "a.glb").read_bytes() == b"old"


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A real file system of 1 MB, where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no right to mount a small disk here ({error}); the size limit is tested above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_nothing(tiny_disk: Path) -> None:
    (tiny_disk / "a.glb").write_bytes(b"old")
    assert filled(tiny_disk).startswith("a.glb cannot be written: saw No space left on device")
    assert names(tiny_disk) == ["a.glb"]
    assert (tiny_disk / "a.glb").read_bytes() == b"old"
