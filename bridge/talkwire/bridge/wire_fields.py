"""The kinds of field that messages have in common."""

from __future__ import annotations

from typing import Annotated, Final

from talkwire.bridge.fields import Choice, Raw, Text, Whole
from talkwire.bridge.limits import MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ

SESSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}"
IDLE, LAST, KEY, REPEAT = 1, 2, 4, 8  # bits of Frame.flags and Audio.flags

Ref = Annotated[int, Whole(0, 2**32 - 1)]
U32 = Annotated[int, Whole(0, 2**32 - 1)]
Pts = Annotated[int, Whole(0, 2**53 - 1)]  # what a double holds exactly: any language reads it
Nanoseconds = Annotated[int, Whole(0, 2**63 - 1)]
Flags = Annotated[int, Whole(0, 255)]
Rate = Annotated[int, Whole(MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ)]
SessionName = Annotated[str, Text(SESSION_PATTERN)]
TopologyId = Annotated[str, Text(r"[0-9a-f]{16}")]
Sentence = Annotated[str, Text()]
Vector3 = Annotated[bytes, Raw("<f4", 3, 1, 1)]
LineState = Annotated[str, Choice(("queued", "speaking", "done", "interrupted"))]
EventKind = Annotated[str, Choice(("started", "ended", "interrupted", "closed"))]
