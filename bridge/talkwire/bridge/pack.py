"""Between the runtime's values and the wire's messages. Vertices are coded here and nowhere else."""

from __future__ import annotations

import numpy as np

from talkwire.bridge import normals as oct_normals
from talkwire.bridge import wire
from talkwire.bridge.codec import Box, decode_vertices, encode_vertices
from talkwire.bridge.fields import refuse
from talkwire.bridge.limits import MAX_TEXT_CHARS
from talkwire.bridge.moment import Moment
from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Face, Float32, Frame, Part, Topology


def mesh_message(topology: Topology, frame_rate_hz: int, card: AvatarCard | None = None) -> wire.Mesh:
    """The topology without its texture, the box that q16 frames are coded in, and what its card says of who
    is shown.
    """
    box = Box.around(topology.neutral_vx3)
    return wire.Mesh(
        topology_id=topology.id,
        neutral_vx3=_f4(topology.neutral_vx3),
        triangles_tx3=topology.triangles_tx3.astype("<u4").tobytes(),
        uvs_vx2=_f4(topology.uvs_vx2),
        weld_v=topology.weld_v.astype("<u4").tobytes(),
        box_low_m=_f4(box.low_m),
        box_high_m=_f4(box.high_m),
        parts=tuple(
            (p.name, p.first_triangle, p.triangle_count, float(p.roughness), float(p.specular))
            for p in topology.parts
        ),
        frame_rate_hz=frame_rate_hz,
        generated=card.generated if card is not None else "",
        shows=card.shows[:MAX_TEXT_CHARS] if card is not None else "",
    )


def texture_message(topology: Topology) -> wire.Texture:
    """The texture file as it is. Raises ProtocolError when it is neither PNG nor JPEG."""
    image = bytes(topology.texture)
    kinds = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg"}
    for magic, kind in kinds.items():
        if image.startswith(magic):
            return wire.Texture(topology.id, kind, image)
    raise refuse("the avatar's texture", f"{len(image)} bytes of something else", "PNG or JPEG")


def topology_from(mesh: wire.Mesh, texture: wire.Texture | None) -> Topology:
    """The inverse. Raises ProtocolError when mesh and texture belong to different avatars."""
    if texture is not None and texture.topology_id != mesh.topology_id:
        raise refuse("the texture", f"for {texture.topology_id}", f"for {mesh.topology_id}")
    return Topology(
        neutral_vx3=np.frombuffer(mesh.neutral_vx3, "<f4").reshape(-1, 3),
        triangles_tx3=np.frombuffer(mesh.triangles_tx3, "<u4").reshape(-1, 3),
        uvs_vx2=np.frombuffer(mesh.uvs_vx2, "<f4").reshape(-1, 2),
        weld_v=np.frombuffer(mesh.weld_v, "<u4"),
        texture=texture.image if texture is not None else b"",
        parts=tuple(Part(*part[:5]) for part in mesh.parts),
    )


def frame_message(
    moment: Moment,
    *,
    topology_id: str,
    codec: str,
    box: Box,
    server_ns: int,
    every: int = 1,
    normals: bool = False,
) -> wire.Frame:
    """A frame in one codec, or a more exact one where it moves too far for that.

    every: one frame in so many is sent just now.  normals: with them, for who would not compute them.
    """
    frame = moment.frame
    face, topology = frame.face, moment.head.topology
    used, vertices = encode_vertices(frame.vertices_vx3, codec, box)
    return wire.Frame(
        *moment.stamp(topology_id, server_ns),
        weights=_f4(face.weights),
        head_rotation=_f4(face.head_rotation),
        head_translation_m=_f4(face.head_translation_m),
        codec=used,
        vertex_count=len(frame.vertices_vx3),
        vertices=vertices,
        every=every,
        normals=oct_normals.encode(
            vertex_normals(frame.vertices_vx3, topology.triangles_tx3, topology.weld_v)
        )
        if normals
        else b"",
    )


def frame_from(message: wire.Frame, box: Box) -> Frame:
    """The inverse: vertices within the codec's stated error, everything else exactly."""
    face = Face(
        weights=np.frombuffer(message.weights, "<f4"),
        head_rotation=np.frombuffer(message.head_rotation, "<f4"),
        head_translation_m=np.frombuffer(message.head_translation_m, "<f4"),
    )
    vertices = decode_vertices(message.codec, message.vertices, box)
    return Frame(message.utterance, message.generation, message.seq, message.pts, face, vertices)


def _f4(array: Float32) -> bytes:
    return np.asarray(array, "<f4").tobytes()
