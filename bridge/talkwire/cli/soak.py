"""`talkwire soak`: would a server here run through the night?"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.bridge.trial.kills import kills
from talkwire.bridge.trial.processes import OwnServer
from talkwire.bridge.trial.soak import soak as run_soak
from talkwire.cli.own_server import own_server
from talkwire.cli.progress import progress
from talkwire.exporters.atomic import check_place, write_together
from talkwire.runtime.audio import SHIPPED_LINE, read_audio
from talkwire.runtime.machine import hardware

ROOM: Final = 8  # for NPCs of strangers


def soak(
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = "nova-dyntet",
    npcs: Annotated[int, typer.Option(min=1, max=64, help="That speak all the time.")] = 16,
    minutes: Annotated[float, typer.Option(min=0.1, max=6000, help="How long.")] = 30.0,
    kill: Annotated[int, typer.Option(min=0, max=1000, help="Kill the server so often, before.")] = 20,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Leave a server running with many NPCs that speak and are cut, and count what goes wrong.

    First the server is killed again and again under load, and its clients must meet it again. Then it runs
    for so long, a fifth of it with the NPCs alone, and then with peers that join and are killed, one that
    reads nothing, and one that sends garbage, floods and half-open connections. Ends with 1 if any sound was
    lost or anything void was shown.

    Example: `talkwire soak --minutes 480 --json night.json`
    """
    if out is not None:
        check_place(out)
    speech = read_audio(SHIPPED_LINE)

    def start(port: int) -> AbstractContextManager[OwnServer]:
        return own_server("--avatar", avatar, "--port", port, "--npcs", npcs + ROOM, "--drain-s", 0)

    report: dict[str, Any] = {"hardware": hardware(), "avatar": avatar, "input": SHIPPED_LINE.name}
    with progress() as say:
        if kill:
            report["kills"] = kills(start, speech, npcs=npcs, times=kill, say=say)
        report["soak"] = run_soak(start, speech, npcs=npcs, seconds=60 * minutes, say=say)
    _show(report)
    if out is not None:
        write_together({out: lambda file: file.write(json.dumps(report, indent=1).encode() + b"\n")})
    found = report["soak"]
    if any(found[what] for what in ("lost_samples", "wrong_pictures", "odd_events", "unfinished_lines")):
        raise typer.Exit(1)


def _show(report: dict[str, Any]) -> None:
    found, table = report["soak"], Table("", "", title=f"talkwire soak: {report['hardware']}")
    rows = {
        f"lines said by {found['npcs']} NPCs, cut": f"{found['lines']}, {found['interrupted']}",
        "samples of sound lost": found["lost_samples"],
        "lines without an end, odd events": f"{found['unfinished_lines']}, {found['odd_events']}",
        "pictures shown, void ones": f"{found['pictures']:,}, {found['wrong_pictures']}",
        "frames that came, were dropped, late": f"{found['frames']:,}, {found['dropped_frames']}, "
        f"{found['late_frames']}",
        "first frame after first audio": _ms(found["first_frame_ms"]),
        "cut, until nothing old is shown": _ms(found["interruption_seen_ms"]),
        "frames under way, alone": _ms(found["transit_alone_ms"]),
        "frames under way, with strangers": _ms(found["transit_with_strangers_ms"]),
        "the same to who only reads, alone": _ms(found["witness_alone_ms"]),
        "the same, with strangers": _ms(found["witness_with_strangers_ms"]),
        f"late joiner complete ({found['joins']})": _ms(found["late_joiner_ms"]),
        "server's memory, files": f"{found['server']['memory_mb']} MB, {found['server']['files']}",
        "client's memory, files": f"{found['client']['memory_mb']} MB, {found['client']['files']}",
    }
    if "kills" in report:
        killed = report["kills"]
        rows[f"killed {killed['times']} times: faces back, after it was ready"] = _ms(killed["back_ms"])
        rows["the same, after it was killed"] = _ms(killed["away_ms"])
    for name, value in rows.items():
        table.add_row(name, str(value))
    Console().print(table)


def _ms(found: dict[str, float | None]) -> str:
    if found["p50"] is None:
        return "-"
    return f"p50 {found['p50']}, p95 {found['p95']}, p99 {found['p99']}, most {found['p100']} ms"
