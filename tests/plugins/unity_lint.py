"""A Unity package's own files: package.json and the assembly definitions. `metas` has the .meta files.

Sources: Unity's manual, "Package manifest", "Package layout", "Assembly Definition file format".

`PYTHONPATH=tests python -m plugins.unity_lint [FOLDER]` says what it finds, a line each.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugins.lint_text import Fault

PACKAGE = Path(__file__).parents[2] / "unity_plugin/com.talkwire.unity"

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
MANIFEST: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "version": str,
    "displayName": str,
    "description": str,
    "unity": str,
    "unityRelease": str,
    "documentationUrl": str,
    "changelogUrl": str,
    "licensesUrl": str,
    "license": str,
    "dependencies": dict,
    "keywords": list,
    "author": (str, dict),
    "samples": list,
    "type": str,
    "hideInEditor": bool,
    "repository": (str, dict),
    "homepage": str,
    "bugs": dict,
    "files": list,
}
REQUIRED = ("name", "version", "displayName", "description", "unity")
ASSEMBLY: Mapping[str, type] = {
    "name": str,
    "rootNamespace": str,
    "references": list,
    "includePlatforms": list,
    "excludePlatforms": list,
    "allowUnsafeCode": bool,
    "overrideReferences": bool,
    "precompiledReferences": list,
    "autoReferenced": bool,
    "defineConstraints": list,
    "versionDefines": list,
    "noEngineReferences": bool,
}
# assembly of another package -> that package; "" for what every editor has
FOREIGN = {
    "Unity.Burst": "com.unity.burst",
    "Unity.Collections": "com.unity.collections",
    "Unity.Mathematics": "com.unity.mathematics",
    "Unity.Timeline": "com.unity.timeline",
    "Unity.Timeline.Editor": "com.unity.timeline",
    "Unity.TextMeshPro": "com.unity.textmeshpro",
    "UnityEngine.TestRunner": "",
    "UnityEditor.TestRunner": "",
    "UnityEngine.UI": "com.unity.ugui",
}


def lint_package(folder: Path = PACKAGE, version: str | None = None) -> list[Fault]:
    """Of package.json. version: of the project."""
    said, faults = _read(folder / "package.json", "package.json", MANIFEST)
    if faults:
        return faults
    faults = [Fault("package.json", 1, f"{key} is missing") for key in REQUIRED if not said.get(key)]
    if faults:
        return faults

    def fault(what: str) -> None:
        faults.append(Fault("package.json", 1, what))

    if not re.fullmatch(r"[a-z0-9-_]+(\.[a-z0-9-_]+){2,}", said["name"]) or said["name"] != folder.name:
        fault(f"name {said['name']}, wanted {folder.name}, the folder's, in small letters")
    if not SEMVER.fullmatch(said["version"]) or version not in (None, said["version"]):
        fault(f"version {said['version']}, wanted {version or 'N.N.N'}")
    if not re.fullmatch(r"20\d\d\.\d|6000\.\d", said["unity"]):
        fault(f"unity {said['unity']}, wanted one like 2021.3 or 6000.0")
    if not re.fullmatch(r"(\d+[abf]\d+)?", said.get("unityRelease", "")):
        fault(f"unityRelease {said['unityRelease']}, wanted one like 0f1")
    for name, wanted in said.get("dependencies", {}).items():
        if not SEMVER.fullmatch(str(wanted)):
            fault(f"{name} {wanted}: wanted a version, Unity takes no range")
    if isinstance(said.get("author"), dict) and not said["author"].get("name"):
        fault("the author has no name")
    for sample in said.get("samples", []):
        path = str(sample.get("path", ""))
        if not all(sample.get(key) for key in ("displayName", "description", "path")):
            fault(f"a sample wants displayName, description and path: {sample}")
        elif not path.startswith("Samples~/") or not (folder / path).is_dir():
            fault(f"the sample {path} is no folder in Samples~")
    shown = {str(sample.get("path")) for sample in said.get("samples", [])}
    for path in sorted(folder.glob("Samples~/*/")):
        if f"Samples~/{path.name}" not in shown:
            fault(f"Samples~/{path.name} is not among the samples")
    return sorted(faults)


def lint_assemblies(folder: Path = PACKAGE) -> list[Fault]:
    """Of all .asmdef files together, and of sources that belong to none."""
    files = sorted(folder.rglob("*.asmdef"))
    read = {path: _read(path, path.relative_to(folder).as_posix(), ASSEMBLY) for path in files}
    faults = [fault for _, found in read.values() for fault in found]
    if faults:
        return sorted(faults)
    said = {path: content for path, (content, _) in read.items()}
    of_name = {content["name"]: path for path, content in said.items() if "name" in content}
    for path, content in said.items():
        where = path.relative_to(folder).as_posix()
        faults += [Fault(where, 1, what) for what in _assembly_problems(folder, path, content, of_name, said)]
    for source in sorted(folder.rglob("*.cs")):
        is_sample = any(part.endswith("~") for part in source.relative_to(folder).parts)
        if not is_sample and not any(path.parent in source.parents for path in files):
            faults.append(
                Fault(source.relative_to(folder).as_posix(), 1, "belongs to no assembly definition")
            )
    return sorted(faults)


def _assembly_problems(
    folder: Path,
    path: Path,
    content: dict[str, Any],
    of_name: dict[str, Path],
    said: dict[Path, dict[str, Any]],
) -> Iterator[str]:
    name = content.get("name", "")
    if name != path.stem or of_name.get(name) != path:
        yield f"its name is {name!r}, wanted {path.stem!r}, once"
    references = content.get("references", [])
    is_editor = content.get("includePlatforms") == ["Editor"]
    if ("Editor" in path.relative_to(folder).parts) != is_editor:
        yield 'an Editor folder\'s assembly, and no other, has includePlatforms ["Editor"]'
    if name.endswith(".Core") and not (content.get("noEngineReferences") and not references):
        yield "the core has noEngineReferences, and references nothing"
    defined = {define.get("name") for define in content.get("versionDefines", [])}
    for define in content.get("versionDefines", []):
        if not all(define.get(key) is not None for key in ("name", "expression", "define")):
            yield f"versionDefines want name, expression and define: {define}"
    manifest = folder / "package.json"
    packages = (
        json.loads(manifest.read_text(encoding="utf-8")).get("dependencies", {}) if manifest.is_file() else {}
    )
    for other in references:
        if other in of_name:
            if not is_editor and said[of_name[other]].get("includePlatforms") == ["Editor"]:
                yield f"a game has no {other}, which is the editor's"
        elif other not in FOREIGN:
            yield f"there is no assembly {other}"
        elif FOREIGN[other] and FOREIGN[other] not in packages and FOREIGN[other] not in defined:
            yield f"{other} wants {FOREIGN[other]} in package.json, or in versionDefines"
    if _reaches(name, name, of_name, said):
        yield f"{name} references itself in the end"


def _reaches(
    begin: str, name: str, of_name: dict[str, Path], said: dict[Path, dict[str, Any]], deep: int = 0
) -> bool:
    next_ones = (
        [other for other in said[of_name[name]].get("references", []) if other in of_name]
        if name in of_name
        else []
    )
    return begin in next_ones or (
        deep < 16 and any(_reaches(begin, o, of_name, said, deep + 1) for o in next_ones)
    )


def _read(path: Path, where: str, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """A JSON object, and what is wrong with its keys."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}, [Fault(where, 1, "is missing")]
    except ValueError as error:
        return {}, [Fault(where, 1, f"not JSON: {error}")]
    if not isinstance(said, dict):
        return {}, [Fault(where, 1, "not an object")]
    faults = [Fault(where, 1, f"{key} is no key here") for key in said if key not in keys]
    faults += [
        Fault(where, 1, f"{key} is {value!r}")
        for key, value in said.items()
        if key in keys and not isinstance(value, keys[key])
    ]
    return said, faults


def lint(folder: Path = PACKAGE, version: str | None = None) -> list[Fault]:
    """All of it, as far as it is there."""
    faults = []
    if (folder / "package.json").is_file():
        faults += lint_package(folder, version)
    if list(folder.rglob("*.asmdef")):
        faults += lint_assemblies(folder)
    return faults


if __name__ == "__main__":
    found = lint(*map(Path, sys.argv[1:]))
    print(*found, sep="\n")
    sys.exit(bool(found))
