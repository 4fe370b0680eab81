"""What the C++ player takes of a game's frame, 10,000 vertices: benchmarks/plugin_cpp_play.json.

    python tests/bench/bench_cpp_play.py [--out benchmarks/plugin_cpp_play.json]

For one NPC, display and stream at 60 Hz: receiving a frame and its sound, the picture, and its vertices,
of two frames or (in fades) of more; and what the audio thread takes of 10 ms. p50 and p99, in us.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

from machine import hardware, write_report  # noqa: E402

from plugins.build import cpp_program, run  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="What the C++ player takes of a game's frame.")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugin_cpp_play.json")
    out = parser.parse_args().out
    before = hardware()
    report = {"hardware": before, **json.loads(run(cpp_program("bench_playing")))}
    print(json.dumps(report, indent=1))
    write_report(out, report)


if __name__ == "__main__":
    main()
