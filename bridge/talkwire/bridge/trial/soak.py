"""A server left running: many NPCs that speak and are cut, while peers join, are killed, hang and do harm.

First some time with the NPCs alone, then with everybody; the two are compared.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from talkwire.bridge.trial.audience import Audience
from talkwire.bridge.trial.figures import percentiles
from talkwire.bridge.trial.processes import Held, OwnServer, StartServer, free_port, strangers
from talkwire.runtime.audio import Audio

CALM_SHARE: Final = 0.2  # of the time, without strangers
SETTLED_S: Final = 20.0  # before anything is compared
SAMPLE_S: Final = 5.0
KILL_EVERY_S: Final = 4.0
DRAIN_S: Final = 8.0  # at the end, until the last lines are over


@dataclass(frozen=True, slots=True)
class Sample:
    """Of a moment of the trial. transit_ms: of frames since the one before, p50 and p99."""

    at_s: float
    server: Held
    client: Held
    p50_ms: float
    p99_ms: float
    load: float
    level: int


def soak(
    start: StartServer,
    speech: Audio,
    *,
    npcs: int,
    seconds: float,
    say: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """The figures. say: told what is done, and the share of it that is."""
    with start(free_port()) as server, strangers("witness", endpoint=server.endpoint) as (witness,):
        audience = Audience(server.endpoint, npcs, speech)
        calm_s = max(CALM_SHARE * seconds, min(2 * SETTLED_S, seconds / 2))
        began_s = time.monotonic()
        calm = _run(audience, server, began_s, began_s + calm_s, say, "alone", seconds)
        with strangers("joiner", "slow", "hostile", endpoint=server.endpoint) as (joiner, _, _):
            chance = random.Random(0)
            crowd = _run(
                audience,
                server,
                began_s,
                began_s + seconds,
                say,
                "with strangers",
                seconds,
                every_kill=lambda: joiner.replace() if chance.random() < 0.5 else None,
            )
        _let_them_finish(audience)
        report = _report(audience, calm, crowd)
        audience.close()
    return {
        "npcs": npcs,
        "seconds": seconds,
        **report,
        **_witnessed(witness.said, began_s + SETTLED_S, began_s + calm_s),
        "late_joiner_ms": percentiles([float(ms) for ms in joiner.said]),
        "joins": len(joiner.said),
        "kills": joiner.kills,
    }


def _run(
    audience: Audience,
    server: OwnServer,
    began_s: float,
    until_s: float,
    say: Callable[[str, float], None],
    what: str,
    seconds: float,
    every_kill: Callable[[], None] = lambda: None,
) -> list[tuple[Sample, list[float]]]:
    """Samples, each with the transit times since the one before."""
    samples: list[tuple[Sample, list[float]]] = []
    next_sample_s = next_kill_s = time.monotonic()
    while (now_s := time.monotonic()) < until_s:
        audience.tick()
        if now_s >= next_kill_s:
            next_kill_s = now_s + KILL_EVERY_S
            every_kill()
        if now_s >= next_sample_s:
            next_sample_s = now_s + SAMPLE_S
            transit, audience.transit_ms = audience.transit_ms, []
            samples.append((_sample(audience, server, now_s - began_s, transit), transit))
            say(what, min(1.0, (now_s - began_s) / seconds))
    return samples


def _sample(audience: Audience, server: OwnServer, at_s: float, transit: list[float]) -> Sample:
    p50, p99 = np.percentile(transit, [50, 99]) if transit else (np.nan, np.nan)
    return Sample(
        round(at_s, 1),
        Held.by(server.process.pid),
        Held.by(os.getpid()),
        round(float(p50), 3),
        round(float(p99), 3),
        round(audience.client.load, 3),
        audience.client.level,
    )


def _let_them_finish(audience: Audience) -> None:
    """Whatever was begun is heard to its end: only then can it be called lost."""
    audience.hush()
    until_s = time.monotonic() + DRAIN_S
    while time.monotonic() < until_s and any(a.ledger.open_lines for a in audience.actors.values()):
        audience.tick()


def _report(
    audience: Audience, calm: list[tuple[Sample, list[float]]], crowd: list[tuple[Sample, list[float]]]
) -> dict[str, Any]:
    ledgers = [actor.ledger for actor in audience.actors.values()]
    stats = [actor.player.stats for actor in audience.actors.values()]
    settled = [item for item in calm if item[0].at_s >= SETTLED_S] or calm
    return {
        "lines": sum(x.lines for x in ledgers),
        "interrupted": sum(x.interrupted for x in ledgers),
        "lost_samples": sum(x.lost_samples for x in ledgers),
        "unfinished_lines": sum(x.open_lines for x in ledgers),
        "wrong_pictures": sum(x.wrong_pictures for x in ledgers),
        "odd_events": sum(x.odd_events for x in ledgers),
        "pictures": audience.pictures,
        "frames": audience.frames,
        "dropped_frames": sum(x.dropped for x in stats),
        "late_frames": sum(x.late for x in stats),
        "underruns": sum(x.underruns for x in stats),
        "first_frame_ms": percentiles(audience.first_frames_ms),
        "interruption_seen_ms": percentiles([cut.seen_ms for cut in audience.cuts]),
        "interruption_heard_ms": percentiles([cut.heard_ms for cut in audience.cuts]),
        "transit_alone_ms": percentiles([ms for _, transit in settled for ms in transit]),
        "transit_with_strangers_ms": percentiles([ms for _, transit in crowd for ms in transit]),
        "server": _growth([s.server for s, _ in (*settled, *crowd)]),
        "client": _growth([s.client for s, _ in (*settled, *crowd)]),
        "samples": [asdict(sample) for sample, _ in (*calm, *crowd)][
            :: max(1, (len(calm) + len(crowd)) // 60)
        ],
    }


def _witnessed(said: Sequence[str], settled_s: float, crowded_s: float) -> dict[str, Any]:
    """Of what the witness said: times under way while the NPCs were alone, and from when they were not."""
    at_s, took_ms = np.array(said[: len(said) // 2 * 2], float).reshape(-1, 2).T
    phases = {"alone": (at_s >= settled_s) & (at_s < crowded_s), "with_strangers": at_s >= crowded_s}
    return {f"witness_{name}_ms": percentiles(took_ms[phase].tolist()) for name, phase in phases.items()}


def _growth(held: Sequence[Held]) -> dict[str, Any]:
    """From the first tenth to the last, in the mean."""
    tenth = max(1, len(held) // 10)
    first, last = held[:tenth], held[-tenth:]
    return {
        "memory_mb": [round(float(np.mean([h.memory_mb for h in part])), 1) for part in (first, last)],
        "files": [round(float(np.mean([h.files for h in part])), 1) for part in (first, last)],
    }
