"""Clips onto a character: one animation a line, for its own shapes and bones; all else of its file stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip, one_hemisphere
from talkwire.exporters.gltf.document import generator
from talkwire.exporters.gltf.files import sound_fills, sound_name
from talkwire.exporters.gltf.keys import fit_keys, slerp
from talkwire.exporters.gltf.patch import Patch
from talkwire.exporters.gltf.raw import inside
from talkwire.exporters.onto.mapping import FACINGS, Mapping
from talkwire.exporters.onto.names import PREFIX
from talkwire.exporters.onto.rig import Face, Float64, Rig, times
from talkwire.exporters.options import Options
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.errors import ExportError
from talkwire.runtime.visemes import VISEMES, visemes

SHAPES_SHARE: Final = 0.75  # of the tolerance; the rest is the head's
HEAD_REACH_M: Final = 0.3  # from a neck to a crown: what a turn of the head moves most
_BLOCK_FRAMES: Final = 4096
_PATHS: Final = {"weights": "SCALAR", "rotation": "VEC4"}  # and the type of their accessors


@dataclass(frozen=True)
class _Curve:
    node: int
    path: str
    keys: npt.NDArray[np.intp]
    values: npt.NDArray[Any]
    error_m: float


def onto_files(
    clips: Sequence[Clip], rig: Rig, mapping: Mapping, out: Path, options: Options
) -> dict[Path, Fill]:
    """OUT with the lines as animations, and their sounds beside it.

    OUT is of the character's own kind; of a .gltf in another folder the files that it names come along.
    Raises ExportError for an animation of the same name, and another kind of file.
    """
    check_onto(rig, out, [clip.line for clip in clips])
    patch = Patch(rig.raw)
    for clip in clips:
        sound = sound_name(clip, out, alone=len(clips) == 1)
        patch.animations.append(_animation(clip, rig, mapping, sound, options.tolerance_mm / 1000, patch))
    written = {path: _filled(data) for path, data in patch.files(out).items()}
    return {**sound_fills(clips, out), **_brought(rig, out), **written}


def check_onto(rig: Rig, out: Path, lines: Sequence[str]) -> None:
    """Refuse an output and names before time is spent. Raises ExportError."""
    wanted = ".glb" if rig.raw.binary else ".gltf"
    if out.suffix.lower() != wanted:
        raise ExportError(
            f"{rig.raw.path.name} cannot become {out.name}",
            seen=f"the suffix {out.suffix!r}",
            wanted=wanted,
            cure=f"write -o {out.stem}{wanted}, or convert the character first",
        )
    taken = [name for name in lines if name in {str(a.get("name")) for a in rig.raw.list("animations")}]
    if taken:
        raise ExportError(
            f"{rig.raw.path.name} has an animation of that name",
            seen=", ".join(taken),
            wanted="another name",
            cure="rename the voice line, or start from the character without it",
        )
    if out.resolve().parent != rig.raw.path.resolve().parent:
        _brought(rig, out)


def _animation(
    clip: Clip, rig: Rig, mapping: Mapping, sound: str, tolerance_m: float, patch: Patch
) -> dict[str, Any]:
    faces = [face for face in rig.faces if mapping.meshes.get(face.mesh)]
    curves = [_weights(clip, face, mapping, tolerance_m * SHAPES_SHARE) for face in faces]
    curves += [
        _turn(clip, rig, bone, gain, mapping.facing, tolerance_m * (1 - SHAPES_SHARE))
        for bone, gain in mapping.bones.items()
    ]
    samplers: list[dict[str, Any]] = []
    channels: list[dict[str, Any]] = []
    for curve in curves:
        stamps = patch.add(clip.times_n_s[curve.keys].astype(np.float32), "SCALAR", bounds=True)
        kept = curve.values[curve.keys].astype(np.float32)
        if curve.path == "weights":  # a list of scalars, K for each key
            kept = kept.reshape(-1)
        values = patch.add(kept, _PATHS[curve.path])
        channels.append({"sampler": len(samplers), "target": {"node": curve.node, "path": curve.path}})
        samplers.append({"input": stamps, "output": values, "interpolation": "LINEAR"})
    errors_m = {path: max((c.error_m for c in curves if c.path == path), default=0.0) for path in _PATHS}
    keys = {path: max((len(c.keys) for c in curves if c.path == path), default=0) for path in _PATHS}
    extras = {
        "generator": generator(),
        "audio": sound,
        "seed": clip.seed,
        "fps": clip.fps,
        "frames": clip.frame_count,
        "keys": {path: count for path, count in keys.items() if count},
        "largest_error_mm": round(sum(errors_m.values()) * 1000, 6),
        **clip.spoken,
        "generated": "The motion of this animation was generated from audio by a machine.",
    }
    return {"name": clip.line, "samplers": samplers, "channels": channels, "extras": extras}


def _weights(clip: Clip, face: Face, mapping: Mapping, tolerance_m: float) -> _Curve:
    """All targets of a mesh, for glTF animates them together; those that nothing drives stay at rest."""
    values = np.tile(np.asarray(face.rest, np.float32), (clip.frame_count, 1))
    driven = mapping.meshes[face.mesh]
    columns = [k for k, name in enumerate(face.names) if name in driven]
    for start in range(0, clip.frame_count, _BLOCK_FRAMES):
        run = slice(start, start + _BLOCK_FRAMES)
        heard = clip.weights_nx52[run]
        mouths = visemes(heard)
        for k in columns:
            values[run, k] = sum(
                gain
                * (
                    mouths[:, VISEMES.index(source.removeprefix(PREFIX))]
                    if source.startswith(PREFIX)
                    else heard[:, INDEX[source]]
                )
                for source, gain in driven[face.names[k]].items()
            )
    reach_m = np.maximum(face.reach_m[columns], 1e-9)
    keys, error_m = fit_keys(
        clip.times_n_s,
        values[:, columns],
        tolerance_m / reach_m,
        tolerance_m,
        lambda residual: float((np.abs(residual) @ reach_m).max(initial=0)),
    )
    return _Curve(face.node, "weights", keys, values, error_m)


def _turn(clip: Clip, rig: Rig, bone: str, gain: float, facing: str, tolerance_m: float) -> _Curve:
    """The head's turn, about the character's axes, in the frame of a bone: P^-1 Q P L, at rest L under P."""
    node = rig.bones[bone]
    above = rig.turn_above(node)
    about = np.radians(FACINGS[facing]) / 2
    frame = times(_inverse(above), np.array([0, np.sin(about), 0, np.cos(about)]))
    turned = times(times(frame, _scaled(clip.rotations_nx4.astype(np.float64), gain)), _inverse(frame))
    local = times(turned, rig.turns[node])
    local = one_hemisphere(local.astype(np.float32)).astype(np.float64)
    local /= np.linalg.norm(local, axis=1, keepdims=True)
    keys, error_m = fit_keys(
        clip.times_n_s,
        local,
        np.full(4, tolerance_m / HEAD_REACH_M / 2),
        tolerance_m,
        lambda residual: 2 * float(np.linalg.norm(residual, axis=1).max()) * HEAD_REACH_M,
        interpolate=slerp,
    )
    return _Curve(node, "rotation", keys, local, error_m)


def _scaled(rotations_nx4: Float64, gain: float) -> Float64:
    """The same axes, gain times the angle."""
    upright = rotations_nx4 * np.where(rotations_nx4[:, 3:] < 0, -1.0, 1.0)
    sine = np.linalg.norm(upright[:, :3], axis=1, keepdims=True)
    half = np.arctan2(sine, upright[:, 3:]) * gain
    axis = upright[:, :3] / np.where(sine > 1e-12, sine, 1.0)
    return np.hstack([axis * np.sin(half), np.cos(half)])


def _inverse(rotation: Float64) -> Float64:
    inverse: Float64 = rotation * np.array([-1, -1, -1, 1.0])
    return inverse


def _brought(rig: Rig, out: Path) -> dict[Path, Fill]:
    """Files that a .gltf names, for a copy of it in another folder."""
    source = rig.raw.path
    if rig.raw.binary or out.resolve().parent == source.resolve().parent:
        return {}
    uris = [thing["uri"] for key in ("buffers", "images") for thing in rig.raw.list(key) if "uri" in thing]
    places = {inside(source, uri) for uri in uris if not str(uri).startswith("data:")}
    deep = [place for place in places if place.parent != source.parent]
    absent = [place for place in places if not place.is_file()]
    if deep or absent:
        raise ExportError(
            f"{source.name} cannot be copied with what it names",
            seen=f"{(deep or absent)[0].relative_to(source.parent)}",
            wanted="files beside it",
            cure=f"write -o into {str(source.parent)!r}, or use a .glb",
        )
    return {out.with_name(place.name): _filled(place.read_bytes()) for place in sorted(places)}


def _filled(data: bytes) -> Fill:
    return lambda handle: handle.write(data)
