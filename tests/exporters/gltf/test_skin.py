"""The texture of a glTF: kept, encoded anew or left out; the sound inside; and choices that mean nothing."""

import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporters.gltf.read_gltf import Gltf
from judges.install import MODULES
from support import small_avatar
from talkwire.exporters import Audio, Compress, Options, Texture, Textures, plan_lines, write_clip
from talkwire.exporters.gltf import ktx2
from talkwire.exporters.gltf.skin import skin_of
from talkwire.exporters.lines import Place
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import AvatarError, ExportError, MissingDependency


def picture(mode: str = "RGB", size: tuple[int, int] = (20, 12), kind: str = "PNG") -> bytes:
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 256, (3, 5, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    file = io.BytesIO()
    noise.convert(mode).save(file, kind)
    return file.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("choice", [Texture.png, Texture.jpeg, Texture.webp])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_pictures_of_every_mode_come_out_as_what_they_show(choice: Texture, mode: str) -> None:
    texture = picture("I;16" if mode == "I;16" else mode, kind="JPEG" if mode == "CMYK" else "PNG")
    made = skin_of(texture, choice)
    assert made is not None
    assert Image.open(io.BytesIO(made)).format == choice.value.upper()
    off = np.abs(pixels(made) - pixels(texture))
    assert off.mean() <= {Texture.png: 0, Texture.jpeg: 8, Texture.webp: 16}[choice]


def test_what_is_of_that_kind_already_stays_as_it_is() -> None:
    for choice, kind in (
        (Texture.png, "PNG"),
        (Texture.jpeg, "JPEG"),
        (Texture.webp, "WEBP"),
        (Texture.keep, "PNG"),
    ):
        texture = picture(kind=kind)
        assert skin_of(texture, choice) is texture


def test_no_texture_is_none(tmp_path: Path, make_clip) -> None:
    write_clip(make_clip(frames=2), tmp_path / "x.gltf", Options(texture=Texture.none))
    json = Gltf(tmp_path / "x.gltf").json
    assert not {"images", "textures", "samplers"} & set(json)
    assert all("baseColorTexture" not in m["pbrMetallicRoughness"] for m in json["materials"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.bin", "x.gltf", "x.wav"]
    assert skin_of(b"", Texture.keep) is skin_of(b"", Texture.jpeg) is None


def test_a_texture_that_is_no_picture_is_refused(tmp_path: Path, make_clip) -> None:
    avatar = small_avatar()
    avatar.topology = replace(avatar.topology, texture=b"\x89PNG, or not")
    with pytest.raises(AvatarError, match="cannot be decoded"):
        write_clip(make_clip(avatar=avatar), tmp_path / "x.glb", Options(texture=Texture.webp))
    assert list(tmp_path.iterdir()) == []


def test_the_pictures_name_says_what_it_is(tmp_path: Path, make_clip) -> None:
    files = write_clip(make_clip(frames=2), tmp_path / "x.gltf", Options(texture=Texture.webp))
    assert tmp_path / "x_skin.webp" in files
    json = Gltf(tmp_path / "x.gltf").json
    assert json["images"][0]["uri"] == "x_skin.webp"
    assert json["textures"][0]["extensions"] == {"EXT_texture_webp": {"source": 0}}
    assert "source" not in json["textures"][0]
    assert json["extensionsRequired"] == ["EXT_texture_webp"]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (MODULES / ktx2.PACKAGE).exists():
        pytest.skip("no ktx2-encoder")
    monkeypatch.chdir(MODULES.parent)


@pytest.mark.usefixtures("encoder")
def test_ktx2_has_sides_that_are_multiples_of_4_and_all_its_levels() -> None:
    made = ktx2.ktx2(np.zeros((6, 9, 4), np.uint8))
    vk_format, _, width, height, _, _, _, levels, scheme = np.frombuffer(made, "<u4", 9, 12)
    assert (vk_format, width, height, levels, scheme) == (0, 12, 8, 4, 1)  # undefined, BasisLZ


@pytest.mark.usefixtures("encoder")
def test_an_encoder_that_hangs_or_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExportError, match=r"cannot be encoded as KTX2: saw no end after 0.01 s"):
        ktx2.ktx2(np.zeros((4, 4, 4), np.uint8), timeout_s=0.01)
    monkeypatch.setattr(ktx2, "_PROGRAM", "throw new Error('the encoder is broken')")
    with pytest.raises(ExportError, match=r"saw .*the encoder is broken.*npm install ktx2-encoder"):
        ktx2.ktx2(np.zeros((4, 4, 4), np.uint8))


def test_without_an_encoder_nothing_is_baked_for_ktx2(
    tmp_path: Path, make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(MissingDependency, match=r"saw no node.*npm install ktx2-encoder"):
        write_clip(make_clip(), tmp_path / "x.glb", Options(texture=Texture.ktx2))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compress", [Compress.none, Compress.meshopt])
def test_the_sound_inside_is_the_line_to_the_sample(tmp_path: Path, make_clip, compress: Compress) -> None:
    clip = make_clip(frames=20)
    options = Options(tolerance_mm=1, audio=Audio.embed, compress=compress)
    assert write_clip(clip, tmp_path / "x.glb", options) == [tmp_path / "x.glb"]
    gltf = Gltf(tmp_path / "x.glb")
    body = gltf.json["extensions"]["KHR_audio_emitter"]
    (audio,), (source,), (emitter,) = body["audio"], body["sources"], body["emitters"]
    assert (audio["mimeType"], audio["name"]) == ("audio/wav", clip.line)
    assert (source["audio"], source["autoPlay"], emitter["sources"]) == (0, True, [0])
    view = gltf.json["bufferViews"][audio["bufferView"]]
    start = view.get("byteOffset", 0)
    assert view["buffer"] == 0
    wav = wav_bytes(clip.samples, clip.sample_rate_hz)
    assert gltf.bin[start : start + view["byteLength"]] == wav
    heads = [n["name"] for n in gltf.json["nodes"] if "KHR_audio_emitter" in n.get("extensions", {})]
    assert heads == ["small"]
    assert "KHR_audio_emitter" not in gltf.json.get("extensionsRequired", [])
    assert "audio" not in gltf.json["asset"]["extras"]  # there is no file of that name


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("x.csv", Options(compress=Compress.meshopt), "--compress meshopt for .csv"),
        ("x.npz", Options(audio=Audio.embed), "--audio embed for .npz"),
        (
            "x.mp4",
            Options(texture=Texture.webp, textures=Textures.animated),
            "--texture webp --textures animated",
        ),
        ("x.gltf", Options(audio=Audio.embed), "a .gltf keeps its sound beside it"),
    ],
)
def test_a_choice_that_means_nothing_is_said(
    tmp_path: Path, make_clip, name: str, options: Options, said: str
) -> None:
    with pytest.raises(ExportError, match=said):
        write_clip(make_clip(frames=2), tmp_path / name, options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_keeps_what_it_has(tmp_path: Path, make_clip) -> None:
    out = tmp_path / "x.glb"
    write_clip(make_clip(frames=2), out)
    with pytest.raises(ExportError, match=r"--compress quantize for lines into a file that is there"):
        plan_lines([tmp_path / "two.wav"], out, Place(append=True), Options(compress=Compress.quantize))
