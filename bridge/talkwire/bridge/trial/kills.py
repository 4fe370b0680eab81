"""A server that is killed under load, again and again: how long its clients are without faces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Final

from talkwire.bridge.trial.audience import Audience
from talkwire.bridge.trial.figures import percentiles
from talkwire.bridge.trial.processes import Held, OwnServer, StartServer, free_port
from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import LinkError

UNDER_LOAD_S: Final = 2.0  # between one kill and the next
LONGEST_S: Final = 10.0


def kills(
    start: StartServer,
    speech: Audio,
    *,
    npcs: int,
    times: int,
    say: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """The figures. back: from the new server's being ready to a frame of every NPC; away: from the kill."""
    port, back_ms, away_ms, files = free_port(), [], [], []
    with start(port) as server:
        audience = Audience(server.endpoint, npcs, speech)
        _until_all_move(audience, 0)
        killed_ns = _kill(server, audience)
    for number in range(times):
        say("killing the server", number / times)
        with start(port) as server:
            ready_ns = time.monotonic_ns()
            _until_all_move(audience, killed_ns)
            back_ms.append((time.monotonic_ns() - ready_ns) / 1e6)
            away_ms.append((time.monotonic_ns() - killed_ns) / 1e6)
            files.append(Held.by(os.getpid()).files)
            killed_ns = _kill(server, audience)
    audience.close()
    return {
        "times": times,
        "npcs": npcs,
        "back_ms": percentiles(back_ms),
        "away_ms": percentiles(away_ms),
        "client_files": [files[0], files[-1]],
    }


def _kill(server: OwnServer, audience: Audience) -> int:
    """After some time under load; when that was."""
    until_s = time.monotonic() + UNDER_LOAD_S
    while time.monotonic() < until_s:
        audience.tick()
    server.process.kill()
    server.process.wait()
    return time.monotonic_ns()


def _until_all_move(audience: Audience, since_ns: int) -> None:
    """Each NPC by a frame that a server made after that, on the clock that processes of a machine share."""
    until_s = time.monotonic() + LONGEST_S
    while any(actor.made_ns <= since_ns for actor in audience.actors.values()):
        if time.monotonic() > until_s:
            still = sum(actor.made_ns <= since_ns for actor in audience.actors.values())
            raise LinkError(
                "the killed server's NPCs did not come back",
                seen=f"{still} of {len(audience.actors)} still after {LONGEST_S:g} s",
                wanted="all of them",
                cure="look at what the server says",
            )
        audience.tick()
