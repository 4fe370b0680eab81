"""Outside judges on how a glTF holds numbers, pictures and sound: each variant is what the plain file is."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from exporters.gltf.read_gltf import Gltf, baked_vertices
from judges.blender import look
from judges.install import MODULES
from judges.khronos import validate
from judges.three import play
from talkwire.exporters import Audio, Clip, Compress, HeadPose, Options, Texture, Textures, write_clip
from talkwire.runtime.arkit import ARKIT_NAMES

# what Khronos' validator does not know it says so, as information; nobody can tell it more
UNKNOWN = {"EXT_meshopt_compression", "KHR_audio_emitter", "KHR_texture_basisu"}
VARIANTS = {
    "quantize": Options(tolerance_mm=1, compress=Compress.quantize),
    "quantize baked": Options(tolerance_mm=1, compress=Compress.quantize, head_pose=HeadPose.baked),
    "meshopt": Options(tolerance_mm=1, compress=Compress.meshopt),
    "meshopt baked": Options(tolerance_mm=1, compress=Compress.meshopt, head_pose=HeadPose.baked),
    "jpeg": Options(texture=Texture.jpeg),
    "webp": Options(texture=Texture.webp),
    "none": Options(texture=Texture.none),
    "embed": Options(audio=Audio.embed),
    "all": Options(
        tolerance_mm=1, compress=Compress.meshopt, texture=Texture.webp, audio=Audio.embed
    ),
}  # fmt: skip


def unexpected(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Messages beyond: of an extension unknown to it, and of what only such an extension uses."""
    unused = ("/bufferViews/", "/images/0") if report["info"].get("extensionsUsed") else ()
    return [
        message
        for message in report["issues"]["messages"]
        if not (message["code"] == "UNSUPPORTED_EXTENSION" and any(n in message["message"] for n in UNKNOWN))
        and not (message["code"] == "UNUSED_OBJECT" and message["pointer"].startswith(unused))
    ]


@pytest.mark.usefixtures("khronos")
@pytest.mark.parametrize(
    ("name", "suffix"), [*((name, ".glb") for name in VARIANTS), ("meshopt", ".gltf"), ("webp", ".gltf")]
)
def test_khronos_finds_no_error_and_no_warning(tmp_path: Path, make_clip, suffix: str, name: str) -> None:
    options = VARIANTS[name]
    out, *_ = write_clip(make_clip(frames=12), tmp_path / f"x{suffix}", options)
    report = validate(out)
    assert report["issues"]["numErrors"] == report["issues"]["numWarnings"] == 0
    left = unexpected(report)
    if options.texture is Texture.none:  # coordinates wait for the texture of whoever has one
        left = [message for message in left if not message["pointer"].endswith("TEXCOORD_0")]
    assert left == []


@pytest.mark.usefixtures("khronos")
def test_khronos_knows_no_ktx2_and_finds_nothing_else(
    tmp_path: Path, make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (MODULES / "ktx2-encoder").exists():
        pytest.skip("no ktx2-encoder")
    monkeypatch.chdir(MODULES.parent)
    out, *_ = write_clip(make_clip(frames=2), tmp_path / "x.glb", Options(texture=Texture.ktx2))
    report = validate(out)
    said = {(message["code"], message["pointer"]) for message in unexpected(report)}
    assert said == {("VALUE_NOT_IN_LIST", "/images/0/mimeType"), ("IMAGE_UNRECOGNIZED_FORMAT", "/images/0")}
    json = Gltf(out).json
    assert json["textures"] == [{"sampler": 0, "extensions": {"KHR_texture_basisu": {"source": 0}}}]
    assert json["extensionsRequired"] == ["KHR_texture_basisu"]


@pytest.mark.usefixtures("blender")
def test_blender_shows_integers_webp_and_a_file_with_sound(tmp_path: Path, spoken: Clip) -> None:
    options = Options(compress=Compress.quantize, texture=Texture.webp, audio=Audio.embed)
    out, *_ = write_clip(spoken, tmp_path / "line.glb", options)
    frames = [0, spoken.frame_count // 3, spoken.frame_count - 1]
    seen = look(out, [float(spoken.times_n_s[i]) for i in frames])
    assert tuple(seen["shape_keys"]) == ARKIT_NAMES
    assert seen["actions"] == [spoken.line]
    assert {material["size"][0] for material in seen["materials"].values()} == {1024}
    for index, vertices in zip(frames, seen["vertices"], strict=True):
        off_mm = 1000 * np.linalg.norm(vertices - baked_vertices(spoken, index), axis=1)
        assert off_mm.max() <= 0.1, f"frame {index}: {off_mm.max():.4f} mm"


@pytest.mark.usefixtures("three")
def test_three_plays_a_packed_line(tmp_path: Path, spoken: Clip) -> None:
    options = Options(compress=Compress.meshopt, texture=Texture.webp, audio=Audio.embed)
    out, *_ = write_clip(spoken, tmp_path / "line.glb", options)
    frames = [0, spoken.frame_count // 2]
    seen = play(out, [float(spoken.times_n_s[i]) for i in frames])
    assert seen["animations"][0][0] == spoken.line
    assert all(tuple(names) == ARKIT_NAMES for names in seen["targets"])
    wanted = [baked_vertices(spoken, index) for index in frames]
    off_m, place = cKDTree(wanted[0]).query(seen["vertices"][0])  # packed vertices have another order
    assert off_m.max() <= 1e-4
    off_mm = 1000 * np.linalg.norm(seen["vertices"][1] - wanted[1][place], axis=1)
    # vertices that lie on one another at rest cannot be told apart: lips that touch
    assert np.quantile(off_mm, 0.99) <= 0.1


@pytest.mark.usefixtures("gltf_transform")
def test_gltfpack_reads_what_is_packed(tmp_path: Path, make_clip) -> None:
    program = MODULES / "gltfpack" / "cli.js"
    if not program.exists():
        pytest.skip("no gltfpack")
    clip = make_clip(frames=12)
    out, *_ = write_clip(clip, tmp_path / "x.glb", VARIANTS["meshopt"])
    words = ["node", str(program), "-i", str(out), "-o", str(tmp_path / "y.glb"), "-noq", "-kn", "-ke", "-v"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    mesh = f"({len(clip.topology.triangles_tx3)} triangles, {len(baked_vertices(clip, 0))} vertices)"
    assert mesh in done.stdout + done.stderr


@pytest.mark.usefixtures("khronos")
def test_a_flipbook_goes_beside_a_valid_file(tmp_path: Path, learned_spoken: Clip) -> None:
    files = write_clip(learned_spoken, tmp_path / "x.glb", Options(textures=Textures.animated))
    assert sorted(path.name for path in files) == ["x.glb", "x.wav", "x_flipbook.json", "x_flipbook_0.jpeg"]
    assert validate(tmp_path / "x.glb")["issues"]["messages"] == []
