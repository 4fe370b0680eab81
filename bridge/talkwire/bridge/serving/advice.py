"""Which plane of frames suits a client: the best that it knows and that its link has room for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from talkwire.bridge.planes import FRAMES

ENVELOPE_BYTES: Final = 420  # of a frame with vertices: topic, stamp, 52 weights in f32, pose


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of a frame."""

    codec: str
    bytes: int
    bytes_per_vertex: float

    def kbit_s(self, vertices: int, fps: int) -> float:
        """Of one NPC."""
        return (self.bytes + self.bytes_per_vertex * vertices) * fps * 8 / 1000


BEST_FIRST: Final = (
    _Cost("q16", ENVELOPE_BYTES, 6),
    _Cost("delta8", ENVELOPE_BYTES, 0.6),
    _Cost("basis", 450, 0),  # of 128 components, the most that a shipped trainer makes
    _Cost("arkit", 200, 0),
)
EVERYBODY_KNOWS: Final = "q16"


def suggested(capabilities: Collection[str], bandwidth_kbit_s: int, vertices: int, fps: int) -> str:
    """The plane.  capabilities: the client's, as in Hello.  bandwidth_kbit_s: for one NPC; 0 is no bound."""
    known = [row for row in BEST_FIRST if f"codec:{row.codec}" in capabilities]
    fitting = [row for row in known if row.kbit_s(vertices, fps) <= bandwidth_kbit_s or not bandwidth_kbit_s]
    chosen = [*fitting[:1], *known[-1:]]
    return FRAMES[chosen[0].codec if chosen else EVERYBODY_KNOWS]
