"""The preview's door: who gets in, what garbage does, and what a tab that does not read costs."""

import asyncio
import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.conftest import PATIENCE_S
from talkwire.bridge import wire
from talkwire.bridge.limits import MAX_CONTROL_BYTES, MEDIA_QUEUE
from talkwire.bridge.media import decode_media, topic
from talkwire.bridge.message import Message, decode, encode
from talkwire.bridge.preview.outbox import NEWEST, Outbox, is_motion
from talkwire.bridge.preview.server import MOST_TABS, previewing
from talkwire.runtime.errors import LinkError

HELLO = encode(wire.Hello(1, 1, 0, "a test", ()))


@pytest.fixture
def url(endpoint: str) -> Iterator[str]:
    with previewing(endpoint, 0, {"npc": "nova", "codec": "q16"}) as address:
        yield address


@pytest.fixture
def tab(url: str) -> Iterator[Callable[[], ClientConnection]]:
    """Opens WebSockets as the page does."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(dial(url, url.rstrip("/")))


def dial(url: str, origin: str | None, host: str | None = None) -> AbstractContextManager[ClientConnection]:
    headers = {"Host": host} if host else None
    return connect(
        f"{url.replace('http', 'ws')}ws",
        origin=origin,  # type: ignore[arg-type]  # any text is tried
        additional_headers=headers,
        max_size=None,
        compression=None,
        close_timeout=1,
    )


def hear(tab: ClientConnection) -> Message:
    """The next answer, whatever media come between."""
    while True:
        data = tab.recv(timeout=PATIENCE_S)
        assert isinstance(data, bytes)
        if not data.startswith(b"tw"):
            return decode(data, expect=wire.REPLIES)


def greet(tab: ClientConnection, *planes: str) -> None:
    """Say Hello, open nova, and subscribe."""
    tab.send(HELLO)
    assert isinstance(hear(tab), wire.Welcome)
    tab.send(encode(wire.Open(2, "nova")))
    assert isinstance(hear(tab), wire.Opened)
    for plane in planes:
        tab.send(b"\1" + topic("nova", plane))


def closed_with(tab: ClientConnection) -> int:
    """Why the other side closes, as RFC 6455 numbers it."""
    with pytest.raises(ConnectionClosed) as refused:
        while True:
            tab.recv(timeout=PATIENCE_S)
    assert refused.value.rcvd is not None
    return refused.value.rcvd.code


def get(url: str, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(url), timeout=PATIENCE_S)
    connection.request(method, path, headers=headers)
    return connection.getresponse()


def port_of(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


def test_requests_go_through_as_they_are_and_subscriptions_bring_media(
    tab: Callable[[], ClientConnection],
) -> None:
    one = tab()
    greet(one, "mesh", "frame/q16")
    planes = set()
    while planes < {"mesh", "frame/q16"}:
        data = one.recv(timeout=PATIENCE_S)
        assert isinstance(data, bytes)
        if data.startswith(b"tw"):
            planes.add(decode_media(data).plane)
    one.send(b"\0" + topic("nova", "frame/q16"))  # no more of these
    one.send(encode(wire.Ping(7, 5)))
    assert isinstance(hear(one), wire.Pong)


def test_a_page_may_be_kept_by_nobody_and_runs_only_its_own_scripts(url: str) -> None:
    answer = get(url, "/")
    assert answer.status == 200 and b"<title>talkwire preview</title>" in answer.read()
    assert "script-src 'self'" in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("Cache-Control") == "no-store"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/js/main.js", "text/javascript; charset=utf-8"),
        ("/vendor/LICENSE", "text/plain; charset=utf-8"),
        ("/settings.json", "application/json"),
        ("/?npc=juno", "text/html; charset=utf-8"),
    ],
)
def test_files_have_their_types(url: str, path: str, kind: str) -> None:
    answer = get(url, path)
    assert (answer.status, answer.getheader("Content-Type")) == (200, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/js/../../server.py",
        "/%2e%2e/wire.py",
        "//etc/passwd",
        "/js",
        "/js/",
    ],
)
def test_nothing_is_found_by_climbing(url: str, path: str) -> None:
    assert get(url, path).status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::", ""])
def test_a_foreign_name_is_refused(url: str, host: str) -> None:
    assert get(url, "/", Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_names_of_this_machine_are_not(url: str, host: str) -> None:
    assert get(url, "/", Host=f"{host}:{port_of(url)}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", None]
)
def test_a_socket_from_another_site_is_refused(url: str, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"), dial(url, origin):
        pass


def test_so_is_one_that_claims_a_foreign_name_to_be_its_own(url: str) -> None:
    with pytest.raises(InvalidStatus, match=r"40[03]"), dial(url, "http://evil.example", host="evil.example"):
        pass


@pytest.mark.parametrize("garbage", [b"\xff" * 100, b"\x93\x01", b"\xc1", encode(wire.Ping(1, 1))])
def test_garbage_goes_to_the_server_which_says_so(
    tab: Callable[[], ClientConnection], garbage: bytes
) -> None:
    one = tab()
    one.send(garbage)
    assert isinstance(hear(one), wire.Error)
    greet(one)


def test_an_empty_message_harms_nobody(tab: Callable[[], ClientConnection]) -> None:
    one = tab()
    one.send(b"")
    assert isinstance(hear(one), wire.Error)
    greet(one)


def test_text_and_what_is_too_long_close_that_tab_alone(tab: Callable[[], ClientConnection]) -> None:
    other, one, two = tab(), tab(), tab()
    one.send("hello")
    assert closed_with(one) == 1003
    two.send(b"\x91" + bytes(5 * MAX_CONTROL_BYTES))
    assert closed_with(two) == 1009
    greet(other)


@pytest.mark.parametrize(
    "message",
    [b"\1", b"\1tw1/nova/audio", b"\1tw1/../audio\0", b"\0" + b"x" * 500, b"\1tw1/nova/" + b"a" * 40 + b"\0"],
)
def test_a_subscription_that_makes_no_sense_closes_the_tab(
    tab: Callable[[], ClientConnection], message: bytes
) -> None:
    one = tab()
    one.send(message)
    assert closed_with(one) == 1008


def test_a_subscription_before_the_greeting_and_too_many_close_the_tab(
    tab: Callable[[], ClientConnection],
) -> None:
    early, greedy = tab(), tab()
    early.send(b"\1" + topic("nova", "audio"))
    assert closed_with(early) == 1013
    greet(greedy)
    with suppress(ConnectionClosed):  # it may be closed before it has asked for all
        for i in range(100):
            greedy.send(b"\1" + topic(f"npc{i}", "audio"))
    assert closed_with(greedy) == 1013


def test_there_are_only_so_many_tabs(url: str, tab: Callable[[], ClientConnection]) -> None:
    tabs = [tab() for _ in range(MOST_TABS)]
    with pytest.raises(InvalidStatus, match="503"):
        tab()
    greet(tabs[0])
    tabs[1].close()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:  # its place is free once its relay has ended
        try:
            return greet(tab())
        except InvalidStatus:
            time.sleep(0.01)
    raise AssertionError("no place became free")


def test_a_tab_that_never_reads_holds_nobody_up(url: str, tab: Callable[[], ClientConnection]) -> None:
    deaf, other = tab(), tab()
    greet(deaf, "frame/f32", "frame/q16", "audio", "mesh", "texture")
    deaf.socket.settimeout(
        PATIENCE_S
    )  # from here on its library reads until its own queue is full, then stops
    greet(other, "frame/q16")
    for _ in range(120):
        assert other.recv(timeout=PATIENCE_S)


def test_bytes_that_are_no_http_harm_nobody(url: str) -> None:
    for nonsense in (
        b"\0" * 1000,
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"x" * 100_000,
    ):
        with socket.create_connection(("127.0.0.1", port_of(url)), timeout=PATIENCE_S) as stranger:
            stranger.sendall(nonsense)
            stranger.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert not stranger.recv(100).startswith(b"HTTP/1.1 200")
    assert get(url, "/").status == 200


def test_a_port_in_use_is_said(endpoint: str, url: str) -> None:
    wanted = rf"cannot be served there.*:{port_of(url)}.*another --port"
    with pytest.raises(LinkError, match=wanted), previewing(endpoint, port_of(url)):
        pass


def test_an_endpoint_that_is_none_closes_the_tab_with_the_reason() -> None:
    with previewing("nonsense", 0) as url, dial(url, url.rstrip("/")) as one:
        assert closed_with(one) == 1013


def frame(number: int) -> bytes:
    return topic("nova", "frame/q16") + number.to_bytes(4, "little")


def sound(number: int) -> bytes:
    return topic("nova", "audio") + number.to_bytes(4, "little")


def drained(outbox: Outbox, count: int) -> list[bytes | None]:
    async def take() -> list[bytes | None]:
        return [await outbox.take() for _ in range(count)]

    return asyncio.run(take())


def test_of_frames_the_newest_wait_and_of_sound_everything() -> None:
    outbox = Outbox()
    for i in range(1000):
        outbox.put([frame(i), sound(i)])
    taken = drained(outbox, 1000 + NEWEST)
    assert taken[:1000] == [sound(i) for i in range(1000)]
    assert taken[1000:] == [frame(i) for i in range(1000 - NEWEST, 1000)]


def test_a_browser_that_reads_nothing_is_let_go_of() -> None:
    outbox = Outbox()
    outbox.put(sound(i) for i in range(MEDIA_QUEUE + 1))
    outbox.put([sound(0)])
    assert drained(outbox, 1) == [None]
    assert outbox.why_closed == "the browser does not read"
    outbox.close("another reason")
    assert outbox.why_closed == "the browser does not read"


def test_what_lasts_and_what_does_not() -> None:
    lasting = ("mesh", "texture", "texture/bc1", "basis", "audio", "event")
    assert not any(is_motion(topic("nova", plane)) for plane in lasting)
    assert all(is_motion(topic("nova", plane)) for plane in ("frame/q16", "frame/basis", "patch", "viseme"))
    assert not is_motion(HELLO) and not is_motion(b"")
