"""`talkwire listen`: the reference client. Plays an NPC, measures the link, records and replays it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from talkwire.bridge.client import DEFAULT_ENDPOINT, Client
from talkwire.bridge.playing.jitter import LEAST_MS, MOST_MS, JitterBuffer
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink, Sink, best_sink
from talkwire.bridge.playing.watching import watch, watch_recording
from talkwire.bridge.recording import Recorder
from talkwire.cli.connecting import Cast, Key, Server, ServerKey, TokenFile, credentials
from talkwire.runtime.errors import ProtocolError

REFRESH_S = 0.5
Codec = Literal["f32", "q16", "q16n", "delta8", "basis", "arkit"]


def listen(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Replay a recording instead of a server.")
    ] = None,
    npc: Annotated[str, typer.Option(help="Whom to watch.")] = "nova",
    avatar: Cast = "",
    server: Server = DEFAULT_ENDPOINT,
    key: Key = None,
    server_key: ServerKey = None,
    token_file: TokenFile = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what arrives, to be replayed.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this long; else Ctrl-C stops.")] = None,
    codec: Annotated[
        Codec | None,
        typer.Option(help="Of frames: f32 is exact, arkit the smallest. [default: what the server suggests]"),
    ] = None,
    mute: Annotated[bool, typer.Option("--mute", help="No sound, but the same clock.")] = False,
    av_offset: Annotated[
        float,
        typer.Option(
            metavar="MS",
            help="Show pictures so much later than their sound: more than 0 where headphones are slow, less "
            "where the screen is.",
        ),
    ] = 0.0,
    buffer_ms: Annotated[
        str,
        typer.Option(metavar="LEAST,MOST", help="What the jitter buffer may gather; between, it finds out."),
    ] = f"{LEAST_MS:g},{MOST_MS:g}",
) -> None:
    """Watch an NPC and print latency, lost frames and how well lips and sound fit.

    Examples: `talkwire listen --seconds 10`, `talkwire listen --record talk.twrec`,
    `talkwire listen talk.twrec`, `talkwire listen --av-offset 150 --buffer-ms 40,200`
    """
    if file is not None:
        player = _player(SilentSink(), buffer_ms, av_offset)
        for _ in watch_recording(file, player):
            pass
        Console().print(_table(player, str(file)))
        return
    with ExitStack() as stack:
        sink = SilentSink() if mute else best_sink()
        stack.callback(sink.close)
        player = _player(sink, buffer_ms, av_offset)
        client = stack.enter_context(Client(server, **credentials(key, server_key, token_file)))
        recorder = stack.enter_context(Recorder(record)) if record is not None else None
        client.open(npc, avatar)
        client.listen(npc, codec)
        console = Console()
        live = stack.enter_context(Live(console=console, auto_refresh=False, transient=True))
        try:
            for _ in _every(REFRESH_S, watch(client, player, seconds=seconds, recorder=recorder)):
                if console.is_terminal:
                    live.update(_table(player, f"{npc} at {server}"), refresh=True)
        except KeyboardInterrupt:  # the way to stop
            pass
    table = _table(player, f"{npc} at {server}")
    table.add_row("the server is busy", f"{client.load:.0%} of its time")
    table.add_row("quality that it saves", f"{client.level} steps" if client.level else "none")
    console.print(table)


def _player(sink: Sink, buffer_ms: str, av_offset: float) -> Player:
    try:
        least_ms, most_ms = (float(part) for part in buffer_ms.split(","))
        return Player(sink, buffer=JitterBuffer(least_ms, most_ms), av_offset_ms=av_offset)
    except ValueError:
        raise typer.BadParameter(f"saw {buffer_ms!r}, wanted LEAST,MOST", param_hint="--buffer-ms") from None
    except ProtocolError as error:
        raise typer.BadParameter(str(error)) from None


def _every(period_s: float, ticks: Iterator[object]) -> Iterator[None]:
    """Run the ticks; yield now and then."""
    shown_s = time.monotonic()
    for _ in ticks:
        if time.monotonic() - shown_s >= period_s:
            shown_s = time.monotonic()
            yield


def _table(player: Player, title: str) -> Table:
    table = Table(title=title, show_header=False)
    for name, value in player.stats.rows():
        table.add_row(name, value)
    if player.mesh is not None and player.mesh.shows:
        table.add_row("generated; it shows", _in_print(player.mesh.shows))
    return table


def _in_print(text: str) -> str:
    """Whatever a server has said: nothing that a terminal obeys."""
    return escape("".join(c if c.isprintable() else "?" for c in text))
