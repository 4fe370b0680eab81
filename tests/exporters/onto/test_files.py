"""A line on somebody else's character: its shapes move, its head turns, and all else stays byte for byte."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.gltf.read_gltf import Gltf
from exporters.onto_rigs import rig
from talkwire.exporters import Place, plan_lines
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.raw import read_gltf
from talkwire.exporters.inspection.played import Played, played
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.errors import ExportError
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.visemes import VISEMES, visemes

ARKIT = {
    "Head": ["eyeBlink_L", "Eye_Blink_R", "JawOpen", "MOUTHCLOSE", "mouthSmile_L", "Custom Smirk"],
    "Teeth": ["bs.jawOpen"],
    "Hat": [],
}
VISEME = {"Head": [*(f"viseme_{name}" for name in VISEMES), "mouthOpen", "eyesClosed"]}
VRM = {"Face": ["Fcl_ALL_Joy", *(f"Fcl_MTH_{v}" for v in "AIUEO"), "Fcl_EYE_Close_L", "Fcl_EYE_Close_R"]}
BONES = ("Hips", "mixamorig:Spine", "mixamorig:Head", "mixamorig:HeadTop_End")


def speak(clip: Clip, character: Path, out: Path, **wishes: Any) -> str:
    """Write the line onto the character; returns what is said of it."""
    line = out.parent / f"{clip.line}.wav"
    line.touch()
    plan = plan_lines([line], out, Place(onto=character, **wishes))
    plan.write([clip])
    return plan.says


def curves(path: Path, line: str, clip: Clip) -> dict[str, np.ndarray]:
    """[N] of each target, by name, at the clip's moments."""
    gltf, found = Gltf(path), {}
    gltf.bin += b"" if path.suffix == ".glb" else (path.parent / f"{path.stem}_lines.bin").read_bytes()
    animation = next(a for a in gltf.json["animations"] if a["name"] == line)
    for channel in animation["channels"]:
        if channel["target"]["path"] == "weights":
            mesh = gltf.json["meshes"][gltf.json["nodes"][channel["target"]["node"]]["mesh"]]
            gltf.json["animations"] = [{**animation, "channels": [channel]}]
            values = np.array([gltf.channel("weights", t) for t in clip.times_n_s])
            found |= dict(zip(mesh["extras"]["targetNames"], values.T, strict=True))
    return found


def test_arkits_shapes_move_by_whatever_name(tmp_path: Path, make_clip) -> None:
    clip, out = make_clip(), tmp_path / "out.glb"
    said = speak(clip, rig(tmp_path / "in.glb", ARKIT, bones=BONES), out)
    seen = curves(out, clip.line, clip)
    wanted = {
        "eyeBlink_L": "eyeBlinkLeft",
        "Eye_Blink_R": "eyeBlinkRight",
        "JawOpen": "jawOpen",
        "MOUTHCLOSE": "mouthClose",
        "mouthSmile_L": "mouthSmileLeft",
        "bs.jawOpen": "jawOpen",
    }
    for target, name in wanted.items():
        # 0.1 mm of what moves a few millimetres
        assert np.abs(seen[target] - clip.weights_nx52[:, INDEX[name]]).max() < 0.05, target
    assert not seen["Custom Smirk"].any()
    assert "Head: 5 of 6 shapes driven; not driven: Custom Smirk" in said
    assert "head: mixamorig:Head x 1" in said


def test_mouths_of_visemes_get_shares_and_other_shapes_their_weights(tmp_path: Path, make_clip) -> None:
    clip, out = make_clip(), tmp_path / "out.glb"
    speak(clip, rig(tmp_path / "in.glb", VISEME), out)
    seen = curves(out, clip.line, clip)
    shares = visemes(clip.weights_nx52)
    for column, name in enumerate(VISEMES):
        assert np.abs(seen[f"viseme_{name}"] - shares[:, column]).max() < 0.05
    blinks = clip.weights_nx52[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]].mean(axis=1)
    assert np.abs(seen["eyesClosed"] - blinks).max() < 0.05
    assert not seen["mouthOpen"].any()


