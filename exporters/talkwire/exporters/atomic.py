"""Files that appear together or not at all, however the writing ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from talkwire.runtime.errors import ExportError

Fill = Callable[[BinaryIO], object]


def write_together(files: Mapping[Path, Fill]) -> None:
    """Write every file beside its place, then rename all of them; existing files are replaced.

    files: what to call with an open binary file, per path, the main one last. On any error, also one
    that a fill raises itself, nothing new is left behind and files that were there are as before.
    Raises ExportError when a place cannot be written or the disk refuses.
    """
    for path in files:
        check_place(path)
    partials = {path: _beside(path, "partial") for path in files}
    try:
        for path, fill in files.items():
            with _named(path), partials[path].open("wb") as handle:
                fill(handle)
                handle.flush()
                os.fsync(handle.fileno())
        _rename_all(partials)
    finally:
        for partial in partials.values():
            with contextlib.suppress(OSError):
                partial.unlink()


def check_place(path: Path) -> None:
    """Refuse a path that no file can be written to, before time is spent on what goes into it."""
    folder = path.parent
    trouble = {
        "a folder of that name": path.is_dir(),
        f"no folder {str(folder)!r}": not folder.is_dir(),
        f"a folder {str(folder)!r} that is read-only": folder.is_dir() and not os.access(folder, os.W_OK),
    }
    for seen, found in trouble.items():
        if found:
            raise ExportError(
                f"{path.name} cannot be written",
                seen=seen,
                wanted="a file name in a writable folder",
                cure="choose another path, or make the folder first",
            )


def _rename_all(partials: Mapping[Path, Path]) -> None:
    kept: dict[Path, Path | None] = {}  # what was there before, to put it back when a later rename fails
    last = list(partials)[-1]  # nothing comes later: it needs no copy, and its rename is one step
    try:
        for path, partial in partials.items():
            with _named(path):
                old = _beside(path, "old.partial") if path != last and path.exists() else None
                if old is not None:
                    path.replace(old)
                if path != last:
                    kept[path] = old
                partial.replace(path)
    except BaseException:
        for path, old in kept.items():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True) if old is None else old.replace(path)
        raise
    for old in kept.values():
        if old is not None:
            old.unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.{suffix}")


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"{path.name} cannot be written",
            seen=error.strerror or str(error),
            wanted=f"a writable folder with free space at {str(path.parent)!r}",
            cure="free some space or choose another path",
        ) from error
