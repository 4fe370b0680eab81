"""Nova and her family as a morphable head: all vertices of the shipped nova.talkwire, in its order."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.avatar_mesh import unpack_shapes
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Topology
from talkwire.training.heads.morphable import Int64, MorphableHead

NAME: Final = "nova"
FAMILY: Final = Path(__file__).parents[1] / "data" / "nova_family.npz"


@cache
def load_nova_head() -> MorphableHead:
    """The family that ships with talkwire. Raises TrainingError for a damaged file, or another nova's."""
    avatar = load_avatar(find_avatar(NAME))
    assert isinstance(avatar, BlendshapeAvatar)
    assert avatar.names == ARKIT_NAMES
    stored = _read(FAMILY, avatar.topology)
    return MorphableHead(
        name=NAME,
        licence="CC0-1.0",
        credit=avatar.card.credit,
        mean_vx3=avatar.topology.neutral_vx3,
        modes_ixvx3=unpack_shapes(stored),
        shapes_kxvx3=avatar.deltas_kxvx3,
        parts=_parts(avatar.topology, stored["skin"].astype(np.int64)),
        landmark_corners_lx3=stored["landmark_corners"].astype(np.int64),
        landmark_shares_lx3=stored["landmark_shares"],
    )


@cache
def mode_names() -> tuple[str, ...]:
    """[I] what each mode of the family changes."""
    avatar = load_avatar(find_avatar(NAME))
    return tuple(str(name) for name in _read(FAMILY, avatar.topology)["names"])


def _read(file: Path, topology: Topology) -> dict[str, npt.NDArray[Any]]:
    try:
        with file.open("rb") as data, np.load(data, allow_pickle=False) as opened:
            stored = {name: opened[name] for name in opened.files}
        made_for = str(stored["topology"].item())
        if made_for != topology.id:
            raise ValueError(f"made for topology {made_for}, not {topology.id}")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            "nova's family cannot be read",
            seen=f"{type(error).__name__}: {error}"[:120],
            wanted=f"{file.name} made for the shipped nova",
            cure="reinstall talkwire, or run: python -m talkwire.training.nova.family",
        ) from None
    return stored


def _parts(topology: Topology, skin_rows: Int64) -> dict[str, Int64]:
    """Triangles by part, seams welded; of the skin the given rows only."""
    welded = topology.weld_v[topology.triangles_tx3].astype(np.int64)
    parts = {
        part.name: welded[part.first_triangle : part.first_triangle + part.triangle_count]
        for part in topology.parts
    }
    return parts | {"skin": welded[skin_rows]}
