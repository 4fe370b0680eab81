"""All that is known of a file, as text for a person and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from talkwire.exporters.inspection.facts import Facts, Mesh, read_facts
from talkwire.exporters.inspection.khronos import Verdict, validate
from talkwire.exporters.inspection.source import Difference, differences

_NAMES_SHOWN: Final = 6
_COUNTS: Final = ("vertices", "triangles", "primitives")
_LINE_FACTS: Final = ("audio", "seed", "fps", "motion", "style")


@dataclass(frozen=True)
class Report:
    """differences: None where they were not asked for."""

    facts: Facts
    differences: list[Difference] | None
    validator: Verdict

    def json(self) -> str:
        """For programs: the same numbers."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    def text(self) -> str:
        """For people."""
        return "\n".join(
            [*_head(self.facts), *_parts(self.facts), *_lines(self), *_extras(self.facts), _said(self)]
        )


def inspect(path: Path, *, source: bool = True, avatar: Path | None = None) -> Report:
    """Look into a file. source: also speak its lines again. Raises ExportError for what is no glTF 2.0."""
    raw, facts = read_facts(path)
    return Report(facts, differences(raw, avatar) if source else None, validate(path))


def _head(facts: Facts) -> Iterator[str]:
    total = sum(facts.size_bytes.values())
    yield f"{facts.path}: glTF 2.0, {_mb(total)} with what it names, by {facts.generator or 'nobody'}"
    if facts.extensions:
        yield f"  extensions  {', '.join(facts.extensions)}"


def _parts(facts: Facts) -> Iterator[str]:
    counts = {what: sum(getattr(mesh, what) for mesh in facts.meshes) for what in _COUNTS}
    says = {
        "mesh": ", ".join(f"{count} {what}" for what, count in counts.items()),
        "morphs": "; ".join(_targets(mesh, len(facts.meshes) > 1) for mesh in facts.meshes if mesh.targets),
        "animation": f"{len(facts.animations)}, {sum(a.duration_s for a in facts.animations):.2f} s",
        "texture": ", ".join(facts.textures),
        "skin": f"{facts.bones} bones",
    }
    for part, size in facts.size_bytes.items():
        yield f"  {part:10}{_mb(size):>10}  {says.get(part, '')}".rstrip()
    for name, beside in facts.beside.items():
        yield f"  beside      {name}{'' if beside is not None else ' IS NOT THERE'}"


def _targets(mesh: Mesh, named: bool) -> str:
    names = ", ".join(mesh.targets[:_NAMES_SHOWN])
    more = f", ... {mesh.targets[-1]}" if len(mesh.targets) > _NAMES_SHOWN else ""
    return f"{f'{mesh.name}: ' if named else ''}{len(mesh.targets)}: {names}{more}"


def _lines(report: Report) -> Iterator[str]:
    measured = {d.animation: d for d in report.differences or []}
    for animation in report.facts.animations:
        keys = ", ".join(f"{what} {count}" for what, count in animation.keys.items())
        yield f"  {animation.name}: {animation.duration_s:.2f} s; keys: {keys}"
        facts = [
            f"{name} {animation.extras[name]}"
            for name in _LINE_FACTS
            if animation.extras.get(name) not in (None, {})
        ]
        if facts:
            yield f"    {', '.join(facts)}"
        stated = animation.extras.get("largest_error_mm")
        if stated is not None:
            yield f"    keys left out cost at most {stated} mm, the file says"
        if (found := measured.get(animation.name)) is not None:
            yield f"    against the source: {_off(found)}"


def _off(found: Difference) -> str:
    if found.why:
        return f"not compared: {found.why}"
    near = f"99.9 % within {found.p999_mm} mm, the worst {found.max_mm} mm"
    return f"{near}, of all vertices in {found.frames} frames"


def _extras(facts: Facts) -> Iterator[str]:
    lines: set[str] = {name for animation in facts.animations for name in animation.extras}
    said = {name: value for name, value in facts.extras.items() if name not in lines}
    if said:
        yield f"  says        {', '.join(f'{name}: {_short(value)}' for name, value in said.items())}"
    if facts.copyright:
        yield f"  copyright   {_short(facts.copyright)}"


def _said(report: Report) -> str:
    verdict = report.validator
    if verdict.why:
        return f"  validator   {verdict.why}"
    counts = ", ".join(f"{count} {kind}" for kind, count in verdict.counts.items())
    return "\n    ".join([f"  validator   {counts} (gltf-validator {verdict.version})", *verdict.messages])


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _mb(size: int) -> str:
    return f"{size / 1e6:.3f} MB"
