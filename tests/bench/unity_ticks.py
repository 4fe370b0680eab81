"""The Unity layer in the imitation of its loop, against a real server: what an NPC takes of a tick.

The heads have 10,000 vertices: as q16, and as a basis of 64 components, all of which move. nova is the one
that ships, with a server of its own. Servers run on the same two cores. `main` is Update and LateUpdate; a
worker makes vertices and normals meanwhile, for each NPC so many pictures a tick.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from machine import hardware

from plugins import build_unity
from plugins.head_parts import MovingSphere
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.types import Float32, Pose

VERTICES: Final = 10_000
SECONDS: Final = 8
BUDGET_MS: Final = 0.1


class SumSession(SyntheticSession):
    """All of a face's weights move, and all of its basis with them."""

    def __init__(self, head: MovingSphere) -> None:
        super().__init__(synthetic_topology(9))
        self.avatar = head  # type: ignore[assignment]

    def _pose(self, pts: int) -> tuple[Pose, Float32]:
        pose, window = super()._pose(pts)
        pose.face.weights[:] = 0.3 + 0.2 * np.sin(pts / 1e3 + np.arange(52))
        return pose, pose.face.weights[None].copy() if len(window) else window


@contextmanager
def synthetic(make: Callable[[], Any]) -> Iterator[str]:
    with serving(Server(make, port=0)) as endpoint:
        yield endpoint


@contextmanager
def nova() -> Iterator[str]:
    """What `talkwire serve` serves."""
    words = [sys.executable, "-m", "talkwire.cli", "serve", "--port", "0"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout is not None
        yield next(found[0] for line in server.stdout if (found := re.search(r"tcp://[\w.]+:\d+", line)))
    finally:
        server.terminate()
        server.communicate(timeout=30)


def measure(folder: str) -> str:
    """JSON: what each part takes, a row for each kind of head and number of NPCs. folder: of write_parts."""
    machine = hardware()
    parts = json.loads(build_unity.run_program("Parts", folder))
    topology, head = synthetic_topology(VERTICES), MovingSphere(VERTICES, 1)
    kinds = (
        ("q16", "Vertices", lambda: synthetic(lambda: SyntheticSession(topology)), (1, 16)),
        ("basis of 64", "Basis", lambda: synthetic(lambda: SumSession(head)), (1, 16)),
        ("nova", "Vertices", nova, (1,)),
    )
    rows = []
    for name, detail, server, counts in kinds:
        for count in counts:
            with server() as endpoint:
                said = build_unity.run_program(
                    "Ticks", endpoint, str(count), detail, str(SECONDS), timeout_s=300
                )
            rows.append({"head": name} | json.loads(said) | {"main_budget_ms": BUDGET_MS})
    return json.dumps({"hardware": machine, "parts": parts, "ticks": rows})
