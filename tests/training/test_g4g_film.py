"""From videos and made-up captures to footage of a mouth."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.audio import SHIPPED_LINE, Audio, read_audio
from talkwire.runtime.errors import MissingDependency, TrainingError

av = pytest.importorskip("av", reason="reading video needs PyAV: pip install 'talkwire[train]'")
pytest.importorskip("scipy", reason="tracking needs scipy: pip install 'talkwire[train]'")
pytest.importorskip("cv2", reason="tracking needs OpenCV: pip install 'talkwire[train]'")

from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size  # noqa: E402
from talkwire.runtime.history import History  # noqa: E402
from talkwire.runtime.session import open_session  # noqa: E402
from talkwire.training.capture import Capture, CaptureCard, project, save_capture  # noqa: E402
from talkwire.training.g4g.film import COVERED, make_footage  # noqa: E402
from talkwire.training.g4g.footage import CARD, CROPS, TRACKS, Footage, load_footage  # noqa: E402
from talkwire.training.g4g.heard import heard, loudness, sound_of_video  # noqa: E402
from talkwire.training.heads import points  # noqa: E402
from talkwire.training.synth.generate import VOICE  # noqa: E402
from talkwire.training.synth.marks import marks  # noqa: E402
from talkwire.training.synth.person import make_person  # noqa: E402
from talkwire.training.synth.pictures import Lens  # noqa: E402
from talkwire.training.synth.video import write_video  # noqa: E402

COUNT, SIZE, SIDE = 80, 96, 16
NOVA = make_person(None)
LENS = Lens.framing(NOVA, SIZE)


def codes(**curves: np.ndarray) -> np.ndarray:
    weights = np.zeros((COUNT, 52), np.float32)
    for name, curve in curves.items():
        weights[:, ARKIT_NAMES.index(name)] = curve
    return weights


def landmarks(weights_nx52: np.ndarray) -> np.ndarray:
    """Of nova, who nods a little and shifts."""
    at = []
    for k, weights in enumerate(weights_nx52):
        nod = 0.05 * np.sin(k / 9)
        turn = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
        shift = LENS.at_m + np.array([0.004 * np.sin(k / 13), 0, 0])
        at.append(
            project(marks(NOVA.avatar.vertices(weights[None])) @ turn.T + shift, LENS.focal_px, (SIZE, SIZE))
        )
    return np.stack(at)


SPEAKING = codes(
    jawOpen=0.3 + 0.3 * np.sin(np.arange(COUNT) / 3), mouthPucker=0.3 + 0.3 * np.sin(np.arange(COUNT) / 5)
)


@pytest.fixture(scope="module")
def speaking() -> np.ndarray:
    return landmarks(SPEAKING)


def write_capture(folder: Path, at: np.ndarray, *, fps: float = 25.0, voice: bool = True) -> Path:
    """Pictures have a bright dot on the nose's base and are grey beside."""
    count = len(at)
    frames = np.full((count, SIZE, SIZE, 3), 120, np.uint8)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    for k, (nose_x, nose_y) in enumerate(at[:, points.NOSE_BASE]):
        frames[k, np.hypot(x - nose_x, y - nose_y) < 1.5] = 255
    zeros = np.zeros
    save_capture(
        Capture(
            CaptureCard("nova", fps, LENS.focal_px, "nobody: nova", "CC0-1.0", "made up", exact=True),
            *(frames, zeros((count, SIZE, SIZE), np.uint8), zeros(1, np.float32), zeros(52, np.float32)),
            *(zeros((count, 52), np.float32), zeros((count, 4), np.float32), zeros((count, 3), np.float32)),
            *(at.astype(np.float32), np.ones(count, np.float32), zeros(count, np.int64)),
        ),
        folder,
    )
    if voice:
        (folder / VOICE).write_bytes(SHIPPED_LINE.read_bytes())
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, speaking: np.ndarray) -> Iterator[tuple[Footage, Path]]:
    folder = tmp_path_factory.mktemp("footage")
    at = speaking.copy()
    at[40:44] = np.nan
    capture = write_capture(folder / "capture", at)
    told: list[str] = []
    footage = make_footage(
        capture, folder / "made", side=SIDE, progress=lambda stage, share: told.append(stage)
    )
    assert list(dict.fromkeys(told)) == ["cutting out", "drawing lines", "listening"]
    yield footage, folder / "made"


