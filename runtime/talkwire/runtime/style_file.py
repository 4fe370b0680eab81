"""A style as a file: how one character speaks, kept beside its lines.

    strength = 1.1
    follow_voice = 0.5
    look_at = [10, -5]          # degrees: to the face's left, and up

    [emotions]
    joy = 0.4
    [layers]
    blinks = 0.5
    [gains]                     # and offsets, by ARKit's shapes: what this character's rig wants
    jawOpen = 1.2
    [limits]
    mouthSmile = [0.0, 0.8]

TOML 1.0; what is left out is as in `Style`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from talkwire.runtime.errors import StyleError
from talkwire.runtime.style import Style

_NUMBERS: Final = ("strength", "follow_voice")
_TABLES: Final = ("emotions", "layers", "gains", "offsets")
_PAIRS: Final = ("limits",)
_KNOWN: Final = (*_NUMBERS, "look_at", *_TABLES, *_PAIRS)


def read_style(path: Path) -> Style:
    """Raises StyleError for a file that cannot be read, is no TOML, or says what a style does not have."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _no_style(path, (error.strerror or "an error").lower(), "a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _no_style(path, str(error), "TOML") from None
    if unknown := [name for name in said if name not in _KNOWN]:
        raise _no_style(path, unknown[0], " ".join(_KNOWN))
    values: dict[str, Any] = {name: _number(path, name, said[name]) for name in _NUMBERS if name in said}
    for name in (*_TABLES, *_PAIRS):
        table = said.get(name, {})
        if not isinstance(table, dict):
            raise _no_style(path, f"{name} = {table!r}", f"a table [{name}]")
        read = _pair if name in _PAIRS else _number
        values[name] = {key: read(path, f"{name}.{key}", value) for key, value in table.items()}
    if "look_at" in said:
        values["look_at_deg"] = _pair(path, "look_at", said["look_at"])
    return Style(**values)


def _number(path: Path, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _no_style(path, f"{name} = {value!r}", f"a number for {name}")
    return float(value)


def _pair(path: Path, name: str, value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise _no_style(path, f"{name} = {value!r}", f"two numbers for {name}, as in [0, 1]")
    return _number(path, name, value[0]), _number(path, name, value[1])


def _no_style(path: Path, seen: str, wanted: str) -> StyleError:
    return StyleError(
        f"{path} is no style", seen=seen, wanted=wanted, cure="correct it, see docs/exporting.md"
    )
