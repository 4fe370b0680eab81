"""Outside judges on files of several lines and on characters that speak: players show what was baked."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporters.conftest import made_up_clip
from exporters.gltf.read_gltf import baked_vertices
from exporters.onto_rigs import rig
from judges import transform
from judges.blender import look
from judges.godot import imported
from judges.khronos import validate
from judges.three import play
from talkwire.exporters import Clip, Place, plan_lines
from talkwire.exporters.gltf.raw import read_gltf
from talkwire.exporters.inspection.played import Played, played
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX

BONES = ("Hips", "mixamorig:Spine", "mixamorig:Head")
RIGS = {
    "arkit": (
        {"Head": ["eyeBlink_L", "JawOpen", "MOUTHCLOSE", "mouthFunnel"], "Teeth": ["bs.jawOpen"]},
        BONES,
    ),
    "visemes": ({"Wolf3D_Head": ["viseme_PP", "viseme_aa", "viseme_O", "mouthOpen"]}, ("Neck",)),
    "vrm": ({"Face": [*(f"Fcl_MTH_{vowel}" for vowel in "AIUEO"), "Fcl_EYE_Close"]}, ()),
}
DARK = 55  # of 255: the inside of a mouth, not skin in shadow


@pytest.fixture(scope="module")
def two_lines(tmp_path_factory: pytest.TempPathFactory, spoken: Clip) -> tuple[Path, list[Clip]]:
    """The real line, and the same face going backwards, added later, in one file."""
    folder = tmp_path_factory.mktemp("lines")
    back = replace(
        spoken,
        line="backwards",
        weights_nx52=spoken.weights_nx52[::-1].copy(),
        rotations_nx4=spoken.rotations_nx4[::-1].copy(),
        translations_nx3_m=spoken.translations_nx3_m[::-1].copy(),
    )
    out = folder / "lines.glb"
    plan_lines([folder / "a.wav"], out).write([spoken])
    plan_lines([folder / "b.wav"], out, Place(append=True)).write([back])
    return out, [spoken, back]


@pytest.fixture(scope="module")
def speaks(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Puts a made-up line onto the rig of this name."""
    folder = tmp_path_factory.mktemp("rigs")

    def speaks(name: str, suffix: str = ".glb") -> Path:
        names, bones = RIGS[name]
        out = folder / f"{name} speaks{suffix}"
        if not out.exists():
            character = rig(folder / f"{name}{suffix}", names, bones=bones)
            plan_lines([folder / "x.wav"], out, Place(onto=character)).write([made_up_clip()])
        return out

    return speaks


def moments(clip: Clip) -> list[int]:
    """Frames: the mouth closed by pressed lips, wide open, and the last."""
    opened = clip.weights_nx52[:, INDEX["jawOpen"]] - clip.weights_nx52[:, INDEX["mouthClose"]]
    return [int(opened.argmin()), int(opened.argmax()), clip.frame_count - 1]


def worst_mm(seen: np.ndarray, clip: Clip, frames: list[int]) -> float:
    wanted = np.array([baked_vertices(clip, index) for index in frames])
    return float(1000 * np.linalg.norm(seen - wanted, axis=2).max())


def shown(path: Path, animation: int) -> Played:
    raw = read_gltf(path)
    return played(raw, raw.list("animations")[animation])


@pytest.mark.usefixtures("khronos")
def test_khronos_finds_nothing_to_say_of_lines_or_characters(
    two_lines: tuple[Path, list[Clip]], speaks: Callable[..., Path]
) -> None:
    for path in (two_lines[0], *(speaks(name) for name in RIGS), speaks("arkit", ".gltf")):
        assert validate(path)["issues"]["messages"] == [], path.name


@pytest.mark.usefixtures("three")
def test_three_js_plays_a_line_of_several_and_its_mouth_opens_and_closes(
    two_lines: tuple[Path, list[Clip]],
) -> None:
    path, (first, back) = two_lines
    frames = moments(back)
    seen = play(path, [float(back.times_n_s[i]) for i in frames], "backwards")
    last_s = float(first.times_n_s[-1])
    assert [name for name, _ in seen["animations"]] == [first.line, "backwards"]
    assert [length for _, length in seen["animations"]] == pytest.approx([last_s, last_s], abs=1e-6)
    assert {tuple(names) for names in seen["targets"]} == {ARKIT_NAMES}
    assert worst_mm(seen["vertices"], back, frames) <= 0.1
    closed, opened, _ = (dark_in_mouth(seen, at, back) for at in range(3))
    assert opened > closed + 0.02, (closed, opened)
    assert closed < 0.05


