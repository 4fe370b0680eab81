"""Sessions by chance: what may happen, in any order, and what the reference machine makes of it.

Left out is where a client may do better than the machine: answers about an NPC that it does not have, and
requests made while nobody is there, of which the machine forgets some.
"""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path
from typing import Any, Final

from bridge.session_scripts import as_text
from bridge.session_stage import Stage
from talkwire.bridge import wire

IDS: Final = ("0123456789abcdef", "fedcba9876543210")
NAMES: Final = ("nova", "guard")
PLANES: Final = ("event", "audio", "mesh", "texture", "basis", "frame/q16", "frame/basis", "patch", "viseme")
PORTS: Final = ((5557, 5558), (6557, 6558))
STEPS_MS: Final = (1, 3, 10, 60, 300, 900, 2_500)
PATIENCE_MS: Final = 1_100  # who is forgotten twice within a second may ask less often


def write_scenes(folder: Path, count: int) -> None:
    """So many scripts, as in vectors/session/."""
    for seed in range(count):
        (folder / f"{seed:04}.json").write_text(as_text(_Scene(seed).play().script(f"by chance, {seed}")))


class _Scene:
    """A stage, and dice."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._stage = Stage(chance=self._dice.choice((0.0, 0.5, 1.0)))
        self._machine = self._stage._machine
        self._at_ms = self._forgotten_ms = 0.0
        self._says: dict[int, bool] = {}  # whether all of it was said

    def play(self) -> Stage:
        for _ in range(self._dice.randrange(40, 160)):
            self._at_ms += self._dice.choice(STEPS_MS)
            self._dice.choices((self._wish, self._connect, self._hear, self._wait), (38, 18, 36, 8))[0]()
        return self._stage

    def _wish(self) -> None:
        dice, name = self._dice, self._dice.choice(NAMES)
        match dice.choices(
            ("start", "stop", "open", "leave", "read", "interrupt", "say", "more"), (5, 2, 10, 3, 8, 4, 8, 6)
        )[0]:
            case "start" | "stop" as wish:
                self._stage.wish(self._at_ms, wish)
            case "open":
                self._stage.wish(self._at_ms, "open", session=name, avatar=dice.choice(("", "nova")))
            case "leave" if name in self._machine._npcs:
                self._stage.wish(self._at_ms, "leave", session=name)
            case "read":
                planes = dice.sample(PLANES, dice.randrange(7))
                self._stage.wish(self._at_ms, "read", session=name, planes=planes)
            case "interrupt" if self._machine.state == "ready":
                self._stage.wish(self._at_ms, "interrupt", session=name)
            case "say":
                say, ended = len(self._says) + 1, dice.random() < 0.6
                fields = {"sample_rate_hz": 8_000, "samples": dice.choice((0, 400, 3_000, 9_000))}
                self._stage.wish(self._at_ms, "say", session=name, say=say, ended=ended, **fields)
                self._says[say] = ended
            case "more" if not all(self._says.values()):
                say = dice.choice([say for say, ended in self._says.items() if not ended])
                self._says[say] = dice.random() < 0.5
                samples = dice.choice((0, 200, 5_000))
                self._stage.wish(self._at_ms, "more", say=say, samples=samples, ended=self._says[say])

    def _connect(self) -> None:
        routes = self._machine._routes
        begun = [name for name, route in routes.items() if route.state == "connecting"]
        alive = [name for name, route in routes.items() if route.state in ("connecting", "on")]
        if begun and self._dice.random() < 0.8:
            self._stage.take(self._at_ms, connected=self._dice.choice(begun))
        elif alive:
            self._stage.take(self._at_ms, lost=self._dice.choice(alive))

    def _wait(self) -> None:
        self._stage.take(self._at_ms, tick=True)

    def _hear(self) -> None:
        """From the server, as far as it is connected."""
        dice, machine, name = self._dice, self._machine, self._dice.choice(NAMES)
        if dice.random() < 0.1:
            got = dice.choice(("mesh", "texture", "basis", "frame/q16", "patch"))
            self._stage.take(self._at_ms, got=got, session=name, topology_id=dice.choice(IDS))
        if machine._routes["control"].state != "on":
            return
        if machine.state == "greeting" and dice.random() < 0.6:
            self._stage.welcome(self._at_ms, dice.choice(("aa", "bb")), dice.choice(PORTS))
            return
        match dice.choices(("opened", "pong", "progress", "closed", "greet", "error"), (20, 10, 20, 4, 4, 6))[
            0
        ]:
            case "opened":
                known = [one for one in self._sent("Open")[-4:] if one["session"] in machine._npcs]
                if known:
                    one = dice.choice(known)
                    credit_s = dice.choice((1.0, 3.0))
                    opened = (IDS[0], 60, 0.08, credit_s, "nova", "frame/q16")
                    self._stage.reply(self._at_ms, wire.Opened(one["ref"], one["session"], *opened))
            case "pong" if self._sent("Ping"):
                self._stage.pong(self._at_ms, there_ms=dice.choice((1, 20)))
            case "progress":
                self._progress()
            case "closed" if name in machine._npcs:
                self._stage.reply(self._at_ms, wire.Closed(0, name))
            case "greet" if self._at_ms - self._forgotten_ms > PATIENCE_MS:
                self._forgotten_ms = self._at_ms
                self._stage.error(
                    self._at_ms, "greet", dice.choice((machine._ref, max(0, machine._ref - 20)))
                )
            case "error":
                ref = dice.choice((0, max(1, machine._ref - dice.randrange(12))))
                self._stage.error(self._at_ms, dice.choice(("audio", "protocol", "avatar")), ref)

    def _progress(self) -> None:
        known = self._machine._lines
        lines = [line for line in [*known._lines, *chain(*known._cut.values())] if line.number]
        if lines:
            line = self._dice.choice(lines)
            received = self._dice.randint(line.received - line.begun_at, line.sent - line.begun_at)
            played = self._dice.randint(min(line.played - line.begun_at, received), received)
            state = self._dice.choice(("queued", "speaking", "speaking", "done", "interrupted"))
            utterance = 0 if state == "queued" else self._dice.choice((line.utterance, 5, 6))
            news = wire.Progress(line.session, line.number, state, utterance, received, played)
            self._stage.reply(self._at_ms, news)

    def _sent(self, kind: str) -> list[dict[str, Any]]:
        done = [one["send"] for step in self._stage.steps for one in step["out"] if "send" in one]
        return [one for one in done if one["type"] == kind]
