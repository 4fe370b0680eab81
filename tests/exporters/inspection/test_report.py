"""What is said of a file: its parts, its lines, its distance from the sound, and what it lies about."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters.gltf.read_gltf import Gltf
from exporters.onto_rigs import rig
from judges.install import MODULES
from support import LINE, small_avatar
from talkwire.exporters import Audio, Clip, Compress, HeadPose, Options, bake, inspect, plan_lines, write_clip
from talkwire.exporters.gltf.raw import glb_bytes, read_gltf
from talkwire.exporters.inspection.facts import PARTS
from talkwire.exporters.inspection.khronos import HOW, validate
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import load_avatar
from talkwire.runtime.errors import ExportError
from talkwire.runtime.style import Style


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("head") / "small.talkwire"
    small_avatar().save(path)
    return path


@pytest.fixture(autouse=True)
def no_node(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The validator takes a quarter of a second: it is asked where it matters alone."""
    if "khronos" not in request.fixturenames:
        monkeypatch.setenv("PATH", "")


@pytest.fixture(scope="module")
def said(head: Path) -> Clip:
    """Three quarters of a second of a real line, angry and looking aside."""
    audio = read_audio(LINE)
    style = Style(emotions={"anger": 0.5}, look_at_deg=(10.0, -3.0))
    samples = audio.samples[: 3 * audio.sample_rate_hz // 4]
    return bake(samples, audio.sample_rate_hz, load_avatar(head), line="said", seed=3, fps=30, style=style)


WAYS: dict[str, Options] = {
    "plain": Options(),
    "loose": Options(tolerance_mm=2.0),
    "baked": Options(head_pose=HeadPose.baked),
    "embedded": Options(audio=Audio.embed),
}


@pytest.mark.parametrize(("way", "suffix"), [*((way, ".glb") for way in WAYS), ("plain", ".gltf")])
def test_the_error_against_the_sound_is_what_the_file_says(
    tmp_path: Path, head: Path, said: Clip, way: str, suffix: str
) -> None:
    options = WAYS[way]
    out, *_ = write_clip(said, tmp_path / f"x{suffix}", options)
    (found,) = inspect(out, avatar=head).differences or []
    assert found.why == ""
    assert found.frames == said.frame_count
    stated = Gltf(out).json["asset"]["extras"]["largest_error_mm"]
    assert found.max_mm is not None and found.p999_mm is not None
    assert found.p999_mm <= found.max_mm <= stated + 0.001
    assert found.max_mm > 0.1 * stated or stated < 0.01


def test_every_line_is_compared_with_its_own_sound(tmp_path: Path, head: Path, said: Clip) -> None:
    audio = read_audio(LINE)
    other = bake(
        audio.samples[audio.sample_rate_hz :], audio.sample_rate_hz, said.avatar, line="other", seed=1, fps=30
    )
    out = tmp_path / "x.glb"
    plan_lines([tmp_path / "said.wav", tmp_path / "other.wav"], out).write([said, other])
    report = inspect(out, avatar=head)
    assert [(d.animation, d.why) for d in report.differences or []] == [("said", ""), ("other", "")]
    assert max(d.max_mm or 1 for d in report.differences or []) < 0.1
    (tmp_path / "x_said.wav").write_bytes((tmp_path / "x_other.wav").read_bytes())
    first, second = inspect(out, avatar=head).differences or []
    assert "its sound is another one: it gives" in first.why
    assert second.why == ""


def test_an_error_that_somebody_made_is_seen(tmp_path: Path, head: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    raw = read_gltf(out)
    assert raw.chunk is not None
    sampler = raw.list("animations")[0]["samplers"][0]
    accessor = raw.item("accessors", sampler["output"])
    view = raw.item("bufferViews", accessor["bufferView"])
    begin = view["byteOffset"] + accessor.get("byteOffset", 0)
    data = np.frombuffer(raw.chunk, np.uint8).copy()
    values = data[begin : begin + 4 * accessor["count"]].view("<f4")
    values += np.float32(0.2)
    out.write_bytes(glb_bytes(raw.text, data.tobytes()))
    (found,) = inspect(out, avatar=head).differences or []
    assert found.max_mm is not None and found.max_mm > 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda said, _: said.update(audio="gone.wav"), "no sound: gone.wav is not beside it"),
        (lambda said, _: said.pop("seed"), "its extras do not say seed"),
        (lambda said, _: said.update(audio="../x.wav"), "the URI '../x.wav'"),
        (lambda said, _: said.update(fps=10**9), "fps"),
        (lambda said, _: said.update(motion="sung"), "the file does not say enough"),
        (lambda said, _: said.update(style={"strength": 99}), "the strength of speech is out of range"),
        (lambda said, _: said.update(range_s=[1, 2]), "it is a part of a line"),
        (lambda said, _: said.pop("fps"), "it is not talkwire's"),
        (
            lambda _, tree: tree["asset"]["extras"].update(topology="0"),
            "the avatar 'small' is another one now",
        ),
    ],
)
def test_what_cannot_be_compared_says_why(
    tmp_path: Path, head: Path, said: Clip, change: Callable[[Any, Any], Any], why: str
) -> None:
    out, *_ = write_clip(said, tmp_path / "x.gltf")
    tree = json.loads(out.read_text())
    tree["asset"]["extras"] = {k: tree["asset"]["extras"][k] for k in ("avatar", "topology")}
    change(tree["animations"][0]["extras"], tree)
    out.write_text(json.dumps(tree))
    (found,) = inspect(out, avatar=head).differences or []
    assert why in found.why
    assert why in inspect(out, avatar=head).text()


