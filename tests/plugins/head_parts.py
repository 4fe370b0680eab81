"""A made-up head in every codec, as parts of the media sockets: what the cores decode and are timed by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.basis import basis_message, coefficients_message
from talkwire.bridge.codec import Box
from talkwire.bridge.media import Media, encode_media
from talkwire.bridge.moment import Moment
from talkwire.bridge.pack import frame_message, mesh_message
from talkwire.bridge.synthetic import synthetic_topology
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Basis, Block, Face, Float32, Patch, Pose, Topology

OWN = 12  # with the 52 weights, 64 components


class MovingSphere:
    """A sphere that smooth shapes bend, OWN of its own and one for each weight; its seam is welded."""

    def __init__(self, vertex_count: int, seed: int) -> None:
        flat = synthetic_topology(vertex_count)
        self._rng = np.random.default_rng(seed)
        side = int(np.sqrt(flat.vertex_count))
        places = np.arange(flat.vertex_count).reshape(side, side)
        weld = places.copy()
        weld[:, -1] = places[:, 0]
        weld[0], weld[-1] = places[0, 0], places[-1, 0]  # all of a pole is one place
        self.topology = Topology(
            flat.neutral_vx3,
            flat.triangles_tx3,
            flat.uvs_vx2,
            weld.ravel().astype(np.uint32),
            flat.texture,
            flat.parts,
        )
        neutral = flat.neutral_vx3[weld.ravel()]
        shapes = np.stack([self._shape(neutral) for _ in range(OWN + len(ARKIT_NAMES))])
        self.basis = Basis(flat.neutral_vx3, (Block(0, 0, shapes),), own=OWN, error_m=0.0)
        self._own_k = self._rng.normal(0, 0.3, OWN).astype(np.float32)

    def _shape(self, neutral_vx3: Float32) -> Float32:
        """[V, 3] metres: a bump that some place has in some direction."""
        centre = neutral_vx3[self._rng.integers(len(neutral_vx3))]
        near = np.exp(-np.square(neutral_vx3 - centre).sum(axis=1) / 0.04**2)
        shape: Float32 = (near[:, None] * self._rng.normal(0, 0.003, 3)).astype(np.float32)
        return shape

    def posed(self, windows: list[Float32]) -> Float32:
        """[N, V, 3]."""
        return np.stack([self.basis.posed(self._own_k, weights_wx52[-1]) for weights_wx52 in windows])

    def coefficients(self, windows: list[Float32]) -> Float32:
        """[N, OWN]."""
        return np.stack([self._own_k for _ in windows])

    def painted(self, windows: list[Float32], lives_s: list[float]) -> list[tuple[Patch, ...]]:
        """None."""
        return [()] * len(windows)

    def moment(self) -> Moment:
        """All weights at once, which no face does."""
        weights = self._rng.uniform(0, 0.5, len(ARKIT_NAMES)).astype(np.float32)
        face = Face(weights, np.array([0, 0.6, 0, 0.8], np.float32), np.zeros(3, np.float32))
        return Moment(Pose(1, 1, 0, 0, face), weights[None], self, 48_000, wire.KEY)


@dataclass(frozen=True)
class Parts:
    """What was written. vertices_vx3: of the moment, exactly."""

    mesh: wire.Mesh
    basis: wire.Basis
    frames: dict[str, wire.Frame | wire.Coefficients]
    vertices_vx3: Float32
    topology: Topology


def write_parts(folder: Path, vertex_count: int = 10_000, seed: int = 1) -> Parts:
    """mesh.bin, basis.bin, and frame_CODEC.bin of f32, q16, delta8, q16n and basis."""
    head = MovingSphere(vertex_count, seed)
    moment = head.moment()
    mesh, basis = mesh_message(head.topology, 60), basis_message(head)
    box = Box.around(head.topology.neutral_vx3)
    frames: dict[str, wire.Frame | wire.Coefficients] = {
        f"frame_{codec}{'n' if normals else ''}": frame_message(
            moment, topology_id=head.topology.id, codec=codec, box=box, server_ns=1, normals=normals
        )
        for codec, normals in (("f32", False), ("q16", False), ("delta8", False), ("q16", True))
    }
    frames["frame_basis"] = coefficients_message(moment, topology_id=head.topology.id, server_ns=1)
    planes = {"mesh": mesh, "basis": basis, **frames}
    for name, message in planes.items():
        (folder / f"{name}.bin").write_bytes(encode_media(Media("nova", name.replace("_", "/"), message)))
    return Parts(mesh, basis, frames, moment.frame.vertices_vx3, head.topology)
