"""What is kept between runs: in the folder that TALKWIRE_CACHE names, or ~/.cache/talkwire."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from talkwire.runtime.errors import AvatarError


def cache_home() -> Path:
    """The folder; it may not be there yet."""
    return Path(os.environ.get("TALKWIRE_CACHE", Path.home() / ".cache/talkwire"))


def kept_avatar(name: str, data: bytes) -> Path:
    """An avatar that came as bytes, as a file that the next worker of this machine finds: one that is killed
    removes nothing. Raises AvatarError where it cannot be written.
    """
    folder = cache_home() / "avatars" / hashlib.sha256(data).hexdigest()
    path = folder / name
    try:
        if path.is_file() and path.read_bytes() == data:
            return path
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError as error:
        raise AvatarError(
            "a worker cannot keep the avatar",
            seen=f"{error.strerror}: {folder}",
            wanted="a cache that it may write to",
            cure="name one in TALKWIRE_CACHE on that machine",
        ) from None
    return path
