"""Errors as they cross the wire: a code for programs, and the four parts of the sentence."""

from __future__ import annotations

from typing import Final

from talkwire.bridge.limits import MAX_TEXT_CHARS
from talkwire.bridge.wire import Error
from talkwire.runtime.errors import (
    AccessDenied,
    AudioError,
    AvatarError,
    EngineError,
    LinkError,
    NotGreeted,
    ProtocolError,
    StyleError,
    TalkwireError,
    VersionMismatch,
)

CODES: Final[dict[str, type[TalkwireError]]] = {
    "version": VersionMismatch,
    "protocol": ProtocolError,
    "greet": NotGreeted,
    "audio": AudioError,
    "avatar": AvatarError,
    "engine": EngineError,
    "link": LinkError,
    "denied": AccessDenied,
    "style": StyleError,
}


def error_message(error: Exception, *, ref: int) -> Error:
    """Any exception as an Error. One that is not talkwire's own is the server's bug, and says so."""
    if not isinstance(error, TalkwireError):
        fault = f"{type(error).__name__}: {error}"
        return Error(ref, "engine", "the NPC failed", _cut(fault), "frames", "see the server's output")
    codes = {cls: code for code, cls in CODES.items()}
    code = next((codes[cls] for cls in type(error).__mro__ if cls in codes), "engine")
    parts = (error.what, error.seen, error.wanted, error.cure)
    return Error(ref, code, *(_cut(str(part)) for part in parts))


def exception_from(error: Error) -> TalkwireError:
    """The exception that the other side meant; one with an unknown code is a ProtocolError."""
    cls = CODES.get(error.code, ProtocolError)
    return cls(error.what, seen=error.seen, wanted=error.wanted, cure=error.cure)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 3] + "..."
