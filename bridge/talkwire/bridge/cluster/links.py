"""Between a front and its workers: with `sockets` and `curve` all that imports zmq.

Three sockets each way, as for clients: control (DEALER/DEALER) carries what passes between clients and NPCs,
media and motion (PUSH/PULL) what NPCs make. All are CURVE with keys made for the purpose: a worker hears this
front alone. What a worker sends was wished for by some reader, so that nothing is chosen here.

A part of control is [kind, who, data]: `r` a client's request, `s` a subscription, `b` a beat; back come `a`
an answer and `b` the report.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import zmq

from talkwire.bridge.access.curve import ClientKeys, Door, be_client, be_server, keypair
from talkwire.bridge.cluster.notes import Place
from talkwire.bridge.limits import MAX_CONTROL_BYTES, MAX_MEDIA_BYTES, MEDIA_QUEUE
from talkwire.bridge.sockets import MAX_TOPIC_BYTES, ServerSockets, _address, _bind, _Sockets

REQUEST, SUBSCRIPTION, BEAT, ANSWER = b"r", b"s", b"b", b"a"
CONTROL_QUEUE: Final = 100_000  # beyond it a worker is lost: nothing of it may be
MOTION_LINK_QUEUE: Final = 512  # frames of all NPCs of a worker
CONTROL_PER_TURN, FRAMES_PER_TURN = 512, 256  # then the others have their turn
TOPIC_BYTES: Final = 64
EVENT: Final = b"/event"
FORSAKEN_S: Final = 10.0  # a worker that hears no beat for so long has no front any more


class Link:
    """The front's side of one worker. `lost` once the connection broke, or it took no more."""

    def __init__(self, place: Place, control: zmq.Socket[bytes], *streams: zmq.Socket[bytes]) -> None:
        self.place, self.control, self.streams = place, control, streams
        self.monitor = control.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.lost = False

    def request(self, peer: bytes, data: bytes) -> None:
        """What a client wants of an NPC there."""
        self._send(REQUEST, peer, data)

    def subscription(self, prefix: bytes, *, motion: bool, joined: bool) -> None:
        """A reader has come, or the last one has gone."""
        self._send(SUBSCRIPTION, struct.pack("??", motion, joined), prefix)

    def beat(self, data: bytes) -> None:
        """See notes."""
        self._send(BEAT, b"", data)

    def received(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """(kind, who, data), as much as a turn takes."""
        for _ in range(CONTROL_PER_TURN):
            try:
                kind, who, data = self.control.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            yield kind, who, data

    def _send(self, *parts: bytes) -> None:
        try:
            self.control.send_multipart(parts, zmq.NOBLOCK)
        except zmq.Again:
            self.lost = True


@dataclass(slots=True)
class Forwarded:
    """In a turn, of one worker."""

    messages: int = 0
    bytes: int = 0


class FrontSockets(ServerSockets):
    """What clients see, and links to workers, in one poll."""

    def link(self, place: Place, secret: str) -> Link:
        """Connect. secret: the front's key for its workers."""
        queues = (CONTROL_QUEUE, MEDIA_QUEUE, MOTION_LINK_QUEUE)
        made = []
        for kind, port, queue in zip((zmq.DEALER, zmq.PULL, zmq.PULL), place.ports, queues, strict=True):
            socket = self._socket(kind, max_bytes=MAX_MEDIA_BYTES, queue=queue)
            socket.linger = 0
            be_client(socket, ClientKeys(secret, place.key))
            made.append((socket, f"tcp://{_bracketed(place.host)}:{port}"))
        link = Link(place, *(socket for socket, _ in made))
        for socket, address in made:
            socket.setsockopt(zmq.IPV6, int("[" in address))
            socket.connect(address)
            self._poller.register(socket, zmq.POLLIN)
        self._poller.register(link.monitor, zmq.POLLIN)
        return link

    def unlink(self, link: Link) -> None:
        """Hear no more of it."""
        self._poller.unregister(link.monitor)
        link.control.disable_monitor()
        link.monitor.close()
        for socket in (link.control, *link.streams):
            self._poller.unregister(socket)
            socket.close(linger=0)

    def heard(self, link: Link) -> Iterator[tuple[bytes, bytes, bytes]]:
        """What `received` gives, where the last poll has found something; and whether the worker is there."""
        if link.monitor in self._ready:
            link.lost = True
        return link.received() if link.control in self._ready else iter(())

    def requests(self, at_most: int) -> Iterator[tuple[bytes, str, list[bytes]]]:
        """See ServerSockets."""
        return super().requests(at_most) if self._control in self._ready else iter(())

    def subscriptions(self, at_most: int) -> Iterator[tuple[bool, bool, bytes]]:
        """See ServerSockets."""
        some = not self._ready.isdisjoint(self._publishers)
        return super().subscriptions(at_most) if some else iter(())

    def forward(self, link: Link) -> tuple[Forwarded, Forwarded, list[bytes]]:
        """What NPCs there have made goes to readers: media, motion, and the events among it."""
        events: list[bytes] = []
        counts = (Forwarded(), Forwarded())
        for count, source, sink in zip(counts, link.streams, self._publishers, strict=True):
            for _ in range(FRAMES_PER_TURN if source in self._ready else 0):
                try:
                    frame = source.recv(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    break
                topic = bytes(frame.buffer[:TOPIC_BYTES]).partition(b"\0")[0]
                if topic.endswith(EVENT):
                    events.append(frame.bytes)
                count.messages += 1
                count.bytes += len(frame)
                sink.send(frame, copy=False)
        return *counts, events


class _TheFront:
    """The only guest of a worker."""

    def __init__(self, secret: str, front: str) -> None:
        self.secret, self._front = secret, front

    def name_of(self, public: str) -> str | None:
        """The front, or a stranger."""
        return "front" if public == self._front else None


class WorkerSockets(_Sockets):
    """A worker's side, bound to three free ports: what a Server needs of its sockets."""

    def __init__(self, host: str, front: str, beat: Callable[[bytes, bool], bytes]) -> None:
        """front: its public key.  beat: answers one; told whether all connections are there."""
        super().__init__()
        self.key, secret = keypair()
        self._beat = beat
        self._subscriptions: deque[tuple[bool, bool, bytes]] = deque()
        self._heard_s, self._hushed = time.monotonic(), False
        try:
            self._door = Door(self._context, _TheFront(secret, front))
            self._poller.register(self._door.socket, zmq.POLLIN)
            self._control = self._socket(zmq.DEALER, max_bytes=2 * MAX_CONTROL_BYTES, queue=CONTROL_QUEUE)
            self._media = self._socket(zmq.PUSH, max_bytes=MAX_TOPIC_BYTES, queue=MEDIA_QUEUE)
            self._motion = self._socket(zmq.PUSH, max_bytes=MAX_TOPIC_BYTES, queue=MOTION_LINK_QUEUE)
            sockets = (self._control, self._media, self._motion)
            for socket in sockets:
                be_server(socket, secret)
                _bind(socket, host, 0)
            self._poller.register(self._control, zmq.POLLIN)
        except BaseException:
            self.close()
            raise
        self.endpoint = _address(self._control)
        self.ports: tuple[int, int, int] = tuple(int(_address(s).rpartition(":")[2]) for s in sockets)  # type: ignore[assignment]
        _, self.media_port, self.motion_port = self.ports

    @property
    def forsaken(self) -> bool:
        """Whether the front has gone."""
        return time.monotonic() - self._heard_s > FORSAKEN_S

    def poll(self, timeout_s: float) -> bool:
        """Wait until something can be received, at most this long. Whether anything can."""
        ready = super().poll(timeout_s)
        self._door.answer()
        return ready

    def requests(self, at_most: int) -> Iterator[tuple[bytes, str, list[bytes]]]:
        """What has arrived: (peer, "", parts). All users are one here: who may what is the front's matter."""
        for _ in range(at_most):
            try:
                kind, who, data = self._control.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if kind == REQUEST:
                yield who, "", [data]
            elif kind == SUBSCRIPTION:
                motion, joined = struct.unpack("??", who)
                self._subscriptions.append((motion, joined, data))
            else:
                self._heard_s = time.monotonic()
                connected = all(s.poll(0, zmq.POLLOUT) for s in (self._media, self._motion))
                self._send(self._control, [BEAT, b"", self._beat(data, connected)])

    def subscriptions(self, at_most: int) -> Iterator[tuple[bool, bool, bytes]]:
        """(motion?, joined?, prefix), as the front's readers come and go."""
        for _ in range(min(at_most, len(self._subscriptions))):
            yield self._subscriptions.popleft()

    def reply(self, peer: bytes, data: bytes) -> None:
        """To a client, by the front."""
        self._send(self._control, [ANSWER, peer, data])

    def publish_media(self, data: bytes) -> None:
        """To readers, by the front."""
        self._send(self._media, [data])

    def publish_motion(self, data: bytes) -> None:
        """To readers, by the front."""
        self._send(self._motion, [data])

    def hush(self) -> None:
        """Say no more, so that a worker that ends is one that is lost: its NPCs go on elsewhere."""
        self._hushed = True

    def _send(self, socket: zmq.Socket[bytes], parts: list[bytes]) -> None:
        """Dropped where nobody takes it."""
        if self._hushed:
            return
        try:
            socket.send_multipart(parts, zmq.NOBLOCK, copy=len(parts) > 1)
        except zmq.Again:
            return


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
