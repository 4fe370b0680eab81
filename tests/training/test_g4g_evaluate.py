"""Figures of re-spoken people: what is right measures as right, and each fault is found and named."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="measuring needs torch: pip install 'talkwire[train]'")
pytest.importorskip("onnxscript", reason="measuring needs onnxscript: pip install 'talkwire[train]'")
pytest.importorskip("mediapipe", reason="measuring needs mediapipe: pip install 'talkwire[train]'")

from onnx import TensorProto, helper
from PIL import Image
from scipy.ndimage import gaussian_filter

from dyntet_support import run_cli
from g4g_support import CARD, jpeg, mask_graph, small_g4g
from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import AvatarError, EngineError, MissingDependency, TrainingError
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_file import G4gData
from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size, cut, mask_columns, mask_rows
from talkwire.runtime.picture_card import picture_card
from talkwire.runtime.render import describe_gl
from talkwire.training import perceptual
from talkwire.training.g4g import evaluate as evaluation
from talkwire.training.g4g import identity, pictures
from talkwire.training.g4g.aligned import EMBEDDING, Alignment, clips, find_embedding
from talkwire.training.g4g.compare import write_comparison
from talkwire.training.g4g.evaluate import TRUTH, evaluate
from talkwire.training.g4g.footage import Footage, FootageCard, save_footage
from talkwire.training.g4g.judge import generator_of, phones_of, read_ablations, source_crops, spoken_in
from talkwire.training.g4g.measures import (
    aperture,
    border_offset,
    border_steps,
    flicker,
    lip_curves,
    mask_box,
    share_closed,
    silent_frames,
)
from talkwire.training.g4g.music import music
from talkwire.training.g4g.once import NOTE
from talkwire.training.g4g.placing import BRIDGE, find_radius
from talkwire.training.g4g.regions import mouth_px
from talkwire.training.g4g.takes import FROZEN, OTHER_WORDS, TRUE_MOUTH, shoot, unspoken
from talkwire.training.heads import points
from talkwire.training.heads.canonical import find_landmark_model
from talkwire.training.motion.phones import OPEN_VOWELS, SEAL
from talkwire.training.synth.generate import PHONES, generate
from talkwire.training.tracking.once import stamps

try:
    GL_MISSING = "" if describe_gl() else "no name"
except MissingDependency as absent:
    GL_MISSING = str(absent)
needs_gl = pytest.mark.skipif(bool(GL_MISSING) and not os.environ.get("CI"), reason=GL_MISSING)

SIDE = 64
CENTRE, RADIUS = (60.0, 30.0), 32.0


def identity_graph() -> bytes:
    """A network that returns its crop."""
    height, width = crop_size(SIDE)
    sizes = {
        "crop": ["N", 3, height, width],
        "drawing": ["N", 1, height, width],
        "heard": ["N", WINDOW, len(HEARD)],
        "maps_quarter": [1, 2, height // 4, width // 4],
        "maps_half": [1, 3, height // 2, width // 2],
    }
    feeds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in sizes.items()]
    out = helper.make_tensor_value_info("rgb", TensorProto.FLOAT, sizes["crop"])
    graph = helper.make_graph([helper.make_node("Identity", ["crop"], ["rgb"])], "same", feeds, [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data: bytes = model.SerializeToString()
    return data


@pytest.fixture(scope="module")
def landmark_model() -> Path:
    """MediaPipe's file; tests that look for lips in pictures are skipped without it."""
    try:
        return find_landmark_model()
    except TrainingError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nova speaks for a second, drawn small."""
    folder = tmp_path_factory.mktemp("g4g") / "unseen"
    generate(folder, seconds=1.04, size_px=128, seed=3, light="flat", sweep_share=0, flite=False)
    return folder


@pytest.fixture(scope="module")
def footage(capture: Path) -> Footage:
    """The same as footage, made by hand: less than a training would take."""
    frames = np.load(capture / "frames.npy")
    with np.load(capture / "tracks.npz") as tracks:
        marks = tracks["landmarks_nx478x2"]
    radius = find_radius(marks, np.ones(len(frames), bool))
    centres = np.stack([marks[:, points.NOSE_BASE, 0], marks[:, BRIDGE, 1]], axis=1)
    crops = np.stack([cut(*pair, radius, SIDE) for pair in zip(frames, centres, strict=True)])
    rng = np.random.default_rng(0)
    return Footage(
        FootageCard(SIDE, radius, 25.0, (128, 128), "nobody", "CC0-1.0", "a test"),
        frames,
        crops,
        drawings_nxhxw=np.zeros(crops.shape[:3], np.uint8),
        heard_kxnx5xc=rng.random((2, len(frames), WINDOW, len(HEARD))).astype(np.float32),
        lips_nx2=np.zeros((len(frames), 2), np.float32),
        centres_nx2=centres.astype(np.float32),
        landmarks_nx478x2=marks,
        confidence_n=np.ones(len(frames), np.float32),
        shots_n=np.zeros(len(frames), np.int64),
        loudness_n=np.zeros(len(frames), np.float32),
    )


@pytest.fixture(scope="module")
def person(footage: Footage) -> G4gAvatar:
    """An avatar of the first frames of the footage that cannot be better: it returns what it is given."""
    height, width = crop_size(SIDE)
    data = G4gData(
        frames=tuple(jpeg(frame) for frame in footage.frames_nxhxwx3[:6]),
        size_hw=footage.size_hw,
        side=SIDE,
        radius_px=footage.radius_px,
        centres_nx2=footage.centres_nx2[:6],
        drawings_nxhxw=footage.drawings_nxhxw[:6],
        maps_quarter=np.zeros((1, 2, height // 4, width // 4), np.float16),
        maps_half=np.zeros((1, 3, height // 2, width // 2), np.float16),
        graph=identity_graph(),
    )
    return G4gAvatar(CARD, picture_card(data.frames[0], data.size_hw), data, {})


@pytest.fixture(scope="module")
def figures(person: G4gAvatar, footage: Footage, landmark_model: Path) -> dict:
    """Of the perfect avatar, and of faults that are known."""
    crops = footage.crops_nxhxwx3.astype(np.float32)
    others = {
        "blurred": lambda n: gaussian_filter(crops[n], (2, 2, 0)),
        "shifted": lambda n: np.roll(crops[n], 3, axis=1),
        "late": lambda n: crops[max(0, n - 2)],
        "pale": lambda n: crops[n] + 30,
    }
    phones = (("SIL", 0.0, 0.38), ("HH", 0.38, 0.455), ("IY", 0.455, 0.52))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "LOOKED_AT", 3)
        patch.setattr(evaluation, "MUSIC_S", 1.0)
        found, _ = evaluate(person, generator_of(person), footage, others, phones)
    json.dumps(found)  # nothing but what JSON has
    return found


@needs_gl
def test_the_perfect_avatar_measures_as_perfect(figures: dict) -> None:
    for name in ("live", "quality"):
        take = figures["takes"][name]
        assert take["mouth_psnr_db"] > 34 and take["face_psnr_db"] > take["mouth_psnr_db"]
        assert take["mouth_ssim"] > 0.97 and take["face_ssim"] > 0.97
        assert take["aperture_r"] > 0.9 and take["lag_frames"] == 0
        assert take["lips_px"] < 0.5 and take["faces"] == 1
        assert take["border_offset"] < 1
        assert take["seam"] == pytest.approx(take["true_seam"], rel=0.05)
        assert take["flicker"] == pytest.approx(take["true_flicker"], rel=0.35)
        assert take["frames_per_s"] > 0 and take["frame_ms_p50"] <= take["frame_ms_p95"]
    assert figures["takes"][TRUTH]["aperture_r"] == pytest.approx(1)
    assert figures["frames"] == 26 and figures["size_hw"] == [128, 128]


@needs_gl
def test_each_fault_shows_in_the_figure_that_is_for_it(figures: dict) -> None:
    takes = figures["takes"]
    assert takes["late"]["lag_frames"] == 2
    assert takes["late"]["aperture_r"] < takes["late"]["aperture_r_at_lag"]
    assert takes["shifted"]["lips_px"] > 4 * takes["live"]["lips_px"]
    assert takes["blurred"]["mouth_ssim"] < takes["live"]["mouth_ssim"] - 0.05
    assert takes["pale"]["border_offset"] > 20
    assert takes["pale"]["seam"] > takes["live"]["seam"]
    assert all(takes[name]["mouth_psnr_db"] < takes["live"]["mouth_psnr_db"] for name in takes if name in
               ("blurred", "shifted", "late", "pale"))  # fmt: skip


@needs_gl
def test_what_needs_a_package_is_measured_or_named(figures: dict) -> None:
    for name, there in (("mouth_st_lpips", perceptual.installed()), ("identity", identity.installed())):
        values = [figures["takes"][take][name] for take in ("live", "blurred")]
        assert (values[0] < values[1]) if there else values == [None, None]
    absent = {"st_lpips": perceptual.installed(), "identity": identity.installed(), "top_1": False}
    assert set(figures["not_measured"]) == {name for name, there in absent.items() if not there}
    assert all("pip install" in figures["not_measured"].get(name, "pip install") for name in ("identity",))


@needs_gl
def test_an_avatar_that_hears_nothing_is_found_out_in_its_own_video(figures: dict) -> None:
    said = figures["respoken"]
    assert said["live"]["aperture_r"] == pytest.approx(said["its video alone"]["aperture_r"], abs=0.2)
    assert figures["music"]["live_share_open"] == figures["music"]["quality_share_open"]
    assert 0 <= figures["music"]["video_p5"] < figures["music"]["video_p95"]


@needs_gl
def test_what_must_be_beaten_is_pasted_alike(person: G4gAvatar, footage: Footage) -> None:
    source = source_crops(person.data)
    mouths = unspoken(footage, source)
    assert list(mouths) == [TRUE_MOUTH, FROZEN, OTHER_WORDS]
    np.testing.assert_array_equal(mouths[FROZEN](20), source[0])
    np.testing.assert_array_equal(mouths[OTHER_WORDS](7), source[3])  # to and fro over six frames
    take = shoot(footage, mouths[FROZEN], frames=np.array([2, 4]))
    assert take.frames == [2, 4]
    np.testing.assert_array_equal(take.picture(3), footage.frames_nxhxwx3[3])
    changed = (take.picture(4) != footage.frames_nxhxwx3[4]).any(axis=2)
    assert changed.any() and not changed[0].any()


@needs_gl
def test_footage_without_a_usable_frame_is_refused(
    person: G4gAvatar, footage: Footage, landmark_model: Path
) -> None:
    nothing = replace(footage, confidence_n=np.zeros(len(footage), np.float32))
    wall = replace(footage, frames_nxhxwx3=np.full_like(footage.frames_nxhxwx3, 90))
    for some, said in ((nothing, "in 0 usable frames of 26"), (wall, "in 26 usable frames of 26")):
        with pytest.raises(TrainingError, match=f"no face {said}"):
            evaluate(person, generator_of(person), some, {})


def embedding_graph(*, sees: bool) -> bytes:
    """A judge that compares sounds with themselves, or that sees no difference between mouths."""
    pixels, sounds = mouth_px(SIDE), WINDOW * len(HEARD)
    feeds = {"mouths": ["N", WINDOW, 3, pixels, pixels], "heard": ["N", WINDOW, len(HEARD)]}
    nodes = [
        helper.make_node("Flatten", ["heard"], ["flat"]),
        helper.make_node("LpNormalization", ["flat"], ["a"]),
        helper.make_node("Mul", ["a", "gain"], ["v"]),
    ]
    gain = helper.make_tensor("gain", TensorProto.FLOAT, [1], [1.0 if sees else 0.0])
    graph = helper.make_graph(
        nodes,
        "judge",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in feeds.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", sounds]) for name in ("v", "a")],
        [gain],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"spread": json.dumps([0.3] * len(HEARD))})
    data: bytes = model.SerializeToString()
    return data


@needs_gl
def test_a_mouth_is_found_by_its_sound_where_it_was_kept(footage: Footage, tmp_path: Path) -> None:
    (tmp_path / "ann_work").mkdir()
    path = tmp_path / "ann_work" / EMBEDDING
    assert find_embedding(tmp_path / "ann.talkwire") is None
    path.write_bytes(embedding_graph(sees=True))
    assert find_embedding(tmp_path / "ann.talkwire") == path

    def true_picture(n: int) -> np.ndarray:
        return footage.frames_nxhxwx3[n]

    assert Alignment(path).figures(footage, true_picture) == {"top_1": 1, "top_1_strict": 1}
    path.write_bytes(embedding_graph(sees=False))
    assert Alignment(path).figures(footage, true_picture)["top_1_strict"] < 0.3
    short = replace(footage, shots_n=np.arange(len(footage)) // 5)
    assert clips(short) == []
    assert Alignment(path).figures(short, true_picture) == {"top_1": None, "top_1_strict": None}
    path.write_bytes(identity_graph())
    with pytest.raises(EngineError, match="train again"):
        Alignment(path)


@needs_gl
def test_truth_beside_result_is_a_film_or_a_strip(
    person: G4gAvatar, footage: Footage, tmp_path: Path
) -> None:
    import av

    take = shoot(footage, unspoken(footage, source_crops(person.data))[FROZEN])
    write_comparison({"frozen": take}, tmp_path / "both.png")
    with Image.open(tmp_path / "both.png") as strip:
        assert strip.size == (1800, 2 * 234 + 16)
    voice = Audio(np.zeros(16640, np.float32), 16000)
    write_comparison({"frozen": take}, tmp_path / "both.mp4", voice)
    with av.open(str(tmp_path / "both.mp4")) as film:
        assert len(film.streams.audio) == 1
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) == len(footage) and pictures[0].shape == (128, 256, 3)
    with pytest.raises(TrainingError, match="cannot be written"):
        write_comparison({"frozen": take}, tmp_path / "nowhere" / "both.png")


@needs_gl
def test_the_command_prints_writes_and_compares(
    landmark_model: Path,
    person: G4gAvatar,
    footage: Footage,
    capture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    few = replace(footage, confidence_n=(np.arange(len(footage)) < 6).astype(np.float32))
    work = tmp_path / "work"
    work.mkdir()
    for name, array in (("frames", few.frames_nxhxwx3), ("crops", few.crops_nxhxwx3)):
        np.save(work / f"{name}.npy", array)
    np.save(work / "drawings.npy", few.drawings_nxhxw)
    save_footage(few, work)
    (work / NOTE).write_text(json.dumps([SIDE, person.data.radius_px, *stamps([capture])]))
    person.save(tmp_path / "ann.talkwire")
    (tmp_path / "less").mkdir()
    less = replace(person.data, graph=mask_graph(SIDE))
    G4gAvatar(CARD, person.topology, less, {}).save(tmp_path / "less" / "no fusion.talkwire")
    words = ["--work", work, "--ablations", tmp_path / "less", "--json", tmp_path / "f.json"]
    both = ["--compare", tmp_path / "both.png"]
    monkeypatch.setattr(pictures, "LOOKED_AT", 1)
    monkeypatch.setattr(evaluation, "MUSIC_S", 0.2)
    assert run_cli(monkeypatch, "eval", "g4g", tmp_path / "ann.talkwire", capture, *words, *both) == 0
    shown = capsys.readouterr().out
    assert "mouth psnr db" in shown and "no fusion" in shown and "music, live" in shown
    told = json.loads((tmp_path / "f.json").read_text())
    assert told["avatar"] == "filmed" and told["data"] == ["unseen"] and told["hardware"]
    takes = told["figures"]["takes"]
    assert list(takes) == ["live", "quality", "no fusion", TRUE_MOUTH, FROZEN, OTHER_WORDS, TRUTH]
    assert takes["live"]["mouth_psnr_db"] > takes["no fusion"]["mouth_psnr_db"]
    assert (tmp_path / "both.png").is_file()


def test_the_command_refuses_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_g4g().save(tmp_path / "small.talkwire")
    for code, words, said in (
        (4, ["nova", "x.mp4"], "was not learned from a video"),
        (2, [tmp_path / "small.talkwire", "x.mp4", "--compare", "x.gif"], "--compare writes .mp4"),
        (10, [tmp_path / "small.talkwire", tmp_path / "none.mp4"], "cannot be read"),
        (10, [tmp_path / "small.talkwire", "x.mp4", "--ablations", tmp_path / "none"], "none"),
        (10, [tmp_path / "small.talkwire", "x.mp4", "--compare", tmp_path / "no" / "x.png"], "written"),
        (2, [tmp_path / "small.talkwire"], "DATA"),
    ):
        assert run_cli(monkeypatch, "eval", "g4g", *words) == code
        assert said in capsys.readouterr().err


def test_a_lag_is_found_and_does_not_reach_across_a_cut() -> None:
    rng = np.random.default_rng(1)
    true = gaussian_filter(rng.normal(size=200), 1)
    late = np.concatenate([true[:100], np.roll(true[100:], 3)])
    shots = np.repeat([0, 1], 100)
    found = lip_curves(np.roll(true, 3), true, np.zeros(200, np.int64))
    assert (found["lag_frames"], round(found["aperture_r_at_lag"], 3)) == (3, 1.0)
    assert lip_curves(np.roll(true, -4), true, np.zeros(200, np.int64))["lag_frames"] == -4
    assert lip_curves(true, true, shots)["lag_frames"] == 0
    assert 0.3 < lip_curves(late, true, shots)["aperture_r"] < 0.9
    holes = np.where(rng.random(200) < 0.2, np.nan, true)
    assert lip_curves(holes, true, shots)["aperture_r"] == pytest.approx(1)
    still = lip_curves(np.zeros(200), true, shots)
    assert (still["aperture_r"], still["lag_frames"], still["aperture_range"]) == (0, 0, 0)
    for count in (0, 1, 4):
        assert lip_curves(true[:count], true[:count], shots[:count])["lag_frames"] == 0
    assert lip_curves(np.full(200, np.nan), true, shots)["aperture_range"] == 0


def test_closures_are_of_phones_that_were_seen() -> None:
    opening = np.full(50, 0.05)
    opening[[10, 11]] = 0.001
    phones = (("B", 0.38, 0.46), ("AA", 0.46, 0.9), ("M", 1.2, 1.28), ("P", 9.0, 9.1))
    assert share_closed(opening, phones, SEAL, 0.01) == 0.5
    assert share_closed(opening, phones, OPEN_VOWELS, 0.01, -1.0) == 0
    assert share_closed(opening, (), SEAL, 0.01) is None
    assert share_closed(np.full(50, np.nan), phones, SEAL, 0.01) is None
    silent = silent_frames(50, phones)
    assert not silent[10:24].any() and silent[:6].all() and silent[26:27].all()


def test_an_opening_is_a_share_of_the_true_face() -> None:
    marks = np.zeros((1, 478, 2), np.float32)
    marks[0, points.LOWER_LIP_MIDDLE, 1], marks[0, points.CHIN, 1] = 6, 120
    assert aperture(marks, marks)[0] == pytest.approx(0.05)
    assert np.isnan(aperture(np.full_like(marks, np.nan), marks)[0])


def picture(seed: int = 0) -> np.ndarray:
    """Grain."""
    return np.random.default_rng(seed).integers(100, 130, (120, 120, 3)).astype(np.uint8)


def test_a_hard_edge_is_seen_and_grain_is_not() -> None:
    plain = picture()
    across, beside = border_steps(plain, CENTRE, RADIUS)
    assert across / beside == pytest.approx(1, rel=0.05)
    pasted = plain.copy()
    pasted[mask_box((120, 120), CENTRE, RADIUS)] += 100
    across, beside = border_steps(pasted, CENTRE, RADIUS)
    assert across / beside > 1.5
    assert border_offset(pasted, plain, CENTRE, RADIUS) == pytest.approx(100)
    assert border_offset(picture(1), plain, CENTRE, RADIUS) < 1


def test_measures_bear_a_mouth_at_the_edge_of_the_picture() -> None:
    for centre in ((0.0, 0.0), (119.0, 119.0), (60.0, 100.0)):
        across, beside = border_steps(picture(), centre, RADIUS)
        assert np.isfinite([across, beside]).all()
        assert border_offset(picture(), picture(), centre, RADIUS) == 0


def test_trembling_is_what_changes_back() -> None:
    box = slice(0, 10), slice(0, 10)
    steady = [np.full((20, 20, 3), 10 * k, np.uint8) for k in range(3)]
    assert flicker(steady, box).mean() == 0
    steady[1] += 4
    assert flicker(steady, box).mean() == pytest.approx(8)


def test_the_mask_lies_where_the_crop_has_it() -> None:
    frame = np.zeros((120, 120, 3), np.uint8)
    frame[mask_box((120, 120), CENTRE, RADIUS)] = 255
    crop = cut(frame, CENTRE, RADIUS, SIDE)
    assert crop[mask_rows(SIDE), mask_columns(SIDE)].min() == 255
    assert crop.sum() == 255 * 3 * SIDE * SIDE


def test_music_is_sound_and_the_same_each_time() -> None:
    one, again, other = music(2.0), music(2.0), music(2.0, seed=1)
    np.testing.assert_array_equal(one.samples, again.samples)
    assert not np.array_equal(one.samples, other.samples)
    assert len(one.samples) == 32000 and 0.3 < np.abs(one.samples).max() <= 0.5
    assert np.sqrt((one.samples**2).mean()) > 0.02


@pytest.mark.skipif(not identity.installed(), reason=identity.PIP_LINE)
@needs_gl
def test_identity_is_a_distance_of_faces(footage: Footage) -> None:
    marks, frame = footage.landmarks_nx478x2[0], footage.frames_nxhxwx3[0]
    likeness = identity.Likeness()
    assert likeness.distance(0, frame, frame, marks) == 0
    near = likeness.distance(0, footage.frames_nxhxwx3[1], frame, marks)
    far = likeness.distance(0, frame[::-1], frame, marks)
    assert 0 < near < 0.2 < 0.5 < far


def test_phones_come_from_beside_the_video_or_from_the_corpus(tmp_path: Path) -> None:
    video = tmp_path / "video" / "clip.mp4"
    video.parent.mkdir()
    assert phones_of(video) == ()
    corpus = tmp_path / "alignments.json"
    corpus.write_text(json.dumps({"clip": {"phones": [["B", 0.1, 0.2]]}}))
    assert phones_of(video) == (("B", 0.1, 0.2),)
    assert phones_of(video.with_name("other.mp4")) == ()
    (video.parent / "clip.phones.json").write_text('[["pau", 0, 1]]')
    assert phones_of(video) == (("SIL", 0.0, 1.0),)
    for damaged in ("[1]", "{", '{"other": 5}'):
        corpus.write_text(damaged)
        with pytest.raises(TrainingError, match="alignments"):
            phones_of(video.with_name("other.mp4"))


@needs_gl
def test_a_made_up_capture_says_what_is_said(capture: Path) -> None:
    spoken = spoken_in([capture], 26)
    assert spoken.voice.sample_rate_hz == 16000 and len(spoken.voice.samples) == 26 * 640
    assert spoken.phones[:2] == (("SIL", 0.25, 0.38), ("HH", 0.38, 0.455))
    (capture / PHONES).rename(capture / "gone")
    assert spoken_in([capture], 26).phones == ()
    (capture / "gone").rename(capture / PHONES)


def test_ablations_must_be_of_the_same_mouth(tmp_path: Path) -> None:
    small_g4g().save(tmp_path / "no fusion.talkwire")
    assert list(read_ablations(tmp_path, small_g4g())) == ["no fusion"]
    other = small_g4g()
    other.data.__dict__["side"] = 24
    with pytest.raises(TrainingError, match="mouth of 24"):
        read_ablations(tmp_path, other)
    with pytest.raises(TrainingError, match="none"):
        read_ablations(tmp_path / "nowhere", other)


def test_an_avatar_that_hears_otherwise_is_refused() -> None:
    deaf = small_g4g(heard=HEARD[1:])
    with pytest.raises(AvatarError, match="hears otherwise"):
        generator_of(deaf)
