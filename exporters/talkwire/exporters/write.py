"""Clip to file: which writer a suffix means, and the one way that files reach the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from talkwire.exporters.atomic import Fill, check_place, write_together
from talkwire.exporters.choices import check_choices
from talkwire.exporters.clip import Clip
from talkwire.exporters.curves.livelink_csv import csv_files
from talkwire.exporters.curves.npz import npz_files
from talkwire.exporters.curves.ovr import ovr_files
from talkwire.exporters.curves.rhubarb import dat_files, json_files, tsv_files, xml_files
from talkwire.exporters.gltf.files import glb_files, gltf_files
from talkwire.exporters.options import Options
from talkwire.exporters.pictures.mp4 import mp4_files
from talkwire.exporters.usd.files import usd_files, usdz_files
from talkwire.exporters.vat.files import vat_files
from talkwire.runtime.avatar_card import Avatar
from talkwire.runtime.errors import ExportError
from talkwire.runtime.types import PICTURES_HZ

Writer = Callable[[Clip, Path, Options], dict[Path, Fill]]


FPS: Final = 60


class Format(NamedTuple):
    """What a suffix stands for. says: one line for who chooses.  mesh: whether it is of a mesh that moves."""

    files: Writer
    says: str
    mesh: bool = False


WRITERS: Final[Mapping[str, Format]] = {
    ".glb": Format(glb_files, "glTF 2.0 in one file: Blender, Unity, Unreal, Godot, browsers", True),
    ".gltf": Format(gltf_files, "the same as JSON, with its buffer and texture beside it", True),
    ".usda": Format(usd_files, "OpenUSD as text: UsdSkel blend shapes, for DCCs and Omniverse", True),
    ".usdc": Format(usd_files, "the same in binary", True),
    ".usdz": Format(
        usdz_files, "the same with texture and sound inside, for Apple's phones and headsets", True
    ),
    ".vat.json": Format(
        vat_files, "vertex animation textures for materials of Unity and Unreal, with their mesh", True
    ),
    ".mp4": Format(mp4_files, "video with sound, and what it is as .mp4.c2pa.json"),
    ".csv": Format(csv_files, "the recording layout of Live Link Face"),
    ".ovr.json": Format(ovr_files, "the 15 visemes of Oculus LipSync, every frame"),
    ".rhubarb.json": Format(json_files, "mouth shapes A to X for 2D animation, as Rhubarb writes them"),
    ".rhubarb.xml": Format(xml_files, "the same in Rhubarb's XML"),
    ".rhubarb.tsv": Format(tsv_files, "the same in Rhubarb's table"),
    ".rhubarb.dat": Format(dat_files, "the same for Moho and OpenToonz"),
    ".npz": Format(npz_files, "numpy arrays: weights, visemes, head pose, sound"),
}


def suffix_of(out: Path) -> str:
    """The longest known suffix that a file name ends with, as WRITERS spells it; "" for none.

    Suffixes may have two parts (.rhubarb.json). A name must have more than its suffix.
    """
    name = out.name.lower()
    known = [suffix for suffix in WRITERS if name.endswith(suffix) and name != suffix]
    return max(known, key=len, default="")


def check_out(out: Path, source: Path | None = None) -> None:
    """Refuse an output path before time is spent on it.

    source: the voice line's file, which is never overwritten.  Raises ExportError for an unknown
    suffix, a folder that is absent or read-only, and a path that is the voice line itself.
    """
    if not suffix_of(out):
        raise ExportError(
            f"{out.name} is of no format that can be written",
            seen=f"the suffix {out.suffix!r}",
            wanted=" ".join(WRITERS),
            cure="name the file after the format you need",
        )
    if source is not None and same_file(out, source):
        raise ExportError(
            f"{out.name} would overwrite the voice line",
            seen="one path for both",
            wanted="another file name",
            cure="choose another -o",
        )
    check_place(out)


def usual_fps(out: Path, avatar: Avatar) -> int:
    """Frames a second of a clip, where nobody says how many: a video has the pictures that were filmed."""
    return PICTURES_HZ if avatar.moves_within and suffix_of(out) == ".mp4" else FPS


def check_avatar(out: Path, avatar: Avatar) -> None:
    """Refuse a mesh that moves of an avatar whose mesh does not. Raises ExportError."""
    suffix = suffix_of(out)
    if avatar.moves_within and suffix and WRITERS[suffix].mesh:
        raise ExportError(
            f"{avatar.card.name} is a video, and {suffix} has a mesh that moves",
            seen=f"kind {avatar.card.kind!r}",
            wanted="an avatar of kind 'blendshape' or 'dyntet'",
            cure="export to .mp4, or its curves to .npz or .csv, or onto a character of yours with --onto",
        )


def write_clip(
    clip: Clip, out: Path, options: Options | None = None, *, source: Path | None = None
) -> list[Path]:
    """Write a clip in the format that the suffix names, whole or not at all. Returns the files, OUT first.

    Existing files are replaced. The sound goes beside formats that hold none, as OUT.wav, except
    where that is the voice line (source) itself.  Raises ExportError as `check_out` does, and when
    the disk refuses.
    """
    check_out(out, source)
    check_avatar(out, clip.avatar)
    options = replace(options or Options(), source=source)
    check_choices(suffix_of(out), options)
    files = WRITERS[suffix_of(out)].files(clip, out, options)
    kept = {path: fill for path, fill in files.items() if source is None or not same_file(path, source)}
    write_together(kept)
    return sorted(kept, key=lambda path: path != out)


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths lead to one file."""
    try:
        return a.samefile(b)
    except OSError:
        return False
