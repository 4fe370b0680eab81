"""The reference client: greet, open NPCs, push audio, receive. What the plugins re-implement.

A server that is restarted on the same ports is met again: NPCs are opened anew, what was read is read on, and
`run` has changed, so that who was speaking can say the rest. Not thread-safe: one thread calls everything,
`poll` at least twice a second.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.access.curve import ClientKeys
from talkwire.bridge.connection import Connection
from talkwire.bridge.media import BASIS, COEFFICIENTS, PATCHES, Media, decode_media, topic
from talkwire.bridge.planes import FRAMES, MOTION
from talkwire.bridge.sockets import DEFAULT_PORT, ClientSockets
from talkwire.bridge.styles import told
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32

DEFAULT_ENDPOINT: Final = f"tcp://127.0.0.1:{DEFAULT_PORT}"
AGENT: Final = "talkwire reference client"
CAPABILITIES: Final = tuple(f"codec:{name}" for name in FRAMES)
MAX_PROGRESS: Final = 256  # lines whose last news are kept
STATICS: Final = ("mesh", "texture")


class Client:
    """A connection to a server. Raises LinkError when nobody answers, VersionMismatch when it must."""

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout_s: float = 2.0,
        patience_s: float = limits.PEER_TIMEOUT_S,
        bandwidth_kbit_s: int = 0,
        token: str = "",
        keys: ClientKeys | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """patience_s: how long a silence is borne, a restart included.  bandwidth_kbit_s: of one NPC; see
        `suggested`.  token, keys: for a server that wants them; AccessDenied when they are not what it wants.
        """
        self._lines = itertools.count(1)
        self._opened: dict[str, wire.Opened] = {}
        self._missing: dict[str, set[str]] = {}  # session -> statics that it waits for
        self._statics: dict[str, tuple[str, ...]] = {}
        self._known_id: dict[str, str] = {}
        self._reading: dict[str, str] = {}  # session -> plane of its frames
        self.progress: dict[tuple[str, int], wire.Progress] = {}
        version = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)
        self._sockets = ClientSockets(endpoint, keys)
        try:
            self._link = Connection(
                self._sockets,
                endpoint,
                lambda ref: wire.Hello(ref, *version, AGENT, CAPABILITIES, bandwidth_kbit_s, token),
                timeout_s=timeout_s,
                patience_s=patience_s,
                clock_ns=clock_ns,
                welcomed=self._open_again,
                news=self._note,
            )
        except BaseException:
            self._sockets.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sockets.close()

    @property
    def welcome(self) -> wire.Welcome:
        """Of the server as it is now."""
        return self._link.welcome

    @property
    def run(self) -> str:
        """Of the server: another one after a restart, which knows nothing of what was said before."""
        return self._link.welcome.run

    @property
    def greetings(self) -> int:
        """How often the server had to be greeted: what was being said before the last time is over."""
        return self._link.greetings

    @property
    def offset_ns(self) -> int:
        """Add it to the server's time to get this client's."""
        return self._link.offset_ns

    @property
    def load(self) -> float:
        """The share of its time that the server works."""
        return self._link.load

    @property
    def level(self) -> int:
        """How many steps of quality the server saves."""
        return self._link.level

    def load_avatar(self, avatar: str) -> wire.Loaded:
        """Have it ready before the first NPC wants it. Lasts as long as that takes, at most `timeout_s`."""
        return self._link.ask(lambda ref: wire.Load(ref, avatar), wire.Loaded)

    def unload_avatar(self, avatar: str) -> None:
        """Give its memory back. ProtocolError while an NPC has it."""
        self._link.ask(lambda ref: wire.Unload(ref, avatar), wire.Unloaded)

    def open(self, session: str, avatar: str = "") -> wire.Opened:
        """Create or join an NPC."""
        opened = self._link.ask(lambda ref: wire.Open(ref, session, avatar), wire.Opened)
        self._opened[session] = opened
        return opened

    def listen(self, session: str, codec: str | None = None, *, patches: bool = True) -> None:
        """Receive an NPC's mesh, texture, audio, events and frames from now on.

        codec: of `planes.FRAMES`; as the server suggests where none is given.  patches: and how its texture
        changes, where it does.
        """
        for plane in ("event", "audio", *((PATCHES["jpeg"],) if patches else ())):
            self.subscribe(session, plane)
        self._read(session, FRAMES[codec] if codec is not None else self.suggested(session))

    def subscribe(self, session: str, plane: str) -> None:
        """Receive another plane, too: `viseme`, `patch/bc1`, `texture/bc1`, ..."""
        self._sockets.subscribe(topic(session, plane), motion=plane in MOTION)

    def unsubscribe(self, session: str, plane: str) -> None:
        """Receive it no more."""
        self._sockets.unsubscribe(topic(session, plane), motion=plane in MOTION)

    def suggested(self, session: str) -> str:
        """The plane of frames that suits this client, as Opened says."""
        opened = self._opened.get(session)
        return opened.frames if opened is not None and opened.frames else FRAMES["q16"]

    def detail(self, session: str, codec: str | None) -> None:
        """Read frames in another codec from now on, or none: by distance, say."""
        before = self._reading.pop(session, None)
        if codec is not None:
            self._read(session, FRAMES[codec])
        if before is not None and before != self._reading.get(session):
            self.unsubscribe(session, before)

    def begin(self, session: str, sample_rate_hz: int) -> int:
        """Begin a line; its number."""
        line = next(self._lines)
        self._link.tell(lambda ref: wire.Begin(ref, session, line, sample_rate_hz))
        return line

    def push(self, session: str, line: int, samples: Float32) -> None:
        """Audio of the line: [S] float32 mono in [-1, 1], at most limits.MAX_CHUNK_SAMPLES."""
        data = np.asarray(samples, "<f4").tobytes()
        self._link.tell(lambda ref: wire.ChunkF32(ref, session, line, data))

    def end(self, session: str, line: int) -> None:
        """The line is complete."""
        self._link.tell(lambda ref: wire.End(ref, session, line))

    def state(self, session: str, line: int) -> wire.LineState:
        """How far the line is, as far as the server has told."""
        news = self.progress.get((session, line))
        return news.state if news is not None else "queued"

    def interrupt(self, session: str) -> int:
        """Cut everything the NPC says or has waiting; the new generation."""
        return self._link.ask(lambda ref: wire.Interrupt(ref, session), wire.Interrupted).generation

    def set_style(self, session: str, style: Style, *, line: int = 0, pts: int = 0) -> None:
        """How the NPC speaks and feels from now on, or from sample `pts` of a line of this client's.

        StyleError for an emotion that it does not know.
        """
        self._link.ask(lambda ref: told(style, ref, session, line, pts), wire.Styled)

    def leave(self, session: str) -> None:
        """Leave the NPC; what was said is spoken to its end."""
        self._opened.pop(session, None)
        self._link.ask(lambda ref: wire.Close(ref, session), wire.Closed)

    def poll(self, timeout_s: float = 0.0) -> list[Media]:
        """Wait at most this long for something, and return the media received, audio and events first.

        Keeps the connection alive. Raises what the server sent as an Error, and LinkError when the server
        has been silent for longer than is borne.
        """
        self._link.keep_alive()
        parts = self._link.receive()
        if not parts:
            self._sockets.poll(timeout_s)
            parts = self._link.receive()
        media = [decode_media(part) for part in parts]
        for item in media:
            self._follow_statics(item)
        return media

    def _open_again(self) -> None:
        for session, opened in list(self._opened.items()):
            self.open(session, opened.avatar)

    def _note(self, news: wire.Progress) -> None:
        self.progress[news.session, news.line] = news
        while len(self.progress) > MAX_PROGRESS:
            del self.progress[next(iter(self.progress))]

    def _read(self, session: str, plane: str) -> None:
        self._reading[session] = plane
        wanted = (*STATICS, BASIS) if plane == COEFFICIENTS else STATICS
        if self._statics.get(session) != wanted:
            self._statics[session] = wanted
            self._want_statics(session)
        self.subscribe(session, plane)

    def _want_statics(self, session: str) -> None:
        self._missing[session] = set(self._statics[session])
        for plane in self._statics[session]:
            self.subscribe(session, plane)

    def _follow_statics(self, media: Media) -> None:
        """Mesh and texture are repeated for every late joiner: having them, stop reading them."""
        message, missing = media.message, self._missing.get(media.session)
        if isinstance(message, wire.Mesh | wire.Texture | wire.Basis) and missing is not None:
            if media.plane in missing:
                self.unsubscribe(media.session, media.plane)
                missing.discard(media.plane)
            if isinstance(message, wire.Mesh):
                self._known_id[media.session] = message.topology_id
            if not missing:
                del self._missing[media.session]
        elif isinstance(message, wire.Frame | wire.Coefficients) and missing is None:
            known = self._known_id.get(media.session, message.topology_id)  # who asks for none needs none
            if known != message.topology_id:
                self._want_statics(media.session)
