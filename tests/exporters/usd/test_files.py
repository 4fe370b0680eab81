"""USD files: no fault for OpenUSD's validators, and the avatar's own motion when UsdSkel skins them."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdMedia, UsdShade, UsdSkel

from exporters.gltf.read_gltf import turned
from exporters.usd.read_usd import baked, faults
from judges.blender_usd import look
from support import ROOT, small_avatar
from talkwire.exporters import Clip, Options, write_clip
from talkwire.exporters.options import Morphs
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.errors import ExportError, MissingDependency


def parts_of(clip: Clip, index: int) -> dict[str, np.ndarray]:
    """The avatar's own vertices of a frame, head pose applied, by part."""
    face, topology = clip.face(index), clip.topology
    placed = turned(clip.vertices(index).astype(float), face.head_rotation) + face.head_translation_m
    runs = {p.name: slice(p.first_triangle, p.first_triangle + p.triangle_count) for p in topology.parts}
    return {name: placed[np.unique(topology.triangles_tx3[run])] for name, run in runs.items()}


def worst_mm(seen: dict[int, dict[str, np.ndarray]], clip: Clip) -> float:
    return max(
        1000 * float(np.linalg.norm(seen[frame][name] - places, axis=1).max())
        for frame in seen
        for name, places in parts_of(clip, frame).items()
    )


@pytest.mark.parametrize("suffix", [".usda", ".usdc", ".usdz"])
@pytest.mark.parametrize(
    "kind", [{}, {"frames": 1}, {"still": True, "frames": 3}, {"fps": 24, "line": 'ä "#1'}]
)
def test_openusd_finds_no_fault_and_moves_it_alike(
    tmp_path: Path, make_clip, suffix: str, kind: dict
) -> None:
    clip = make_clip(**kind)
    out, *_ = write_clip(clip, tmp_path / f"a 1{suffix}")
    assert faults(out) == []
    assert worst_mm(baked(out, [0, clip.frame_count // 2, clip.frame_count - 1]), clip) < 1e-3


def test_the_validators_do_find_faults(tmp_path: Path, make_clip) -> None:
    out, *_ = write_clip(make_clip(frames=2), tmp_path / "x.usda")
    out.write_text(out.read_text().replace('upAxis = "Y"', "").replace('defaultPrim = "small"', ""))
    assert len(faults(out)) >= 2


def test_the_stage_says_what_importers_ask(tmp_path: Path, make_clip) -> None:
    clip = make_clip(frames=48, fps=24)
    out, picture, sound = write_clip(clip, tmp_path / "x.usda")
    stage = Usd.Stage.Open(str(out))
    assert (stage.GetTimeCodesPerSecond(), stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (24, 0, 47)
    assert (UsdGeom.GetStageUpAxis(stage), UsdGeom.GetStageMetersPerUnit(stage)) == ("Y", 1.0)
    root = stage.GetDefaultPrim()
    assert root.IsA(UsdSkel.Root)
    said = root.GetCustomDataByKey("talkwire")
    assert (said["seed"], said["licence"], said["frames"]) == (5, "CC0-1.0", 48)
    assert said["error_mm"]["worst"] < 1e-3
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/small/Skeleton/Animation"))
    assert tuple(animation.GetBlendShapesAttr().Get()) == ARKIT_NAMES
    assert len(animation.GetBlendShapeWeightsAttr().GetTimeSamples()) == 48
    audio = UsdMedia.SpatialAudio(stage.GetPrimAtPath("/small/Voice"))
    assert Path(audio.GetFilePathAttr().Get().resolvedPath) == sound
    assert sound.read_bytes() == wav_bytes(clip.samples, clip.sample_rate_hz)
    shader = UsdShade.Shader(stage.GetPrimAtPath("/small/Materials/skin/Texture"))
    assert Path(shader.GetInput("file").Get().resolvedPath) == picture
    assert picture.read_bytes() == clip.topology.texture


def test_a_learned_head_has_its_own_basis_or_arkits_names(tmp_path: Path, learned_spoken: Clip) -> None:
    clip = learned_spoken
    for morphs, limit_mm in ((Morphs.basis, 0.1), (Morphs.arkit, 10.0)):
        out, *_ = write_clip(clip, tmp_path / f"{morphs}.usdc", Options(morphs=morphs))
        stage = Usd.Stage.Open(str(out))
        said = stage.GetDefaultPrim().GetCustomDataByKey("talkwire")["error_mm"]
        seen = worst_mm(baked(out, [5, 20]), clip)
        assert seen <= limit_mm
        assert seen <= said["worst"] + 0.01
    assert faults(out) == []


@pytest.mark.usefixtures("blender")
def test_blender_imports_shapes_skeleton_texture_and_motion(tmp_path: Path, spoken: Clip) -> None:
    clip = dataclasses.replace(
        spoken,
        weights_nx52=spoken.weights_nx52[:60],
        rotations_nx4=spoken.rotations_nx4[:60],
        translations_nx3_m=spoken.translations_nx3_m[:60],
        pts_n=spoken.pts_n[:60],
    )
    out, *_ = write_clip(clip, tmp_path / "line.usdc")
    seen = look(out, [0, 31, 59])
    assert set(seen["shape_keys"]) == {part.name for part in clip.topology.parts}
    assert set().union(*seen["shape_keys"].values()) <= set(ARKIT_NAMES)
    assert len(seen["shape_keys"]["skin"]) > 45
    assert "ARMATURE" in seen["objects"].values()
    assert all(picture == [[1024, 1024]] for picture in seen["pictures"].values())
    assert worst_mm(seen["vertices"], clip) < 0.01


def test_without_the_library_the_pip_line_is_named(tmp_path: Path, make_clip, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[usd\]'"):
        write_clip(make_clip(frames=2), tmp_path / "x.usdc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a[1]", "a@b", "$x {y} <UDIM>", ".hidden", "100%20"])
def test_odd_names_are_found_again(tmp_path: Path, make_clip, name: str) -> None:
    for suffix in (".usda", ".usdz"):
        out, *_ = write_clip(make_clip(frames=2, line="half\udce4"), tmp_path / f"{name}{suffix}")
        assert faults(out) == []
        stage = Usd.Stage.Open(str(out))
        for path, attribute in (("Materials/skin/Texture", "inputs:file"), ("Voice", "filePath")):
            assert stage.GetPrimAtPath(f"/small/{path}").GetAttribute(attribute).Get().resolvedPath


@pytest.mark.parametrize("name", ["a\nb", "half\udce4"])
def test_a_name_that_usd_cannot_say_is_refused(tmp_path: Path, make_clip, name: str) -> None:
    with pytest.raises(ExportError, match="USD cannot name a file"):
        write_clip(make_clip(frames=2), tmp_path / f"{name}.usdc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".usdc", ".usdz", ".vat.json"])
def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from exporters.conftest import made_up_clip
from talkwire.exporters import write_clip
from talkwire.runtime.errors import ExportError
clip = made_up_clip(frames=200)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    write_clip(clip, Path(sys.argv[1]))
except ExportError as error:
    print(error)
"""
    path = os.pathsep.join(str(ROOT / room) for room in ("tests", "bridge", "runtime", "exporters"))
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / f"x{suffix}")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_avatar_without_shapes_is_refused(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    del avatar.deltas_kxvx3
    with pytest.raises(ExportError, match="has no shapes"):
        write_clip(make_clip(avatar=avatar, frames=2), tmp_path / "x.usda")
    assert list(tmp_path.iterdir()) == []
