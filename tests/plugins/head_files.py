"""A head of any size as the media socket carries it, in files, with what the reference decodes from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from talkwire.bridge import normals as octahedral
from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, vertices_from
from talkwire.bridge.codec import Box, decode_vertices, encode_vertices
from talkwire.bridge.media import Media, encode_media
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32

TOPOLOGY = "00c0ffee00c0ffee"
STAMP = (TOPOLOGY, 2, 3, 5, 3675, 44100, wire.KEY, 987_654_321)
PLANES = {"f32": "frame/f32", "q16": "frame/q16", "delta8": "frame/delta8", "q16n": "frame/q16n"}


def write_head(folder: Path, *, side: int, components: int, seed: int = 0) -> dict[str, dict[str, Float32]]:
    """mesh.bin, basis.bin, frame_*.bin of side * side vertices, and by frame its "vertices", "normals" and,
    where they were sent, "sent_normals", [V, 3] float32 each.
    """
    random = np.random.default_rng(seed)
    mesh, triangles, weld = _mesh(side, random)
    neutral = np.frombuffer(mesh.neutral_vx3, "<f4").reshape(-1, 3)
    moved = (neutral + random.uniform(-0.01, 0.01, neutral.shape)).astype(np.float32)
    vertices: dict[str, Float32] = {}
    sent: dict[str, Float32] = {}
    messages: dict[str, Media] = {"mesh": Media("nova", "mesh", mesh)}
    for codec, plane in PLANES.items():
        frame = _frame(codec, moved, mesh.box, vertex_normals(moved, triangles, weld))
        messages[f"frame_{codec}"] = Media("nova", plane, frame)
        vertices[f"frame_{codec}"] = decode_vertices(frame.codec, frame.vertices, mesh.box)
        if frame.normals:
            sent[f"frame_{codec}"] = octahedral.decode(frame.normals)
    basis, coefficients = _sum(neutral, components, random)
    messages["basis"] = Media("nova", "basis", basis)
    messages["frame_basis"] = Media("nova", "frame/basis", coefficients)
    vertices["frame_basis"] = vertices_from(coefficients, basis_from(basis))
    for name, media in messages.items():
        (folder / f"{name}.bin").write_bytes(encode_media(media))
    return {
        name: {
            "vertices": places,
            "normals": vertex_normals(places, triangles, weld),
            **({"sent_normals": sent[name]} if name in sent else {}),
        }
        for name, places in vertices.items()
    }


def _mesh(side: int, random: np.random.Generator) -> tuple[wire.Mesh, np.ndarray, np.ndarray]:
    """A bent square of two triangles a cell, with one seam and one triangle without area."""
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, side), np.linspace(0, 0.25, side))
    z = 0.05 * np.cos(20 * x) + random.uniform(0, 1e-3, x.shape)
    neutral = np.stack([x, y, z], axis=2).reshape(-1, 3).astype("<f4")
    cell = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1, 1)
    triangles = np.concatenate(
        [cell + np.array(corners) for corners in ((0, 1, side), (1, side + 1, side))]
    ).astype("<u4")
    triangles[0] = triangles[0, 0]
    weld = np.arange(side * side, dtype="<u4")
    weld[side : 2 * side] = weld[:side]
    box = Box.around(neutral)
    mesh = wire.Mesh(
        TOPOLOGY,
        neutral.tobytes(),
        triangles.tobytes(),
        neutral[:, :2].tobytes(),
        weld.tobytes(),
        box.low_m.tobytes(),
        box.high_m.tobytes(),
        (("skin", 0, len(triangles), 0.5, 0.5),),
        60,
    )
    return mesh, triangles, weld


def _frame(codec: str, moved: Float32, box: Box, normals: Float32) -> wire.Frame:
    used, data = encode_vertices(moved, codec.removesuffix("n"), box)
    weights = np.linspace(0, 1, 52, dtype="<f4").tobytes()
    rotation, translation = np.array([0, 0.6, 0, 0.8], "<f4").tobytes(), bytes(12)
    extra = octahedral.encode(normals) if codec == "q16n" else b""
    return wire.Frame(*STAMP, weights, rotation, translation, used, len(moved), data, 1, extra)


def _sum(neutral: Float32, own: int, random: np.random.Generator) -> tuple[wire.Basis, wire.Coefficients]:
    """Two blocks: all vertices by the own coefficients, the last half by 20 of ARKit's weights."""
    half = len(neutral) // 2
    blocks = ((0, len(neutral), 0, own), (half, len(neutral) - half, own + 7, 20))
    steps = random.integers(-32767, 32767, 3 * sum(b[1] * b[3] for b in blocks)).astype("<i2")
    scales = random.uniform(1e-8, 1e-7, own + 20).astype("<f4")
    basis = wire.Basis(TOPOLOGY, own, 0.0, neutral.tobytes(), blocks, scales.tobytes(), steps.tobytes())
    weights = random.uniform(0, 1, 52) * (np.arange(52) % 3 == 0)  # most of a face's are 0
    frame = wire.Coefficients(
        *STAMP,
        np.array([0, 19660, 0, 26214], "<i2").tobytes(),
        np.zeros(3, "<f2").tobytes(),
        weights.astype("<f2").tobytes(),
        random.normal(size=own).astype("<f2").tobytes(),
    )
    return basis, frame