def dark_in_mouth(seen: dict, at: int, clip: Clip) -> float:
    """The share of dark pixels between the lips: what funnels most, as the picture shows it."""
    parts = clip.topology.parts
    runs = [slice(p.first_triangle, p.first_triangle + p.triangle_count) for p in parts]
    order = np.concatenate([np.unique(clip.topology.triangles_tx3[run]) for run in runs])
    reach = np.linalg.norm(clip.avatar.deltas_kxvx3[INDEX["mouthFunnel"]][order], axis=1)
    lips = seen["pixels"][at][reach > 0.5 * reach.max()]
    left, top = lips.min(axis=0).astype(int)
    right, bottom = lips.max(axis=0).astype(int)
    picture = np.asarray(Image.open(io.BytesIO(seen["pictures"][at])).convert("L"))
    return float((picture[top:bottom, left:right] < DARK).mean())


@pytest.mark.usefixtures("three")
def test_three_js_moves_a_character_by_shapes_and_bone(speaks: Callable[..., Path]) -> None:
    path, clip = speaks("visemes"), made_up_clip()
    times_s = [0.0, 0.5, float(clip.times_n_s[-1])]
    seen = play(path, times_s, clip.line)
    assert np.abs(seen["vertices"] - shown(path, 1).vertices(np.array(times_s))).max() < 1e-5
    assert np.ptp(seen["vertices"], axis=0).max() > 0.01


@pytest.mark.usefixtures("blender")
def test_blender_plays_a_line_of_several(two_lines: tuple[Path, list[Clip]]) -> None:
    path, (first, back) = two_lines
    frames = moments(back)
    seen = look(path, [float(back.times_n_s[i]) for i in frames], animation="backwards")
    assert sorted(seen["actions"]) == sorted([first.line, "backwards"])
    assert worst_mm(seen["vertices"], back, frames) <= 0.1


@pytest.mark.usefixtures("blender")
def test_blender_moves_a_character_by_shapes_and_bone(speaks: Callable[..., Path]) -> None:
    path, clip = speaks("visemes"), made_up_clip()
    times_s = [0.0, 0.5, float(clip.times_n_s[-1])]
    seen = look(path, times_s, animation=clip.line, mesh="Wolf3D_Head")
    assert sorted(seen["actions"]) == ["Wave", clip.line]
    assert np.abs(seen["vertices"] - shown(path, 1).vertices(np.array(times_s))).max() < 1e-5


@pytest.mark.usefixtures("godot")
def test_godot_3_imports_lines_and_characters(
    two_lines: tuple[Path, list[Clip]], speaks: Callable[..., Path]
) -> None:
    path, (first, back) = two_lines
    seen = imported(path)
    last_s = float(first.times_n_s[-1])
    assert {tuple(mesh["shapes"]) for mesh in seen["meshes"].values()} == {ARKIT_NAMES}
    for clip in (first, back):
        line = seen["animations"][clip.line]
        assert line["length"] == pytest.approx(last_s, abs=1e-4)
        assert len(line["tracks"]) == len(ARKIT_NAMES) + 1
    character, clip = imported(speaks("arkit")), made_up_clip()
    names, _ = RIGS["arkit"]
    assert [mesh["shapes"] for mesh in character["meshes"].values()] == list(names.values())
    tracks = dict(character["animations"][clip.line]["tracks"])
    assert any(track.endswith("Skeleton:mixamorig_Head") or "mixamorig_head" in track for track in tracks)
    assert sum("blend_shapes" in track for track in tracks) == 5


@pytest.mark.usefixtures("gltf_transform")
def test_gltf_transform_reads_all_of_it(
    two_lines: tuple[Path, list[Clip]], speaks: Callable[..., Path], tmp_path: Path
) -> None:
    path, (_, back) = two_lines
    assert transform.validate(path) == []
    copy = transform.copied(path, tmp_path / "copy.glb")
    times_s = back.times_n_s[::40]
    assert np.array_equal(shown(copy, 1).vertices(times_s), shown(path, 1).vertices(times_s))
    assert transform.validate(speaks("arkit")) == []
