"""Baking: the live pipeline's own poses, whole, checked, in flat memory."""

from types import SimpleNamespace

import numpy as np
import pytest

from dyntet_support import small_dyntet
from support import small_avatar
from talkwire.exporters.clip import BLOCK_S, bake, bake_session, one_hemisphere
from talkwire.runtime.engine import FunctionEngine
from talkwire.runtime.errors import AudioError, EngineError, ExportError
from talkwire.runtime.idle import Idle
from talkwire.runtime.mind import Mind
from talkwire.runtime.session import Session
from talkwire.runtime.voices import Voices

RATE = 16000
NOISE = (0.1 * np.random.default_rng(0).normal(size=3 * RATE)).astype(np.float32)
CARD = {"step_hz": "50", "rows_per_step": "2", "look_ahead_steps": "3", "state_size": "1"}


def session(fps: int = 60, value: float = 0.5, avatar=None) -> Session:
    """A session whose network opens the face by loudness; value scales it."""

    def network(rows: np.ndarray, state: np.ndarray) -> dict[str, np.ndarray]:
        weights = np.clip(value * (rows.mean() + 12) / 12, 0, 1)
        return {"weights": np.full((1, 52), weights, np.float32), "next_state": state}

    return Session(avatar or small_avatar(), Mind(Voices(FunctionEngine(network, CARD))), Idle(3), fps=fps)


@pytest.mark.parametrize("fps", [1, 24, 60, 240])
def test_a_clip_is_what_the_live_session_says_bit_for_bit(fps: int) -> None:
    live = session(fps)
    live.begin(RATE)
    live.push(NOISE)
    live.end()
    poses = live.pull_poses()
    clip = bake_session(session(fps), NOISE, RATE)
    assert clip.frame_count == len(poses) == np.ceil(len(NOISE) * fps / RATE)
    for index, pose in enumerate(poses):
        face = clip.face(index)
        assert np.array_equal(face.weights, pose.face.weights)
        assert np.array_equal(np.abs(face.head_rotation), np.abs(pose.face.head_rotation))
        assert np.array_equal(face.head_translation_m, pose.face.head_translation_m)
    assert clip.pts_n.tolist() == [pose.pts for pose in poses]
    assert np.array_equal(clip.samples, NOISE)
    assert clip.duration_s == 3.0


@pytest.mark.parametrize("fps", [25, 60])
def test_a_head_that_hears_the_past_takes_the_same_shape_live_and_baked(fps: int) -> None:
    avatar = small_dyntet()
    live = session(fps, avatar=avatar)
    live.begin(RATE)
    frames = []
    for chunk in np.array_split(NOISE, 37):
        live.push(chunk)
        frames += live.pull()
    live.end()
    frames += live.pull()
    clip = bake_session(session(fps, avatar=avatar), NOISE, RATE)
    for index, frame in enumerate(frames):
        assert clip.vertices(index).tobytes() == frame.vertices_vx3.tobytes()
    assert len({frame.vertices_vx3.tobytes() for frame in frames}) > fps


def test_the_shipped_pipeline_bakes_and_a_seed_changes_the_idle_motion() -> None:
    one, again, other = (bake(NOISE, RATE, small_avatar(), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.weights_nx52, again.weights_nx52)
    assert np.array_equal(one.rotations_nx4, again.rotations_nx4)
    assert not np.array_equal(one.rotations_nx4, other.rotations_nx4)


def test_vertices_are_not_worked_out() -> None:
    avatar = small_avatar()
    avatar.vertices = lambda face: pytest.fail("a clip needs no vertices")  # type: ignore[method-assign]
    bake_session(session(avatar=avatar), NOISE, RATE)


def test_audio_goes_in_by_blocks_and_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[int] = []
    told: list[float] = []
    speaker = session()
    push = speaker.push
    monkeypatch.setattr(speaker, "push", lambda samples: (pushed.append(len(samples)), push(samples)))
    bake_session(speaker, NOISE, RATE, progress=told.append)
    assert max(pushed) <= BLOCK_S * RATE
    assert sum(pushed) == len(NOISE)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_nothing_to_say_is_refused() -> None:
    with pytest.raises(AudioError, match="there is nothing to say: saw 0 samples"):
        bake_session(session(), NOISE[:0], RATE)


def test_one_sample_is_a_frame() -> None:
    assert bake_session(session(), NOISE[:1], RATE).frame_count == 1


@pytest.mark.parametrize("fps", [0, -1, 241, 1000])
def test_an_absurd_rate_is_refused(fps: int) -> None:
    with pytest.raises(EngineError, match=f"saw {fps} frames/s, wanted 1 to 240"):
        bake(NOISE, RATE, small_avatar(), fps=fps)


class Poisoned:
    """A session whose third pose is not finite."""

    def __init__(self, what: str) -> None:
        self._inner, self._what = session(), what
        self.avatar, self.topology, self.fps = self._inner.avatar, self._inner.topology, 60
        self.begin, self.push, self.end = self._inner.begin, self._inner.push, self._inner.end

    def pull_poses(self) -> list[SimpleNamespace]:
        poses = []
        for pose in self._inner.pull_poses():
            fields = ("weights", "head_rotation", "head_translation_m")
            face = SimpleNamespace(**{name: getattr(pose.face, name).copy() for name in fields})
            if pose.seq == 2:
                getattr(face, self._what)[0] = np.nan
            poses.append(SimpleNamespace(pts=pose.pts, life_s=pose.life_s, face=face))
        return poses


@pytest.mark.parametrize("what", ["weights", "head_rotation", "head_translation_m"])
def test_motion_that_is_not_finite_is_refused(what: str) -> None:
    with pytest.raises(ExportError, match="the motion is not finite: saw NaN or infinity in frame 2"):
        bake_session(Poisoned(what), NOISE, RATE)  # type: ignore[arg-type]


def test_a_mesh_that_changes_on_the_way_is_refused() -> None:
    avatar = small_avatar()
    speaker = session(avatar=avatar)

    def swap(share: float) -> None:
        avatar.topology = small_avatar(seed=9).topology

    with pytest.raises(ExportError, match="the mesh changed while the line was spoken: saw topology"):
        bake_session(speaker, NOISE, RATE, progress=swap)


def test_quaternion_signs_are_made_continuous() -> None:
    rng = np.random.default_rng(0)
    smooth = np.stack([0.1 * np.sin(np.arange(50) / 9)] * 3 + [np.ones(50)], axis=1)
    flipped = (smooth * rng.choice([-1, 1], 50)[:, None]).astype(np.float32)
    signed = one_hemisphere(flipped)
    assert (np.einsum("nc,nc->n", signed[1:], signed[:-1]) > 0).all()
    assert np.array_equal(np.abs(signed), np.abs(flipped))
