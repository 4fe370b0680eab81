"""The sound beside a clip is the very samples, in the smallest format that holds them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talkwire.exporters.wav import wav_bytes, wav_runs
from talkwire.runtime.errors import ExportError


def read(data: bytes, path) -> tuple[np.ndarray, int, str]:
    import soundfile

    path.write_bytes(data)
    with soundfile.SoundFile(path) as file:
        return file.read(dtype="float32"), file.samplerate, file.subtype


@pytest.mark.parametrize(("bits", "subtype"), [(16, "PCM_16"), (24, "PCM_24"), (None, "FLOAT")])
def test_an_outside_reader_gets_every_sample_back(tmp_path, bits: int | None, subtype: str) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 1001)
    if bits:
        samples = np.floor(samples * 2 ** (bits - 1)) / 2 ** (bits - 1)
    samples = samples.astype(np.float32)
    heard, rate, kind = read(wav_bytes(samples, 22050), tmp_path / "x.wav")
    assert (rate, kind) == (22050, subtype)
    assert np.array_equal(heard, samples)


@given(hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(-1, 1, width=32)))
def test_full_scale_does_not_wrap(tmp_path_factory, samples: np.ndarray) -> None:
    samples[0] = 1.0
    heard, _, _ = read(wav_bytes(samples, 16000), tmp_path_factory.mktemp("wav") / "x.wav")
    assert np.array_equal(heard, samples)


@pytest.mark.parametrize(("scale", "subtype"), [(2**15, "PCM_16"), (2**23, "PCM_24"), (None, "FLOAT")])
def test_a_long_sound_is_written_run_after_run(tmp_path: Path, scale: int | None, subtype: str) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 600_001)
    if scale:
        samples = np.floor(samples * scale) / scale
    runs = list(wav_runs(samples.astype(np.float32), 16000))
    assert len(runs) > 3
    path = tmp_path / "x.wav"
    path.write_bytes(b"".join(runs))
    read, rate = soundfile.read(path, dtype="float32")
    assert (rate, soundfile.info(path).subtype) == (16000, subtype)
    assert np.array_equal(read, samples.astype(np.float32))


def test_more_than_a_wav_can_hold_is_refused() -> None:
    hours = np.broadcast_to(np.float32(0.1), 1 << 30)
    with pytest.raises(ExportError, match=r"the sound does not fit into a WAV: saw 4\.3 GB"):
        next(wav_runs(hours, 96000))