def test_vrms_vowels_and_lids(tmp_path: Path, make_clip) -> None:
    clip, out = make_clip(), tmp_path / "out.glb"
    speak(clip, rig(tmp_path / "in.glb", VRM), out)
    seen = curves(out, clip.line, clip)
    shares = visemes(clip.weights_nx52)
    assert np.abs(seen["Fcl_MTH_O"] - shares[:, VISEMES.index("oh")]).max() < 0.05
    assert np.abs(seen["Fcl_EYE_Close_L"] - clip.weights_nx52[:, INDEX["eyeBlinkLeft"]]).max() < 0.05
    assert not seen["Fcl_ALL_Joy"].any()


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_all_else_survives_byte_for_byte(tmp_path: Path, make_clip, suffix: str) -> None:
    clip, out = make_clip(), tmp_path / f"out{suffix}"
    character = rig(tmp_path / f"in{suffix}", ARKIT, bones=BONES)
    speak(clip, character, out)
    before, after = read_gltf(character), read_gltf(out)
    # the text is the old one, cut open at four places or so, with nothing of it gone
    at = 0
    for piece in before.text.split('"byteLength": '):  # the length of the buffer alone is another
        head = piece.partition("\n")[2] if at else piece
        lines = [line for line in head.splitlines() if line.strip() not in ("]", "}", "],")]
        for line in lines:
            at = after.text.index(line.rstrip().removesuffix("]"), at)
    assert "1.2500000e-01" in after.text
    if suffix == ".glb":
        assert after.chunk is not None and before.chunk is not None
        assert after.chunk.startswith(before.chunk)
    else:
        assert after.list("buffers")[0] == before.list("buffers")[0]
    for key, value in before.tree.items():
        grown = after.tree[key]
        if key in ("accessors", "bufferViews", "animations"):
            assert grown[: len(value)] == value
        elif key != "buffers":
            assert grown == value
    assert [a["name"] for a in after.list("animations")] == ["Wave", clip.line]


def test_the_head_turns_about_its_bone_as_the_clips_does(tmp_path: Path, make_clip) -> None:
    """Whatever way bones are turned at rest, the head turns about the character's axes."""
    clip, out = make_clip(), tmp_path / "out.glb"
    character = rig(tmp_path / "in.glb", {"Head": ["jawOpen", "mouthClose"]}, bones=BONES)
    speak(clip, character, out)
    raw = read_gltf(out)
    shown = played(raw, raw.list("animations")[1])
    moved = shown.vertices(clip.times_n_s)
    still = moved_by_shapes_alone(shown, clip)
    head = next(i for i, node in enumerate(raw.list("nodes")) if node["name"] == "mixamorig:Head")
    pivot = shown._world(head, np.zeros(1))[0, :3, 3]
    for index in range(0, clip.frame_count, 9):
        turn = rotation_matrix(clip.rotations_nx4[index])
        wanted = (still[index] - pivot) @ turn.T + pivot
        assert np.linalg.norm(moved[index] - wanted, axis=1).max() < 1e-3  # 1.5 m away from the bone


def moved_by_shapes_alone(shown: Played, clip: Clip) -> np.ndarray:
    channels = [c for c in shown.animation["channels"] if c["target"]["path"] == "weights"]
    still = Played(
        shown.raw, {**shown.animation, "channels": channels}, shown.node, shown.base_vx3,
        shown.deltas_kx3v, shown.hold,
    )  # fmt: skip
    return still.vertices(clip.times_n_s)


def test_a_character_that_looks_the_other_way_is_turned_that_way(tmp_path: Path, make_clip) -> None:
    clip = make_clip()
    character = rig(tmp_path / "in.glb", {"Head": ["jawOpen", "mouthClose"]}, bones=("Head",))
    turns = {}
    for facing in ("+z", "-z"):
        mapping = tmp_path / "map.json"
        mapping.unlink(missing_ok=True)
        speak(clip, character, tmp_path / "out.glb", write_mapping=mapping)
        said = json.loads(mapping.read_text())
        mapping.write_text(json.dumps(said | {"facing": facing, "bones": {"Head": 0.5}}))
        speak(clip, character, tmp_path / "out.glb", mapping=mapping)
        raw = read_gltf(tmp_path / "out.glb")
        shown = played(raw, raw.list("animations")[1])
        turns[facing] = shown._world(shown.hold[0][0], clip.times_n_s)[:, :3, :3]  # type: ignore[index]
    rest = half(clip, 0).T @ turns["+z"][0]
    for index in range(0, clip.frame_count, 9):
        assert np.allclose(turns["+z"][index], half(clip, index) @ rest, atol=1e-3)
        flip = np.diag([-1.0, 1, -1])
        assert np.allclose(turns["-z"][index], flip @ half(clip, index) @ flip @ rest, atol=1e-3)


