"""Avatar files by name or path. Each kind of avatar is one row of `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from talkwire.runtime.avatar_card import Avatar, AvatarCard
from talkwire.runtime.avatar_file import SUFFIX, Container
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.g4g import G4gAvatar

__all__ = [
    "DEFAULT_AVATAR",
    "Avatar",
    "AvatarCard",
    "BlendshapeAvatar",
    "DyntetAvatar",
    "G4gAvatar",
    "find_avatar",
    "load_avatar",
    "shipped_avatars",
]

DATA: Final = Path(__file__).parent / "data"
DEFAULT_AVATAR: Final = "nova"

KINDS: Final[Mapping[str, Callable[[Container], Avatar]]] = {
    "blendshape": BlendshapeAvatar.load,
    "dyntet": DyntetAvatar.load,
    "g4g": G4gAvatar.load,
}


def load_avatar(path: Path) -> Avatar:
    """Open an avatar file of any known kind. Raises AvatarError with one clear sentence."""
    container = Container(path)
    kind = str(container.card.get("kind"))
    if kind not in KINDS:
        raise AvatarError(
            f"{path.name} is of a kind that this version cannot pose",
            seen=kind,
            wanted=" or ".join(KINDS),
            cure="update talkwire",
        )
    return KINDS[kind](container)


def shipped_avatars() -> list[Path]:
    """The avatar files that come with talkwire."""
    return sorted(DATA.glob(f"*{SUFFIX}"))


def find_avatar(name_or_path: str) -> Path:
    """An avatar file by path, or a shipped one by name. Raises AvatarError when there is none."""
    shipped = {path.stem: path for path in shipped_avatars()}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.exists():
        return path
    raise AvatarError(
        f"there is no avatar {name_or_path!r}",
        seen="neither a file nor a shipped name",
        wanted=f"a *{SUFFIX} file or one of: {', '.join(shipped)}",
        cure="check the path, or run: talkwire avatar list",
    )
