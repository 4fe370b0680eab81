"""Traces of the reference player: `python tests/bridge/traces.py --update` writes `vectors/playing/*.json`.

A trace says what arrives when, when the player is asked, and what it must answer: docs/playing.md as numbers,
for players in other languages. A file is one object:

    about           what it shows, a sentence
    av_offset_ms    of the player
    weights         indices into ARKit's 52: of these the answers tell
    vertices        indices of vertices: the same
    steps           what happens, in order of at_ns (the receiver's clock, integers below 2^53)
    stats           what the player has counted in the end: sent, received, late, pictures, rested,
                    sound_gaps, underruns

A step has `at_ns` and either `part` or `answer`.

`part` is one message as it is on the wire: topic, zero byte, MessagePack. It is written as words divided by
spaces, each of them hex digits, or `XX*N`, which is N times the byte XX. Each part is given to the player by
itself, `receive([part], at_ns)`, with an offset of 0 between the clocks.

`answer` is what to find after `present(at_ns)`, `displayed(at_ns)` and `happened(at_ns)`, in this order:

    shown       null, or the picture: utterance, generation, idle, at_rest, time_s, heard_s, weights,
                head_rotation (xyzw), head_translation_m, vertices (x, y, z of each one asked for, or null),
                patch (null, or utterance and pts of the newest)
    happened    [kind, utterance, generation, heard_s] of what was told; left out where nothing was
    heard       what the sink says: samples of its stream that have been heard
    speed       what the sink was told last; 1 from `start` on
    target_ms, depth_ms     of the jitter buffer, which has its usual limits

The sink is `SilentSink`, the clock of a perfect loudspeaker: float64 throughout, `heard` rounded down. Sound
is at 4,000 Hz. Compare within TOLERANCES, everything else exactly: no step stands where rounding decides what
happens, but `heard` may differ by a sample, and what follows from it.
"""

from __future__ import annotations

import json
import math
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from bridge.scenes import OFFSETS_MS, SCENES, Scene
from bridge.sender import BLINK, CHIN, JAW, RECEIVER_NS, SMILE
from talkwire.bridge.media import decode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink

FOLDER: Final = Path(__file__).parent / "vectors" / "playing"
WEIGHTS, VERTICES = [JAW, BLINK, SMILE], [CHIN, 2]
COUNTS: Final = ("sent", "received", "late", "pictures", "rested", "sound_gaps", "underruns")
FIRST_ASK_NS: Final = RECEIVER_NS + 1_234_567  # on no boundary of anything
SHORTEST_RUN: Final = 6  # bytes

# what may differ, by the name of the number: the length of a sample, 0.25 ms, and what changes in it
TOLERANCES: Final = {
    "heard": 1.0,
    "time_s": 0.0003,
    "heard_s": 0.0003,
    "weights": 2e-3,
    "head_rotation": 1e-3,
    "head_translation_m": 5e-5,
    "vertices": 5e-5,
    "speed": 1e-5,
    "target_ms": 1e-3,
    "depth_ms": 0.3,
}

Trace = dict[str, Any]


class Ear(SilentSink):
    """It tells its speed."""

    def __init__(self) -> None:
        super().__init__()
        self.speed = 1.0

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        """See Sink."""
        super().start(sample_rate_hz, now_ns)
        self.speed = 1.0

    def set_speed(self, speed: float, now_ns: int) -> None:
        """See Sink."""
        super().set_speed(speed, now_ns)
        self.speed = speed


def trace(scene: Scene) -> Trace:
    """What the reference player makes of a scene."""
    senders, seconds, ask_hz = scene()
    arrivals = [one for sender in senders for one in sender.arrivals()]
    asked = [FIRST_ASK_NS + round(i * NS_PER_S / ask_hz) for i in range(math.ceil(seconds * ask_hz))]
    steps: list[tuple[int, Any]] = [(at_ns, as_words(part)) for at_ns, part in arrivals]
    steps = sorted([*steps, *((at_ns, None) for at_ns in asked)], key=lambda step: step[0])
    made: Trace = {
        "about": (scene.__doc__ or "").strip(),
        "av_offset_ms": OFFSETS_MS.get(scene.__name__, 0.0),
        "weights": WEIGHTS,
        "vertices": VERTICES,
        "steps": [{"at_ns": at_ns, **({"part": part} if part else {"answer": {}})} for at_ns, part in steps],
    }
    return replay(made)


