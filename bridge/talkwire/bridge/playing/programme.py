"""The utterances of an NPC in their order: what has come of each, which one is on, which one may be next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from talkwire.bridge.playing.track import MAX_APART_S, Track

UNSEEN_AFTER_S: Final = 1.0
MAX_WAITING: Final = 64  # twice of what an NPC may have waiting


class Programme:
    """Utterances are numbered as they follow each other; one that was left never comes back."""

    def __init__(self) -> None:
        self.generation = 0
        self.current: Track | None = None
        self._tracks: dict[int, Track] = {}
        self._left = 0  # the latest that was

    def __contains__(self, utterance: int) -> bool:
        """Whether anything is known of it."""
        return utterance in self._tracks

    def __iter__(self) -> Iterator[Track]:
        """All that is known and not left, in order."""
        return iter(sorted(self._tracks.values(), key=lambda track: track.id))

    def track(self, utterance: int) -> Track | None:
        """What there is of it; None where it was left behind."""
        if utterance not in self._tracks:
            if utterance <= self._left:
                return None
            self._tracks[utterance] = Track(utterance, self.generation)
        return self._tracks[utterance]

    def sound_has_reached(self, utterance: int) -> None:
        """Sounds come in order: those of earlier utterances are complete."""
        for track in self:
            track.sound_complete = track.sound_complete or track.id < utterance

    def frames_have_reached(self, utterance: int) -> None:
        """The same with frames. Sound that is still missing long after will not come, either."""
        newest = self._tracks[utterance]
        long_ago = newest.idle and newest.span_s() >= MAX_APART_S
        for track in self:
            if track.id < utterance:
                track.frames_complete = True
                track.sound_complete = track.sound_complete or long_ago

    def frames_came(self, ago_s: float) -> None:
        """The last one, of whatever utterance. Long ago: nobody reads them, and no sound waits for them."""
        for track in self:
            track.unseen = ago_s > UNSEEN_AFTER_S

    def next_line(self, target_s: float) -> Track | None:
        """The first that may begin."""
        return next((t for t in self._later() if not t.idle and t.ready(t.begins, target_s)), None)

    def next_idle(self) -> Track | None:
        """The one that may begin: not before the lines that it follows."""
        line = next((t.id for t in self._later() if not t.idle), None)
        idle = [t for t in self._later() if t.idle and t.frames and (line is None or t.id < line)]
        return idle[-1] if idle else None

    def too_many(self) -> list[Track]:
        """Those that waited longest, where more wait than an NPC can have said. They are left."""
        waiting = list(self._later())
        spare = waiting[: max(0, len(waiting) - MAX_WAITING)]
        self._forget(spare)
        return spare

    def begin(self, track: Track) -> None:
        """It is on; what came before is left."""
        self._forget(self.before(track))
        self.current, self._left = track, track.id - 1

    def before(self, track: Track) -> list[Track]:
        """Those that are left for it."""
        return [t for t in self if t.id < track.id]

    def clear(self, generation: int) -> None:
        """Nothing is on, and nothing comes but of this generation. A new one counts its utterances anew."""
        self._forget(list(self))
        self.current = None
        if generation != self.generation:
            self.generation, self._left = generation, 0

    def _later(self) -> Iterator[Track]:
        return (track for track in self if track is not self.current)

    def _forget(self, tracks: list[Track]) -> None:
        for track in tracks:
            del self._tracks[track.id]
            self._left = max(self._left, track.id)
