"""The figures of `talkwire bench` as tables, ratios and a picture."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from talkwire.bridge.trial.stages import GEOMETRY, MOVE, NETWORK, SERVED
from talkwire.exporters.pictures.bars import bars


def ratios(engines: dict[str, Any]) -> dict[str, dict[str, float]]:
    """How many times as long each engine takes as the first of them, at the most NPCs and the first rate: the
    stages that are networks.
    """
    tables = {kind: _last(next(iter(found["tick_ms"].values()))) for kind, found in engines.items()}
    first = next(iter(tables.values()))
    return {
        kind: {
            stage: round(table[stage]["p50"] / first[stage]["p50"], 2)
            for stage in (MOVE, GEOMETRY, NETWORK)
            if stage in table
        }
        for kind, table in tables.items()
    }


def show(report: dict[str, Any]) -> None:
    """Print all of it."""
    print(f"{report['hardware']}\ncard: {report['card']}\n{report['avatar']}; {report['input']}")
    for kind, found in report["engines"].items():
        if "why_not" in found:
            print(f"\n{kind} does not work here: {found['why_not']}")
            continue
        first = "{p50:.0f} / {p95:.0f} / {p99:.0f}".format(**found["first_frame_ms"])
        print("\n{0}: {where}; networks of {networks_mb} MB".format(kind, **found))
        print("ready in {ready_s:.2f} s, with {memory_mb} MB of memory".format(**found))
        for fps, by_npcs in found["tick_ms"].items():
            Console().print(_table(fps, by_npcs))
            for served, most in found["sustained"][fps].items():
                print(f"sustained at {fps} FPS, {served}: {most} of {', '.join(map(str, by_npcs))}")
        print(f"first frame after first audio, p50 / p95 / p99: {first} ms")
        for npcs, by_served in found["frames_per_s"].items():
            told = ", ".join(f"{frames:,} for {served}" for served, frames in by_served.items())
            print(f"frames a second, {npcs} NPCs: {told}")
        for npcs, by_served in found["outside_networks_us"].items():
            told = ", ".join(f"{us:.0f} for {served}" for served, us in by_served.items())
            print(f"outside networks and meshes, {npcs} NPCs, microseconds of each one's tick: {told}")
    for kind, by_stage in list(report["ratios"].items())[1:]:
        told = ", ".join(f"{stage} {times:g}" for stage, times in by_stage.items())
        print(f"{kind} takes so many times as long: {told}")
    print(f"cold start to the first frame: {report['cold_start_s']:.2f} s")


def drawn(report: dict[str, Any], kind: str) -> bytes:
    """PNG: what serving meshes takes on one engine, stage by stage, beside how long a tick lasts."""
    fps, by_npcs = next(iter(report["engines"][kind]["tick_ms"].items()))
    groups = {
        f"{npcs} NPCs": {stage: table[stage]["p50"] for stage in SERVED["mesh"]}
        for npcs, table in by_npcs.items()
    }
    unit = f"ms a tick, median; a tick lasts {1e3 / fps:.1f} ms\n{report['hardware']}; {kind}"
    return bars(groups, unit=unit, limit=1e3 / fps)


def _table(fps: int, by_npcs: dict[int, Any]) -> Table:
    table = Table(f"ms a tick at {fps} FPS: p50 / p95 / p99", *(f"{n} NPC{'s' * (n > 1)}" for n in by_npcs))
    for stage in next(iter(by_npcs.values())):
        cells = [stages[stage] for stages in by_npcs.values()]
        table.add_row(stage, *("{p50:.2f} / {p95:.2f} / {p99:.2f}".format(**cell) for cell in cells))
    return table


def _last(by_npcs: dict[int, Any]) -> dict[str, Any]:
    table: dict[str, Any] = by_npcs[max(by_npcs)]
    return table
