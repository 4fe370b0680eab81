"""Whom a server can show: avatars that are loaded when they are wanted, and given back.

Loading takes a second, and with engines to build minutes: it happens in a thread, one avatar after the
other, while everybody else is served.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.bridge.serving.npc import TalkingSession
from talkwire.runtime.errors import AvatarError

MakeSession = Callable[[], TalkingSession]
LoadAvatar = Callable[[], MakeSession]  # slow; what it returns makes sessions at once
WARM_UP_S, WARM_UP_RATE_HZ = 0.25, 16_000


@dataclass(frozen=True, slots=True)
class _Loaded:
    make_session: MakeSession
    topology_id: str


class Cast:
    """One thread asks. Names are what clients may ask for: never a path."""

    def __init__(self, avatars: Mapping[str, LoadAvatar]) -> None:
        """avatars: the first is who is opened where none is named."""
        self._avatars: Final = dict(avatars)
        self._loading: dict[str, Future[_Loaded]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="talkwire-cast")

    @classmethod
    def of_one(cls, make_session: MakeSession) -> Cast:
        """One avatar without a name, which is there."""
        cast = cls({"": lambda: make_session})
        cast._loading[""] = Future()
        cast._loading[""].set_result(_Loaded(make_session, ""))
        return cast

    @property
    def names(self) -> tuple[str, ...]:
        """Of all, loaded or not."""
        return tuple(name for name in self._avatars if name)

    def named(self, avatar: str) -> str:
        """The avatar's name, where an empty one is the first's. Raises AvatarError for a stranger."""
        if avatar in self._avatars:
            return avatar
        if not avatar:
            return next(iter(self._avatars))
        raise AvatarError(
            "this server has no such avatar",
            seen=avatar,
            wanted=", ".join(self.names) or "none by name",
            cure="start it with: talkwire serve --avatar ... --also FILE",
        )

    def want(self, avatar: str) -> None:
        """Load it, unless it is or has been."""
        if avatar not in self._loading:
            self._loading[avatar] = self._thread.submit(_warm, self._avatars[avatar])

    def ready(self, avatar: str) -> bool:
        """Whether `session` would not wait: it is loaded, or failed to be."""
        return avatar in self._loading and self._loading[avatar].done()

    def session(self, avatar: str) -> TalkingSession:
        """A session of it, which must be `ready`. Raises what kept it from being loaded, once."""
        return self._found(avatar).make_session()

    def topology_id(self, avatar: str) -> str:
        """Of one that is `ready`. Raises what kept it from being loaded, once."""
        return self._found(avatar).topology_id

    def _found(self, avatar: str) -> _Loaded:
        found = self._loading[avatar]
        if found.exception() is not None:
            self.forget(avatar)  # who asks again tries again
        return found.result()

    def forget(self, avatar: str) -> None:
        """Give it back."""
        self._loading.pop(avatar, None)

    def close(self) -> None:
        """Load no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _warm(load: LoadAvatar) -> _Loaded:
    """Load it and let it hear a little, so that the first NPC finds everything in place."""
    make_session = load()
    session = make_session()
    session.begin(WARM_UP_RATE_HZ)
    session.push(np.zeros(round(WARM_UP_S * WARM_UP_RATE_HZ), np.float32))
    session.end()
    windows = [heard for _, heard in session.pull_heard()]
    session.avatar.posed(windows[-1:])
    if session.avatar.moves_within:
        session.avatar.painted(windows[-1:], [0.0])
    session.close()
    return _Loaded(make_session, session.avatar.topology.id)
