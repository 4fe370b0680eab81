"""Every kind of file a user may hand over, good and broken."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from talkwire.runtime.audio import PcmReader, check_sample_rate, pcm_to_float, read_audio
from talkwire.runtime.errors import AudioError

RNG = np.random.default_rng(0)
NOISE = (RNG.standard_normal(8000) * 0.1).astype(np.float32)


def tone(rate_hz: int, seconds: float = 0.5, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 192_000])
@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_16"), ("a.wav", "FLOAT"), ("a.flac", "PCM_24")])
def test_lossless_files_come_back(tmp_path: Path, rate_hz: int, name: str, subtype: str) -> None:
    soundfile.write(tmp_path / name, tone(rate_hz), rate_hz, subtype=subtype)
    audio = read_audio(tmp_path / name)
    assert audio.sample_rate_hz == rate_hz
    assert audio.samples.dtype == np.float32
    assert audio.duration_s == 0.5
    np.testing.assert_allclose(audio.samples, tone(rate_hz), atol=2**-15)


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
def test_lossy_files_sound_alike(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, tone(44_100, 1.0), 44_100)
    samples = read_audio(tmp_path / name).samples[8000:32000]
    wanted = tone(44_100, 1.0)[8000:32000]
    assert np.corrcoef(samples, wanted)[0, 1] > 0.99


def test_six_channels_are_averaged(tmp_path: Path) -> None:
    channels = np.stack([NOISE * gain for gain in (1.0, 0.5, 0.25, 0.0, -0.5, 0.1)], axis=1)
    soundfile.write(tmp_path / "six.wav", channels, 48_000, subtype="FLOAT")
    np.testing.assert_allclose(read_audio(tmp_path / "six.wav").samples, channels.mean(1), atol=1e-7)


def test_silent_clipped_and_too_loud_lines_are_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(1000), 16_000)
    assert not read_audio(tmp_path / "silent.wav").samples.any()
    soundfile.write(tmp_path / "loud.wav", NOISE * 40, 16_000, subtype="FLOAT")
    samples = read_audio(tmp_path / "loud.wav").samples
    np.testing.assert_array_equal(samples, np.clip(NOISE * 40, -1, 1))
    assert np.abs(samples).max() == 1.0


def header_only(path: Path) -> None:
    soundfile.write(path, np.zeros(0), 16_000)


def cut_in_half(path: Path) -> None:
    soundfile.write(path, NOISE, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def with_nan(path: Path) -> None:
    samples = NOISE.copy()
    samples[[7, 9]] = np.nan, np.inf
    soundfile.write(path, samples, 16_000, subtype="FLOAT")


def at_rate(rate_hz: int):
    def write(path: Path) -> None:
        soundfile.write(path, NOISE, rate_hz)

    return write


def four_hours(path: Path) -> None:
    soundfile.write(path, np.zeros(16), 4_000)
    size = 4 * 3600 * 4_000 * 2
    data = bytearray(path.read_bytes())
    data[4:8], data[40:44] = struct.pack("<I", size + 36), struct.pack("<I", size)
    with path.open("wb") as file:
        file.write(data[:44])
        file.truncate(44 + size)  # sparse: takes no disk


BROKEN = {
    "missing.wav": (lambda path: None, "cannot open .*missing.wav: saw no such file"),
    "folder.wav": (lambda path: path.mkdir(), "is not audio: saw a folder"),
    "empty.wav": (lambda path: path.write_bytes(b""), "is not audio: saw 0 bytes"),
    "header.wav": (header_only, "is empty: saw a header and 0 samples"),
    "half.wav": (cut_in_half, r"is cut off: saw 39\d\d samples \(0.25 s\), wanted the 8000"),
    "half.aiff": (cut_in_half, r"is cut off: saw 39\d\d samples"),
    "half.flac": (cut_in_half, "cannot be decoded: saw .*lost sync"),
    "half.mp3": (cut_in_half, "is cut off: saw .* wanted the 8000"),
    "text.wav": (
        lambda path: path.write_text("hello there " * 50),
        "cannot be decoded: saw .*ormat not recog",
    ),
    "picture.mp3": (lambda path: path.write_bytes(bytes(range(256)) * 40), "cannot be decoded"),
    "nan.wav": (with_nan, "holds broken samples: saw 2 of 8000 are NaN or infinite"),
    "slow.wav": (at_rate(3_999), "impossible sample rate: saw 3999 Hz, wanted 4000 to 384000 Hz"),
    "fast.wav": (at_rate(500_000), "impossible sample rate: saw 500000 Hz"),
    "long.wav": (four_hours, "is too long: saw 4.00 hours, wanted at most 3 hours"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    write, sentence = BROKEN[name]
    write(tmp_path / name)
    with pytest.raises(AudioError, match=sentence) as caught:
        read_audio(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_header_written_into_a_pipe_is_no_promise(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, NOISE, 16_000)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert len(read_audio(path).samples) == len(NOISE)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6), st.integers(1, 3))
def test_pcm_is_the_same_however_it_is_cut(data: bytes, cuts: list[int], channels: int) -> None:
    reader, edges = PcmReader("s16", channels), sorted({0, len(data), *(c for c in cuts if c < len(data))})
    parts = [reader.push(data[a:b]) for a, b in zip(edges, [*edges[1:], len(data)], strict=True)]
    whole = len(data) - len(data) % (2 * channels)
    np.testing.assert_array_equal(np.concatenate(parts), pcm_to_float(data[:whole], "s16", channels))
    assert reader.pending_bytes == len(data) - whole


def test_pcm_values() -> None:
    np.testing.assert_array_equal(
        pcm_to_float(struct.pack("<3h", -32768, 0, 16384)), np.array([-1, 0, 0.5], np.float32)
    )
    np.testing.assert_array_equal(pcm_to_float(struct.pack("<4f", 1, 0, -1, 0.5), "f32", 2), [0.5, -0.25])
    assert np.isnan(pcm_to_float(struct.pack("<f", float("nan")), "f32")[0])  # the ear counts it


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pcm_to_float(b"abc"), r"ends inside a sample: saw 3 bytes, wanted a multiple of 2"),
        (lambda: pcm_to_float(b"", "u8"), "unknown raw audio format: saw 'u8', wanted s16 or f32"),
        (lambda: PcmReader("s24"), "unknown raw audio format"),
        (lambda: PcmReader("s16", 0), "impossible channel count: saw 0, wanted 1 to 64"),
        (lambda: check_sample_rate(0), "the audio has an impossible sample rate: saw 0 Hz"),
    ],
)
def test_wrong_pcm_is_refused(call, sentence: str) -> None:
    with pytest.raises(AudioError, match=sentence):
        call()


def test_a_line_too_long_for_memory_is_the_same_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    steps = rng.integers(-20000, 20000, 300 * 16000, dtype=np.int16)
    path = tmp_path / "long.wav"
    soundfile.write(path, steps, 16000)
    audio = read_audio(path)
    assert isinstance(audio.samples, np.memmap)
    assert np.array_equal(audio.samples, steps.astype(np.float32) / 32768)
    steps_f32 = steps.astype(np.float32)
    steps_f32[[7, -1]] = np.nan
    soundfile.write(path, steps_f32, 16000, subtype="FLOAT")
    with pytest.raises(AudioError, match="saw 2 of 4800000 are NaN or infinite"):
        read_audio(path)
