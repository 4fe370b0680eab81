"""Outside judges: Khronos finds nothing to say, and Blender shows what was baked."""

from pathlib import Path

import numpy as np
import pytest

from dyntet_support import small_dyntet
from exporters.gltf.read_gltf import Gltf, baked_vertices
from judges.blender import look
from judges.khronos import validate
from talkwire.exporters import Clip, HeadPose, Morphs, Options, write_clip
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX


@pytest.mark.usefixtures("khronos")
@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
@pytest.mark.parametrize("name", ["spoken", "learned_spoken", "made up", "one frame", "still", "ä #1%"])
def test_khronos_finds_nothing_to_say(
    tmp_path: Path, request: pytest.FixtureRequest, make_clip, suffix: str, name: str
) -> None:
    kinds = {"one frame": {"frames": 1}, "still": {"still": True}}
    clip = request.getfixturevalue(name) if name.endswith("spoken") else make_clip(**kinds.get(name, {}))
    out, *_ = write_clip(clip, tmp_path / f"{name}{suffix}")
    report = validate(out)
    assert report["issues"]["messages"] == []  # errors, warnings, infos and hints
    counts = [report["issues"][f"num{kind}"] for kind in ("Errors", "Warnings", "Infos", "Hints")]
    assert counts == [0, 0, 0, 0]
    assert report["info"]["hasMorphTargets"]


@pytest.mark.usefixtures("khronos")
@pytest.mark.parametrize("head_pose", HeadPose)
@pytest.mark.parametrize("morphs", Morphs)
def test_khronos_finds_nothing_to_say_of_any_targets(
    tmp_path: Path, make_clip, morphs: Morphs, head_pose: HeadPose
) -> None:
    clip = make_clip(avatar=small_dyntet(), frames=20)
    out, *_ = write_clip(clip, tmp_path / "x.glb", Options(morphs=morphs, head_pose=head_pose))
    report = validate(out)
    assert report["issues"]["messages"] == []
    assert report["info"]["hasSkins"] == (head_pose is HeadPose.baked)


@pytest.mark.usefixtures("khronos")
def test_the_validator_does_find_faults(tmp_path: Path, make_clip) -> None:
    out, *_ = write_clip(make_clip(frames=2), tmp_path / "x.gltf")
    out.write_text(out.read_text().replace('"LINEAR"', '"WOBBLY"').replace('"count": 2,', '"count": 900000,'))
    assert validate(out)["issues"]["numErrors"] > 0


@pytest.mark.usefixtures("blender")
@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_blender_shows_what_was_baked(tmp_path: Path, spoken: Clip, suffix: str) -> None:
    out, *_ = write_clip(spoken, tmp_path / f"line{suffix}")
    widest = int(np.argmax(spoken.weights_nx52[:, INDEX["jawOpen"]]))
    frames = [0, spoken.frame_count // 3, widest, 2 * spoken.frame_count // 3, spoken.frame_count - 1]
    seen = look(out, [float(spoken.times_n_s[i]) for i in frames])
    assert tuple(seen["shape_keys"]) == ARKIT_NAMES
    assert seen["actions"] == [spoken.line]
    for part in spoken.topology.parts:
        assert seen["materials"][part.name]["size"][0] >= 256
    for index, vertices in zip(frames, seen["vertices"], strict=True):
        off_mm = 1000 * np.linalg.norm(vertices - baked_vertices(spoken, index), axis=1)
        assert off_mm.max() <= 0.1, f"frame {index}: {off_mm.max():.4f} mm"
    assert np.ptp(seen["vertices"], axis=0).max() > 1e-3  # it does move


@pytest.mark.usefixtures("blender")
@pytest.mark.parametrize("head_pose", HeadPose)
def test_blender_shows_a_learned_head_by_its_basis(
    tmp_path: Path, learned_spoken: Clip, head_pose: HeadPose
) -> None:
    out, *_ = write_clip(
        learned_spoken, tmp_path / "x.glb", Options(morphs=Morphs.basis, head_pose=head_pose)
    )
    frames = [0, learned_spoken.frame_count // 2, learned_spoken.frame_count - 1]
    seen = look(out, [float(learned_spoken.times_n_s[i]) for i in frames])
    assert seen["shape_keys"][:2] == ["basis_00", "basis_01"]
    for index, vertices in zip(frames, seen["vertices"], strict=True):
        off_mm = 1000 * np.linalg.norm(vertices - baked_vertices(learned_spoken, index), axis=1)
        assert np.percentile(off_mm, 99.9) <= 0.15  # the head's pose is off by 0.04 mm of its own
        assert off_mm.max() <= 0.3


def test_the_real_line_is_within_the_tolerance_at_every_frame(tmp_path: Path, spoken: Clip) -> None:
    out, *_ = write_clip(spoken, tmp_path / "line.glb")
    gltf = Gltf(out)
    worst_mm = max(
        1000 * np.linalg.norm(gltf.vertices(float(t)) - baked_vertices(spoken, i), axis=1).max()
        for i, t in enumerate(spoken.times_n_s[::7])
        for i in [7 * i]
    )
    assert worst_mm <= 0.1
