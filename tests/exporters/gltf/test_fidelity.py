"""What a file says of its distance to the avatar is what it is; by the basis it is too little to be seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dyntet_support import SKIN, WINDOW, linear_graph, small_dyntet
from exporters.gltf.read_gltf import Gltf, baked_vertices, by_parts
from talkwire.exporters import Options, write_clip
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.fidelity import Fidelity, runs, worst_of
from talkwire.exporters.gltf.files import document_of
from talkwire.exporters.options import HeadPose, Morphs
from talkwire.runtime.avatar import DyntetAvatar


def beyond_its_basis(by_m: float) -> DyntetAvatar:
    """A head whose network does more than its basis can."""
    head = small_dyntet()
    rng = np.random.default_rng(3)
    own = rng.normal(0, 0.1, (52 * WINDOW, 3)) @ rng.normal(0, 0.004, (3, SKIN * 3))
    more = rng.normal(0, by_m, (52 * WINDOW, 6)) @ rng.normal(0, 1, (6, SKIN * 3))
    graph = linear_graph("vertices", (own + more).astype(np.float32), head.data.mean_vx3, (SKIN, 3))
    return DyntetAvatar(head.card, head.topology, WINDOW, replace(head.data, geometry=graph), head.figures)


def off_mm(path: Path, clip: Clip) -> np.ndarray:
    """[N, V'] what a player shows, against the avatar's whole network, head pose left out."""
    gltf = Gltf(path)
    shown = np.array([gltf.morphed(float(time_s)) for time_s in clip.times_n_s])
    exact = clip.avatar.exact([clip.heard(i) for i in range(clip.frame_count)])
    return 1000 * np.linalg.norm(shown - exact[:, by_parts(clip)], axis=2)


@pytest.mark.parametrize("tolerance_mm", [0.1, 1.0])
def test_arkits_shapes_are_off_by_what_the_file_says(tmp_path: Path, make_clip, tolerance_mm: float) -> None:
    clip = make_clip(avatar=small_dyntet(), frames=150)
    notes: list[str] = []
    write_clip(clip, tmp_path / "x.glb", Options(tolerance_mm=tolerance_mm, note=notes.append))
    said = Gltf(tmp_path / "x.glb").json["asset"]["extras"]["geometry_error_mm"]
    found = off_mm(tmp_path / "x.glb", clip)
    used = np.unique(by_parts(clip), return_index=True)[1]
    found = found[:, used]  # each vertex of the avatar once
    assert said["mean"] == pytest.approx(found.mean(), abs=1e-3)
    for name, share in (("p99", 99), ("p99.9", 99.9), ("worst", 100)):
        assert said[name] == pytest.approx(np.percentile(found, share, method="higher"), rel=2e-3)
    assert said["frames"] == 150
    assert found.max() > 0.1  # its stand-ins are bad ones
    assert len(notes) == 1
    assert "99.9 % within" in notes[0]
    assert "--morphs basis is nearer" in notes[0]


@pytest.mark.parametrize("by_m", [0.0, 1e-4])
def test_by_the_basis_it_cannot_be_seen(tmp_path: Path, make_clip, by_m: float) -> None:
    clip = make_clip(avatar=beyond_its_basis(by_m) if by_m else small_dyntet(), frames=150)
    write_clip(clip, tmp_path / "x.glb", Options(morphs=Morphs.basis))
    found = off_mm(tmp_path / "x.glb", clip)
    json = Gltf(tmp_path / "x.glb").json
    said = json["asset"]["extras"]["geometry_error_mm"]
    assert np.percentile(found, 99.9) <= 0.1
    assert said["p99.9"] <= 0.1
    assert said["worst"] == pytest.approx(found.max(), abs=1e-3)
    names = json["meshes"][0]["extras"]["targetNames"]
    further = [name for name in names if name.startswith("clip_")]
    assert (further[-1:] == ["clip_low"]) == bool(by_m)
    assert sorted(set(names) - set(further)) == [*(f"basis_{i:02}" for i in range(55)), "basis_low"]
    assert json["asset"]["extras"]["morphs"] == "basis"


def test_further_targets_serve_all_lines_of_a_file(make_clip) -> None:
    head = beyond_its_basis(1e-4)
    clips = [make_clip(avatar=head, frames=80, line=name) for name in ("a", "b")]
    clips[1] = replace(clips[1], weights_nx52=clips[1].weights_nx52[::-1].copy())
    document = document_of(clips, Path("x.glb"), Options(morphs=Morphs.basis))
    assert "clip_00" in document.target_names
    said = [motion.extras["geometry_error_mm"] for motion in document.motions]
    assert all(one["p99.9"] <= 0.1 for one in said)
    assert document.extras["geometry_error_mm"] == worst_of(said)


def test_where_the_targets_are_the_avatar_only_keys_are_left_out(make_clip) -> None:
    notes: list[str] = []
    clip = make_clip()
    for tolerance_mm, most_mm in ((0.0, 1e-4), (10.0, 6.0)):
        options = Options(tolerance_mm=tolerance_mm, note=notes.append)
        said = document_of([clip], Path("x.glb"), options).extras["geometry_error_mm"]
        assert said["mean"] <= said["p99"] <= said["p99.9"] <= said["worst"] <= most_mm
    assert said["worst"] > 0.1
    assert notes == []


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_weights_that_importers_cut_off_are_told(make_clip, strength: float) -> None:
    notes: list[str] = []
    clip = make_clip(avatar=small_dyntet(), frames=70)
    clip = replace(clip, weights_nx52=clip.weights_nx52 * np.float32(strength))
    document_of([clip], Path("x.glb"), Options(morphs=Morphs.basis, note=notes.append))
    assert any("weights are below 0 or above 1" in note for note in notes) == (strength == 1.0)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000, 5001])
@pytest.mark.parametrize("most", [1, 64, 100, 5000])
def test_runs_are_frames_spread_evenly(count: int, most: int) -> None:
    taken = [list(range(*run.indices(count))) for run in runs(count, most)]
    frames = [frame for run in taken for frame in run]
    assert max(map(len, taken)) <= 64
    assert len(frames) <= most
    assert 2 * len(frames) >= min(count, most)
    assert len(set(np.diff(frames))) <= 1
    assert frames[0] == 0


def test_a_sentence_and_extras_say_the_same() -> None:
    found = Fidelity(0.0123, 0.2, 0.345, 1.2345, 90)
    assert found.says() == {"mean": 0.0123, "p99": 0.2, "p99.9": 0.345, "worst": 1.2345, "frames": 90}
    assert "0.012 mm" in str(found)
    assert "the worst 1.23 mm" in str(found)


@pytest.mark.parametrize("morphs", Morphs)
@pytest.mark.parametrize("still", [False, True])
def test_a_bone_moves_a_head_as_a_node_does(tmp_path: Path, make_clip, morphs: Morphs, still: bool) -> None:
    clip = make_clip(still=still)
    write_clip(clip, tmp_path / "x.glb", Options(morphs=morphs, head_pose=HeadPose.baked))
    gltf = Gltf(tmp_path / "x.glb")
    worst_mm = max(
        1000 * np.linalg.norm(gltf.vertices(float(t)) - baked_vertices(clip, i), axis=1).max()
        for i, t in enumerate(clip.times_n_s)
    )
    assert worst_mm <= 0.1005
    assert [node["name"] for node in gltf.json["nodes"]] == ["small", "small face", "head"]
    targets = {c["target"]["path"]: c["target"]["node"] for c in gltf.json["animations"][0]["channels"]}
    assert targets == ({"weights": 1} if still else {"weights": 1, "rotation": 2, "translation": 2})
    assert gltf.json["asset"]["extras"]["head_pose"] == "baked"
