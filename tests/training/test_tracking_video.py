"""Videos as they come: rates, turns, sizes, damage. No face is needed here."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkwire.runtime.errors import MissingDependency, TrainingError

av = pytest.importorskip("av", reason="reading video needs PyAV: pip install 'talkwire[train]'")
pytest.importorskip("scipy", reason="tracking needs scipy: pip install 'talkwire[train]'")

from talkwire.training.capture import BACKGROUND, HEAD  # noqa: E402
from talkwire.training.tracking import store  # noqa: E402
from talkwire.training.tracking.landmarks import Sightings  # noqa: E402
from talkwire.training.tracking.shots import (  # noqa: E402
    MORE_FACES,
    NO_FACE,
    OTHER_LIGHT,
    SMALL,
    TURNED,
    Stretch,
    demand_enough,
    find_faults,
    find_misfits,
    find_other_light,
    find_shots,
    stretches,
    thumbnail,
)
from talkwire.training.tracking.store import write_rows  # noqa: E402
from talkwire.training.tracking.video import open_footage  # noqa: E402
from talkwire.training.tracking.window import choose_window  # noqa: E402
from videos import turn_quarter, write_video  # noqa: E402


def greys(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Frames that say by their grey which one they are."""
    return [np.full((height, width, 3), 20 + 5 * k, np.uint8) for k in range(count)]


def read(path: Path, *more: Path) -> np.ndarray:
    return np.array([frame for _, frame in open_footage([path, *more]).frames()])


def test_frames_come_in_order_without_sound(tmp_path: Path) -> None:
    got = read(write_video(tmp_path / "a.mp4", greys(30)))
    assert got.shape == (30, 48, 64, 3)
    assert np.abs(got.mean(axis=(1, 2, 3)) - (20 + 5 * np.arange(30))).max() <= 2


def test_a_varying_rate_is_resampled_by_time(tmp_path: Path) -> None:
    times_s = np.concatenate([np.arange(20) / 50, 0.4 + np.arange(20) / 10])  # 50, then 10 frames a second
    got = read(write_video(tmp_path / "a.mp4", greys(40), times_s))
    shown = np.round((got.mean(axis=(1, 2, 3)) - 20) / 5)
    assert len(shown) == pytest.approx(60, abs=2)  # 2.4 s
    nearest = [np.abs(times_s[int(k)] - n / 25) for n, k in enumerate(shown)]
    assert max(nearest) <= 0.05 + 1e-6  # half the longest step


def test_a_phone_held_upright(tmp_path: Path) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:16, :16] = 255  # top left of what the sensor saw
    path = turn_quarter(write_video(tmp_path / "a.mp4", [picture] * 5))
    got = read(path)
    assert got.shape == (5, 64, 48, 3)
    assert got[0, :16, -16:].mean() > 240 and got[0, 16:].mean() < 10  # top right


