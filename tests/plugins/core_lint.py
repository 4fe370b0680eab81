"""What neither core may use: engines, exceptions, RTTI, reflection, what waits, what ends the process.

`PYTHONPATH=tests python -m plugins.core_lint` says what it finds, a line each.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugins.lint_text import Fault, quiet, words

ROOT = Path(__file__).parents[2]
CORES = {
    ".cs": ROOT / "unity_plugin/com.talkwire.unity/Runtime/Core",
    ".cpp": ROOT / "unreal_plugin/Talkwire/Source/TalkwireCore",
}


@dataclass(frozen=True)
class Rule:
    """A pattern, why it must not be there, and the files that may have it."""

    pattern: str
    why: str
    only_in: tuple[str, ...] = ()


CURVE = "CurveConnection.cpp"  # it alone knows libzmq
CSHARP_ZMQ = ("NativeZmq.cs", "ZmqSocket.cs", "CurveContext.cs")
SOCKETS = ("Socket.cpp", "Resolver.cpp", "Waiter.cpp", "System.h")  # they know which system it is

CPP = (
    Rule(r"\b(?:try|catch|throw)\b", "exceptions are switched off in engines"),
    Rule(r"\b(?:dynamic_cast|typeid)\b", "RTTI is switched off in engines"),
    Rule(
        r"\.\s*at\s*\(|\bstd::(?:stoi|stol|stoul|stod|stof|any_cast|get<)",
        "throws, which ends the process here",
    ),
    Rule(r"\b(?:abort|exit|_exit|quick_exit|terminate|assert)\s*\(", "ends the editor with everything in it"),
    Rule(r"\b(?:printf|fprintf|puts)\s*\(|\bstd::(?:cout|cerr|clog)\b", "a plugin has no console"),
    Rule(
        r"\b(?:UCLASS|USTRUCT|UENUM|UPROPERTY|UFUNCTION|GENERATED_BODY|UE_LOG|CoreMinimal|TCHAR|GEngine)\b"
        r"|\b(?:u?int(?:8|16|32|64)|FString|FName|FText|UObject|AActor|FVector\w*|FQuat\w*|FTransform\w*)\b"
        r"|\b(?:TArray|TMap|TSet|TSharedPtr|TUniquePtr|TWeakObjectPtr|FRunnable\w*|FPlatform\w+)\b",
        "the core knows no engine",
    ),
    Rule(r"\b(?:check|checkf|verify|ensure|TEXT)\s*\(|\bPI\b", "Unreal has a macro of this name"),
    Rule(r"\b(?:sleep\w*|Sleep)\s*\(", "waits, and nothing can wake it"),
    Rule(
        r"(?<![\w.>])(?:::\s*)?(?:recv|recvfrom|recvmsg|accept|poll|select|getaddrinfo)\s*\(",
        "the system's sockets belong to Socket.cpp and the files beside it",
        only_in=SOCKETS,
    ),
    Rule(r"\bzmq_\w+\s*\(", f"libzmq belongs to {CURVE}", only_in=(CURVE,)),
    Rule(
        r"\bzmq_(?:msg_)?(?:recv|send)\s*\((?![^;]*\bZMQ_DONTWAIT\b)|\bzmq_poll\w*\s*\(",
        "waits: ZMQ_DONTWAIT",
    ),
    Rule(r"\bwait\s*\(\s*lock\s*\)", "waits without an end: use wait_for"),
)
CSHARP = (
    Rule(r"\bUnity(?:Engine|Editor)?\b\s*[.;]", "the core knows no engine"),
    Rule(r"\.\s*Abort\s*\(", "ends a thread in the middle of anything, and does not exist under IL2CPP"),
    Rule(r"\bThread\s*\.\s*Sleep\s*\(", "waits, and nothing can wake it"),
    Rule(r"\.\s*(?:Join|WaitOne|Wait)\s*\(\s*\)", "waits without an end: give it a time"),
    Rule(r"\.\s*GetAwaiter\s*\(|\bTask\b[^;\n]*\.\s*Result\b", "waits without an end"),
    Rule(
        r"\bSystem\s*\.\s*Reflection\b|\bActivator\s*\.|\bdynamic\b"
        r"|\.\s*(?:GetType|GetMethods?|GetFields?)\s*\(",
        "reflection: IL2CPP strips what it would find",
    ),
    Rule(r"\bSystem\s*\.\s*Linq\b", "allocates wherever it is used"),
    Rule(r"\b(?:unsafe|stackalloc)\b", "asks users to allow unsafe code"),
    Rule(r"\bConsole\s*\.|\bDebug\s*\.\s*Log", "a plugin has no console"),
    Rule(r"\bEnvironment\s*\.\s*(?:Exit|FailFast)\b", "ends the editor with everything in it"),
    Rule(r"\bstatic\s+(?:readonly\s+|volatile\s+)*(?:Thread|Timer)\b", "outlives a reload of the domain"),
    Rule(
        r"\bSystem\s*\.\s*Net\s*\.\s*Sockets\b",
        "the system's sockets belong to Socket.cs",
        only_in=("Socket.cs",),
    ),
    Rule(r"\bDllImport\b", "native code belongs to NativeZmq.cs", only_in=("NativeZmq.cs",)),
    Rule(r"\bzmq_\w+\s*\(", "libzmq belongs to the files of CURVE", only_in=CSHARP_ZMQ),
    Rule(
        r"\b(?:GCHandle|UnmanagedFunctionPointer|MonoPInvokeCallback)\b", "native code gets no hold of ours"
    ),
)
RULES: Mapping[str, tuple[Rule, ...]] = {".cpp": CPP, ".h": CPP, ".cs": CSHARP}
NEVER_WAITS = {
    "System.h": (r"\bO_NONBLOCK\b", r"\bFIONBIO\b"),
    "Socket.cs": (r"\bBlocking\s*=\s*false\b",),
}
OWN_INCLUDE = re.compile(r'#\s*include\s+(?:<(?P<system>[^>]+)>|"(?P<own>[^"]+)")')
OF_THE_SYSTEM = {*SOCKETS, "Files.cpp"}  # the system's headers
OF_UNREAL = "CoreModule.cpp"  # what makes a module of it, which Unreal alone compiles
STANDARD = {
    "algorithm", "array", "atomic", "bit", "cctype", "cerrno", "chrono", "cmath", "condition_variable",
    "cstddef", "cstdint", "cstdio", "cstdlib", "cstring", "deque", "functional", "initializer_list",
    "iterator", "limits", "map", "memory", "mutex", "new", "numeric", "optional", "set", "string",
    "string_view", "thread", "tuple", "type_traits", "unordered_map", "utility", "variant", "vector",
}  # fmt: skip


def lint(file: str, source: str) -> list[Fault]:
    """Of one file of a core."""
    name, suffix = Path(file).name, Path(file).suffix
    text = quiet(source)
    faults = [
        Fault(file, line, f"{found}: {rule.why}")
        for rule in RULES[suffix]
        if name not in rule.only_in
        for line, found in words(rule.pattern, text)
    ]
    for pattern in NEVER_WAITS.get(name, ()):
        if not re.search(pattern, text):
            faults.append(Fault(file, 1, f"{pattern}: without it, sockets wait"))
    if suffix != ".cs":
        faults += _includes(file, quiet(source, strings=False))
    return sorted(faults)


def _includes(file: str, text: str) -> Iterator[Fault]:
    """The standard library and the core itself; the system's headers in the socket alone."""
    for i, line in enumerate(text.splitlines(), 1):
        match = OWN_INCLUDE.match(line.strip())
        if match is None:
            continue
        own, system = match["own"], match["system"]
        if own is not None and not own.startswith("Talkwire/") and ("Private/" not in file or "/" in own):
            yield Fault(file, i, f'#include "{own}": wanted "Talkwire/NAME.h"')
        name = Path(file).name
        if system == "zmq.h" and name == CURVE:
            continue
        if system is not None and system not in STANDARD and name not in OF_THE_SYSTEM:
            yield Fault(file, i, f"#include <{system}>: not of the part of the library that is allowed")


def lint_cores(cores: Mapping[str, Path] = CORES) -> list[Fault]:
    """Of both, as far as they are there."""
    return [
        fault
        for folder in cores.values()
        for path in sorted(folder.rglob("*"))
        if path.suffix in RULES and not path.name.endswith((".Build.cs", OF_UNREAL))
        for fault in lint(str(path.relative_to(folder)), path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    found = lint_cores()
    print(*found, sep="\n")
    sys.exit(bool(found))
