"""Rules for reflected types, and for their properties and functions: what follows each macro."""

import re
from collections.abc import Iterator, Mapping

from plugins.lint_text import Fault, split
from plugins.uht_outline import BODY, TYPES, Macro, Outline, Scope
from plugins.uht_types import type_problem

EDIT = {
    f"{verb}{where}" for verb in ("Edit", "Visible") for where in ("Anywhere", "DefaultsOnly", "InstanceOnly")
}
DATA = {"BlueprintReadOnly", "BlueprintReadWrite"}
EVENTS = {"BlueprintNativeEvent", "BlueprintImplementableEvent"}
CALLS = {"BlueprintCallable", "BlueprintPure"} | EVENTS


def type_faults(outline: Outline, macro: Macro) -> Iterator[Fault]:
    match = outline.type_after(macro)
    if match is None or match["end"] == ";" or match["key"].split()[0] != TYPES[macro.name]:
        yield outline.fault(macro.at, f"no {TYPES[macro.name]} with a body follows {macro.name}")
        return
    for scope in outline.around(macro.at):
        yield outline.fault(
            macro.at, f"{macro.name} inside of {scope.kind or 'braces'} {scope.name}".rstrip()
        )
    check = {"UENUM": _enum, "UCLASS": _class}.get(macro.name)
    if check is not None:
        yield from check(outline, macro, match)
    if macro.name == "UENUM":
        return
    name, bases = match["name"], _bases(match)
    prefix = {"USTRUCT": "F", "UINTERFACE": "U"}.get(macro.name, "A" if bases and bases[0][0] == "A" else "U")
    if not re.match(rf"{prefix}[A-Z]", name):
        yield outline.fault(macro.at, f"{name}: the name of this {macro.name} begins with {prefix}")
    if match["api"] not in (None, _api(outline)):
        yield outline.fault(macro.at, f"{name} is exported by {match['api']}, wanted {_api(outline)}")
    if not BODY.match(outline.text, match.end()):
        yield outline.fault(macro.at, f"{name}: GENERATED_BODY() must come first in its body")
    if macro.name == "UINTERFACE":
        partner = re.search(rf"\bclass\s+(?:\w+_API\s+)?I{name[1:]}\s*(?::[^{{;]*)?{{", outline.text)
        if partner is None or not BODY.match(outline.text, partner.end()):
            yield outline.fault(
                macro.at, f"{name} needs a class I{name[1:]} that begins with GENERATED_BODY()"
            )


def _class(outline: Outline, macro: Macro, match: re.Match[str]) -> Iterator[Fault]:
    name, bases = match["name"], _bases(match)
    if match["api"] is None and "MinimalAPI" not in macro.specifiers:
        yield outline.fault(macro.at, f"{name} is not exported: wanted class {_api(outline)} {name}")
    if not bases or not _is_object(bases[0]):
        yield outline.fault(macro.at, f"{name} is derived from no UObject")
    for base in filter(_is_object, bases[1:]):
        yield outline.fault(macro.at, f"{name} has a second UObject among its bases: {base}")


def _enum(outline: Outline, macro: Macro, match: re.Match[str]) -> Iterator[Fault]:
    if not re.match(r"E[A-Z]", match["name"]):
        yield outline.fault(macro.at, f"{match['name']}: an enumeration's name begins with E")
    if match["key"].split() != ["enum", "class"]:
        yield outline.fault(macro.at, f"{match['name']} must be an enum class")
    if "BlueprintType" in macro.specifiers and (match["bases"] or "").strip() != "uint8":
        yield outline.fault(macro.at, f"{match['name']} is for Blueprint, and so must be : uint8")


