"""What waits for one browser: sound, events and answers in order, and of frames only the newest.

The rule of the ZeroMQ sockets (PROTOCOL.md, Sockets) once more, since a WebSocket has one queue for all: a
browser that is slow loses frames, not words.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from talkwire.bridge.limits import MEDIA_QUEUE
from talkwire.bridge.planes import MOTION

NEWEST: Final = 32  # frames and patches: what is sent ahead of their moment, and a little more
MOST_BYTES: Final = 64 * 1024 * 1024  # of all else: two bases of the largest size


class Outbox:
    """Belongs to one event loop. Closed, it says why: the browser is too slow, or its owner closed it."""

    def __init__(self) -> None:
        self.why_closed = ""
        self._lasting: deque[bytes] = deque()
        self._newest: deque[bytes] = deque(maxlen=NEWEST)
        self._bytes = 0
        self._something = asyncio.Event()

    def put(self, parts: Iterable[bytes]) -> None:
        """More of it."""
        if self.why_closed:
            return
        for part in parts:
            if is_motion(part):
                self._newest.append(part)
            else:
                self._lasting.append(part)
                self._bytes += len(part)
        if len(self._lasting) > MEDIA_QUEUE or self._bytes > MOST_BYTES:
            self.close("the browser does not read")
        self._something.set()

    async def take(self) -> bytes | None:
        """The next one, frames last; None once it is closed."""
        while not self.why_closed:
            if self._lasting:
                part = self._lasting.popleft()
                self._bytes -= len(part)
                return part
            if self._newest:
                return self._newest.popleft()
            self._something.clear()
            await self._something.wait()
        return None

    def close(self, why: str) -> None:
        """Let go of everything. The first reason stays."""
        self.why_closed = self.why_closed or why
        self._lasting.clear()
        self._newest.clear()
        self._bytes = 0
        self._something.set()


def plane_of(topic: bytes) -> bytes:
    """The third word of `tw1/<session>/<plane>`; nothing where there is none."""
    words = topic[:128].partition(b"\0")[0].split(b"/", 2)
    return words[2] if len(words) == 3 and words[0].startswith(b"tw") else b""


def is_motion(part: bytes) -> bool:
    """Whether it is one of those of which the newest is enough: on the motion socket (PROTOCOL.md)."""
    return plane_of(part).decode(errors="replace") in MOTION
