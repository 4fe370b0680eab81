"""What tests share that is not a fixture: where things are, and a small avatar."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import AvatarCard, BlendshapeAvatar
from talkwire.runtime.types import Float32, Part, Topology

ROOT = Path(__file__).parents[1]
LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"


def small_avatar(vertex_count: int = 60, seed: int = 0) -> BlendshapeAvatar:
    """A made-up mesh with all 52 shapes: for laws that hold for any avatar, not for looks."""
    rng = np.random.default_rng(seed)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 150, 130)).save(picture, "PNG")
    triangles = np.array([[i, i + 1, i + 2] for i in range(vertex_count - 2)], dtype=np.uint32)
    topology = Topology(
        neutral_vx3=rng.normal(0, 0.1, (vertex_count, 3)).astype(np.float32),
        triangles_tx3=triangles,
        uvs_vx2=rng.random((vertex_count, 2)).astype(np.float32),
        weld_v=np.arange(vertex_count, dtype=np.uint32),
        texture=picture.getvalue(),
        parts=(Part("skin", 0, 20), Part("teeth", 20, vertex_count - 22, roughness=0.2)),
    )
    deltas: Float32 = rng.normal(0, 0.005, (52, vertex_count, 3)).astype(np.float32)
    deltas[:, rng.random(vertex_count) < 0.5] = 0
    card = AvatarCard(
        name="small",
        kind="blendshape",
        licence="CC0-1.0",
        credit="the tests",
        made_by="tests/support.py, seed 0",
        shows="nobody: random points",
    )
    return BlendshapeAvatar(card, topology, ARKIT_NAMES, deltas)
