"""`talkwire livelink`: an NPC to whatever receives the Live Link Face app."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Annotated

import typer

from talkwire.bridge.client import DEFAULT_ENDPOINT, Client
from talkwire.bridge.datagrams import Datagrams
from talkwire.bridge.livelink import PORT, RATES_FPS, stream
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink, best_sink
from talkwire.bridge.playing.watching import watch
from talkwire.cli.connecting import Key, Server, ServerKey, TokenFile, credentials


def livelink(
    npc: Annotated[str, typer.Option(help="Whose face.")] = "nova",
    to: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Where Unreal, Blender or another receiver listens.")
    ] = f"127.0.0.1:{PORT}",
    subject: Annotated[
        str | None, typer.Option(help="Its name there. [default: the NPC's]", show_default=False)
    ] = None,
    fps: Annotated[int, typer.Option(help="24, 30 or 60 a second.")] = 60,
    server: Server = DEFAULT_ENDPOINT,
    key: Key = None,
    server_key: ServerKey = None,
    token_file: TokenFile = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this long; else Ctrl-C stops.")] = None,
    mute: Annotated[bool, typer.Option("--mute", help="No sound here, but the same clock.")] = False,
) -> None:
    """Send an NPC's face as Live Link Face does, in time with the sound that is played here.

    MetaHuman in Unreal and add-ons of Blender receive it as they are: 52 ARKit weights, head and eyes. Live
    Link Face carries no sound.

    Example: `talkwire livelink --npc nova --to 192.168.1.20`
    """
    if fps not in RATES_FPS:
        raise typer.BadParameter(f"{fps} frames a second are none of {', '.join(map(str, RATES_FPS))}")
    host, port = _place(to)
    sent = 0
    with ExitStack() as stack:
        datagrams = stack.enter_context(Datagrams(host, port))
        sink = SilentSink() if mute else best_sink()
        stack.callback(sink.close)
        client = stack.enter_context(Client(server, **credentials(key, server_key, token_file)))
        client.open(npc)
        client.listen(npc, "arkit", patches=False)
        print(f"{npc} to {host}:{port} as {subject or npc}, {fps} frames/s (Ctrl-C stops)", flush=True)
        pictures = watch(client, Player(sink), seconds=seconds, display_hz=fps)
        try:
            for _ in stream(pictures, datagrams.send, subject or npc, fps, _time_of_day_s):
                sent += 1
        except KeyboardInterrupt:  # the way to stop
            pass
    print(f"{sent} datagrams sent")


def _place(text: str) -> tuple[str, int]:
    """HOST, HOST:PORT or [IPv6]:PORT."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]") or (":" in host and not host.endswith("]")):
        host, port = text, str(PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{text!r} is no place to send to; wanted HOST or HOST:PORT")
    return host.strip("[]"), int(port)


def _time_of_day_s() -> float:
    now_s = time.time()
    local = time.localtime(now_s)
    return local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec + now_s % 1
