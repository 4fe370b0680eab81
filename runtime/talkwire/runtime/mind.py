"""Log-mel rows to expression weights, as a stream: a recurrent network run one 20 ms step at a time.

The graph's contract, so that a better network can take its place without a line changing here: that of
`voices`, and metadata step_hz, rows_per_step, look_ahead_steps: integers in decimal.

Call s hears the rows_per_step rows from the one centred on s / step_hz on, and its weights are those of
step s - look_ahead_steps. The first look_ahead_steps outputs belong to no step and are dropped.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.ear import N_MELS, ROWS_HZ, SILENT_ROW
from talkwire.runtime.engine import Engine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.types import Float32
from talkwire.runtime.voices import Voices, declared

_DECLARED: Final = {"step_hz": 1, "rows_per_step": 1, "look_ahead_steps": 0}  # and their least


class Mind:
    """One voice's motion. Each step is one call of one fixed shape: the same bits however rows arrive."""

    def __init__(self, engine: Engine) -> None:
        """Raises EngineError when the graph does not declare what the module says, or not sensibly."""
        values = {name: declared(engine, name, least) for name, least in _DECLARED.items()}
        self.step_hz: Final = values["step_hz"]
        self.look_ahead_steps: Final = values["look_ahead_steps"]
        self._rows_per_step: Final = values["rows_per_step"]
        check_rate(self.step_hz, self._rows_per_step)
        self.look_ahead_s: Final = ((self.look_ahead_steps + 1) * self._rows_per_step - 1) / ROWS_HZ
        """How long after a step's moment the last row that it needs is centred."""
        self._voices = Voices(engine)
        self.reset()

    def reset(self) -> None:
        """Forget the utterance: the next row is the first of a new one."""
        self._voices.reset()
        self._pending = np.zeros((0, N_MELS), np.float32)
        self._calls = 0
        self._rows = 0

    def push(self, rows: Float32) -> Float32:
        """Hear [n, 80] rows; returns the [k, 52] float32 weights of the next k steps.

        Step j is the moment j / step_hz. Raises EngineError when the rows have another shape.
        """
        check_rows(rows)
        self._rows += len(rows)
        pending = np.concatenate([self._pending, rows.astype(np.float32, copy=False)])
        calls, size = divmod(len(pending), self._rows_per_step)[0], self._rows_per_step
        steps = [self._step(pending[i * size : (i + 1) * size]) for i in range(calls)]
        self._pending = pending[calls * size :].copy()
        dropped = max(0, min(calls, self.look_ahead_steps - (self._calls - calls)))
        return np.array(steps[dropped:], np.float32).reshape(-1, len(ARKIT_NAMES))

    def end(self) -> Float32:
        """Flush with silence: the steps not yet given, up to the first at or after the last row.

        With Ear's rows that is ceil(duration * step_hz) + 1 steps in all. The mind is then as new.
        """
        if not self._rows:
            return np.zeros((0, len(ARKIT_NAMES)), np.float32)
        last_step = -(-(self._rows - 1) // self._rows_per_step)
        rows_wanted = (last_step + self.look_ahead_steps + 1) * self._rows_per_step
        steps = self.push(np.tile(SILENT_ROW, (rows_wanted - self._rows, 1)))
        self.reset()
        return steps

    def _step(self, rows: Float32) -> Float32:
        weights: Float32 = self._voices.step(rows[None])[0]
        self._calls += 1
        return weights


def check_rate(step_hz: int, rows_per_step: int) -> None:
    """Raises EngineError when a network hears at another pace than Ear gives."""
    if step_hz * rows_per_step != ROWS_HZ:
        raise EngineError(
            "the motion network does not fit the ear",
            seen=f"{step_hz} steps a second of {rows_per_step} rows",
            wanted=f"{ROWS_HZ} rows a second",
            cure="use a network trained for this version",
        )


def check_rows(rows: Float32) -> None:
    """Raises EngineError when they are not [n, 80]."""
    if rows.ndim != 2 or rows.shape[1] != N_MELS:
        raise EngineError(
            "the motion network refuses its rows",
            seen=list(rows.shape),
            wanted=[f"n, {N_MELS}"],
            cure="feed what Ear gives",
        )
