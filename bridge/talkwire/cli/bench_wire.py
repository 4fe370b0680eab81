"""`talkwire bench wire`: what the wire costs, how soon it answers, how small it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.bridge.trial import wire_bench
from talkwire.bridge.trial.codecs import codecs
from talkwire.cli.own_server import own_server
from talkwire.cli.progress import progress
from talkwire.exporters.atomic import check_place, write_together
from talkwire.runtime.audio import SHIPPED_LINE, read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.machine import hardware

ONE_WAY: Final = ("q16", "delta8", "basis", "arkit", "f32")


def bench_wire(
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = "nova-dyntet",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="For each codec, and for the crowd.")] = 20.0,
    npcs: Annotated[int, typer.Option(min=1, max=64, help="Of the crowd.")] = 32,
    utterances: Annotated[int, typer.Option(min=1, max=10_000, help="Whose first frame is awaited.")] = 200,
    cuts: Annotated[int, typer.Option(min=1, max=10_000, help="Interruptions.")] = 100,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure the wire: sizes and errors by codec, latency on loopback, first frames, interruptions, a crowd.

    Server and client are processes of their own. Close other programs: what they take is in the figures.

    Example: `talkwire bench wire --json wire.json`
    """
    if out is not None:
        check_place(out)
    speech, head = read_audio(SHIPPED_LINE), load_avatar(find_avatar(avatar))
    report: dict[str, Any] = {
        "hardware": hardware(),
        "input": f"{SHIPPED_LINE.name}, {speech.sample_rate_hz} Hz",
        "avatar": avatar,
        "vertices": head.topology.vertex_count,
        "codecs": codecs(head, speech),
    }
    words = ("--avatar", avatar, "--port", 0, "--npcs", npcs + 4, "--drain-s", 0)
    with progress() as say, own_server(*words) as server:
        endpoint = server.endpoint
        report["one_way_ms"] = {codec: wire_bench.one_way(endpoint, codec, seconds) for codec in ONE_WAY}
        report["first_frame_ms"] = wire_bench.first_frames(endpoint, speech, utterances, say)
        report["interruptions"] = wire_bench.interruptions(endpoint, speech, cuts, say)
        report["sync"] = wire_bench.sync(endpoint, speech, seconds)
        report["crowd"] = wire_bench.crowd(endpoint, speech, npcs, seconds, say)
    _show(report)
    if out is not None:
        write_together({out: lambda file: file.write(json.dumps(report, indent=1).encode() + b"\n")})


def _show(report: dict[str, Any]) -> None:
    console = Console()
    about = f"{report['avatar']}, {report['vertices']:,} vertices; {report['hardware']}"
    sizes = Table("plane", "bytes", "most", "kbit/s at 60", "error", "encode ms", "decode ms", title=about)
    for plane, row in report["codecs"].items():
        error = ", ".join(f"{value:.2g} {what}" for what, value in row.get("error", {}).items())
        sizes.add_row(
            plane,
            *(f"{row[what]:,}" for what in ("bytes_mean", "bytes_most", "kbit_s")),
            error or "-",
            *(str(row[what]["p50"]) for what in ("encode_ms", "decode_ms")),
        )
    console.print(sizes)
    times = Table("ms", "p50", "p95", "p99", "most", title="loopback, server and client two processes")
    rows = {f"one way, {codec}": found for codec, found in report["one_way_ms"].items()}
    rows["first frame after first audio"] = report["first_frame_ms"]
    rows["cut, until nothing old is shown"] = report["interruptions"]["seen_ms"]
    rows["cut, until nothing old is heard"] = report["interruptions"]["heard_ms"]
    crowd, fit = report["crowd"], report["sync"]
    rows[f"{crowd['npcs']} NPCs, one way, basis"] = crowd["transit_ms"]
    for name, found in rows.items():
        times.add_row(name, *_four(found))
    console.print(times)
    console.print(
        f"A/V error p95 {fit['av_error_p95_ms']} ms when shown, {fit['av_held_p95_ms']} ms when replaced; "
        f"frames {fit['sent']}, late {fit['late']}, dropped {fit['dropped']}",
        highlight=False,
    )
    busy = (
        f"server {crowd['server_load']['p50']:.0%} busy, {crowd['saved_steps_most']} steps of quality saved"
    )
    each = f"{crowd['frames_per_s_each']} frames/s each, {crowd['mbit_s']} Mbit/s"
    console.print(f"{crowd['npcs']} NPCs by basis: {each}, {busy}", highlight=False)


def _four(found: Mapping[str, float | None]) -> list[str]:
    return ["-" if found[p] is None else f"{found[p]:.2f}" for p in ("p50", "p95", "p99", "p100")]
