"""Many NPCs speaking at once on a real server in a process of its own, one listener reading all their frames.

    OMP_NUM_THREADS=1 python tests/bench/bench_many.py [--avatar nova-dyntet] [--npcs 8,16,24,32]
                                                       [--codecs q16,basis] [--seconds 10]
                                                       [--out benchmarks/many.json]

Said of each number of NPCs: the server's load and how many steps of quality it saved, as it tells in Pong;
how many of the frames came that should have (60 a second of each NPC), and how long they were under way. The
listener takes frames as they come and decodes no vertices: a game has a core of its own for that, this
machine has two.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.runtime.audio import read_audio

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
FPS = 60
SETTLES_S = 3.0  # before anything is counted


def measure(endpoint: str, npcs: int, codec: str, seconds: float) -> dict[str, Any]:
    """All speak the line over and over, each from another place in it."""
    line = read_audio(LINE)
    names = [f"npc{number}" for number in range(npcs)]
    length = round((seconds + SETTLES_S + 2) * line.sample_rate_hz)
    transit_ms, loads, levels, frames = [], [], [], 0
    with Client(endpoint, timeout_s=30) as client:
        for number, name in enumerate(names):
            client.open(name)
            client.listen(name, codec, patches=False)
            said = np.resize(np.roll(line.samples, -number * len(line.samples) // npcs), length)
            number_of_line = client.begin(name, line.sample_rate_hz)
            for chunk in np.array_split(said, len(said) // line.sample_rate_hz + 1):
                client.push(name, number_of_line, chunk)
            client.end(name, number_of_line)
        counted_from = time.monotonic() + SETTLES_S
        while (now := time.monotonic()) < counted_from + seconds:
            for media in client.poll(0.005):
                message = media.message
                if not isinstance(message, wire.Frame | wire.Coefficients):
                    continue
                if not message.flags & wire.IDLE and now >= counted_from:
                    frames += 1
                    transit_ms.append((time.monotonic_ns() - message.server_ns) / 1e6)
            if now >= counted_from:
                loads.append(client.load)
                levels.append(client.level)
    return {
        "npcs": npcs,
        "codec": codec,
        "load, mean": round(float(np.mean(loads)), 3),
        "most steps of quality saved": max(levels),
        "frames that came, share": round(frames / (npcs * FPS * seconds), 3),
        "under way p50 / p95 / p99, ms": [
            round(float(np.percentile(transit_ms, p)), 2) for p in (50, 95, 99)
        ],
    }


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--avatar", default="nova-dyntet")
    parser.add_argument("--npcs", default="8,16,24,32,48,64")
    parser.add_argument("--codecs", default="q16,basis")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/many.json")
    given = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "avatar": given.avatar, "fps": FPS, "cases": []}
    cases = itertools.product(given.codecs.split(","), map(int, given.npcs.split(",")))
    for codec, npcs in cases:
        words = [sys.executable, "-m", "talkwire.cli", "serve", "--avatar", given.avatar, "--port", "0"]
        process = subprocess.Popen([*words, "--npcs", str(npcs)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            ready = next(line for line in process.stdout if " at tcp://" in line)
            report["cases"].append(measure(ready.split(" at ")[1].split()[0], npcs, codec, given.seconds))
        finally:
            process.terminate()
            process.communicate()
        print(report["cases"][-1], flush=True)
    write_report(given.out, report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
