"""Teeth and tongue: MakeHuman's helper surfaces, with UVs that say where on them a tooth is."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.training.nova.head import Person
from talkwire.training.nova.patch import Patch
from talkwire.training.nova.subdivide import subdivide

ARCH_DEG: Final = 100.0  # half of the dental arch, seen from its centre
# MakeHuman's teeth sit high and wide: how far they go down, and how much narrower they get
DROP_M: Final = {"upper": 0.0060, "lower": 0.0036}
NARROWER: Final = 0.70


def teeth(person: Person, jaw: str) -> Patch:
    """jaw: "upper" or "lower". u runs along the arch, v from the gum (0) to the cutting edge (1)."""
    patch = person.piece("teeth", f"helper-{jaw}-teeth")
    points, quads = subdivide(patch.positions_vx3, patch.quads_qx4)
    shapes = {name: subdivide(moved, patch.quads_qx4)[0] for name, moved in patch.shapes.items()}
    points = points * [NARROWER, 1, 1] - [0, DROP_M[jaw], 0]
    low, high = points.min(axis=0), points.max(axis=0)
    u = np.degrees(np.arctan2(points[:, 0], points[:, 2] - low[2])) / ARCH_DEG / 2 + 0.5
    up = (points[:, 1] - low[1]) / (high[1] - low[1])
    v = 1 - up if jaw == "upper" else up
    # the half of the chart for this jaw
    uvs = np.stack([np.clip(u, 0, 1), v / 2 + (0.5 if jaw == "upper" else 0.0)], axis=1)
    return Patch("teeth", points, quads, uvs, quads, shapes)


def tongue(person: Person) -> Patch:
    """The tongue; u from left to right, v from root to tip."""
    patch = person.piece("tongue", "helper-tongue")
    points, quads = subdivide(patch.positions_vx3, patch.quads_qx4)
    shapes = {name: subdivide(moved, patch.quads_qx4)[0] for name, moved in patch.shapes.items()}
    low, high = points.min(axis=0), points.max(axis=0)
    uvs = ((points - low) / (high - low))[:, [0, 2]]
    return Patch("tongue", points, quads, uvs, quads, shapes)
