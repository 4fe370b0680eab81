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
from typing import Annotated, Any

import typer

from talkwire.bridge.cluster.front import Front
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
from talkwire.cli.serve_cluster import clustered
from talkwire.cli.troupe import Recipe, Troupe
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
    npcs: Annotated[
        int, typer.Option(help="At most so many at once; with --cluster, on each worker.")
    ] = MAX_SESSIONS,
    mode: Annotated[
        Mode,
        typer.Option(help="How the skin of a learned head is computed: by its basis, or the whole network."),
    ] = "basis",
    seed: Annotated[
        int, typer.Option(help="Of the first NPC's blinks, gaze and sway; each further one has the next.")
    ] = 0,
    mark: Annotated[
        bool, typer.Option("--mark/--no-mark", help="The word 'generated' in a corner of people's videos.")
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Figures for Prometheus, /health and /ready; on loopback, where no host is named.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="NPCs on workers, by Ray, which take over from one that is lost. "
            "local, auto, HOST:PORT or ray://HOST:PORT.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="With --cluster: so many. 0: one a card, else one a core but one.")
    ] = 0,
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

    Examples: `talkwire serve --avatar nova --port 5556`, `talkwire serve --config talkwire.toml --check`,
    `talkwire serve --cluster local --workers 4`
    """
    guarded = door(keys, token_file, shared, sessions_per_client)
    place = _address(metrics) if metrics is not None else None
    avatars = [avatar, *(also or [])]
    listening = {"host": host, "port": port, "insecure": insecure, **guarded}
    listening["first_generation"] = first_generation(time.time())
    how = {"engine": engine, "precision": precision, "npcs": npcs, "mode": mode, "fps": fps, "seed": seed}
    how["mark"] = mark
    stop = threading.Event()
    with ExitStack() as stack:
        server: Server | Front
        if cluster is None:
            server, first, where = _alone(avatars, how, listening)
        else:
            recipe = Recipe.of(avatars, **how)
            server = stack.enter_context(clustered(cluster, workers, recipe, **listening))
            server.until_ready(stop)
            first, where = server.standing.avatars[0], server.standing.where
            print(f"engine: {where}")
        stack.callback(server.close)
        warn_of_open_door(host, guarded)
        if place is not None:
            about = {"version": version("talkwire"), "avatar": first, "engine": where}
            observable = server if isinstance(server, Server) else server.standing
            print(f"figures at {stack.enter_context(observed(observable, *place, about))}")
        if check:
            print("config is good")
            return
        stack.enter_context(logging_to(sys.stderr, log_format, log_level))
        _told_to_stop(server, drain_s, stop)
        tell("server_started", endpoint=server.endpoint, avatar=first, engine=where)
        print(f"serving {avatar} at {server.endpoint} (Ctrl-C stops)", flush=True)
        server.run(stop)
        tell("server_stopped")
    print("stopped", flush=True)


def _alone(avatars: list[str], how: dict[str, Any], listening: dict[str, Any]) -> tuple[Server, str, str]:
    """A server in this process, its first avatar, and what runs the networks."""
    with progress() as say:
        troupe = Troupe(avatars, say=say, **how)
    for sentence in troupe.engines.passed_over:
        print(f"not {sentence}")
    print(f"engine: {troupe.engines.where}")
    server = Server(
        troupe.cast,
        move_together=think_together,
        economise=troupe.economise,
        most_npcs=how["npcs"],
        **listening,
    )
    return server, troupe.first, troupe.engines.where


def _told_to_stop(server: Server | Front, drain_s: float, stop: threading.Event) -> None:
    """Ctrl-C or SIGTERM lets it finish; `stop` is set by a second one."""

    def told(*_: object) -> None:
        if server.draining.asked:
            stop.set()
        elif server.busy:
            with suppress(OSError, ValueError):  # nobody reads, which is no reason to end
                os.write(sys.stdout.fileno(), b"finishing what is being said (Ctrl-C ends at once)\n")
        server.drain(drain_s)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)


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
