"""What a trial counts, and that it counts nothing where nothing is wrong."""

import math
import os
from pathlib import Path

import numpy as np
import pytest

from bridge.cases import MEDIA
from bridge.conftest import PATIENCE_S, TOPOLOGY, until, wait
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.bridge.trial.audience import Audience
from talkwire.bridge.trial.figures import percentiles
from talkwire.bridge.trial.ledger import Ledger
from talkwire.bridge.trial.processes import Held, Stranger, free_port
from talkwire.runtime.audio import Audio

SPEECH = Audio(np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32), 16_000)


def event(kind: str, utterance: int, pts: int = 0, generation: int = 0) -> Media:
    return Media("nova", "event", wire.Event(kind, utterance, generation, pts, 16_000, 1, 1, ""))


def sound(utterance: int, pts: int, count: int = 10, generation: int = 0) -> Media:
    return Media("nova", "audio", wire.Audio(utterance, generation, pts, 16_000, 0, 1, bytes(2 * count)))


def picture(generation: int) -> Picture:
    zeros = np.zeros(52, np.float32)
    return Picture(1, generation, False, 0, 0, zeros, zeros[:4], zeros[:3], None)


def ledger(*media: Media) -> Ledger:
    made = Ledger()
    for item in media:
        made.take(item)
    return made


def test_a_whole_line_is_not_missed() -> None:
    made = ledger(event("started", 2), sound(2, 0), sound(2, 10), event("ended", 2, 20))
    assert (made.lines, made.ended, made.lost_samples, made.odd_events, made.open_lines) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("media", "lost"),
    [
        ((sound(2, 0), event("ended", 2, 20)), 10),
        ((sound(2, 5), sound(2, 15), event("ended", 2, 25)), 5),
        ((sound(2, 0), sound(2, 12), event("ended", 2, 22)), 2),
        ((event("ended", 2, 20),), 20),
        ((sound(2, 0), event("interrupted", 2)), 0),
    ],
)
def test_lost_sound_is_counted(media: tuple[Media, ...], lost: int) -> None:
    assert ledger(event("started", 2), *media).lost_samples == lost


@pytest.mark.parametrize(
    ("media", "odd"),
    [
        ((event("started", 2), event("started", 2)), 1),
        ((event("started", 2), event("ended", 2), event("ended", 2)), 2),
        ((event("started", 2), event("ended", 2), event("interrupted", 2)), 2),
        ((event("ended", 2),), 1),
        ((event("interrupted", 0),), 0),
        ((event("started", 2), event("closed", 0), event("started", 3), event("ended", 3)), 0),
    ],
)
def test_odd_events_are_counted(media: tuple[Media, ...], odd: int) -> None:
    assert ledger(*media).odd_events == odd


def test_void_pictures_are_counted() -> None:
    made = ledger(sound(2, 0, generation=3))
    made.shown(picture(3))
    made.shown(picture(2))
    made.take(MEDIA["frame_q16"])  # of generation 3
    made.take(event("interrupted", 2, generation=4))
    made.shown(picture(3))
    assert made.wrong_pictures == 2


@pytest.mark.parametrize(
    ("values", "p50"), [([], None), ([math.nan], None), ([1.0, 2.0, 9.0], 2.0), ([math.nan, 4.0], 4.0)]
)
def test_what_was_not_measured_is_no_number(values: list[float], p50: float | None) -> None:
    assert percentiles(values)["p50"] == p50


def test_an_audience_speaks_cuts_and_misses_nothing() -> None:
    with serving(Server(lambda: SyntheticSession(TOPOLOGY), port=0)) as endpoint:
        audience = Audience(endpoint, 4, SPEECH)
        for _ in range(240):
            audience.tick()
        audience.hush()
        for _ in range(600):
            audience.tick()
            if not any(actor.ledger.open_lines for actor in audience.actors.values()):
                break
        audience.close()
    ledgers = [actor.ledger for actor in audience.actors.values()]
    assert sum(x.lines for x in ledgers) >= 4 and audience.frames > 400
    for made in ledgers:
        assert (made.lost_samples, made.wrong_pictures, made.odd_events, made.open_lines) == (0, 0, 0, 0)
    assert all(cut.seen_ms == cut.seen_ms for cut in audience.cuts)


@pytest.mark.parametrize("role", ["joiner", "slow", "hostile", "witness"])
def test_a_stranger_comes_is_killed_and_replaced_and_others_are_served(role: str) -> None:
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=free_port())
    with serving(server) as endpoint, Client(endpoint, timeout_s=PATIENCE_S) as client:
        client.open("npc-0")
        client.listen("npc-0")
        stranger = Stranger(role, endpoint)
        try:
            for _ in range(2):
                before = (server.tally.requests, server.tally.refused)
                wait(client, lambda: came(role, server, before))  # noqa: B023
                for _ in range(60 if role == "witness" else 1):
                    until(client, lambda m: m.plane == "frame/q16")
                stranger.replace()
        finally:
            stranger.kill()
    assert stranger.kills == 2
    assert bool(stranger.said) == (role in ("joiner", "witness")) and all(
        float(ms) > 0 for ms in stranger.said
    )


def came(role: str, server: Server, before: tuple[int, int]) -> bool:
    """Whether it has done what it does."""
    requests, refused = before
    if role == "hostile":
        return server.tally.refused > refused + 10
    if role == "witness":
        return server.peers > 1 and server.tally.requests > requests + 2
    return server.peers > 1 and server.tally.requests > requests + 12


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells what a process holds")
def test_what_a_process_holds_is_seen() -> None:
    with Path("/dev/null").open():
        more = Held.by(os.getpid())
    less = Held.by(os.getpid())
    assert more.files > less.files > 0 and less.memory_mb > 10
