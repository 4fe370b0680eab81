"""What the Unreal layer takes of a frame, by thread: the loop that plays the engine, with its own server.

Times are those of each thread's processor. The game thread's are all that it does for an NPC in a frame:
the subsystem's tick, the component's, and what the engine asks of it at the frame's end. `talkwire serve`
brings the head that is shipped.
"""

from __future__ import annotations

import json
from typing import Any

from machine import hardware

from plugins.build import run
from plugins.unreal_build import program
from talkwire.cli.own_server import own_server


def measure(folder: str) -> str:
    """Rows of every kind of frames for 1 NPC and 16, then one of the shipped avatar: JSON."""
    bench = program("bench")
    report: dict[str, Any] = {"hardware": hardware(), **json.loads(run(bench, folder))}
    with own_server("--avatar", "nova", "--port", 0) as server:
        report["rows"].append(json.loads(run(bench, "--server", server.endpoint)))
    return json.dumps(report)
