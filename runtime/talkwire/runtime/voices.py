"""What a motion network carries from step to step, for one voice or many, and one step of some of them.

feeds    rows [N, rows_per_step, 80] float32, state [N, state_size] float32 and, by the names and shapes of
         the metadata's `rings`, [N, heads, slots, width] float32 each; all but rows are zeros at first
outputs  weights [N, 52] float32 in [0, 1], next_state [N, state_size] float32, and of each ring what is to
         take the place of its oldest slot: new_NAME [N, heads, width] float32
metadata state_size: an integer in decimal; rings: JSON, {name: [heads, slots, width]}

Rings are written here, in place, and not by the graph: to carry them through it would cost more than all its
products.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.engine import Array, Engine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.types import Float32

_MAX_DECLARED: Final = 1 << 20


class Voices:
    """The voices of one graph, each with its own state. One caller at a time."""

    def __init__(self, engine: Engine) -> None:
        """Raises EngineError when the graph does not declare its state and rings, or not sensibly."""
        self.engine = engine
        self._state = np.zeros((0, declared(engine, "state_size", 1)), np.float32)
        self._rings = {name: np.zeros((0, *shape), np.float32) for name, shape in _rings(engine).items()}
        self._steps = np.zeros(0, np.intp)
        self._free: list[int] = []

    def join(self) -> int:
        """The number of a voice that has heard nothing yet."""
        if not self._free:
            count = len(self._steps)
            self._free = list(range(2 * count, count - 1, -1))  # lowest last: it is taken first
            self._state, self._steps = _longer(self._state), _longer(self._steps)
            self._rings = {name: _longer(ring) for name, ring in self._rings.items()}
        voice = self._free.pop()
        self.reset(voice)
        return voice

    def leave(self, voice: int) -> None:
        """Its number may be given to another."""
        self._free.append(voice)

    def reset(self, voice: int) -> None:
        """Forget all that this voice said."""
        kept: list[Array] = [self._state, self._steps, *self._rings.values()]
        for values in kept:
            values[voice] = 0

    def feeds(self, rows: Float32, voices: npt.NDArray[np.intp] | slice) -> dict[str, Array]:
        """What the graph is called with to hear rows [N, rows_per_step, 80] of N voices."""
        rings = {name: ring[voices] for name, ring in self._rings.items()}
        return {"rows": rows, "state": self._state[voices], **rings}

    def step(self, rows: Float32, voices: Sequence[int]) -> Float32:
        """Hear [N, rows_per_step, 80] rows of N voices, in ascending order; returns their weights [N, 52].

        Where most of their neighbours are among them, all are run and the others left as they were: that is
        cheaper than to gather their states.
        """
        at, first = np.asarray(voices), voices[0]
        span = slice(first, voices[-1] + 1)
        if 2 * len(at) > span.stop - first:
            heard = np.zeros((span.stop - first, *rows.shape[1:]), np.float32)
            heard[at - first] = rows
            out = {
                name: value[at - first] for name, value in self.engine.run(self.feeds(heard, span)).items()
            }
        else:
            out = self.engine.run(self.feeds(rows, at))
        self._state[at] = out["next_state"]
        for name, ring in self._rings.items():
            ring[at, :, self._steps[at] % ring.shape[2]] = out[f"new_{name}"]
        self._steps[at] += 1
        weights: Float32 = out["weights"]
        return weights


def _longer(kept: Any) -> Any:
    return np.concatenate([kept, np.zeros((len(kept) + 1, *kept.shape[1:]), kept.dtype)])


def declared(engine: Engine, name: str, least: int) -> int:
    """A whole number of a graph's metadata. Raises EngineError where it is absent, too small or absurd."""
    text = engine.metadata.get(name)
    value = int(text) if text is not None and text.isdecimal() else -1
    if not least <= value <= _MAX_DECLARED:
        raise _refusal(name, repr(text), f"a whole number from {least} to {_MAX_DECLARED}")
    return value


def _rings(engine: Engine) -> dict[str, tuple[int, int, int]]:
    text = engine.metadata.get("rings", "{}")
    try:
        rings = {str(name): tuple(int(size) for size in shape) for name, shape in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        rings = {"": ()}
    sane = all(len(shape) == 3 and min(shape) > 0 for shape in rings.values())
    if not sane or sum(int(np.prod(shape)) for shape in rings.values()) > _MAX_DECLARED:
        raise _refusal("rings", repr(text)[:80], "{name: [heads, slots, width]}")
    return rings  # type: ignore[return-value]  # three each, as was just checked


def _refusal(name: str, seen: str, wanted: str) -> EngineError:
    return EngineError(
        f"this graph is not a motion network: bad metadata {name!r}",
        seen=seen,
        wanted=wanted,
        cure="make one: talkwire train motion",
    )
