"""Servers that mean no good, each by its name: a client must bear them without waiting, growing or failing.

`with hostile("stalls_in_frame") as endpoint:`; or `python hostile.py NAME`, which says where it listens and
goes on until it is killed. ZMTP is spoken by hand, as no library would do these things.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from talkwire.bridge import wire
from talkwire.bridge.media import Media, encode_media
from talkwire.bridge.message import Message, decode, encode
from talkwire.runtime.errors import TalkwireError

GREETING: Final = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)
LONG, COMMAND = 2, 4
ID: Final = "0123456789abcdef"
RUN: Final = "0badcafe0badcafe"
BEAT_S: Final = 0.2  # at most until a stopped server has ended


class Peer:
    """One client's connection. Its calls raise OSError once the client or the server has gone."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self._connection, self.stop = connection, stop
        self._bytes = b""
        connection.settimeout(BEAT_S)

    def send(self, data: bytes) -> None:
        """As it is."""
        while data:
            if self.stop.is_set():
                raise ConnectionError
            with suppress(TimeoutError):
                data = data[self._connection.send(data) :]

    def take(self, count: int) -> bytes:
        """So many bytes of the client's."""
        while len(self._bytes) < count:
            if self.stop.is_set():
                raise ConnectionError
            with suppress(TimeoutError):
                came = self._connection.recv(65536)
                if not came:
                    raise ConnectionError
                self._bytes += came
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken

    def shake(self, kind: bytes) -> None:
        """A handshake as it should be."""
        self.send(GREETING)
        self.take(len(GREETING))
        self.send(ready(kind))
        self.frame()

    def frame(self) -> tuple[int, bytes]:
        """(flags, body) of the client's next frame."""
        flags, length = self.take(2)
        if flags & LONG:
            (length,) = struct.unpack(">Q", bytes([length]) + self.take(7))
        return flags, self.take(length)

    def request(self) -> Message:
        """The client's next message."""
        while True:
            flags, body = self.frame()
            if not flags & COMMAND:
                return decode(body, expect=wire.REQUESTS)

    def reply(self, message: Message) -> None:
        """A message as it should be."""
        self.send(frame(encode(message)))

    def rest(self) -> None:
        """Say no more, and read nothing."""
        self.stop.wait()

    def reset(self) -> None:
        """Close without a word."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


def frame(body: bytes, flags: int = 0) -> bytes:
    """One frame."""
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return bytes([flags | LONG]) + struct.pack(">Q", len(body)) + body


def command(name: bytes, body: bytes = b"") -> bytes:
    """One command."""
    return frame(bytes([len(name)]) + name + body, COMMAND)


def ready(kind: bytes) -> bytes:
    """READY of a socket of this kind."""
    return command(b"READY", b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind)


Behaviour = Callable[[Peer, "House"], None]


class House:
    """Three ports, and a behaviour for each."""

    def __init__(self, control: Behaviour, media: Behaviour, motion: Behaviour) -> None:
        self.stop = threading.Event()
        self.connections = 0
        self._doors = [self._open(behaviour) for behaviour in (control, media, motion)]
        self.ports = [door.getsockname()[1] for door in self._doors]

    def close(self) -> None:
        """End all of it."""
        self.stop.set()
        for door in self._doors:
            door.close()

    def welcome(self, hello: Message, major: int = 1) -> Message:
        """The answer to Hello."""
        assert isinstance(hello, wire.Hello)
        ports = (self.ports[1], self.ports[2])
        return wire.Welcome(hello.ref, major, 2, "hostile", ("codec:q16",), *ports, RUN, ("nova",))

    def _open(self, behaviour: Behaviour) -> socket.socket:
        door = socket.create_server(("127.0.0.1", 0))
        door.settimeout(BEAT_S)
        threading.Thread(target=self._serve, args=(door, behaviour), daemon=True).start()
        return door

    def _serve(self, door: socket.socket, behaviour: Behaviour) -> None:
        while not self.stop.is_set():
            with suppress(TimeoutError, OSError):
                connection, _ = door.accept()
                self.connections += 1
                threading.Thread(target=self._meet, args=(connection, behaviour), daemon=True).start()

    def _meet(self, connection: socket.socket, behaviour: Behaviour) -> None:
        with connection, suppress(OSError, TalkwireError):
            behaviour(Peer(connection, self.stop), self)


# what control may do


def silent(peer: Peer, house: House) -> None:
    """Accepts, and says nothing."""
    peer.rest()


def resets(peer: Peer, house: House) -> None:
    """Accepts, and throws out."""
    peer.reset()


def http(peer: Peer, house: House) -> None:
    """Is another kind of server."""
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 3)
    peer.rest()


def half_greeting(peer: Peer, house: House) -> None:
    """Stops in the middle of its first word."""
    peer.send(GREETING[:11])
    peer.rest()


def drips(peer: Peer, house: House) -> None:
    """A byte now and then."""
    for byte in GREETING + ready(b"ROUTER"):
        peer.send(bytes([byte]))
        peer.stop.wait(0.05)
    peer.rest()


def wants_keys(peer: Peer, house: House) -> None:
    """Speaks CURVE alone."""
    peer.send(GREETING.replace(b"NULL\0", b"CURVE"))
    peer.rest()


def rubbish_ready(peer: Peer, house: House) -> None:
    """READY whose properties lie about their lengths."""
    peer.send(GREETING)
    peer.send(command(b"READY", b"\x0bSocket-Type" + struct.pack(">I", 2**32 - 1) + b"ROUTER"))
    peer.rest()


def early_ping(peer: Peer, house: House) -> None:
    """PING before READY."""
    peer.send(GREETING + command(b"PING", bytes(2) + b"context"))
    peer.rest()


def another_port(peer: Peer, house: House) -> None:
    """Is a publisher."""
    peer.shake(b"XPUB")
    peer.rest()


def lies_about_lengths(peer: Peer, house: House) -> None:
    """Announces more than there is memory."""
    peer.shake(b"ROUTER")
    peer.send(bytes([LONG]) + struct.pack(">Q", 2**63 - 1) + b"x" * 1000)
    peer.rest()


def stalls_in_frame(peer: Peer, house: House) -> None:
    """Stops in the middle of a long message, which it is allowed to send."""
    peer.shake(b"ROUTER")
    peer.send(bytes([LONG]) + struct.pack(">Q", 31 << 20) + b"x" * 100_000)
    peer.rest()


def never_answers(peer: Peer, house: House) -> None:
    """Shakes hands, and answers nothing."""
    peer.shake(b"ROUTER")
    while True:
        peer.frame()


def major_2(peer: Peer, house: House) -> None:
    """Is of another major version."""
    peer.shake(b"ROUTER")
    hello = peer.request()
    assert isinstance(hello, wire.Hello)
    peer.send(frame(bytes([0x95, 2, hello.ref, 2, 0, 0xA0])))
    peer.rest()


def rubbish_answers(peer: Peer, house: House) -> None:
    """Answers with what is no message, as fast as it can."""
    peer.shake(b"ROUTER")
    chance = random.Random(1)
    while True:
        peer.send(frame(chance.randbytes(chance.randrange(600))))


def greet_without_end(peer: Peer, house: House) -> None:
    """Knows nobody, whatever is said."""
    peer.shake(b"ROUTER")
    while True:
        request = peer.request()
        if isinstance(request, wire.Hello):
            peer.reply(house.welcome(request))
        else:
            peer.reply(wire.Error(int(getattr(request, "ref")), "greet", "a", "b", "c", "d"))  # noqa: B009


def floods_pings(peer: Peer, house: House) -> None:
    """Wants an answer to everything, and reads none."""
    peer.shake(b"ROUTER")
    pings = command(b"PING", bytes(2) + b"0123456789abcdef") * 1000
    while True:
        peer.send(pings)


def reads_nothing(peer: Peer, house: House) -> None:
    """Says welcome and opens, and reads no more."""
    peer.shake(b"ROUTER")
    peer.reply(house.welcome(peer.request()))
    while not isinstance(request := peer.request(), wire.Open):
        pass
    peer.reply(wire.Opened(request.ref, request.session, ID, 60, 0.1, 30.0, "nova", "frame/q16"))
    peer.rest()


def hangs_up_on_all(peer: Peer, house: House) -> None:
    """Says welcome, and goes."""
    peer.shake(b"ROUTER")
    peer.reply(house.welcome(peer.request()))


def polite(peer: Peer, house: House) -> None:
    """Does what it should."""
    peer.shake(b"ROUTER")
    while True:
        request = peer.request()
        match request:
            case wire.Hello():
                peer.reply(house.welcome(request))
            case wire.Ping():
                peer.reply(wire.Pong(request.ref, request.client_ns, time.monotonic_ns()))
            case wire.Open():
                opened = wire.Opened(request.ref, request.session, ID, 60, 0.1, 30.0, "nova", "frame/q16")
                peer.reply(opened)


# what media and motion may do


def publishes_nothing(peer: Peer, house: House) -> None:
    """Takes subscriptions."""
    peer.shake(b"XPUB")
    while True:
        peer.frame()


def floods(peer: Peer, house: House) -> None:
    """Sound and rubbish for nova, as fast as it can."""
    peer.shake(b"XPUB")
    audio = wire.Audio(1, 1, 0, 16_000, 0, 1, bytes(640))
    part = encode_media(Media("nova", "audio", audio))
    good, broken = frame(part), frame(part[:-1]) + frame(b"tw1/nova/audio\0") + frame(b"what")
    while True:
        peer.send((good * 50 + broken) * 20)


def stalls(peer: Peer, house: House) -> None:
    """Stops in the middle of a message."""
    peer.shake(b"XPUB")
    peer.send(bytes([LONG]) + struct.pack(">Q", 31 << 20) + b"tw1/nova/mesh\0" + bytes(100_000))
    peer.rest()


def lies(peer: Peer, house: House) -> None:
    """Announces too much, again and again."""
    peer.shake(b"XPUB")
    peer.send(bytes([LONG]) + struct.pack(">Q", 33 << 20))
    peer.rest()


HOUSES: Final[Mapping[str, tuple[Behaviour, Behaviour, Behaviour]]] = {
    **{
        control.__name__: (control, publishes_nothing, publishes_nothing)
        for control in (
            *(
                silent,
                resets,
                http,
                half_greeting,
                drips,
                wants_keys,
                rubbish_ready,
                early_ping,
                another_port,
            ),
            *(
                lies_about_lengths,
                stalls_in_frame,
                never_answers,
                major_2,
                rubbish_answers,
                greet_without_end,
            ),
            *(floods_pings, reads_nothing, hangs_up_on_all),
        )
    },
    "floods": (polite, floods, floods),
    "stalls": (polite, stalls, stalls),
    "lies": (polite, lies, lies),
    "silent_readers": (polite, silent, silent),
    "wrong_readers": (polite, polite, polite),
}


@contextmanager
def hostile(name: str) -> Iterator[str]:
    """Its endpoint."""
    house = House(*HOUSES[name])
    try:
        yield f"tcp://127.0.0.1:{house.ports[0]}"
    finally:
        house.close()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in HOUSES:
        sys.exit(f"usage: python hostile.py NAME, one of: {', '.join(HOUSES)}")
    with hostile(sys.argv[1]) as where:
        print(where, flush=True)
        threading.Event().wait()
