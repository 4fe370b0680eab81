"""glTF: what any player shows at every frame is what was baked, within the stated tolerance."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from exporters.gltf.read_gltf import Gltf, baked_vertices
from support import small_avatar
from talkwire.exporters import Options, write_clip
from talkwire.exporters.gltf.mesh import UNSEEN_TURN
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import BlendshapeAvatar
from talkwire.runtime.errors import ExportError
from talkwire.runtime.mesh import vertex_normals


@pytest.fixture(params=[".glb", ".gltf"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"clip{request.param}"


@pytest.mark.parametrize("tolerance_mm", [0.0, 0.1, 1.0, 10.0])
def test_no_vertex_is_off_by_more_than_the_tolerance_at_any_frame(
    out: Path, make_clip, tolerance_mm: float
) -> None:
    clip = make_clip()
    write_clip(clip, out, Options(tolerance_mm=tolerance_mm))
    gltf = Gltf(out)
    worst_mm = max(
        1000 * np.linalg.norm(gltf.vertices(time_s) - baked_vertices(clip, i), axis=1).max()
        for i, time_s in enumerate(clip.times_n_s)
    )
    rounding_mm = 5e-4  # float32 times and places
    said = gltf.json["asset"]["extras"]
    assert worst_mm <= said["largest_error_mm"] + rounding_mm
    assert said["largest_error_mm"] <= tolerance_mm + 1e-6
    assert said["tolerance_mm"] == tolerance_mm


def test_a_looser_tolerance_needs_fewer_keys(tmp_path: Path, make_clip) -> None:
    counts = []
    for tolerance_mm in (0.0, 0.1, 1.0, 10.0):
        write_clip(make_clip(), tmp_path / "x.glb", Options(tolerance_mm=tolerance_mm))
        counts.append(Gltf(tmp_path / "x.glb").json["asset"]["extras"]["keys"])
    for path in ("weights", "rotation", "translation"):
        column = [keys[path] for keys in counts]
        assert column == sorted(column, reverse=True)
        assert column[0] == 90
        assert column[-1] < 90


def test_what_an_animator_looks_for_has_its_name(out: Path, make_clip) -> None:
    clip = make_clip(line="he turned")
    write_clip(clip, out)
    json = Gltf(out).json
    assert tuple(json["meshes"][0]["extras"]["targetNames"]) == ARKIT_NAMES
    assert [animation["name"] for animation in json["animations"]] == ["he turned"]
    assert [node["name"] for node in json["nodes"]] == ["small", "small face"]
    assert json["nodes"][0]["children"] == [1]
    assert [material["name"] for material in json["materials"]] == ["skin", "teeth"]
    assert json["asset"]["generator"].startswith("talkwire ")
    assert json["asset"]["copyright"] == "the tests (CC0-1.0)"
    said = json["asset"]["extras"]
    assert (said["avatar"], said["licence"], said["seed"]) == ("small", "CC0-1.0", 5)
    assert (said["audio"], said["fps"], said["frames"]) == ("clip.wav", 60, 90)
    targets = {c["target"]["path"]: c["target"]["node"] for c in json["animations"][0]["channels"]}
    assert targets == {"weights": 1, "rotation": 0, "translation": 0}


def test_the_texture_is_untouched(tmp_path: Path, make_clip) -> None:
    clip = make_clip()
    write_clip(clip, tmp_path / "a.glb")
    assert Gltf(tmp_path / "a.glb").image() == clip.topology.texture
    write_clip(clip, tmp_path / "b.gltf")
    assert (tmp_path / "b_skin.png").read_bytes() == clip.topology.texture
    assert Gltf(tmp_path / "b.gltf").json["images"][0]["uri"] == "b_skin.png"


def test_names_with_odd_characters_survive(tmp_path: Path, make_clip) -> None:
    out = tmp_path / 'Ärger: "50% & #1" naïve 面.gltf'
    clip = make_clip(line=out.stem, frames=5)
    write_clip(clip, out)
    gltf = Gltf(out)  # decodes the URI of the buffer
    assert gltf.json["animations"][0]["name"] == out.stem
    assert "%23" in gltf.json["images"][0]["uri"]
    assert out.with_suffix(".wav").exists()


def test_a_still_face_has_no_animation_and_stands_where_it_was(out: Path, make_clip) -> None:
    clip = make_clip(still=True)
    clip = replace(clip, weights_nx52=np.zeros_like(clip.weights_nx52))
    write_clip(clip, out)
    gltf = Gltf(out)
    assert "animations" not in gltf.json
    assert np.abs(gltf.vertices(0.5) - baked_vertices(clip, 30)).max() < 1e-6


def test_a_held_expression_is_two_keys(out: Path, make_clip) -> None:
    clip = make_clip(still=True)
    write_clip(clip, out)
    gltf = Gltf(out)
    assert gltf.json["asset"]["extras"]["keys"] == {"weights": 2}
    assert np.abs(gltf.vertices(0.5) - baked_vertices(clip, 30)).max() < 1e-6


def test_one_frame_is_a_clip(out: Path, make_clip) -> None:
    clip = make_clip(frames=1)
    write_clip(clip, out)
    assert np.abs(Gltf(out).vertices(0) - baked_vertices(clip, 0)).max() < 1e-6


def test_fewer_shapes_than_arkits_are_fine(out: Path, make_clip) -> None:
    full = small_avatar()
    names = ARKIT_NAMES[40:10:-3]
    some = BlendshapeAvatar(full.card, full.topology, names, full.deltas_kxvx3[: len(names)])
    clip = make_clip(avatar=some)
    write_clip(clip, out)
    gltf = Gltf(out)
    assert tuple(gltf.json["meshes"][0]["extras"]["targetNames"]) == names
    assert np.abs(gltf.vertices(clip.times_n_s[40]) - baked_vertices(clip, 40)).max() < 1.1e-4


def test_morphed_normals_are_those_of_the_shape(tmp_path: Path, make_clip) -> None:
    clip = make_clip(frames=2)
    write_clip(clip, tmp_path / "x.glb")
    gltf, topology, k = Gltf(tmp_path / "x.glb"), clip.topology, 17
    shaped = topology.neutral_vx3 + clip.avatar.deltas_kxvx3[k]
    normals = vertex_normals(shaped, topology.triangles_tx3, topology.weld_v)
    first = gltf.json["meshes"][0]["primitives"][0]
    used = np.unique(topology.triangles_tx3[: topology.parts[0].triangle_count])
    morphed = gltf.array(first["attributes"]["NORMAL"]) + gltf.array(first["targets"][k]["NORMAL"])
    assert np.abs(morphed - normals[used]).max() <= UNSEEN_TURN


def test_big_meshes_get_wide_indices(tmp_path: Path, make_clip) -> None:
    full = small_avatar(70_000)
    clip = make_clip(
        avatar=BlendshapeAvatar(full.card, full.topology, ARKIT_NAMES[:2], full.deltas_kxvx3[:2]), frames=2
    )
    write_clip(clip, tmp_path / "x.glb")
    gltf = Gltf(tmp_path / "x.glb")
    primitive = gltf.json["meshes"][0]["primitives"][1]
    assert gltf.json["accessors"][primitive["indices"]]["componentType"] == 5125
    assert np.abs(gltf.vertices(0) - baked_vertices(clip, 0)).max() < 1e-6


def test_reflection_is_the_parts(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    looks = zip(avatar.topology.parts, (0.25, 1.0), strict=True)
    parts = tuple(replace(part, specular=specular) for part, specular in looks)
    avatar.topology = replace(avatar.topology, parts=parts)
    write_clip(make_clip(avatar=avatar, frames=2), tmp_path / "x.glb")
    json = Gltf(tmp_path / "x.glb").json
    bodies = [material["extensions"]["KHR_materials_specular"] for material in json["materials"]]
    assert bodies == [
        {"specularFactor": 0.5},
        {"specularFactor": 1.0, "specularColorFactor": [2.0, 2.0, 2.0]},
    ]
    assert json["extensionsUsed"] == ["KHR_materials_specular"]


def test_open_surfaces_show_from_both_sides(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    skin, teeth = avatar.topology.parts
    avatar.topology = replace(avatar.topology, parts=(skin, replace(teeth, name="lashes")))
    write_clip(make_clip(avatar=avatar, frames=2), tmp_path / "x.glb")
    materials = Gltf(tmp_path / "x.glb").json["materials"]
    assert [material.get("doubleSided", False) for material in materials] == [False, True]


class Shapeless(SimpleNamespace):
    __hash__ = object.__hash__


def test_an_avatar_without_shapes_is_refused(out: Path, make_clip) -> None:
    card = replace(small_avatar().card, kind="g4g")
    shapeless = Shapeless(card=card, topology=small_avatar().topology, moves_within=False)
    with pytest.raises(ExportError, match="has no shapes that glTF could animate: saw kind 'g4g'"):
        write_clip(make_clip(avatar=shapeless), out)
    assert list(out.parent.iterdir()) == []


def test_a_texture_that_gltf_does_not_know_is_refused(out: Path, make_clip) -> None:
    avatar = small_avatar()
    avatar.topology = replace(avatar.topology, texture=b"GIF89a")
    with pytest.raises(
        ExportError, match="cannot go into glTF: saw bytes that begin b'GIF8', wanted PNG, JPEG"
    ):
        write_clip(make_clip(avatar=avatar), out)
    assert list(out.parent.iterdir()) == []
