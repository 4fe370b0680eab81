"""The .meta file of every asset of the Unity package: `python tests/plugins/metas.py --update` writes them.

Unity ignores an asset of an installed package that has none. The GUID is made from the path: it is the same
wherever it is made, and a file that keeps its place keeps every reference to it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "unity_plugin/com.talkwire.unity"

_TAIL = "  externalObjects: {}\n  userData: \n  assetBundleName: \n  assetBundleVariant: \n"
_SHORT_TAIL = _TAIL.replace("  externalObjects: {}\n", "")
_SCRIPT = (
    "MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n"
    "  executionOrder: 0\n  icon: {instanceID: 0}\n" + _SHORT_TAIL
)
IMPORTERS = {  # by the end of the name; Unity adds what is not said when it first sees the file
    ".cs": _SCRIPT,
    ".asmdef": f"AssemblyDefinitionImporter:\n{_TAIL}",
    ".md": f"TextScriptImporter:\n{_TAIL}",
    ".txt": f"TextScriptImporter:\n{_TAIL}",
    ".shader": "ShaderImporter:\n  externalObjects: {}\n  defaultTextures: []\n  nonModifiableTextures: []\n"
    "  preprocessorOverride: 0\n" + _SHORT_TAIL,
    ".json": f"TextScriptImporter:\n{_TAIL}",
}
_PACKAGE_JSON = f"PackageManifestImporter:\n{_TAIL}"
_FOLDER = f"folderAsset: yes\nDefaultImporter:\n{_TAIL}"
_OTHER = f"DefaultImporter:\n{_TAIL}"


def assets(package: Path = PACKAGE) -> Iterator[Path]:
    """Every file and folder that Unity imports: not hidden ones, nor those whose name ends in ~."""
    for path in sorted(package.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~") or path.suffix in (".meta", ".tmp"):
            continue
        yield path
        if path.is_dir():
            yield from assets(path)


def guid(path: Path, package: Path = PACKAGE) -> str:
    """32 hex digits from the place in the package."""
    place = f"{package.name}/{path.relative_to(package).as_posix()}"
    return hashlib.md5(place.encode(), usedforsecurity=False).hexdigest()


def meta(path: Path, package: Path = PACKAGE) -> str:
    """What stands in the asset's .meta file."""
    importer = IMPORTERS.get(path.suffix, _OTHER)
    if path.is_dir():
        importer = _FOLDER
    elif path == package / "package.json":
        importer = _PACKAGE_JSON
    return f"fileFormatVersion: 2\nguid: {guid(path, package)}\n{importer}"


def faults(package: Path = PACKAGE) -> list[str]:
    """Assets without their .meta file or with another one, and .meta files without an asset."""
    wanted = {path.with_name(f"{path.name}.meta"): meta(path, package) for path in assets(package)}
    there = set(package.rglob("*.meta"))
    return [
        *(f"{path} is missing" for path in sorted(set(wanted) - there)),
        *(f"{path} is of no asset" for path in sorted(there - set(wanted))),
        *(
            f"{path} is not as it is made"
            for path, text in wanted.items()
            if path in there and path.read_text() != text
        ),
    ]


def update(package: Path = PACKAGE) -> int:
    """Write what is missing or wrong, remove what is of no asset. Returns how many files were touched."""
    wanted = {path.with_name(f"{path.name}.meta"): meta(path, package) for path in assets(package)}
    touched = 0
    for path in set(package.rglob("*.meta")) - set(wanted):
        path.unlink()
        touched += 1
    for path, text in wanted.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            touched += 1
    return touched


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        print(f"{update()} .meta files written or removed")
    elif found := faults():
        sys.exit("\n".join([*found, "cure: python tests/plugins/metas.py --update"]))
