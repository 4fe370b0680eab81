"""Workers as actors of Ray: started on whatever machines have joined, and replaced when they are lost.

All of Ray is asked by one thread, so that the front waits for nothing of it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeVar

from talkwire.bridge.cluster.notes import Place
from talkwire.bridge.cluster.worker import Company, Contract, Worker
from talkwire.runtime.cluster import Actor, Cluster, WorkerLost
from talkwire.runtime.errors import LinkError, TalkwireError

T = TypeVar("T")
log = logging.getLogger(__name__)
LOOK_S: Final = 0.1
SLOW_S: Final = 20.0  # without any worker: then it is said why that may be
LOST_FIRST: Final = 3  # workers, before any has started: it will not get better
PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0  # before a worker that could not start is tried again; doubled


class Crew(Protocol):
    """Where a front's workers come from."""

    def news(self) -> list[tuple[int, Place]]:
        """Those that have started since it was asked last, by slot. Raises what keeps all of them from it."""
        ...

    def replace(self, slot: int) -> None:
        """This one is lost: another in its place."""
        ...

    def close(self) -> None:
        """End them all. Again is harmless."""
        ...


class RayCrew:
    """See Crew."""

    def __init__(
        self,
        cluster: Cluster,
        count: int,
        company: Callable[..., Company],
        arguments: Sequence[Any],
        contract: Contract,
    ) -> None:
        """count: of workers.  company(*arguments, slot) is made in each; arguments may be tickets of
        `Cluster.share`.
        """
        self._cluster, self._company, self._contract = cluster, company, contract
        self._arguments = tuple(arguments)
        self._news: SimpleQueue[tuple[int, Place]] = SimpleQueue()
        self._to_start: SimpleQueue[int] = SimpleQueue()
        self._actors: dict[int, Actor] = {}
        self._starting: dict[Any, int] = {}  # by ticket
        self._later: list[tuple[float, int]] = []
        self._pause_s = PAUSE_S
        self._started = self._lost_first = 0
        self._failure: TalkwireError | None = None
        self._stop = threading.Event()
        for slot in range(count):
            self._to_start.put(slot)
        self._thread = threading.Thread(target=self._run, name="talkwire-crew", daemon=True)
        self._thread.start()

    def news(self) -> list[tuple[int, Place]]:
        """See Crew."""
        if self._failure is not None:
            raise self._failure
        return _taken(self._news)

    def replace(self, slot: int) -> None:
        """See Crew."""
        self._to_start.put(slot)

    def close(self) -> None:
        """See Crew."""
        self._stop.set()
        self._thread.join()
        for actor in self._actors.values():
            actor.kill()
        self._actors.clear()

    def _run(self) -> None:
        slow_s = time.monotonic() + SLOW_S
        try:
            while not self._stop.wait(0 if self._starting else LOOK_S):
                self._turn()
                if not self._started and time.monotonic() > slow_s:
                    slow_s = math.inf
                    log.warning("no worker has started yet: is the cluster busy, or are engines being built?")
        except TalkwireError as error:
            self._failure = error

    def _turn(self) -> None:
        now_s = time.monotonic()
        due = [slot for at_s, slot in self._later if at_s <= now_s]
        self._later = [(at_s, slot) for at_s, slot in self._later if at_s > now_s]
        for slot in (*due, *_taken(self._to_start)):
            self._start(slot)
        if self._starting:
            for ticket in self._cluster.wait(list(self._starting), LOOK_S)[0]:
                self._started_or_not(ticket, self._starting.pop(ticket))

    def _start(self, slot: int) -> None:
        if (before := self._actors.pop(slot, None)) is not None:
            before.kill()
        actor = self._actors[slot] = self._cluster.actor(Worker)
        ticket = actor.call("begin", self._contract, self._company, *self._arguments, slot)
        self._starting[ticket] = slot

    def _started_or_not(self, ticket: Any, slot: int) -> None:
        try:
            place = self._cluster.result(ticket)
        except WorkerLost as error:
            self._lost_first += not self._started
            if self._lost_first >= LOST_FIRST:
                raise LinkError(
                    "the workers end while they start",
                    seen=str(error),
                    wanted="processes that stay",
                    cure="see whether there is enough memory, and Ray's own logs",
                ) from None
            self._again(slot, str(error))
        except TalkwireError as error:
            if not self._started:
                raise
            self._again(slot, str(error))
        else:
            self._started, self._pause_s = self._started + 1, PAUSE_S
            self._news.put((slot, place))

    def _again(self, slot: int, why: str) -> None:
        log.warning("a worker did not start: %s", why)
        self._later.append((time.monotonic() + self._pause_s, slot))
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


def _taken(queue: SimpleQueue[T]) -> list[T]:
    taken: list[T] = []
    try:
        while True:
            taken.append(queue.get_nowait())
    except Empty:
        return taken


def workers_of(cluster: Cluster, wanted: int) -> int:
    """How many there are to be. wanted: 0 for one for each card, else one for each core but the front's.

    Raises LinkError where there is no room for so many.
    """
    room = cluster.gpus or cluster.cores
    usual = cluster.gpus or max(1, cluster.cores - 1)
    if wanted > room:
        raise LinkError(
            "the cluster has no room for so many workers",
            seen=f"--workers {wanted}",
            wanted=f"at most {room}, one for each {'card' if cluster.gpus else 'core'}",
            cure="let more machines join, or ask for fewer",
        )
    return wanted or usual
