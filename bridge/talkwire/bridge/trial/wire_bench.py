"""What the wire costs and how soon it answers, on loopback, between processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, vertices_from
from talkwire.bridge.client import Client
from talkwire.bridge.codec import Box, decode_vertices
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.speaking import paced
from talkwire.bridge.trial.audience import Audience
from talkwire.bridge.trial.figures import percentiles
from talkwire.runtime.audio import Audio
from talkwire.runtime.types import Basis

Say = Callable[[str, float], None]
SETTLE_S: Final = 2.0
LONGEST_WAIT_S: Final = 3.0
NPC: Final = "npc"


def one_way(endpoint: str, codec: str, seconds: float) -> dict[str, Any]:
    """ms from just before a frame is encoded to its vertices decoded here, one NPC at 60 Hz.

    The client never sleeps: how long a machine takes to wake a thread is not the wire's.
    """
    with Client(endpoint) as client:
        client.open(NPC)
        client.listen(NPC, codec, patches=False)
        box: Box | None = None
        basis: Basis | None = None
        took_ms: list[float] = []
        until_s = time.monotonic() + SETTLE_S + seconds
        while time.monotonic() < until_s:
            for item in client.poll():
                message = item.message
                if isinstance(message, wire.Mesh):
                    box = message.box
                elif isinstance(message, wire.Basis):
                    basis = basis_from(message)
                elif isinstance(message, wire.Frame) and box is not None:
                    decode_vertices(message.codec, message.vertices, box)
                elif isinstance(message, wire.Coefficients) and basis is not None:
                    vertices_from(message, basis)
                elif codec != "arkit":
                    continue
                if isinstance(message, wire.Frame | wire.Coefficients) and not message.flags & wire.REPEAT:
                    took_ms.append((time.monotonic_ns() - message.server_ns) / 1e6)
        client.leave(NPC)
    settled = took_ms[round(SETTLE_S * 60) :]
    return {"frames": len(settled), **percentiles(settled)}


def first_frames(
    endpoint: str, speech: Audio, times: int, say: Say = lambda what, share: None
) -> dict[str, float | None]:
    """ms from a speaker's first audio to the first frame of its line; look-ahead counts.

    Audio comes at the pace of speech, in chunks of 20 ms.
    """
    found = []
    with Client(endpoint) as client:
        client.open(NPC)
        client.listen(NPC, patches=False)
        for number in range(times):
            say("first frames", number / times)
            found.append(_first_frame_ms(client, speech, number))
            client.interrupt(NPC)
            until_s = time.monotonic() + 0.1 + 0.05 * (number % 7)  # at any phase of idling
            while time.monotonic() < until_s:
                client.poll(0.01)
        client.leave(NPC)
    return percentiles(found)


def _first_frame_ms(client: Client, speech: Audio, number: int) -> float:
    rate = speech.sample_rate_hz
    samples = np.roll(speech.samples, -number * rate // 7)
    line, began_ns = client.begin(NPC, rate), time.monotonic_ns()
    for chunk in paced(samples, rate, time.monotonic):
        if len(chunk):
            client.push(NPC, line, chunk)
        for item in client.poll(0.001):
            message = item.message
            if isinstance(message, wire.Frame) and not message.flags & (wire.IDLE | wire.REPEAT):
                return (time.monotonic_ns() - began_ns) / 1e6
        if time.monotonic_ns() - began_ns > LONGEST_WAIT_S * NS_PER_S:
            break
    return float("nan")


def interruptions(endpoint: str, speech: Audio, times: int, say: Say) -> dict[str, Any]:
    """ms from asking to the last void picture's being replaced, on a 60 Hz display, and to silence."""
    audience = Audience(endpoint, 1, speech, cut_share=1.0)
    until_s = time.monotonic() + 4 * times
    while len(audience.cuts) < times and time.monotonic() < until_s:
        say("interruptions", len(audience.cuts) / times)
        audience.tick()
    audience.close()
    return {
        "times": len(audience.cuts),
        "seen_ms": percentiles([cut.seen_ms for cut in audience.cuts]),
        "heard_ms": percentiles([cut.heard_ms for cut in audience.cuts]),
    }


def sync(endpoint: str, speech: Audio, seconds: float) -> dict[str, Any]:
    """How well lips and sound fit on a 60 Hz display, one NPC that speaks on."""
    audience = Audience(endpoint, 1, speech, codecs=("q16",), cut_share=0.0)
    until_s = time.monotonic() + SETTLE_S + seconds
    while time.monotonic() < until_s:
        audience.tick()
    audience.close()
    (actor,) = audience.actors.values()
    return dict(actor.player.stats.as_json())


def crowd(endpoint: str, speech: Audio, npcs: int, seconds: float, say: Say) -> dict[str, Any]:
    """So many NPCs that speak, read as coefficients on one connection, by a game whose card multiplies."""
    audience = Audience(endpoint, npcs, speech, codecs=("basis",), cut_share=0.0, shown=False)
    loads, levels, frames = [], [], 0
    began_s = time.monotonic()
    while (at_s := time.monotonic() - began_s) < SETTLE_S + seconds:
        audience.tick()
        say("a crowd", at_s / (SETTLE_S + seconds))
        if at_s < SETTLE_S:
            frames = audience.frames
            audience.transit_ms.clear()
            continue
        loads.append(audience.client.load)
        levels.append(audience.client.level)
    audience.close()
    a_second = (audience.frames - frames) / seconds
    return {
        "npcs": npcs,
        "frames_per_s_each": round(a_second / npcs, 1),
        "mbit_s": round(a_second * float(np.mean(audience.sizes)) * 8 / 1e6, 2),
        "server_load": percentiles(loads),
        "saved_steps_most": max(levels),
        "first_frame_ms": percentiles(audience.first_frames_ms),
        "transit_ms": percentiles(audience.transit_ms),
    }
