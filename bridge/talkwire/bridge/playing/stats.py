"""What the reference client measures. Percentiles over a bounded number of the latest values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from talkwire.bridge import wire

KEPT: Final = 36_000  # ten minutes at 60 a second


class Samples:
    """The latest KEPT values. Its memory is taken at once, so that hours of them take no more."""

    def __init__(self) -> None:
        self._values = np.full(KEPT, np.nan)
        self._count = 0

    def append(self, value: float) -> None:
        """One more; the oldest gives way."""
        self._values[self._count % KEPT] = value
        self._count += 1

    def __len__(self) -> int:
        return min(self._count, KEPT)

    def __iter__(self) -> Iterator[float]:
        return iter(self._values[: len(self)].tolist())

    def percentiles(self, *which: float) -> tuple[float, ...]:
        """NaN for each where there are no values."""
        if not self._count:
            return tuple(float("nan") for _ in which)
        return tuple(float(x) for x in np.percentile(self._values[: len(self)], which))


@dataclass(slots=True)
class Stats:
    """Counters and samples; times in ms.

    sent counts by sequence numbers, so it includes what never arrived; late frames came after the sound
    of their moment was heard. av_error is |moment shown - moment heard| when a picture of a line comes on
    the screen, av_signed the same with its sign, positive where the sound is early, as ITU-R BT.1359 has it;
    av_held is the error just before the picture is replaced, so it includes the display's own period. All
    three are beyond the A/V offset that was asked for. rested counts pictures of a face at rest while sound
    went on without frames: they show no moment, and have no error. underruns are sounds that ran out in
    mid-line, and rebuffered how long it then took until they went on.
    """

    sent: int = 0
    received: int = 0
    late: int = 0
    pictures: int = 0
    rested: int = 0
    sound_gaps: int = 0
    underruns: int = 0
    transit_ms: Samples = field(default_factory=Samples)
    av_error_ms: Samples = field(default_factory=Samples)
    av_signed_ms: Samples = field(default_factory=Samples)
    av_held_ms: Samples = field(default_factory=Samples)
    first_frame_ms: Samples = field(default_factory=Samples)
    rebuffered_ms: Samples = field(default_factory=Samples)
    buffer_target_ms: Samples = field(default_factory=Samples)
    buffer_depth_ms: Samples = field(default_factory=Samples)
    _heard_ns: dict[int, int] = field(default_factory=dict)
    _next_seq: dict[int, int] = field(default_factory=dict)

    @property
    def dropped(self) -> int:
        """Frames that were sent and never arrived."""
        return self.sent - self.received

    def frame(
        self, frame: wire.Frame | wire.Coefficients, transit_ns: int, now_ns: int, *, late: bool
    ) -> None:
        """A frame has arrived and been parsed."""
        expected = self._next_seq.get(frame.utterance)
        if expected is None:
            self._next_seq.clear()  # utterances come in order
            expected = frame.seq if frame.flags & wire.IDLE or frame.utterance not in self._heard_ns else 0
        self._next_seq[frame.utterance] = frame.seq + 1
        self.sent += max(1, (frame.seq - expected) // frame.every + 1)
        self.received += 1
        self.late += late
        self.transit_ms.append(transit_ns / 1e6)
        heard_ns = self._heard_ns.pop(frame.utterance, None)
        if heard_ns is not None:
            self.first_frame_ms.append((now_ns - heard_ns) / 1e6)

    def line_started(self, utterance: int, heard_ns: int) -> None:
        """The server began a line whose first audio it heard then (receiver's clock)."""
        self._heard_ns.clear()
        self._heard_ns[utterance] = heard_ns

    def displayed(self, error_s: float) -> None:
        """A picture of a line is on the screen: moment shown - moment heard."""
        self.pictures += 1
        self.av_error_ms.append(abs(error_s) * 1e3)
        self.av_signed_ms.append(-error_s * 1e3)

    def held(self, error_s: float) -> None:
        """The same just before the picture is replaced: its worst moment."""
        self.av_held_ms.append(abs(error_s) * 1e3)

    def buffered(self, target_ms: float, depth_ms: float) -> None:
        """The jitter buffer of a line that is heard."""
        self.buffer_target_ms.append(target_ms)
        self.buffer_depth_ms.append(depth_ms)

    def rows(self) -> list[tuple[str, str]]:
        """The table: what, and its value with units."""
        p50, p95, p99 = self.transit_ms.percentiles(50, 95, 99)
        return [
            ("first frame after first audio", _ms(*self.first_frame_ms.percentiles(100))),
            ("latency p50 / p95 / p99", f"{p50:.2f} / {p95:.2f} / {p99:.2f} ms" if self.transit_ms else "-"),
            ("frames sent / late / dropped", f"{self.sent} / {self.late} / {self.dropped}"),
            ("A/V error p95", _ms(*self.av_error_ms.percentiles(95))),
            ("A/V error p95, until replaced", _ms(*self.av_held_ms.percentiles(95))),
            ("sound early (+) or late (-)", _ms(*self.av_signed_ms.percentiles(50), sign="+")),
            ("pictures of speech shown / at rest", f"{self.pictures} / {self.rested}"),
            ("sound gaps / underruns", f"{self.sound_gaps} / {self.underruns}"),
            ("jitter buffer, wanted", _ms(*self.buffer_target_ms.percentiles(50))),
            ("jitter buffer, filled", _ms(*self.buffer_depth_ms.percentiles(50))),
        ]

    def as_json(self) -> dict[str, float | int | None]:
        """The same as numbers; None where nothing was measured."""
        p50, p95, p99 = self.transit_ms.percentiles(50, 95, 99)
        numbers = {
            "first_frame_ms": self.first_frame_ms.percentiles(100)[0],
            "latency_p50_ms": p50,
            "latency_p95_ms": p95,
            "latency_p99_ms": p99,
            "av_error_p95_ms": self.av_error_ms.percentiles(95)[0],
            "av_held_p95_ms": self.av_held_ms.percentiles(95)[0],
            "av_signed_ms": self.av_signed_ms.percentiles(50)[0],
            "buffer_target_ms": self.buffer_target_ms.percentiles(50)[0],
            "buffer_depth_ms": self.buffer_depth_ms.percentiles(50)[0],
        }
        names = ("sent", "late", "dropped", "pictures", "rested", "sound_gaps", "underruns")
        counts = {name: getattr(self, name) for name in names}
        return {k: None if v != v else round(v, 3) for k, v in numbers.items()} | counts


def _ms(value: float, *, sign: str = "") -> str:
    return "-" if value != value else f"{round(value, 1) + 0.0:{sign}.1f} ms"  # + 0.0: no -0.0
