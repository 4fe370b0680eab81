"""Clip to glTF 2.0: a head with named shapes, the line as an animation, the sound beside it.

Source: Khronos, glTF 2.0 Specification (3.7.2.2 morph targets, 3.11 animations) and
KHR_materials_specular.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.animation import animate
from talkwire.exporters.gltf.buffers import Buffer
from talkwire.exporters.gltf.document import Channel, Document, Pose, glb, gltf_and_bin, texture_type
from talkwire.exporters.gltf.mesh import materials_of, primitives_of
from talkwire.exporters.options import Options
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import ExportError
from talkwire.runtime.types import Float32


def glb_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.glb with everything inside, and OUT.wav."""
    data = glb(document_of(clip, out, options))
    return {**_sound(clip, out), out: lambda handle: handle.write(data)}


def gltf_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.gltf, OUT.bin, OUT.wav and the texture as a file of its own: an artist repaints it in place."""
    texture = clip.topology.texture
    picture = out.with_name(f"{out.stem}_skin.{texture_type(texture).partition('/')[2]}")
    binary = out.with_suffix(".bin")
    text, data = gltf_and_bin(
        document_of(clip, out, options), bin_uri=quote(binary.name), image_uri=quote(picture.name)
    )
    return {
        **_sound(clip, out),
        picture: lambda handle: handle.write(texture),
        binary: lambda handle: handle.write(data),
        out: lambda handle: handle.write(text),
    }


def document_of(clip: Clip, out: Path, options: Options) -> Document:
    """The clip as a glTF document with its keys reduced.

    No vertex, head pose included, is further than options.tolerance_mm from its baked place at any
    moment; what was measured is in asset.extras. Raises ExportError for an avatar without shapes.
    """
    names, deltas_kxvx3 = shapes_of(clip)
    buffer = Buffer()
    primitives = primitives_of(clip.topology, deltas_kxvx3, buffer)
    channels, error_m = animate(clip, names, deltas_kxvx3, options.tolerance_mm / 1000, buffer)
    return Document(
        name=clip.avatar.card.name,
        line=clip.line,
        copyright=f"{clip.avatar.card.credit} ({clip.avatar.card.licence})",
        extras=_extras(clip, out, options, error_m, channels, buffer),
        buffer=buffer,
        primitives=primitives,
        materials=materials_of(clip.topology),
        target_names=names,
        pose=_rest(clip),
        channels=channels,
        texture=clip.topology.texture,
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


def _sound(clip: Clip, out: Path) -> dict[Path, Fill]:
    data = wav_bytes(clip.samples, clip.sample_rate_hz)
    return {out.with_suffix(".wav"): lambda handle: handle.write(data)}


def _extras(
    clip: Clip, out: Path, options: Options, error_m: float, channels: list[Channel], buffer: Buffer
) -> dict[str, Any]:
    card = clip.avatar.card
    return {
        "avatar": card.name,
        "licence": card.licence,
        "credit": card.credit,
        "audio": out.with_suffix(".wav").name,
        "seed": clip.seed,
        "fps": clip.fps,
        "frames": clip.frame_count,
        "keys": {channel.path: buffer.accessors[channel.times].count for channel in channels},
        "tolerance_mm": options.tolerance_mm,
        "largest_error_mm": round(error_m * 1000, 6),
        "generated": "The motion in this file was generated from audio by a machine.",
    }
