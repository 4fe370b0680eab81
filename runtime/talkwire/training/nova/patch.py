"""Pieces of a head before they become one mesh: polygons with their own UVs and their own shapes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from talkwire.training.nova.source import Float64, Ints


@dataclass(frozen=True)
class Patch:
    """A surface of quads (a triangle repeats its last corner).

    part: the name of its look.  positions_vx3: [V, 3] metres.  quads_qx4, quad_uvs_qx4: [Q, 4] into
    positions and uvs.  uvs_ux2: [U, 2] in its own chart, v upward.  shapes: displacement [V, 3] by
    ARKit name; shapes that do not move it are left out.
    """

    part: str
    positions_vx3: Float64
    quads_qx4: Ints
    uvs_ux2: Float64
    quad_uvs_qx4: Ints
    shapes: dict[str, Float64] = field(default_factory=dict)

    def moved(self, **changes: object) -> Patch:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


def cut_out(
    part: str, positions: Float64, quads: Ints, uvs: Float64, quad_uvs: Ints, shapes: dict[str, Float64]
) -> Patch:
    """The patch of some quads of a larger mesh, with only the vertices and UVs that they use."""
    used, corner = np.unique(quads, return_inverse=True)
    used_uvs, uv_corner = np.unique(quad_uvs, return_inverse=True)
    kept = {name: moved[used] for name, moved in shapes.items() if moved[used].any()}
    return Patch(part, positions[used], corner.reshape(-1, 4), uvs[used_uvs], uv_corner.reshape(-1, 4), kept)


def grid_patch(
    part: str, positions_rxcx3: Float64, shapes: dict[str, Float64], *, wrap: bool = False
) -> Patch:
    """A patch from points [R, C, 3]; wrap joins the last column to the first. UVs run 0..1 over it."""
    rows, columns = positions_rxcx3.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    if wrap:
        index = np.concatenate([index, index[:, :1]], axis=1)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1).reshape(-1, 4)
    u, v = np.meshgrid(np.linspace(0, 1, index.shape[1]), np.linspace(1, 0, rows))
    uv_index = np.arange(u.size).reshape(u.shape)
    uv_quads = np.stack(
        [uv_index[:-1, :-1], uv_index[:-1, 1:], uv_index[1:, 1:], uv_index[1:, :-1]], axis=-1
    ).reshape(-1, 4)
    return Patch(
        part,
        positions_rxcx3.reshape(-1, 3),
        quads,
        np.stack([u.ravel(), v.ravel()], axis=1),
        uv_quads,
        {name: moved.reshape(-1, 3) for name, moved in shapes.items()},
    )


def split(patch: Patch, chosen_q: npt.NDArray[np.bool_], part: str) -> tuple[Patch, Patch]:
    """The patch without the chosen quads, and those as a part of their own."""
    rest, taken = (
        cut_out(
            name,
            patch.positions_vx3,
            patch.quads_qx4[rows],
            patch.uvs_ux2,
            patch.quad_uvs_qx4[rows],
            patch.shapes,
        )
        for name, rows in ((patch.part, ~chosen_q), (part, chosen_q))
    )
    return rest, taken
