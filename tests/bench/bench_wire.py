"""How late frames are, how soon a line begins, and how well lips fit sound, over loopback.

    python tests/bench/bench_wire.py [--seconds 30] [--avatar nova] [--out benchmarks/wire.json]

Server, speaker and reference client are three processes, as in earnest. Cases: a synthetic head of 10,000
vertices (a sphere; look-ahead 100 ms), which shows what the wire costs, and with --avatar a real head with
the real motion network. Latency is from just before a frame is encoded on the server to its vertices
decoded in the client. The line is synthetic noise for the sphere, the shipped voice line for an avatar.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report

from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.codec import decode_vertices
from talkwire.bridge.player import Player
from talkwire.bridge.server import Server, serving
from talkwire.bridge.sinks import SilentSink
from talkwire.bridge.speaking import paced, speak
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.audio import read_audio

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
DISPLAY_NS = 1_000_000_000 // 60
STARTS = 10


def serve() -> None:
    """The synthetic server's process: one line with its endpoint, then until its input closes."""
    topology = synthetic_topology(10_000)
    with serving(Server(lambda: SyntheticSession(topology), port=0)) as endpoint:
        print(f"serving at {endpoint} ", flush=True)
        sys.stdin.read()


def say(endpoint: str, kind: str, seconds: float, session: str) -> None:
    """The speaker's process: the line at the pace of speech ("live") or at once ("file")."""
    rate, samples = sound(session, seconds)
    chunks = paced(samples, rate, time.monotonic) if kind == "live" else iter([samples])
    with Client(endpoint) as client:
        for _ in speak(client, session, chunks, rate):
            pass


