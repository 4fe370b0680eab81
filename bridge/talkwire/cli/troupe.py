"""The avatars of a server, with one motion network for all: what it opens, and what it loads when asked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from talkwire.bridge.cluster.worker import Company
from talkwire.bridge.limits import MAX_SESSIONS
from talkwire.bridge.serving.cast import Cast, MakeSession
from talkwire.bridge.serving.governor import Economy
from talkwire.runtime.avatar import Avatar, DyntetAvatar, find_avatar, load_avatar
from talkwire.runtime.avatar_file import SUFFIX
from talkwire.runtime.cache import kept_avatar
from talkwire.runtime.dyntet import Mode
from talkwire.runtime.engines import Engines, Kind, Say, open_engines
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.graph_forms import Precision
from talkwire.runtime.mark import with_mark
from talkwire.runtime.minds import Preset, motion_graphs, open_voices
from talkwire.runtime.session import open_session, think_together

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Troupe:
    """The first is opened at once, with the motion network; the others when a client wants them."""

    def __init__(
        self,
        avatars: Iterable[str],
        *,
        engine: Kind,
        precision: Precision | None,
        npcs: int,
        mode: Mode,
        fps: int,
        seed: int,
        mark: bool,
        say: Say,
    ) -> None:
        """avatars: shipped names or files; see `serve` for the rest. Raises what cannot work."""
        paths = named_avatars(avatars)
        self._engine, self._precision, self._npcs, self._fps = engine, precision, npcs, fps
        self._asked_mode = self._mode = mode
        self._mark = mark
        self._seeds = itertools.count(seed)
        self._heads: WeakSet[Avatar] = WeakSet()
        (self.first, first_path), *others = paths.items()
        head, motion = self._load(first_path), motion_graphs(Preset.live)
        self.engines = self._open({**motion, **head.graphs}, say)
        self._voices = open_voices(*(self.engines.by_name[name] for name in motion))
        make_session = self._ready(head, self.engines)
        open_session(head, fps=fps, seed=seed, voices=self._voices).close()  # what cannot work is said now
        self.cast = Cast({self.first: lambda: make_session} | {n: self._later(p) for n, p in others})
        self.cast.want(self.first)

    def economise(self, economy: Economy) -> None:
        """What the server saves; see Server."""
        self._mode = "basis" if economy.basis else self._asked_mode
        for head in list(self._heads):
            _compute(head, self._mode)

    def _later(self, path: Path) -> Callable[[], MakeSession]:
        def load() -> MakeSession:
            head = self._load(path)
            return self._ready(head, self._open(head.graphs) if head.graphs else None)

        return load

    def _load(self, path: Path) -> Avatar:
        head = load_avatar(path)
        return with_mark(head) if self._mark else head

    def _open(self, graphs: Mapping[str, bytes], say: Say = lambda what, share: None) -> Engines:
        return open_engines(graphs, self._engine, precision=self._precision, npcs=self._npcs, say=say)

    def _ready(self, head: Avatar, engines: Engines | None) -> MakeSession:
        if engines is not None:
            head.use(engines.by_name)
        _compute(head, self._mode)
        self._heads.add(head)
        return lambda: open_session(head, fps=self._fps, seed=next(self._seeds), voices=self._voices)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A troupe for another process, maybe another machine. avatars: files by name, with what is in them."""

    avatars: tuple[tuple[str, bytes], ...]
    engine: Kind
    precision: Precision | None
    npcs: int
    mode: Mode
    fps: int
    seed: int
    mark: bool

    @classmethod
    def of(cls, avatars: Iterable[str], **how: Any) -> Recipe:
        """Of these names or files. how: the other fields. Raises AvatarError for one that cannot be."""
        paths = named_avatars(avatars).values()
        return cls(tuple((path.name, path.read_bytes()) for path in paths), **how)


def company(recipe: Recipe, slot: int) -> Company:
    """What a worker of a cluster shows."""
    troupe = Troupe(
        [str(kept_avatar(name, data)) for name, data in recipe.avatars],
        engine=recipe.engine,
        precision=recipe.precision,
        npcs=recipe.npcs,
        mode=recipe.mode,
        fps=recipe.fps,
        seed=recipe.seed + slot * MAX_SESSIONS,
        mark=recipe.mark,
        say=lambda what, share: None,
    )
    return Company(troupe.cast, think_together, troupe.economise, troupe.engines.where)


def named_avatars(avatars: Iterable[str]) -> dict[str, Path]:
    """Their files by the names that clients ask for: a file's is its own, without the ending.

    Raises AvatarError for one that is not there, twice there, or of a name that the wire does not carry.
    """
    paths: dict[str, Path] = {}
    for avatar in avatars:
        path = find_avatar(avatar)
        name = path.name.removesuffix(SUFFIX)
        if name in paths or not _NAME.fullmatch(name):
            raise AvatarError(
                "an avatar cannot be asked for by this name",
                seen=f"{name} ({'twice' if name in paths else path})",
                wanted="names of their own, of letters, digits, '_', '.' and '-', at most 64",
                cure="rename the file",
            )
        paths[name] = path
    return paths


def _compute(head: Avatar, mode: Mode) -> None:
    """A head that was not learned has one way alone."""
    if isinstance(head, DyntetAvatar):
        head.mode = mode
