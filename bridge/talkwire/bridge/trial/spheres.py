"""Whom workers of a trial show: heads that cost nothing, so that what is measured is what carries them."""

from __future__ import annotations

from talkwire.bridge.cluster.worker import Company
from talkwire.bridge.serving.cast import Cast
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology


def spheres(vertices: int, slot: int) -> Company:
    """See `RayCrew`."""
    topology = synthetic_topology(vertices)
    cast = Cast.of_one(lambda: SyntheticSession(topology))
    return Company(cast, lambda sessions: None, lambda economy: None, "no network")
