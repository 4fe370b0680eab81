"""Expressions of the recent past, as avatars that hear more than one moment want them.

An avatar with a window of W is given the weights of W moments 1 / 25 s apart, the last one now. Before an
utterance's first frame that frame is taken to have lasted for ever, so a baked line and a live one agree.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32

STEP_S: Final = 1 / 25


def window_of(times_n_s: npt.ArrayLike, weights_nx52: Float32, window: int) -> Float32:
    """[W, 52] float32: the weights at the last time and W - 1 steps before it, linear between frames.

    times_n_s: [N] seconds, rising.  weights_nx52: [N, 52]; frames older than the window do not matter.
    """
    if window == 1:
        return weights_nx52[-1:]
    times = np.asarray(times_n_s, np.float64)
    wanted = times[-1] - STEP_S * np.arange(window - 1, -1, -1)
    after = np.clip(np.searchsorted(times, wanted), 1, max(1, len(times) - 1))
    if len(times) == 1:
        return np.repeat(weights_nx52, window, axis=0)
    before = after - 1
    share = np.clip((wanted - times[before]) / (times[after] - times[before]), 0, 1)[:, None]
    return np.asarray(weights_nx52[before] + (weights_nx52[after] - weights_nx52[before]) * share, np.float32)


class History:
    """The same while frames arrive: keeps what a window of W needs and forgets the rest."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._frames: deque[tuple[float, Float32]] = deque()

    def restart(self) -> None:
        """A new utterance: nothing came before."""
        self._frames.clear()

    def push(self, time_s: float, weights: Float32) -> Float32:
        """[W, 52] as of this frame. time_s rises from call to call; weights: [52]."""
        self._frames.append((time_s, weights))
        oldest_s = time_s - STEP_S * self._window
        while len(self._frames) > 2 and self._frames[1][0] < oldest_s:
            self._frames.popleft()
        return window_of(
            [at for at, _ in self._frames], np.stack([row for _, row in self._frames]), self._window
        )
