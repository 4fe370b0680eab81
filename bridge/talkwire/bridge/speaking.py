"""Saying a line: audio from anywhere into a running server, as fast as its credit allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.bridge.client import Client
from talkwire.bridge.wire import LineState, Progress
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

    An empty chunk means "nothing yet". With `wait`, lasts until the line was played or interrupted. Where the
    server is restarted meanwhile, what it had not played is said again. Media that arrive are dropped: listen
    with another client. Raises what the server refuses the line with.
    """
    credit = client.open(session).max_queued_s * CREDIT_SHARE * sample_rate_hz
    speech = _Speech(client, session, sample_rate_hz)
    for samples in _cut(chunks, round(CHUNK_S * sample_rate_hz)):
        speech.poll(0 if len(samples) else POLL_S / 4)
        while speech.state != "interrupted" and len(samples) + speech.sent - speech.played > credit:
            speech.poll(POLL_S)
            yield speech.spoken
        if speech.state == "interrupted":
            break
        speech.push(samples)
        yield speech.spoken
    if speech.state != "interrupted":
        speech.end()
    while wait and speech.state not in ("done", "interrupted"):
        speech.poll(POLL_S)
        yield speech.spoken
    yield speech.spoken
    speech.forget()


class _Speech:
    """One line, or the lines that it becomes: samples are counted from the first one's begin."""

    def __init__(self, client: Client, session: str, sample_rate_hz: int) -> None:
        self._client, self._session, self._rate_hz = client, session, sample_rate_hz
        self._kept: deque[Float32] = deque()  # sent, and not known to be played
        self._kept_from = 0
        self.sent = 0
        self._ended = False
        self._begin(0)

    @property
    def state(self) -> LineState:
        """Of what is left of it. A server that had forgotten us calls done what it ended itself."""
        state, news = self._client.state(self._session, self._line), self._news
        lacks = news is None or self._begun_at + news.received_samples < self.sent
        return "speaking" if state == "done" and (lacks or not self._ended) else state

    @property
    def played(self) -> int:
        """Samples."""
        news = self._news
        return self._begun_at + (news.played_samples if news is not None else 0)

    @property
    def spoken(self) -> Spoken:
        """How far it is."""
        return Spoken(self.sent / self._rate_hz, self.played / self._rate_hz, self.state)

    def poll(self, timeout_s: float) -> None:
        """Hear from the server. One that was restarted, or had forgotten us, is told again what it lacks."""
        greetings, run = self._client.greetings, self._client.run
        self._client.poll(timeout_s)
        if self._client.greetings != greetings and self.state not in ("done", "interrupted"):
            news, same = self._news, self._client.run == run
            received = self._begun_at + (news.received_samples if news is not None else 0)
            self._begin(received if same else self.played)  # what it has is spoken to its end

    def push(self, samples: Float32) -> None:
        """More."""
        if len(samples):
            self._client.push(self._session, self._line, samples)
            self._kept.append(samples)
            self.sent += len(samples)
            while self._kept and self._kept_from + len(self._kept[0]) <= self.played:
                self._kept_from += len(self._kept.popleft())

    def end(self) -> None:
        """No more."""
        self._ended = True
        self._client.end(self._session, self._line)

    def forget(self) -> None:
        """The news of it."""
        self._client.progress.pop((self._session, self._line), None)

    @property
    def _news(self) -> Progress | None:
        return self._client.progress.get((self._session, self._line))

    def _begin(self, at: int) -> None:
        """A line from this sample on, with what was sent of it before."""
        self._begun_at, self._line = at, self._client.begin(self._session, self._rate_hz)
        start = self._kept_from
        for samples in self._kept:
            rest = samples[max(0, at - start) :]
            if len(rest):
                self._client.push(self._session, self._line, rest)
            start += len(samples)
        if self._ended:
            self._client.end(self._session, self._line)


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
