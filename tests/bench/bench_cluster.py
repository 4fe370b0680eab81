"""A front and its workers by a real Ray on this machine, all in processes of their own.

    OMP_NUM_THREADS=1 python tests/bench/bench_cluster.py [--avatar nova-dyntet] [--npcs 4] [--kills 10]
                                                          [--hangs 3] [--seconds 10]
                                                          [--out benchmarks/cluster.json]

Said of killed and stopped workers: from the signal to the first frame of each NPC that it had. Of the way
through the front: how long frames were under way, from the server's stamp to the client, beside a server
without one in the same run. And what memory each process holds. NPCs speak all the time.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, resident_mb, write_report

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.trial.processes import free_port
from talkwire.cli.own_server import own_server
from talkwire.runtime.audio import read_audio

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
SETTLES_S, LONGEST_S, BETWEEN_S = 3.0, 60.0, 3.0


class Speakers:
    """NPCs that speak without end, and when a frame of each last came."""

    def __init__(self, endpoint: str, npcs: int, codec: str) -> None:
        self.client, self._line = Client(endpoint, timeout_s=30), read_audio(LINE)
        self.transit_ms: list[float] = []
        self.generation: dict[str, int] = {}
        self.raised_s: dict[str, float] = {}
        self._lines: dict[str, int] = {}
        for number in range(npcs):
            self.client.open(f"npc{number}")
            self.client.listen(f"npc{number}", codec, patches=False)
            self._lines[f"npc{number}"] = 0

    def run(self, until: Callable[[], bool]) -> None:
        """Speak and receive until then."""
        while not until():
            for name, line in self._lines.items():
                if not line or self.client.state(name, line) in ("done", "interrupted"):
                    self._lines[name] = self._say(name)
            for media in self.client.poll(0.002):
                message = media.message
                if isinstance(message, wire.Frame | wire.Coefficients) and not message.flags & wire.REPEAT:
                    self.transit_ms.append((time.monotonic_ns() - message.server_ns) / 1e6)
                    if message.generation > self.generation.setdefault(media.session, message.generation):
                        self.generation[media.session] = message.generation
                        self.raised_s[media.session] = time.monotonic()

    def rest(self, seconds: float) -> None:
        """For so long."""
        until_s = time.monotonic() + seconds
        self.run(lambda: time.monotonic() > until_s)

    def _say(self, name: str) -> int:
        rate = self._line.sample_rate_hz
        number = self.client.begin(name, rate)
        for start in range(0, len(self._line.samples), rate // 10):
            self.client.push(name, number, self._line.samples[start : start + rate // 10])
        self.client.end(name, number)
        return number


def strikes(
    endpoint: str, server: int, place: str, npcs: int, times: int, how: signal.Signals
) -> dict[str, Any]:
    """Each time the worker that has been there longest is struck: it has the NPCs of all before it."""
    back_s: list[float] = []
    wait_for_workers(place, 2)
    speakers = Speakers(endpoint, npcs, "q16")
    speakers.rest(SETTLES_S)
    for _ in range(times):
        oldest = workers_of(server)[0]
        speakers.raised_s.clear()
        os.kill(oldest, how)
        struck_s = time.monotonic()
        speakers.rest(BETWEEN_S)
        back_s += [at_s - struck_s for at_s in speakers.raised_s.values()]
        while figure(place, "talkwire_workers") < 2 or len(workers_of(server)) != 2:
            speakers.rest(0.5)
    speakers.client.__exit__(None, None, None)
    ms = np.array(back_s) * 1e3
    return {
        "times": times,
        "npcs that moved": len(ms),
        "back, p50 / worst, ms": [round(float(np.median(ms)), 1), round(float(ms.max()), 1)],
    }


def way(endpoint: str, npcs: int, codec: str, seconds: float) -> list[float]:
    """Frames under way, ms: p50, p99."""
    speakers = Speakers(endpoint, npcs, codec)
    speakers.rest(SETTLES_S)
    speakers.transit_ms.clear()
    speakers.rest(seconds)
    speakers.client.__exit__(None, None, None)
    return [round(float(np.percentile(speakers.transit_ms, p)), 3) for p in (50, 99)]


def figure(place: str, name: str) -> float:
    """Of the server's own, without a label."""
    with urllib.request.urlopen(f"http://{place}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith(f"{name} ")))


def wait_for_workers(place: str, count: int) -> None:
    until_s = time.monotonic() + LONGEST_S
    while figure(place, "talkwire_workers") < count and time.monotonic() < until_s:
        time.sleep(0.2)


def family(server: int) -> dict[int, str]:
    """All processes that a server has started, with their names, the oldest first."""
    parents, names, began = {}, {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            names[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            continue
        parents[int(folder.name)], began[int(folder.name)] = int(fields[1]), int(fields[19])
    found, more = set[int](), {server}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return {pid: names.get(pid, "") for pid in sorted(found, key=lambda pid: began[pid])}


def workers_of(server: int) -> list[int]:
    """The oldest first."""
    return [pid for pid, name in family(server).items() if name.startswith("ray::Worker")]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--avatar", default="nova-dyntet")
    parser.add_argument("--npcs", type=int, default=4)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--hangs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/cluster.json")
    given = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "avatar": given.avatar, "npcs": given.npcs}
    port, place = free_port(), f"127.0.0.1:{free_port()}"
    cluster = ("--cluster", "local", "--workers", 2, "--port", port, "--metrics", place)
    with (
        own_server("--avatar", given.avatar, *cluster) as front,
        own_server("--avatar", given.avatar, "--port", 0) as direct,
    ):
        pid = front.process.pid
        wait_for_workers(place, 2)
        report["frames under way, p50 / p99, ms"] = {
            codec: {
                "a server": way(direct.endpoint, given.npcs, codec, given.seconds),
                "through a front": way(front.endpoint, given.npcs, codec, given.seconds),
            }
            for codec in ("q16", "basis")
        }
        worked = (
            "talkwire_worked_seconds_total",
            "talkwire_motion_messages_total",
            "talkwire_media_messages_total",
        )
        report["front, messages a second of its work"] = round(
            (figure(place, worked[1]) + figure(place, worked[2])) / figure(place, worked[0])
        )
        others = [other for other in family(pid) if other not in workers_of(pid)]
        report["memory, MB"] = {
            "a server": round(resident_mb(direct.process.pid)),
            "front": round(resident_mb(pid)),
            "workers": [round(resident_mb(worker)) for worker in workers_of(pid)],
            "Ray": round(sum(map(resident_mb, others))),
        }
        report["killed"] = strikes(front.endpoint, pid, place, given.npcs, given.kills, signal.SIGKILL)
        report["stopped"] = strikes(front.endpoint, pid, place, given.npcs, given.hangs, signal.SIGSTOP)
    for name, value in report.items():
        print(f"{name}: {value}")
    write_report(given.out, report)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
