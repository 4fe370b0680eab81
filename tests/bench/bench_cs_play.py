"""What the C# player takes of a game's frame, 10,000 vertices, under mono: benchmarks/plugin_cs_play.json.

    python tests/bench/bench_cs_play.py [--out benchmarks/plugin_cs_play.json]

For one NPC, display and stream at 60 Hz: receiving a frame and its sound, and the picture between two frames.
Mono's compiler is not Unity's: these are upper bounds of what a game pays.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

from machine import hardware, write_report  # noqa: E402

from plugins import build_cs  # noqa: E402
from plugins.head_parts import write_parts  # noqa: E402

VERTICES: Final = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description="What the C# player takes of a game's frame.")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugin_cs_play.json")
    out = parser.parse_args().out
    before = hardware()
    with tempfile.TemporaryDirectory() as folder:
        write_parts(Path(folder), vertex_count=VERTICES)
        report = json.loads(build_cs.run_test_program("BenchPlay", folder))
    report = {"hardware": before, **report}
    print(json.dumps(report, indent=1))
    write_report(out, report)


if __name__ == "__main__":
    main()
