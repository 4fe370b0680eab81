"""`talkwire replay`: a recording, played back to whoever connects, as the server would."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from talkwire.bridge.recording import Survey, survey
from talkwire.bridge.serving.replaying import Replay
from talkwire.bridge.sockets import DEFAULT_PORT


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `talkwire listen --record FILE`.")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65533, help="As of `talkwire serve`. 0 takes any free ports.")
    ] = DEFAULT_PORT,
    speed: Annotated[
        float, typer.Option(min=0.01, max=1000, help="So many times as fast; players expect 1.")
    ] = 1.0,
    loop: Annotated[bool, typer.Option("--loop", help="Again and again, until Ctrl-C.")] = False,
    recover: Annotated[
        bool, typer.Option("--recover", help="Of a cut or damaged file, what is whole before that.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read it and say what it holds.")] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine, unencrypted and to anyone.")
    ] = False,
) -> None:
    """Play a recording as a server would: the same bytes at the same distances, once somebody reads.

    An engine, or `talkwire listen`, sees what was seen when it was recorded, bit for bit. A FILE.partial,
    which a recorder leaves that was killed, is played as far as it is whole.

    Examples: `talkwire replay bug.twrec`, `talkwire replay bug.twrec --check`
    """
    found = survey(file, recover=recover or file.suffix == ".partial")
    if found.lost_bytes:
        print(
            f"talkwire: warning: {file}: the last {found.lost_bytes} bytes are no whole record",
            file=sys.stderr,
        )
    if check:
        print(
            f"{file}: {found.seconds:.1f} s, {'as far as it is' if found.lost_bytes else 'all of it'} whole"
        )
        Console().print(_table(found))
        return
    player = Replay(file, found, host=host, port=port, insecure=insecure, speed=speed, loop=loop)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    names = ", ".join(sorted(found.planes))
    print(f"replaying {names}, {found.seconds:.1f} s, at {player.endpoint} (Ctrl-C stops)", flush=True)
    player.run(stop)
    print(f"stopped after {player.sent} messages", flush=True)


def _table(found: Survey) -> Table:
    table = Table("NPC", "plane", "messages")
    for session, planes in sorted(found.planes.items()):
        for plane, count in sorted(planes.items()):
            table.add_row(session, plane, str(count))
    return table
