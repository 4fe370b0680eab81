"""The compute seam: a loaded network is something that runs named arrays into named arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]


class Engine(Protocol):
    """A loaded network. Names, dtypes and shapes of feeds and outputs are those of its graph."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the graph says of itself: look-ahead, rates, how it was trained."""
        ...

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Evaluate the network once. Raises EngineError when the feeds do not fit."""
        ...


class FunctionEngine:
    """An engine that calls a Python function: for tests, and for avatars that need no network."""

    def __init__(
        self, function: Callable[..., dict[str, Array]], metadata: Mapping[str, str] | None = None
    ) -> None:
        self._function = function
        self.metadata: Mapping[str, str] = dict(metadata or {})

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Call the function with the feeds as keyword arguments."""
        return self._function(**feeds)
