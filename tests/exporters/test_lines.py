"""Several lines in one file, more lines into it, and what is refused before anything is baked."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exporters.gltf.read_gltf import Gltf, baked_vertices
from support import small_avatar
from talkwire.exporters import Compress, HeadPose, Morphs, Options, Place, plan_lines, write_clip
from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.append import append_lines
from talkwire.exporters.gltf.raw import read_gltf
from talkwire.exporters.inspection.played import played
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import ExportError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def lines_of(folder: Path, *stems: str) -> list[Path]:
    paths = [folder / f"{stem}.wav" for stem in stems]
    for path in paths:
        path.write_bytes(b"the only copy")
    return paths


def shown(path: Path, line: str, time_s: float) -> np.ndarray:
    """The places of one animation of several."""
    gltf = Gltf(path)
    gltf.json["animations"] = [a for a in gltf.json["animations"] if a["name"] == line]
    return gltf.vertices(time_s)


@pytest.fixture
def three_lines(make_clip) -> list[Clip]:
    """Three lines of one avatar, of different lengths; nothing moves in the second."""
    avatar = small_avatar()
    clips = [make_clip(avatar=avatar, frames=n, line=line) for n, line in ((60, "a"), (30, "b"), (45, "ä 1"))]
    clips[1] = replace(make_clip(avatar=avatar, frames=30, line="b", still=True))
    return clips


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_each_line_is_an_animation_of_one_head(tmp_path: Path, three_lines: list[Clip], suffix: str) -> None:
    out = tmp_path / f"all{suffix}"
    plan = plan_lines(lines_of(tmp_path, "a", "b", "ä 1"), out)
    written = plan.write(three_lines)
    gltf = Gltf(out)
    assert written[0] == out
    assert [a["name"] for a in gltf.json["animations"]] == ["a", "b", "ä 1"]
    assert len(gltf.json["meshes"]) == 1
    for clip, animation in zip(three_lines, gltf.json["animations"], strict=True):
        said = animation["extras"]
        assert (said["frames"], said["seed"]) == (clip.frame_count, 5)
        # each has all channels, so that nothing is left of the line before it
        assert len(animation["channels"]) == 3
        sound = (tmp_path / said["audio"]).read_bytes()
        assert sound == wav_bytes(clip.samples, clip.sample_rate_hz)
        for index in (0, clip.frame_count // 2, clip.frame_count - 1):
            off = shown(out, clip.line, float(clip.times_n_s[index])) - baked_vertices(clip, index)
            assert np.linalg.norm(off, axis=1).max() <= 1.005e-4
    errors = [a["extras"]["largest_error_mm"] for a in gltf.json["animations"]]
    assert gltf.json["asset"]["extras"]["largest_error_mm"] == max(errors)
    assert (tmp_path / "a.wav").read_bytes() == b"the only copy"


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_a_line_that_comes_later_is_as_if_it_had_been_there(
    tmp_path: Path, three_lines: list[Clip], suffix: str
) -> None:
    sources = lines_of(tmp_path, "a", "b", "ä 1")
    whole, grown = tmp_path / f"whole{suffix}", tmp_path / f"grown{suffix}"
    plan_lines(sources, whole).write(three_lines)
    plan_lines(sources[:2], grown, Place(append=True)).write(three_lines[:2])  # makes it
    plan_lines(sources[2:], grown, Place(append=True)).write(three_lines[2:])
    for clip in three_lines:
        for time_s in clip.times_n_s[::7]:
            assert np.array_equal(shown(whole, clip.line, time_s), shown(grown, clip.line, time_s))
    said = [Gltf(path).json for path in (whole, grown)]
    assert [a["name"] for a in said[0]["animations"]] == [a["name"] for a in said[1]["animations"]]
    assert said[0]["asset"] == said[1]["asset"]
    assert len(said[0]["accessors"]) == len(said[1]["accessors"])


def test_a_line_is_replaced_only_when_it_is_asked_for_and_leaves_nothing_behind(
    tmp_path: Path, three_lines: list[Clip]
) -> None:
    sources, out = lines_of(tmp_path, "a", "b", "ä 1"), tmp_path / "x.glb"
    plan_lines(sources, out).write(three_lines)
    before, size = out.read_bytes(), len(Gltf(out).bin)
    with pytest.raises(ExportError, match=r"holds a line of that name: saw b, wanted none of a, b, ä 1"):
        plan_lines(sources[1:2], out, Place(append=True))
    assert out.read_bytes() == before
    plan_lines(sources[1:2], out, Place(append=True, replace=True)).write(three_lines[1:2])
    again = Gltf(out)
    assert [a["name"] for a in again.json["animations"]] == ["a", "ä 1", "b"]
    assert len(again.bin) == size
    used = [s[way] for a in again.json["animations"] for s in a["samplers"] for way in ("input", "output")]
    assert len(set(used)) == 18


def test_a_single_line_takes_another_one(tmp_path: Path, three_lines: list[Clip]) -> None:
    out = tmp_path / "a.glb"
    write_clip(three_lines[0], out)
    append_lines(three_lines[1:2], out, Options(), replace=False)
    plan_lines(lines_of(tmp_path, "b"), out, Place(append=True)).write(three_lines[1:2])
    said = Gltf(out).json
    assert [a["extras"]["audio"] for a in said["animations"]] == ["a.wav", "a_b.wav"]
    assert not {"audio", "seed", "frames", "keys"} & set(said["asset"]["extras"])


@pytest.mark.parametrize(
    "options",
    [
        Options(compress=Compress.quantize, tolerance_mm=1.0),
        Options(morphs=Morphs.basis),
        Options(head_pose=HeadPose.baked),
    ],
    ids=["quantize", "basis", "baked"],
)
def test_a_line_joins_as_the_others_are(tmp_path: Path, three_lines: list[Clip], options: Options) -> None:
    out, wanted = tmp_path / "x.glb", tmp_path / "y.glb"
    sources = lines_of(tmp_path, "a", "b", "ä 1")
    plan_lines(sources[:2], out).write(three_lines[:2], options)
    later = Options(tolerance_mm=options.tolerance_mm)
    plan_lines(sources[2:], out, Place(append=True)).write(three_lines[2:], later)
    plan_lines(sources, wanted).write(three_lines, options)
    one, other = read_gltf(out), read_gltf(wanted)
    moments = three_lines[2].times_n_s
    seen, whole = (played(raw, raw.list("animations")[2]).vertices(moments) for raw in (one, other))
    assert np.array_equal(seen, whole)


def test_another_head_is_refused_and_the_file_is_as_it_was(tmp_path: Path, three_lines: list[Clip]) -> None:
    sources, out = lines_of(tmp_path, "a", "b"), tmp_path / "x.glb"
    plan_lines(sources, out).write(three_lines[:2])
    before = out.read_bytes()
    other = small_avatar(seed=1)
    named = small_avatar()
    named.card = replace(named.card, name="somebody")
    for head, sentence in ((other, "topology"), (named, "avatar 'small', wanted 'somebody'")):
        clip = replace(three_lines[2], avatar=head)
        with pytest.raises(ExportError, match=f"does not fit the head in x.glb: saw .*{sentence}|{sentence}"):
            plan_lines(lines_of(tmp_path, "c"), out, Place(append=True)).write([clip])
    head = small_avatar()
    head.deltas_kxvx3[3] *= 2
    with pytest.raises(ExportError, match="other vertices or shapes"):
        plan_lines(lines_of(tmp_path, "c"), out, Place(append=True)).write(
            [replace(three_lines[2], avatar=head)]
        )
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("stems", "name", "place", "sentence"),
    [
        (["a", "A"], "x.glb", Place(), "two lines of one name cannot go into one file: saw A, a"),
        (["a", "b"], "x.mp4", Place(), "x.mp4 holds one line alone: saw the suffix '.mp4'"),
        (["a"], "x.csv", Place(append=True), "x.csv holds one line alone"),
        (["a"], "x.fbx", Place(), "no format that can be written"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(
    tmp_path: Path, stems: list[str], name: str, place: Place, sentence: str
) -> None:
    with pytest.raises(ExportError, match=sentence):
        plan_lines(lines_of(tmp_path, *stems), tmp_path / name, place)


@pytest.mark.parametrize(
    ("wishes", "seen"),
    [
        ({"replace": True}, "--replace without --append"),
        ({"append": True, "onto": Path("x.glb")}, "--append with --onto"),
        ({"mapping": Path("x.json")}, "--mapping without --onto"),
    ],
)
def test_wishes_that_contradict_each_other_are_refused(wishes: dict[str, object], seen: str) -> None:
    with pytest.raises(ExportError, match=seen):
        Place(**wishes)  # type: ignore[arg-type]


def test_a_file_of_somebody_else_takes_no_line(tmp_path: Path, three_lines: list[Clip]) -> None:
    out = tmp_path / "x.gltf"
    write_clip(three_lines[0], out)
    tree = json.loads(out.read_text())
    tree["asset"]["generator"] = "Blender"
    out.write_text(json.dumps(tree))
    with pytest.raises(ExportError, match=r"cannot take another line: saw a file by 'Blender'.*--onto"):
        plan_lines(lines_of(tmp_path, "b"), out, Place(append=True))


def test_a_disk_that_refuses_leaves_the_file_as_it_was(
    tmp_path: Path, three_lines: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, out = lines_of(tmp_path, "a", "b"), tmp_path / "x.glb"
    plan_lines(sources[:1], out).write(three_lines[:1])
    before, there = out.read_bytes(), names(tmp_path)
    plan = plan_lines(sources[1:], out, Place(append=True))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ExportError, match="No space left"):
        plan.write(three_lines[1:2])
    assert out.read_bytes() == before
    assert names(tmp_path) == there
