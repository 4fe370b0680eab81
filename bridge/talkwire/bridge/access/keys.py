"""Keys as files: text that a person can read, one key each.

NAME.pub, for anybody:           `public-key` and 40 characters of Z85 (RFC 32)
NAME.key, for its owner alone:   `secret-key` and 40 characters, mode 0600; what is public follows from it

A server's folder has server.key and, in clients/, the .pub of every client that may come in. A client has its
own .key and the server's .pub. Lines that begin with # are comments.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

from talkwire.bridge.access.curve import ClientKeys, is_key, keypair, public_of
from talkwire.runtime.errors import AccessDenied

log = logging.getLogger(__name__)

Kind = Literal["public-key", "secret-key"]
SERVER: Final = "server"
CLIENTS: Final = "clients"
MAX_FILE_BYTES: Final = 4_096
RESCAN_S: Final = 1.0
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
SECRET_MODE, PUBLIC_MODE, FOLDER_MODE = 0o600, 0o644, 0o700
COMMENTS: Final[dict[Kind, str]] = {
    "public-key": "# talkwire: the public key of {name}. Anybody may have it.",
    "secret-key": "# talkwire: the secret key of {name}. Nobody else may read it.",
}


def new_keys(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a pair; the paths of (secret, public). The folder is made where there is none.

    Raises AccessDenied for a name that is none, where either file is there already, or cannot be written.
    """
    if NAME.fullmatch(name) is None:
        raise _refuse("this is no name for keys", repr(name), "letters, digits, - _ .", "choose another")
    public, secret = keypair()
    paths = folder / f"{name}.key", folder / f"{name}.pub"
    for path in paths:
        if path.exists():
            raise _refuse(
                "keys are not overwritten", f"{path}", "a name without keys", "choose another, or delete it"
            )
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if name == SERVER:
            (folder / CLIENTS).mkdir(mode=FOLDER_MODE, exist_ok=True)
        _write(paths[0], "secret-key", name, secret, SECRET_MODE)
        _write(paths[1], "public-key", name, public, PUBLIC_MODE)
    except OSError as error:
        raise _refuse(
            f"keys cannot be written in {folder}",
            error.strerror,
            "a folder of your own",
            "choose another --folder",
        ) from None
    return paths


def read_client_keys(key: Path, server_key: Path) -> ClientKeys:
    """key: the client's own .key; server_key: the server's .pub. Raises AccessDenied; see read_key."""
    return ClientKeys(read_key(key, "secret-key"), read_key(server_key, "public-key"))


