"""`talkwire serve --cluster`: the same server, with its NPCs on workers of a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from talkwire.bridge.cluster.crew import RayCrew, workers_of
from talkwire.bridge.cluster.front import Front
from talkwire.bridge.cluster.worker import Contract
from talkwire.cli.troupe import Recipe, company
from talkwire.runtime.cluster import here, joined


@contextmanager
def clustered(address: str, workers: int, recipe: Recipe, **listening: Any) -> Iterator[Front]:
    """A front that listens, whose workers are being started. workers: 0 for as many as suit the cluster.

    Raises LinkError when it cannot listen there or there is no such cluster, MissingDependency without Ray.
    """
    front = Front(npcs_per_worker=recipe.npcs, **listening)
    try:
        with joined(address) as cluster:
            count = workers_of(cluster, workers)
            contract = Contract(front.key, here(), recipe.npcs)
            front.employ(RayCrew(cluster, count, company, [cluster.share(recipe)], contract))
            print(f"starting {count} workers", flush=True)
            try:
                yield front
            finally:
                front.close()
    finally:
        front.close()
