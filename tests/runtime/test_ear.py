"""The ear: the same bits however the sound is cut, librosa's values, a clean resampler."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import EAR_RATE_HZ, MEL_MAX_HZ, MEL_MIN_HZ, POWER_FLOOR, SILENT_ROW, Ear, rows_of
from talkwire.runtime.errors import AudioError
from talkwire.training.motion.corpus import decode

RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000]


def hear(samples: np.ndarray, rate_hz: int, cuts: list[int] | None = None) -> np.ndarray:
    ear = Ear(rate_hz)
    return np.concatenate([*(ear.push(part) for part in np.split(samples, cuts or [])), ear.end()])


def librosa_rows(samples: np.ndarray) -> np.ndarray:
    librosa = pytest.importorskip("librosa")
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float64),
        sr=EAR_RATE_HZ,
        n_fft=400,
        hop_length=160,
        n_mels=80,
        fmin=MEL_MIN_HZ,
        fmax=MEL_MAX_HZ,
        center=True,
        pad_mode="constant",
        dtype=np.float64,
    )
    return np.log(np.maximum(power, POWER_FLOOR)).T


@pytest.fixture(params=["shipped line", "real clip"])
def sound(request: pytest.FixtureRequest) -> tuple[np.ndarray, int]:
    if request.param == "real clip":
        folder: Path = request.getfixturevalue("grid_s1")
        return decode(next((folder / "video").glob("*.mp4")))
    audio = read_audio(LINE)
    return audio.samples, audio.sample_rate_hz


def test_rows_are_librosas(sound: tuple[np.ndarray, int]) -> None:
    samples, rate_hz = sound
    if rate_hz != EAR_RATE_HZ:  # the reference hears what our resampler made, offline and in one piece
        soxr = pytest.importorskip("soxr")
        stream = soxr.ResampleStream(rate_hz, EAR_RATE_HZ, 1, dtype="float64", quality="HQ", vr=True)
        resampled = np.concatenate([stream.resample_chunk(samples.astype(np.float64)), *_flush(stream)])
    else:
        resampled = samples
    rows, reference = hear(samples, rate_hz), librosa_rows(resampled)
    shared = min(len(rows), len(reference))
    assert abs(len(rows) - len(reference)) <= 1
    np.testing.assert_allclose(rows[:shared], reference[:shared], atol=1e-4)


def _flush(stream) -> list[np.ndarray]:
    return [stream.resample_chunk(np.zeros(0), last=True)]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(RATES_HZ),
    st.integers(0, 6000),
    st.lists(st.integers(0, 6000), max_size=40),
    st.integers(0, 2**32 - 1),
)
def test_the_same_bits_however_it_is_cut(rate_hz: int, length: int, cuts: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).normal(0, 0.2, length).astype(np.float32)
    np.testing.assert_array_equal(hear(samples, rate_hz), hear(samples, rate_hz, sorted(cuts)))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(RATES_HZ), min_size=2, max_size=30), st.integers(0, 2**32 - 1))
def test_the_same_bits_whoever_else_hears(rates_hz: list[int], seed: int) -> None:
    """Rows, pitch and loudness of ears that hear together, each at its own rate and pace."""
    rng = np.random.default_rng(seed)
    alone, together = [Ear(rate) for rate in rates_hz], [Ear(rate) for rate in rates_hz]
    for _ in range(4):
        slices = [rng.normal(0, 0.2, rng.integers(0, rate // 10)) for rate in rates_hz]
        rows = [ear.push(samples) for ear, samples in zip(alone, slices, strict=True)]
        for ear, samples in zip(together, slices, strict=True):
            ear.listen(samples)
        for one, own, other, others in zip(alone, rows, together, rows_of(together), strict=True):
            np.testing.assert_array_equal(own, others)
            np.testing.assert_array_equal(one.pitch_hz, other.pitch_hz)
            np.testing.assert_array_equal(one.loudness_db, other.loudness_db)
        assert not any(ear.due for ear in together)


def test_one_sample_at_a_time_is_the_whole(sound: tuple[np.ndarray, int]) -> None:
    samples, rate_hz = sound[0][:12000], sound[1]
    np.testing.assert_array_equal(
        hear(samples, rate_hz), hear(samples, rate_hz, list(range(1, len(samples))))
    )


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("extra", [0, 1, 77])
def test_rows_cover_the_sound_and_come_when_declared(rate_hz: int, extra: int) -> None:
    ear, count, heard = Ear(rate_hz), 0, 0
    sound = np.random.default_rng(1).normal(0, 0.1, rate_hz // 2 + extra).astype(np.float32)
    for part in np.array_split(sound, 333):
        count, heard = count + len(ear.push(part)), heard + len(part)
        assert heard / rate_hz - count / 100 <= ear.delay_s + 1e-9  # `count` is the next row to come
    count += len(ear.end())
    assert count == -(-len(sound) * 100 // rate_hz) + 1


def test_look_ahead_is_small() -> None:
    assert Ear(16_000).delay_s == 0.0125
    assert Ear(44_100).delay_s < 0.027
    assert Ear(48_000).delay_s < 0.026


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 192_000])
def test_sine_in_sine_out(rate_hz: int) -> None:
    """Pass-band within 0.1 dB to 7 kHz; what cannot be heard at 16 kHz leaves nothing (below -80 dB)."""

    def level_db(hz: float) -> float:
        rows = hear(np.sin(2 * np.pi * hz * np.arange(rate_hz) / rate_hz), rate_hz)[20:80]
        return 10 / np.log(10) * float(np.log(np.exp(rows.astype(np.float64)).sum(axis=1)).mean())

    def reference_db(hz: float) -> float:
        rows = hear(np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000), 16_000)[20:80]
        return 10 / np.log(10) * float(np.log(np.exp(rows.astype(np.float64)).sum(axis=1)).mean())

    for hz in (200.0, 1000.0, 4000.0, 7000.0):
        assert level_db(hz) == pytest.approx(reference_db(hz), abs=0.1)
    for hz in (9000.0, 10_500.0):
        assert level_db(hz) < reference_db(1000.0) - 80


def test_time_is_kept_by_the_resampler() -> None:
    """A click is seen at the same row at every rate."""
    centres = {}
    for rate_hz in RATES_HZ:
        click = np.zeros(rate_hz)
        click[rate_hz // 2] = 1.0
        rows = hear(click, rate_hz)
        power = np.exp(rows.astype(np.float64)).sum(axis=1)
        centres[rate_hz] = float((power * np.arange(len(power))).sum() / power.sum()) * 10
    for rate_hz, centre_ms in centres.items():
        assert centre_ms == pytest.approx(centres[16_000], abs=0.5), rate_hz


def test_broken_samples_are_heard_as_silence_and_counted() -> None:
    sound = np.random.default_rng(2).normal(0, 0.1, 4000).astype(np.float32)
    broken, mended, ear = sound.copy(), sound.copy(), Ear(16_000)
    broken[[10, 20, 30]], mended[[10, 20, 30]] = [np.nan, np.inf, -np.inf], 0
    rows = ear.push(broken)
    assert ear.broken_samples == 3
    np.testing.assert_array_equal(np.concatenate([rows, ear.end()]), hear(mended, 16_000))
    assert ear.broken_samples == 3  # the count outlives the utterance: the server reports it


def test_absurdly_loud_samples_are_clipped() -> None:
    sound = np.random.default_rng(2).normal(0, 0.8, 4000)
    sound[100] = 1e30
    np.testing.assert_array_equal(hear(sound, 16_000), hear(np.clip(sound, -1, 1), 16_000))


def test_silence_and_nothing() -> None:
    np.testing.assert_array_equal(hear(np.zeros(1600), 16_000), np.tile(SILENT_ROW, (11, 1)))
    np.testing.assert_array_equal(hear(np.zeros(0), 44_100), SILENT_ROW[None])


def test_an_ear_is_new_after_the_end() -> None:
    ear, sound = Ear(24_000), np.random.default_rng(3).normal(0, 0.1, 5000)
    first = np.concatenate([ear.push(sound), ear.end()])
    np.testing.assert_array_equal(first, np.concatenate([ear.push(sound), ear.end()]))


@pytest.mark.parametrize("rate_hz", [0, 3_999, 384_001])
def test_absurd_rates_are_refused(rate_hz: int) -> None:
    with pytest.raises(AudioError, match=f"impossible sample rate: saw {rate_hz} Hz"):
        Ear(rate_hz)
