"""A front with workers that are threads of this process: real servers on real sockets, and no Ray."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bridge.conftest import PATIENCE_S
from talkwire.bridge.client import Client
from talkwire.bridge.cluster.front import Front
from talkwire.bridge.cluster.notes import Place
from talkwire.bridge.cluster.worker import Contract, Worker
from talkwire.bridge.media import Media
from talkwire.bridge.trial.spheres import spheres

VERTICES = 100


class ThreadCrew:
    """Starts as many as are wanted, and another for each that is lost, unless it is told not to."""

    def __init__(self, key: str, count: int, most_npcs: int = 64) -> None:
        self._contract = Contract(key, "127.0.0.1", most_npcs)
        self.workers: dict[int, Worker] = {}
        self._news: list[tuple[int, Place]] = []
        self.replaces = True
        self.replaced: list[int] = []
        for slot in range(count):
            self.start(slot)

    def start(self, slot: int) -> None:
        self.workers[slot] = Worker("127.0.0.1")
        place = self.workers[slot].begin(self._contract, spheres, VERTICES, slot)
        self._news.append((slot, place))

    def news(self) -> list[tuple[int, Place]]:
        news, self._news = self._news, []
        return news

    def replace(self, slot: int) -> None:
        self.replaced.append(slot)
        self.workers.pop(slot).end()
        if self.replaces:
            self.start(slot)

    def close(self) -> None:
        for worker in self.workers.values():
            worker.end()


@contextmanager
def fronting(front: Front, workers: int = 2) -> Iterator[Front]:
    """It runs in a thread, and has so many workers."""
    stop = threading.Event()
    front.until_ready(stop, workers)
    thread = threading.Thread(target=front.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        stop.set()
        thread.join()


def gather(client: Client, seen: list[Media], enough: Callable[[], bool]) -> None:
    """Receive until it is enough; all that comes is in `seen`."""
    deadline = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < deadline, f"still not so after {PATIENCE_S} s"
        seen += client.poll(0.01)


@pytest.fixture
def front() -> Iterator[Front]:
    """With two workers."""
    front = Front(port=0, first_generation=1000)
    front.employ(ThreadCrew(front.key, 2))
    with fronting(front):
        yield front


@pytest.fixture
def connect(front: Front) -> Iterator[Callable[[], Client]]:
    clients: list[Client] = []

    def make() -> Client:
        clients.append(Client(front.endpoint, timeout_s=PATIENCE_S))
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)
