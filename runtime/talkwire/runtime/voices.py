"""What a motion network carries from step to step, for one voice or many, and one step of all of them.

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
from typing import Final

import numpy as np

from talkwire.runtime.engine import Array, Engine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.types import Float32

_MAX_DECLARED: Final = 1 << 20


class Voices:
    """`count` voices of one graph, each with its own state."""

    def __init__(self, engine: Engine, count: int = 1) -> None:
        """Raises EngineError when the graph does not declare its state and rings, or not sensibly."""
        self._engine = engine
        self._state = np.zeros((count, declared(engine, "state_size", 1)), np.float32)
        self._rings = {name: np.zeros((count, *shape), np.float32) for name, shape in _rings(engine).items()}
        self._steps = np.zeros(count, np.intp)

    def reset(self, voice: int = 0) -> None:
        """Forget all that this voice said."""
        self._state[voice] = 0
        for ring in self._rings.values():
            ring[voice] = 0
        self._steps[voice] = 0

    def feeds(self, rows: Float32) -> dict[str, Array]:
        """What the graph is called with to hear [N, rows_per_step, 80] rows."""
        return {"rows": rows, "state": self._state, **self._rings}

    def step(self, rows: Float32) -> Float32:
        """Hear [N, rows_per_step, 80] rows; returns the weights [N, 52]."""
        out = self._engine.run(self.feeds(rows))
        self._state = out["next_state"]
        voices = np.arange(len(rows))
        for name, ring in self._rings.items():
            ring[voices, :, self._steps % ring.shape[2]] = out[f"new_{name}"]
        self._steps += 1
        weights: Float32 = out["weights"]
        return weights


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