def sound(session: str, seconds: float) -> tuple[int, Any]:
    """(sample rate, [S] float32): noise, or the shipped line over and over."""
    if session == "synthetic":
        noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * 16_000))
        return 16_000, noise.astype(np.float32)
    audio = read_audio(LINE)
    count = round(seconds * audio.sample_rate_hz)
    return audio.sample_rate_hz, np.tile(audio.samples, -(-count // len(audio.samples)))[:count]


@contextmanager
def server(avatar: str | None) -> Iterator[tuple[str, int]]:
    """(endpoint, process id) of a server of its own."""
    real = ["-m", "talkwire.cli", "serve", "--avatar", str(avatar), "--port", "0"]
    words = [sys.executable, *(real if avatar else [__file__, "--serve"])]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = next(line for line in process.stdout if " at tcp://" in line)
        yield ready.split(" at ")[1].split()[0], process.pid
    finally:
        process.terminate()
        process.communicate()


class Watcher:
    """The reference client at a 60 Hz display, timing each frame until its vertices are decoded."""

    def __init__(self, client: Client) -> None:
        self.client, self.player = client, Player(SilentSink())
        self.decoded_ms: list[float] = []
        self.started: dict[int, int] = {}
        self.first_ms: list[float] = []
        self.next_ns = time.monotonic_ns()

    def tick(self) -> None:
        """Until the next display tick."""
        self.next_ns = max(self.next_ns + DISPLAY_NS, time.monotonic_ns() - DISPLAY_NS)
        while (left_ns := self.next_ns - time.monotonic_ns()) > 0:
            media = self.client.poll(left_ns / 1e9)
            for item in media:
                if isinstance(item.message, wire.Event) and item.message.kind == "started":
                    self.started[item.message.utterance] = item.message.heard_ns
                    self.decoded_ms.clear()  # the speaker's start-up shares these cores: not the wire's
                if isinstance(item.message, wire.Frame):
                    self._decode(item.message)
            self.player.receive(media, time.monotonic_ns())
        self.player.present(time.monotonic_ns())
        self.player.displayed(time.monotonic_ns())

    def _decode(self, frame: wire.Frame) -> None:
        if self.player.mesh is None or frame.flags & wire.REPEAT:
            return
        decode_vertices(frame.codec, frame.vertices, self.player.mesh.box)
        now_ns = time.monotonic_ns()
        self.decoded_ms.append((now_ns - frame.server_ns) / 1e6)
        heard_ns = self.started.pop(frame.utterance, None)
        if heard_ns is not None:
            self.first_ms.append((now_ns - heard_ns) / 1e6)


def speaking(endpoint: str, kind: str, seconds: float, session: str, watcher: Watcher) -> None:
    """Run the speaker beside the watcher until it is done and the player has caught up."""
    speaker = subprocess.Popen([sys.executable, __file__, "--say", endpoint, kind, str(seconds), session])
    while speaker.poll() is None or not watcher.player.silent:
        watcher.tick()
    if speaker.returncode:
        sys.exit(f"the speaker failed with {speaker.returncode}")


def case(avatar: str | None, seconds: float) -> dict[str, Any]:
    """Every figure of one head."""
    session = Path(avatar).stem if avatar else "synthetic"
    with server(avatar) as (endpoint, _), Client(endpoint) as client:
        client.open(session)
        client.listen(session)
        watcher = Watcher(client)
        for _ in range(60):
            watcher.tick()
        speaking(endpoint, "live", seconds, session, watcher)
        latency = np.percentile(watcher.decoded_ms, [50, 95, 99])
        stats = watcher.player.stats.as_json()
        starts = {}
        for kind in ("live", "file"):
            watcher.first_ms.clear()
            for _ in range(STARTS):
                speaking(endpoint, kind, 0.6, session, watcher)
            starts[kind] = [round(x, 1) for x in watcher.first_ms]
        assert watcher.player.mesh is not None
        vertices = len(watcher.player.mesh.neutral_vx3) // 12
    return {
        "head": session,
        "vertices": vertices,
        "codec": "q16",
        "seconds": seconds,
        "frames": stats["sent"],
        "late": stats["late"],
        "dropped": stats["dropped"],
        "latency_p50_ms": round(float(latency[0]), 3),
        "latency_p95_ms": round(float(latency[1]), 3),
        "latency_p99_ms": round(float(latency[2]), 3),
        "first_frame_live_ms": starts["live"],
        "first_frame_file_ms": starts["file"],
        "av_error_p95_ms": stats["av_error_p95_ms"],
        "av_held_p95_ms": stats["av_held_p95_ms"],
    }


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--avatar", help="measure a real head too")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/wire.json")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--say", nargs=4, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        return serve()
    if words.say:
        endpoint, kind, seconds, session = words.say
        return say(endpoint, kind, float(seconds), session)
    report: dict[str, Any] = {"hardware": hardware(), "cases": []}
    print(f"The wire on loopback, 60 frames/s; {report['hardware']}")
    for avatar in (None, words.avatar) if words.avatar else (None,):
        got = case(avatar, words.seconds)
        report["cases"].append(got)
        live, file = got["first_frame_live_ms"], got["first_frame_file_ms"]
        print(
            f"{got['head']}, {got['vertices']:,} vertices, q16, {got['seconds']:g} s of speech\n"
            f"  server to decoded frame   p50 {got['latency_p50_ms']:.2f}  p95 {got['latency_p95_ms']:.2f}"
            f"  p99 {got['latency_p99_ms']:.2f} ms\n"
            f"  frames / late / dropped   {got['frames']} / {got['late']} / {got['dropped']}\n"
            f"  first frame, live audio   median {np.median(live):.0f}, worst {max(live):.0f} ms\n"
            f"  first frame, from a file  median {np.median(file):.0f}, worst {max(file):.0f} ms\n"
            f"  A/V error p95             {got['av_error_p95_ms']:.2f} ms when shown,"
            f" {got['av_held_p95_ms']:.2f} ms when replaced",
            flush=True,
        )
    write_report(words.out, report)
    return None


if __name__ == "__main__":
    main()
