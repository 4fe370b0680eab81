"""`talkwire bench`: what each stage costs on this machine, and how many NPCs it carries."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.bridge.bench import SERVED, cold_start_s, sustained, ticks
from talkwire.exporters.atomic import Fill, check_place, write_together
from talkwire.exporters.bars import bars
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import DATA, find_avatar, load_avatar
from talkwire.runtime.errors import EngineError
from talkwire.runtime.machine import hardware

LINE: Final = DATA / "lines/he_turned_sharply.wav"
MOST_NPCS: Final = 1024
_COLD_START: Final = """
import sys
from pathlib import Path
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import load_avatar
from talkwire.runtime.session import open_session
line = read_audio(Path(sys.argv[2]))
session = open_session(load_avatar(Path(sys.argv[1])))
session.begin(line.sample_rate_hz)
session.push(line.samples[: line.sample_rate_hz // 4])
assert session.pull()
"""


def bench(
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = "nova-dyntet",
    npcs: Annotated[str, typer.Option(help="How many at once, comma-separated.")] = "1,8,32",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of speech, for each of them.")] = 5.0,
    fps: Annotated[int, typer.Option(min=1, max=240, help="Frames per second.")] = 60,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the stages here (.png).")] = None,
) -> None:
    """Measure hearing, motion, geometry, texture and wire, for so many NPCs at once, on one thread.

    Numbers are milliseconds of a tick (1 / fps of speech for every NPC). NPCs are sustained where 99 of 100
    ticks take less than a tick lasts; a server has one such thread. Close other programs: what they take is
    in the figures. docs/benchmarks.md says how to read them.

    Example: `talkwire bench --npcs 1,8,32,64 --json here.json`
    """
    counts, path = _counts(npcs), find_avatar(avatar)
    head, line = load_avatar(path), read_audio(LINE)
    for place in filter(None, (out, plot)):
        check_place(place)
    machine = hardware()
    tables = {n: ticks(head, line, n, round(seconds * fps), fps=fps) for n in counts}
    command = [sys.executable, "-c", _COLD_START, str(path), str(LINE)]
    cold_s = cold_start_s(lambda: subprocess.run(command, check=True, capture_output=True))
    report: dict[str, Any] = {
        "hardware": machine,
        "talkwire": version("talkwire"),
        "engine": "ONNX Runtime on the CPU, one thread",
        "input": f"{LINE.name}, {line.sample_rate_hz} Hz, {seconds:g} s for each NPC, warm",
        "avatar": f"{avatar}, {head.topology.vertex_count} vertices",
        "fps": fps,
        "tick_ms": {str(n): table for n, table in tables.items()},
        "sustained": {served: sustained(tables, served, fps) for served in SERVED},
        "cold_start_s": round(cold_s, 2),
    }
    _show(report, counts)
    files: dict[Path, Fill] = {}
    if out is not None:
        files[out] = lambda file: file.write(json.dumps(report, indent=1).encode() + b"\n")
    if plot is not None:
        files[plot] = lambda file: file.write(_drawn(report))
    if files:
        write_together(files)


def _drawn(report: dict[str, Any]) -> bytes:
    """What serving meshes takes, stage by stage, beside how long a tick lasts."""
    groups = {
        f"{npcs} NPCs": {stage: table[stage]["p50"] for stage in SERVED["mesh"]}
        for npcs, table in report["tick_ms"].items()
    }
    unit = f"ms a tick, median; a tick lasts {1e3 / report['fps']:.1f} ms\n{report['hardware']}"
    return bars(groups, unit=unit, limit=1e3 / report["fps"])


def _counts(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= MOST_NPCS for part in parts):
        raise EngineError(
            "so many NPCs cannot be measured",
            seen=text,
            wanted=f"numbers from 1 to {MOST_NPCS}, comma-separated",
            cure="for example --npcs 1,8,32",
        )
    return sorted({int(part) for part in parts})


def _show(report: dict[str, Any], counts: list[int]) -> None:
    print(f"{report['hardware']}\n{report['avatar']}; {report['engine']}; {report['input']}")
    table = Table("ms a tick: p50 / p95 / p99", *(f"{n} NPC{'s' * (n > 1)}" for n in counts))
    for stage in report["tick_ms"][str(counts[0])]:
        cells = [report["tick_ms"][str(n)][stage] for n in counts]
        table.add_row(stage, *("{p50:.2f} / {p95:.2f} / {p99:.2f}".format(**cell) for cell in cells))
    Console().print(table)
    for served, most in report["sustained"].items():
        print(f"sustained at {report['fps']} FPS, {served}: {most} of {', '.join(map(str, counts))}")
    print(f"cold start to the first frame: {report['cold_start_s']:.2f} s")
