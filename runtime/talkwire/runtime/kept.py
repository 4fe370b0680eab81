"""What was computed and may be wanted again, within so many bytes; what was not wanted longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Sized)


class Kept(Generic[Key, Value]):
    """A store of values whose len() is their size in bytes. One thread asks."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._bytes = most_bytes, 0
        self._values: OrderedDict[Key, Value] = OrderedDict()

    @property
    def bytes(self) -> int:
        """How many are kept."""
        return self._bytes

    def get(self, key: Key, make: Callable[[Key], Value]) -> Value:
        """The value of a key, made now where it is not there."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make(key)
        self._bytes += len(value)
        while self._bytes > self._most and len(self._values) > 1:
            self._bytes -= len(self._values.popitem(last=False)[1])
        return value
