"""What the C# core costs a game on its way to a server, under mono: benchmarks/plugin_cs_net.json.

    python tests/bench/bench_cs_net.py [--out benchmarks/plugin_cs_net.json]

A real server in this process, over loopback, with a synthetic head of 10,000 vertices. A tick is all that a
game calls in one of its frames, vertices included. Mono's compiler is not Unity's: these are upper bounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

from machine import hardware, write_report  # noqa: E402

from plugins import build_cs  # noqa: E402
from plugins.hostile import hostile  # noqa: E402
from talkwire.bridge.serving.server import Server, serving  # noqa: E402
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology  # noqa: E402

VERTICES: Final = 10_000
LINE_S, RATE_HZ = 20, 16_000
PLANES: Final = ("frame/f32", "frame/q16", "frame/delta8", "frame/basis", "frame/arkit")
KEPT: Final = (
    *("latency_p50_ms", "latency_p99_ms", "first_frame_ms", "join_ms", "av_error_p95_ms", "late", "dropped"),
    *("tick_p50_ms", "tick_p99_ms", "tick_longest_ms", "settled_collections", "settled_bytes_per_tick"),
    "stop_ms",
)
STALLS: Final = ("silent", "stalls_in_frame", "reads_nothing", "floods", "stalls")


def client(*arguments: str) -> dict[str, Any]:
    """The last line that the console client prints."""
    words = [*build_cs.command("talkwire-client-cs"), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def speech(path: Path) -> str:
    """A tone that comes and goes."""
    times = np.arange(LINE_S * RATE_HZ) / RATE_HZ
    tone = 8000 * np.sin(times * 2000) * (np.sin(times * 8) > 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone.astype("<i2").tobytes())
    return str(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the C# core costs a game on its way to a server.")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugin_cs_net.json")
    out = parser.parse_args().out
    report: dict[str, Any] = {"hardware": hardware(), "vertices": VERTICES, "line_s": LINE_S}
    topology = synthetic_topology(VERTICES)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Server(lambda: SyntheticSession(topology), port=0)) as where,
    ):
        say = speech(Path(folder) / "line.wav")
        for plane in PLANES:
            seen = client(where, "--frames", plane, "--say", say, "--seconds", "60")
            report[plane] = {key: seen[key] for key in KEPT}
        report["come and gone"] = client(where, "--cycles", "100")
    for name in STALLS:
        with hostile(name) as where:
            seen = client(where, "--seconds", "8")
            report[f"hostile: {name}"] = {
                key: seen[key] for key in ("tick_p99_ms", "tick_longest_ms", "stop_ms")
            }
    print(json.dumps(report, indent=1))
    write_report(out, report)


if __name__ == "__main__":
    main()
