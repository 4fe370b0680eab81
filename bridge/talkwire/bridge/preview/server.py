"""The preview: a page and its WebSocket on loopback, one relay to the server for each tab.

The only importer of websockets. The page is a client of the protocol as any other, in JavaScript: all
that this process adds is that a browser cannot speak ZeroMQ.

Nobody else gets in: it listens on loopback, answers only to names of loopback (a foreign name that was
made to resolve here is refused: DNS rebinding), and a WebSocket must come from this very page.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from talkwire.bridge.access.curve import ClientKeys
from talkwire.bridge.limits import MAX_CONTROL_BYTES
from talkwire.bridge.preview.files import PLAIN, File, page_files
from talkwire.bridge.preview.outbox import Outbox
from talkwire.bridge.preview.relay import Relay
from talkwire.runtime.errors import LinkError, TalkwireError

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8765
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))
MOST_TABS: Final = 16
SOCKET_PATH: Final = "/ws"
STILL_S: Final = 20.0  # a browser that has not answered a ping for so long is gone
GOODBYE_S: Final = 1.0
POLICY_VIOLATION, UNSUPPORTED, TRY_LATER = 1008, 1003, 1013  # RFC 6455, 7.4.1, and IANA's registry
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",  # with the next: fine clocks in the page
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}

_quiet = logging.getLogger(f"{__name__}.peers")  # of strangers that say nonsense: no news
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@contextmanager
def previewing(
    endpoint: str,
    port: int = DEFAULT_PORT,
    settings: Mapping[str, str] | None = None,
    *,
    keys: ClientKeys | None = None,
) -> Iterator[str]:
    """Serve the page of the talkwire server at `endpoint`, in a thread; gives its address. Port 0: any free.

    settings: what the page is told (`npc`, `codec`, `patches`, `token`).  keys: for a server that wants them.
    Raises LinkError when the port is taken.
    """
    listening = _listen(port)
    site = _Site(endpoint, page_files({"endpoint": endpoint, **(settings or {})}), keys)
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(site.run(listening, stop)),
        name="talkwire-preview",
        daemon=True,
    )
    thread.start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}/"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise LinkError(
            "the preview page cannot be served there",
            seen=f"{os.strerror(error.errno or 0)}: {HOST}:{port}",
            wanted="a free port",
            cure="stop the other program, or choose another --port",
        ) from None


class _Site:
    def __init__(self, endpoint: str, pages: Mapping[str, File], keys: ClientKeys | None) -> None:
        self._endpoint, self._pages, self._keys = endpoint, pages, keys
        self._tabs = 0

    async def run(self, listening: socket.socket, stop: asyncio.Event) -> None:
        async with serve(
            self._tab,
            sock=listening,
            process_request=self._answer,
            compression=None,  # vertices do not shrink, and it is loopback
            max_size=MAX_CONTROL_BYTES,
            ping_interval=STILL_S,
            ping_timeout=STILL_S,
            close_timeout=GOODBYE_S,
            server_header=None,
            logger=_quiet,
        ):
            await stop.wait()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A file, a refusal, or None: let a WebSocket come."""
        if not _is_loopback(request.headers.get_all("Host")):
            return _response(403, "Forbidden", b"this page answers to loopback names only\n")
        if getattr(request, "method", "GET") != "GET":  # websockets before 17 lets no other come this far
            return _response(405, "Method Not Allowed", b"this page is only read\n")
        path = request.path.partition("?")[0]
        if path == SOCKET_PATH:
            return self._admit(request)
        file = self._pages.get(path)
        if file is None:
            return _response(404, "Not Found", b"there is no such page\n")
        return _response(200, "OK", file.data, file.type)

    def _admit(self, request: Request) -> Response | None:
        origin = f"http://{request.headers['Host']}"
        if request.headers.get_all("Origin") != [origin]:
            return _response(403, "Forbidden", b"only the preview's own page may connect\n")
        if self._tabs >= MOST_TABS:
            return _response(503, "Service Unavailable", b"too many tabs are open\n")
        return None

    async def _tab(self, browser: ServerConnection) -> None:
        """One tab: its relay to the server, and two directions of messages."""
        outbox, loop = Outbox(), asyncio.get_running_loop()
        try:
            relay = Relay(
                self._endpoint,
                deliver=lambda parts: _in_loop(loop, partial(outbox.put, parts)),
                gone=lambda why: _in_loop(loop, partial(outbox.close, why)),
                keys=self._keys,
            )
        except TalkwireError as error:
            await _close(browser, TRY_LATER, str(error))
            return
        self._tabs += 1
        sending = asyncio.create_task(_send(browser, outbox))
        try:
            await _receive(browser, relay)
        finally:
            self._tabs -= 1
            sending.cancel()
            await asyncio.to_thread(relay.close)


async def _receive(browser: ServerConnection, relay: Relay) -> None:
    """Until either side closes, for whatever reason."""
    with suppress(ConnectionClosed):
        async for message in browser:
            if isinstance(message, str):
                await _close(browser, UNSUPPORTED, "only binary messages are understood")
                return
            try:
                relay.take(message)
            except TalkwireError as error:
                await _close(browser, POLICY_VIOLATION, str(error))
                return


async def _send(browser: ServerConnection, outbox: Outbox) -> None:
    try:
        while (part := await outbox.take()) is not None:
            async with asyncio.timeout(STILL_S):
                await browser.send(part)
        await _close(browser, TRY_LATER, outbox.why_closed)
    except TimeoutError:  # it reads nothing: it would not read a goodbye either
        browser.transport.abort()
    except ConnectionClosed:
        pass


async def _close(browser: ServerConnection, code: int, why: str) -> None:
    await browser.close(code, why.encode()[:120].decode(errors="ignore"))  # RFC 6455 allows 123 bytes


def _in_loop(loop: asyncio.AbstractEventLoop, call: partial[None]) -> None:
    with suppress(RuntimeError):  # the loop has ended before the relay
        loop.call_soon_threadsafe(call)


def _is_loopback(hosts: list[str]) -> bool:
    if len(hosts) != 1:
        return False
    try:
        return urlsplit(f"//{hosts[0]}").hostname in LOOPBACK
    except ValueError:
        return False


def _response(code: int, reason: str, data: bytes, type_: str = PLAIN) -> Response:
    headers = Headers({**HEADERS, "Content-Type": type_, "Content-Length": str(len(data))})
    return Response(code, reason, headers, data)