def replay(given: Trace) -> Trace:
    """The same trace with the reference player's answers."""
    sink = Ear()
    player = Player(sink, av_offset_ms=given["av_offset_ms"])
    steps = []
    for step in given["steps"]:
        at_ns = step["at_ns"]
        if "part" in step:
            player.receive([decode_media(from_words(step["part"]))], at_ns)
            steps.append(step)
            continue
        picture = player.present(at_ns)
        player.displayed(at_ns)
        told = [[h.kind, h.utterance, h.generation, _short(h.heard_s)] for h in player.happened(at_ns)]
        answer = {
            "shown": None if picture is None else _shown(picture, given["weights"], given["vertices"]),
            **({"happened": told} if told else {}),
            "heard": sink.heard(at_ns),
            "speed": round(sink.speed, 9),
            "target_ms": _short(player.buffer.target_ms),
            "depth_ms": _short(player.buffer.depth_ms),
        }
        steps.append({"at_ns": at_ns, "answer": answer})
    return {**given, "steps": steps, "stats": {name: getattr(player.stats, name) for name in COUNTS}}


def differences(one: Trace, other: Trace) -> list[str]:
    """Where the answers of two traces are not the same."""
    pairs = zip(one["steps"], other["steps"], strict=True)
    found = [f"{a['at_ns']}: {d}" for a, b in pairs for d in _unlike("", a.get("answer"), b.get("answer"))]
    return found + [f"stats: {d}" for d in _unlike("", one["stats"], other["stats"])]


def _unlike(name: str, a: Any, b: Any) -> list[str]:
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [d for key in a for d in _unlike(key, a[key], b[key])]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        inner = "heard_s" if name == "happened" else name
        return [d for x, y in zip(a, b, strict=True) for d in _unlike(inner, x, y)]
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    same = abs(a - b) <= TOLERANCES.get(name, 0.0) if numbers else a == b
    return [] if same else [f"{name} is {b}, not {a}"]


def _shown(picture: Picture, weights: list[int], vertices: list[int]) -> dict[str, Any]:
    vertices_vx3, patch = picture.vertices_vx3, picture.patch
    return {
        "utterance": picture.utterance,
        "generation": picture.generation,
        "idle": picture.idle,
        "at_rest": picture.at_rest,
        "time_s": _short(picture.time_s),
        "heard_s": _short(picture.heard_s),
        "weights": [_short(x) for x in picture.weights[weights]],
        "head_rotation": [_short(x) for x in picture.head_rotation],
        "head_translation_m": [_short(x) for x in picture.head_translation_m],
        "vertices": None if vertices_vx3 is None else [_short(x) for x in vertices_vx3[vertices].ravel()],
        "patch": None if patch is None else [patch.utterance, patch.pts],
    }


def _short(value: float) -> float:
    return round(float(value), 6) + 0.0  # no -0.0


def as_words(part: bytes) -> str:
    """Bytes as text, runs of one byte counted."""
    words = [""]
    for byte, run in groupby(part):
        length = len(list(run))
        if length >= SHORTEST_RUN:
            words += [f"{byte:02x}*{length}", ""]
        else:
            words[-1] += f"{byte:02x}" * length
    return " ".join(word for word in words if word)


def from_words(words: str) -> bytes:
    """The inverse."""
    pieces = (re.fullmatch(r"((?:[0-9a-f]{2})+)(?:\*(\d+))?", word) for word in words.split(" "))
    return b"".join(bytes.fromhex(p[1]) * int(p[2] or 1) for p in pieces if p is not None)


def as_text(made: Trace) -> str:
    """JSON, a step a line."""
    steps = ",\n".join(" " + json.dumps(step, separators=(",", ":")) for step in made["steps"])
    head = {key: value for key, value in made.items() if key not in ("steps", "stats")}
    lines = [f'"{key}": {json.dumps(value, ensure_ascii=False)},' for key, value in head.items()]
    body = "\n".join(lines)
    return f'{{\n{body}\n"steps": [\n{steps}\n],\n"stats": {json.dumps(made["stats"])}\n}}\n'


def update() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for scene in SCENES:
        (FOLDER / f"{scene.__name__}.json").write_text(as_text(trace(scene)))
    print(f"{len(SCENES)} traces written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/bridge/traces.py --update")
    update()