def test_footage_is_what_it_says(made: tuple[Footage, Path]) -> None:
    footage, _ = made
    height, width = crop_size(SIDE)
    assert footage.crops_nxhxwx3.shape == (COUNT, height, width, 3)
    assert footage.drawings_nxhxw.shape == (COUNT, height, width)
    assert footage.heard_kxnx5xc.shape == (2, COUNT, WINDOW, len(HEARD))
    assert footage.frames_nxhxwx3.shape == (COUNT, SIZE, SIZE, 3)
    assert (footage.side, footage.size_hw, footage.card.fps) == (SIDE, (SIZE, SIZE), 25.0)
    assert (footage.card.shows, footage.card.licence) == ("nobody: nova", "CC0-1.0")
    assert footage.card.unused == ("1.60 to 1.76 s: not tracked",)
    assert footage.usable.tolist() == [*range(40), *range(44, COUNT)]
    opening = footage.lips_nx2[footage.usable, 0]
    assert np.corrcoef(opening, SPEAKING[footage.usable, ARKIT_NAMES.index("jawOpen")])[0, 1] > 0.9
    assert np.isfinite(footage.centres_nx2).all()


def test_crops_show_what_landmarks_say(made: tuple[Footage, Path]) -> None:
    footage, _ = made
    some = footage.usable[::15]
    for crop, at in zip(footage.crops_nxhxwx3[some], footage.crop_points(some), strict=True):
        bright = np.clip(crop[..., 0].astype(float) - 130, 0, None)
        y, x = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
        seen = np.array([(bright * x).sum(), (bright * y).sum()]) / bright.sum()
        np.testing.assert_allclose(seen, at[points.NOSE_BASE], atol=0.25)


def test_the_mask_holds_mouth_and_chin(made: tuple[Footage, Path]) -> None:
    footage, _ = made
    at = footage.crop_points(footage.usable)[:, [*points.LIPS_OUTER, points.CHIN]]
    inside = (at > [SIDE / 8, SIDE / 2]) & (at < [SIDE * 9 / 8, SIDE * 3 / 2])
    assert inside.mean() > 0.99


def test_footage_lies_in_a_folder_and_damage_is_one_sentence(
    made: tuple[Footage, Path], tmp_path: Path
) -> None:
    footage, folder = made
    again = load_footage(folder)
    assert again.card == footage.card
    np.testing.assert_array_equal(again.centres_nx2, footage.centres_nx2)
    assert isinstance(again.crops_nxhxwx3, np.memmap)
    damages = {
        "none": lambda: (tmp_path / CARD).unlink(),
        "version": lambda: _change(tmp_path / CARD, format=99),
        "field": lambda: _change(tmp_path / CARD, colour="red"),
        "side": lambda: _change(tmp_path / CARD, side=64),
        "frames": lambda: _change(tmp_path / CARD, frames="gone.npy"),
        "tracks": lambda: (tmp_path / TRACKS).write_bytes(b"PK\3\4 nothing"),
        "crops": lambda: (tmp_path / CROPS).write_bytes(b"\x93NUMPY"),
        "count": lambda: np.save(tmp_path / CROPS, np.zeros((3, *crop_size(SIDE), 3), np.uint8)),
    }
    for damage in damages.values():
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        load_footage(tmp_path)
        damage()
        with pytest.raises(TrainingError, match="holds no footage") as caught:
            load_footage(tmp_path)
        assert "\n" not in str(caught.value)


def _change(card: Path, **fields: object) -> None:
    card.write_text(json.dumps(json.loads(card.read_text()) | fields))


@pytest.mark.parametrize("side", [7, 0, 20, -64])
def test_a_side_that_does_not_divide_is_refused(side: int, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="multiple of 8"):
        make_footage(tmp_path / "none.mp4", tmp_path / "out", side=side)


def test_captures_that_cannot_be_used(speaking: np.ndarray, tmp_path: Path) -> None:
    mute = write_capture(tmp_path / "mute", speaking, voice=False)
    with pytest.raises(TrainingError, match=r"nothing can be heard in .*mute.*ffmpeg"):
        make_footage(mute, tmp_path / "out")
    short = write_capture(tmp_path / "short", speaking[:50])
    with pytest.raises(TrainingError, match=r"2\.0 usable seconds of 2\.0"):
        make_footage(short, tmp_path / "out", side=SIDE)
    slow = write_capture(tmp_path / "slow", speaking, fps=30.0)
    with pytest.raises(TrainingError, match=r"30\.0 frames/s"):
        make_footage(slow, tmp_path / "out")
    with pytest.raises(TrainingError, match="cannot be read"):
        make_footage(tmp_path / "nothing.mp4", tmp_path / "out")
    assert not (tmp_path / "out" / CARD).exists()


# --- sound