def half(clip: Clip, index: int) -> np.ndarray:
    """The head's turn by half its angle."""
    return rotation_matrix(clip.rotations_nx4[index] + np.array([0, 0, 0, 1]))


def test_gains_of_a_mapping_are_kept(tmp_path: Path, make_clip) -> None:
    clip, out = make_clip(), tmp_path / "out.glb"
    character, mapping = rig(tmp_path / "in.glb", ARKIT, bones=BONES), tmp_path / "map.json"
    speak(clip, character, out, write_mapping=mapping)
    said = json.loads(mapping.read_text())
    assert said["not_driven"] == {"Head": ["Custom Smirk"]}
    assert said["meshes"]["Teeth"] == {"bs.jawOpen": {"jawOpen": 1.0}}
    said["meshes"] = {"Head": {"Custom Smirk": {"mouthSmileLeft": 0.5, "viseme_aa": -2}}}
    said["bones"] = {}
    mapping.write_text(json.dumps(said))
    speak(clip, character, out, mapping=mapping)
    seen = curves(out, clip.line, clip)
    wanted = 0.5 * clip.weights_nx52[:, INDEX["mouthSmileLeft"]] - 2 * visemes(clip.weights_nx52)[:, 10]
    assert np.abs(seen["Custom Smirk"] - wanted).max() < 0.05
    assert not seen["JawOpen"].any()
    with pytest.raises(ExportError, match=r"map.json is there already"):
        speak(clip, character, out, write_mapping=mapping)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"meshes": {"Nose": {}}}, "saw 'Nose', wanted a mesh: Head, Teeth"),
        ({"meshes": {"Head": {"jaw": {}}}}, "saw 'jaw', wanted a shape of 'Head': eyeBlink_L"),
        ({"meshes": {"Head": {"JawOpen": {"jaw": 1}}}}, "saw 'jaw', wanted a source: eyeBlinkLeft"),
        ({"meshes": {"Head": {"JawOpen": {"jawOpen": 1e9}}}}, "saw the gain 1000000000.0, wanted a number"),
        ({"meshes": {"Head": {"JawOpen": "jawOpen"}}}, "wanted an object"),
        ({"meshes": []}, "wanted an object"),
        ({"meshes": {}, "bones": {}}, "saw nothing that is driven"),
        ({"bones": {"Tail": 1}}, "saw 'Tail', wanted a bone: "),
        ({"facing": "north"}, "saw 'north', wanted a way to face"),
        ({"talkwire_mapping": 2}, "saw no talkwire_mapping of version 1"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_there_is(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    character = rig(tmp_path / "in.glb", ARKIT, bones=BONES)
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps({"talkwire_mapping": 1, "bones": {"Hips": 1}} | change))
    with pytest.raises(ExportError, match=f"the mapping map.json cannot be used: .*{sentence}"):
        plan_lines([tmp_path / "a.wav"], tmp_path / "x.glb", Place(onto=character, mapping=mapping))


@pytest.mark.parametrize("text", ["", "[" * 100_000, "\x00", "{}"])
def test_a_mapping_that_is_none(tmp_path: Path, text: str) -> None:
    mapping = tmp_path / "map.json"
    mapping.write_text(text)
    character = rig(tmp_path / "in.glb", ARKIT)
    for name in (mapping, tmp_path / "absent.json"):
        with pytest.raises(ExportError, match="cannot be used"):
            plan_lines([tmp_path / "a.wav"], tmp_path / "x.glb", Place(onto=character, mapping=name))


def test_a_character_without_known_shapes_lists_those_that_it_has(tmp_path: Path) -> None:
    bodies = {"fat, thin": {"Body": ["fat", "thin"]}, "no mesh with morph targets": {"Body": []}}
    for sentence, names in bodies.items():
        character = rig(tmp_path / "in.glb", names)
        with pytest.raises(ExportError, match=f"has no shape that a voice could move: saw .*{sentence}"):
            plan_lines([tmp_path / "a.wav"], tmp_path / "x.glb", Place(onto=character))


@pytest.mark.parametrize(
    ("name", "out", "sentence"),
    [
        ("in.glb", "x.gltf", r"in.glb cannot become x.gltf: saw the suffix '.gltf', wanted .glb"),
        ("in.gltf", "x.glb", r"in.gltf cannot become x.glb"),
        ("in.glb", "in.glb", "would overwrite the character"),
        ("in.glb", "x.mp4", "holds one line alone"),
        ("in.fbx", "x.glb", "in.fbx cannot be read: saw the suffix '.fbx'.*Blender imports FBX"),
        ("absent.glb", "x.glb", "absent.glb cannot be read: saw no such file"),
    ],
)
def test_what_cannot_become_what(tmp_path: Path, name: str, out: str, sentence: str) -> None:
    for suffix in (".glb", ".gltf"):
        rig(tmp_path / f"in{suffix}", ARKIT)
    (tmp_path / "in.fbx").write_bytes(b"Kaydara FBX Binary  \x00")
    with pytest.raises(ExportError, match=sentence):
        plan_lines([tmp_path / "a.wav"], tmp_path / out, Place(onto=tmp_path / name))


def test_an_animation_of_the_lines_name_is_not_overwritten(tmp_path: Path) -> None:
    character = rig(tmp_path / "in.glb", ARKIT)
    with pytest.raises(ExportError, match="has an animation of that name: saw Wave"):
        plan_lines([tmp_path / "Wave.wav"], tmp_path / "x.glb", Place(onto=character))


def test_a_gltf_goes_to_another_folder_with_what_it_names(tmp_path: Path, make_clip) -> None:
    clip, folder = make_clip(), tmp_path / "there"
    folder.mkdir()
    character = rig(tmp_path / "in.gltf", ARKIT)
    speak(clip, character, folder / "x.gltf")
    wanted = ["made up.wav", "rig buffer.bin", "x.gltf", "x.wav", "x_lines.bin"]
    assert sorted(path.name for path in folder.iterdir()) == wanted
    assert (folder / "rig buffer.bin").read_bytes() == (tmp_path / "rig buffer.bin").read_bytes()
    again = folder / "y.gltf"  # a second line onto the first result
    later = make_clip(line="later")
    speak(later, folder / "x.gltf", again)
    assert [a["name"] for a in read_gltf(again).list("animations")] == ["Wave", "made up", "later"]
    raw = read_gltf(again)
    assert raw.array(raw.list("animations")[2]["samplers"][0]["input"]).shape[1] == 1


def test_a_glb_without_a_buffer_of_its_own_is_given_one(tmp_path: Path, make_clip) -> None:
    """All its bytes in a data URI, as some converters write it."""
    import base64

    character = rig(tmp_path / "in.glb", {"Head": ["jawOpen", "mouthClose"]})
    raw = read_gltf(character)
    assert raw.chunk is not None
    raw.tree["buffers"][0]["uri"] = (
        "data:application/octet-stream;base64," + base64.b64encode(raw.chunk).decode()
    )
    text = json.dumps(raw.tree).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text
    character.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)
    clip, out = make_clip(), tmp_path / "out.glb"
    speak(clip, character, out)
    after = read_gltf(out)
    assert len(after.list("buffers")) == 2
    assert after.array(after.list("animations")[1]["samplers"][0]["input"])[0, 0] == 0


def test_several_lines_go_onto_one_character(tmp_path: Path, make_clip) -> None:
    character = rig(tmp_path / "in.glb", ARKIT, bones=BONES)
    lines = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for line in lines:
        line.touch()
    clips = [make_clip(line="a"), make_clip(line="b", frames=30)]
    written = plan_lines(lines, tmp_path / "x.glb", Place(onto=character)).write(clips)
    assert sorted(path.name for path in written) == ["x.glb", "x_a.wav", "x_b.wav"]
    animations = read_gltf(tmp_path / "x.glb").list("animations")
    assert [a["name"] for a in animations] == ["Wave", "a", "b"]
    assert animations[2]["extras"]["frames"] == 30
