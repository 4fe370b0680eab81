"""How well lips fit the sound over a bad network: ten minutes of speech for each case, simulated.

    python tests/bench/bench_sync.py [--minutes 10] [--live 90] [--out benchmarks/sync.json]

The real server side (NPC, pacing, codec) with a synthetic head, and the reference player, in simulated time;
the network between them is a model (tests/bridge/network.py): 5 ms, up to 50 ms more at random for each
message, and 200 ms more for one message in a hundred. Each holds up all that follow it, as in TCP. Each of
the two sockets has its own. All clocks are wrong: the sound card by 200 parts in a million, the microphone by
as many the other way, the listener's machine by 100. Then a check in real time: a real server over loopback,
speaking and cut.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report

sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

from bridge.network import MS, Theatre, Weather  # noqa: E402
from talkwire.bridge.pacing import NS_PER_S  # noqa: E402
from talkwire.bridge.playing.jitter import LEAST_MS, MOST_MS, JitterBuffer  # noqa: E402
from talkwire.bridge.playing.player import Player  # noqa: E402
from talkwire.bridge.playing.sinks import FADE_S  # noqa: E402
from talkwire.bridge.trial.audience import Audience  # noqa: E402
from talkwire.cli.own_server import own_server  # noqa: E402
from talkwire.runtime.arkit import INDEX  # noqa: E402
from talkwire.runtime.audio import SHIPPED_LINE, read_audio  # noqa: E402

LENGTHS_S = (1.0, 2.5, 5.0, 12.0, 25.0)
PAUSE_S = 0.8
LEARN_S = 5.0  # of idling before the first line
PPM = 200.0
BAD = Weather(base_ms=5.0, jitter_ms=50.0, stall_share=0.01, stall_ms=200.0)
GOOD = Weather(base_ms=0.3, jitter_ms=0.5)
SEED = 1  # the same weather for all of them
CUTS = 300
OPEN = 0.02  # of jawOpen: less is closed


@dataclass(frozen=True)
class Case:
    """What is spoken, over what."""

    name: str
    weather: Weather
    lengths_s: tuple[float, ...]  # again and again; one of no length is as long as all of it
    live: bool
    card_ppm: float
    buffer_ms: tuple[float, float] = (LEAST_MS, MOST_MS)


CASES = (
    Case("loopback, recorded lines", GOOD, LENGTHS_S, False, PPM),
    Case("loopback, microphone lines", GOOD, LENGTHS_S, True, PPM),
    *(
        Case(f"{what} {kind}, card {ppm:+.0f} ppm", BAD, lengths, live, ppm)
        for what, lengths in (("lines of 1 to 25 s", LENGTHS_S), ("one line", ()))
        for kind, live in (("recorded", False), ("microphone", True))
        for ppm in (PPM, -PPM)
    ),
    Case("one line microphone, +200, buffer kept at 60 ms", BAD, (), True, PPM, (60.0, 60.0)),
)


def play(case: Case, seconds: float, seed: int) -> dict[str, Any]:
    """One case."""
    theatre = Theatre(
        case.weather,
        seed=seed,
        card_ppm=case.card_ppm,
        client_ppm=100.0,
        make_player=lambda sink: Player(sink, buffer=JitterBuffer(*case.buffer_ms)),
    )
    theatre.run(LEARN_S)
    depths: list[tuple[float, float]] = []
    said_ns: dict[int, int] = {}
    delays_s: list[float] = []

    def tick() -> None:
        picture = theatre.pictures.pop()[1]
        buffer = theatre.player.buffer
        if picture is not None and not picture.idle and picture.heard_s > 0:
            depths.append((buffer.target_ms, buffer.depth_ms))
            since_ns = theatre.now_ns - said_ns.setdefault(picture.utterance, begun_ns)
            delays_s.append(since_ns / NS_PER_S - picture.heard_s)

    theatre.on_tick = tick
    spoken, number = 0.0, 0
    while spoken < seconds - 0.01:
        length = min(
            seconds - spoken, case.lengths_s[number % len(case.lengths_s)] if case.lengths_s else seconds
        )
        number, begun_ns = number + 1, theatre.now_ns
        if case.live:
            theatre.live_line(number, length, ppm=-case.card_ppm)
        else:
            theatre.long_line(number, length)
        theatre.run(length + PAUSE_S)
        spoken += length
    theatre.run(1.0)
    stats = theatre.player.stats
    kinds = [h.kind for h in theatre.happened]
    assert kinds == ["started", "ended"] * number, "a line was not heard as it should be"
    a_minute = np.array(depths[:: 60 * 60]).round(1).tolist()
    return {
        "case": case.name,
        "seconds": round(spoken),
        "lines": number,
        "pictures": stats.pictures,
        "av_error_ms": _percentiles(stats.av_error_ms.percentiles(50, 95, 99)),
        "av_signed_ms": _percentiles(stats.av_signed_ms.percentiles(1, 50, 99)),
        "frames": stats.received,
        "late": stats.late,
        "dropped": stats.dropped,
        "rested": stats.rested,
        "underruns": stats.underruns,
        "rebuffered_ms": _percentiles(stats.rebuffered_ms.percentiles(50, 100)),
        "delay_ms": _percentiles(np.percentile(np.array(delays_s) * 1e3, [50, 95])),
        "buffer_ms_each_minute": a_minute,  # wanted, filled
    }


def interruptions(seed: int) -> dict[str, Any]:
    """From the receipt of an interruption until the last picture of an open mouth is gone; and to silence."""
    chance = random.Random(seed)
    theatre = Theatre(BAD, seed=seed, card_ppm=PPM)
    theatre.run(LEARN_S)
    seen_ms, under_way_ms = [], []
    for number in range(1, CUTS + 1):
        theatre.line(number, 6.0)
        theatre.run(chance.uniform(0.8, 2.5))
        theatre.happened.clear()
        theatre.pictures.clear()
        sent_ns = theatre.client_ns()
        theatre.interrupt()
        theatre.run(1.0)
        (cut,) = [h for h in theatre.happened if h.kind == "interrupted"]
        jaws = [(t, float(p.weights[INDEX["jawOpen"]])) for t, p in theatre.pictures if p is not None]
        last_ns = max((t for t, jaw in jaws if jaw > OPEN), default=cut.now_ns)
        # what is on the screen stays until the next tick: the last old picture is gone then
        gone_ns = theatre.to_client_ns(last_ns + theatre.tick_ns)
        seen_ms.append((gone_ns - cut.now_ns) / MS)
        under_way_ms.append((cut.now_ns - sent_ns) / MS)
    return {
        "cuts": CUTS,
        "received_to_last_old_picture_gone_ms": _percentiles(np.percentile(seen_ms, [50, 95, 99])),
        "received_to_silence_ms": FADE_S * 1e3,
        "under_way_ms": _percentiles(np.percentile(under_way_ms, [50, 95, 99])),
    }


def real(seconds: float) -> dict[str, Any]:
    """A real server in a process of its own, over loopback, in real time."""
    with own_server("--avatar", "nova", "--port", 0) as server:
        audience = Audience(server.endpoint, 1, read_audio(SHIPPED_LINE), codecs=("q16",))
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            audience.tick()
        audience.close()
    (actor,) = audience.actors.values()
    counts = {"lines": actor.ledger.lines, "ended": actor.ledger.ended, "cut": actor.ledger.interrupted}
    return {
        "seconds": seconds,
        **actor.player.stats.as_json(),
        **counts,
        "target_ms": actor.player.buffer.target_ms,
    }


def _percentiles(values: Any) -> list[float | None]:
    """Rounded, without -0.0; None where nothing was measured."""
    return [None if value != value else round(float(value), 2) + 0.0 for value in values]


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--live", type=float, default=90.0, help="seconds of the check in real time; 0 for none"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/sync.json")
    words = parser.parse_args()
    print(f"{hardware()}; the network is simulated: 5 ms + 0..50 ms, 1 % of messages stall all for 200 ms")
    print(f"{'':47} A/V error p50/95/99  sound early p1/p99   late  rested underruns delay p50/95")
    cases = []
    for case in CASES:
        got = play(case, words.minutes * 60, SEED)
        cases.append(got)
        error, signed = (" / ".join(f"{x:.1f}" for x in got[k]) for k in ("av_error_ms", "av_signed_ms"))
        print(
            f"{case.name:47} {error:>17} ms {signed:>19}"
            f" {got['late']:6} {got['rested']:7} {got['underruns']:8}"
            f"  {got['delay_ms'][0]:.0f} / {got['delay_ms'][1]:.0f} ms",
            flush=True,
        )
    cut = interruptions(SEED)
    p50, _, p99 = cut["received_to_last_old_picture_gone_ms"]
    print(f"an interruption is received; the last old picture is gone after {p50:.0f} ms, p99 {p99:.0f} ms;")
    print(f"  silence after {cut['received_to_silence_ms']:.0f} ms and what the device has taken")
    report = {"hardware": hardware(), "network": "simulated", "cases": cases, "interruption": cut}
    if words.live:
        report["real_time_over_loopback"] = now = real(words.live)
        print(
            f"in real time over loopback, {words.live:.0f} s: A/V error p95 {now['av_error_p95_ms']} ms, late"
            f" {now['late']}, underruns {now['underruns']}, buffer {now['target_ms']:.0f} ms;"
            f" lines / ended / cut {now['lines']} / {now['ended']} / {now['cut']}",
            flush=True,
        )
    write_report(words.out, report)


if __name__ == "__main__":
    main()
