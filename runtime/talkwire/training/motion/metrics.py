"""How good a mouth is, against tracked lips and phones. Opening is what an onlooker sees: `aperture`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.opening import aperture
from talkwire.training.motion.corpus import STEP_HZ, Clip
from talkwire.training.motion.phone_times import Phones
from talkwire.training.motion.phones import BITE, OPEN_VOWELS, SEAL
from talkwire.training.motion.shown import shown

Float64 = npt.NDArray[np.float64]

CLOSED_SHARE: Final = 0.2  # of the speech's p95 opening: below, an onlooker calls the lips closed
CLOSED_SLACK_S: Final = 0.04
MEAN_WINDOW_STEPS: Final = STEP_HZ


@dataclass(frozen=True)
class Spoken:
    """One utterance as said: weights [T, 52] of the motion, phones, and where lips were tracked, their gap
    and the mouth's width [T] over the height of the face.
    """

    weights: npt.NDArray[np.floating]
    phones: Phones
    gap: Float64 | None = None
    width: Float64 | None = None

    @cached_property
    def opening(self) -> Float64:
        """[T] see `aperture`."""
        return aperture(self.weights)

    @cached_property
    def jaw(self) -> Float64:
        """[T] jawOpen."""
        return self.weights[:, INDEX["jawOpen"]].astype(np.float64)

    @cached_property
    def shown(self) -> tuple[Float64, Float64]:
        """[T] gap and [T] width on nova, as tracked ones are measured."""
        return shown(self.weights)


def said(clip: Clip, weights: npt.NDArray[np.floating]) -> Spoken:
    """A clip as weights say it, as far as they go, beside what was tracked in it."""
    gap, width = (
        None if curve is None else curve[: len(weights)].astype(np.float64)
        for curve in (clip.gap, clip.width)
    )
    return Spoken(weights[: clip.steps], clip.phones, gap, width)


Curve = Callable[[Spoken], Float64]


def measure(lines: Sequence[Spoken]) -> dict[str, float]:
    """The table of figures.

    r: correlation of the gap on nova with tracked lips in speech, 1 s running mean removed; width_r: of the
    mouth's width.  range: p5 to p95 of the gap on nova over that of tracked lips. silence: median opening
    in silences over p90 in speech. closures: share of p, b, m that close; false_closures: share of open
    vowels that do; J: their difference. auc: how well least opening tells p, b, m from open vowels. bite:
    mean opening at f, v over that at open vowels. silence_jaw: mean jawOpen in silences. jaw_p95 in speech.
    jitter: acceleration over movement, 1 = tracked lips.
    """
    limit = CLOSED_SHARE * float(np.percentile(_spoken(lines, _opening), 95))
    sealed, bitten, open_ = (
        np.concatenate([_least(s, of) for s in lines]) for of in (SEAL, BITE, OPEN_VOWELS)
    )
    silent = np.concatenate([s.jaw[_silent(s)] for s in lines])
    figures = {
        "closures": float(np.mean(sealed < limit)),
        "false_closures": float(np.mean(open_ < limit)),
        "J": float(np.mean(sealed < limit) - np.mean(open_ < limit)),
        "auc": float(np.mean(sealed[:, None] < open_[None, :])),
        "bite": float(np.mean(bitten) / np.mean(open_)) if len(bitten) else float("nan"),
        "silence_jaw": float(silent.mean()) if len(silent) else float("nan"),
        "silence": _silence(lines),
        "jaw_p95": float(np.percentile(_spoken(lines, lambda line: line.jaw), 95)),
    }
    tracked = [s for s in lines if s.gap is not None]
    if tracked:
        figures["r"] = _r(tracked, _shown_gap, _gap)
        figures["range"] = _range(tracked, _shown_gap) / _range(tracked, _gap)
        figures["lag_ms"] = _lag_ms(tracked)
        figures["jitter"] = _jitter([s.shown[0] for s in tracked]) / _jitter([_gap(s) for s in tracked])
    wide = [s for s in lines if s.width is not None]
    if wide:
        figures["width_r"] = _r(wide, lambda line: line.shown[1], _width)
    return figures


def _spoken(lines: Sequence[Spoken], curve: Curve) -> Float64:
    """A curve in speech, line after line."""
    return np.concatenate([_in_speech(line, curve(line)) for line in lines])


def _r(lines: Sequence[Spoken], ours: Curve, real: Curve) -> float:
    a, b = (_spoken(lines, partial(_without_mean, curve)) for curve in (ours, real))
    return float(np.corrcoef(a, b)[0, 1])


def _without_mean(curve: Curve, line: Spoken) -> Float64:
    return _less_mean(curve(line))


def _range(lines: Sequence[Spoken], curve: Curve) -> float:
    low, high = np.percentile(_spoken(lines, curve), [5, 95])
    return float(high - low)


def _silence(lines: Sequence[Spoken]) -> float:
    silent = np.concatenate([s.opening[_silent(s)] for s in lines])
    spoken = np.percentile(_spoken(lines, _opening), 90)
    return float(np.median(silent) / spoken) if len(silent) and spoken > 0 else float("nan")


def _opening(line: Spoken) -> Float64:
    return line.opening


def _shown_gap(line: Spoken) -> Float64:
    return line.shown[0]


def _gap(line: Spoken) -> Float64:
    return line.opening if line.gap is None else line.gap


def _width(line: Spoken) -> Float64:
    return line.shown[1] if line.width is None else line.width


def _silent(line: Spoken) -> npt.NDArray[np.bool_]:
    """Steps at least 0.1 s inside a silence."""
    time_s = np.arange(len(line.opening)) / STEP_HZ
    silent = np.zeros(len(time_s), bool)
    for name, start_s, end_s in line.phones:
        if name == "SIL":
            silent |= (time_s > start_s + 0.1) & (time_s < end_s - 0.1)
    return silent


def _in_speech(line: Spoken, values: Float64) -> Float64:
    time_s = np.arange(len(values)) / STEP_HZ
    spoken = np.zeros(len(values), bool)
    for name, start_s, end_s in line.phones:
        if name != "SIL":
            spoken |= (time_s >= start_s - 0.1) & (time_s <= end_s + 0.1)
    return values[spoken]


def _least(line: Spoken, of: frozenset[str]) -> Float64:
    """The least opening at each phone of a set; vowels are looked at in their middle half."""
    least = []
    for name, start_s, end_s in line.phones:
        if name in of:
            slack_s = CLOSED_SLACK_S if name in SEAL | BITE else -(end_s - start_s) / 4
            first = max(0, round((start_s - slack_s) * STEP_HZ))
            least.append(line.opening[first : max(first + 1, round((end_s + slack_s) * STEP_HZ) + 1)].min())
    return np.array(least)


def _less_mean(values: Float64) -> Float64:
    window = np.ones(min(MEAN_WINDOW_STEPS, len(values)))
    means = np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")
    return values - means


def _lag_ms(lines: Sequence[Spoken]) -> float:
    """How late the motion is against tracked lips, by the best correlation within +-120 ms."""
    shifts = range(-6, 7)
    scores = [np.mean([_shifted_r(s, shift) for s in lines]) for shift in shifts]
    return float(shifts[int(np.argmax(scores))] * 1000 / STEP_HZ)


def _shifted_r(line: Spoken, shift: int) -> float:
    ours, real = _less_mean(line.shown[0]), _less_mean(_gap(line))
    if shift:
        ours, real = (ours[shift:], real[:-shift]) if shift > 0 else (ours[:shift], real[-shift:])
    return float(np.corrcoef(ours, real)[0, 1])


def _jitter(curves: Sequence[Float64]) -> float:
    """RMS acceleration over RMS movement, at the tracker's 25 Hz."""
    halved = [curve[:: STEP_HZ // 25] for curve in curves]
    acceleration = np.concatenate([np.diff(curve, 2) for curve in halved])
    return float(acceleration.std() / np.concatenate([curve - curve.mean() for curve in halved]).std())
