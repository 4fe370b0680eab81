"""Hours without a pause: does memory stay flat, and does the mouth of the last minute move as in the third?

    python tests/bench/bench_hours.py [--hours 3] [--out benchmarks/hours.json]

The shipped line again and again, in one utterance that never ends, in chunks of 20 ms, faster than it plays.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

import numpy as np  # noqa: E402
from machine import hardware, resident_mb, write_report  # noqa: E402

from support import LINE, small_avatar  # noqa: E402
from talkwire.runtime.arkit import INDEX  # noqa: E402
from talkwire.runtime.audio import read_audio  # noqa: E402
from talkwire.runtime.minds import Preset  # noqa: E402
from talkwire.runtime.session import open_session  # noqa: E402

STEP_HZ = 50
PAUSE_S = 0.4
EARLY_S = 180.0
REPORTS = 6


def hours_of(preset: Preset, hours: float) -> dict[str, Any]:
    """Memory over the hours, and how far the jaw of the last turn is from that of the third minute."""
    voice = read_audio(LINE)
    step = voice.sample_rate_hz // STEP_HZ
    turn = np.concatenate([voice.samples, np.zeros(round(PAUSE_S * voice.sample_rate_hz), np.float32)])
    steps = len(turn) // step
    turns = round(hours * 3600 * STEP_HZ / steps)
    kept = {round(EARLY_S * STEP_HZ / steps): np.zeros(steps), turns - 1: np.zeros(steps)}
    session = open_session(small_avatar(), fps=STEP_HZ, motion=preset)
    session.begin(voice.sample_rate_hz)
    memory_mb, began_s = [], time.process_time()
    for number in range(turns):
        for first in range(0, steps * step, step):
            session.push(turn[first : first + step])
            for pose in session.pull_poses():
                if (of := pose.seq // steps) in kept:
                    kept[of][pose.seq % steps] = pose.face.weights[INDEX["jawOpen"]]
        if number % (turns // REPORTS) == turns // REPORTS - 1:
            memory_mb.append(round(resident_mb(os.getpid()), 1))
    session.end()
    for pose in session.pull_poses():
        if (of := pose.seq // steps) in kept:
            kept[of][pose.seq % steps] = pose.face.weights[INDEX["jawOpen"]]
    early, late = kept.values()
    return {
        "memory_mb": memory_mb,
        "jaw_differs_by": float(np.abs(late - early).max()),
        "jaw_most": float(early.max()),
        "cpu_s_per_hour": round((time.process_time() - began_s) / hours, 1),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/hours.json")
    given = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "hours": given.hours}
    for preset in Preset:
        report[preset.value] = hours_of(preset, given.hours)
        print(preset.value, report[preset.value])
    write_report(
        given.out, report | {"command": f"python tests/bench/bench_hours.py --hours {given.hours:g}"}
    )


if __name__ == "__main__":
    main()
