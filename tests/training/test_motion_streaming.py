"""The live network's ear: what Whisper's first layers know, heard step by step."""

import numpy as np
import pytest

from support import LINE
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import Ear

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'talkwire[train]'")

from talkwire.training.motion import streaming  # noqa: E402
from talkwire.training.motion.network import QUIET_SHADE  # noqa: E402
from talkwire.training.motion.streaming import RECENT_STEPS, RING, RINGS, STATE_SIZE, Streaming  # noqa: E402
from talkwire.training.motion.whisper import WIDTH, Whisper, load_whisper  # noqa: E402


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return load_whisper().eval()


@pytest.fixture
def ear(whisper: Whisper) -> Streaming:
    return Streaming(whisper).eval()


def shades(steps: int, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.normal(0.2, 0.4, (2, steps, 2, 80)).astype(np.float32))


@torch.no_grad()
def streamed(ear: Streaming, sound: torch.Tensor) -> torch.Tensor:
    state = torch.zeros(len(sound), STATE_SIZE)
    rings, steps = [torch.zeros(len(sound), *RING) for _ in RINGS], []
    for number, shade in enumerate(sound.unbind(1)):
        features, state, kept = ear.step(shade, state, rings, QUIET_SHADE)
        for ring, new in zip(rings, kept, strict=True):
            ring[:, :, number % RING[1]] = new
        steps.append(features)
    return torch.stack(steps, dim=1)


@torch.no_grad()
def test_steps_are_the_whole(ear: Streaming) -> None:
    sound = shades(RECENT_STEPS + 20)
    np.testing.assert_allclose(streamed(ear, sound), ear(sound, QUIET_SHADE), atol=2e-4)


@torch.no_grad()
def test_places_come_round_without_a_seam(ear: Streaming, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard again a whole period later is heard as before, also while places begin anew."""
    monkeypatch.setattr(streaming, "PERIOD_STEPS", 60)
    monkeypatch.setattr(ear, "turns", torch.nn.Buffer(torch.round(ear.turns * 60 / 3000)))
    once = shades(60)
    heard = streamed(ear, torch.cat([once] * 5, dim=1))
    np.testing.assert_allclose(heard[:, 180:240], heard[:, 240:], atol=2e-4)


@torch.no_grad()
def test_nothing_is_kept_for_ever_and_nothing_is_known_before_it_sounds(ear: Streaming) -> None:
    sound = shades(220)
    other = sound.clone()
    other[:, :50] = shades(50, seed=1)
    alike = (ear(sound, QUIET_SHADE) - ear(other, QUIET_SHADE)).abs().amax(dim=(0, 2))
    reach = 50 + streaming.LAYERS * (RECENT_STEPS - 1) + 1
    assert alike[reach:].max() < 1e-4 < 0.1 < alike[:50].min()
    other = sound.clone()
    other[:, 100:] = shades(120, seed=1)
    alike = (ear(sound, QUIET_SHADE) - ear(other, QUIET_SHADE)).abs().amax(dim=(0, 2))
    assert alike[:100].max() < 1e-4 < 0.1 < alike[100]


@torch.no_grad()
def test_it_begins_with_what_whisper_knows(ear: Streaming, whisper: Whisper) -> None:
    """Its first products are Whisper's convolutions, and its places those that turn in three seconds."""
    audio = read_audio(LINE)
    heard = Ear(audio.sample_rate_hz)
    rows = np.concatenate([heard.push(audio.samples), heard.end()])[:200]
    power = torch.from_numpy(rows)[None] / 9.21 + 1
    near = ear._near(torch.nn.functional.pad(power, (0, 0, 2, 1)))[0, 1:-1]
    bands = (power @ whisper.bands_80x80).transpose(1, 2)
    gelu = torch.nn.functional.gelu
    theirs = gelu(whisper.conv2(gelu(whisper.conv1(bands))))[0].T[1:-1]
    np.testing.assert_allclose(near, theirs, atol=1e-3)
    places = ear._places(torch.arange(50)[None])[0]
    turning = ear.turns > 0
    assert 100 < turning.sum() < WIDTH
    np.testing.assert_allclose(places[:, turning], whisper.places_tx384[:50, turning], atol=0.05)
    np.testing.assert_allclose(places[0, ~turning], whisper.places_tx384[100, ~turning], atol=1e-3)
