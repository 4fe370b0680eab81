"""What a field of a message may hold: one small checker per kind, strict on type, range and length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from talkwire.bridge.limits import MAX_ARRAY_ITEMS, MAX_TEXT_CHARS
from talkwire.runtime.errors import ProtocolError


class Field(Protocol):
    """Checks one value; `where` names it in the error."""

    def check(self, where: str, value: Any) -> None:
        """Raise ProtocolError unless the value may stand in this field."""
        ...


def refuse(where: str, seen: object, wanted: object) -> ProtocolError:
    """The error for a field that holds the wrong thing."""
    return ProtocolError(f"{where} is wrong", seen=seen, wanted=wanted, cure="see bridge/PROTOCOL.md")


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer in [low, high]. A bool is not one."""

    low: int
    high: int

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not int or not self.low <= value <= self.high:
            raise refuse(where, _show(value), f"an integer from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True)
class Real:
    """A float in [low, high]; never NaN, never an integer."""

    low: float
    high: float

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not float or not self.low <= value <= self.high:
            raise refuse(where, _show(value), f"a float from {self.low:g} to {self.high:g}")


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most `max_chars`, wholly matching `pattern` where there is one."""

    pattern: str = ""
    max_chars: int = MAX_TEXT_CHARS

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not str or len(value) > self.max_chars:
            raise refuse(where, _show(value), f"text of at most {self.max_chars} characters")
        if self.pattern and re.fullmatch(self.pattern, value) is None:
            raise refuse(where, _show(value), f"text like {self.pattern}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not str or value not in self.words:
            raise refuse(where, _show(value), " or ".join(self.words))


@dataclass(frozen=True, slots=True)
class Raw:
    """A little-endian array as bytes: `dtype`, a whole number of rows of `columns`, low..high rows.

    Floats must be finite and, where given, within [minimum, maximum].
    """

    dtype: str
    columns: int
    low: int
    high: int
    minimum: float = float("-inf")
    maximum: float = float("inf")

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        row = np.dtype(self.dtype).itemsize * self.columns
        if type(value) is not bytes or len(value) % row or not self.low <= len(value) // row <= self.high:
            rows = f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"
            raise refuse(where, _show(value), f"{rows} rows of {row} bytes ({self.columns} x {self.dtype})")
        if self.dtype in ("<f4", "<f2"):
            self._check_floats(where, value)

    def _check_floats(self, where: str, value: bytes) -> None:
        floats = np.frombuffer(value, self.dtype)
        if not len(floats):
            return
        low, high = float(floats.min()), float(floats.max())  # either is NaN when any value is
        if not (np.isfinite(low) and np.isfinite(high) and self.minimum <= low and high <= self.maximum):
            bounds = f" in [{self.minimum:g}, {self.maximum:g}]" if np.isfinite(self.maximum) else ""
            raise refuse(where, f"values from {low:g} to {high:g}", f"finite floats{bounds}")


@dataclass(frozen=True, slots=True)
class Rows:
    """A short list of rows, each row one value per column."""

    columns: tuple[Field, ...]
    high: int = MAX_ARRAY_ITEMS

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not tuple or len(value) > self.high:
            raise refuse(where, _show(value), f"an array of at most {self.high} rows")
        for i, row in enumerate(value):
            if type(row) is not tuple or len(row) < len(self.columns):
                raise refuse(f"{where}[{i}]", _show(row), f"an array of {len(self.columns)} fields")
            for j, column in enumerate(self.columns):
                column.check(f"{where}[{i}][{j}]", row[j])


@dataclass(frozen=True, slots=True)
class Words:
    """A short list of strings."""

    word: Text
    high: int = MAX_ARRAY_ITEMS

    def check(self, where: str, value: Any) -> None:
        """See Field."""
        if type(value) is not tuple or len(value) > self.high:
            raise refuse(where, _show(value), f"an array of at most {self.high} words")
        for i, word in enumerate(value):
            self.word.check(f"{where}[{i}]", word)


def _show(value: object) -> str:
    """A value in an error message: short, whatever a peer has sent."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"an array of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
