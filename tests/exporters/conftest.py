"""Clips to export: made-up motion on a made-up mesh, and a real line on the shipped head; outside judges."""

import os
from collections.abc import Callable

import numpy as np
import pytest

from judges import install
from support import LINE, small_avatar
from talkwire.exporters import Clip, bake
from talkwire.exporters.clip import one_hemisphere
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import Avatar, find_avatar, load_avatar

MakeClip = Callable[..., Clip]


def made_up_clip(
    *,
    avatar: Avatar | None = None,
    frames: int = 90,
    fps: int = 60,
    rate: int = 16000,
    line: str = "made up",
    still: bool = False,
) -> Clip:
    """Smooth weights, a swaying head and a tone; still: nothing moves."""
    rng = np.random.default_rng(7)
    pts = np.arange(frames) * rate // fps
    t = pts[:, None] / rate * (0 if still else 1)
    waves = np.sin(2 * np.pi * (rng.uniform(0.2, 4, 52) * t + rng.random(52)))
    weights = np.clip(waves, 0, 1) * (np.arange(52) % 3 > 0)
    angles = 0.1 * np.sin(2 * np.pi * np.array([0.3, 0.5, 0.2]) * t + np.array([0.0, 1, 2]))
    rotations = np.hstack([np.sin(angles / 2), np.ones((frames, 1))])
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    count = int(frames * rate / fps)
    tone = np.rint(8000 * np.sin(np.arange(count) * 0.05)) / 32768
    return Clip(
        avatar=avatar or small_avatar(),
        line=line,
        seed=5,
        fps=fps,
        sample_rate_hz=rate,
        samples=tone.astype(np.float32),
        weights_nx52=weights.astype(np.float32).reshape(-1, len(ARKIT_NAMES)),
        rotations_nx4=one_hemisphere(rotations.astype(np.float32)),
        translations_nx3_m=(0.01 * angles).astype(np.float32),
        pts_n=pts.astype(np.int64),
    )


@pytest.fixture
def make_clip() -> MakeClip:
    return made_up_clip


@pytest.fixture(scope="session")
def spoken() -> Clip:
    """A real human line, spoken by the shipped head through the shipped motion network."""
    audio = read_audio(LINE)
    nova = load_avatar(find_avatar("nova"))
    return bake(audio.samples, audio.sample_rate_hz, nova, line=LINE.stem, seed=1)


@pytest.fixture(scope="session")
def learned_spoken() -> Clip:
    """Half a second of it, spoken by the shipped learned head."""
    audio = read_audio(LINE)
    head = load_avatar(find_avatar("nova-dyntet"))
    return bake(
        audio.samples[: audio.sample_rate_hz // 2], audio.sample_rate_hz, head, line="learned", seed=1
    )


def _ready(judge: install.Judge) -> None:
    if judge.missing is None:
        return
    reason = f"{judge.name}: {judge.missing}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def khronos() -> None:
    """The Khronos validator is there; without it the test fails in CI and is skipped elsewhere."""
    _ready(install.khronos())


@pytest.fixture
def blender() -> None:
    """Blender is there; without it the test fails in CI and is skipped elsewhere."""
    _ready(install.blender())


@pytest.fixture
def three() -> None:
    """three.js and Chromium are there; without them the test fails in CI and is skipped elsewhere."""
    _ready(install.three())


@pytest.fixture
def gltf_transform() -> None:
    """glTF Transform is there; without it the test fails in CI and is skipped elsewhere."""
    _ready(install.npm("glTF Transform"))


@pytest.fixture
def godot() -> None:
    """Godot 3 is there; without it the test fails in CI and is skipped elsewhere."""
    _ready(install.godot())
