"""Saying a line: audio from anywhere into a running server, as fast as its credit allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.bridge.client import Client
from talkwire.bridge.wire import LineState
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

CHUNK_S: Final = 0.1
CREDIT_SHARE: Final = 0.9  # of what the NPC may have waiting: progress messages are a little old
POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Spoken:
    """How far a line has come, in seconds of it."""

    sent_s: float
    played_s: float
    state: LineState


def speak(
    client: Client, session: str, chunks: Iterable[Float32], sample_rate_hz: int, *, wait: bool = True
) -> Iterator[Spoken]:
    """Say audio that comes in chunks of any size; yields after each step.

    An empty chunk means "nothing yet". With `wait`, lasts until the line was played or interrupted.
    Media that arrive meanwhile are dropped: listen with another client. Raises what the server refuses
    the line with.
    """
    credit = client.open(session).max_queued_s * CREDIT_SHARE * sample_rate_hz
    line = client.begin(session, sample_rate_hz)
    sent = 0

    def spoken() -> Spoken:
        news = client.progress.get((session, line))
        played, state = (news.played_samples, news.state) if news else (0, "queued")
        return Spoken(sent / sample_rate_hz, played / sample_rate_hz, state)

    def waiting() -> float:
        return sent - spoken().played_s * sample_rate_hz

    for samples in _cut(chunks, round(CHUNK_S * sample_rate_hz)):
        client.poll(0 if len(samples) else POLL_S / 4)
        while spoken().state != "interrupted" and len(samples) + waiting() > credit:
            client.poll(POLL_S)
            yield spoken()
        if spoken().state == "interrupted":
            break
        if len(samples):
            client.push(session, line, samples)
            sent += len(samples)
        yield spoken()
    if spoken().state != "interrupted":
        client.end(session, line)
    while wait and spoken().state not in ("done", "interrupted"):
        client.poll(POLL_S)
        yield spoken()
    yield spoken()
    client.progress.pop((session, line), None)


def paced(
    samples: Float32, sample_rate_hz: int, clock_s: Callable[[], float], *, chunk_s: float = 0.02
) -> Iterator[Float32]:
    """Chunks at the pace of speech, as a microphone would give them; empty ones while it is too early."""
    start_s, sent, step = clock_s(), 0, round(chunk_s * sample_rate_hz)
    while sent < len(samples):
        if (clock_s() - start_s) * sample_rate_hz >= min(sent + step, len(samples)):
            yield samples[sent : sent + step]
            sent += step
        else:
            yield np.zeros(0, np.float32)


def _cut(chunks: Iterable[Float32], most: int) -> Iterator[Float32]:
    for chunk in chunks:
        if not np.isfinite(chunk).all():
            raise ProtocolError(
                "the audio is broken",
                seen=f"{int((~np.isfinite(chunk)).sum())} samples that are NaN or infinite",
                wanted="finite samples",
                cure="check where the audio comes from",
            )
        for i in range(0, max(1, len(chunk)), most):
            yield chunk[i : i + most]
