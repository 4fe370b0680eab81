"""Who nova is: identity from MakeHuman's averaged targets; her skin, cropped to head and neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.training.nova.lips import Lips, find_lips, seal
from talkwire.training.nova.patch import Patch, cut_out
from talkwire.training.nova.source import Float64, Source

# target -> weight. The first four are MakeHuman's own way to a young woman of no one origin; the
# rest is her character. Symmetric pairs are written once, with the side left open.
IDENTITY: Final = {
    "macrodetails/caucasian-female-young": 0.40,
    "macrodetails/asian-female-young": 0.30,
    "macrodetails/african-female-young": 0.30,
    "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
    "head/head-oval": 0.35,
    "eyes/{side}-eye-scale-incr": 0.20,
    "eyes/{side}-eye-corner2-up": 0.25,
    "cheek/{side}-cheek-bones-incr": 0.20,
    "nose/nose-width2-decr": 0.25,
    "nose/nose-point-width-decr": 0.15,
    "mouth/mouth-lowerlip-volume-incr": 0.15,
    "mouth/mouth-angles-up": 0.12,
    "chin/chin-width-decr": 0.10,
}
# shape -> weight of it that is part of her rest: a gaze that does not stare, lips that touch
REST: Final = {"eyeBlinkLeft": 0.10, "eyeBlinkRight": 0.10}
SMOOTHED: Final = ("jawOpen", "mouthClose")  # alike, so that one still undoes the other
HEAD_JOINT: Final = "joint-head"
NECK_M: Final = np.array([0.0, -0.088, -0.03])  # a point on the plane that cuts the neck
NECK_AXIS: Final = np.array([0.0, 0.94, 0.34]) / np.hypot(0.94, 0.34)
STILL_M: Final = (0.004, 0.022)  # above the cut, where shapes fade in: the collar does not move
WIDEST_M: Final = 0.13  # shoulders are beyond


@dataclass(frozen=True)
class Person:
    """The whole body as nova, in head space. positions_vx3: [V, 3] metres; shapes: [V, 3] by ARKit name.

    pattern: the person after whom this one's head is cut, so that both have one topology; None: itself.
    """

    source: Source
    positions_vx3: Float64
    shapes: dict[str, Float64]
    lips: Lips
    pattern: Person | None = None

    @property
    def cut(self) -> Person:
        """From whom is read which quads are skin, hair and neck."""
        return self.pattern or self

    @cached_property
    def above_neck_v(self) -> Float64:
        """[V] metres along the neck, from the plane that cuts it."""
        return np.asarray((self.positions_vx3 - NECK_M) @ NECK_AXIS)

    def piece(self, part: str, group: str) -> Patch:
        """A helper's surface (teeth, tongue, ...) with the shapes that move it."""
        base = self.source.base
        rows = base.quads_of(group)
        return cut_out(
            part, self.positions_vx3, base.quads_qx4[rows], base.uvs_ux2, base.quad_uvs_qx4[rows], self.shapes
        )


def make_person(
    source: Source, identity: Mapping[str, float] = IDENTITY, pattern: Person | None = None
) -> Person:
    """Apply the identity and put the origin where a head turns: at the base of the skull."""
    positions = source.base.positions_vx3.copy()
    for target, weight in identity.items():
        for name in dict.fromkeys(target.format(side=side) for side in "lr"):
            positions += weight * source.target(name)
    if pattern is None:
        _, y, z = positions[source.base.vertices_of(HEAD_JOINT)].mean(axis=0)
        positions -= [0.0, y, z]
    else:
        positions = _settled(positions, pattern)
    shapes = {name: source.shape(name) for name in ARKIT_NAMES}
    for name in SMOOTHED:
        shapes[name] = _smooth(source, shapes[name])
    for name, weight in REST.items():
        positions += weight * shapes[name]
        shapes[name] *= 1 - weight
    lips = pattern.lips if pattern else find_lips(source.base, positions, shapes["jawOpen"])
    positions += seal(lips, positions)
    shapes["mouthClose"] += seal(lips, positions + shapes["jawOpen"] + shapes["mouthClose"])
    return Person(source, positions, shapes, lips, pattern)


def _settled(positions: Float64, pattern: Person) -> Float64:
    """Moved and scaled to where most of the pattern's head is: a longer nose does not push the head back."""
    body = pattern.source.base.vertices_of("body")
    head = body[pattern.above_neck_v[body] > 0]
    wanted = pattern.positions_vx3[head]
    _, y, z = np.median(positions[head] - wanted, axis=0)
    positions = positions - [0.0, y, z]
    scale = np.median(np.linalg.norm(positions[head], axis=1) / np.linalg.norm(wanted, axis=1))
    positions = positions / scale
    _, y, z = np.median(positions[head] - wanted, axis=0)
    return np.asarray(positions - [0.0, y, z])


def skin(person: Person, hidden_v: npt.NDArray[np.bool_]) -> Patch:
    """Face, ears, neck, mouth lining and lids. hidden_v: [V] bool, vertices that hair covers."""
    base, positions, cut = person.source.base, person.positions_vx3, person.cut
    rows = base.quads_of("body")
    quads = base.quads_qx4[rows]
    kept = (cut.above_neck_v[quads].min(axis=1) > 0) & ~hidden_v[quads].all(axis=1)
    kept &= np.abs(cut.positions_vx3[quads][..., 0]).max(axis=1) < WIDEST_M
    still = np.clip((cut.above_neck_v - STILL_M[0]) / (STILL_M[1] - STILL_M[0]), 0, 1)[:, None]
    shapes = {name: moved * still for name, moved in person.shapes.items()}
    return cut_out("skin", positions, quads[kept], base.uvs_ux2, base.quad_uvs_qx4[rows][kept], shapes)


def _smooth(source: Source, moved: Float64, passes: int = 3) -> Float64:
    """A displacement without the kinks of single vertices: averaged with its neighbours along edges."""
    base = source.base
    quads = base.quads_qx4[base.quads_of("body")]
    pairs = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=len(moved))[:, None]
    for _ in range(passes):
        around = np.zeros_like(moved)
        np.add.at(around, pairs[:, 0], moved[pairs[:, 1]])
        np.add.at(around, pairs[:, 1], moved[pairs[:, 0]])
        moved = np.where(degree > 0, 0.5 * moved + 0.5 * around / np.maximum(degree, 1), moved)
    return np.asarray(moved)
