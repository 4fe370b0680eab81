"""Which types Unreal reflects: as a property, as a parameter, and in Blueprint."""

import re

from plugins.lint_text import split

IN_BLUEPRINT = {"bool", "uint8", "int32", "int64", "float", "double", "FString", "FName", "FText"}
ONLY_IN_CPP = {"int8", "int16", "uint16", "uint32", "uint64"}
CONTAINERS = {"TArray": 1, "TSet": 1, "TMap": 2}
WRAPPERS = {  # template -> whether Blueprint takes it
    "TObjectPtr": True,
    "TSubclassOf": True,
    "TSoftObjectPtr": True,
    "TSoftClassPtr": True,
    "TScriptInterface": True,
    "TEnumAsByte": True,
    "TWeakObjectPtr": False,
    "TLazyObjectPtr": False,
    "TFieldPath": False,
    "TOptional": False,
}
PLAIN_IN_ENGINE = {
    "FStringView", "FCriticalSection", "FRunnable", "FRunnableThread", "FSocket", "FDelegateHandle", "FEvent",
    "FDateTimeRange", "FThreadSafeBool", "FThreadSafeCounter", "FUpdateTextureRegion2D",
}  # fmt: skip


def type_problem(
    type_: str, *, blueprint: bool, parameter: bool, plain: set[str], inside: bool = False
) -> str:
    """Why Unreal Header Tool refuses a type there, or nothing.

    plain: structs and classes that are not reflected.  inside: of a container.
    """
    bare = re.sub(r"\b(?:const|class|struct|enum)\s+", "", type_).strip()
    reference, pointer = bare.endswith("&"), bare.rstrip("& ").endswith("*")
    base = bare.rstrip("&* ")
    if bare.endswith("&&") or (reference and not parameter):
        return f"{type_}: a reference"
    if "::" in base:
        return f"{type_}: names with :: are not reflected"
    if match := re.fullmatch(r"(\w+)\s*<(.*)>", base, re.DOTALL):
        what = _template(match[1], match[2], blueprint, parameter, plain, inside)
        return f"{type_}: a pointer to a container" if pointer else what and f"{type_}: {what}"
    if re.match(r"[UA][A-Z]", base):
        return "" if pointer else f"{type_}: a UObject is held by pointer"
    if pointer:
        return f"{type_}: a pointer to what is no UObject"
    if base in ONLY_IN_CPP:
        return f"{type_}: not for Blueprint" if blueprint or parameter else ""
    if base in plain:
        return f"{type_}: {base} is not reflected"
    if base in IN_BLUEPRINT or re.match(r"[FE][A-Z]", base):
        return ""
    return f"{type_}: not a type that is reflected"


def _template(
    name: str, arguments: str, blueprint: bool, parameter: bool, plain: set[str], inside: bool
) -> str:
    if name in CONTAINERS:
        items = split(arguments)
        if inside or len(items) != CONTAINERS[name]:
            return "a container in a container" if inside else f"{name} of {len(items)} types"
        for item in items:
            if what := type_problem(item, blueprint=blueprint, parameter=parameter, plain=plain, inside=True):
                return what
        return ""
    if name not in WRAPPERS:
        return f"{name} is not reflected"
    if parameter and name == "TObjectPtr" and not inside:
        return "a function takes a bare pointer"
    return "" if WRAPPERS[name] or not blueprint else f"{name} is not for Blueprint"
