"""Vertex animation textures, read back as a shader would, are the avatar's own vertices."""

import sys
from pathlib import Path

import numpy as np
import pytest

from exporters.gltf.read_gltf import baked_vertices
from exporters.vat.read_vat import Vat
from judges.khronos import validate
from support import small_avatar
from talkwire.exporters import Clip, Options, VatOptions, write_clip
from talkwire.exporters.options import HeadPose
from talkwire.exporters.vat.axes import AXES
from talkwire.exporters.vat.options import Axes, Texels
from talkwire.runtime.errors import ExportError, MissingDependency
from talkwire.runtime.mesh import rotation_matrix, vertex_normals

LIMIT_DEG = {Texels.half: 0.25, Texels.float: 0.1, Texels.png: 0.8}  # of change that turns right round


def in_order(clip: Clip, values_vx3: np.ndarray) -> np.ndarray:
    runs = [slice(p.first_triangle, p.first_triangle + p.triangle_count) for p in clip.topology.parts]
    return values_vx3[np.concatenate([np.unique(clip.topology.triangles_tx3[run]) for run in runs])]


def check(clip: Clip, path: Path, frames: list[int], texels: Texels) -> None:
    vat, topology = Vat(path), clip.topology
    scale = AXES[Axes(vat.said["axes"]["name"])].scale
    for frame in frames:
        wanted = clip.avatar.exact([clip.heard(frame)])[0]
        off = vat.places(frame) - vat.turned(in_order(clip, wanted), 1)
        assert 1000 / scale * np.linalg.norm(off, axis=1).max() <= vat.said["largest_error_mm"] + 1e-4
        faced = vertex_normals(wanted, topology.triangles_tx3, topology.weld_v)
        cosines = (vat.normals(frame) * vat.turned(in_order(clip, faced), 0)).sum(axis=1)
        assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() <= LIMIT_DEG[texels]


@pytest.mark.parametrize("texels", Texels)
@pytest.mark.parametrize("axes", Axes)
def test_shaders_see_the_avatars_vertices(tmp_path: Path, make_clip, axes: Axes, texels: Texels) -> None:
    clip = make_clip(frames=70, avatar=small_avatar(1100))
    options = Options(vat=VatOptions(axes=axes, texels=texels, size_px=1024))
    out, *_ = write_clip(clip, tmp_path / "a line.vat.json", options)
    said = Vat(out).said
    assert said["columns"] <= said["width"] * said["rows_per_frame"]
    assert (said["frames"], said["height"]) == (70, 70 * said["rows_per_frame"])
    assert said["largest_error_mm"] < 0.1  # vertices go as far as 7 cm here
    check(clip, out, [0, 1, 33, 69], texels)


@pytest.mark.parametrize("name", ["spoken", "learned_spoken"])
def test_real_heads_take_fewer_texels_than_vertices(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    clip: Clip = request.getfixturevalue(name)
    out, *_ = write_clip(clip, tmp_path / "x.vat.json")
    said = Vat(out).said
    assert said["columns"] < 0.9 * said["vertices"]
    assert said["largest_error_mm"] < 0.05
    check(clip, out, [0, 17, clip.frame_count - 1], Texels.half)


def test_rows_wrap_where_a_head_is_wider_than_a_texture(tmp_path: Path, spoken: Clip) -> None:
    out, *_ = write_clip(spoken, tmp_path / "x.vat.json", Options(vat=VatOptions(size_px=2048)))
    said = Vat(out).said
    assert said["rows_per_frame"] > 1
    assert max(said["width"], said["height"]) <= 2048
    check(spoken, out, [100], Texels.half)


@pytest.mark.parametrize("axes", Axes)
def test_the_heads_motion_is_beside_the_textures_or_in_them(tmp_path: Path, make_clip, axes: Axes) -> None:
    clip = make_clip(frames=20)
    scale = AXES[axes].scale
    for pose in HeadPose:
        out, *_ = write_clip(
            clip, tmp_path / "x.vat.json", Options(vat=VatOptions(axes=axes), head_pose=pose)
        )
        vat = Vat(out)
        places = vat.places(13)
        if pose is HeadPose.node:
            turns = np.reshape(vat.said["head_rotation_xyzw"], (-1, 4))
            moves = np.reshape(vat.said["head_translation"], (-1, 3))
            places = places @ rotation_matrix(turns[13]).T + moves[13]
        wanted = vat.turned(baked_vertices(clip, 13), 1)
        assert (
            1000 / scale * np.linalg.norm(places - wanted, axis=1).max()
            <= vat.said["largest_error_mm"] + 2e-3
        )


@pytest.mark.usefixtures("khronos")
def test_the_mesh_is_good_gltf(tmp_path: Path, make_clip) -> None:
    write_clip(make_clip(frames=2), tmp_path / "x.vat.json")
    issues = validate(tmp_path / "x_vat.glb")["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0)
    assert {message["code"] for message in issues["messages"]} == {"UNUSED_OBJECT"}  # the second UV set


@pytest.mark.parametrize("kind", [{"frames": 1}, {"still": True}])
def test_little_motion_is_little_texture(tmp_path: Path, make_clip, kind: dict) -> None:
    clip = make_clip(**kind)
    out, *_ = write_clip(clip, tmp_path / "x.vat.json")
    check(clip, out, [0, clip.frame_count - 1], Texels.half)


def test_writing_again_gives_the_same_bytes(tmp_path: Path, make_clip) -> None:
    files = write_clip(make_clip(), tmp_path / "x.vat.json")
    first = {path: path.read_bytes() for path in files}
    write_clip(make_clip(), tmp_path / "x.vat.json")
    assert {path: path.read_bytes() for path in files} == first


@pytest.mark.parametrize(("frames", "vertices"), [(1025, 60), (600, 1500)])
def test_a_line_too_long_for_a_texture_is_refused(
    tmp_path: Path, make_clip, frames: int, vertices: int
) -> None:
    clip = make_clip(frames=frames, avatar=small_avatar(vertices))
    with pytest.raises(
        ExportError, match=r"too long for one vertex animation texture: .* at most \d+ frames"
    ):
        write_clip(clip, tmp_path / "x.vat.json", Options(vat=VatOptions(size_px=1024)))
    assert list(tmp_path.iterdir()) == []


def test_without_openexr_the_pip_line_is_named_and_png_goes_on(
    tmp_path: Path, make_clip, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[vat\]'"):
        write_clip(make_clip(frames=2), tmp_path / "x.vat.json")
    assert list(tmp_path.iterdir()) == []
    write_clip(make_clip(frames=2), tmp_path / "x.vat.json", Options(vat=VatOptions(texels=Texels.png)))


def test_an_absurd_size_is_refused() -> None:
    with pytest.raises(ExportError, match="saw 1000 pixels, wanted 1024 2048 4096 8192 16384"):
        VatOptions(size_px=1000)
