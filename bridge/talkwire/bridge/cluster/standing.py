"""How a front and its workers are, for clients and for who watches. May be asked from any thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from talkwire.bridge.cluster.backstage import Backstage
from talkwire.bridge.cluster.ensemble import Ensemble
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.metrics import Gauges
from talkwire.bridge.serving.tally import Tally


@dataclass(frozen=True, slots=True)
class Busiest:
    """A Governor's figures, of the worker that works most."""

    load: float = 0.0
    level: int = 0


def busiest(workers: Iterable[Backstage]) -> Busiest:
    """Of those that have told."""
    reports = [worker.report for worker in workers]
    figures = (Busiest(report.load, report.level) for report in reports if report is not None)
    return max(figures, key=lambda one: one.load, default=Busiest())


@dataclass
class Standing:
    """What `metrics` asks of a server. avatars: that may be opened.  where: what runs the networks.
    deaths: of workers, since the start.  load: the share of time that the front itself works.
    """

    ensemble: Ensemble
    tally: Tally
    draining: Drain
    clock_ns: Callable[[], int]
    avatars: tuple[str, ...] = ()
    where: str = ""
    deaths: int = 0
    load: float = 0.0

    @property
    def workers(self) -> list[Backstage]:
        """That there are, ready or not."""
        return list(self.ensemble.workers.values())

    @property
    def ready_workers(self) -> int:
        """How many there are that can be given NPCs."""
        return sum(worker.ready for worker in self.workers)

    @property
    def governor(self) -> Busiest:
        """See Busiest."""
        return busiest(self.workers)

    @property
    def most_npcs(self) -> int:
        """That there may be now."""
        return self.ensemble.most_npcs * self.ready_workers

    @property
    def npcs(self) -> int:
        """How many there are."""
        return len(self.ensemble.kept)

    @property
    def peers(self) -> int:
        """How many connections were heard of lately."""
        return len(self.ensemble.peers.known)

    @property
    def npcs_of_avatars(self) -> Counter[str]:
        """How many there are of each avatar that there can be."""
        npcs = Counter(dict.fromkeys(self.avatars, 0))
        npcs.update(kept.avatar for kept in list(self.ensemble.kept.values()))
        return npcs

    @property
    def waiting_s(self) -> float:
        """How much sound NPCs have yet to speak, together."""
        reports = [worker.report for worker in self.workers]
        return sum(sum(report.npcs.values()) for report in reports if report is not None)

    def turns_within(self, seconds: float) -> bool:
        """Whether its loop came around lately."""
        return self.clock_ns() - self.tally.turned_ns < seconds * NS_PER_S

    def has_room_within(self, seconds: float) -> bool:
        """Whether it turns and could take another NPC."""
        return self.turns_within(seconds) and self.npcs < self.most_npcs and not self.draining.asked

    @property
    def further(self) -> Iterator[Gauges]:
        """Of the cluster, beyond what every server has."""
        reports = {str(w.slot): w.report for w in sorted(self.workers, key=lambda w: w.slot) if w.report}
        loads = {slot: report.load for slot, report in reports.items()}
        npcs = {slot: float(len(report.npcs)) for slot, report in reports.items()}
        saved = {slot: float(report.level) for slot, report in reports.items()}
        yield Gauges("talkwire_workers", "workers that can be given NPCs", {"": self.ready_workers})
        yield Gauges("talkwire_worker_deaths_total", "workers that were lost", {"": self.deaths}, counts=True)
        moved = {"": float(self.ensemble.moved)}
        yield Gauges("talkwire_moved_npcs_total", "NPCs that went on elsewhere", moved, counts=True)
        yield Gauges("talkwire_front_load_ratio", "share of its time that the front works", {"": self.load})
        yield Gauges("talkwire_worker_load_ratio", "as talkwire_load_ratio, of each worker", loads, "worker")
        yield Gauges("talkwire_worker_npcs", "NPCs of each worker", npcs, "worker")
        yield Gauges("talkwire_worker_saved_steps", "as talkwire_saved_steps, of each", saved, "worker")
