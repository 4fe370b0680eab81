"""A header as Unreal Header Tool looks at it: scopes, reflection macros, and what each stands before."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from plugins.lint_text import Fault, closing, line_of, quiet, split

TYPES = {"UCLASS": "class", "USTRUCT": "struct", "UENUM": "enum", "UINTERFACE": "class"}
BODY = re.compile(r"\s*GENERATED_(?:BODY|UCLASS_BODY|USTRUCT_BODY|UINTERFACE_BODY|IINTERFACE_BODY)\s*\(\s*\)")
DECLARED = re.compile(
    r"\s*(?P<key>class|struct|enum\s+class|enum)\s+(?:UE_DEPRECATED\([^)]*\)\s*)?(?:(?P<api>[A-Z0-9_]+_API)\s+)?"
    r"(?P<name>\w+)\s*(?:final\s*)?(?::\s*(?P<bases>[^{;]*))?(?P<end>[{;])"
)
DELEGATE = re.compile(
    r"\bDECLARE_(?P<kind>(?:DYNAMIC_)?(?:MULTICAST_)?)(?:SPARSE_)?DELEGATE(?P<returns>_RetVal)?"
    r"(?:_(?P<count>\w+?)Params?)?\s*\("
)


@dataclass(frozen=True)
class Scope:
    """Something in braces. kind: "class", "struct", "enum", "namespace", or "" for all else."""

    kind: str
    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class Macro:
    """A reflection macro: its arguments, where it is, and where what it stands before begins."""

    name: str
    arguments: str
    at: int
    after: int

    @property
    def specifiers(self) -> set[str]:
        """Without their values."""
        return {part.split("=")[0].strip() for part in split(self.arguments)}


@dataclass(frozen=True)
class Delegate:
    """kind: "Dynamic", "Multicast", "DynamicMulticast" or "". arguments: name, then types (and names)."""

    kind: str
    arguments: tuple[str, ...]
    wanted: str | None  # how many parameters its macro is for, as a word
    at: int

    @property
    def name(self) -> str:
        """The type that it declares."""
        return self.arguments[0] if self.arguments else ""


class Outline:
    """Of one file. path: "Module/Public/Name.h"."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.module, self.stem = path, path.split("/")[0], PurePosixPath(path).stem
        self.is_header = path.endswith(".h")
        self.code = quiet(source, strings=False)  # includes and metadata are strings
        directives = re.compile(r"(?m)^[ \t]*#(?:.*\\\n)*.*$")
        self.text = directives.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), quiet(source))
        self.scopes = tuple(self._find_scopes())
        self.macros = tuple(self._find_macros())
        self.delegates = tuple(self._find_delegates())
        self.is_reflected = bool(self.macros) or any("Dynamic" in d.kind for d in self.delegates)

    def fault(self, at: int, what: str) -> Fault:
        """There."""
        return Fault(self.path, line_of(self.text, at), what)

    def line(self, at: int) -> int:
        """Of a place."""
        return line_of(self.text, at)

    def type_after(self, macro: Macro) -> re.Match[str] | None:
        """What UCLASS and its like stand before: key, api, name, bases, end."""
        return DECLARED.match(self.text, macro.after)

    def reflected(self) -> Iterator[tuple[str, int]]:
        """(name, line) of its types."""
        for macro in self.macros:
            if macro.name in TYPES and (match := self.type_after(macro)):
                yield match["name"], self.line(macro.at)

    def around(self, at: int) -> list[Scope]:
        """The scopes that hold a place, the innermost last."""
        return [scope for scope in self.scopes if scope.begin < at < scope.end]

    def has_body(self, scope: Scope) -> bool:
        """Whether it begins with GENERATED_BODY()."""
        return BODY.match(self.text, scope.begin + 1) is not None

    def access(self, at: int, owner: Scope) -> str:
        """Of a member."""
        labels = re.findall(r"\b(public|private|protected)\s*:", self.text[owner.begin : at])
        return labels[-1] if labels else {"class": "private", "struct": "public"}[owner.kind]

    def declaration(self, macro: Macro) -> str:
        """Of a member, without what it is initialised with or does."""
        end, depth = macro.after, 0
        while end < len(self.text) and not (depth == 0 and self.text[end] in ";{="):
            depth += {"(": 1, ")": -1}.get(self.text[end], 0)
            end += 1
        return " ".join(re.sub(r"\bUE_DEPRECATED\s*\([^)]*\)", "", self.text[macro.after : end]).split())

    def property(self, macro: Macro) -> tuple[str, str]:
        """(type, name)."""
        declaration = re.sub(r"\s*:\s*1$|\[[^\]]*\]$", "", self.declaration(macro))
        match = re.fullmatch(r"(.*?[\s*&>])(\w+)", declaration)
        return (match[1].strip(), match[2]) if match else (declaration, "it")

    def function(self, macro: Macro) -> tuple[str, str, list[tuple[str, str]]] | None:
        """(what stands before its name, name, [(type, name) of each parameter]); None where there is none."""
        declaration = self.declaration(macro)
        match = re.match(r"(.*?)\s*\b(\w+)\s*\((.*)\)[^()]*$", declaration, re.DOTALL)
        return (match[1], match[2], [_parameter(p) for p in split(match[3])]) if match else None

    def _find_scopes(self) -> Iterator[Scope]:
        head = 0
        for match in re.finditer(r"[{};]", self.text):
            if match[0] == "{":
                before = re.sub(
                    r"\b(?:public|private|protected)\s*:(?!:)", " ", self.text[head : match.start()]
                )
                kind, name = "", ""
                if named := re.search(r"\bnamespace\b\s*([\w:]*)\s*$", before):
                    kind, name = "namespace", named[1]
                elif declared := DECLARED.search(before + "{"):
                    kind, name = declared["key"].split()[0], declared["name"]
                yield Scope(kind, name, match.start(), closing(self.text, match.start()))
            head = match.end()

    def _find_macros(self) -> Iterator[Macro]:
        for match in re.finditer(rf"\b({'|'.join((*TYPES, 'UPROPERTY', 'UFUNCTION'))})\s*\(", self.text):
            end = closing(self.text, match.end() - 1)
            yield Macro(match[1], self.code[match.end() : end], match.start(), end + 1)

    def _find_delegates(self) -> Iterator[Delegate]:
        for match in DELEGATE.finditer(self.text):
            arguments = split(self.text[match.end() : closing(self.text, match.end() - 1)])
            kind = match["kind"].title().replace("_", "")
            yield Delegate(kind, tuple(arguments[bool(match["returns"]) :]), match["count"], match.start())


def _parameter(text: str) -> tuple[str, str]:
    """(type, name), without a default."""
    text = re.sub(r"\bUPARAM\s*\([^)]*\)\s*", "", text).split("=")[0].strip()
    match = re.fullmatch(r"(.*[\s*&>])(\w+)", text)
    return (match[1].strip(), match[2]) if match else (text, "a parameter")
