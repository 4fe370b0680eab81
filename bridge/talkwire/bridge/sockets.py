"""ZeroMQ: with `curve` the only importer of zmq. Bytes in, bytes out; nothing here knows what they mean.

Three sockets a side. Control (ROUTER/DEALER) carries requests. Media and motion (XPUB/SUB) differ only in
what happens when a reader is slow: the media queue is long, for what must not be lost; the motion queue
holds a few frames, for what is worthless when old. With keys, all three are CURVE, and a reader may read what
is its own.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Protocol, Self

import zmq

from talkwire.bridge.access.curve import ClientKeys, Door, Guests, Handshakes, be_client, be_server, user_of
from talkwire.bridge.access.readers import Readers
from talkwire.bridge.limits import MAX_CONTROL_BYTES, MAX_MEDIA_BYTES, MEDIA_QUEUE, MOTION_QUEUE
from talkwire.runtime.errors import LinkError

DEFAULT_PORT: Final = 5556
LINGER_MS: Final = 100
# A peer whose machine is gone, or that reads nothing of what waits for it, is hung up on after this. The
# system sees to it, not ZMTP's heartbeats: their timer ends the whole process where it finds a connection
# that was closed with more unread than a queue holds, or drops what is unread (zeromq/libzmq#4364).
SILENT_MS: Final = 6_000
KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES = 2, 1, 4
HANDSHAKE_MS: Final = 5_000  # who has not said who it is by then is hung up on
# libzmq takes what waits of subscriptions whenever a socket is touched, and keeps all of it. For a flood to
# wait where it comes from, few may wait here, and a publisher that has many is left alone at times.
SUBSCRIPTIONS_WAITING: Final = 8
FLOOD_PAUSE_S: Final = 0.02
MAX_TOPIC_BYTES: Final = 512  # all that a reader may send on a media socket: a handshake, subscriptions


class _Sockets:
    """A context, its sockets, and one poll over them."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        self._ready: set[object] = set()  # what the last poll found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every socket; last words get a moment to leave. Again is harmless."""
        self._context.destroy(linger=LINGER_MS)

    def poll(self, timeout_s: float) -> bool:
        """Wait until something can be received, at most this long. Whether anything can."""
        self._ready = {socket for socket, _ in self._poller.poll(max(0, math.ceil(timeout_s * 1000)))}
        return bool(self._ready)

    def also_wake(self, descriptor: int) -> None:
        """Let `poll` end, too, when this socket of the system can be read."""
        self._poller.register(descriptor, zmq.POLLIN)

    def _socket(self, kind: int, *, max_bytes: int, queue: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = LINGER_MS
        socket.setsockopt(zmq.MAXMSGSIZE, max_bytes)
        socket.setsockopt(zmq.SNDHWM, queue)
        socket.setsockopt(zmq.RCVHWM, queue)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        socket.setsockopt(zmq.TCP_MAXRT, SILENT_MS)
        socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
        socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S)
        socket.setsockopt(zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S)
        socket.setsockopt(zmq.TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES)
        return socket


class Wires(Protocol):
    """What a server needs of its sockets; see ServerSockets."""

    @property
    def endpoint(self) -> str:
        """Of control."""
        ...

    @property
    def media_port(self) -> int:
        """Where media is read."""
        ...

    @property
    def motion_port(self) -> int:
        """Where motion is read."""
        ...

    def poll(self, timeout_s: float) -> bool:
        """Wait for something."""
        ...

    def requests(self, at_most: int) -> Iterator[tuple[bytes, str, list[bytes]]]:
        """What has arrived: (peer, user, parts)."""
        ...

    def reply(self, peer: bytes, data: bytes) -> None:
        """To one peer."""
        ...

    def publish_media(self, data: bytes) -> None:
        """To readers, through the long queue."""
        ...

    def publish_motion(self, data: bytes) -> None:
        """To readers, through the short queue."""
        ...

    def subscriptions(self, at_most: int) -> Iterator[tuple[bool, bool, bytes]]:
        """(motion?, joined?, prefix)."""
        ...

    def close(self) -> None:
        """End. Again is harmless."""
        ...


