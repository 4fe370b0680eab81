"""What the plugins' cores take of a game's frame, one NPC at 60 Hz, 10,000 vertices: benchmarks/plugins.json.

    python tests/bench/bench_plugins.py [--only unreal_layer] [--out benchmarks/plugins.json]

The cores alone: a message and its vertices, normals, axes. The players: receiving a frame and its sound, the
picture, its vertices, of two frames or (in fades) of more, and what the audio thread takes. One thread, p50
and p99. C# runs under Mono, whose compiler is not Unity's: an upper bound of what a game pays. The layers run
in imitations of their engines' loops.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

import unity_ticks  # noqa: E402
import unreal_ticks  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from plugins import build_cs  # noqa: E402
from plugins.build import cpp_program, run  # noqa: E402
from plugins.head_parts import write_parts  # noqa: E402

VERTICES: Final = 10_000
BENCHES: Final[Mapping[str, Callable[[str], str]]] = {
    "cpp_core": lambda folder: run(cpp_program("bench_core"), folder),
    "cpp_player": lambda _: run(cpp_program("bench_playing")),
    "cs_core": lambda folder: build_cs.run_test_program("Bench", folder),
    "cs_player": lambda folder: build_cs.run_test_program("BenchPlay", folder),
    "unity_layer": unity_ticks.measure,
    "unreal_layer": unreal_ticks.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What the plugins' cores take of a game's frame.")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugins.json")
    parser.add_argument(
        "--only", choices=BENCHES, help="measure this one, keep what the file has of the others"
    )
    only, out = (said := parser.parse_args()).only, said.out
    for name in ("bench_core", "bench_playing"):  # built before the machine's load is noted
        cpp_program(name)
    build_cs.command("Talkwire.Tests")
    mono = subprocess.run(["mono", "--version"], capture_output=True, text=True, check=True).stdout
    report = {"hardware": hardware(), "mono": " ".join(mono.split()[:5])}
    wanted = {only: BENCHES[only]} if only else BENCHES
    report = json.loads(out.read_text()) if only else report
    with tempfile.TemporaryDirectory() as folder:
        write_parts(Path(folder), vertex_count=VERTICES)
        report |= {name: json.loads(bench(folder)) for name, bench in wanted.items()}
    print(json.dumps(report, indent=1))
    write_report(out, report)


if __name__ == "__main__":
    main()
