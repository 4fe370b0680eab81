"""What hearing and moving cost: ms of one core per second of audio, part by part.

    python tests/bench/bench_motion.py [--seconds 20] [--out benchmarks/motion.json]

The shipped line, repeated, resampled by repetition only (a rate is claimed, not converted: the ear's cost
does not depend on what it hears). Live: 20 ms chunks, as a stream brings them. Baked: one chunk.
Best of 5 runs, CPU time of this process.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import numpy as np  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from talkwire.runtime.audio import read_audio  # noqa: E402
from talkwire.runtime.ear import Ear  # noqa: E402
from talkwire.runtime.gestures import Gestures  # noqa: E402
from talkwire.runtime.idle import STEP_HZ, Idle  # noqa: E402
from talkwire.runtime.life import combine  # noqa: E402
from talkwire.runtime.manner import Styler  # noqa: E402
from talkwire.runtime.minds import Preset, open_mind  # noqa: E402
from talkwire.runtime.prosody import Prosody  # noqa: E402
from talkwire.runtime.types import Float32  # noqa: E402

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
RATES_HZ = (8_000, 16_000, 24_000, 44_100, 48_000, 192_000)
REPEATS = 5


def cpu_ms(work: Callable[[], object]) -> float:
    """The least CPU time of `work` over a few runs, after one to warm up."""
    work()
    took_ms = []
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        took_ms.append((time.process_time() - before) * 1e3)
    return min(took_ms)


def hear(samples: Float32, rate_hz: int, chunks: int) -> None:
    """The ear over all samples in equal chunks."""
    ear = Ear(rate_hz)
    for chunk in np.array_split(samples, chunks):
        ear.push(chunk)
    ear.end()


def measure(seconds: int) -> dict[str, float]:
    """The table: part -> ms of CPU per second of audio."""
    line = read_audio(LINE).samples
    table = {}
    for rate_hz in RATES_HZ:
        samples = np.resize(line, rate_hz * seconds)
        for name, chunks in (("live", 50 * seconds), ("baked", 1)):
            took_ms = cpu_ms(lambda s=samples, r=rate_hz, c=chunks: hear(s, r, c))  # type: ignore[misc]
            table[f"ear, {rate_hz} Hz, {name}"] = took_ms / seconds
    ear, idle, gestures, manner = Ear(16_000), Idle(), Gestures(0), Styler(STEP_HZ).step()
    rows = ear.push(np.resize(line, 16_000 * seconds))
    weights = np.zeros(52, np.float32)
    for preset in Preset:
        mind = open_mind(preset)
        table[f"motion network, {preset}"] = cpu_ms(lambda m=mind: (m.push(rows), m.end())) / seconds  # type: ignore[misc]
    heard = ear.loudness_db, ear.pitch_hz

    def live() -> None:
        for step, voice in enumerate(Prosody().push(*heard)):
            face = combine(weights, idle.at(step), gestures.push(voice), manner.layers)
            manner.applied(face.weights, voice.effort)

    table["prosody, gestures, idle life, style"] = cpu_ms(live) / seconds
    return table


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/motion.json")
    given = parser.parse_args()
    machine, table = hardware(), measure(given.seconds)
    look_ahead_ms = {
        f"{rate_hz} Hz": round(1000 * (open_mind().look_ahead_s + 1 / STEP_HZ + Ear(rate_hz).delay_s), 1)
        for rate_hz in RATES_HZ
    }
    print(f"{machine}\nCPU ms per second of audio")
    for part, took_ms in table.items():
        print(f"  {part:32s} {took_ms:7.2f}")
    print("look-ahead in ms (network, interpolation, window, resampler)")
    for rate, ms in look_ahead_ms.items():
        print(f"  {rate:32s} {ms:7.1f}")
    write_report(
        given.out,
        {
            "hardware": machine,
            "seconds": given.seconds,
            "cpu_ms_per_s": table,
            "look_ahead_ms": look_ahead_ms,
            "command": "python tests/bench/bench_motion.py",
        },
    )


if __name__ == "__main__":
    main()
