"""Expressions of the recent past, as avatars that hear more than one moment want them.

An avatar with a window of W is given the weights of W moments 1 / 25 s apart, the last one now. Before an
utterance's first frame that frame is taken to have lasted for ever, so a baked line and a live one agree.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Float32

Float64 = npt.NDArray[np.float64]

STEP_S: Final = 1 / 25
LEAST_ROOM: Final = 64  # frames


def window_of(times_n_s: npt.ArrayLike, weights_nx52: Float32, window: int) -> Float32:
    """[W, 52] float32: the weights at the last time and W - 1 steps before it, linear between frames.

    times_n_s: [N] seconds, rising.  weights_nx52: [N, 52]; frames older than the window do not matter.
    """
    if window == 1:
        return weights_nx52[-1:]
    times = np.asarray(times_n_s, np.float64)
    if len(times) == 1:
        return np.repeat(weights_nx52, window, axis=0)
    wanted = times[-1] - _ages_s(window)
    before = np.maximum(times.searchsorted(wanted), 1) - 1  # and the frame after it is the next
    since, rows = times.take(before), weights_nx52.take(before, axis=0)
    share = np.maximum((wanted - since) / (times[1:].take(before) - since), 0)[:, None]
    return np.asarray(rows + (weights_nx52[1:].take(before, axis=0) - rows) * share, np.float32)


@cache
def _ages_s(window: int) -> Float64:
    return STEP_S * np.arange(window - 1.0, -1.0, -1.0)


class History:
    """The same while frames arrive: keeps what a window of W needs and forgets the rest."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._times_s, self._weights = _room(LEAST_ROOM)
        self.restart()

    def __len__(self) -> int:
        """Frames that are kept."""
        return self._end - self._first

    def restart(self) -> None:
        """A new utterance: nothing came before."""
        self._first = self._end = 0

    def push(self, time_s: float, weights: Float32) -> Float32:
        """[W, 52] as of this frame. time_s rises from call to call; weights: [52]."""
        if self._window == 1:
            return weights[None]
        if self._end == len(self._times_s):
            self._make_room()
        self._times_s[self._end], self._weights[self._end] = time_s, weights
        self._end += 1
        oldest_s = time_s - STEP_S * self._window
        while len(self) > 2 and self._times_s[self._first + 1] < oldest_s:
            self._first += 1
        kept = slice(self._first, self._end)
        return window_of(self._times_s[kept], self._weights[kept], self._window)

    def _make_room(self) -> None:
        """What is kept goes to the front, and into more room where it fills most of it."""
        kept, count = slice(self._first, self._end), len(self)
        times_s, weights = self._times_s[kept], self._weights[kept]
        if 2 * count > len(self._times_s):
            self._times_s, self._weights = _room(4 * count)
        self._times_s[:count], self._weights[:count] = times_s, weights
        self._first, self._end = 0, count


def _room(frames: int) -> tuple[Float64, Float32]:
    return np.zeros(frames), np.zeros((frames, len(ARKIT_NAMES)), np.float32)
