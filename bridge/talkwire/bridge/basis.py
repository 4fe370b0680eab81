"""Heads as sums on the wire: the basis once, coefficients in every frame, in half precision."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.fields import refuse
from talkwire.bridge.moment import Head, Moment
from talkwire.runtime.avatar_mesh import pack_shapes
from talkwire.runtime.types import Basis, Block, Face, Float32
from talkwire.runtime.visemes import visemes

ROTATION_STEPS = 32767


@lru_cache(maxsize=8)  # NPCs of a server share their avatar
def basis_message(head: Head) -> wire.Basis:
    """The basis in 16 bits, one scale for each component, which is how avatar files have it."""
    basis = head.basis
    packed = [pack_shapes(block.components_kxnx3) for block in basis.blocks]
    return wire.Basis(
        topology_id=head.topology.id,
        own=basis.own,
        error_m=float(basis.error_m),
        mean_vx3=basis.mean_vx3.astype("<f4").tobytes(),
        blocks=tuple(
            (
                block.first_vertex,
                block.components_kxnx3.shape[1],
                block.first_coefficient,
                len(part["scales_m"]),
            )
            for block, part in zip(basis.blocks, packed, strict=True)
        ),
        scales_m=b"".join(part["scales_m"].tobytes() for part in packed),
        components=b"".join(part["deltas"].tobytes() for part in packed),
    )


def basis_from(message: wire.Basis) -> Basis:
    """The inverse."""
    scales, steps = np.frombuffer(message.scales_m, "<f4"), np.frombuffer(message.components, "<i2")
    blocks, used, read = [], 0, 0
    for vertex, count, coefficient, components in message.blocks:
        own_scales, size = scales[used : used + components], 3 * count * components
        shapes = steps[read : read + size].reshape(components, count, 3) * own_scales[:, None, None]
        blocks.append(Block(vertex, coefficient, shapes.astype(np.float32)))
        used, read = used + components, read + size
    mean = np.frombuffer(message.mean_vx3, "<f4").reshape(-1, 3)
    return Basis(mean, tuple(blocks), message.own, message.error_m)


def coefficients_message(
    moment: Moment, *, topology_id: str, server_ns: int, every: int = 1
) -> wire.Coefficients:
    """A frame without its vertices. every: one frame in so many is sent just now."""
    return _short(moment, topology_id, server_ns, moment.coefficients, every)


def weights_message(moment: Moment, *, topology_id: str, server_ns: int, every: int = 1) -> wire.Coefficients:
    """A frame for a rig of the reader's own: the 52 weights and the head's pose."""
    return _short(moment, topology_id, server_ns, np.zeros(0, np.float32), every)


def visemes_message(moment: Moment, *, topology_id: str, server_ns: int, every: int = 1) -> wire.Visemes:
    """A frame for a mouth of 15 shapes."""
    shares = visemes(moment.pose.face.weights).astype("<f2").tobytes()
    return wire.Visemes(*moment.stamp(topology_id, server_ns), shares, every)


def _short(moment: Moment, topology_id: str, server_ns: int, own_k: Float32, every: int) -> wire.Coefficients:
    face = moment.pose.face
    return wire.Coefficients(
        *moment.stamp(topology_id, server_ns),
        head_rotation=np.rint(face.head_rotation * ROTATION_STEPS).astype("<i2").tobytes(),
        head_translation_m=face.head_translation_m.astype("<f2").tobytes(),
        weights=face.weights.astype("<f2").tobytes(),
        own=own_k.astype("<f2").tobytes(),
        every=every,
    )


def vertices_from(message: wire.Coefficients, basis: Basis) -> Float32:
    """[V, 3] metres. Raises ProtocolError when the frame has other coefficients than the basis."""
    own_k = np.frombuffer(message.own, "<f2").astype(np.float32)
    if len(own_k) != basis.own:
        raise refuse("Coefficients.own", f"{len(own_k)} numbers", f"the basis' {basis.own}")
    return basis.posed(own_k, face_from(message).weights)


def face_from(message: wire.Coefficients) -> Face:
    """Weights and head pose of it."""
    return Face(
        np.frombuffer(message.weights, "<f2").astype(np.float32),
        (np.frombuffer(message.head_rotation, "<i2") / ROTATION_STEPS).astype(np.float32),
        np.frombuffer(message.head_translation_m, "<f2").astype(np.float32),
    )
