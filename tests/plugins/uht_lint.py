"""Rules of Unreal Header Tool that a compiler with headers of our own does not see.

Each is an error of the real tool, or a rule that plugins have to keep; the words are ours. Source: Unreal
Engine's documentation, "Reflection System", "UProperties", "UFunctions", "Interfaces", "Delegates",
"Metadata Specifiers". It does not read the engine's headers: which of its types are reflected, it knows of
a few.

`PYTHONPATH=tests python -m plugins.uht_lint [SOURCE]` says what it finds, a line each.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from plugins.lint_text import Fault
from plugins.uht_members import member_faults, type_faults
from plugins.uht_outline import TYPES, Outline
from plugins.uht_types import PLAIN_IN_ENGINE, type_problem

SOURCE = Path(__file__).parents[2] / "unreal_plugin/Talkwire/Source"

COUNTS = {None: 0, "One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5, "Six": 6, "Seven": 7, "Eight": 8}
CONDITIONS = {"UFUNCTION": {"WITH_EDITOR", "WITH_EDITORONLY_DATA"}}  # all else: WITH_EDITORONLY_DATA alone


def lint(files: Mapping[str, str]) -> list[Fault]:
    """Of a plugin's files by path, "Module/Public/Name.h": together, as names must differ."""
    outlines = [Outline(path, source) for path, source in files.items()]
    reflected = {name for outline in outlines for name, _ in outline.reflected()}
    plain = {
        scope.name for o in outlines for scope in o.scopes if scope.kind in ("class", "struct")
    } - reflected
    delegates = {delegate.name: delegate.kind for outline in outlines for delegate in outline.delegates}
    faults = list(_names(outlines))
    for outline in outlines:
        if not outline.is_header:
            for macro in outline.macros:
                faults.append(outline.fault(macro.at, f"{macro.name} is seen in headers alone"))
            continue
        faults += [*_includes(outline), *_conditions(outline), *_delegates(outline), *_overloads(outline)]
        for macro in outline.macros:
            if macro.name in TYPES:
                faults += type_faults(outline, macro)
            else:
                faults += member_faults(outline, macro, plain | PLAIN_IN_ENGINE, delegates)
    return sorted(faults)


def _names(outlines: list[Outline]) -> Iterator[Fault]:
    """Unreal knows types without their prefix, and headers without their folder."""
    types: dict[str, str] = {}
    headers: dict[str, str] = {}
    for outline in outlines:
        for name, line in outline.reflected():
            known = name if name.startswith("E") else name[1:]
            if types.setdefault(known, name) != name:
                yield Fault(outline.path, line, f"{name} and {types[known]} are both {known} to Unreal")
        if (
            outline.is_header
            and outline.is_reflected
            and headers.setdefault(outline.stem, outline.path) != outline.path
        ):
            yield Fault(outline.path, 1, f"there are two {outline.stem}.generated.h")


def _includes(outline: Outline) -> Iterator[Fault]:
    found = [
        (i, match[1])
        for i, line in enumerate(outline.code.splitlines(), 1)
        if (match := re.match(r'\s*#\s*include\s+[<"]([^">]+)', line))
    ]
    wanted = f"{outline.stem}.generated.h"
    for line, name in found:
        if name.endswith(".generated.h") and (name != wanted or not outline.is_reflected):
            why = "belongs to another header" if name != wanted else "is not made: nothing here is reflected"
            yield Fault(outline.path, line, f"{name} {why}")
    if not outline.is_reflected:
        return
    if wanted not in [name for _, name in found]:
        yield Fault(outline.path, 1, f'#include "{wanted}" is missing')
    elif found[-1][1] != wanted:
        yield Fault(
            outline.path, found[-1][0], f"{wanted} must be the last include, and {found[-1][1]} follows"
        )
    if "#pragma once" not in outline.code:
        yield Fault(outline.path, 1, "#pragma once is missing")


def _conditions(outline: Outline) -> Iterator[Fault]:
    """What is reflected may be left out of a game without an editor, and nowhere else."""
    macros = {outline.line(macro.at): macro.name for macro in outline.macros}
    conditions: list[str] = []
    for i, line in enumerate(outline.code.splitlines(), 1):
        if match := re.match(r"\s*#\s*(if|el|endif)\w*\s*(.*)", line):
            if match[1] == "if":
                conditions.append(match[2].strip())
            elif conditions:
                before = conditions.pop()
                conditions += [f"not {before}"] if match[1] == "el" else []
        for condition in conditions if i in macros else ():
            if condition not in CONDITIONS.get(macros[i], {"WITH_EDITORONLY_DATA"}):
                yield Fault(outline.path, i, f"{macros[i]} under #if {condition}")


def _delegates(outline: Outline) -> Iterator[Fault]:
    for delegate in outline.delegates:
        name, parameters, dynamic = delegate.name, delegate.arguments[1:], "Dynamic" in delegate.kind
        if not re.fullmatch(r"F[A-Z]\w*", name):
            yield outline.fault(delegate.at, f"{name}: a delegate's name begins with F")
        count = COUNTS.get(delegate.wanted, 0) * (2 if dynamic else 1)
        if len(parameters) != count:
            what = "types and names" if dynamic else "types"
            yield outline.fault(
                delegate.at, f"{name} has {len(parameters)} {what}, and its macro is for {count}"
            )
        elif dynamic:
            for type_ in parameters[::2]:
                if what := type_problem(type_, blueprint=True, parameter=True, plain=PLAIN_IN_ENGINE):
                    yield outline.fault(delegate.at, f"{name}: {what}")
        if dynamic and outline.around(delegate.at):
            yield outline.fault(
                delegate.at, f"{name}: a dynamic delegate stands outside of types and namespaces"
            )


def _overloads(outline: Outline) -> Iterator[Fault]:
    """Within one class a function's name is there once, and its parameters are named unlike properties."""
    members = [
        (macro, outline.around(macro.at)[-1].begin) for macro in outline.macros if outline.around(macro.at)
    ]
    properties = {
        (owner, outline.property(macro)[1]) for macro, owner in members if macro.name == "UPROPERTY"
    }
    seen: set[tuple[int, str]] = set()
    for macro, owner in members:
        function = outline.function(macro) if macro.name == "UFUNCTION" else None
        if function is None:
            continue
        if (owner, function[1]) in seen:
            yield outline.fault(macro.at, f"{function[1]} is there twice: a UFUNCTION has no overloads")
        seen.add((owner, function[1]))
        for _, name in function[2]:
            if (owner, name) in properties:
                yield outline.fault(macro.at, f"{function[1]}: its parameter {name} hides a property")


def lint_folder(folder: Path = SOURCE) -> list[Fault]:
    """Of all modules of a plugin, as far as they are there, but the core, where nothing is reflected."""
    return lint(
        {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*"))
            if path.suffix in (".h", ".cpp") and path.relative_to(folder).parts[0] != "TalkwireCore"
        }
    )


if __name__ == "__main__":
    found = lint_folder(*map(Path, sys.argv[1:]))
    print(*found, sep="\n")
    sys.exit(bool(found))
