"""One browser tab's own connection to the server: what a browser cannot do, speak ZeroMQ, and nothing else.

| from the browser | becomes |
|---|---|
| byte 1 or 0, topic | a subscription, or its end: ZeroMQ's own message for it |
| anything else | a request on the control socket, as it is |

Answers and media go to the browser as they are. Only Welcome is looked into, for the media ports.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from talkwire.bridge.access.curve import ClientKeys
from talkwire.bridge.limits import MAX_PREFIX_BYTES, MESSAGE_BURST
from talkwire.bridge.message import decode
from talkwire.bridge.preview.outbox import is_motion
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.wire import SESSION_PATTERN, Welcome
from talkwire.runtime.errors import LinkError, ProtocolError, TalkwireError

MOST_UNANSWERED_BYTES: Final = 16 * 1024 * 1024  # a server that takes requests answers some of them
MOST_SUBSCRIPTIONS: Final = 64
LONGEST_WAIT_S: Final = 1.0
_TOPIC: Final = re.compile(rf"tw\d+/{SESSION_PATTERN}/[a-z0-9/]{{1,16}}\0".encode())


class Relay:
    """Runs in a thread of its own, which calls `deliver` and `gone`. All else: from any thread."""

    def __init__(
        self,
        endpoint: str,
        *,
        deliver: Callable[[list[bytes]], None],
        gone: Callable[[str], None],
        keys: ClientKeys | None = None,
    ) -> None:
        """gone: called once, with the reason. Raises LinkError when the endpoint is no address."""
        self._deliver, self._gone = deliver, gone
        self._sockets = ClientSockets(endpoint, keys)
        self._connected = self._stopping = False
        self._subscribed: set[bytes] = set()
        self._requests: deque[bytes] = deque()
        self._unanswered_bytes = 0
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        self._sockets.also_wake(self._woken.fileno())
        self._thread = threading.Thread(target=self._run, name="talkwire-relay", daemon=True)
        self._thread.start()

    def take(self, message: bytes) -> None:
        """From the browser. Raises ProtocolError for a subscription that makes no sense, LinkError for more
        than the server takes.
        """
        if message[:1] in (b"\0", b"\1"):
            _check_topic(message[1:])
        if len(self._requests) >= MESSAGE_BURST:
            raise _stuck(f"{len(self._requests)} messages waiting")
        self._requests.append(message)
        self._prod()

    def close(self) -> None:
        """End it, and wait until it has. Again is harmless."""
        self._stopping = True
        self._prod()
        self._thread.join()

    def _prod(self) -> None:
        with suppress(OSError):  # it has been prodded enough, or has ended
            self._wake.send(b"\0")

    def _run(self) -> None:
        why = "the preview stops"
        try:
            with self._sockets:
                while not self._stopping:
                    self._turn()
        except TalkwireError as error:
            why = str(error)
        finally:
            self._wake.close()
            self._woken.close()
            self._gone(why)

    def _turn(self) -> None:
        self._sockets.poll(LONGEST_WAIT_S)
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._requests:
            self._pass_on(self._requests.popleft())
        arrived = [*self._replies(), *self._sockets.media()]
        if arrived:
            self._deliver(arrived)

    def _pass_on(self, message: bytes) -> None:
        if message[:1] in (b"\0", b"\1"):
            self._subscribe(message[1:], wanted=message[:1] == b"\1")
            return
        self._unanswered_bytes += len(message)
        if self._unanswered_bytes > MOST_UNANSWERED_BYTES or not self._sockets.send(message):
            raise _stuck(f"{self._unanswered_bytes} bytes without an answer")

    def _subscribe(self, topic: bytes, *, wanted: bool) -> None:
        if not self._connected:
            raise ProtocolError(
                "a subscription came too early",
                seen=repr(topic),
                wanted="Welcome before it",
                cure="say Hello",
            )
        if wanted == (topic in self._subscribed):
            return
        if wanted and len(self._subscribed) >= MOST_SUBSCRIPTIONS:
            raise ProtocolError(
                "there are too many subscriptions",
                seen=len(self._subscribed) + 1,
                wanted=f"at most {MOST_SUBSCRIPTIONS}",
                cure="end some",
            )
        if wanted:
            self._subscribed.add(topic)
            self._sockets.subscribe(topic, motion=is_motion(topic))
        else:
            self._subscribed.discard(topic)
            self._sockets.unsubscribe(topic, motion=is_motion(topic))

    def _replies(self) -> Iterator[bytes]:
        for reply in self._sockets.replies():
            self._unanswered_bytes = 0
            if not self._connected and reply[1:2] == bytes([Welcome.tag]):
                welcome = decode(reply, expect=(Welcome,))
                assert isinstance(welcome, Welcome)
                self._sockets.connect_media(welcome.media_port, welcome.motion_port)
                self._connected = True
            yield reply


def _check_topic(topic: bytes) -> None:
    if len(topic) > MAX_PREFIX_BYTES or _TOPIC.fullmatch(topic) is None:
        raise ProtocolError(
            "this is no topic to subscribe to",
            seen=repr(topic[:40]),
            wanted=r"something like b'tw1/nova/audio\x00'",
            cure="see bridge/PROTOCOL.md",
        )


def _stuck(seen: str) -> LinkError:
    return LinkError("the server takes no more messages", seen=seen, wanted="answers", cure="restart it")
