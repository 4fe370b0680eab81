"""`talkwire preview`: the talking head in a browser, with its sound, sliders and statistics."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
import webbrowser
from contextlib import ExitStack
from typing import Annotated, Literal

import typer

from talkwire.bridge.client import Client
from talkwire.bridge.preview.server import DEFAULT_PORT, previewing
from talkwire.bridge.serving.logs import Level, logging_to
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.wire import Open
from talkwire.cli.connecting import Key, ServerKey, TokenFile, credentials
from talkwire.runtime.avatar import DEFAULT_AVATAR, find_avatar, load_avatar
from talkwire.runtime.errors import MissingDependency
from talkwire.runtime.session import open_session

Codec = Literal["q16", "basis"]


def preview(
    server: Annotated[
        str | None,
        typer.Option(help="Where `talkwire serve` listens.", show_default="a server of its own"),
    ] = None,
    key: Key = None,
    server_key: ServerKey = None,
    token_file: TokenFile = None,
    avatar: Annotated[
        str, typer.Option(help="Of its own server: a shipped avatar's name, or an avatar file.")
    ] = DEFAULT_AVATAR,
    npc: Annotated[str, typer.Option(help="Whom to show.")] = "nova",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page, on this machine alone. 0 takes any free one.")
    ] = DEFAULT_PORT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    codec: Annotated[
        Codec, typer.Option(help="Of frames: all vertices, or coefficients of the head's basis.")
    ] = "q16",
    lossless: Annotated[
        bool, typer.Option("--lossless", help="What of the texture changes comes as it is, not as JPEG.")
    ] = False,
) -> None:
    """Show an NPC in the browser: face, sound, microphone, emotions, statistics, curves.

    Example: `talkwire preview --avatar nova-dyntet`

    Drop an audio file on the page, and it is said. Ends with Ctrl-C or SIGTERM.
    """
    Open(1, npc)  # a name that cannot be one is said now
    known = credentials(key, server_key, token_file)
    if browser:
        _find_browser()
    with ExitStack() as stack:
        stack.enter_context(logging_to(sys.stderr, level=Level.error))  # what it saves is on the page
        if server is None:
            server = stack.enter_context(serving(_own_server(avatar)))
        else:
            Client(server, **known).__exit__(None, None, None)  # nobody there is said now
        settings = {"npc": npc, "codec": codec}
        settings |= {"patches": "rgb"} if lossless else {}
        settings |= {"token": known["token"]} if known["token"] else {}
        url = stack.enter_context(previewing(server, port, settings, keys=known["keys"]))
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print(f"previewing {npc} at {url} (Ctrl-C stops)", flush=True)
        if browser:  # in a thread: some are programs that end when their window is closed
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        while not stop.wait(0.5):  # a signal that another thread gets is heard when this one turns
            pass
    print("stopped", flush=True)


def _own_server(avatar: str) -> Server:
    head, seeds = load_avatar(find_avatar(avatar)), itertools.count()
    open_session(head).close()  # what cannot work is said now
    return Server(lambda: open_session(head, seed=next(seeds)), port=0)


def _find_browser() -> None:
    try:
        webbrowser.get()
    except webbrowser.Error:
        raise MissingDependency(
            "there is no browser to open the page with",
            seen="none that this machine names",
            wanted="one, or the environment variable BROWSER",
            cure="add --no-browser and open the address yourself",
        ) from None
