"""What one line becomes: the options of the command, each of which a column of the list may say otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from talkwire.exporters.options import Options
from talkwire.exporters.write import WRITERS
from talkwire.runtime.avatar import DEFAULT_AVATAR, shipped_avatars
from talkwire.runtime.errors import BatchError, ExportError
from talkwire.runtime.minds import Preset
from talkwire.runtime.style import Style
from talkwire.runtime.style_file import read_style

Parse = Callable[[str], Any]


@dataclass(frozen=True)
class Recipe:
    """All that a clip depends on beside the sound. avatar: a shipped name or a file.  fps: None is as many as
    the format usually has of the avatar.  format: a suffix.

    Raises ExportError for a format that there is not.
    """

    avatar: str = DEFAULT_AVATAR
    fps: int | None = None
    seed: int = 0
    motion: Preset = Preset.quality
    style: Style = field(default_factory=Style)
    format: str = ".glb"
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if self.format not in WRITERS:
            raise ExportError(
                "there is no such format", seen=repr(self.format), wanted=" ".join(WRITERS), cure="choose one"
            )

    def told(self) -> str:
        """The same text for the same recipe, whatever process says it."""
        said = asdict(replace(self, options=replace(self.options, source=None, heard=None, progress=None)))
        said["options"] = {name: value for name, value in said["options"].items() if not callable(value)}
        return json.dumps(said, sort_keys=True, default=str)

    def changed(self, cells: Mapping[str, str], beside: Path) -> Recipe:
        """With what a row says, by column; blank cells change nothing. beside: where its paths begin.

        Raises BatchError, StyleError or ExportError for what a cell cannot say.
        """
        said = {name: _parsed(name, text) for name, text in cells.items() if name in COLUMNS and text}
        of = {home: {COLUMNS[n].field: said[n] for n in said if COLUMNS[n].home == home} for home in _HOMES}
        if "avatar" in of["recipe"]:
            of["recipe"]["avatar"] = _avatar(of["recipe"]["avatar"], beside)
        file = of["recipe"].pop("style", None)
        base = self.style if file is None else read_style(beside / file)
        return replace(
            self, **of["recipe"], style=replace(base, **of["style"]),
            options=replace(self.options, **of["options"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: whose field it sets, and what its cells mean."""

    home: str
    field: str
    parse: Parse
    wanted: str


def _number(text: str) -> float:
    return float(text.replace(",", "."))  # as Excel writes it where a comma is the decimal point


def _whole(text: str) -> int:
    number = _number(text)
    if number != int(number) or number < 0:
        raise ValueError(text)
    return int(number)


def _flag(text: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[text.lower()]


def _format(text: str) -> str:
    suffix = f".{text.lower().lstrip('.')}"
    if suffix not in WRITERS:
        raise ValueError(text)
    return suffix


_SHARE: Final = re.compile(r"([A-Za-z]+)(?:\s*[=:]\s*(\d+(?:[.,]\d+)?|[.,]\d+))?")


def _shares(text: str) -> dict[str, float]:
    if _SHARE.sub("", text).strip(" \t\n,;|+"):
        raise ValueError(text)
    return {name: _number(share) if share else 1.0 for name, share in _SHARE.findall(text)}


def _degrees(text: str) -> tuple[float, float]:
    yaw, pitch = (float(part) for part in re.split(r"[\s,;]+", text))
    return yaw, pitch


_NUMBER, _WHOLE, _MIX = "a number", "a whole number, 0 or more", "NAME=SHARE, several with a blank between"
_HOMES: Final = ("recipe", "style", "options")
_PLAIN: Final[Mapping[str, Column]] = {
    "avatar": Column("recipe", "avatar", str, "a name or a file"),
    "fps": Column("recipe", "fps", _whole, _WHOLE),
    "seed": Column("recipe", "seed", _whole, _WHOLE),
    "motion": Column("recipe", "motion", Preset, " or ".join(Preset)),
    "format": Column("recipe", "format", _format, ", ".join(suffix.lstrip(".") for suffix in WRITERS)),
    "style": Column("recipe", "style", str, "a file"),
    "emotion": Column("style", "emotions", _shares, _MIX),
    "strength": Column("style", "strength", _number, _NUMBER),
    "layer": Column("style", "layers", _shares, _MIX),
    "look_at": Column("style", "look_at_deg", _degrees, "YAW,PITCH in degrees"),
    "follow_voice": Column("style", "follow_voice", _number, _NUMBER),
}
_BY_TYPE: Final[Mapping[type, tuple[Parse, str]]] = {
    float: (_number, _NUMBER),
    int: (_whole, _WHOLE),
    bool: (_flag, "yes or no"),
    str: (str, "a word"),
}


def _option_columns() -> dict[str, Column]:
    """A column for each of the writers' options that a cell can say, named without its unit as the command
    names it.
    """
    hints, columns = get_type_hints(Options), {}
    for name in (one.name for one in fields(Options)):
        kinds = [kind for kind in (*get_args(hints[name]), hints[name]) if isinstance(kind, type)]
        for kind in (kind for kind in kinds[:1] if issubclass(kind, StrEnum) or kind in _BY_TYPE):
            words = " or ".join(str(word) for word in kind) if issubclass(kind, StrEnum) else ""
            parse, wanted = _BY_TYPE.get(kind, (kind, words))
            columns[re.sub("_(mm|px|s|hz)$", "", name)] = Column("options", name, parse, wanted)
    return columns


COLUMNS: Final[Mapping[str, Column]] = {**_option_columns(), **_PLAIN}


def _parsed(name: str, text: str) -> Any:
    try:
        return COLUMNS[name].parse(text)
    except (ValueError, KeyError, OverflowError):
        raise BatchError(
            f"the column {name!r} cannot say this",
            seen=repr(text),
            wanted=COLUMNS[name].wanted,
            cure="correct the cell, or leave it blank",
        ) from None


def _avatar(text: str, beside: Path) -> str:
    shipped = {path.stem for path in shipped_avatars()}
    near = beside / text.replace("\\", "/")
    return str(near) if text not in shipped and near.is_file() else text
