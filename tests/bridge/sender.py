"""A made-up server for traces: idling and lines of a head of four vertices, put on two sockets with delays.

Times are seconds of the server's clock since the trace begins; `arrivals` are by the receiver's clock, which
has nothing to do with it. As on TCP, nothing overtakes what was sent before it on the same socket.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import numpy as np

from bridge.cases import BC1, BOX, ID, MEDIA, VERTICES
from talkwire.bridge import wire
from talkwire.bridge.codec import encode_vertices
from talkwire.bridge.media import ARKIT, COEFFICIENTS, Media, encode_media
from talkwire.bridge.message import Message
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.planes import MOTION
from talkwire.runtime.arkit import INDEX

SESSION: Final = "nova"
RATE_HZ: Final = 4_000
SERVER_NS: Final = 90 * NS_PER_S  # what the server's clock shows when a trace begins,
RECEIVER_NS: Final = 7 * NS_PER_S + 123  # and the receiver's
IDLE_LEAD_S, LEAD_S = 0.1, 0.2
JAW, BLINK, SMILE = INDEX["jawOpen"], INDEX["eyeBlinkLeft"], INDEX["mouthSmileRight"]
CHIN: Final = 0  # the vertex that follows the jaw

Delay = Callable[[float], float]  # of what is sent then: seconds under way
Lost = Callable[[str, float], bool]  # plane, moment of the utterance in seconds


def steady(sent_s: float) -> float:
    """A quiet network, in which nothing arrives exactly when something else ends."""
    return 0.002 + 0.0004 * math.sin(1000 * sent_s)


def nothing(plane: str, moment_s: float) -> bool:
    """Is lost."""
    return False


@dataclass
class Sender:
    """plane: of the frames.  media, motion: delays of the two sockets.  ppm: how much quicker the server's
    clock is.  since_s: what is sent before does not reach the receiver, who joins then.
    """

    plane: str = "frame/q16"
    generation: int = 0
    media: Delay = steady
    motion: Delay = steady
    ppm: float = 0.0
    since_s: float = -math.inf
    _sent: list[tuple[float, int, bool, bytes]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    def mesh(self, at_s: float = 0.0) -> None:
        """What never changes of the head, and the basis for who reads coefficients."""
        self._post("mesh", MEDIA["mesh"].message, at_s)
        if self.plane == COEFFICIENTS:
            self._post("basis", MEDIA["basis"].message, at_s)

    def idle(self, utterance: int, at_s: float, seconds: float, *, frame_hz: float = 20) -> None:
        """Blinks, without sound."""
        for seq, moment_s in enumerate(steps(seconds, 1 / frame_hz)):
            sent_s = at_s + max(0.0, moment_s - IDLE_LEAD_S)
            self.frame(utterance, seq, moment_s, sent_s, wire.IDLE)

    def line(
        self,
        utterance: int,
        at_s: float,
        seconds: float,
        *,
        lead_s: float = LEAD_S,
        frame_hz: float = 20,
        chunk_s: float = 0.05,
        patches: bool = False,
        lost: Lost = nothing,
        jump_s: tuple[float, float] = (math.inf, 0.0),
        cut_s: float = math.inf,
    ) -> None:
        """A line from its `started` to its `ended`.

        jump_s: from this moment on its moments are later by so much.  cut_s: from then on nothing is sent.
        """
        jump_at_s, jump_by_s = jump_s
        self.event("started", utterance, at_s)
        last_s = max(steps(seconds, 1 / frame_hz))
        for seq, moment_s in enumerate(steps(seconds, 1 / frame_hz)):
            sent_s = at_s + max(0.0, moment_s - lead_s)
            place_s = moment_s + jump_by_s * (moment_s >= jump_at_s)
            if sent_s >= cut_s or lost(self.plane, moment_s):
                continue
            if patches and seq % 4 == 0:
                self.patch(utterance, seq, place_s, sent_s)
            self.frame(utterance, seq, place_s, sent_s, wire.LAST if moment_s == last_s else 0)
        for moment_s in steps(seconds, chunk_s):
            sent_s = at_s + max(0.0, moment_s + chunk_s - lead_s)
            length_s = min(chunk_s, seconds - moment_s)
            if sent_s < cut_s and not lost("audio", moment_s):
                flags = wire.LAST if moment_s + chunk_s >= seconds - 1e-9 else 0
                place_s = moment_s + jump_by_s * (moment_s >= jump_at_s)
                self.audio(utterance, place_s, length_s, sent_s, flags)
        if at_s + seconds < cut_s:
            self.event("ended", utterance, at_s + seconds, pts_s=seconds)

    def frame(self, utterance: int, seq: int, moment_s: float, sent_s: float, flags: int = 0) -> None:
        """One moment of the face, in whatever codec the plane has."""
        stamp = self._stamp(utterance, seq, moment_s, sent_s, flags | wire.KEY)
        weights, rotation, translation_m = face(moment_s, idle=bool(flags & wire.IDLE))
        if self.plane in (ARKIT, COEFFICIENTS):
            own = np.array([math.sin(moment_s * 5), 0.25], "<f2") if self.plane == COEFFICIENTS else b""
            message: Message = wire.Coefficients(
                *stamp,
                np.rint(rotation * 32767).astype("<i2").tobytes(),
                translation_m.astype("<f2").tobytes(),
                weights.astype("<f2").tobytes(),
                bytes(own),
            )
        else:
            vertices = VERTICES.copy()
            vertices[CHIN, 1] -= np.float32(0.02) * weights[JAW]
            codec, data = encode_vertices(vertices, self.plane.partition("/")[2], BOX)
            arrays = (weights, rotation, translation_m)
            message = wire.Frame(*stamp, *(a.tobytes() for a in arrays), codec, len(VERTICES), data)
        self._post(self.plane, message, sent_s)

    def audio(self, utterance: int, moment_s: float, length_s: float, sent_s: float, flags: int = 0) -> None:
        """Silence, as far as samples go: nothing here hears them."""
        samples = bytes(2 * round(length_s * RATE_HZ))
        stamp = (utterance, self.generation, round(moment_s * RATE_HZ), RATE_HZ, flags, server_ns(sent_s))
        self._post("audio", wire.Audio(*stamp, samples), sent_s)

    def patch(self, utterance: int, seq: int, moment_s: float, sent_s: float) -> None:
        """A rectangle of the texture."""
        stamp = self._stamp(utterance, seq, moment_s, sent_s, wire.KEY)
        self._post("patch/bc1", wire.Patch(*stamp, ((8, 16, 6, 4, "bc1", BC1),)), sent_s)

    def event(self, kind: str, utterance: int, at_s: float, *, pts_s: float = 0.0) -> None:
        """Of the generation that it has."""
        pts, now_ns = round(pts_s * RATE_HZ), server_ns(at_s)
        event = wire.Event(kind, utterance, self.generation, pts, RATE_HZ, now_ns, now_ns, "")  # type: ignore[arg-type]
        self._post("event", event, at_s)

    def arrivals(self) -> list[tuple[int, bytes]]:
        """(when, by the receiver's clock, what)"""
        arrived, latest_ns = [], {False: 0, True: 0}
        for sent_s, _, motion, part in sorted(self._sent):
            delay_s = self.motion(sent_s + 0.0005) if motion else self.media(sent_s)
            at_ns = RECEIVER_NS + round((sent_s / (1 + self.ppm * 1e-6) + delay_s) * NS_PER_S)
            latest_ns[motion] = at_ns = max(at_ns, latest_ns[motion])
            arrived.append((at_ns, part))
        return sorted(arrived, key=lambda one: one[0])

    def _stamp(
        self, utterance: int, seq: int, moment_s: float, sent_s: float, flags: int
    ) -> tuple[str, int, int, int, int, int, int, int]:
        pts = round(moment_s * RATE_HZ)
        return ID, utterance, self.generation, seq, pts, RATE_HZ, flags, server_ns(sent_s)

    def _post(self, plane: str, message: Message, at_s: float) -> None:
        if at_s < self.since_s:
            return
        part = encode_media(Media(SESSION, plane, message))
        self._sent.append((at_s, next(self._order), plane in MOTION, part))


def face(moment_s: float, *, idle: bool) -> tuple[Any, Any, Any]:
    """([52], [4] xyzw, [3] metres) float32: a mouth that moves, or eyes that blink; a head that turns."""
    weights = np.zeros(52, "<f4")
    if idle:
        weights[BLINK] = 0.5 - 0.5 * math.cos(2 * math.pi * moment_s)
    else:
        weights[JAW] = 0.5 - 0.5 * math.cos(2 * math.pi * 1.3 * moment_s)
        weights[SMILE] = 0.25
    half = (0.1 if idle else 0.2) * math.sin(moment_s)
    rotation = np.array([0, math.sin(half), 0, math.cos(half)], "<f4")
    return weights, rotation, np.array([0, 0.001 if idle else 0.002, 0], "<f4")


def steps(seconds: float, step_s: float) -> Iterable[float]:
    """0, step_s, ... below seconds."""
    return [i * step_s for i in range(math.ceil(seconds / step_s - 1e-9))]


def server_ns(at_s: float) -> int:
    """What the server's clock shows."""
    return SERVER_NS + round(at_s * NS_PER_S)
