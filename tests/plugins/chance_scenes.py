"""Scenes by chance, for players in other languages: networks, losses and cuts that nobody thought of."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge import traces
from bridge.scenes import Scene
from bridge.sender import Sender, nothing
from bridge.traces import Ear, as_text, differences, replay, trace

PLANES = ("frame/q16", "frame/f32", "frame/delta8", "frame/basis", "frame/arkit")


def scene_of(seed: int) -> Scene:
    """Idling and lines, generation after generation, over a network that has its moods."""

    def scene() -> tuple[list[Sender], float, float]:
        chance = random.Random(seed)
        media, motion = _delay(chance), _delay(chance)
        plane, senders, at_s, generation = chance.choice(PLANES), list[Sender](), 0.0, 0
        while at_s < 5.0:
            sender = Sender(plane=plane, generation=generation, media=media, motion=motion)
            senders.append(sender)
            if generation == 0:
                sender.mesh()
            for utterance in range(1, 1 + chance.randint(1, 4)):  # a new generation counts anew
                seconds = chance.uniform(0.1, 1.6)
                if chance.random() < 0.35:
                    sender.idle(utterance, at_s, seconds)
                    at_s += seconds
                    continue
                cut_s = at_s + chance.uniform(0.0, seconds) if chance.random() < 0.25 else math.inf
                sender.line(
                    utterance,
                    at_s,
                    seconds,
                    lead_s=chance.choice((0.0, 0.1, 0.2)),
                    frame_hz=chance.choice((10, 20, 30)),
                    patches=chance.random() < 0.3,
                    lost=_loss(chance),
                    cut_s=cut_s,
                )
                at_s = min(at_s + seconds, cut_s)
                if cut_s < math.inf:
                    break
            generation += 1
        return senders, at_s + 0.5, chance.choice((30, 50, 60))

    return scene


def write_traces(folder: Path, seeds: range, monkeypatch: pytest.MonkeyPatch) -> int:
    """The traces of those in which no step stands where rounding decides; how many."""
    made = {seed: trace(scene_of(seed)) for seed in seeds}
    robust: dict[int, Any] = {}
    for seed, given in made.items():
        if all(differences(given, _played_off(given, by_ns, monkeypatch)) == [] for by_ns in (-3, 3)):
            robust[seed] = given
    for seed, given in robust.items():
        assert json.loads(as_text(given))
        (folder / f"chance_{seed:04}.json").write_text(as_text(given))
    return len(robust)


class _Off(Ear):
    by_ns = 0

    def _follow(self, now_ns: int) -> float:
        return super()._follow(now_ns + self.by_ns)


def _played_off(given: dict[str, Any], by_ns: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """With a loudspeaker that is a little ahead or behind."""
    with monkeypatch.context() as patch:
        patch.setattr(_Off, "by_ns", by_ns)
        patch.setattr(traces, "Ear", _Off)
        return replay(given)


def _delay(chance: random.Random) -> Callable[[float], float]:
    base_s, jitter_s, phase = chance.uniform(0.001, 0.02), chance.choice((0.0, 0.01, 0.05)), chance.random()
    stalls = [(chance.uniform(0, 6), chance.uniform(0.05, 0.8)) for _ in range(chance.randint(0, 3))]

    def delay_s(sent_s: float) -> float:
        stalled_s = max(
            (since + long - sent_s for since, long in stalls if since <= sent_s < since + long), default=0.0
        )
        return base_s + jitter_s * (0.5 + 0.5 * math.sin(977 * (sent_s + phase))) + stalled_s

    return delay_s


def _loss(chance: random.Random) -> Callable[[str, float], bool]:
    if chance.random() < 0.5:
        return nothing
    of_sound = chance.random() < 0.5
    since_s, until_s = sorted((chance.uniform(0, 1.5), chance.uniform(0, 1.5)))
    return lambda plane, moment_s: (plane == "audio") == of_sound and since_s <= moment_s < until_s
