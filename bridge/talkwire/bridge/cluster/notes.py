"""What a front and its workers tell each other beside what passes between them and clients. JSON, since both
are of one version: it is no part of the protocol.

A front beats; a worker answers each beat with a report. From the beats come the clock that all workers stamp
with, and the generation that the next NPC has to be above.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from talkwire.bridge.serving.tally import Tally

COUNTED = ("frames", "late_frames", "skipped_frames", "failed_npcs", "spoken_s")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker is, and what it has. key: the public one that it proves itself by."""

    host: str
    ports: tuple[int, int, int]
    key: str
    avatars: tuple[str, ...]
    where: str
    pid: int


@dataclass(frozen=True, slots=True)
class Beat:
    """From the front. offset_ns: what makes the worker's clock the front's.  above: see
    `Server.begin_above`.
    """

    sent_ns: int
    offset_ns: int
    above: int


@dataclass(frozen=True, slots=True)
class Report:
    """From a worker. sent_ns: of the beat.  clock_ns: its own clock, as it is.  ready: all three connections
    are there.  npcs: those that it has, and how much sound each has yet to speak.  counts: since it began, as
    COUNTED says, and the histogram of first frames.
    """

    sent_ns: int
    clock_ns: int
    ready: bool
    load: float
    level: int
    npcs: dict[str, float]
    counts: list[float]
    first_frames: list[int]
    first_frames_s: float


def to_bytes(note: Beat | Report) -> bytes:
    """For the link."""
    return json.dumps(asdict(note), allow_nan=False).encode()


def beat_from(data: bytes) -> Beat:
    """The inverse."""
    return Beat(**json.loads(data))


def report_from(data: bytes) -> Report:
    """The inverse."""
    return Report(**json.loads(data))


def count(tally: Tally) -> tuple[list[float], list[int], float]:
    """Counts, first_frames, first_frames_s of a report."""
    first = tally.first_frame_s
    return [getattr(tally, name) for name in COUNTED], list(first.counts), first.sum


def add(tally: Tally, before: Report | None, now: Report) -> None:
    """What a worker has counted between two reports is the front's."""
    old = before.counts if before is not None else [0.0] * len(COUNTED)
    for name, was, is_ in zip(COUNTED, old, now.counts, strict=True):
        setattr(tally, name, getattr(tally, name) + is_ - was)
    first = tally.first_frame_s
    was_s, were = (before.first_frames_s, before.first_frames) if before is not None else (0.0, [])
    first.counts = [
        total + is_ - was
        for total, is_, was in zip(
            first.counts, now.first_frames, were or [0] * len(now.first_frames), strict=True
        )
    ]
    first.sum += now.first_frames_s - was_s
