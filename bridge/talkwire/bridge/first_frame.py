"""How long a listener waits for a face: from a speaker's first audio to the first frame of its line."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.server import Server, serving
from talkwire.bridge.speaking import paced
from talkwire.runtime.audio import Audio

LONGEST_WAIT_S = 5.0
BETWEEN_S = 0.15  # lines; a listener's picture comes to rest
NPC = "npc"


def first_frames_ms(server: Server, speech: Audio, times: int) -> list[float]:
    """[times] ms over loopback. Audio comes at the pace of speech, in chunks of 20 ms; look-ahead counts."""
    with serving(server) as endpoint, Client(endpoint) as client:
        client.open(NPC)
        client.listen(NPC)
        return [_first_frame_ms(client, speech) for _ in range(times)]


def _first_frame_ms(client: Client, speech: Audio) -> float:
    for _ in _seen(client, BETWEEN_S):
        pass
    line, began_s = client.begin(NPC, speech.sample_rate_hz), time.monotonic()
    for chunk in paced(speech.samples, speech.sample_rate_hz, time.monotonic):
        if len(chunk):
            client.push(NPC, line, chunk)
        if any(not frame.flags & wire.IDLE for frame in _seen(client, 0.001)):
            client.interrupt(NPC)
            return (time.monotonic() - began_s) * 1e3
        if time.monotonic() - began_s > LONGEST_WAIT_S:
            break
    return float(np.inf)


def _seen(client: Client, seconds: float) -> Iterator[wire.Frame]:
    until_s = time.monotonic() + seconds
    while True:
        for media in client.poll(max(0.0, until_s - time.monotonic())):
            if isinstance(media.message, wire.Frame):
                yield media.message
        if time.monotonic() >= until_s:
            return
