"""Made-up videos: what is said of each frame is what the frame shows."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import binary_dilation
from scipy.spatial.transform import Rotation

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import MissingDependency, TrainingError
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.render import describe_gl
from talkwire.runtime.session import open_session
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, Capture, load_capture, project
from talkwire.training.motion.phone_times import read_phones
from talkwire.training.synth import motion as motion_module
from talkwire.training.synth.__main__ import main
from talkwire.training.synth.generate import PHONES, generate, read_voice
from talkwire.training.synth.marks import marks
from talkwire.training.synth.motion import FPS, MOST_DEG, SHIFT_M, Motion, make_motion
from talkwire.training.synth.person import Person, make_person
from talkwire.training.synth.pictures import Lens, background, label, lay_over, shoot
from talkwire.training.synth.sweep import GROUPS, MOODS, expressions, sensible, sweep
from talkwire.training.synth.video import write_video

try:
    GL_MISSING = "" if describe_gl() else "no name"
except MissingDependency as absent:
    GL_MISSING = str(absent)
needs_gl = pytest.mark.skipif(bool(GL_MISSING) and not os.environ.get("CI"), reason=GL_MISSING)

NOVA = make_person(None)
SMALL = {"seconds": 0.8, "size_px": 96, "seed": 3, "flite": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synth") / "made"
    generate(path, **SMALL, light="flat", identity=4, sweep_share=1.0)
    return path


@pytest.fixture(scope="module")
def made(folder: Path) -> Capture:
    return load_capture(folder)


def still(turns_deg: np.ndarray, shifts_m: np.ndarray | None = None, **shapes: float) -> Motion:
    """One moment for each row of yaw, pitch, roll."""
    weights = np.zeros((len(turns_deg), 52), np.float32)
    for name, weight in shapes.items():
        weights[:, INDEX[name]] = weight
    turned = Rotation.from_euler("YXZ", turns_deg, degrees=True).as_quat().astype(np.float32)
    shifts = np.zeros((len(turns_deg), 3)) if shifts_m is None else shifts_m
    silence = Audio(np.zeros(len(turns_deg) * 640, np.float32), 16000)
    return Motion(weights, turned, shifts.astype(np.float32), silence, "nothing")


def in_camera(person: Person, capture: Capture, k: int) -> np.ndarray:
    vertices = person.avatar.vertices(capture.codes_nx52[k : k + 1])
    return vertices @ rotation_matrix(capture.rotations_nx4[k]).T + capture.translations_nx3_m[k]


@needs_gl
def test_a_capture_says_what_it_is(made: Capture) -> None:
    card = made.card
    assert (card.head, card.fps, card.exact, card.light) == ("nova", 25.0, True, "flat")
    assert card.shows == "nobody: head 4 of nova's family, a made-up face"
    assert card.licence == "CC0-1.0"
    assert made.frames_nxhxwx3.shape == (20, 96, 96, 3)
    assert made.codes_nx52.min() >= 0
    assert made.codes_nx52.max() <= 1
    np.testing.assert_allclose(np.linalg.norm(made.rotations_nx4, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(made.identity_i, make_person(4).identity_i)
    assert np.isfinite(made.landmarks_nx478x2).all()
    assert made.confidence_n.min() == 1
    assert not made.shots_n.any()


@needs_gl
@pytest.mark.parametrize("k", [0, 9, 19])
def test_pose_and_focal_length_say_where_the_head_is(made: Capture, k: int) -> None:
    person = make_person(4)
    topology = person.avatar.topology
    head = [part for part in topology.parts if part.name != "cloth"]
    rows = np.concatenate([np.arange(p.first_triangle, p.first_triangle + p.triangle_count) for p in head])
    used = np.unique(topology.triangles_tx3[rows])
    at = project(in_camera(person, made, k)[used], made.card.focal_px, made.size_hw)
    rows_seen, columns_seen = np.nonzero(made.labels_nxhxw[k] == HEAD)
    # pixel centres are at halves: the first pixel of the head begins at its number
    assert columns_seen.min() == pytest.approx(at[:, 0].min(), abs=0.6)
    assert columns_seen.max() + 1 == pytest.approx(at[:, 0].max(), abs=0.6)
    assert rows_seen.min() == pytest.approx(at[:, 1].min(), abs=0.6)


@needs_gl
def test_the_trainers_camera_sees_the_same_head(made: Capture) -> None:
    torch = pytest.importorskip("torch")
    from talkwire.training.dyntet.camera import Camera, poses, to_clip
    from talkwire.training.raster.torch_raster import TorchRasterizer

    person, k = make_person(4), 12
    topology, camera = person.avatar.topology, Camera(made.card.focal_px, made.size_hw)
    vertices = torch.from_numpy(person.avatar.vertices(made.codes_nx52[k : k + 1]))[None]
    pose = poses(made.rotations_nx4[k : k + 1], made.translations_nx3_m[k : k + 1])
    clip = to_clip(vertices, pose, camera.projection(camera.whole())[None])
    triangles = topology.triangles_tx3.astype(np.int64)
    seen = TorchRasterizer().rasterize(clip, torch.from_numpy(triangles), made.size_hw)[0, ..., 3].numpy()
    names = np.concatenate([[part.name] * part.triangle_count for part in topology.parts])
    head = (seen > 0) & (names[seen.astype(int) - 1] != "cloth")
    labelled = made.labels_nxhxw[k] == HEAD
    assert (head != labelled).mean() < 0.01  # where less or more than half of a pixel is covered
    for mine, theirs in zip(np.nonzero(head), np.nonzero(labelled), strict=True):
        assert mine.mean() == pytest.approx(theirs.mean(), abs=0.15)


@needs_gl
def test_irises_are_seen_at_their_landmarks() -> None:
    turns = np.array([[0, 0, 0], [14, -6, 5], [-12, 8, -6]])
    motion = still(turns, eyeLookOutLeft=0.3, eyeLookInRight=0.3, eyeWideLeft=1.0, eyeWideRight=1.0)
    lens = Lens.framing(NOVA, 512)
    for shot in shoot(NOVA, motion, lens, "flat", background(512, 0)):
        for iris in (468, 473):
            centre, *rim = shot.landmarks_478x2[iris : iris + 5]
            radius = np.linalg.norm(np.array(rim) - centre, axis=1).mean()
            y, x = np.mgrid[:512, :512] + 0.5
            distance = np.hypot(x - centre[0], y - centre[1])
            dark = np.clip(40 - shot.picture_hxwx3.max(axis=2).astype(float), 0, None) * (
                distance < 0.6 * radius
            )
            seen = np.array([(dark * x).sum(), (dark * y).sum()]) / dark.sum()
            np.testing.assert_allclose(seen, centre, atol=0.04 * radius)  # of the pupil's middle
        right, left = shot.landmarks_478x2[468], shot.landmarks_478x2[473]
        assert right[0] < left[0] - 50  # the head's own right is at the viewer's left


@needs_gl
def test_labels_and_pictures_agree(made: Capture) -> None:
    behind = background(96, 3)
    for k in (0, 10):
        labels, picture = made.labels_nxhxw[k], made.frames_nxhxwx3[k]
        inside = ~binary_dilation(labels != BACKGROUND, iterations=2)
        np.testing.assert_array_equal(picture[inside], behind[inside])
        head = labels == HEAD
        assert (np.abs(picture.astype(int) - behind).max(axis=2)[head] > 8).mean() > 0.97
        assert 0.2 < head.mean() < 0.5
        assert (labels == IGNORED)[70:].mean() > 0.1  # the collar, below
        assert not (labels == IGNORED)[:48].any()
    assert set(np.unique(made.labels_nxhxw)) == {BACKGROUND, HEAD, IGNORED}


def test_labels_of_mixed_pixels() -> None:
    head = np.array([[255, 130, 100, 60, 0, 0]], np.uint8)
    beside = np.array([[0, 0, 100, 0, 3, 0]], np.uint8)
    assert label(head, beside).tolist() == [[HEAD, HEAD, IGNORED, BACKGROUND, IGNORED, BACKGROUND]]


def test_a_layer_over_a_picture_keeps_its_level() -> None:
    behind = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    clear, full = np.zeros((8, 8, 4), np.uint8), np.full((8, 8, 4), 255, np.uint8)
    np.testing.assert_array_equal(lay_over(clear, behind), behind)
    np.testing.assert_array_equal(lay_over(full, behind), full[..., :3])
    half = np.full((8, 8, 4), 128, np.uint8)
    assert np.abs(lay_over(half, behind) - (128 + behind.astype(float) * 127 / 255)).max() <= 1


@needs_gl
def test_the_whole_head_is_in_the_picture_however_it_turns() -> None:
    signs = np.array([[y, p, r] for y in (-1, 0, 1) for p in (-1, 1) for r in (-1, 1)])
    shifts = SHIFT_M * np.sign(signs[:, [0, 1, 2]] + 0.5)
    lens = Lens.framing(NOVA, 64)
    tops = []
    for shot in shoot(NOVA, still(signs * MOST_DEG, shifts), lens, "flat", background(64, 0)):
        head = shot.labels_hxw == HEAD
        assert not head[0].any()
        assert not head[:, [0, -1]].any()
        tops.append(np.flatnonzero(head.any(axis=1)).min())
    assert min(tops) < 12  # and it is not small
    straight = next(shoot(NOVA, still(np.zeros((1, 3))), lens, "flat", background(64, 0)))
    topology = NOVA.avatar.topology
    high = topology.neutral_vx3[:, 1].max()
    chin = marks(topology.neutral_vx3)[152, 1]
    filled = np.ptp(np.flatnonzero((straight.labels_hxw == HEAD).any(axis=1))) / 64
    assert 0.6 < filled < 0.8
    assert lens.focal_px * (high - chin) / -lens.at_m[2] > 0.5 * 64


@needs_gl
def test_a_seed_gives_one_video(folder: Path, made: Capture, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", **SMALL, light="flat", identity=4, sweep_share=1.0)
    np.testing.assert_array_equal(again.frames_nxhxwx3, made.frames_nxhxwx3)
    np.testing.assert_array_equal(again.codes_nx52, made.codes_nx52)
    np.testing.assert_array_equal(again.landmarks_nx478x2, made.landmarks_nx478x2)
    other = generate(tmp_path / "other", **{**SMALL, "seed": 4}, light="scene", identity=4, sweep_share=1.0)
    assert np.abs(other.rotations_nx4 - made.rotations_nx4).max() > 0.05
    assert other.card.light == "scene"
    assert np.abs(other.frames_nxhxwx3[0].astype(int) - made.frames_nxhxwx3[0]).mean() > 3


@needs_gl
def test_what_was_not_finished_is_no_capture(folder: Path, tmp_path: Path) -> None:
    def kill(share: float) -> None:
        if share > 0.4:
            raise KeyboardInterrupt

    path = tmp_path / "killed"
    generate(path, seconds=0.1, size_px=32, flite=False)
    load_capture(path)
    with pytest.raises(KeyboardInterrupt):
        generate(path, seconds=0.4, size_px=32, flite=False, progress=kill)
    with pytest.raises(TrainingError, match="is not a capture"):
        load_capture(path)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"seconds": 0}, "made this long: saw 0 s, wanted 0.04 to 3600 s"),
        ({"seconds": float("nan")}, "made this long: saw nan s"),
        ({"size_px": 100}, "made this size: saw 100 pixels, wanted a multiple of 8 from 32 to 4096"),
        ({"size_px": 8192}, "made this size: saw 8192 pixels"),
        ({"turn_share": 1.5}, "cannot turn this far: saw 1.5 of its range, wanted 0 to 1"),
        ({"turn_share": float("nan")}, "cannot turn this far: saw nan"),
    ],
)
def test_absurd_wishes_are_refused(wrong: dict, says: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=says):
        generate(tmp_path / "none", **wrong)
    assert not (tmp_path / "none").exists()


# --- motion


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_in_a_minute_every_shape_is_seen(seed: int) -> None:
    motion = make_motion(NOVA.avatar, 60 * FPS, seed, flite=False)
    strongest = dict(zip(ARKIT_NAMES, motion.codes_nx52.max(axis=0), strict=True))
    assert {name: round(float(v), 2) for name, v in strongest.items() if v < 0.35} == {}
    turned = Rotation.from_quat(motion.rotations_nx4).as_euler("YXZ", degrees=True)
    assert (np.abs(turned) <= MOST_DEG + 1e-3).all()
    assert (np.abs(turned).max(axis=0) > 0.75 * MOST_DEG).all()
    assert np.abs(np.diff(turned, axis=0)).max() < 4  # degrees a frame
    assert np.abs(motion.translations_nx3_m).max() < 0.04
    assert len(motion.voice.samples) == 60 * motion.voice.sample_rate_hz


def test_speech_is_the_products_own_and_the_voice_goes_with_it() -> None:
    motion = make_motion(NOVA.avatar, 4 * FPS, 5, sweep_share=0, flite=False)
    session = open_session(NOVA.avatar, fps=FPS, seed=5)
    session.begin(motion.voice.sample_rate_hz)
    session.push(motion.voice.samples)
    session.end()
    codes = np.stack([pose.face.weights for pose in session.pull_poses()])
    np.testing.assert_allclose(motion.codes_nx52, sensible(codes), atol=1e-6)
    assert motion.said == "the shipped line"


def test_a_head_turns_once_all_round_and_then_looks_ahead() -> None:
    plain, turning = (make_motion(NOVA.avatar, 75, 3, round_s=seconds, flite=False) for seconds in (0.0, 2.0))
    ahead = [Rotation.from_quat(motion.rotations_nx4).apply([0, 0, 1]) for motion in (plain, turning)]
    assert ahead[0][:, 2].min() > 0.7
    sides = np.degrees(np.arctan2(ahead[1][:50, 0], ahead[1][:50, 2]))
    assert set(np.unique(np.round(sides / 90) % 4).tolist()) == {0, 1, 2, 3}
    np.testing.assert_allclose(ahead[0][50:], ahead[1][50:], atol=1e-6)


def test_a_calm_talker_says_the_same_and_hardly_turns() -> None:
    free, calm = (make_motion(NOVA.avatar, 200, 3, turn_share=share, flite=False) for share in (1.0, 0.3))
    np.testing.assert_array_equal(free.codes_nx52, calm.codes_nx52)
    turned = np.abs(Rotation.from_quat(calm.rotations_nx4).as_euler("YXZ", degrees=True))
    assert (turned <= 0.3 * MOST_DEG + 1e-3).all()
    assert (turned.max(axis=0) > 0.1 * MOST_DEG).all()
    assert np.abs(calm.translations_nx3_m[:, 2]).max() < 0.3 * SHIFT_M[2] + 0.005


def test_while_expressions_are_swept_nobody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    marked = np.full((2000, 52), 0.5, np.float32)
    monkeypatch.setattr(motion_module, "sweep", lambda count, *rest: marked[:count])
    motion = make_motion(NOVA.avatar, 40 * FPS, 1, flite=False)
    swept = np.abs(motion.codes_nx52[:, INDEX["cheekPuff"]] - 0.5) < 1e-3
    loud = np.abs(motion.voice.samples.reshape(len(swept), -1)).max(axis=1) > 0.02
    assert 0.25 < swept.mean() < 0.55
    assert loud.mean() > 0.2
    assert not (loud & swept).any()


def test_sweeps_glide_and_rest_at_both_ends() -> None:
    rng = np.random.default_rng(0)
    path = sweep(400, 25, expressions(rng), rng)
    assert path.shape == (400, 52)
    assert path[0].max() < 0.1
    assert path[-1].max() == 0
    assert path.max() > 0.8
    assert np.abs(np.diff(path, axis=0)).max() < 0.35
    assert sweep(1, 25, expressions(rng), rng).shape == (1, 52)


def test_expressions_know_all_shapes_and_seldom_halve_the_face() -> None:
    names = {name for row in (*GROUPS, MOODS) for shape in row for name in shape}
    full = {
        full for name in names for full in ((name,) if name in INDEX else (f"{name}Left", f"{name}Right"))
    }
    assert full == set(ARKIT_NAMES)
    drawn = expressions(np.random.default_rng(0))
    some = np.stack([next(drawn) for _ in range(300)])
    twins = np.array(
        [[k, INDEX[name.replace("Left", "Right")]] for name, k in INDEX.items() if "Left" in name]
    )
    paired = np.array([pair for pair in twins if not ARKIT_NAMES[pair[0]].startswith(("jaw", "eyeLook"))])
    used = some[:, paired].max(axis=(1, 2)) > 0
    alike = (np.abs(some[:, paired[:, 0]] - some[:, paired[:, 1]]) < 1e-6).all(axis=1)
    assert 0.4 < alike[used].mean() < 0.85


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, (3, 52), elements=st.floats(-2, 2, width=32)))
def test_weights_are_made_sensible(weights: np.ndarray) -> None:
    made = sensible(weights)
    assert made.dtype == np.float32
    assert made.min() >= 0
    assert made.max() <= 1
    assert (made[:, INDEX["mouthClose"]] <= made[:, INDEX["jawOpen"]]).all()
    assert (made[made[:, INDEX["jawOpen"]] < 0.1, INDEX["tongueOut"]] == 0).all()
    np.testing.assert_array_equal(sensible(made)[:, INDEX["tongueOut"]], made[:, INDEX["tongueOut"]])
    plain = sensible(np.full((1, 52), 0.3, np.float32))
    assert plain[0, INDEX["mouthSmileLeft"]] == np.float32(0.3)


# --- persons


def test_nova_is_herself_and_others_are_others() -> None:
    assert not NOVA.identity_i.any()
    a, again, b = make_person(1), make_person(1), make_person(2)
    assert a.avatar.topology.texture == again.avatar.topology.texture
    np.testing.assert_array_equal(a.identity_i, again.identity_i)
    apart = np.linalg.norm(a.avatar.topology.neutral_vx3 - b.avatar.topology.neutral_vx3, axis=1)
    assert np.median(apart) > 0.001
    assert a.avatar.topology.texture != b.avatar.topology.texture
    np.testing.assert_array_equal(a.avatar.topology.triangles_tx3, NOVA.avatar.topology.triangles_tx3)


# --- the way of a filmed video


@needs_gl
def test_a_video_comes_back_as_it_was_drawn(folder: Path, made: Capture, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    from talkwire.training.tracking.video import open_footage

    path = tmp_path / "made.mp4"
    told: list[int] = []
    write_video(made, path, voice=read_voice(folder), progress=told.append)
    assert told == list(range(1, 21))
    frames = [frame for _, frame in open_footage([path]).frames()]
    assert len(frames) == len(made)
    apart = np.abs(np.stack(frames).astype(int) - made.frames_nxhxwx3)
    assert apart.mean() < 4
    assert np.abs(apart.mean(axis=(1, 2, 3)) - apart.mean()).max() < 1.5  # no frame is another's
    means = np.stack(frames).mean(axis=(0, 1, 2)) - made.frames_nxhxwx3.mean(axis=(0, 1, 2))
    assert np.abs(means).max() < 1.5  # colours keep their coding
    with av.open(str(path)) as container:
        sound = [frame.to_ndarray() for frame in container.decode(audio=0)]
    assert sum(block.shape[-1] for block in sound) / 16000 == pytest.approx(0.8, abs=0.13)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("size_hw", "inside"), [((33, 40), ""), ((32, 32), "nowhere")])
def test_a_video_that_cannot_be_written_is_one_sentence(
    size_hw: tuple[int, int], inside: str, tmp_path: Path
) -> None:
    pytest.importorskip("av")
    with pytest.raises(TrainingError, match=r"the video .*made\.mp4 cannot be written: saw "):
        write_video([np.zeros((*size_hw, 3), np.uint8)] * 3, tmp_path / inside / "made.mp4")
    assert list(tmp_path.iterdir()) == []


def test_without_pyav_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[train\]'"):
        write_video([np.zeros((32, 32, 3), np.uint8)], tmp_path / "made.mp4")


@needs_gl
def test_the_command_writes_a_capture_and_a_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, video = tmp_path / "c", tmp_path / "c.mp4"
    wish = ["-o", str(out), "--seconds", "0.2", "--size", "64", "--light", "flat", "--no-flite"]
    assert main([*wish, "--video", str(video)]) == 0
    assert "5 frames of nobody: nova, a made-up face" in capsys.readouterr().out
    assert load_capture(out).card.light == "flat"
    assert video.stat().st_size > 1000
    assert main(["-o", str(out), "--size", "7"]) == TrainingError.exit_code
    assert "saw 7 pixels" in capsys.readouterr().err
    load_capture(out)  # what was there is still there


@needs_gl
def test_mediapipe_sees_the_landmarks_where_they_are() -> None:
    pytest.importorskip("mediapipe")
    from talkwire.training.heads.canonical import find_landmark_model
    from talkwire.training.tracking.landmarks import look_for_faces

    try:
        find_landmark_model()
    except TrainingError as absent:
        pytest.skip(str(absent))
    turns = np.array([[0, 0, 0], [18, 5, -4], [-18, -5, 4]])
    for person, light in ((NOVA, "studio"), (make_person(4), "flat")):
        shots = list(shoot(person, still(turns), Lens.framing(person, 384), light, background(384, 1)))
        seen = look_for_faces(shot.picture_hxwx3 for shot in shots).landmarks_nx478x2
        truth = np.stack([shot.landmarks_478x2 for shot in shots])
        face_px = np.ptp(truth[0, :468, 1])
        assert np.abs(seen - truth)[:, :468].mean() / face_px < 0.012
        rims = (seen - truth)[:, 468:] - (seen - truth)[:, [468] * 5 + [473] * 5]
        assert np.abs(rims).max() / face_px < 0.03  # and goes round irises in the same order


def test_phones_are_those_of_the_line_where_it_is_said() -> None:
    motion = make_motion(NOVA.avatar, 12 * FPS, 2, sweep_share=0, flite=False)
    lines = [start for name, start, _ in motion.phones if name == "HH"]
    again = lines[1] - lines[0]  # the shipped line begins with it, and has no other in its middle
    samples, rate = motion.voice.samples, motion.voice.sample_rate_hz
    first, second = (samples[round(at * rate) :][: rate // 2] for at in (lines[0], lines[0] + again))
    np.testing.assert_array_equal(first, second)
    assert max(end for _, _, end in motion.phones) <= 12


@needs_gl
def test_phones_lie_beside_the_voice(folder: Path) -> None:
    assert read_phones(folder / PHONES) == ()  # nothing but expressions is in it
