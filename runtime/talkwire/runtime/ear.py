"""Sound to log-mel rows, as a stream: resample to 16 kHz, 100 rows a second, 80 bands.

The only importer of soxr. Every row is the same bits however the audio is cut into chunks; the law
"live frames equal baked frames" rests on that, so nothing here depends on how many rows are computed
at once: no BLAS, whose kernels and so whose rounding change with the batch.
"""

from __future__ import annotations

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
MEL_MIN_HZ: Final = 20.0
MEL_MAX_HZ: Final = 7600.0
POWER_FLOOR: Final = 1e-10  # -100 dB: what a bit of 16-bit dither leaves in a band
SILENT_ROW: Final[Float32] = np.full(N_MELS, np.log(POWER_FLOOR), np.float32)


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
        self._begin()

    def _begin(self) -> None:
        self._resampler = _resampler(self.sample_rate_hz)
        self._window = np.zeros(N_FFT // 2)  # sound at 16 kHz that rows to come still need
        self._samples_in = 0
        self._rows_out = 0

    def push(self, samples: npt.ArrayLike) -> Float32:
        """Hear [S] samples, clipped to [-1, 1]; returns the [n, 80] float32 rows that became known."""
        sound = self._replace_broken(np.asarray(samples, dtype=np.float64).reshape(-1))
        sound = np.clip(sound, -1.0, 1.0)  # one absurd float would deafen whoever tracks the level
        self._samples_in += len(sound)
        return self._rows(self._resampler.resample_chunk(sound) if self._resampler else sound)

    def end(self) -> Float32:
        """Flush: the rows up to the first at or after the last sample; ceil(100 * duration) + 1 in all.

        The ear is then ready for another utterance.
        """
        total = -(-self._samples_in * ROWS_HZ // self.sample_rate_hz) + 1
        tail = self._resampler.resample_chunk(np.zeros(0), last=True) if self._resampler else np.zeros(0)
        rows = self._rows(np.concatenate([tail, np.zeros(N_FFT + HOP)]), at_most=total - self._rows_out)
        self._begin()
        return rows

    def _replace_broken(self, sound: Float64) -> Float64:
        finite = np.isfinite(sound)
        if finite.all():
            return sound
        self.broken_samples += len(sound) - int(finite.sum())
        return np.where(finite, sound, 0.0)

    def _rows(self, sound_16k: Float64, at_most: int | None = None) -> Float32:
        sound = np.concatenate([self._window, sound_16k])
        count = max(0, (len(sound) - N_FFT) // HOP + 1)
        if at_most is not None:
            count = min(count, at_most)
        self._window = sound[count * HOP :].copy()
        self._rows_out += count
        rows, self.pitch_hz = np.empty((count, N_MELS), np.float32), np.empty(count, np.float32)
        for first in range(0, count, _BLOCK_ROWS):
            block = slice(first, min(count, first + _BLOCK_ROWS))
            power = _power(sound[first * HOP :], block.stop - first)
            rows[block] = _log_mel(power)
            self.pitch_hz[block] = _PITCH.hz(power)
        return rows


def _power(sound_16k: Float64, count: int) -> Float64:
    """[count, 201] spectra of the windows that begin every HOP."""
    windows = sound_16k[np.arange(count)[:, None] * HOP + _IN_WINDOW]
    spectrum = np.fft.rfft(windows * _HANN, axis=1)
    power: Float64 = spectrum.real**2 + spectrum.imag**2
    return power


def _log_mel(power: Float64) -> Float32:
    mel = np.add.reduce(power[:, _MEL_BINS] * _MEL_WEIGHTS, axis=1)  # adds in one order, whatever `count` is
    log_mel: Float32 = np.log(np.maximum(mel, POWER_FLOOR)).astype(np.float32)
    return log_mel


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


_BLOCK_ROWS: Final = 64  # what fits a core's cache; an hour pushed at once must not take an hour's memory
_IN_WINDOW: Final = np.arange(N_FFT)
_HANN: Final = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
_MEL_BINS, _MEL_WEIGHTS = _mel_filters()
_PITCH: Final = Pitch(_HANN, EAR_RATE_HZ)
