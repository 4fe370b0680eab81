"""Integers and streams: of types that the extension allows, and within the tolerance with all the rest."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.gltf.read_gltf import Gltf, baked_vertices
from judges.meshopt import unpacked
from support import small_avatar
from talkwire.exporters import Compress, HeadPose, Morphs, Options, write_clip
from talkwire.exporters.gltf.files import glb_of_lines
from talkwire.runtime.errors import ExportError

# KHR_mesh_quantization: (component type, normalized) that attributes and morph targets may have, floats aside
ATTRIBUTES = {
    "POSITION": {(kind, unit) for kind in (5120, 5121, 5122, 5123) for unit in (False, True)},
    "NORMAL": {(5120, True), (5122, True)},
    "TEXCOORD_0": {(kind, unit) for kind in (5120, 5121, 5122, 5123) for unit in (False, True)},
}
TARGETS = {
    "POSITION": {(kind, unit) for kind in (5120, 5122) for unit in (False, True)},
    "NORMAL": {(5120, True), (5122, True)},
}
FLOAT = (5126, False)
INT16 = Options(tolerance_mm=1.0, compress=Compress.quantize)
PACKED = Options(tolerance_mm=1.0, compress=Compress.meshopt)


def kind_of(gltf: Gltf, index: int) -> tuple[int, bool]:
    accessor = gltf.json["accessors"][index]
    return accessor["componentType"], accessor.get("normalized", False)


def written(clip: Any, out: Path, options: Options) -> Gltf:
    write_clip(clip, out, options)
    return Gltf(out)


def worst_mm(gltf: Gltf, clip: Any) -> float:
    return max(
        1000 * np.linalg.norm(gltf.vertices(float(t)) - baked_vertices(clip, i), axis=1).max()
        for i, t in enumerate(clip.times_n_s)
    )


@pytest.mark.parametrize(("suffix", "tolerance_mm"), [(".glb", 1.0), (".gltf", 10.0)])
@pytest.mark.parametrize("head_pose", HeadPose)
def test_integers_hold_the_tolerance_at_every_frame(
    tmp_path: Path, make_clip, suffix: str, head_pose: HeadPose, tolerance_mm: float
) -> None:
    clip = make_clip()
    options = replace(INT16, tolerance_mm=tolerance_mm, head_pose=head_pose)
    gltf = written(clip, tmp_path / f"x{suffix}", options)
    said = gltf.json["asset"]["extras"]
    assert 0 < said["quantization_error_mm"] < said["largest_error_mm"] <= tolerance_mm
    assert worst_mm(gltf, clip) <= said["largest_error_mm"] + 5e-4  # float32 times
    assert said["tolerance_mm"] == tolerance_mm
    assert said["compress"] == "quantize"


def test_what_is_said_of_the_rounding_is_near_what_it_is(tmp_path: Path, make_clip) -> None:
    clip = make_clip(frames=1)  # no keys are left out: what is off is rounded
    gltf = written(clip, tmp_path / "x.glb", INT16)
    said = gltf.json["asset"]["extras"]["quantization_error_mm"]
    assert said / 10 < worst_mm(gltf, clip) <= said


def test_each_array_is_of_a_type_that_its_place_allows(tmp_path: Path, make_clip) -> None:
    gltf = written(make_clip(), tmp_path / "x.glb", INT16)
    assert gltf.json["extensionsRequired"] == ["KHR_mesh_quantization"]
    for primitive in gltf.json["meshes"][0]["primitives"]:
        for name, index in primitive["attributes"].items():
            assert kind_of(gltf, index) in ATTRIBUTES[name]
            view = gltf.json["bufferViews"][gltf.json["accessors"][index]["bufferView"]]
            assert view["byteStride"] % 4 == 0
        for target in primitive["targets"]:
            for name, index in target.items():
                assert kind_of(gltf, index) in TARGETS[name] | {FLOAT}
    weights = next(
        gltf.json["animations"][0]["samplers"][c["sampler"]]
        for c in gltf.json["animations"][0]["channels"]
        if c["target"]["path"] == "weights"
    )
    assert kind_of(gltf, weights["output"]) == (5123, True)
    assert kind_of(gltf, weights["input"]) == FLOAT


def test_normals_are_near_and_those_that_turn_around_stay_floats(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    avatar.deltas_kxvx3[5] *= 60
    clip = make_clip(avatar=avatar, frames=2)
    small = written(clip, tmp_path / "x.glb", replace(INT16, tolerance_mm=10.0))
    plain = written(clip, tmp_path / "y.glb", Options())
    kinds = set()
    for a, b in zip(
        small.json["meshes"][0]["primitives"], plain.json["meshes"][0]["primitives"], strict=True
    ):
        near, far = (g.array(p["attributes"]["NORMAL"]) for g, p in ((small, a), (plain, b)))
        assert np.abs(near - far).max() <= 0.51 / 32767
        for one, other in zip(a["targets"], b["targets"], strict=True):
            change, wanted = small.array(one["NORMAL"]), plain.array(other["NORMAL"])
            kinds.add(kind_of(small, one["NORMAL"]))
            assert (kind_of(small, one["NORMAL"]) == FLOAT) == (np.abs(wanted).max() > 1)
            assert np.abs(change - wanted).max() <= 0.51 / 127
    assert kinds == {FLOAT, (5120, True)}


def test_a_tolerance_that_integers_cannot_hold_is_refused_with_one_that_they_can(
    tmp_path: Path, make_clip
) -> None:
    clip = make_clip()
    for tolerance_mm in (0.0, 0.01):
        with pytest.raises(ExportError, match=r"16 bits cannot hold.*--tolerance [\d.]+ or more") as refused:
            write_clip(clip, tmp_path / "x.glb", replace(INT16, tolerance_mm=tolerance_mm))
    assert list(tmp_path.iterdir()) == []
    enough_mm = float(refused.value.cure.split()[2])
    write_clip(clip, tmp_path / "x.glb", replace(INT16, tolerance_mm=enough_mm))


def test_coordinates_outside_of_the_picture_stay_floats(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    uvs = avatar.topology.uvs_vx2.copy()
    uvs[3] = (1.25, -0.5)
    avatar.topology = replace(avatar.topology, uvs_vx2=uvs)
    gltf = written(make_clip(avatar=avatar, frames=2), tmp_path / "x.glb", INT16)
    kinds = [kind_of(gltf, p["attributes"]["TEXCOORD_0"]) for p in gltf.json["meshes"][0]["primitives"]]
    assert kinds == [FLOAT, (5123, True)]


@pytest.mark.parametrize(("factor", "kind"), [(-1, (5122, True)), (2, FLOAT)])
def test_weights_beyond_0_to_1_have_a_type_that_holds_them(
    tmp_path: Path, make_clip, factor: int, kind: tuple[int, bool]
) -> None:
    clip = make_clip(frames=30)
    clip = replace(clip, weights_nx52=factor * clip.weights_nx52)
    gltf = written(clip, tmp_path / "x.glb", INT16)
    assert worst_mm(gltf, clip) <= 1.0
    outputs = [sampler["output"] for sampler in gltf.json["animations"][0]["samplers"]]
    assert kind_of(gltf, outputs[0]) == kind


@pytest.mark.usefixtures("gltf_transform")
@pytest.mark.parametrize(("head_pose", "suffix"), [(HeadPose.node, ".glb"), (HeadPose.baked, ".gltf")])
def test_streams_unpack_to_the_same_integers(
    tmp_path: Path, make_clip, suffix: str, head_pose: HeadPose
) -> None:
    clip = make_clip(frames=40)
    plain = written(clip, tmp_path / "q.glb", replace(INT16, head_pose=head_pose))
    packed = written(clip, tmp_path / f"m{suffix}", replace(PACKED, head_pose=head_pose))
    assert packed.json["extensionsRequired"] == ["EXT_meshopt_compression", "KHR_mesh_quantization"]
    back = Gltf(unpacked(tmp_path / f"m{suffix}", tmp_path / "back.glb"))
    for a, b in zip(plain.json["meshes"][0]["primitives"], back.json["meshes"][0]["primitives"], strict=True):
        ours, theirs = (_rows(g, p) for g, p in ((plain, a), (back, b)))
        assert np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
        corners = [rows[g.array(p["indices"])[:, 0]] for g, p, rows in ((plain, a, ours), (back, b, theirs))]
        assert np.array_equal(*(_triangles(rows) for rows in corners))
    for path in ("weights", "rotation", "translation"):
        assert np.array_equal(plain.channel(path, 0.3), back.channel(path, 0.3))
    assert (plain.json["meshes"][0]["name"], plain.json["meshes"][0]["extras"]) == (
        back.json["meshes"][0]["name"],
        back.json["meshes"][0]["extras"],
    )
    assert back.json["asset"]["copyright"] == plain.json["asset"]["copyright"]
    assert [node["name"] for node in back.json["nodes"]] == [node["name"] for node in plain.json["nodes"]]


def _rows(gltf: Gltf, primitive: dict[str, Any]) -> np.ndarray:
    """[V, ...] all that a vertex has."""
    names = ("POSITION", "NORMAL", "TEXCOORD_0")
    arrays = [gltf.array(primitive["attributes"][name]) for name in names]
    arrays += [gltf.array(target[name]) for target in primitive["targets"] for name in names[:2]]
    return np.hstack(arrays).astype(np.float32)


def _triangles(corners_3txc: np.ndarray) -> np.ndarray:
    """The same whatever their order and first corner."""
    triangles = corners_3txc.reshape(-1, 3, corners_3txc.shape[1])
    first = triangles[..., 0].argmin(axis=1)
    turned = np.stack([np.roll(t, -f, axis=0) for t, f in zip(triangles, first, strict=True)])
    flat = turned.reshape(len(turned), -1)
    return flat[np.lexsort(flat.T)]


def test_several_lines_share_one_small_head(tmp_path: Path, make_clip) -> None:
    clips = [make_clip(frames=30, line="one"), make_clip(frames=50, line="two")]
    out = tmp_path / "x.glb"
    with out.open("wb") as handle:
        glb_of_lines(clips, out, PACKED)[out](handle)
    json = Gltf(out).json
    assert [animation["name"] for animation in json["animations"]] == ["one", "two"]
    names = [view["name"] for view in json["bufferViews"] if "extensions" in view]
    assert [name for name in names if name.startswith("weights")] == ["weights 0", "weights 1"]


def test_the_same_bytes_again_though_the_head_is_kept(tmp_path: Path, make_clip) -> None:
    for options in (INT16, PACKED):
        clip = make_clip(frames=20)
        files = []
        for clip_ in (clip, replace(clip, line="another"), clip):
            write_clip(clip_, tmp_path / "x.glb", options)
            files.append((tmp_path / "x.glb").read_bytes())
        assert files[0] == files[2] != files[1]


def test_the_avatars_basis_can_be_small_too(tmp_path: Path, learned_spoken) -> None:
    options = Options(compress=Compress.quantize, morphs=Morphs.basis)
    gltf = written(learned_spoken, tmp_path / "x.glb", options)
    assert gltf.json["asset"]["extras"]["largest_error_mm"] <= options.tolerance_mm
    index = len(learned_spoken.pts_n) // 2
    plain = written(learned_spoken, tmp_path / "y.glb", replace(options, compress=Compress.none))
    time_s = float(learned_spoken.times_n_s[index])
    off_mm = 1000 * np.linalg.norm(gltf.vertices(time_s) - plain.vertices(time_s), axis=1)
    assert off_mm.max() <= 2 * options.tolerance_mm
