"""`talkwire serve`: NPCs for whoever connects, until it is told to stop."""

from __future__ import annotations

import itertools
import signal
import threading
from typing import Annotated

import typer

from talkwire.bridge.server import Server
from talkwire.bridge.sockets import DEFAULT_PORT
from talkwire.runtime.avatar import DEFAULT_AVATAR, find_avatar, load_avatar
from talkwire.runtime.minds import open_voices
from talkwire.runtime.session import open_session, think_together


def serve(
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = DEFAULT_AVATAR,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65533, help="Control; the next two are media and motion. 0 takes any free ports."
        ),
    ] = DEFAULT_PORT,
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 60,
    seed: Annotated[
        int, typer.Option(help="Of the first NPC's blinks, gaze and sway; each further one has the next.")
    ] = 0,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine, unencrypted and to anyone.")
    ] = False,
) -> None:
    """Serve NPCs until Ctrl-C or SIGTERM. Engines, `talkwire say` and `talkwire listen` connect to it.

    Example: `talkwire serve --avatar nova --port 5556`
    """
    head = load_avatar(find_avatar(avatar))
    voices, seeds = open_voices(), itertools.count(seed)
    open_session(head, fps=fps, seed=seed, voices=voices).close()  # what cannot work is said now
    server = Server(
        lambda: open_session(head, fps=fps, seed=next(seeds), voices=voices),
        host=host,
        port=port,
        insecure=insecure,
        move_together=think_together,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print(f"serving {avatar} at {server.endpoint} (Ctrl-C stops)", flush=True)
    server.run(stop)
    print("stopped", flush=True)
