"""Sound that waits to be played: read at a speed near 1 without a seam, cut with a fade.

Between samples it reads by a windowed sinc. A straight line would be simpler, and would dull every s sixteen
times a second: its loss at 6 kHz goes from 0 to 8 dB with the place between two samples of 16 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkwire.runtime.types import Float32

HALF: Final = 8  # samples on each side that a value between two of them is made of


class Tape:
    """16-bit mono samples in the order they were written."""

    def __init__(self) -> None:
        self._samples = np.zeros(HALF, np.float32)  # from HALF before the place where it is read
        self._between = 0.0  # that place, beyond the sample at HALF: from 0 to 1
        self.position = 0  # samples that were read

    @property
    def left(self) -> int:
        """Samples to be read."""
        return len(self._samples) - HALF

    def write(self, samples: bytes) -> None:
        """More: [S] int16 little-endian."""
        self._samples = np.concatenate([self._samples, np.frombuffer(samples, "<i2").astype(np.float32)])

    def read(self, count: int, speed: float = 1.0) -> Float32:
        """[count] of it, fewer where it ends."""
        places = self._between + speed * np.arange(count + 1)
        whole = np.floor(places).astype(np.int64)
        enough = min(count, int(np.searchsorted(whole, self.left)))
        if speed == 1.0 and not self._between:
            out = self._samples[HALF : HALF + enough].copy()
        else:
            out = self._sinc(whole[:enough], (places - whole)[:enough])
        passed = min(int(whole[enough]), self.left)
        self._between = float(places[enough] - whole[enough]) if passed == whole[enough] else 0.0
        self._samples = self._samples[passed:]
        self.position += passed
        return out

    def fade_out(self, count: int) -> Float32:
        """The next of it, at most `count`, falling to nothing; the rest is forgotten."""
        tail = self.read(min(count, self.left))
        self._samples = self._samples[:HALF]
        return tail * ramp(len(tail))[::-1]

    def _sinc(self, whole: NDArray[np.int64], between: NDArray[np.float64]) -> Float32:
        padded = np.pad(self._samples, (0, HALF))
        taps = np.arange(1 - HALF, HALF + 1)
        from_place = taps - between[:, None]
        kernel = np.sinc(from_place) * np.cos(np.pi * from_place / (2 * HALF)) ** 2
        return np.asarray((padded[whole[:, None] + HALF + taps] * kernel).sum(axis=1), np.float32)


def ramp(count: int) -> Float32:
    """[count] from 0 to 1."""
    return np.linspace(0, 1, count, dtype=np.float32)
