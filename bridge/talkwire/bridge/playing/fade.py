"""Cuts that are not seen: from what was shown to what belongs there."""

from __future__ import annotations

from typing import Final

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.picture import Picture

NEXT_S: Final = 0.08  # to another utterance, or back from rest
CUT_S: Final = 0.03  # an interruption: gone at the third picture of a 60 Hz display, within 50 ms
REST_S: Final = 0.3  # to a face that does nothing, since nothing comes
HEAD_S: Final = 0.2  # a head is heavier than lips: it takes so long in each of them


class Fade:
    """One at a time, from the picture that would be on the screen at the moment when it begins."""

    def __init__(self) -> None:
        self._to: Picture | None = None  # what belonged there last
        self._from: tuple[Picture, int, float] | None = None

    def begin(self, now_ns: int, face_s: float) -> None:
        """The face takes face_s. An interruption's fade ends when it would, whatever it now leads to."""
        if self._from is not None:
            _, since_ns, under_way_s = self._from
            if under_way_s == CUT_S and now_ns - since_ns < CUT_S * NS_PER_S:
                return
        if self._to is not None:
            self._from = self.blend(self._to, now_ns), now_ns, face_s

    def blend(self, picture: Picture, now_ns: int) -> Picture:
        """What to show now where that picture belongs."""
        self._to = picture
        if self._from is None:
            return picture
        old, since_ns, face_s = self._from
        since_s = max(0, now_ns - since_ns) / NS_PER_S
        face_share, head_share = min(1.0, since_s / face_s), min(1.0, since_s / HEAD_S)
        if face_share == head_share == 1:
            self._from = None
            return picture
        return old.towards(picture, face_share, head_share)