class ServerSockets(_Sockets):
    """The server's side, bound. Port 0 picks three free ports, else control is port, media +1, motion +2."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        insecure: bool = False,
        keys: Guests | None = None,
        may_read: Callable[[bytes, str], bool] | None = None,
    ) -> None:
        """keys: who may connect; None for anybody.  may_read: whether a topic is for this user; None: it is.
        Raises LinkError when a port is taken, or host is not this machine and there are neither keys nor the
        wish to be insecure.
        """
        _refuse_open_door(host, insecure or keys is not None)
        super().__init__()
        self._door: Door | None = None
        self._flooded: dict[zmq.Socket[bytes], float] = {}  # until when they are not looked at
        try:
            self._control = self._socket(zmq.ROUTER, max_bytes=MAX_CONTROL_BYTES, queue=MEDIA_QUEUE)
            self._media = self._socket(zmq.XPUB, max_bytes=MAX_TOPIC_BYTES, queue=MEDIA_QUEUE)
            self._motion = self._socket(zmq.XPUB, max_bytes=MAX_TOPIC_BYTES, queue=MOTION_QUEUE)
            self._publishers = (self._media, self._motion)
            self._readers = tuple(Readers(may_read) for _ in self._publishers) if may_read else ()
            for publisher in self._publishers:
                publisher.setsockopt(zmq.RCVHWM, SUBSCRIPTIONS_WAITING)
                publisher.setsockopt(zmq.XPUB_VERBOSE, 1)  # tell of every late joiner, not only the first
                publisher.setsockopt(zmq.XPUB_MANUAL, int(may_read is not None))
            sockets = (self._control, *self._publishers)
            if keys is not None:
                self._door = Door(self._context, keys)
                self._poller.register(self._door.socket, zmq.POLLIN)
                for socket in sockets:
                    be_server(socket, keys.secret)
            for offset, socket in enumerate(sockets):
                _bind(socket, host, port + offset if port else 0)
                self._poller.register(socket, zmq.POLLIN)
        except BaseException:
            self.close()
            raise
        self.endpoint, media, motion = (_address(socket) for socket in sockets)
        self.media_port, self.motion_port = (int(e.rpartition(":")[2]) for e in (media, motion))

    def poll(self, timeout_s: float) -> bool:
        """Wait until something can be received, at most this long. Whether anything can."""
        now_s = time.monotonic()
        for publisher in [one for one, until_s in self._flooded.items() if until_s <= now_s]:
            del self._flooded[publisher]
            self._poller.register(publisher, zmq.POLLIN)
        ready = super().poll(min(timeout_s, FLOOD_PAUSE_S) if self._flooded else timeout_s)
        if self._door is not None:
            self._door.answer()
        return ready

    def requests(self, at_most: int) -> Iterator[tuple[bytes, str, list[bytes]]]:
        """What has arrived: (peer, user, parts), peers in turn. user: a public key, "" without keys.

        A message of more than one part is nothing of ours, and has none here: they are not copied.
        """
        for _ in range(at_most):
            try:
                peer, *parts = self._control.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            user = user_of(parts[-1]) if self._door is not None and parts else ""
            yield peer.bytes, user, [parts[0].bytes] if len(parts) == 1 else []

    def reply(self, peer: bytes, data: bytes) -> None:
        """Send to one peer; dropped when it has gone or does not read."""
        self._control.send_multipart([peer, data])

    def publish_media(self, data: bytes) -> None:
        """To whoever subscribed to its topic, through the long queue."""
        self._media.send(data)

    def publish_motion(self, data: bytes) -> None:
        """To whoever subscribed to its topic, through the short queue."""
        self._motion.send(data, copy=False)

    def subscriptions(self, at_most: int) -> Iterator[tuple[bool, bool, bytes]]:
        """(motion?, joined?, prefix): one for each new reader of a prefix, one when its last has left.

        at_most: of each socket; one with more is then left alone for a moment.
        """
        for motion, publisher in enumerate(self._publishers):
            if publisher in self._flooded:
                continue
            for _ in range(at_most):
                try:
                    frame = publisher.recv(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    break
                data = frame.bytes
                if data[:1] not in (b"\0", b"\1"):  # chatter of a peer that is no reader
                    continue
                joined, prefix = data[:1] == b"\1", data[1:]
                if not self._readers or self._let_read(motion, joined, prefix, user_of(frame)):
                    yield bool(motion), joined, prefix
            else:
                self._flooded[publisher] = time.monotonic() + FLOOD_PAUSE_S
                self._poller.unregister(publisher)

    def _let_read(self, motion: int, joined: bool, prefix: bytes, user: str) -> bool:
        """Give its sender what it may read; whether there is a new reader, or there are no more."""
        readers, publisher = self._readers[motion], self._publishers[motion]
        if not joined:
            if user:
                publisher.setsockopt(zmq.UNSUBSCRIBE, prefix)
            return readers.leave(prefix, user)
        if not readers.join(prefix, user):
            return False
        publisher.setsockopt(zmq.SUBSCRIBE, prefix)
        return True


class ClientSockets(_Sockets):
    """The client's side. Media and motion are connected once their ports are known."""

    def __init__(self, endpoint: str, keys: ClientKeys | None = None) -> None:
        """Raises LinkError when the endpoint is not an address."""
        super().__init__()
        self._keys = keys
        self._host = endpoint.rpartition(":")[0]
        self._control = self._socket(zmq.DEALER, max_bytes=MAX_MEDIA_BYTES, queue=MEDIA_QUEUE)
        self._readers: tuple[zmq.Socket[bytes], ...] = ()
        self._handshakes = Handshakes(self._control, keys)
        self._connect(self._control, endpoint)

    def connect_media(self, media_port: int, motion_port: int) -> None:
        """Connect the two readers."""
        self._handshakes.close()
        media = self._socket(zmq.SUB, max_bytes=MAX_MEDIA_BYTES, queue=MEDIA_QUEUE)
        motion = self._socket(zmq.SUB, max_bytes=MAX_MEDIA_BYTES, queue=MOTION_QUEUE)
        self._readers = (media, motion)
        for reader in self._readers:
            reader.setsockopt(zmq.SNDHWM, 0)  # or subscriptions beyond the queue would be lost
        self._connect(media, f"{self._host}:{media_port}")
        self._connect(motion, f"{self._host}:{motion_port}")

    def refusal(self) -> LinkError | None:
        """Why a server that has not answered yet let nobody in; None when it is not known."""
        return self._handshakes.refusal()

    def subscribe(self, topic: bytes, *, motion: bool) -> None:
        """Read what starts with this topic."""
        self._readers[motion].setsockopt(zmq.SUBSCRIBE, topic)

    def unsubscribe(self, topic: bytes, *, motion: bool) -> None:
        """Read it no more."""
        self._readers[motion].setsockopt(zmq.UNSUBSCRIBE, topic)

    def send(self, data: bytes) -> bool:
        """Send a request; False when the server takes no more for now."""
        try:
            self._control.send(data, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def replies(self) -> Iterator[bytes]:
        """What the server has answered so far."""
        return _drain(self._control)

    def media(self) -> Iterator[bytes]:
        """What has arrived on both media sockets, audio and events first."""
        for reader in self._readers:
            yield from _drain(reader)

    def _connect(self, socket: zmq.Socket[bytes], endpoint: str) -> None:
        if self._keys is not None:
            be_client(socket, self._keys)
        socket.setsockopt(zmq.IPV6, int("[" in endpoint))
        try:
            socket.connect(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise LinkError(
                "this is not an address to connect to",
                seen=f"{endpoint!r} ({error.strerror})",
                wanted="something like tcp://127.0.0.1:5556",
                cure="check --server",
            ) from None
        self._poller.register(socket, zmq.POLLIN)


def _drain(socket: zmq.Socket[bytes]) -> Iterator[bytes]:
    while True:
        try:
            yield socket.recv(zmq.NOBLOCK)
        except zmq.Again:
            return


def _address(socket: zmq.Socket[bytes]) -> str:
    return str(socket.getsockopt_string(zmq.LAST_ENDPOINT)).rstrip("\0")


def _bind(socket: zmq.Socket[bytes], host: str, port: int) -> None:
    address = f"[{host}]" if ":" in host else host
    if ":" in host:
        socket.setsockopt(zmq.IPV6, 1)
    try:
        socket.bind(f"tcp://{address}:{port or '*'}")
    except zmq.ZMQError as error:
        busy = error.errno == zmq.EADDRINUSE
        raise LinkError(
            "the port is taken" if busy else "the server cannot listen there",
            seen=f"{host}:{port}" + ("" if busy else f" ({error.strerror})"),
            wanted="three free ports in a row on an address of this machine",
            cure="stop the other program, or choose another --port" if busy else "check --host and --port",
        ) from None


def is_loopback(host: str) -> bool:
    """Whether this is this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_open_door(host: str, insecure: bool) -> None:
    if not is_loopback(host) and not insecure:
        raise LinkError(
            "the server would listen beyond this machine, unencrypted and to anyone",
            seen=f"--host {host}",
            wanted="127.0.0.1",
            cure="add --keys FOLDER (see: talkwire keys new), or --insecure on a network that is yours alone",
        )
