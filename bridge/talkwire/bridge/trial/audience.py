"""One connection with many NPCs that speak, are cut and are watched, as a game has it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media, encode_media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.trial.ledger import Ledger
from talkwire.runtime.audio import Audio
from talkwire.runtime.types import Float32

DISPLAY_HZ: Final = 60
CODECS: Final = ("q16", "delta8", "basis", "arkit")
NEAR: Final = "q16"  # whoever is read so is near enough for the texture's changes
CHUNK_S: Final = 0.1
LINE_S: Final = (0.5, 4.0)  # of the shortest line and the longest
PAUSE_S: Final = 1.0  # between lines, at most
CUT_SHARE: Final = 0.2
MEASURED: Final = 50


@dataclass(slots=True)
class Cut:
    """An interruption: how long what it cut was shown on and heard on."""

    asked_ns: int
    generation: int  # that was cut
    seen_ms: float = math.nan
    heard_ms: float = math.nan


@dataclass(slots=True)
class Actor:
    """One NPC, as the game has it."""

    name: str
    codec: str
    player: Player
    ledger: Ledger = field(default_factory=Ledger)
    line: int = 0
    next_ns: int = 0  # when it is to speak again, or to be cut
    to_cut: bool = False
    cut: Cut | None = None
    made_ns: int = 0  # on the server's clock, of the newest frame


class Audience:
    """Call `tick` without a pause; each lasts until the next moment of a 60 Hz display."""

    def __init__(
        self,
        endpoint: str,
        npcs: int,
        speech: Audio,
        *,
        codecs: Sequence[str] = CODECS,
        cut_share: float = CUT_SHARE,
        shown: bool = True,
        seed: int = 0,
    ) -> None:
        """codecs: of the first NPC, the second, ...; cut_share: of the lines.
        shown: played and drawn at 60 Hz, in numpy; else only received, as where a card does the rest.
        """
        self.client = Client(endpoint, patience_s=math.inf, timeout_s=10.0)
        self._speech, self._random, self._still = speech, random.Random(seed), False
        self._cut_share, self._shown = cut_share, shown
        self.transit_ms: list[float] = []  # of frames; whoever reads it clears it
        self.first_frames_ms: list[float] = []
        self.cuts: list[Cut] = []
        self.pictures = self.frames = 0
        self.sizes: list[int] = []  # in bytes, of one frame in MEASURED
        self._heard_ns: dict[tuple[str, int], int] = {}
        self._due_ns = time.monotonic_ns()
        self.actors: dict[str, Actor] = {}
        for number in range(npcs):
            name = f"npc-{number}"
            actor = Actor(name, codecs[number % len(codecs)], Player(SilentSink()))
            self.actors[name] = actor
            self.client.open(name)
            self.client.listen(name, actor.codec, patches=actor.codec == NEAR)

    def close(self) -> None:
        """Leave."""
        self.client.__exit__(None, None, None)

    def hush(self) -> None:
        """Nobody begins another line."""
        self._still = True

    def tick(self) -> None:
        """Receive until the display is due, then show, speak and cut."""
        self._due_ns = max(
            self._due_ns + NS_PER_S // DISPLAY_HZ, time.monotonic_ns() - NS_PER_S // DISPLAY_HZ
        )
        while (left_ns := self._due_ns - time.monotonic_ns()) > 0:
            self._receive(self.client.poll(left_ns / NS_PER_S))
        now_ns = time.monotonic_ns()
        for actor in self.actors.values():
            if self._shown:
                self._show(actor, now_ns)
            if not self._still:
                self._play(actor, now_ns)

    def _receive(self, media: Sequence[Media]) -> None:
        now_ns = time.monotonic_ns()
        for item in media:
            actor = self.actors[item.session]
            actor.ledger.take(item)
            self._time(item, now_ns)
            if self._shown:
                actor.player.receive([item], now_ns, offset_ns=self.client.offset_ns)

    def _time(self, item: Media, now_ns: int) -> None:
        message = item.message
        if isinstance(message, wire.Event) and message.kind == "started":
            self._heard_ns[item.session, message.utterance] = message.heard_ns
        elif isinstance(message, wire.Frame | wire.Coefficients) and not message.flags & wire.REPEAT:
            self.frames += 1
            if self.frames % MEASURED == 0:
                self.sizes.append(len(encode_media(item)))
            self.actors[item.session].made_ns = message.server_ns
            self.transit_ms.append((now_ns - self.client.offset_ns - message.server_ns) / 1e6)
            heard_ns = self._heard_ns.pop((item.session, message.utterance), None)
            if heard_ns is not None:
                self.first_frames_ms.append((now_ns - self.client.offset_ns - heard_ns) / 1e6)

    def _show(self, actor: Actor, now_ns: int) -> None:
        picture = actor.player.present(now_ns)
        actor.player.displayed(time.monotonic_ns())
        happened = actor.player.happened(now_ns)
        if picture is None:
            return
        self.pictures += 1
        actor.ledger.shown(picture)
        if (cut := actor.cut) is None:
            return
        for news in happened:
            if news.kind == "interrupted" and math.isnan(cut.heard_ms):
                cut.heard_ms = (news.now_ns - cut.asked_ns) / 1e6
        if picture.generation > cut.generation:
            cut.seen_ms = (now_ns - cut.asked_ns) / 1e6
            self.cuts.append(cut)
            actor.cut = None

    def _play(self, actor: Actor, now_ns: int) -> None:
        if now_ns < actor.next_ns:
            return
        state = self.client.state(actor.name, actor.line) if actor.line else "done"
        if state in ("done", "interrupted"):
            self._speak(actor, now_ns)
        elif actor.to_cut and state == "speaking":
            actor.to_cut = False
            actor.cut = Cut(time.monotonic_ns(), actor.ledger.generation)
            self.client.interrupt(actor.name)

    def _speak(self, actor: Actor, now_ns: int) -> None:
        rate, seconds = self._speech.sample_rate_hz, self._random.uniform(*LINE_S)
        samples = self._piece(round(seconds * rate))
        actor.line = self.client.begin(actor.name, rate)
        for i in range(0, len(samples), round(CHUNK_S * rate)):
            self.client.push(actor.name, actor.line, samples[i : i + round(CHUNK_S * rate)])
        self.client.end(actor.name, actor.line)
        actor.to_cut = self._random.random() < self._cut_share
        wait_s = self._random.uniform(0.3, seconds) if actor.to_cut else self._random.uniform(0, PAUSE_S)
        actor.next_ns = now_ns + round(wait_s * NS_PER_S)

    def _piece(self, count: int) -> Float32:
        speech = self._speech.samples
        start = self._random.randrange(len(speech))
        return np.resize(np.roll(speech, -start), count).astype(np.float32)
