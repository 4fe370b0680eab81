"""Sound to log-mel rows, as a stream: resample to 16 kHz, 100 rows a second, 80 bands.

The only importer of soxr. Every row is the same bits however the audio is cut into chunks, and whoever
else hears at the same time; the law "live frames equal baked frames" rests on that, so nothing here
depends on how many rows are computed at once: no BLAS, whose kernels and so whose rounding change with
the batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from talkwire.runtime.audio import check_sample_rate
from talkwire.runtime.pitch import Pitch
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

EAR_RATE_HZ: Final = 16_000
N_FFT: Final = 400  # 25 ms
HOP: Final = 160  # 10 ms
ROWS_HZ: Final = EAR_RATE_HZ // HOP
N_MELS: Final = 80
BLOCK_ROWS: Final = (
    16  # at once: what fits a core's cache, and an hour at once must not take an hour's memory
)
MEL_MIN_HZ: Final = 20.0
MEL_MAX_HZ: Final = 7600.0
POWER_FLOOR: Final = 1e-10  # -100 dB: what a bit of 16-bit dither leaves in a band
DB_PER_NAT: Final = 10 / math.log(10)
SILENT_ROW: Final[Float32] = np.full(N_MELS, np.log(POWER_FLOOR), np.float32)
SILENT_DB: Final = 10 * math.log10(POWER_FLOOR)


class Ear:
    """One voice's ear.

    Row t is the natural log of the mel power around t / 100 s (Slaney mel scale and area norm, periodic
    Hann window of 25 ms, sound before the first sample and after the last taken as 0): what librosa
    calls melspectrogram(center=True, pad_mode="constant").
    """

    def __init__(self, sample_rate_hz: int) -> None:
        """Raises AudioError when the rate is below 4 kHz or above 384 kHz."""
        check_sample_rate(sample_rate_hz)
        self.sample_rate_hz = sample_rate_hz
        self.delay_s = N_FFT / 2 / EAR_RATE_HZ + _resampler_delay_s(sample_rate_hz)
        """A row is out at the latest this long after the moment it is centred on was pushed."""
        self.broken_samples = 0
        """How many samples were ever pushed that were NaN or infinite, and heard as 0."""
        self.pitch_hz: Float32 = np.zeros(0, np.float32)
        """Of the rows that were last returned: [n] Hz, 0 where no voice sounds."""
        self.loudness_db: Float64 = np.zeros(0)
        """Of the same rows: [n] dB of mel power."""
        self._begin()

    def _begin(self) -> None:
        self._resampler = _resampler(self.sample_rate_hz)
        self._sound = np.zeros(N_FFT // 2)  # at 16 kHz, that rows to come still need
        self._samples_in = 0
        self._rows_out = 0

    def push(self, samples: npt.ArrayLike) -> Float32:
        """Hear [S] samples, clipped to [-1, 1]; returns the [n, 80] float32 rows that became known."""
        self.listen(samples)
        return rows_of([self])[0]

    def listen(self, samples: npt.ArrayLike) -> None:
        """The same, but the rows are left to `rows_of`, with those of other ears."""
        sound = self._mended(np.asarray(samples, dtype=np.float64).reshape(-1))
        self._samples_in += len(sound)
        self._append(self._resampler.resample_chunk(sound) if self._resampler else sound)

    def end(self) -> Float32:
        """Flush: the rows up to the first at or after the last sample; ceil(100 * duration) + 1 in all.

        The ear is then ready for another utterance.
        """
        total = -(-self._samples_in * ROWS_HZ // self.sample_rate_hz) + 1
        if self._resampler:
            self._append(self._resampler.resample_chunk(np.zeros(0), last=True))
        self._append(np.zeros(N_FFT + HOP))
        rows, self.pitch_hz, self.loudness_db = _hear(self._take(min(self.due, total - self._rows_out)))
        self._begin()
        return rows

    @property
    def due(self) -> int:
        """How many rows are known and were not returned yet."""
        return max(0, (len(self._sound) - N_FFT) // HOP + 1)

    def _append(self, sound_16k: Float64) -> None:
        self._sound = np.concatenate([self._sound, sound_16k])

    def _mended(self, sound: Float64) -> Float64:
        if not len(sound) or np.abs(sound).max() <= 1.0:  # not so where it is NaN
            return sound
        finite = np.isfinite(sound)
        self.broken_samples += len(sound) - int(finite.sum())
        # one absurd float would deafen whoever tracks the level
        return np.clip(np.where(finite, sound, 0.0), -1.0, 1.0)

    def _take(self, count: int) -> Float64:
        """[count, N_FFT] windows of the next rows; a view, since they overlap."""
        sound, step = self._sound, self._sound.itemsize
        self._sound = sound[count * HOP :].copy()
        self._rows_out += count
        return np.ndarray((count, N_FFT), np.float64, sound, strides=(HOP * step, step))


def rows_of(ears: Sequence[Ear]) -> list[Float32]:
    """What `push` returns, of many ears at once: numpy takes longer to be called than to work out a row."""
    if not ears:
        return []
    windows = [ear._take(ear.due) for ear in ears]
    rows, pitch_hz, loudness_db = _hear(windows[0] if len(windows) == 1 else np.concatenate(windows))
    heard, end = [], 0
    for ear, own in zip(ears, windows, strict=True):
        part = slice(end, end + len(own))
        ear.pitch_hz, ear.loudness_db, end = pitch_hz[part], loudness_db[part], part.stop
        heard.append(rows[part])
    return heard


def _hear(windows: Float64) -> tuple[Float32, Float32, Float64]:
    """[n, 80] rows, [n] pitch and [n] loudness of [n, N_FFT] windows of sound."""
    count = len(windows)
    rows, pitch_hz = np.empty((count, N_MELS), np.float32), np.empty(count, np.float32)
    loudness_db = np.empty(count)
    for first in range(0, count, BLOCK_ROWS):
        block = slice(first, first + BLOCK_ROWS)
        spectrum = np.fft.rfft(windows[block] * _HANN)
        power = spectrum.real**2 + spectrum.imag**2
        rows[block] = _log_mel(power)
        pitch_hz[block] = _PITCH.hz(power)
        loudness_db[block] = _loudness_db(rows[block])
    return rows, pitch_hz, loudness_db


def _log_mel(power: Float64) -> Float32:
    mel = np.add.reduce(
        power.take(_MEL_BINS, axis=1) * _MEL_WEIGHTS, axis=1
    )  # adds in one order, whatever `count` is
    log_mel: Float32 = np.log(np.maximum(mel, POWER_FLOOR)).astype(np.float32)
    return log_mel


def _loudness_db(rows: Float32) -> Float64:
    loudness: Float64 = DB_PER_NAT * np.log(np.add.reduce(np.exp(rows.astype(np.float64)), axis=1) / N_MELS)
    return loudness


def _resampler(sample_rate_hz: int) -> soxr.ResampleStream | None:
    # The variable-rate engine filters sample by sample: it holds back 14 ms at 44.1 kHz where the
    # fixed-rate one, which works in FFT blocks, holds back 40 to 115 ms, and its output does not
    # depend on the chunks.
    if sample_rate_hz == EAR_RATE_HZ:
        return None
    return soxr.ResampleStream(sample_rate_hz, EAR_RATE_HZ, 1, dtype="float64", quality="HQ", vr=True)


@lru_cache
def _resampler_delay_s(sample_rate_hz: int) -> float:
    """How much sound the resampler holds back, by asking it: push a second, see what is missing."""
    resampler = _resampler(sample_rate_hz)
    if resampler is None:
        return 0.0
    return 1.0 - len(resampler.resample_chunk(np.zeros(sample_rate_hz))) / EAR_RATE_HZ


def _mel_filters() -> tuple[npt.NDArray[np.intp], Float64]:
    """Triangular filters as tables: bins [W, 80] into the spectrum, weights [W, 80], W the widest.

    Source: Slaney, Auditory Toolbox (1998), as librosa.filters.mel(htk=False, norm="slaney").
    """
    edges_hz = _mel_to_hz(np.linspace(hz_to_mel(MEL_MIN_HZ), hz_to_mel(MEL_MAX_HZ), N_MELS + 2))
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    bins_hz = np.arange(N_FFT // 2 + 1) * EAR_RATE_HZ / N_FFT
    rise, fall = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    filters = np.maximum(0.0, np.minimum(rise, fall)) * (2.0 / (high - low))
    width = int((filters > 0).sum(axis=1).max())
    first = np.minimum((filters > 0).argmax(axis=1), filters.shape[1] - width)
    bins = first[None, :] + np.arange(width)[:, None]
    return bins, np.take_along_axis(filters.T, bins, axis=0)


def hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear below 1 kHz (15 mel), logarithmic above."""
    return float(hz * 3 / 200 if hz < 1000 else 15 + np.log(hz / 1000) * 27 / np.log(6.4))


def _mel_to_hz(mel: Float64) -> Float64:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


_HANN: Final = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
_MEL_BINS, _MEL_WEIGHTS = _mel_filters()
_PITCH: Final = Pitch(_HANN, EAR_RATE_HZ)
