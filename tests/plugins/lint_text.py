"""What the lints of both plugins share: C-like source without comments, and balanced brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUIET = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<d>[^\s()\\]{0,16})\(.*?\)(?P=d)" | @"(?:[^"]|"")*"
    | "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])'""",
    re.DOTALL | re.VERBOSE,
)
PAIRS = {"(": ")", "{": "}", "<": ">", "[": "]"}


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, and where."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def quiet(source: str, *, strings: bool = True) -> str:
    """Source of the same length and lines, with comments as spaces; the insides of strings, too."""

    def blank(match: re.Match[str]) -> str:
        text = match[0]
        if text[0] == "/":
            return re.sub(r"[^\n]", " ", text)
        begin = 2 if text[0] in "R@" else 1
        return text if not strings else text[:begin] + re.sub(r"[^\n]", " ", text[begin:-1]) + text[-1]

    return _QUIET.sub(blank, source)


def line_of(text: str, at: int) -> int:
    """Counted from 1."""
    return text.count("\n", 0, at) + 1


def closing(text: str, at: int) -> int:
    """Where the bracket that opens at `at` closes; the end of the text where it never does."""
    opens, closes, depth = text[at], PAIRS[text[at]], 0
    for i in range(at, len(text)):
        depth += (text[i] == opens) - (text[i] == closes)
        if depth == 0:
            return i
    return len(text)


def split(text: str, by: str = ",") -> list[str]:
    """At separators that are in no bracket, stripped; nothing for blank text."""
    parts, depth, begun = [], 0, 0
    for i, letter in enumerate(text):
        depth += letter in "(<[{"
        depth -= letter in ")>]}"
        if letter == by and depth == 0:
            parts.append(text[begun:i].strip())
            begun = i + 1
    return [*parts, text[begun:].strip()] if text.strip() else []


def words(pattern: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, what was found) of a pattern in quiet text."""
    for match in re.finditer(pattern, text):
        yield line_of(text, match.start()), match[0].strip()
