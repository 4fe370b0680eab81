"""Clips to glTF 2.0: a head with named shapes, every line as an animation, the sounds beside it.

Source: Khronos, glTF 2.0 Specification (3.7.2.2 morph targets, 3.11 animations) and
KHR_materials_specular.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.animation import animate
from talkwire.exporters.gltf.buffers import Buffer
from talkwire.exporters.gltf.compact import compressed, for_keys
from talkwire.exporters.gltf.container import glb, gltf_and_bin
from talkwire.exporters.gltf.document import (
    Channel,
    Document,
    Motion,
    Pose,
    Sound,
    texture_type,
)
from talkwire.exporters.gltf.fidelity import worst_of
from talkwire.exporters.gltf.flipbook import flipbook_files
from talkwire.exporters.gltf.further import fitted
from talkwire.exporters.gltf.mesh import materials_of
from talkwire.exporters.gltf.skin import skin_of
from talkwire.exporters.options import Audio, Morphs, Options, Textures
from talkwire.exporters.pictures.encode import KINDS
from talkwire.exporters.wav import wav_runs
from talkwire.runtime.spool import Spool

_NEARER: Final = {Morphs.arkit: "; --morphs basis is nearer", Morphs.basis: ""}


def glb_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.glb with everything inside, and OUT.wav."""
    return glb_of_lines([clip], out, options)


