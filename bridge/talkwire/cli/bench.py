"""`talkwire bench`: what each stage costs on this machine, and how many NPCs it carries."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.trial.stages import (
    SERVED,
    cold_start_s,
    frames_per_s,
    outside_us,
    sustained,
    ticks,
)
from talkwire.bridge.trial.wire_bench import first_frames
from talkwire.cli.bench_table import drawn, ratios, show
from talkwire.cli.bench_wire import bench_wire
from talkwire.cli.progress import progress
from talkwire.exporters.atomic import Fill, check_place, write_together
from talkwire.runtime.audio import SHIPPED_LINE, Audio, read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.cards import find_card
from talkwire.runtime.engines import Kind, open_engines
from talkwire.runtime.errors import EngineError, TalkwireError
from talkwire.runtime.graph_forms import Precision
from talkwire.runtime.machine import hardware, resident_mb
from talkwire.runtime.minds import Preset, motion_graphs, open_voices
from talkwire.runtime.session import FPS_RANGE, open_session, think_together

MOST_NPCS: Final = 1024
STARTS: Final = 20  # lines whose first frame is waited for
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


app = typer.Typer(rich_markup_mode="markdown")
app.command("wire")(bench_wire)


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = "nova-dyntet",
    engines: Annotated[
        str, typer.Option(help="Side by side, comma-separated: onnx, onnx-cuda, trt-rtx, tensorrt, torch.")
    ] = "onnx",
    precision: Annotated[
        Precision | None, typer.Option(help="Of the networks' products. [default: what suits each engine]")
    ] = None,
    npcs: Annotated[str, typer.Option(help="How many at once, comma-separated.")] = "1,8,32",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Of speech, for each of them.")] = 5.0,
    fps: Annotated[str, typer.Option(help="Frames per second, comma-separated.")] = "60,30",
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the stages here (.png).")] = None,
) -> None:
    """Measure hearing, motion, geometry, texture and wire, for so many NPCs at once, on one thread.

    Numbers are milliseconds of a tick (1 / fps of speech for every NPC). NPCs are sustained where 99 of 100
    ticks take less than a tick lasts; a server has one such thread. Close other programs: what they take is
    in the figures. docs/benchmarks.md says how to read them.

    Example: `talkwire bench --npcs 1,8,32,64 --engines onnx,torch --json here.json`

    `talkwire bench wire` measures the wire.
    """
    if context.invoked_subcommand is not None:
        return
    counts, rates = _numbers(npcs, MOST_NPCS, "--npcs 1,8,32"), _numbers(fps, FPS_RANGE[1], "--fps 60,30")
    kinds, path, line = _kinds(engines), find_avatar(avatar), read_audio(SHIPPED_LINE)
    for place in filter(None, (out, plot)):
        check_place(place)
    report: dict[str, Any] = {
        "hardware": hardware(),
        "card": _card(),
        "versions": {name: version(name) for name in ("talkwire", "numpy", "onnxruntime")},
        "input": f"{SHIPPED_LINE.name}, {line.sample_rate_hz} Hz, {seconds:g} s for each NPC, warm",
        "avatar": f"{avatar}, {load_avatar(path).topology.vertex_count} vertices",
        "engines": {kind: _measured(kind, path, line, precision, counts, rates, seconds) for kind in kinds},
    }
    worked = {kind: found for kind, found in report["engines"].items() if "why_not" not in found}
    if not worked:
        raise EngineError(
            "none of these engines works here",
            seen="; ".join(found["why_not"] for found in report["engines"].values()),
            wanted=engines,
            cure="see: talkwire doctor",
        )
    command = [sys.executable, "-c", _COLD_START, str(path), str(SHIPPED_LINE)]
    cold_s = cold_start_s(lambda: subprocess.run(command, check=True, capture_output=True))
    report["cold_start_s"] = round(cold_s, 2)
    report["ratios"] = ratios(worked)
    show(report)
    files: dict[Path, Fill] = {}
    if out is not None:
        files[out] = lambda file: file.write(json.dumps(report, indent=1).encode() + b"\n")
    if plot is not None:
        files[plot] = lambda file: file.write(drawn(report, next(iter(worked))))
    if files:
        write_together(files)


def _measured(
    kind: Kind,
    path: Path,
    line: Audio,
    precision: Precision | None,
    counts: list[int],
    rates: list[int],
    seconds: float,
) -> dict[str, Any]:
    head, motion = load_avatar(path), motion_graphs(Preset.live)
    before_mb, began_s = resident_mb(), time.perf_counter()
    try:
        with progress() as say:
            graphs = {**motion, **head.graphs}
            opened = open_engines(graphs, kind, precision=precision, npcs=max(counts), say=say)
    except TalkwireError as error:
        return {"why_not": str(error)}
    ready_s = time.perf_counter() - began_s
    head.use(opened.by_name)
    (live,) = (opened.by_name[name] for name in motion)
    tables = {
        fps: {n: ticks(head, line, n, round(seconds * fps), fps=fps, motion=live) for n in counts}
        for fps in rates
    }
    voices = open_voices(live)
    server = Server(
        lambda: open_session(head, fps=max(rates), voices=voices), port=0, move_together=think_together
    )
    with serving(server) as endpoint:
        first_frame_ms = first_frames(endpoint, line, STARTS)
    return {
        "where": opened.where,
        "ready_s": round(ready_s, 2),
        "networks_mb": round(opened.size / 1e6, 1),
        "memory_mb": round(resident_mb() - before_mb),
        "first_frame_ms": first_frame_ms,
        "sustained": {
            fps: {served: sustained(by_npcs, served, fps) for served in SERVED}
            for fps, by_npcs in tables.items()
        },
        "frames_per_s": {n: frames_per_s(table, n) for n, table in tables[rates[0]].items()},
        "outside_networks_us": {n: outside_us(table, n) for n, table in tables[rates[0]].items()},
        "tick_ms": tables,
    }


def _card() -> str:
    try:
        return str(find_card())
    except EngineError as error:
        return f"none: {error.seen}"


def _kinds(text: str) -> list[Kind]:
    names = [part.strip() for part in text.split(",")]
    known = [kind for kind in Kind if kind is not Kind.auto]
    if not set(names) <= set(known):
        raise EngineError(
            "there is no such engine",
            seen=text,
            wanted=", ".join(known),
            cure="for example --engines onnx,torch",
        )
    return [Kind(name) for name in dict.fromkeys(names)]


def _numbers(text: str, most: int, example: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= most for part in parts):
        raise EngineError(
            "so many cannot be measured",
            seen=text,
            wanted=f"numbers from 1 to {most}, comma-separated",
            cure=f"for example {example}",
        )
    return list(dict.fromkeys(int(part) for part in parts))
