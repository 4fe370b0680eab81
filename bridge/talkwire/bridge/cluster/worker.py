"""One worker: an ordinary Server whose sockets lead to a front, on the front's clock."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, NamedTuple

from talkwire.bridge.cluster.links import WorkerSockets
from talkwire.bridge.cluster.notes import Place, Report, beat_from, count, to_bytes
from talkwire.bridge.serving.cast import Cast
from talkwire.bridge.serving.governor import Economy
from talkwire.bridge.serving.npc import TalkingSession
from talkwire.bridge.serving.server import Server
from talkwire.bridge.sockets import is_loopback
from talkwire.runtime.cluster import here
from talkwire.runtime.errors import LinkError

SLEW_NS: Final = 50_000  # by which a beat corrects a clock at most: half a millisecond a second
LOOK_S: Final = 1.0


class Company(NamedTuple):
    """Whom a worker shows: see Server. where: what runs the networks."""

    cast: Cast
    move_together: Callable[[Sequence[TalkingSession]], None]
    economise: Callable[[Economy], None]
    where: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What a front asks of a worker. key: the front's public one.  host: where the front is."""

    key: str
    host: str
    most_npcs: int
    version: str = version("talkwire")


class FrontClock:
    """The clock that all workers of a front stamp with, in ns. It never goes back."""

    def __init__(self, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock_ns, self._offset_ns, self._known = clock_ns, 0, False

    def __call__(self) -> int:
        """Now."""
        return self._clock_ns() + self._offset_ns

    def correct(self, offset_ns: int) -> None:
        """Add so much to the own clock: at once the first time, a little at a time later."""
        off_ns = offset_ns - self._offset_ns
        self._offset_ns += off_ns if not self._known else max(-SLEW_NS, min(SLEW_NS, off_ns))
        self._known = True


class Worker:
    """To be made in a process of its own. `begin` once; then it serves until its front has gone."""

    def __init__(self, host: str | None = None) -> None:
        """host: of this machine, as the front reaches it; None: as the cluster says."""
        self._host = host
        self._stop = threading.Event()

    def begin(self, contract: Contract, company: Callable[..., Company], *arguments: object) -> Place:
        """Serve. company(*arguments): whom, which may take long. Raises what keeps it from serving."""
        host = self._host or here()
        if contract.version != version("talkwire"):
            raise LinkError(
                "a worker has another version of talkwire",
                seen=f"{version('talkwire')} at {host}",
                wanted=contract.version,
                cure="install the same on every machine of the cluster",
            )
        cast, move_together, economise, where = company(*arguments)
        clock = FrontClock()
        near = "127.0.0.1" if host == contract.host or is_loopback(host) else host
        self._sockets = WorkerSockets(near, contract.key, self._report)
        self._clock = clock
        self._server = Server(
            cast,
            sockets=self._sockets,
            move_together=move_together,
            economise=economise,
            most_npcs=contract.most_npcs,
            sessions_per_client=contract.most_npcs,
            clock_ns=clock,
        )
        threading.Thread(target=self._serve, name="talkwire-worker", daemon=True).start()
        threading.Thread(target=self._watch, name="talkwire-watch", daemon=True).start()
        return Place(near, self._sockets.ports, self._sockets.key, cast.names, where, os.getpid())

    def end(self) -> None:
        """Stop serving, without a word."""
        self._sockets.hush()
        self._stop.set()

    def _serve(self) -> None:
        try:
            self._server.run(self._stop)
        finally:
            self._stop.set()

    def _watch(self) -> None:
        """A front that went without a word is not waited for: NPCs here would speak to nobody."""
        while not self._stop.wait(LOOK_S):
            if self._sockets.forsaken:
                self.end()

    def _report(self, data: bytes, connected: bool) -> bytes:
        beat, server = beat_from(data), self._server
        self._clock.correct(beat.offset_ns)
        server.begin_above(beat.above)
        counts, first_frames, first_frames_s = count(server.tally)
        npcs = {
            name: sum(line.queued / line.sample_rate_hz for line in studio.npc.queue.lines)
            for name, studio in server.studios.items()
        }
        return to_bytes(
            Report(
                beat.sent_ns,
                time.monotonic_ns(),
                connected,
                round(server.governor.load, 4),
                server.governor.level,
                npcs,
                counts,
                first_frames,
                first_frames_s,
            )
        )
