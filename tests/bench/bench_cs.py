"""What the C# core takes for a frame of 10,000 vertices, under mono: benchmarks/plugin_cs.json.

    python tests/bench/bench_cs.py [--out benchmarks/plugin_cs.json]

Mono's compiler is not Unity's: IL2CPP and newer versions of mono make faster code, so that these are upper
bounds of what a game pays.
"""

from __future__ import annotations

import argparse
import json
import subprocess
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
    parser = argparse.ArgumentParser(description="What the C# core takes for a frame.")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugin_cs.json")
    out = parser.parse_args().out
    before = hardware()
    with tempfile.TemporaryDirectory() as folder:
        write_parts(Path(folder), vertex_count=VERTICES)
        report = json.loads(build_cs.run_test_program("Bench", folder))
    version = subprocess.run(["mono", "--version"], capture_output=True, text=True, check=True).stdout
    report = {"hardware": before, "runtime": " ".join(version.split()[:5]), **report}
    print(json.dumps(report, indent=1))
    write_report(out, report)


if __name__ == "__main__":
    main()
