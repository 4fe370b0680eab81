"""Log-mel rows to expression weights, as a stream: a recurrent network run one 20 ms step at a time.

The graph's contract, so that a better network can take its place without a line changing here: that of
`voices`, and metadata step_hz, rows_per_step, look_ahead_steps: integers in decimal.

Call s hears the rows_per_step rows from the one centred on s / step_hz on, and its weights are those of
step s - look_ahead_steps. The first look_ahead_steps outputs belong to no step and are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.ear import N_MELS, ROWS_HZ, SILENT_ROW
from talkwire.runtime.errors import EngineError
from talkwire.runtime.types import Float32
from talkwire.runtime.voices import Voices, declared

_DECLARED: Final = {"step_hz": 1, "rows_per_step": 1, "look_ahead_steps": 0}  # and their least


class Mind:
    """One voice's motion. Each step is one call of one fixed shape: the same bits however rows arrive, and
    whoever else is in the call.
    """

    def __init__(self, voices: Voices) -> None:
        """voices: minds of the same ones may `think` together.  Raises EngineError when the graph does not
        declare what the module says, or not sensibly.
        """
        values = {name: declared(voices.engine, name, least) for name, least in _DECLARED.items()}
        self.step_hz: Final = values["step_hz"]
        self.look_ahead_steps: Final = values["look_ahead_steps"]
        self.rows_per_step: Final = values["rows_per_step"]
        check_rate(self.step_hz, self.rows_per_step)
        self.look_ahead_s: Final = ((self.look_ahead_steps + 1) * self.rows_per_step - 1) / ROWS_HZ
        """How long after a step's moment the last row that it needs is centred."""
        self.voices, self.voice = voices, voices.join()
        self._clear()

    def close(self) -> None:
        """Give its voice back. Nothing may be asked of it afterwards; again is harmless."""
        if self.voice >= 0:
            self.voices.leave(self.voice)
        self.voice = -1

    def reset(self) -> None:
        """Forget the utterance: the next row is the first of a new one."""
        self.voices.reset(self.voice)
        self._clear()

    def _clear(self) -> None:
        self._waiting = np.zeros((0, N_MELS), np.float32)
        self._calls = 0
        self._rows = 0
        self._moved: list[Float32] = []

    def hear(self, rows: Float32) -> None:
        """More [n, 80] rows, for `think` to move by. Raises EngineError when they have another shape."""
        check_rows(rows)
        self._rows += len(rows)
        self._waiting = np.concatenate([self._waiting, rows.astype(np.float32, copy=False)])

    def finish(self) -> None:
        """Hear silence: enough for the steps up to the first at or after the last row.

        With Ear's rows that is ceil(duration * step_hz) + 1 steps in all.
        """
        if self._rows:
            last_step = -(-(self._rows - 1) // self.rows_per_step)
            rows_wanted = (last_step + self.look_ahead_steps + 1) * self.rows_per_step
            self.hear(np.tile(SILENT_ROW, (rows_wanted - self._rows, 1)))

    def take(self) -> Float32:
        """The [k, 52] float32 weights of the next k steps, that are known now. Step j is the moment
        j / step_hz.
        """
        think([self])
        steps, self._moved = self._moved, []
        return np.array(steps, np.float32).reshape(-1, len(ARKIT_NAMES))

    def push(self, rows: Float32) -> Float32:
        """`hear` and `take`."""
        self.hear(rows)
        return self.take()

    def end(self) -> Float32:
        """`finish` and `take`; the mind is then as new."""
        self.finish()
        steps = self.take()
        self.reset()
        return steps

    @property
    def due(self) -> bool:
        """Whether it has heard enough for another step."""
        return len(self._waiting) >= self.rows_per_step

    def next_rows(self) -> Float32:
        """[rows_per_step, 80] of the step that is due."""
        return self._waiting[: self.rows_per_step]

    def moved(self, weights: Float32) -> None:
        """What the network says to them."""
        self._waiting = self._waiting[self.rows_per_step :]
        self._calls += 1
        if self._calls > self.look_ahead_steps:
            self._moved.append(weights)


def think(minds: Iterable[Mind]) -> None:
    """All steps that are due, those of minds with the same voices in one call. Raises EngineError; then no
    mind has lost what it heard.
    """
    due = [mind for mind in minds if mind.due]
    while due:
        for voices, group in _by_voices(due).items():
            rows = np.stack([mind.next_rows() for mind in group])
            for mind, weights in zip(group, voices.step(rows, [mind.voice for mind in group]), strict=True):
                mind.moved(weights)
        due = [mind for mind in due if mind.due]


def _by_voices(minds: list[Mind]) -> dict[Voices, list[Mind]]:
    groups: dict[Voices, list[Mind]] = {}
    for mind in sorted(minds, key=lambda mind: mind.voice):
        groups.setdefault(mind.voices, []).append(mind)
    return groups


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
