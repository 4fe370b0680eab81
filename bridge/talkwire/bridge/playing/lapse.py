"""What to do while nothing comes: hold the picture, which may only be late; then let the face rest."""

from __future__ import annotations

from typing import Final

from talkwire.bridge.pacing import NS_PER_S

HOLD_S: Final = 0.2  # a mouth that stands open for longer is seen


class Lapse:
    """Whether something has been missing for too long."""

    def __init__(self) -> None:
        self.resting = False
        self._since_ns: int | None = None

    def step(self, missing: bool, now_ns: int, *, far: bool = False) -> bool:
        """Whether the face rests now. far: what there is belongs to a moment that is HOLD_S off or more."""
        if not (missing or far):
            self._since_ns, self.resting = None, False
            return False
        since_ns = self._since_ns = self._since_ns if self._since_ns is not None else now_ns
        self.resting = self.resting or far or now_ns - since_ns > HOLD_S * NS_PER_S
        return self.resting

    def cut(self, now_ns: int) -> None:
        """It is not late but gone."""
        self._since_ns, self.resting = now_ns, True
