"""A part of a line: its frames and its sound, moving as they do in the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.runtime.errors import ExportError


@dataclass(frozen=True, slots=True)
class Excerpt:
    """From start_s on and before end_s, seconds of the line; None is its end."""

    start_s: float = 0.0
    end_s: float | None = None

    @classmethod
    def of(cls, typed: str) -> Excerpt:
        """START:END in seconds; either may be left out. Raises ExportError for what is none."""
        start, colon, end = typed.partition(":")
        try:
            excerpt = cls(float(start or 0), float(end) if end.strip() else None)
        except ValueError:
            colon = ""
        if not colon or not 0 <= excerpt.start_s < (np.inf if excerpt.end_s is None else excerpt.end_s):
            raise ExportError(
                "this is no part of a line",
                seen=repr(typed),
                wanted="START:END in seconds, the end after the start",
                cure="for example --range 1.5:4, --range 1.5: or --range :4",
            )
        return excerpt


def cut(clip: Clip, excerpt: Excerpt) -> Clip:
    """The frames whose moment is in the excerpt, and the sound from the first one to where the next would be.

    What an avatar hears of the past stays what it was. Of the whole line nothing is cut.  Raises ExportError
    where the line has no frame there.
    """
    if excerpt == Excerpt():
        return clip
    end_s = np.inf if excerpt.end_s is None else excerpt.end_s
    first, stop = (
        int(i) for i in np.searchsorted(clip.pts_n, np.array([excerpt.start_s, end_s]) * clip.sample_rate_hz)
    )
    if first == stop:
        raise ExportError(
            "the line has no frame in this range",
            seen=f"{excerpt.start_s:g} s on, of {clip.duration_s:.3f} s",
            wanted="a range that holds a frame",
            cure="choose another --range, or a higher --fps",
        )
    begin = int(clip.pts_n[first])
    end = len(clip.samples) if stop == clip.frame_count else int(clip.pts_n[stop])
    run, before = slice(first, stop), slice(max(0, first - clip.frames_heard), first)
    return replace(
        clip,
        samples=clip.samples[begin:end],
        weights_nx52=clip.weights_nx52[run],
        rotations_nx4=clip.rotations_nx4[run],
        translations_nx3_m=clip.translations_nx3_m[run],
        pts_n=clip.pts_n[run] - begin,
        lived_s=clip.lived_s + begin / clip.sample_rate_hz,
        past=(clip.pts_n[before] - begin, clip.weights_nx52[before]),
        spoken={**clip.spoken, "range_s": [begin / clip.sample_rate_hz, end / clip.sample_rate_hz]},
    )
