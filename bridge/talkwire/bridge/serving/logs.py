"""A server's log: one event a line, as text or JSON, with names of sessions and never what they say.

An event is told where it happens, by `tell`; which fields a line may have is a table here, so that no sound,
no text and no key slips in. A hostile peer cannot fill a disk with it, nor a slow disk hold the server up:
lines are limited by the second, and written by a thread of their own.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from queue import Full, Queue
from typing import Final, Literal, TextIO

Event = Literal[
    "server_started",
    "server_stopping",
    "server_drained",
    "server_stopped",
    "peer_greeted",
    "peer_vanished",
    "client_refused",
    "session_opened",
    "session_closed",
    "session_failed",
    "line_started",
    "line_ended",
    "line_interrupted",
    "request_refused",
    "request_failed",
    "economy_changed",
    "worker_started",
    "worker_lost",
    "session_moved",
]
LOUDER: Final[dict[str, int]] = {  # than INFO, which the others are
    "client_refused": logging.WARNING,
    "session_failed": logging.ERROR,
    "request_failed": logging.ERROR,
    "economy_changed": logging.WARNING,
    "worker_lost": logging.ERROR,
    "session_moved": logging.WARNING,
}
FIELDS: Final = {
    *("session", "peer", "utterance", "seconds", "waited_s", "reason", "agent", "address"),
    *("endpoint", "avatar", "engine", "load", "level", "cut", "suppressed", "worker"),
}
MAX_CHARS: Final = 300  # of a value
MAX_PER_KEY_S: Final = 10  # lines a second about one event of one session or peer
MAX_PER_S: Final = 200  # and about everything
MAX_WAITING: Final = 10_000  # lines that wait to be written; then they are dropped
LAST_WORDS_S: Final = 2.0  # that they may take at the end

log = logging.getLogger("talkwire.events")


class Format(StrEnum):
    """Of a log."""

    text = "text"
    json = "json"


class Level(StrEnum):
    """The quietest that is logged."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def tell(event: Event, *, failure: bool = False, **fields: str | float) -> None:
    """Log an event. failure: with the traceback of the exception that is being handled."""
    level = LOUDER.get(event, logging.INFO)
    if log.isEnabledFor(level):
        log.log(level, "%s", event, exc_info=failure, extra={"event": event, "fields": fields})


def short(peer_id: bytes) -> str:
    """A connection's name in the log."""
    return peer_id[-4:].hex()


@contextmanager
def logging_to(stream: TextIO, format: Format = Format.text, level: Level = Level.warning) -> Iterator[None]:
    """Write what talkwire logs to this stream meanwhile."""
    handler = _Later(stream, _JsonLines() if format is Format.json else _TextLines())
    handler.addFilter(RateLimit())
    logger = logging.getLogger("talkwire")
    before = logger.level, logger.propagate
    logger.setLevel(level.value.upper())
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(before[0])
        logger.propagate = before[1]


class RateLimit(logging.Filter):
    """Lets so many lines through a second; the next that passes says how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._window_s, self._suppressed = 0.0, 0
        self._seen: Counter[tuple[object, ...]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is written."""
        if not 0 <= record.created - self._window_s < 1:
            self._window_s = record.created
            self._seen.clear()
        fields = getattr(record, "fields", {})
        whose = fields.get("session", fields.get("peer"))
        key = (getattr(record, "event", (record.name, record.lineno)), whose)
        self._seen[key] += 1
        if self._seen[key] > MAX_PER_KEY_S or len(self._seen) > MAX_PER_S:
            self._suppressed += 1
            return False
        if self._suppressed:
            record.fields = {**fields, "suppressed": self._suppressed}
            self._suppressed = 0
        return True


class _Later(logging.Handler):
    """Has records written by a thread: who logs never waits for a disk or a pipe."""

    def __init__(self, stream: TextIO, formatter: logging.Formatter) -> None:
        super().__init__()
        self._stream, self._formatter = stream, formatter
        self._queue: Queue[logging.LogRecord | None] = Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._write, name="talkwire-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Full):
            self._queue.put_nowait(record)

    def close(self) -> None:
        with suppress(Full):
            self._queue.put(None, timeout=LAST_WORDS_S)
        self._thread.join(LAST_WORDS_S)
        super().close()

    def _write(self) -> None:
        for record in iter(self._queue.get, None):
            with suppress(OSError, ValueError):  # the pipe's reader has gone, which is its right
                self._stream.write(self._formatter.format(record) + "\n")
                self._stream.flush()


class _Lines(logging.Formatter):
    def parts(self, record: logging.LogRecord) -> dict[str, str | float]:
        """What a line says, in order."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, str | float] = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
        }
        line["event"] = getattr(record, "event", "message")
        if line["event"] == "message":
            line["message"] = record.getMessage()[:MAX_CHARS]
        for name, value in getattr(record, "fields", {}).items():
            if name in FIELDS and isinstance(value, str | int | float):
                line[name] = value[:MAX_CHARS] if isinstance(value, str) else _rounded(value)
        return line


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        line = self.parts(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, allow_nan=False)


class _TextLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        when, level, event, *rest = self.parts(record).items()
        words = [f"{when[1]} {level[1]:7} {event[1]}", *(f"{k}={_shown(v)}" for k, v in rest)]
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n  ".join((" ".join(words), *trace))


def _rounded(value: float) -> float | str:
    if isinstance(value, float):
        return round(value, 4) if abs(value) < 1e15 else str(value)
    return value


def _shown(value: str | float) -> str:
    """A word as it is; anything else, whatever a peer has sent, in quotes and without control characters."""
    text = str(value)
    plain = isinstance(value, int | float) or re.fullmatch(r"[\w.:/-]+", text, re.ASCII)
    return text if plain else json.dumps(text)
