"""`--config FILE.toml`: a command's options from a file, checked at the door; the command line wins.

The file has one table, named as the command, and in it options by their long names:

    [serve]
    avatar = "nova-dyntet"
    npcs = 32

What may stand in it is read off the command's own signature, so that no option can be forgotten here.
"""

from __future__ import annotations

import difflib
import inspect
import json
import sys
import tomllib
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, get_args, get_origin, get_type_hints

import typer

MAX_BYTES: Final = 1 << 20
COMMAND_LINE_ONLY: Final = ("config", "check")
_KINDS: Final[dict[type, tuple[tuple[type, ...], str]]] = {  # of option: TOML's, and what to call it
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((float, int), "a number"),
    str: ((str, int), "text in quotes"),  # a port alone may go without: metrics = 9464
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an option takes. parameter: of the command's function; words: where there are only a few."""

    parameter: str
    kind: type
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    many: bool = False

    @property
    def wanted(self) -> str:
        """In words."""
        if self.many:
            return f"an array, each {replace(self, many=False).wanted}"
        if self.words:
            return f"one of {', '.join(map(repr, self.words))}"
        if self.low is None:
            return _KINDS[self.kind][1]
        most = "" if self.high is None else f" to {self.high:g}"
        return f"{_KINDS[self.kind][1]} from {self.low:g}{most or ' on'}"

    def takes(self, value: object) -> bool:
        """Whether it may be this."""
        if self.many:
            return type(value) is list and all(map(replace(self, many=False).takes, value))
        if type(value) not in _KINDS[self.kind][0]:
            return False
        if self.words:
            return value in self.words
        low, high = self.low, self.high  # numbers alone have them; NaN is within none
        return (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]


def from_file(context: typer.Context, path: Path | None) -> Path | None:
    """The eager callback of `--config`: what the file says becomes the command's defaults.

    Says in one sentence what is wrong with the file, where anything is, and exits with 2.
    """
    if path is None or context.resilient_parsing:
        return path
    table, command = _read(path), context.info_name or ""
    options = _known(path, "table", table, [command]).get(command, {})
    if not isinstance(options, dict):
        _refuse(path, f"{command!r} is no table", options, f"[{command}]", "put options below that line")
    assert context.command.callback is not None
    allowed = allowed_in_file(inspect.unwrap(context.command.callback))
    defaults = {}
    for name, value in _known(path, f"option of [{command}]", options, allowed).items():
        option = allowed[name]
        if not option.takes(value):
            seen, cure = json.dumps(value, default=str), f"see talkwire {command} --help"
            _refuse(path, f"{name!r} is wrong", seen, option.wanted, cure)
        defaults[option.parameter] = str(value) if type(value) is int and option.kind is str else value
    context.default_map = {**(context.default_map or {}), **defaults}
    return path


def allowed_in_file(command: Callable[..., Any]) -> dict[str, Allowed]:
    """Long name -> what it takes, of all options that may stand in a file."""
    allowed = {}
    for parameter, hint in get_type_hints(command, include_extras=True).items():
        if get_origin(hint) is not Annotated or parameter in COMMAND_LINE_ONLY:
            continue
        kind, info = get_args(hint)[:2]
        declared = next((d for d in info.param_decls or () if d.startswith("--")), "")
        name = declared.removeprefix("--") or parameter.replace("_", "-")
        allowed[name] = _allowed(parameter, kind, info)
    return allowed


def _allowed(parameter: str, hint: Any, info: Any) -> Allowed:
    if get_origin(hint) is types.UnionType:  # X | None
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if get_origin(hint) is list:
        return replace(_allowed(parameter, get_args(hint)[0], info), many=True)
    if get_origin(hint) is Literal:
        return Allowed(parameter, str, get_args(hint))
    if issubclass(hint, Enum):
        return Allowed(parameter, str, tuple(str(member.value) for member in hint))
    return Allowed(parameter, hint if hint in _KINDS else str, (), info.min, info.max)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            _refuse(path, "it is too long", f"over {MAX_BYTES} bytes", "a page of options", "check the path")
        return tomllib.loads(data.decode())
    except OSError as error:
        _refuse(path, "it cannot be read", error.strerror, "a TOML file", "check the path")
    except RecursionError:
        _refuse(path, "it is not valid TOML", "arrays without end", "options in a table", "mend it")
    except ValueError as error:  # what tomllib and decode raise
        _refuse(path, "it is not valid TOML", error, "options in a table", "mend it there")


def _known(path: Path, what: str, given: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """What was given, all of it known."""
    names = list(known)
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name.replace("_", "-"), names, n=1)
            wanted = f"{close[0]!r}" if close else ", ".join(names)
            cure = "did you mean that?" if close else "remove it"
            _refuse(path, f"there is no such {what}", name, wanted, cure)
    return given


def _refuse(path: Path, what: str, seen: object, wanted: str, cure: str) -> NoReturn:
    text = str(seen) if len(str(seen)) <= 200 else f"{str(seen)[:197]}..."
    print(f"talkwire: {path}: {what}: saw {text}, wanted {wanted}; {cure}", file=sys.stderr)
    raise typer.Exit(2)
