"""The head at rest as a glTF mesh, its second UV set each vertex' texel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.exporters.gltf.buffers import VERTEX_VEC2, Buffer
from talkwire.exporters.gltf.container import Run, glb
from talkwire.exporters.gltf.document import Document, Pose
from talkwire.exporters.gltf.mesh import materials_of, primitives_of
from talkwire.runtime.types import Float32


def mesh_runs(clip: Clip, lookup_vx2: Float32) -> Iterator[Run]:
    """A .glb, run after run. lookup_vx2: [V, 2]."""
    topology, card, buffer = clip.topology, clip.avatar.card, Buffer()
    still = np.zeros((0, *topology.neutral_vx3.shape), np.float32)
    primitives = [
        replace(primitive, lookup=buffer.add(lookup_vx2[primitive.vertices_p], VERTEX_VEC2))
        for primitive in primitives_of(topology, still, buffer)
    ]
    return glb(
        Document(
            name=card.name,
            copyright=f"{card.credit} ({card.licence})",
            extras={"avatar": card.name, "licence": card.licence, "credit": card.credit},
            buffer=buffer,
            primitives=primitives,
            materials=materials_of(topology),
            target_names=[],
            pose=Pose([0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0]),
            motions=[],
            texture=topology.texture,
        )
    )
