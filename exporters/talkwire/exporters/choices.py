"""Choices that mean nothing for what is to be written: said, not passed over."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from talkwire.exporters.gltf.ktx2 import find_encoder
from talkwire.exporters.options import Audio, Options, Texture
from talkwire.runtime.errors import ExportError

_OF_GLTF: Final = ("compress", "texture", "textures", "audio")
_SUFFIXES: Final = (".glb", ".gltf")


def check_choices(suffix: str, options: Options, *, existing: bool = False) -> None:
    """Refuse what a format has no place for, and a texture without its encoder, before time is spent.

    existing: lines go into a file that is there, which keeps its head, pictures and numbers.
    Raises ExportError, or MissingDependency for KTX2 without an encoder.
    """
    defaults = {one.name: one.default for one in fields(Options)}
    chosen = [name for name in _OF_GLTF if getattr(options, name) != defaults[name]]
    if chosen and (existing or suffix not in _SUFFIXES):
        said = " ".join(f"--{name} {getattr(options, name)}" for name in chosen)
        raise ExportError(
            "this choice would change nothing" if len(chosen) == 1 else "these choices would change nothing",
            seen=f"{said} for {'lines into a file that is there' if existing else suffix}",
            wanted=f"a new {' or '.join(_SUFFIXES)}",
            cure="leave it away, or export to such a file",
        )
    if options.mark and suffix != ".mp4":
        raise ExportError(
            "this choice would change nothing",
            seen=f"--mark for {suffix}",
            wanted="a new .mp4: what is drawn alone can have a label",
            cure="leave it away, or export to such a file",
        )
    if options.audio is Audio.embed and suffix == ".gltf":
        raise ExportError(
            "a .gltf keeps its sound beside it, as its texture and its buffer",
            seen="--audio embed",
            wanted="--audio beside, or a .glb",
            cure="export to .glb to have all in one file",
        )
    if options.texture is Texture.ktx2:
        find_encoder()
