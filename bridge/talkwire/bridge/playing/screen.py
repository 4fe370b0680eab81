"""The screen: the picture of what is on, a face at rest where nothing comes, and the way between."""

from __future__ import annotations

from talkwire.bridge.playing.fade import CUT_S, NEXT_S, REST_S, Fade
from talkwire.bridge.playing.lapse import Lapse
from talkwire.bridge.playing.picture import Picture
from talkwire.runtime.types import Float32


class Screen:
    """`shown` is what was shown last."""

    def __init__(self) -> None:
        self.shown: Picture | None = None
        self._fade, self._lapse = Fade(), Lapse()

    def next(self, now_ns: int) -> None:
        """Another utterance from here on."""
        self._fade.begin(now_ns, NEXT_S)

    def cut(self, now_ns: int) -> None:
        """What was is void."""
        self._lapse.cut(now_ns)
        self._fade.begin(now_ns, CUT_S)

    def show(
        self,
        picture: Picture | None,
        neutral_vx3: Float32 | None,
        now_ns: int,
        *,
        missing: bool,
        far: bool = False,
    ) -> None:
        """picture: what belongs there, or is held. missing: what should follow it has not come.
        far: it is of a moment that is far from this one.
        """
        rested, rests = self._lapse.resting, self._lapse.step(missing, now_ns, far=far)
        if rests != rested:
            self._fade.begin(now_ns, REST_S if rests else NEXT_S)
        if picture is not None:
            belongs = picture.resting(neutral_vx3) if rests else picture
            self.shown = self._fade.blend(belongs, now_ns)
