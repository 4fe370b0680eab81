"""Watching an NPC: the display loop of the reference client, live or from a recording."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from talkwire.bridge.client import Client
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.recording import Recorder, replay

DISPLAY_HZ: Final = 60
LONGEST_GAP_NS: Final = 5 * NS_PER_S  # of a recording: a face has come to rest by then


def watch(
    client: Client,
    player: Player,
    *,
    seconds: float | None = None,
    recorder: Recorder | None = None,
    display_hz: int = DISPLAY_HZ,
    clock_ns: Callable[[], int] = time.monotonic_ns,
) -> Iterator[Picture | None]:
    """What is on the screen after each tick of a display; ends after `seconds`, where given.

    The client must be listening. Raises what it raises.
    """
    start_ns = clock_ns()
    tick = 0
    while seconds is None or tick < seconds * display_hz:
        tick += 1
        due_ns = start_ns + tick * NS_PER_S // display_hz
        while (left_ns := due_ns - clock_ns()) > 0:
            media = client.poll(left_ns / NS_PER_S)
            now_ns = clock_ns()
            player.receive(media, now_ns, offset_ns=client.offset_ns)
            if recorder is not None:
                for item in media:
                    recorder.write(item, now_ns - client.offset_ns)
        if left_ns < -NS_PER_S:  # the machine slept, or a caller took long: do not chase lost ticks
            start_ns = clock_ns() - tick * NS_PER_S // display_hz
        picture = player.present(clock_ns())
        player.displayed(clock_ns())
        yield picture


def watch_recording(
    path: Path, player: Player, *, display_hz: int = DISPLAY_HZ
) -> Iterator[tuple[int, Picture | None]]:
    """The same from a recording, in the recording's own time: (time in ns, picture), without waiting.

    Deterministic: a file shows the same pictures and statistics each time. Where nothing arrives for long, it
    goes on with what comes next. Raises ProtocolError where the file is not a whole recording.
    """
    due_ns: int | None = None
    for arrived_ns, item in replay(path):
        if due_ns is None or arrived_ns - due_ns > LONGEST_GAP_NS:
            due_ns = arrived_ns
        while due_ns <= arrived_ns:
            picture = player.present(due_ns)
            player.displayed(due_ns)
            yield due_ns, picture
            due_ns += NS_PER_S // display_hz
        player.receive([item], arrived_ns)
