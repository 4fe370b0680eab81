"""Peers that a server must bear: one that reads nothing, one that means harm, some that join and are killed.
And one that watches how the rest of the world fares meanwhile.

`python -m talkwire.bridge.trial.strangers ROLE ENDPOINT`: each a process of its own, until it is killed. The
joiner prints, for each time that it joined, the ms until it had mesh, texture and a frame; the witness, for
each frame, when it came on the monotonic clock, in seconds, and how many ms it was under way.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import numpy as np

from talkwire.bridge import limits, wire
from talkwire.bridge.client import Client
from talkwire.bridge.message import encode
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.sockets import ClientSockets
from talkwire.runtime.errors import TalkwireError

NPCS: Final = "npc-{}"
KNOWN_NPCS: Final = 4  # the first so many are joined; they speak all the time
RATE_HZ: Final = 16_000


def join(endpoint: str) -> None:
    """Come, be complete, go; again and again."""
    chance = random.Random()
    while True:
        npc = NPCS.format(chance.randrange(KNOWN_NPCS))
        with suppress(TalkwireError), Client(endpoint) as client:
            client.open(npc)
            began_s, missing = time.monotonic(), {"mesh", "texture", "frame/q16"}
            client.listen(npc, "q16", patches=False)
            while missing and time.monotonic() - began_s < limits.PEER_TIMEOUT_S:
                missing -= {media.plane for media in client.poll(0.002)}
            print(f"{(time.monotonic() - began_s) * 1e3:.1f}", flush=True)
            until_s = time.monotonic() + chance.uniform(0.2, 1.0)
            while time.monotonic() < until_s:
                client.poll(0.02)


def read_nothing(endpoint: str) -> None:
    """Ask for everything there is, and stand still."""
    with Client(endpoint) as client:
        for number in range(KNOWN_NPCS):
            client.open(NPCS.format(number))
            client.listen(NPCS.format(number), "f32")
        os.kill(os.getpid(), signal.SIGSTOP)


def witness(endpoint: str) -> None:
    """Read one NPC, and do nothing else: what it waits for is the server's doing, not its own."""
    with Client(endpoint) as client:
        client.open(NPCS.format(0))
        client.listen(NPCS.format(0), "q16", patches=False)
        while True:
            for media in client.poll(0.02):
                message, now_ns = media.message, time.monotonic_ns()
                if isinstance(message, wire.Frame) and not message.flags & wire.REPEAT:
                    print(now_ns / NS_PER_S, (now_ns - message.server_ns) / 1e6, flush=True)


def attack(endpoint: str) -> None:
    """One harm after the other."""
    chance = random.Random(1)
    while True:
        with suppress(TalkwireError, OSError), ClientSockets(endpoint) as sockets:
            _ATTACKS[chance.choice(sorted(_ATTACKS))](sockets, endpoint, chance)
        time.sleep(0.1)


def _garbage(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    for _ in range(200):
        sockets.send(chance.randbytes(chance.randrange(300)))


def _flood(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    ping = encode(wire.Ping(1, 0))
    for _ in range(2 * limits.MESSAGE_BURST):
        sockets.send(ping)


def _big(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    sockets.send(bytes(limits.MAX_CONTROL_BYTES + 1))  # the connection is dropped for it
    time.sleep(0.2)


def _long(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    """More audio than an NPC holds, in an NPC of its own."""
    chunk = np.zeros(RATE_HZ, "<i2").tobytes()
    hello = wire.Hello(1, limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR, "harm", ())
    sockets.send(encode(hello))
    sockets.send(encode(wire.Open(2, "harm")))
    for line in range(1, 40):
        sockets.send(encode(wire.Begin(3, "harm", line, RATE_HZ)))
        for _ in range(10):
            sockets.send(encode(wire.ChunkS16(4, "harm", line, chunk)))
    time.sleep(0.5)


def _others(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    """Speak and cut where nothing was opened."""
    sockets.send(encode(wire.Hello(1, limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR, "harm", ())))
    for number in range(KNOWN_NPCS):
        sockets.send(encode(wire.Interrupt(2, NPCS.format(number))))
        sockets.send(encode(wire.Begin(3, NPCS.format(number), 1, RATE_HZ)))


def _half_open(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    """Connections that say nothing, or announce what never comes."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    opened = [socket.create_connection((host, int(port)), timeout=2) for _ in range(20)]
    for number, connection in enumerate(opened):
        if number % 2:
            greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(48)
            connection.sendall(greeting + b"\x02" + struct.pack(">Q", 1 << 60))
    time.sleep(0.3)
    for connection in opened:
        connection.close()


def _subscribe(sockets: ClientSockets, endpoint: str, chance: random.Random) -> None:
    sockets.connect_media(*(int(endpoint.rpartition(":")[2]) + offset for offset in (1, 2)))
    for number in range(2_000):
        sockets.subscribe(b"tw1/%d/" % number, motion=bool(number % 2))
    time.sleep(0.3)


def _yield_processor() -> None:
    """Take only what nobody else wants, as who is on another machine does."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(19)


_ATTACKS: Final[Mapping[str, Callable[[ClientSockets, str, random.Random], None]]] = {
    "garbage": _garbage,
    "flood": _flood,
    "big": _big,
    "long": _long,
    "others": _others,
    "half open": _half_open,
    "subscribe": _subscribe,
}
ROLES: Final[Mapping[str, Callable[[str], None]]] = {
    "joiner": join,
    "slow": read_nothing,
    "hostile": attack,
    "witness": witness,
}
FRIENDS: Final = ("witness",)

if __name__ == "__main__":
    if sys.argv[1] not in FRIENDS:
        _yield_processor()
    ROLES[sys.argv[1]](sys.argv[2])
