"""Which shape of a character gets how much of what: guessed by names, written as JSON, edited by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from talkwire.exporters.onto.names import SOURCES, Meaning, choose, guess
from talkwire.exporters.onto.rig import Rig
from talkwire.runtime.errors import ExportError

FACINGS: Final = {"+z": 0.0, "-z": 180.0, "+x": 90.0, "-x": -90.0}
"""Where a character looks, by degrees about +Y from glTF's own."""
MOST_GAIN: Final = 10.0
_HINT: Final = (
    "meshes: for each morph target, what it gets: sources with gains, added up. Sources are ARKit's 52 "
    "names and viseme_sil, viseme_PP ... viseme_ou. bones: how much of the head's turn each takes. Targets "
    "that are not named stay as they are."
)
_NAMES_SHOWN: Final = 60
_INNERMOST: Final = re.compile(r"\{\n\s+([^{}]*?)\n\s+\}")  # one line each: a target is a line to edit
_BREAK: Final = re.compile(r"\n\s+")


@dataclass(frozen=True)
class Mapping:
    """meshes: {mesh: {target: {source: gain}}}.  bones: {node: gain}.  facing: a key of FACINGS."""

    meshes: Map[str, Map[str, Meaning]]
    bones: Map[str, float]
    facing: str = "+z"

    def idle(self, rig: Rig) -> dict[str, list[str]]:
        """The targets that nothing drives, by mesh."""
        left = {
            mesh: [name for name in names if name not in self.meshes.get(mesh, {})]
            for mesh, names in rig.meshes.items()
        }
        return {mesh: names for mesh, names in left.items() if names}

    def says(self, rig: Rig) -> str:
        """What is driven and what is not, in a few lines."""
        lines = []
        for mesh, names in rig.meshes.items():
            idle = self.idle(rig).get(mesh, [])
            rest = f"; not driven: {_listed(idle)}" if idle else ""
            lines.append(f"{mesh}: {len(names) - len(idle)} of {len(names)} shapes driven{rest}")
        turned = ", ".join(f"{bone} x {gain:g}" for bone, gain in self.bones.items())
        return "\n".join([*lines, f"head: {turned or 'no bone'}"])


def guess_mapping(rig: Rig) -> Mapping:
    """What the names of a character suggest. Raises ExportError when it has no shape of a known name."""
    meshes = rig.meshes
    chosen = choose([guess(names) for names in meshes.values()])
    found = {
        mesh: {name: meaning for name, meaning in zip(names, meanings, strict=True) if meaning}
        for (mesh, names), meanings in zip(meshes.items(), chosen, strict=True)
    }
    if not any(found.values()):
        has = _listed([name for names in meshes.values() for name in names])
        raise ExportError(
            f"{rig.raw.path.name} has no shape that a voice could move",
            seen=f"the morph targets {has}" if has else "no mesh with morph targets",
            wanted="targets named as ARKit's 52, OVR's visemes or VRM's vowels are",
            cure="name what each target gets in a file for --mapping, or add shapes to the character",
        )
    bones = {rig.head: 1.0} if rig.head else {}
    return Mapping({mesh: targets for mesh, targets in found.items() if targets}, bones, rig.facing)


def mapping_bytes(mapping: Mapping, rig: Rig) -> bytes:
    """The file to edit."""
    said = {
        "talkwire_mapping": 1,
        "character": rig.raw.path.name,
        "hint": _HINT,
        "meshes": mapping.meshes,
        "bones": mapping.bones,
        "facing": mapping.facing,
        "not_driven": mapping.idle(rig),
    }
    text = json.dumps(said, indent=2, ensure_ascii=False)
    return (_INNERMOST.sub(lambda found: f"{{{_BREAK.sub(' ', found[1])}}}", text) + "\n").encode()


def read_mapping(path: Path, rig: Rig) -> Mapping:
    """A mapping file for this character. Raises ExportError for names that it lacks, and for odd numbers."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(path, (error.strerror or str(error)).lower(), "a file that --write-mapping wrote")
    except (ValueError, RecursionError) as error:
        _refuse(path, f"no JSON: {str(error)[:100]}", "JSON")
    if not isinstance(said, dict) or said.get("talkwire_mapping") != 1:
        _refuse(path, "no talkwire_mapping of version 1", "a file that --write-mapping wrote")
    meshes = {
        _one_of(path, mesh, rig.meshes): {
            _one_of(path, target, rig.meshes[mesh], f"a shape of {mesh!r}"): {
                _one_of(path, source, SOURCES, "a source"): _gain(path, gain)
                for source, gain in _object(path, meaning, target).items()
            }
            for target, meaning in _object(path, targets, mesh).items()
        }
        for mesh, targets in _object(path, said.get("meshes", {}), "meshes").items()
    }
    bones = {
        _one_of(path, bone, rig.bones, "a bone"): _gain(path, gain)
        for bone, gain in _object(path, said.get("bones", {}), "bones").items()
    }
    if not any(meshes.values()) and not bones:
        _refuse(path, "nothing that is driven", "a mesh or a bone")
    return Mapping(meshes, bones, _one_of(path, said.get("facing", "+z"), FACINGS, "a way to face"))


def _object(path: Path, value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(path, f"{what!r}: {value!r}"[:100], "an object")
    return value


def _one_of(path: Path, name: Any, known: Any, what: str = "a mesh") -> str:
    if not isinstance(name, str) or name not in known:
        _refuse(path, f"{name!r}"[:80], f"{what}: {_listed(list(known))}")
    return name


def _gain(path: Path, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -MOST_GAIN <= value <= MOST_GAIN:
        _refuse(path, f"the gain {value!r}"[:80], f"a number from {-MOST_GAIN:g} to {MOST_GAIN:g}")
    return float(value)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def _refuse(path: Path, seen: str, wanted: str) -> NoReturn:
    raise ExportError(
        f"the mapping {path.name} cannot be used",
        seen=seen,
        wanted=wanted,
        cure="correct it, or write a new one with --write-mapping FILE.json",
    )