class ServerKeys:
    """A server's own key, and the clients that it lets in: those whose .pub is in its folder just then."""

    def __init__(self, folder: Path, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Raises AccessDenied for no such folder, no server.key or no client in it, or a damaged key."""
        if not folder.is_dir():
            raise _refuse(f"there is no folder {folder}", "nothing", "server.key in it", _make(folder))
        self.secret = read_key(folder / f"{SERVER}.key", "secret-key")
        self._clients, self._clock_s = folder / CLIENTS, clock_s
        self._looked: tuple[tuple[int, int], float] | None = None
        self._files: dict[Path, tuple[int, int]] = {}
        self._publics: dict[Path, str] = {}
        self._names: dict[str, str] = {}
        for path in _publics_in(self._clients):
            read_key(path, "public-key")
        self._look()
        if not self._publics:
            raise _refuse(
                "no client could come in",
                f"no .pub in {self._clients}",
                "the public key of each client",
                f"copy a client's .pub there; make one with: talkwire keys new NAME --folder {folder}",
            )

    def name_of(self, public: str) -> str | None:
        """The client with this key; None for a stranger, also for one whose file was removed since."""
        self._look()
        return self._names.get(public)

    def _look(self) -> None:
        """Read what is new or has changed. A damaged file is a client that is not let in, and said.

        A file that comes or goes changes the folder, which is looked at each time; one that is written over
        does not, and is noticed within RESCAN_S: strangers who knock cost one look.
        """
        folder, now_s = _stamp(self._clients), self._clock_s()
        if self._looked is not None and self._looked[0] == folder and now_s < self._looked[1] + RESCAN_S:
            return
        self._looked = folder, now_s
        found = {path: _stamp(path) for path in _publics_in(self._clients)}
        changed = [path for path, stamp in found.items() if self._files.get(path) != stamp]
        self._publics = {path: key for path, key in self._publics.items() if path in found}
        self._files = found
        for path in changed:
            self._publics.pop(path, None)
            try:
                self._publics[path] = read_key(path, "public-key")
            except AccessDenied as error:
                log.warning("%s", error)
        self._names = {key: path.stem for path, key in self._publics.items()}


def read_key(path: Path, kind: Kind) -> str:
    """The key in a file: 40 characters of Z85.

    Raises AccessDenied for a file that is missing, damaged or of the other kind, and for a secret key that
    others can read.
    """
    text, mode = _read(path)
    found, key = _parse(path, text)
    if found != kind:
        end = ".key" if kind == "secret-key" else ".pub"
        raise _refuse(
            f"{path} holds the wrong half of a pair", f"a {found}", f"a {kind}", f"give the {end} file"
        )
    if kind == "secret-key":
        _refuse_open(path, mode)
    return key


def read_secret(path: Path) -> str:
    """The text of a file that its owner alone can read. Raises AccessDenied for any other."""
    text, mode = _read(path)
    _refuse_open(path, mode)
    return text


def list_keys(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """(file, kind, public half) of each key there and of each client; a file that is none says why."""
    if not folder.is_dir():
        raise _refuse(f"there is no folder {folder}", "nothing", "keys", _make(folder))
    for path in sorted(
        p for p in (*folder.iterdir(), *_publics_in(folder / CLIENTS)) if p.suffix in (".key", ".pub")
    ):
        try:
            kind: Kind = "secret-key" if path.suffix == ".key" else "public-key"
            key = read_key(path, kind)
            yield path, kind, public_of(key) if kind == "secret-key" else key
        except AccessDenied as error:
            yield path, "unusable", str(error)


def _read(path: Path) -> tuple[str, int]:
    """Its text, and its mode."""
    wanted = "a key file" if path.suffix in (".key", ".pub") else "a file"
    try:
        if not path.is_file():  # a pipe would be waited for without end
            seen = "something else" if path.exists() else "no such file"
            raise _refuse(f"{path} cannot be read", seen, wanted, "check the path, or run: talkwire keys new")
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _refuse(
            f"{path} cannot be read", error.strerror, wanted, "check the path and its rights"
        ) from None
    try:
        if len(data) <= MAX_FILE_BYTES:
            return data.decode(), mode
    except UnicodeDecodeError:
        pass
    raise _refuse(
        f"{path} is damaged", "no text, or too much of it", wanted, "get it again from where it was made"
    )


def _refuse_open(path: Path, mode: int) -> None:
    """As ssh does. On Windows a mode says nothing of others."""
    if mode & 0o077 and os.name == "posix":
        raise _refuse(
            f"others can read the secret in {path}", f"mode {mode:04o}", "0600", f"run: chmod 600 {path}"
        )


def _parse(path: Path, text: str) -> tuple[str, str]:
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) == 1 and len(lines[0]) == 2:
        kind, key = lines[0]
        if kind in COMMENTS and is_key(key):
            return kind, key
    raise _refuse(
        f"{path} is damaged",
        f"{len(lines)} lines, none of them a whole key" if len(lines) != 1 else "a line that is no key",
        "one line: public-key or secret-key, and 40 characters",
        "get it again from where it was made, or make new ones with: talkwire keys new",
    )


def _write(path: Path, kind: Kind, name: str, key: str, mode: int) -> None:
    """Only where there is nothing: not even a link."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{COMMENTS[kind].format(name=name)}\n{kind} {key}\n")


def _publics_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".pub")
    except OSError:
        return []


def _stamp(path: Path) -> tuple[int, int]:
    try:
        now = path.stat()
    except OSError:  # it went just now
        return 0, 0
    return now.st_mtime_ns, now.st_size


def _make(folder: Path) -> str:
    return f"make it with: talkwire keys new {SERVER} --folder {folder}"


def _refuse(what: str, seen: object, wanted: str, cure: str) -> AccessDenied:
    return AccessDenied(what, seen=seen, wanted=wanted, cure=cure)