def test_what_is_heard_is_what_a_session_gives() -> None:
    voice = read_audio(SHIPPED_LINE)
    live, quality = heard(voice, 60)
    session, history = open_session(NOVA.avatar, fps=25), History(WINDOW)
    session.begin(voice.sample_rate_hz)
    session.push(voice.samples)
    session.end()
    jaw = ARKIT_NAMES.index("jawOpen")
    poses = session.pull_poses()[:60]
    now = [history.push(k / 25, pose.face.weights)[:, jaw] for k, pose in enumerate(poses)]
    np.testing.assert_allclose(live[..., HEARD.index("jawOpen")], now, atol=1e-6)
    np.testing.assert_allclose(live[10, :-1], live[9, 1:], atol=1e-6)  # a window slides by one
    shown, baked = (row[:, -1, HEARD.index("jawOpen")] for row in (live, quality))
    assert 0.4 < np.corrcoef(shown, baked)[0, 1] < 0.99


def test_after_a_short_sound_there_is_silence() -> None:
    line = read_audio(SHIPPED_LINE)
    voice = Audio(line.samples[: line.sample_rate_hz], line.sample_rate_hz)
    assert heard(voice, 50).shape == (2, 50, WINDOW, len(HEARD))
    assert heard(voice, 50)[:, 40:, -1, HEARD.index("jawOpen")].max() < 0.1
    levels = loudness(voice, 50)
    assert levels[5:24].mean() > -40 and (levels[27:] == -80).all()


def test_a_tone_is_as_loud_as_it_is() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    assert loudness(Audio(tone.astype(np.float32), 16000), 20)[1:] == pytest.approx(-9.03, abs=0.05)


def write_sound(path: Path, samples: np.ndarray, late_s: float = 0.0, stereo: bool = False) -> Path:
    """A video of grey and a sound that begins late_s after its first picture."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=16000, layout="stereo" if stereo else "mono")
        for k in range(50):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
            picture.pts, picture.time_base = k, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        block = np.rint(samples * 32767).astype(np.int16)[None]
        if stereo:
            block = np.stack([block[0], np.zeros_like(block[0])], axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo" if stereo else "mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, round(late_s * 16000), Fraction(1, 16000)
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("late_s", [0.0, 0.4])
@pytest.mark.parametrize("stereo", [False, True])
def test_sound_begins_when_its_first_picture_does(late_s: float, stereo: bool, tmp_path: Path) -> None:
    click = np.zeros(16000)
    click[8000:8080] = 0.9
    voice = sound_of_video(write_sound(tmp_path / "a.mkv", click, late_s, stereo))
    assert voice.sample_rate_hz == 16000
    assert int(np.argmax(np.abs(voice.samples) > 0.3)) == pytest.approx(8000 + late_s * 16000, abs=20)


def test_videos_that_cannot_be_heard(tmp_path: Path) -> None:
    write_video([np.zeros((64, 64, 3), np.uint8)] * 5, tmp_path / "mute.mp4")
    with pytest.raises(TrainingError, match=r"nothing can be heard in .*: saw no sound in it.*ffmpeg"):
        sound_of_video(tmp_path / "mute.mp4")
    with pytest.raises(TrainingError, match="silence from beginning to end"):
        sound_of_video(write_sound(tmp_path / "off.mkv", np.full(16000, 1e-4)))
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(TrainingError, match="nothing can be heard"):
        sound_of_video(tmp_path / "text.mp4")


# --- a real one


def test_a_real_video_with_a_hand_before_the_mouth(grid_s1: Path, tmp_path: Path) -> None:
    """Six frames of it are covered by a dark hand; its mouth moves with its voice in the others."""
    pytest.importorskip("mediapipe", reason="finding faces needs mediapipe: pip install 'talkwire[train]'")
    from talkwire.training.tracking.video import open_footage

    names = json.loads((grid_s1 / "splits.json").read_text())["test"][3:6:2]
    sources = [grid_s1 / "video" / f"{name}.mp4" for name in names]
    frames = [frame.copy() for _, frame in open_footage(sources).frames()][:100]
    for frame in frames[60:66]:
        frame[175:260, 130:230] = (96, 60, 50)
    voices = [sound_of_video(source) for source in sources]
    said = np.concatenate([voice.samples[: 3 * voice.sample_rate_hz] for voice in voices])
    write_video(frames, tmp_path / "hand.mp4", voice=Audio(said, voices[0].sample_rate_hz))
    try:
        footage = make_footage(tmp_path / "hand.mp4", tmp_path / "made", shows="speaker 1")
    except (MissingDependency, TrainingError) as absent:
        if "landmark model" not in str(absent):
            raise
        pytest.skip(str(absent))
    assert footage.side == 64 and 35 < footage.radius_px < 50
    assert len(footage.card.unused) == 1 and footage.card.unused[0].endswith(COVERED)
    assert 9 <= (footage.confidence_n == 0).sum() <= 13
    good = footage.usable
    jaw = footage.heard_kxnx5xc[0, good, -1, HEARD.index("jawOpen")]
    assert np.corrcoef(footage.lips_nx2[good, 0], jaw)[0, 1] > 0.6