def test_pixels_are_made_square(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", greys(5), ratio=Fraction(16, 11))
    assert read(path).shape == (5, 48, 93, 3)


def test_several_files_are_joined_and_numbered(tmp_path: Path) -> None:
    paths = [write_video(tmp_path / f"{name}.mp4", greys(5)) for name in "ab"]
    assert [number for number, _ in open_footage(paths).frames()] == [0] * 5 + [1] * 5


def test_files_of_two_sizes_do_not_go_together(tmp_path: Path) -> None:
    paths = [write_video(tmp_path / f"{h}.mp4", greys(5, h)) for h in (48, 64)]
    with pytest.raises(TrainingError, match="saw 64x64 pixels, wanted 64x48"):
        open_footage(paths)


def test_4k_frames_are_scaled_while_they_are_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", greys(2, 2160, 3840))
    frames = list(open_footage([path]).frames((540, 960)))
    assert [frame.shape for _, frame in frames] == [(540, 960, 3)] * 2


def test_a_truncated_file_gives_what_is_left(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write_video(tmp_path / "a.mkv", list(rng.integers(0, 255, (40, 48, 64, 3), np.uint8)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 5 < len(read(path)) < 35


@pytest.mark.parametrize("damage", ["empty", "text", "cut mp4", "folder", "absent", "sound"])
def test_what_is_no_video_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.mp4"
    if damage == "empty":
        path.touch()
    elif damage == "text":
        path.write_text("not a video " * 100)
    elif damage == "cut mp4":
        write_video(path, greys(30))
        path.write_bytes(path.read_bytes()[:-300])  # the index is at the end
    elif damage == "folder":
        path.mkdir()
    elif damage == "sound":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=16000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 16000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    with pytest.raises(TrainingError, match=r"a\.mp4 cannot be read") as caught:
        open_footage([path])
    assert "\n" not in str(caught.value) and "None" not in str(caught.value)


def test_no_file_at_all() -> None:
    with pytest.raises(TrainingError, match="nothing to track"):
        open_footage([])


def test_without_pyav(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingDependency, match=r"talkwire\[train\]"):
        open_footage([tmp_path / "a.mp4"])


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="No space left"):
        write_rows(Path("/dev/full"), (4, 1 << 16), [np.zeros(1 << 16, np.uint8)] * 4)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: store.shutil._ntuple_diskusage(9, 9, 0))
    with pytest.raises(TrainingError, match=r"0\.0 GB free"):
        write_rows(tmp_path / "a.npy", (4, 4), [np.zeros(4, np.uint8)] * 4)


def test_rows_are_an_npy(tmp_path: Path) -> None:
    rows = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    assert np.array_equal(write_rows(tmp_path / "a.npy", rows.shape, rows), rows)
    assert np.array_equal(np.load(tmp_path / "a.npy"), rows)


def test_rows_written_anew_leave_readers_what_they_read(tmp_path: Path) -> None:
    before = write_rows(tmp_path / "a.npy", (2, 1 << 16), np.ones((2, 1 << 16), np.uint8))
    write_rows(tmp_path / "a.npy", (1, 4), np.zeros((1, 4), np.uint8))
    assert (before == 1).all()  # mapped: had the file been cut short, this would end the process


def sightings(count: int, *, at: tuple[float, float] = (180, 140), height: float = 134) -> Sightings:
    """A face that stays where it is: landmarks on an ellipse."""
    angle = np.linspace(0, 2 * np.pi, 478)
    face = np.stack([at[0] + 0.35 * height * np.sin(angle), at[1] - height / 2 * np.cos(angle)], axis=1)
    return Sightings(
        np.repeat(face[None], count, axis=0).astype(np.float32),
        np.zeros((count, 52), np.float32),
        np.repeat(np.eye(3, dtype=np.float32)[None], count, axis=0),
        np.ones(count, np.int64),
    )


def test_a_shot_in_another_light_is_left_out() -> None:
    frames = np.full((9, 8, 8, 3), (150, 118, 90), np.uint8)
    frames[3:6] = (163, 110, 46)  # the camera's white balance went astray
    frames[6:] = (75, 60, 44)  # darker, and as white
    frames[:, :4] = (0, 255, 255)  # the background says nothing
    labels = np.full((9, 8, 8), BACKGROUND, np.uint8)
    labels[:, 4:] = HEAD
    shots = np.repeat([0, 1, 2], 3)
    faults = np.array(["", "", NO_FACE, "", NO_FACE, "", "", "", ""], dtype="U40")
    found = find_other_light(frames, labels, shots, faults)
    assert found.tolist() == ["", "", NO_FACE, OTHER_LIGHT, NO_FACE, OTHER_LIGHT, "", "", ""]
    alone = find_other_light(frames[3:6], labels[3:6], np.zeros(3, int), np.array([""] * 3))
    assert (alone == "").all()
    unseen = np.where(shots[:, None, None] == 1, BACKGROUND, labels)
    assert find_other_light(frames, unseen, shots, faults).tolist() == faults.tolist()
    nothing = find_other_light(frames, np.zeros_like(labels) + BACKGROUND, shots, faults)
    assert nothing.tolist() == faults.tolist()


def test_each_fault_has_its_name() -> None:
    seen = sightings(6)
    seen.faces_n[1], seen.faces_n[2] = 0, 2
    seen.landmarks_nx478x2[1] = np.nan
    seen.turns_nx3x3[3] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
    seen.landmarks_nx478x2[4] *= 0.2
    seen.landmarks_nx478x2[5] += [150, 0]
    wanted = ["", NO_FACE, MORE_FACES, TURNED, SMALL, "face leaves the picture"]
    assert find_faults(seen, (288, 360)).tolist() == wanted


def test_faults_become_stretches() -> None:
    faults = np.array([""] * 50 + [NO_FACE] * 25 + [TURNED] * 5 + [""] * 20)
    assert stretches(faults) == [Stretch(2.0, 3.0, NO_FACE), Stretch(3.0, 3.2, TURNED)]
    assert str(stretches(faults)[0]) == "2.00 to 3.00 s: no face"


def test_too_little_is_refused_with_the_main_reason_first() -> None:
    demand_enough(np.array([""] * 70), "a.mp4")
    faults = np.array([""] * 50 + [NO_FACE] * 25 + [MORE_FACES] * 50)
    with pytest.raises(
        TrainingError, match=r"saw 2\.0 usable seconds of 5\.0 \(more than one face for 2\.0 s, no"
    ):
        demand_enough(faults, "a.mp4")


def test_a_cut_is_seen_and_movement_is_not() -> None:
    rng = np.random.default_rng(0)
    one, other = (
        rng.integers(0, 255, (6, 8, 3)).repeat(12, 0).repeat(12, 1).astype(np.uint8) for _ in range(2)
    )
    moving = [np.roll(one, k, axis=1) for k in range(20)]
    still = [other] * 10 + [np.roll(other, 2 * k, axis=0) for k in range(1, 11)]
    shots = find_shots(np.zeros(40, np.int64), [thumbnail(f) for f in moving + still], sightings(40))
    assert shots.tolist() == [0] * 20 + [1] * 20
    half_rate = [thumbnail(np.roll(one, k // 2 * 2, axis=1)) for k in range(40)]
    assert not find_shots(np.zeros(40, np.int64), half_rate, sightings(40)).any()


def test_files_are_shots() -> None:
    assert find_shots(np.array([0, 0, 1, 1]), [np.zeros((24, 24))] * 4, sightings(4)).tolist() == [0, 0, 1, 1]


def test_a_frame_that_does_not_fit_is_not_trusted() -> None:
    residuals = np.array([1.0] * 10 + [4.0, 9.0, np.nan], np.float32)
    confidence, faults = find_misfits(residuals, np.array([""] * 12 + [NO_FACE]))
    assert confidence[0] == 1 and 0 < confidence[10] < 1 and confidence[11] == confidence[12] == 0
    assert faults[10:].tolist() == ["", "landmarks do not fit a head", NO_FACE]


def test_a_small_video_stays_whole() -> None:
    window = choose_window(sightings(3), (290, 360), (290, 360), 512)
    assert (window.scaled_hw, window.size_hw, window.turned) == ((290, 360), (288, 360), False)
    frame = np.random.default_rng(0).integers(0, 255, (290, 360, 3), np.uint8)
    assert np.array_equal(window.cut(frame), frame[1:289])


def test_a_large_video_is_cropped_evenly_about_the_lens_axis() -> None:
    window = choose_window(sightings(3, at=(500, 240), height=180), (540, 960), (2160, 3840), 512)
    assert not window.turned and max(window.size_hw) <= 1.6 * 520
    assert all(side % 8 == 0 for side in window.size_hw)
    left, top = window.matrix_3x3[:2, 2]
    assert 2 * left + window.size_hw[1] == pytest.approx(window.scaled_hw[1], abs=1)
    assert 2 * top + window.size_hw[0] == pytest.approx(window.scaled_hw[0], abs=1)


def test_a_head_far_from_the_middle_is_looked_at_by_turning_the_camera() -> None:
    """What the turned camera sees is what the old one saw, turned and nothing else."""
    seen = sightings(3, at=(150, 140), height=80)
    window = choose_window(seen, (540, 960), (1080, 1920), 512)
    assert window.turned and max(window.size_hw) <= 512
    focal_px = window.focal_px
    old = np.array([[focal_px, 0, 960], [0, focal_px, 540], [0, 0, 1]])
    new = np.array([[focal_px, 0, window.size_hw[1] / 2], [0, focal_px, window.size_hw[0] / 2], [0, 0, 1]])
    turn = np.linalg.inv(old) @ window.matrix_3x3 @ new
    turn /= np.cbrt(np.linalg.det(turn))
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-6)  # a turn
    middle = window.matrix_3x3 @ [window.size_hw[1] / 2, window.size_hw[0] / 2, 1]
    assert np.allclose(middle[:2] / middle[2], [300, 280], atol=25)  # at the head: hair above, neck below


def test_what_the_turned_camera_sees() -> None:
    """A straight line stays one, and a mark at the head comes to the middle."""
    window = choose_window(sightings(3, at=(150, 140), height=80), (540, 960), (1080, 1920), 512)
    at = window.matrix_3x3 @ [window.size_hw[1] / 2, window.size_hw[0] / 2, 1]
    x, y = (at[:2] / at[2]).round().astype(int)
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[y - 3 : y + 3, x - 3 : x + 3] = 255
    rows, columns = np.nonzero(window.cut(frame)[..., 0] > 127)
    assert np.allclose([rows.mean(), columns.mean()], np.array(window.size_hw) / 2, atol=1.5)
