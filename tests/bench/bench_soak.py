"""Whether memory stays flat: five minutes of streaming a 10,000-vertex head, speaking and being cut.

    python tests/bench/bench_soak.py [--seconds 300] [--avatar nova] [--out benchmarks/soak.json]

Server and reference client are two processes; the client speaks lines of 5 s, interrupts every third, and
plays all the time. Resident memory of both is sampled each second; reported at 30 s and at the end.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_wire import Watcher, serve, server, sound
from machine import ROOT, hardware, resident_mb, write_report

from talkwire.bridge.client import Client

LINE_S = 5.0
SETTLED_S = 30.0


class Talker:
    """Says one line after the other over the watcher's own connection, interrupting every third."""

    def __init__(self, client: Client, session: str) -> None:
        self._client, self._session = client, session
        self._rate, self._samples = sound(session, LINE_S)
        self._count, self._line, self.interrupted = itertools.count(1), 0, 0

    def step(self) -> None:
        """Begin the next line when the last is over; cut every third in its middle."""
        news = self._client.progress.get((self._session, self._line))
        if not self._line or (news is not None and news.state in ("done", "interrupted")):
            self._line = self._client.begin(self._session, self._rate)
            for i in range(0, len(self._samples), self._rate // 10):
                self._client.push(self._session, self._line, self._samples[i : i + self._rate // 10])
            self._client.end(self._session, self._line)
            self._cut = next(self._count) % 3 == 0
        elif self._cut and news is not None and news.played_samples > len(self._samples) // 2:
            self._client.interrupt(self._session)
            self._cut, self.interrupted = False, self.interrupted + 1


def soak(avatar: str | None, seconds: float) -> dict[str, Any]:
    """Memory over time, and whether anything was lost."""
    session = Path(avatar).stem if avatar else "synthetic"
    samples: list[tuple[float, float, float]] = []
    with server(avatar) as (endpoint, pid), Client(endpoint) as client:
        client.open(session)
        client.listen(session)
        watcher, talker = Watcher(client), Talker(client, session)
        began_s = time.monotonic()
        while (now_s := time.monotonic() - began_s) < seconds:
            watcher.tick()
            talker.step()
            watcher.decoded_ms.clear()
            if now_s >= len(samples):
                samples.append((now_s, resident_mb(pid), resident_mb(os.getpid())))
        stats = watcher.player.stats.as_json()
    at = np.array(samples)
    settled = int(np.searchsorted(at[:, 0], min(SETTLED_S, seconds / 2)))
    return {
        "head": session,
        "seconds": seconds,
        "server_mb": {"at_30_s": round(at[settled, 1], 1), "at_end": round(at[-1, 1], 1)},
        "client_mb": {"at_30_s": round(at[settled, 2], 1), "at_end": round(at[-1, 2], 1)},
        "frames": stats["sent"],
        "dropped": stats["dropped"],
        "late": stats["late"],
        "interruptions": talker.interrupted,
        "each_30_s": [[round(float(x), 1) for x in row] for row in at[:: int(SETTLED_S)]],
    }


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--avatar", help="a real head instead of the synthetic one")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/soak.json")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        return serve()
    report = {"hardware": hardware(), **soak(words.avatar, words.seconds)}
    print(f"{report['seconds']:g} s of streaming {report['head']}; {report['hardware']}")
    for side in ("server", "client"):
        mb = report[f"{side}_mb"]
        print(f"  {side} memory   {mb['at_30_s']:.1f} MB at 30 s, {mb['at_end']:.1f} MB at the end")
    print(
        f"  frames {report['frames']}, dropped {report['dropped']}, late {report['late']},"
        f" interruptions {report['interruptions']}",
        flush=True,
    )
    write_report(words.out, report)
    return None


if __name__ == "__main__":
    main()
