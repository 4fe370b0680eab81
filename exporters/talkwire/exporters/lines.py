"""Voice lines and where they go: into a file of their own, into one that is there, onto a character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NoReturn

from talkwire.exporters.atomic import Fill, check_place, write_together
from talkwire.exporters.choices import check_choices
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.append import append_lines, check_append
from talkwire.exporters.gltf.files import glb_of_lines, gltf_of_lines
from talkwire.exporters.onto.files import check_onto, onto_files
from talkwire.exporters.onto.mapping import Mapping, guess_mapping, mapping_bytes, read_mapping
from talkwire.exporters.onto.rig import Rig, read_rig
from talkwire.exporters.options import Options
from talkwire.exporters.write import check_avatar, check_out, same_file, suffix_of, write_clip
from talkwire.runtime.avatar_card import Avatar
from talkwire.runtime.errors import ExportError

OF_SEVERAL: Final = {".glb": glb_of_lines, ".gltf": gltf_of_lines}


@dataclass(frozen=True)
class Place:
    """Where lines go, beside a file of their own.

    append: into OUT, if it is there; replace: in place of lines of the same names.  onto: a character, whose
    shapes are found by name, or as the file `mapping` says; write_mapping: where to write what was found.
    Raises ExportError for wishes that contradict each other.
    """

    append: bool = False
    replace: bool = False
    onto: Path | None = None
    mapping: Path | None = None
    write_mapping: Path | None = None

    def __post_init__(self) -> None:
        maps = self.mapping is not None or self.write_mapping is not None
        wrong = {
            "--replace without --append": self.replace and not self.append,
            "--append with --onto": self.append and self.onto is not None,
            "--mapping without --onto": maps and self.onto is None,
        }
        for seen, found in wrong.items():
            if found:
                _refuse("these options do not go together", seen, "one without the other", "see: --help")


@dataclass(frozen=True)
class Plan:
    """Lines that can be written where they are to go. says: what was found out on the way, "" for nothing."""

    lines: Sequence[Path]
    out: Path
    place: Place
    rig: Rig | None = None
    mapping: Mapping | None = None

    @property
    def says(self) -> str:
        """What of a character is driven, and what is not."""
        return self.mapping.says(self.rig) if self.mapping and self.rig else ""

    def check(self, avatar: Avatar) -> None:
        """Refuse an avatar that does not go there. Raises ExportError."""
        if self.rig is None:
            check_avatar(self.out, avatar)

    def write(self, clips: Sequence[Clip], options: Options | None = None) -> list[Path]:
        """All files, whole or not at all; voice lines are never overwritten. Returns them, OUT first.

        clips: one for each line, in order. Raises ExportError, also when the disk refuses.
        """
        options = options or Options()
        for clip in clips:
            self.check(clip.avatar)
        check_choices(suffix_of(self.out), options, existing=self.rig is not None or self._appends)
        if len(clips) == 1 and self.rig is None and not self._appends:
            return write_clip(clips[0], self.out, options, source=self.lines[0])
        files = self._files(clips, options)
        kept = {p: fill for p, fill in files.items() if not any(same_file(p, line) for line in self.lines)}
        write_together(kept)
        return sorted(kept, key=lambda path: path != self.out)

    @property
    def _appends(self) -> bool:
        return self.place.append and self.out.exists()

    def _files(self, clips: Sequence[Clip], options: Options) -> dict[Path, Fill]:
        if self.rig is not None and self.mapping is not None:
            said = mapping_bytes(self.mapping, self.rig)
            beside: dict[Path, Fill] = {}
            if self.place.write_mapping is not None:
                beside[self.place.write_mapping] = lambda handle: handle.write(said)
            return beside | onto_files(clips, self.rig, self.mapping, self.out, options)
        if self._appends:
            return append_lines(clips, self.out, options, replace=self.place.replace)
        return OF_SEVERAL[suffix_of(self.out)](clips, self.out, options)


def plan_lines(
    lines: Sequence[Path], out: Path, place: Place | None = None, options: Options | None = None
) -> Plan:
    """Refuse what cannot be written before time is spent on it. Raises ExportError."""
    place = place or Place()
    for line in lines:
        check_out(out, line)
    there = place.onto is not None or (place.append and out.exists())
    check_choices(suffix_of(out), options or Options(), existing=there)
    names = [line.stem for line in lines]
    twice = sorted({name for name in names if [n.casefold() for n in names].count(name.casefold()) > 1})
    if twice:
        _refuse(
            "two lines of one name cannot go into one file",
            ", ".join(twice),
            "a name each",
            "rename one of them",
        )
    several = len(lines) > 1 or place.append or place.onto is not None
    if several and suffix_of(out) not in OF_SEVERAL:
        _refuse(
            f"{out.name} holds one line alone",
            f"the suffix {out.suffix!r}",
            " or ".join(OF_SEVERAL),
            "export to those",
        )
    plan = Plan(lines, out, place)
    if place.onto is not None:
        return _onto(plan, place.onto, names)
    if place.append and out.exists():
        check_append(out, names, replace=place.replace)
    return plan


def _onto(plan: Plan, character: Path, names: Sequence[str]) -> Plan:
    rig, place = read_rig(character), plan.place
    mapping = guess_mapping(rig) if place.mapping is None else read_mapping(place.mapping, rig)
    if same_file(character, plan.out):
        _refuse(
            f"{plan.out.name} would overwrite the character",
            "one path for both",
            "another",
            "choose another -o",
        )
    check_onto(rig, plan.out, names)
    if place.write_mapping is not None:
        check_place(place.write_mapping)
        if place.write_mapping.exists():
            _refuse(
                f"{place.write_mapping.name} is there already",
                "a file that may have been edited",
                "a new one",
                "use it with --mapping, or choose another name",
            )
    return replace(plan, rig=rig, mapping=mapping)


def _refuse(what: str, seen: str, wanted: str, cure: str) -> NoReturn:
    raise ExportError(what, seen=seen, wanted=wanted, cure=cure)
