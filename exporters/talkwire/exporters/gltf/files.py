"""Clips to glTF 2.0: a head with named shapes, every line as an animation, the sounds beside it.

Source: Khronos, glTF 2.0 Specification (3.7.2.2 morph targets, 3.11 animations) and
KHR_materials_specular.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.animation import animate
from talkwire.exporters.gltf.buffers import Buffer
from talkwire.exporters.gltf.document import (
    Channel,
    Document,
    Motion,
    Pose,
    glb,
    gltf_and_bin,
    texture_type,
)
from talkwire.exporters.gltf.mesh import materials_of, primitives_of
from talkwire.exporters.options import Options
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import ExportError
from talkwire.runtime.types import Float32


def glb_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.glb with everything inside, and OUT.wav."""
    return glb_of_lines([clip], out, options)


def gltf_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.gltf, OUT.bin, OUT.wav and the texture as a file of its own: an artist repaints it in place."""
    return gltf_of_lines([clip], out, options)


def glb_of_lines(clips: Sequence[Clip], out: Path, options: Options) -> dict[Path, Fill]:
    """The same with an animation for each line of one avatar, and a sound for each."""
    runs = glb(document_of(clips, out, options))
    return {**sound_fills(clips, out), out: lambda handle: handle.writelines(runs)}


def gltf_of_lines(clips: Sequence[Clip], out: Path, options: Options) -> dict[Path, Fill]:
    """The same with an animation for each line of one avatar, and a sound for each."""
    texture = clips[0].topology.texture
    picture = out.with_name(f"{out.stem}_skin.{texture_type(texture).partition('/')[2]}")
    binary = out.with_suffix(".bin")
    text, runs = gltf_and_bin(
        document_of(clips, out, options), bin_uri=quote(binary.name), image_uri=quote(picture.name)
    )
    return {
        **sound_fills(clips, out),
        picture: lambda handle: handle.write(texture),
        binary: lambda handle: handle.writelines(runs),
        out: lambda handle: handle.write(text),
    }


def sound_name(clip: Clip, out: Path, *, alone: bool) -> str:
    """Of the sound beside OUT: OUT's own name, or, where the file holds several lines, the line's too."""
    return f"{out.stem}.wav" if alone else f"{out.stem}_{clip.line}.wav"


def document_of(clips: Sequence[Clip], out: Path, options: Options, *, alone: bool | None = None) -> Document:
    """Clips of one avatar as a glTF document with their keys reduced.

    No vertex, head pose included, is further than options.tolerance_mm from its baked place at any
    moment; what was measured is in the extras.  alone: False for a line that joins others in a file; as many
    clips as there are by default.  Raises ExportError for an avatar without shapes.
    """
    first, alone = clips[0], len(clips) == 1 if alone is None else alone
    names, deltas_kxvx3 = shapes_of(first)
    buffer = Buffer()
    primitives = primitives_of(first.topology, deltas_kxvx3, buffer)
    motions = []
    for clip in clips:
        channels, error_m = animate(
            clip, names, deltas_kxvx3, options.tolerance_mm / 1000, buffer, held=not alone
        )
        sound = sound_name(clip, out, alone=alone)
        motions.append(Motion(clip.line, channels, _line_extras(clip, sound, error_m, channels, buffer)))
    return Document(
        name=first.avatar.card.name,
        copyright=f"{first.avatar.card.credit} ({first.avatar.card.licence})",
        extras=_extras(first, options, motions),
        buffer=buffer,
        primitives=primitives,
        materials=materials_of(first.topology),
        target_names=names,
        pose=_rest(first),
        motions=motions,
        texture=first.topology.texture,
    )


def shapes_of(clip: Clip) -> tuple[list[str], Float32]:
    """Names and displacements [K, V, 3] of the avatar's shapes. Raises ExportError when it has none."""
    names = getattr(clip.avatar, "names", ())
    deltas = getattr(clip.avatar, "deltas_kxvx3", None)
    if deltas is None or not len(names):
        raise ExportError(
            f"the avatar {clip.avatar.card.name!r} has no shapes that glTF could animate",
            seen=f"kind {clip.avatar.card.kind!r}",
            wanted="an avatar of kind 'blendshape'",
            cure="export .mp4, .csv or .npz, or choose another --avatar",
        )
    return list(names), deltas


def _rest(clip: Clip) -> Pose:
    rotation = [float(x) for x in clip.rotations_nx4[0]]
    return Pose(rotation, [float(x) for x in clip.translations_nx3_m[0]])


def sound_fills(clips: Sequence[Clip], out: Path) -> dict[Path, Fill]:
    """The sounds beside OUT."""
    return {out.with_name(sound_name(clip, out, alone=len(clips) == 1)): _wav(clip) for clip in clips}


def _wav(clip: Clip) -> Fill:
    return lambda handle: handle.write(wav_bytes(clip.samples, clip.sample_rate_hz))


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
        "largest_error_mm": max(motion.extras["largest_error_mm"] for motion in motions),
        **alone,
        "generated": "The motion in this file was generated from audio by a machine.",
    }


def _line_extras(
    clip: Clip, sound: str, error_m: float, channels: list[Channel], buffer: Buffer
) -> dict[str, Any]:
    """What a file says of a line: enough to bake it again from its sound, and how good it is."""
    return {
        "audio": sound,
        "seed": clip.seed,
        "fps": clip.fps,
        "frames": clip.frame_count,
        "keys": {channel.path: buffer.accessors[channel.times].count for channel in channels},
        "largest_error_mm": round(error_m * 1000, 6),
        **clip.spoken,
    }
