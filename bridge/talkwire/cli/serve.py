"""`talkwire serve`: NPCs for whoever connects, until it is told to stop, and then until all is said."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from talkwire.bridge.limits import MAX_CLIENT_SESSIONS, MAX_SESSIONS
from talkwire.bridge.serving.logs import Format, Level, logging_to, tell
from talkwire.bridge.serving.metrics import observed
from talkwire.bridge.serving.server import Server, first_generation
from talkwire.bridge.sockets import DEFAULT_PORT
from talkwire.cli.config import from_file
from talkwire.cli.connecting import (
    Insecure,
    KeysFolder,
    SessionsPerClient,
    Shared,
    WantedToken,
    door,
    warn_of_open_door,
)
from talkwire.cli.progress import progress
from talkwire.cli.troupe import Troupe
from talkwire.runtime.avatar import DEFAULT_AVATAR
from talkwire.runtime.dyntet import Mode
from talkwire.runtime.engines import Kind
from talkwire.runtime.errors import LinkError
from talkwire.runtime.graph_forms import Precision
from talkwire.runtime.session import think_together


def serve(
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = DEFAULT_AVATAR,
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="AVATAR", help="Further ones that clients may ask for; loaded when they do."),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65533, help="Control; the next two are media and motion. 0 takes any free ports."
        ),
    ] = DEFAULT_PORT,
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 60,
    engine: Annotated[
        Kind, typer.Option(help="What runs the networks; auto: the best that works here, and says why.")
    ] = Kind.auto,
    precision: Annotated[
        Precision | None, typer.Option(help="Of the networks' products. [default: what suits the engine]")
    ] = None,
    npcs: Annotated[int, typer.Option(help="At most so many at once.")] = MAX_SESSIONS,
    mode: Annotated[
        Mode,
        typer.Option(help="How the skin of a learned head is computed: by its basis, or the whole network."),
    ] = "basis",
    seed: Annotated[
        int, typer.Option(help="Of the first NPC's blinks, gaze and sway; each further one has the next.")
    ] = 0,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Figures for Prometheus, /health and /ready; on loopback, where no host is named.",
        ),
    ] = None,
    keys: KeysFolder = None,
    token_file: WantedToken = None,
    shared: Shared = False,
    sessions_per_client: SessionsPerClient = MAX_CLIENT_SESSIONS,
    insecure: Insecure = False,
    drain_s: Annotated[
        float, typer.Option(min=0, max=3600, help="Told to stop, let NPCs finish for at most so long.")
    ] = 30.0,
    log_format: Annotated[Format, typer.Option(help="Of the log on stderr.")] = Format.text,
    log_level: Annotated[Level, typer.Option(help="The quietest that is logged.")] = Level.warning,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            callback=from_file,
            is_eager=True,
            help="Take what is not given here from the table [serve] of this file.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Open all that serving needs, say whether it is good, and end.")
    ] = False,
) -> None:
    """Serve NPCs until Ctrl-C or SIGTERM; what is being said is finished first, unless it is told again.

    Engines, `talkwire say` and `talkwire listen` connect to it. A first start on a card builds what runs the
    networks there, which takes a while; it is kept for the next.

    Examples: `talkwire serve --avatar nova --port 5556`, `talkwire serve --config talkwire.toml --check`
    """
    guarded = door(keys, token_file, shared, sessions_per_client)
    place = _address(metrics) if metrics is not None else None
    with progress() as say:
        troupe = Troupe(
            [avatar, *(also or [])],
            engine=engine,
            precision=precision,
            npcs=npcs,
            mode=mode,
            fps=fps,
            seed=seed,
            say=say,
        )
    for sentence in troupe.engines.passed_over:
        print(f"not {sentence}")
    print(f"engine: {troupe.engines.where}")
    server = Server(
        troupe.cast,
        host=host,
        port=port,
        insecure=insecure,
        **guarded,
        move_together=think_together,
        economise=troupe.economise,
        most_npcs=npcs,
        first_generation=first_generation(time.time()),
    )
    warn_of_open_door(host, guarded)
    with ExitStack() as stack:
        stack.callback(server.close)
        if place is not None:
            about = {"version": version("talkwire"), "avatar": troupe.first, "engine": troupe.engines.where}
            print(f"figures at {stack.enter_context(observed(server, *place, about))}")
        if check:
            print("config is good")
            return
        stack.enter_context(logging_to(sys.stderr, log_format, log_level))
        stop = _told_to_stop(server, drain_s)
        tell("server_started", endpoint=server.endpoint, avatar=troupe.first, engine=troupe.engines.where)
        print(f"serving {avatar} at {server.endpoint} (Ctrl-C stops)", flush=True)
        server.run(stop)
        tell("server_stopped")
    print("stopped", flush=True)


def _told_to_stop(server: Server, drain_s: float) -> threading.Event:
    """Ctrl-C or SIGTERM lets it finish; what this returns is set by a second one."""
    stop = threading.Event()

    def told(*_: object) -> None:
        if server.draining.asked:
            stop.set()
        elif server.busy:
            with suppress(OSError, ValueError):  # nobody reads, which is no reason to end
                os.write(sys.stdout.fileno(), b"finishing what is being said (Ctrl-C ends at once)\n")
        server.drain(drain_s)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    return stop


def _address(text: str) -> tuple[str, int]:
    """Loopback where no host is named."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise LinkError(
            "this is no place to serve figures",
            seen=text,
            wanted="[HOST:]PORT",
            cure="for example --metrics 9464",
        )
    return host or "127.0.0.1", int(port)