def test_a_file_does_not_choose_which_avatar_is_opened(tmp_path: Path, head: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.gltf")
    out.write_text(out.read_text().replace('"avatar": "small"', f'"avatar": "{head}"'))
    (found,) = inspect(out).differences or []
    assert "does not ship: name its file with --avatar" in found.why


def test_a_compressed_file_is_told_from_a_damaged_one(tmp_path: Path, head: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb", Options(compress=Compress.meshopt, tolerance_mm=1.0))
    report = inspect(out, avatar=head)
    (found,) = report.differences or []
    assert "x.glb is compressed" in found.why
    assert report.facts.size_bytes["morphs"] > 0


def test_sizes_add_up_to_the_files(tmp_path: Path, said: Clip) -> None:
    for suffix in (".glb", ".gltf"):
        written = write_clip(said, tmp_path / f"x{suffix}")
        facts = inspect(written[0], source=False).facts
        whole = sum(path.stat().st_size for path in written)
        assert sum(facts.size_bytes.values()) == pytest.approx(whole, abs=100)
        assert set(facts.size_bytes) <= set(PARTS)
        assert facts.size_bytes["sound"] == (tmp_path / "x.wav").stat().st_size
        assert facts.size_bytes["texture"] == len(said.topology.texture)
        assert facts.beside["x.wav"] == facts.size_bytes["sound"]


def test_what_is_in_it_is_said_in_words_and_in_json(tmp_path: Path, head: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    report = inspect(out, avatar=head)
    text, read = report.text(), json.loads(report.json())
    for word in (
        "58 triangles",
        "52: eyeBlinkLeft",
        "tongueOut",
        "said: 0.73 s",
        "seed 3",
        "CC0",
    ):
        assert word in text, text
    assert "small face weights " in text and "anger" in text
    mesh = read["facts"]["meshes"][0]
    assert tuple(mesh["targets"]) == ARKIT_NAMES
    animation = read["facts"]["animations"][0]
    assert animation["keys"]["small rotation"] == animation["extras"]["keys"]["rotation"]
    assert animation["duration_s"] == pytest.approx(float(said.times_n_s[-1]))
    assert read["differences"][0]["frames"] == said.frame_count
    assert json.loads(inspect(out, source=False).json())["differences"] is None


def test_a_file_that_is_not_there_is_said(tmp_path: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.gltf")
    (tmp_path / "x_skin.png").unlink()
    report = inspect(out, source=False)
    assert report.facts.beside["x_skin.png"] is None
    assert "x_skin.png IS NOT THERE" in report.text()
    (tmp_path / "x.bin").write_bytes(b"short")
    (found,) = inspect(out).differences or []
    assert "ship" in found.why  # it is not even looked at: the avatar is unknown


@pytest.mark.usefixtures("khronos")
def test_the_validators_word(tmp_path: Path, said: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    out, *_ = write_clip(said, tmp_path / "x.gltf")
    monkeypatch.setenv("NODE_PATH", str(MODULES))
    assert validate(out).counts == {"errors": 0, "warnings": 0, "infos": 0, "hints": 0}
    tree = json.loads(out.read_text())
    out.write_text(json.dumps(tree | {"scene": 5}))
    report = inspect(out, source=False)
    assert report.validator.counts["errors"] > 0
    assert "UNRESOLVED_REFERENCE at /scene" in report.text()


@pytest.mark.usefixtures("khronos")
def test_a_validator_beside_a_file_is_not_run(
    tmp_path: Path, said: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    planted = tmp_path / "node_modules/gltf-validator"
    planted.mkdir(parents=True)
    (planted / "index.js").write_text(f"require('fs').writeFileSync('{tmp_path}/ran', '')")
    monkeypatch.setenv("NODE_PATH", "")
    monkeypatch.chdir(tmp_path)
    validate(out)
    assert not (tmp_path / "ran").exists()


def test_without_node_it_says_how(tmp_path: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    assert validate(out).why == f"not asked: {HOW}"


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("x.mp4", "ffprobe"),
        ("x.npz", "numpy.load"),
        ("x.usda", "usdview"),
        ("x.fbx", "Blender imports it"),
        ("x.blend", "Blender imports FBX"),
        ("x", "Blender imports FBX"),
    ],
)
def test_other_kinds_of_files_say_what_opens_them(tmp_path: Path, name: str, cure: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(ExportError, match=cure):
        inspect(tmp_path / name)


def lying(tree: dict[str, Any], where: tuple[Any, ...], value: Any) -> None:
    for step in where[:-1]:
        tree = tree[step]
    tree[where[-1]] = value


LIES: list[tuple[tuple[Any, ...], Any]] = [
    (("accessors", 0, "count"), 10**15),
    (("accessors", 0, "count"), -1),
    (("accessors", 0, "count"), 2**31),
    (("accessors", 0, "componentType"), 1),
    (("accessors", 0, "type"), "VEC9"),
    (("accessors", 0), None),
    (("accessors",), {}),
    (("bufferViews", 0, "byteLength"), 10**12),
    (("bufferViews", 0, "byteOffset"), 2**31 - 1),
    (("bufferViews", 0, "buffer"), 7),
    (("buffers", 0, "byteLength"), 2**31 - 1),
    (("animations", 0, "channels", 0, "sampler"), 99),
    (("animations", 0, "channels", 0, "target"), []),
    (("animations", 0, "samplers", 0, "input"), True),
    (("meshes", 0, "primitives"), 5),
    (("meshes", 0, "primitives", 0, "attributes"), None),
    (("meshes", 0, "extras"), "no"),
    (("nodes", 0, "children"), [0]),
    (("asset",), None),
    (("asset", "version"), "1.0"),
    (("asset", "extras", "audio"), "/dev/zero"),
]


@pytest.mark.parametrize(("where", "value"), LIES, ids=[f"{'.'.join(map(str, w))}={v}" for w, v in LIES])
def test_a_file_that_lies_is_refused_or_not_compared(
    tmp_path: Path, head: Path, said: Clip, where: tuple[Any, ...], value: Any
) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    raw = read_gltf(out)
    lying(raw.tree, where, value)
    out.write_bytes(glb_bytes(json.dumps(raw.tree), raw.chunk))
    try:
        report = inspect(out, avatar=head)
    except ExportError as error:
        assert "x.glb is damaged or no glTF 2.0: saw" in str(error)
    else:
        assert len(report.text()) < 5000


def test_every_cut_is_refused(tmp_path: Path, said: Clip) -> None:
    out, *_ = write_clip(said, tmp_path / "x.glb")
    whole = out.read_bytes()
    for length in [*range(40), *range(40, len(whole), len(whole) // 50), len(whole) - 1]:
        out.write_bytes(whole[:length])
        with pytest.raises(ExportError):
            inspect(out, source=False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"glTF",
        struct.pack("<4sII", b"glTF", 3, 12) + bytes(8),
        struct.pack("<4sIII4s", b"glTF", 2, 20, 0xFFFFFFFF, b"JSON"),
        struct.pack("<4sIII4s", b"glTF", 2, 24, 4, b"BIN\0") + bytes(4),
        b"{" * 100_000,
        b'{"asset": {"version": "2.0"}, "accessors": [' + b"[" * 100_000,
        b'{"asset": {"version": "2.0"}, "x": ' + b"9" * 10_000 + b"}",
        b'{"asset": {"version": "2.0"}, "x": NaN}',
        b'{"asset": {"version": "2.0"}, "accessors": [1]}',
        b"\xff\xfe",
        b"[]",
    ],
)
def test_what_is_no_gltf_at_all(tmp_path: Path, data: bytes) -> None:
    for suffix in (".glb", ".gltf"):
        path = tmp_path / f"x{suffix}"
        path.write_bytes(data)
        with pytest.raises(ExportError, match=r"is damaged or no glTF 2\.0: saw"):
            inspect(path)


@pytest.mark.parametrize(
    "uri", ["/etc/hostname", "../../etc/hostname", "file:///etc/hostname", "http://x/y", "\0"]
)
def test_a_file_names_no_other_place(tmp_path: Path, uri: str) -> None:
    path = rig(tmp_path / "x.gltf", {"Head": ["jawOpen"]})
    tree = json.loads(path.read_text())
    tree["buffers"][0]["uri"] = uri
    path.write_text(json.dumps(tree))
    with pytest.raises(ExportError, match="in its own folder or below"):
        inspect(path)


def test_a_character_of_somebody_else_is_looked_into_too(tmp_path: Path) -> None:
    path = rig(tmp_path / "x.glb", {"Head": ["jawOpen", "mouthClose"], "Hat": []}, bones=("Hips", "Head"))
    report = inspect(path)
    assert report.facts.bones == 2
    assert [(mesh.name, mesh.targets) for mesh in report.facts.meshes] == [
        ("Head", ["jawOpen", "mouthClose"]),
        ("Hat", []),
    ]
    assert (report.differences or [])[0].why == "it is not talkwire's"
