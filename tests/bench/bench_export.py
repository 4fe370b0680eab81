"""How fast a voice line becomes a .glb, and where the time goes.

    python tests/bench/bench_export.py [--avatar NAME|FILE] [--out benchmarks/export.json]

Real speech: the shipped line, and the same repeated to 20 s and 60 s (repetition changes nothing in the
cost: the network and the idle model run on every frame). Every case is run in its own process, as a
user's command is. Two figures: of the export alone, from opening the line to the renamed file, and with the
imports that a fresh process pays once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import ROOT, hardware, write_report

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
LENGTHS_S = (3.0, 20.0, 60.0)
SUFFIXES = (".glb", ".csv", ".npz")
REPEATS = 3


def one_export(length_s: float, suffix: str, name: str) -> dict[str, Any]:
    """One export in this process, cold, with its stages timed."""
    began = time.perf_counter()
    import numpy as np

    from talkwire.exporters import bake, write_clip
    from talkwire.runtime.audio import read_audio
    from talkwire.runtime.avatar import find_avatar, load_avatar

    marks = {"imports": time.perf_counter() - began}
    cpu_began = time.process_time()

    def lap(name: str) -> None:
        marks[name] = time.perf_counter() - began - sum(marks.values())

    audio = read_audio(LINE)
    count = round(length_s * audio.sample_rate_hz)
    samples = np.tile(audio.samples, -(-count // len(audio.samples)))[:count]
    lap("read audio")
    avatar = load_avatar(find_avatar(name))
    lap("load avatar")
    clip = bake(samples, audio.sample_rate_hz, avatar, line=LINE.stem)
    lap("hear and move")
    with tempfile.TemporaryDirectory() as folder:
        out, *_ = write_clip(clip, Path(folder) / f"line{suffix}")
        lap("reduce keys, write")
        size_bytes = out.stat().st_size
    took_s = sum(marks.values())
    cpu_s = time.process_time() - cpu_began
    return {
        "format": suffix,
        "avatar": avatar.card.name,
        "vertices": avatar.topology.vertex_count,
        "line_s": length_s,
        "took_s": took_s - marks["imports"],
        "times_real_time": length_s / (took_s - marks["imports"]),
        "cpu_s": cpu_s,
        "times_real_time_with_imports": length_s / took_s,
        "frames": clip.frame_count,
        "size_bytes": size_bytes,
        "stages_s": marks,
    }


def median_export(length_s: float, suffix: str, name: str) -> dict[str, Any]:
    """The run of median duration of a few, each in a fresh process."""
    words = [sys.executable, __file__, "--avatar", name, "--one", str(length_s), suffix]
    runs = [
        json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        for _ in range(REPEATS)
    ]
    return dict(sorted(runs, key=lambda run: float(run["took_s"]))[REPEATS // 2])


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/export.json")
    parser.add_argument("--avatar", default="nova", help="a shipped avatar's name, or a file")
    parser.add_argument("--one", nargs=2, metavar=("LENGTH_S", "SUFFIX"), help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        print(json.dumps(one_export(float(words.one[0]), words.one[1], words.avatar)))
        return
    report: dict[str, Any] = {"hardware": hardware(), "line": LINE.name, "fps": 60, "cases": []}
    print(f"Export at 60 frames/s, {report['hardware']}; median of {REPEATS} fresh processes")
    print(f"{'':6}{'line':>7}{'took':>9}{'x real time':>13}{'and imports':>13}{'size':>10}   stages, ms")
    for suffix in SUFFIXES:
        for length_s in LENGTHS_S:
            case = median_export(length_s, suffix, words.avatar)
            report["cases"].append(case)
            stages = ", ".join(f"{name} {1000 * took:.0f}" for name, took in case["stages_s"].items())
            print(
                f"{suffix:6}{length_s:5.0f} s{case['took_s']:7.2f} s{case['times_real_time']:13.1f}"
                f"{case['times_real_time_with_imports']:13.1f}{case['size_bytes'] / 1e6:7.2f} MB   {stages}",
                flush=True,
            )
    write_report(words.out, report)


if __name__ == "__main__":
    main()
