"""Clip to OpenUSD: .usda (text) or .usdc (binary) with texture and sound beside it, .usdz with all inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.document import texture_type
from talkwire.exporters.gltf.shapes import Shapes, shapes_of
from talkwire.exporters.options import Options
from talkwire.exporters.usd.model import Model, meshes_of
from talkwire.exporters.usd.stage import load_usd, write_layer, write_package
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import ExportError
from talkwire.runtime.types import Float32

_MEASURED_FRAMES: Final = 64


def usd_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.usda or OUT.usdc, OUT.wav and OUT_skin.png or .jpg.

    Raises MissingDependency before any work where usd-core is not installed, ExportError for an avatar
    without shapes.
    """
    load_usd()
    _refuse_name(out)
    model, beside = _model(clip, out, options)
    files: dict[Path, Fill] = {out.with_name(name): fill for name, fill in beside.items()}
    files[out] = lambda handle: write_layer(model, out.suffix.lower(), handle, options.progress)
    return files


def usdz_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.usdz, which phones and headsets of Apple show."""
    load_usd()
    _refuse_name(out)
    model, inside = _model(clip, out, options)
    return {out: lambda handle: write_package(model, inside, handle, options.progress)}


def _refuse_name(out: Path) -> None:
    """The stage names what is beside it, and USD's asset paths know no control characters."""
    if not out.name.isprintable():
        raise ExportError(
            f"USD cannot name a file {out.name!r}",
            seen="characters that are not text",
            wanted="a file name that can be printed",
            cure="choose another -o",
        )


def _model(clip: Clip, out: Path, options: Options) -> tuple[Model, dict[str, Fill]]:
    """The model, and the files that it refers to, by name."""
    texture = clip.topology.texture
    picture = f"{out.stem}_skin.{texture_type(texture).partition('/')[2]}"
    sound = out.with_suffix(".wav").name
    shapes = shapes_of(clip.avatar, options.morphs)
    weights_nxk = shapes.curve(clip)
    model = Model(
        name=clip.avatar.card.name,
        fps=clip.fps,
        shape_names=shapes.names,
        meshes=meshes_of(clip.topology, shapes.names, shapes.deltas_kxvx3),
        weights_nxk=weights_nxk,
        rotations_nx4=clip.rotations_nx4,
        translations_nx3_m=clip.translations_nx3_m,
        picture=picture,
        sound=sound,
        data=_data(clip, sound) | {"error_mm": _error_mm(clip, shapes, weights_nxk)},
    )
    return model, {
        picture: lambda handle: handle.write(texture),
        sound: lambda handle: handle.write(wav_bytes(clip.samples, clip.sample_rate_hz)),
    }


def _data(clip: Clip, sound: str) -> dict[str, Any]:
    card = clip.avatar.card
    return {
        "avatar": card.name,
        "licence": card.licence,
        "credit": card.credit,
        "line": clip.line.encode(errors="replace").decode(),
        "audio": sound,
        "seed": clip.seed,
        "fps": clip.fps,
        "frames": clip.frame_count,
        "generated": "The motion in this file was generated from audio by a machine.",
    }


def _error_mm(clip: Clip, shapes: Shapes, weights_nxk: Float32) -> dict[str, float]:
    """How far vertices are from the avatar's own, over frames spread evenly."""
    run = slice(0, clip.frame_count, -(-clip.frame_count // _MEASURED_FRAMES))
    off_mm = 1000 * np.linalg.norm(shapes.residual(clip, run, weights_nxk[run]), axis=2)
    return {"p99_9": round(float(np.percentile(off_mm, 99.9)), 4), "worst": round(float(off_mm.max()), 4)}
