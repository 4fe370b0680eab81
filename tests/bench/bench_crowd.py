"""Sixteen NPCs in one game for half an hour, with each plugin's core: benchmarks/plugin_crowd.json.

    python tests/bench/bench_crowd.py [--minutes 30] [--core cpp | cs] [--out benchmarks/plugin_crowd.json]

A real `talkwire serve` in its own process; the NPCs speak all the time, and each is drawn 60 times a second,
vertices included. C++ takes the basis' coefficients; C#, whose sum is slow under mono, takes vertices (q16).
Memory is flat when what the game holds in its last third is what it held in its second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests", "tests/bench")]

from machine import hardware, resident_mb, write_report  # noqa: E402

from plugins import build_cs  # noqa: E402
from plugins.build import cpp_program  # noqa: E402
from talkwire.bridge.trial.processes import free_port  # noqa: E402
from talkwire.cli.own_server import own_server  # noqa: E402
from talkwire.runtime.audio import SHIPPED_LINE  # noqa: E402

NPCS: Final = 16
AVATAR: Final = "nova"
COUNTED: Final = ("lines", "dropped", "late", "underruns", "untaken", "misread", "problems")


def programs(core: str) -> tuple[list[str], str]:
    """The program that is a game of this core, and the plane that it reads."""
    if core == "cpp":
        return [str(cpp_program("bench_crowd"))], "frame/basis"
    return [*build_cs.command("Talkwire.Tests"), "--run", "BenchCrowd"], "frame/q16"


def crowd(core: str, seconds: int) -> dict[str, Any]:
    """The figures of one core."""
    words, plane = programs(core)
    with own_server("--avatar", AVATAR, "--npcs", NPCS, "--port", free_port()) as server:
        words += [server.endpoint, plane, str(NPCS), str(seconds), str(SHIPPED_LINE)]
        rows, served_mb = [], []
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as game:
            assert game.stdout is not None
            for line in game.stdout:
                rows.append(json.loads(line))
                served_mb.append(round(resident_mb(server.process.pid), 1))
                print(core, line.strip(), flush=True)
        if game.returncode:
            raise SystemExit(f"{words[0]} ended with {game.returncode}")
    third = len(rows) // 3
    settled = rows[1:]
    return {
        "plane": plane,
        "npcs": NPCS,
        "seconds": seconds,
        "pictures_per_s_and_npc": _ends([row["pictures_per_s"] / NPCS for row in settled]),
        "frames_per_s_and_npc": _ends([row["frames_per_s"] / NPCS for row in settled]),
        **{key: rows[-1][key] for key in COUNTED},
        "longest_tick_ms": max(row["longest_tick_ms"] for row in settled),
        "memory_mb": {
            what: [_mean([row[key] for row in part]) for part in (rows[third:-third], rows[-third:])]
            for what, key in (("second and last third", "resident_mb"), ("of it objects", "objects_mb"))
            if key in rows[0]
        },
        "memory_mb_each_minute": [row["resident_mb"] for row in rows[5::6]],
        "server_memory_mb": _ends(served_mb[third:]),
    }


def _ends(values: list[float]) -> list[float]:
    return [round(min(values), 1), round(max(values), 1)]


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Sixteen NPCs in one game, for long.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--core", choices=("cpp", "cs"), action="append")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/plugin_crowd.json")
    options = parser.parse_args()
    report = json.loads(options.out.read_text()) if options.out.exists() else {}
    for core in options.core or ("cpp", "cs"):
        report[core] = {"hardware": hardware(), **crowd(core, round(60 * options.minutes))}
        print(json.dumps(report[core], indent=1))
        write_report(options.out, report)


if __name__ == "__main__":
    main()