def member_faults(
    outline: Outline, macro: Macro, plain: set[str], delegates: Mapping[str, str]
) -> Iterator[Fault]:
    inside = outline.around(macro.at)
    owner = inside[-1] if inside else None
    if owner is None or owner.kind not in ("class", "struct") or not outline.has_body(owner):
        where = f"{owner.kind} {owner.name}" if owner and owner.kind else "no type"
        yield outline.fault(macro.at, f"{macro.name} in {where}, which is not reflected")
    elif macro.name == "UPROPERTY":
        yield from _property(outline, macro, owner, plain, delegates)
    else:
        yield from _function(outline, macro, owner, plain)


def _property(
    outline: Outline, macro: Macro, owner: Scope, plain: set[str], delegates: Mapping[str, str]
) -> Iterator[Fault]:
    says, (type_, name) = macro.specifiers, outline.property(macro)
    base = re.sub(r"[\s*&].*", "", type_)
    is_bit = re.search(r":\s*1$", outline.declaration(macro)) is not None  # uint8 bFlag : 1 is a bool
    if shown := sorted(says & (EDIT | DATA | {"BlueprintAssignable"})):
        if not re.search(r"\bCategory\s*=", macro.arguments):
            yield outline.fault(macro.at, f"{name} is {shown[0]} and has no Category")
        if len(says & EDIT) > 1:
            yield outline.fault(macro.at, f"{name} has more than one of {', '.join(sorted(says & EDIT))}")
    is_private = outline.access(macro.at, owner) == "private"
    if says & DATA and is_private and not re.search(r"\bAllowPrivateAccess\b", macro.arguments):
        yield outline.fault(
            macro.at, f"{name} is private: Blueprint needs meta = (AllowPrivateAccess = true)"
        )
    if match := re.search(r"\b(static|const|mutable)\b", type_):
        yield outline.fault(macro.at, f"{name} is {match[1]}, which no property is")
    if "BlueprintAssignable" in says and delegates.get(base) != "DynamicMulticast":
        yield outline.fault(
            macro.at, f"{name}: BlueprintAssignable wants a dynamic multicast delegate, not {base}"
        )
    elif base in delegates and "Dynamic" not in delegates[base]:
        yield outline.fault(macro.at, f"{name}: {base} is no dynamic delegate, and so no property")
    elif base not in delegates and not is_bit:
        in_blueprint = bool(says & DATA)
        if what := type_problem(type_, blueprint=in_blueprint, parameter=False, plain=plain):
            yield outline.fault(macro.at, f"{name}: {what}")


def _function(outline: Outline, macro: Macro, owner: Scope, plain: set[str]) -> Iterator[Fault]:
    says, function = macro.specifiers, outline.function(macro)
    if owner.kind == "struct":
        yield outline.fault(macro.at, f"a UFUNCTION in struct {owner.name}: structs have none")
    if function is None:
        yield outline.fault(macro.at, "UFUNCTION is not followed by a function")
        return
    before, name, parameters = function
    if says & CALLS and not re.search(r"\bCategory\s*=", macro.arguments):
        yield outline.fault(macro.at, f"{name} is for Blueprint and has no Category")
    if says & EVENTS and outline.access(macro.at, owner) == "private":
        yield outline.fault(macro.at, f"{name} is private, which an event of Blueprint is not")
    if "BlueprintImplementableEvent" in says and "virtual" in before.split():
        yield outline.fault(macro.at, f"{name} is made by Unreal, and so not virtual")
    returned = re.sub(r"\b(?:virtual|static|inline|FORCEINLINE|\w+_API)\b", "", before).strip()
    for type_, what in (*parameters, *([(returned, "its result")] if returned != "void" else [])):
        if problem := type_problem(type_, blueprint=bool(says & CALLS), parameter=True, plain=plain):
            yield outline.fault(macro.at, f"{name}, {what}: {problem}")


def _bases(match: re.Match[str]) -> list[str]:
    return [base.split()[-1] for base in split(match["bases"] or "")]


def _is_object(base: str) -> bool:
    return re.match(r"[UA][A-Z]", base) is not None


def _api(outline: Outline) -> str:
    return f"{outline.module.upper()}_API"
