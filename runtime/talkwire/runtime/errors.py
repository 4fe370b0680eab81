"""The whole error family. Every error talkwire raises on purpose is one of these.

TalkwireError            exit 1   (never raised itself)
├── AudioError           exit 3   a voice line cannot be heard
├── AvatarError          exit 4   an avatar file is refused
├── EngineError          exit 5   a network cannot be loaded or run
├── ProtocolError        exit 6   a peer's bytes make no sense
│   ├── VersionMismatch  exit 6   a peer speaks another major version
│   └── NotGreeted       exit 6   a peer that the other side does not know (any more)
├── LinkError            exit 7   no peer: port in use, nobody answers, connection lost
│   └── AccessDenied     exit 12  a key or a token that is refused, or cannot be used
├── ExportError          exit 8   a file cannot be written
├── MissingDependency    exit 9   an optional package or system library is absent
├── TrainingError        exit 10  data or weights that training cannot use
├── StyleError           exit 11  an emotion or a shape that there is not
└── BatchError           exit 14  no line of a list became a clip
    └── BatchPartlyDone  exit 13  some lines of a list did, some did not

Exit 0 is success, 2 a usage error (the command line's own), 130 an interruption by Ctrl-C.
"""

from __future__ import annotations

from typing import ClassVar


class TalkwireError(Exception):
    """What went wrong, the value seen, the value wanted, and the cure, as one sentence."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, seen: object, wanted: object, cure: str) -> None:
        super().__init__(f"{what}: saw {seen}, wanted {wanted}; {cure}")
        self.what, self.seen, self.wanted, self.cure = what, seen, wanted, cure

    def __reduce__(self) -> tuple[object, ...]:
        """For the way from another process."""
        return _again, (type(self), self.what, str(self.seen), str(self.wanted), self.cure)


class AudioError(TalkwireError):
    """A voice line that cannot be heard: not audio, empty, cut off, or of an absurd format."""

    exit_code = 3


class AvatarError(TalkwireError):
    """An avatar file that is damaged, unsafe, or of a kind or version this build does not know."""

    exit_code = 4


class EngineError(TalkwireError):
    """A network that cannot be loaded, or feeds that do not fit it."""

    exit_code = 5


class ProtocolError(TalkwireError):
    """Bytes from a peer that are not a message of this protocol."""

    exit_code = 6


class VersionMismatch(ProtocolError):
    """A peer that speaks another major version of the protocol."""


class NotGreeted(ProtocolError):
    """A request of a connection that has not said Hello, or was forgotten since."""


class LinkError(TalkwireError):
    """No working connection: the port is taken, nobody answers, or the peer has gone."""

    exit_code = 7


class AccessDenied(LinkError):
    """A key or a token that the other side refuses, or a file of one that cannot be used."""

    exit_code = 12


class ExportError(TalkwireError):
    """A file that cannot be written: full or read-only disk, or an unknown format."""

    exit_code = 8


class MissingDependency(TalkwireError):
    """An optional package or system library that is not installed; the cure names it."""

    exit_code = 9


class TrainingError(TalkwireError):
    """Training data or weights that cannot be used."""

    exit_code = 10


class StyleError(TalkwireError):
    """An emotion or a shape that does not exist, or a number out of its range."""

    exit_code = 11


class BatchError(TalkwireError):
    """A list of lines that cannot be read, a row of it that cannot be used, or a list without any success."""

    exit_code = 14


class BatchPartlyDone(BatchError):
    """Some lines of a list became clips and some did not; its summary says which."""

    exit_code = 13


def _again(kind: type[TalkwireError], what: str, seen: str, wanted: str, cure: str) -> TalkwireError:
    return kind(what, seen=seen, wanted=wanted, cure=cure)


def missing(package: str, *, extra: str, need: str) -> MissingDependency:
    """The error for an absent optional package: which one, what needs it, and the pip line."""
    return MissingDependency(
        f"{need} needs the package {package!r}",
        seen="it is not installed",
        wanted=f"the extra [{extra}]",
        cure=f"run: pip install 'talkwire[{extra}]'",
    )