def gltf_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.gltf, OUT.bin, OUT.wav and the texture as a file of its own: an artist repaints it in place."""
    return gltf_of_lines([clip], out, options)


def glb_of_lines(clips: Sequence[Clip], out: Path, options: Options) -> dict[Path, Fill]:
    """The same with an animation for each line of one avatar, and a sound for each."""
    document = document_of(clips, out, options)
    beside = sound_fills(clips, out)
    if options.audio is Audio.embed:
        document, beside = replace(document, sounds=[_inside(clip) for clip in clips]), {}
    runs = glb(document)
    return {**beside, **_flipbooks(clips, out, options), out: lambda handle: handle.writelines(runs)}


def gltf_of_lines(clips: Sequence[Clip], out: Path, options: Options) -> dict[Path, Fill]:
    """The same with an animation for each line of one avatar, and a sound for each."""
    document = document_of(clips, out, options)
    texture, pictures = document.texture, {}
    picture = out.with_name(f"{out.stem}_skin.{_kind_of(texture)}")
    if texture is not None:
        pictures[picture] = _filled(texture)
    binary = out.with_suffix(".bin")
    text, runs = gltf_and_bin(document, bin_uri=quote(binary.name), image_uri=quote(picture.name))
    return {
        **sound_fills(clips, out),
        **_flipbooks(clips, out, options),
        **pictures,
        binary: lambda handle: handle.writelines(runs),
        out: lambda handle: handle.write(text),
    }


def sound_name(clip: Clip, out: Path, *, alone: bool) -> str:
    """Of the sound beside OUT: OUT's own name, or, where the file holds several lines, the line's too."""
    return f"{out.stem}.wav" if alone else f"{out.stem}_{clip.line}.wav"


def document_of(clips: Sequence[Clip], out: Path, options: Options, *, alone: bool | None = None) -> Document:
    """Clips of one avatar as a glTF document with their keys reduced.

    No vertex, head pose included, is further than options.tolerance_mm from where its targets would have
    it with every key; how far those are from the avatar itself is measured. Both are in the extras.
    alone: False for a line that joins others in a file; as many clips as there are by default.
    Raises ExportError for an avatar without shapes.
    """
    first, alone = clips[0], len(clips) == 1 if alone is None else alone
    keyed = for_keys(options)
    rig, lines, found = fitted(clips, keyed)
    buffer = rig.buffer.fork()
    document = Document(
        name=first.avatar.card.name,
        copyright=f"{first.avatar.card.credit} ({first.avatar.card.licence})",
        extras={},
        buffer=buffer,
        primitives=rig.primitives,
        materials=materials_of(first.topology),
        target_names=rig.shapes.names,
        pose=_rest(first),
        motions=[],
        texture=skin_of(first.topology.texture, options.texture),
        bind=rig.bind,
    )
    for line, off in zip(lines, found, strict=True):
        clip, sound = line.clip, None
        if options.audio is Audio.beside:
            sound = sound_name(clip, out, alone=alone)
        channels, error_m = animate(
            line, rig, document.head_node, keyed.tolerance_mm / 1000, buffer, held=not alone
        )
        said = _line_extras(clip, sound, error_m, channels, buffer)
        document.motions.append(Motion(clip.line, channels, {**said, "geometry_error_mm": off.says()}))
        if not rig.shapes.whole:
            options.note(f"{clip.line}: {off}{_NEARER[options.morphs]}")
        if line.beyond:
            options.note(f"{clip.line}: weights are below 0 or above 1, which Blender and Unity may cut off")
    document.extras.update(_extras(first, options, document.motions))
    return compressed(document, rig, options)


def _rest(clip: Clip) -> Pose:
    rotation = [float(x) for x in clip.rotations_nx4[0]]
    return Pose(rotation, [float(x) for x in clip.translations_nx3_m[0]])


def sound_fills(clips: Sequence[Clip], out: Path, *, alone: bool | None = None) -> dict[Path, Fill]:
    """The sounds beside OUT; alone as in `document_of`."""
    alone = len(clips) == 1 if alone is None else alone
    return {out.with_name(sound_name(clip, out, alone=alone)): _wav(clip) for clip in clips}


def _inside(clip: Clip) -> Sound:
    spool = Spool((), np.uint8)
    for run in wav_runs(clip.samples, clip.sample_rate_hz):
        spool.append(np.frombuffer(run, np.uint8))
    return Sound(clip.line, spool.array())


def _flipbooks(clips: Sequence[Clip], out: Path, options: Options) -> dict[Path, Fill]:
    """What of the texture moves, beside OUT, in the encoding of its texture where that can be."""
    if options.textures is Textures.static:
        return {}
    texture = skin_of(clips[0].topology.texture, options.texture)
    kind = _kind_of(texture)
    stems = [Path(sound_name(clip, out, alone=len(clips) == 1)).stem for clip in clips]
    books = [
        flipbook_files(clip, out.with_name(f"{stem}_flipbook"), kind if kind in KINDS else "png")
        for clip, stem in zip(clips, stems, strict=True)
    ]
    return {path: fill for book in books for path, fill in book.items()}


def _kind_of(texture: bytes | None) -> str:
    return "" if texture is None else texture_type(texture).partition("/")[2]


def _filled(data: bytes) -> Fill:
    return lambda handle: handle.write(data)


def _wav(clip: Clip) -> Fill:
    return lambda handle: handle.writelines(wav_runs(clip.samples, clip.sample_rate_hz))


def _extras(clip: Clip, options: Options, motions: Sequence[Motion]) -> dict[str, Any]:
    """What the file says of itself; of a single line all that the line says, too."""
    card = clip.avatar.card
    alone = motions[0].extras if len(motions) == 1 else {}
    return {
        "avatar": card.name,
        "topology": clip.topology.id,
        "licence": card.licence,
        "credit": card.credit,
        "tolerance_mm": options.tolerance_mm,
        "morphs": options.morphs.value,
        "head_pose": options.head_pose.value,
        "largest_error_mm": max(motion.extras["largest_error_mm"] for motion in motions),
        "geometry_error_mm": worst_of([motion.extras["geometry_error_mm"] for motion in motions]),
        **alone,
        "generated": "The motion in this file was generated from audio by a machine.",
    }


def _line_extras(
    clip: Clip, sound: str | None, error_m: float, channels: list[Channel], buffer: Buffer
) -> dict[str, Any]:
    """What a file says of a line: enough to bake it again from its sound, and how good it is.

    sound: the file beside; None for one that is inside, which has the line's name.
    """
    return {
        **({} if sound is None else {"audio": sound}),
        "seed": clip.seed,
        "fps": clip.fps,
        "frames": clip.frame_count,
        "keys": {channel.path: buffer.accessors[channel.times].count for channel in channels},
        "largest_error_mm": round(error_m * 1000, 6),
        **clip.spoken,
    }
