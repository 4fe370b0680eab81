"""Voice lines in: files of any rate and channel count, and raw PCM cut anywhere.

The only importer of soundfile (libsndfile: WAV, FLAC, OGG, MP3, AIFF, CAF, ...).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soundfile

from talkwire.runtime.errors import AudioError
from talkwire.runtime.spool import Spool
from talkwire.runtime.types import Float32

SHIPPED_LINE: Final = Path(__file__).parent / "data/lines/he_turned_sharply.wav"
MIN_SAMPLE_RATE_HZ: Final = 4_000  # below, there is no speech left to hear
MAX_SAMPLE_RATE_HZ: Final = 384_000
MAX_DURATION_S: Final = 3 * 3600.0
MAX_CHANNELS: Final = 64

PcmDtype = Literal["s16", "f32"]
_WIRE_DTYPES: Final = {"s16": ("<i2", 1 / 32768), "f32": ("<f4", 1.0)}
_BLOCK_FRAMES: Final = 1 << 18
_SIZE_IN_HEADER = re.compile(
    r"^\s*(?:data|SSND|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE
)
_UNKNOWN_SIZE: Final = 0x7FFF_0000  # a program that writes into a pipe announces the largest size it can


@dataclass(frozen=True, slots=True)
class Audio:
    """A whole voice line. samples: [S] float32 mono in [-1, 1]; they may lie in a file: see `spool`."""

    samples: Float32 = field(repr=False)
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz


def read_audio(path: str | Path) -> Audio:
    """Read a voice line; channels are averaged, values beyond [-1, 1] (float files) are clipped.

    Raises AudioError when the file is missing, empty, not audio, or of an absurd rate or length, when
    it holds NaN or infinity, and when it is cut off: a line that stops mid-word in a game is found too
    late, so a file shorter than its own header says is refused. A header written into a pipe, which
    announces the largest possible size, is not taken for a promise. OGG carries no length at all: of
    a cut-off OGG what is there is read.
    """
    path = Path(path)
    _refuse_what_is_no_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            _refuse_absurd_header(path, file)
            promised, rate_hz = _promised_frames(file), file.samplerate
            samples, broken = _read_mono(file)
            if not len(samples):
                raise _no_samples(path)
    except soundfile.LibsndfileError as error:
        raise _unreadable(path, error.error_string) from None
    if len(samples) < promised:
        raise AudioError(
            f"{path} is cut off",
            seen=f"{len(samples)} samples ({len(samples) / rate_hz:.2f} s)",
            wanted=f"the {promised} that its header announces",
            cure="copy or download the file again",
        )
    if broken:
        raise AudioError(
            f"{path} holds broken samples",
            seen=f"{broken} of {len(samples)} are NaN or infinite",
            wanted="finite samples",
            cure="export the line again",
        )
    return Audio(samples.array(), rate_hz)


def check_sample_rate(sample_rate_hz: int, *, what: str = "the audio") -> None:
    """Raise AudioError unless the rate is one that speech can have."""
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"{what} has an impossible sample rate",
            seen=f"{sample_rate_hz} Hz",
            wanted=f"{MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz",
            cure="export it at 16000, 44100 or 48000 Hz",
        )


def pcm_to_float(data: bytes, dtype: PcmDtype = "s16", channels: int = 1) -> Float32:
    """Interleaved little-endian PCM bytes to mono.

    dtype: "s16" (16-bit integers) or "f32" (floats in [-1, 1]; NaN passes, the ear replaces it).
    Returns [S] float32, the mean of the channels. Raises AudioError when the bytes are not a whole
    number of samples, or dtype or channels is unknown; PcmReader takes bytes cut anywhere.
    """
    frame_bytes = _frame_bytes(dtype, channels)
    if len(data) % frame_bytes:
        raise AudioError(
            "raw audio ends inside a sample",
            seen=f"{len(data)} bytes",
            wanted=f"a multiple of {frame_bytes} ({dtype}, {channels} channels)",
            cure="use PcmReader for chunks that are cut anywhere",
        )
    wire_dtype, scale = _WIRE_DTYPES[dtype]
    frames = np.frombuffer(data, wire_dtype).reshape(-1, channels)
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaN and infinity in live floats
        mono = frames[:, 0] * np.float32(scale) if channels == 1 else frames.mean(1, dtype=np.float64) * scale
        return np.asarray(mono, dtype=np.float32)


class PcmReader:
    """Raw PCM in chunks of any byte count; a sample split over two chunks is joined."""

    def __init__(self, dtype: PcmDtype = "s16", channels: int = 1) -> None:
        self._dtype, self._channels = dtype, channels
        self._frame_bytes = _frame_bytes(dtype, channels)
        self._carry = b""

    @property
    def pending_bytes(self) -> int:
        """Bytes of an unfinished sample: more than 0 at the end says that the pipe closed inside one."""
        return len(self._carry)

    def push(self, data: bytes) -> Float32:
        """The samples that are now whole: [S] float32 mono, possibly empty."""
        data = self._carry + data
        whole = len(data) - len(data) % self._frame_bytes
        self._carry = data[whole:]
        return pcm_to_float(data[:whole], self._dtype, self._channels)


def _frame_bytes(dtype: str, channels: int) -> int:
    if dtype not in _WIRE_DTYPES:
        raise AudioError(
            "unknown raw audio format",
            seen=repr(dtype),
            wanted=" or ".join(_WIRE_DTYPES),
            cure="convert to 16-bit or float little-endian PCM",
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(
            "impossible channel count", seen=channels, wanted=f"1 to {MAX_CHANNELS}", cure="send mono"
        )
    return int(np.dtype(_WIRE_DTYPES[dtype][0]).itemsize) * channels


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        seen = "a folder" if path.is_dir() else None
        if seen is None and path.is_file() and path.stat().st_size == 0:
            seen = "0 bytes"
        if seen is None:
            path.open("rb").close()
    except OSError as error:
        raise AudioError(
            f"cannot open {path}",
            seen=(error.strerror or "an error").lower(),
            wanted="an audio file",
            cure="check the path",
        ) from None
    if seen is not None:
        raise AudioError(
            f"{path} is not audio", seen=seen, wanted="an audio file", cure="check the path, or export again"
        )


def _refuse_absurd_header(path: Path, file: soundfile.SoundFile) -> None:
    check_sample_rate(file.samplerate, what=str(path))
    if file.frames > MAX_DURATION_S * file.samplerate:
        raise AudioError(
            f"{path} is too long",
            seen=f"{file.frames / file.samplerate / 3600:.2f} hours",
            wanted=f"at most {MAX_DURATION_S / 3600:.0f} hours",
            cure="cut it into lines",
        )


def _read_mono(file: soundfile.SoundFile) -> tuple[Spool, int]:
    """Samples within [-1, 1], and how many of them are not finite."""
    samples, broken = Spool((), np.float32), 0
    while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        mono = block.mean(axis=1)  # not file.blocks(): it fills up what a cut-off MP3 lacks
        broken += len(mono) - int(np.isfinite(mono).sum())
        samples.append(np.clip(mono, -1.0, 1.0))
    return samples, broken


def _promised_frames(file: soundfile.SoundFile) -> int:
    """How many sample frames the header announces, as far as the format can say."""
    size = _SIZE_IN_HEADER.search(file.extra_info)
    if size is None or int(size[1]) >= _UNKNOWN_SIZE or int(size[2]) == 0:
        return int(file.frames)
    return int(file.frames * int(size[1]) / int(size[2]))


def _no_samples(path: Path) -> AudioError:
    return AudioError(
        f"{path} is empty", seen="a header and 0 samples", wanted="sound", cure="export the line again"
    )


def _unreadable(path: Path, reason: str) -> AudioError:
    return AudioError(
        f"{path} cannot be decoded",
        seen=reason.strip().rstrip(".") or "an unknown format",
        wanted="WAV, FLAC, OGG or MP3",
        cure="convert it, for example: ffmpeg -i IN OUT.wav",
    )
