"""Clip to vertex animation textures: OUT.vat.json says what is in them, and how a material reads them.

Position and normal textures hold what is added to the mesh at rest; the mesh (glTF) has each vertex' place
in the textures as its second UV set. Every kind of avatar moves exactly as it is, at the cost of bytes: a
texel of six bytes for a point and a frame.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from talkwire.exporters.atomic import Fill
from talkwire.exporters.clip import Clip
from talkwire.exporters.options import HeadPose, Options
from talkwire.exporters.vat.axes import AXES, AxisMap
from talkwire.exporters.vat.exr import load_exr, write_exr
from talkwire.exporters.vat.mesh import mesh_runs
from talkwire.exporters.vat.motion import Layout, Told, normals, positions, survey
from talkwire.exporters.vat.options import Texels
from talkwire.exporters.vat.png import NORMAL_STEP, NORMAL_ZERO, Byte, write_normals, write_pair
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.types import Float32

SUFFIX: Final = ".vat.json"
VERSION: Final = 1

Rows = Callable[[Told], Iterator[Float32]]


def vat_files(clip: Clip, out: Path, options: Options) -> dict[Path, Fill]:
    """OUT.vat.json, OUT_vat.glb, OUT.wav, and OUT_vat_position and OUT_vat_normal as .exr, or three .png.

    Raises MissingDependency before any work where OpenEXR is not installed and would be needed, ExportError
    for a line that is too long for a texture.
    """
    if options.vat.texels is not Texels.png:
        load_exr()
    stem, axes, turned = out.name[: -len(SUFFIX)], AXES[options.vat.axes], options.head_pose is HeadPose.baked
    stages = _Stages(options, 3 + (options.vat.texels is Texels.png))
    layout = survey(clip, options.vat.size_px, turned=turned, told=stages.next())
    textures = _textures(clip, layout, axes, options, turned, stages)
    beside, sound = f"{stem}_vat", f"{stem}.wav"
    mesh = f"{beside}.glb"
    said = _said(clip, layout, axes, options, turned) | {
        "mesh": mesh,
        "sound": sound,
        "textures": [f"{beside}_{name}" for name in textures],
    }
    return {
        **{out.with_name(f"{beside}_{name}"): fill for name, fill in textures.items()},
        out.with_name(mesh): lambda handle: handle.writelines(mesh_runs(clip, layout.lookup())),
        out.with_name(sound): lambda handle: handle.write(wav_bytes(clip.samples, clip.sample_rate_hz)),
        out: lambda handle: handle.write(_text(said).encode()),
    }


class _Stages:
    """Progress of passes over the same frames, one after another."""

    def __init__(self, options: Options, count: int) -> None:
        self._told, self._count, self._at = options.progress, count, -1

    def next(self) -> Told:
        self._at += 1
        return partial(self._tell, self._at)

    def _tell(self, stage: int, share: float) -> None:
        if self._told is not None:
            self._told((stage + share) / self._count)


def _textures(
    clip: Clip, layout: Layout, axes: AxisMap, options: Options, turned: bool, stages: _Stages
) -> dict[str, Fill]:
    size = (layout.width, layout.height)

    def placed(told: Told) -> Iterator[Float32]:
        return map(axes.places, positions(clip, layout, turned=turned, told=told))

    def facing(told: Told) -> Iterator[Float32]:
        return map(axes.directions, normals(clip, layout, turned=turned, told=told))

    def exr(rows: Rows, told: Told, handle: BinaryIO) -> None:
        write_exr(handle, *size, rows(told), half=options.vat.texels is Texels.half)

    def pair(byte: Byte, told: Told, handle: BinaryIO) -> None:
        write_pair(handle, size, placed(told), _bounds(layout, axes), byte)

    def plain(told: Told, handle: BinaryIO) -> None:
        write_normals(handle, size, facing(told))

    if options.vat.texels is Texels.png:
        return {
            "position_high.png": partial(pair, "high", stages.next()),
            "position_low.png": partial(pair, "low", stages.next()),
            "normal.png": partial(plain, stages.next()),
        }
    return {
        "position.exr": partial(exr, placed, stages.next()),
        "normal.exr": partial(exr, facing, stages.next()),
    }


def _bounds(layout: Layout, axes: AxisMap) -> tuple[Float32, Float32]:
    corners = axes.places(np.stack([layout.low_3, layout.high_3]))
    return corners.min(axis=0), corners.max(axis=0)


def _said(clip: Clip, layout: Layout, axes: AxisMap, options: Options, turned: bool) -> dict[str, Any]:
    low_3, high_3 = _bounds(layout, axes)
    card = clip.avatar.card
    row_step = axes.row_sign * layout.rows / layout.height
    return {
        "talkwire_vat": VERSION,
        "avatar": card.name,
        "licence": card.licence,
        "credit": card.credit,
        "line": clip.line,
        "generated": "The motion in these files was generated from audio by a machine.",
        "fps": clip.fps,
        "frames": layout.frames,
        "width": layout.width,
        "height": layout.height,
        "rows_per_frame": layout.rows,
        "columns": len(layout.vertices_c),
        "vertices": clip.topology.vertex_count,
        "axes": {
            "name": options.vat.axes.value,
            "unit": axes.unit,
            "handed": axes.handed,
            "up": axes.up,
            "face": axes.face,
        },
        "position": {"low": low_3.tolist(), "high": high_3.tolist(), **_POSITION[options.vat.texels]},
        "normal": _NORMAL[options.vat.texels],
        "lookup": {
            "channel": "TEXCOORD_1 of the mesh: the middle of the vertex' texel in frame 0",
            "row_step": row_step,
            "formula": "uv = float2(uv1.x, uv1.y + row_step * frame); no filter, no mipmaps; mix two frames",
        },
        "largest_error_mm": round(1000 * _error_m(layout, options.vat.texels), 5),
        "head_in_textures": turned,
        "head_rotation_xyzw": [] if turned else _flat(axes.rotations(clip.rotations_nx4)),
        "head_translation": [] if turned else _flat(axes.places(clip.translations_nx3_m)),
    }


_POSITION: Final[dict[Texels, dict[str, Any]]] = {
    Texels.half: {"texels": "half", "formula": "place = rest + texel"},
    Texels.float: {"texels": "float", "formula": "place = rest + texel"},
    Texels.png: {
        "texels": "16 bits in two pictures, linear",
        "formula": "place = rest + low + (high - low) * (65280 * high_png + 255 * low_png) / 65535",
    },
}
_NORMAL: Final[dict[Texels, dict[str, Any]]] = {
    Texels.half: {"texels": "half", "formula": "normal = normalize(rest + texel)"},
    Texels.float: {"texels": "float", "formula": "normal = normalize(rest + texel)"},
    Texels.png: {
        "texels": "8 bits, linear",
        "formula": f"normal = normalize(rest + (255 * texel - {NORMAL_ZERO}) * {NORMAL_STEP})",
    },
}


def _flat(rows: Float32) -> list[float]:
    """One row a frame, after another: Unity's JsonUtility knows no lists of lists."""
    return [float(x) for x in rows.astype(np.float64).round(6).reshape(-1)]


def _text(said: dict[str, Any]) -> str:
    """JSON with a line for each member."""
    members = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in said.items()]
    return "{\n" + ",\n".join(members) + "\n}\n"


def _error_m(layout: Layout, texels: Texels) -> float:
    """At most, in metres: of what shares columns, and of a texel's last bit."""
    reach_m = float(np.abs([layout.low_3, layout.high_3]).max())
    spread_m = float((layout.high_3 - layout.low_3).max())
    step_m = {Texels.half: reach_m * 2**-11, Texels.float: reach_m * 2**-24, Texels.png: spread_m / 65535 / 2}
    return layout.left_out_m + 3**0.5 * step_m[texels]
