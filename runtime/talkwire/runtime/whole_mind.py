"""Motion for baking: log-mel rows to weights by a network that hears what is still to come.

The graph's contract:

feeds    rows [N, window_steps * rows_per_step, 80] float32, row 0 at the moment of step 0
outputs  weights [N, window_steps, 52] float32 in [0, 1]
metadata step_hz, rows_per_step, window_steps: integers in decimal

A line longer than a window is heard in windows that overlap; there the motion goes over from one to the next.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.ear import SILENT_ROW
from talkwire.runtime.engine import Engine
from talkwire.runtime.mind import check_rate, check_rows
from talkwire.runtime.types import Float32
from talkwire.runtime.voices import declared

OVERLAP_S: Final = 2.0
LEAD_S: Final = 0.5  # of silence that is heard before a line: it does not begin in the middle of a word


class WholeMind:
    """One voice's motion, as `mind.Mind` gives it, but better and later: what is pushed comes out window by
    window.
    """

    def __init__(self, engine: Engine) -> None:
        """Raises EngineError when the graph does not declare what the module says, or not sensibly."""
        self.step_hz: Final = declared(engine, "step_hz", 1)
        self._per_step: Final = declared(engine, "rows_per_step", 1)
        check_rate(self.step_hz, self._per_step)
        self._overlap: Final = round(OVERLAP_S * self.step_hz)
        self._window: Final = declared(engine, "window_steps", 2 * self._overlap)
        self.look_ahead_s: Final = self._window / self.step_hz
        """How long after a step's moment the last row that it needs is centred, at most."""
        self._engine = engine
        self.reset()

    def reset(self) -> None:
        """Forget the utterance: the next row is the first of a new one."""
        self._heard_any = False
        self._lead = round(LEAD_S * self.step_hz)  # steps that belong to no line, and are still to be dropped
        self._rows = np.tile(SILENT_ROW, (self._lead * self._per_step, 1))  # from the first step not out yet
        self._before: Float32 | None = None  # what the window before this one says of its first steps
        self._moved: list[Float32] = []

    def close(self) -> None:
        """Nothing is held."""

    def hear(self, rows: Float32) -> None:
        """As `mind.Mind.hear`, but the network runs at once."""
        self._moved.append(self.push(rows))

    def finish(self) -> None:
        """As `mind.Mind.finish`; the mind is then as new, but for what is to be taken."""
        moved = [*self._moved, self.end()]
        self._moved = moved

    def take(self) -> Float32:
        """As `mind.Mind.take`."""
        moved, self._moved = self._moved, []
        return np.concatenate([np.zeros((0, len(ARKIT_NAMES)), np.float32), *moved])

    def push(self, rows: Float32) -> Float32:
        """Hear [n, 80] rows; returns the [k, 52] float32 weights of the steps that became certain.

        Raises EngineError when the rows have another shape.
        """
        check_rows(rows)
        self._heard_any |= len(rows) > 0
        self._rows = np.concatenate([self._rows, rows.astype(np.float32, copy=False)])
        steps = [np.zeros((0, len(ARKIT_NAMES)), np.float32)]
        known = self._window - self._overlap
        while len(self._rows) >= self._window * self._per_step:
            weights = self._heard(self._rows[: self._window * self._per_step])
            steps.append(self._of_the_line(weights[:known]))
            self._before = weights[known:]
            self._rows = self._rows[known * self._per_step :].copy()
        return np.concatenate(steps)

    def end(self) -> Float32:
        """The rest, up to the first step at or after the last row; as `mind.Mind.end`."""
        if not self._heard_any:
            self.reset()
            return np.zeros((0, len(ARKIT_NAMES)), np.float32)
        count = -(-(len(self._rows) - 1) // self._per_step) + 1
        silence = np.tile(SILENT_ROW, (self._window * self._per_step - len(self._rows), 1))
        weights = self._of_the_line(self._heard(np.concatenate([self._rows, silence]))[:count])
        self.reset()
        return weights

    def _of_the_line(self, weights: Float32) -> Float32:
        dropped, self._lead = self._lead, 0
        return weights[dropped:]

    def _heard(self, rows: Float32) -> Float32:
        weights: Float32 = self._engine.run({"rows": rows[None]})["weights"][0]
        if self._before is not None:
            share = np.linspace(0, 1, self._overlap, dtype=np.float32)[:, None]
            weights = weights.copy()
            weights[: self._overlap] = (1 - share) * self._before + share * weights[: self._overlap]
        return weights
