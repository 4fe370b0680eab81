"""A head that is being learned: networks, light, and, once the field is frozen, a mesh with a rest of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from talkwire.training.dyntet.grid import TetGrid
from talkwire.training.dyntet.light import Light
from talkwire.training.dyntet.mesh import HeadMesh
from talkwire.training.dyntet.networks import (
    LONGEST_REACH_M,
    Colour,
    ExpressionEncoder,
    Field,
    Offset,
    Widths,
)
from talkwire.training.dyntet.tetra import Surface, inner_share, march, on_surface


@dataclass(frozen=True)
class Shape:
    """A surface under B expressions.

    vertices_bxvx3: metres.  triangles_fx3.  canonical_vx3: lattice coordinates of the canonical surface.
    code_bxe: what the expression encoder heard.
    """

    vertices_bxvx3: torch.Tensor
    triangles_fx3: torch.Tensor
    canonical_vx3: torch.Tensor
    code_bxe: torch.Tensor

    def rows(self, of_b: torch.Tensor) -> Shape:
        """The same with these of its expressions, any of them as often as wanted."""
        return Shape(self.vertices_bxvx3[of_b], self.triangles_fx3, self.canonical_vx3, self.code_bxe[of_b])


@dataclass(frozen=True)
class Place:
    """Of P points: features_pxtx3 of the offset network, and the elastic score, score_p, metres."""

    features_pxtx3: torch.Tensor
    score_p: torch.Tensor


@dataclass(frozen=True, slots=True)
class Ablation:
    """Which of the paper's parts are on: all, but for a table that shows what each is for."""

    elastic_scaling: bool = True
    conditioned_colour: bool = True
    warm_up: bool = True


class HeadModel(nn.Module):
    """The networks and, after `freeze`, the mesh."""

    def __init__(
        self,
        widths: Widths,
        *,
        flat_light: bool,
        gains: int,
        start_g: torch.Tensor | None = None,
        ablation: Ablation | None = None,
    ) -> None:
        """gains: how many there are on the colours of what is attached.

        start_g: [G] metres, the signed distance at the grid's points to begin with. The network learns what
        is to be added: a morphable head's ears and lips need not be learned again.
        """
        super().__init__()
        self.start_g: torch.Tensor
        self.register_buffer("start_g", torch.zeros(0) if start_g is None else start_g)
        self.widths = widths
        self.ablation = ablation or Ablation()
        self.encoder = ExpressionEncoder(widths)
        self.field = Field(widths)
        self.offset = Offset(widths)
        self.colour = Colour(widths)
        self.light = Light(flat=flat_light)
        self.gains = nn.Parameter(torch.ones(gains, 3))
        self.mesh: HeadMesh | None = None
        self.rest_vx3: nn.Parameter | None = None
        self.canonical_vx3: torch.Tensor | None = None

    def freeze(self, mesh: HeadMesh, canonical_vx3: torch.Tensor) -> None:
        """From now on the topology is this mesh's; its rest is learned. canonical_vx3: lattice
        coordinates.
        """
        self.mesh = mesh
        self.rest_vx3 = nn.Parameter(mesh.rest_vx3.clone())
        self.canonical_vx3 = canonical_vx3

    @property
    def moves_at_vx3(self) -> torch.Tensor:
        """[V, 3] the lattice places by whose offsets the frozen mesh's vertices move."""
        assert self.mesh is not None
        assert self.canonical_vx3 is not None
        return self.canonical_vx3[self.mesh.rides_v]

    def offsets(self, place: Place, code_bxe: torch.Tensor) -> torch.Tensor:
        """[B, P, 3] metres: elastic score times the direction the offset network gives."""
        direction = torch.tanh(self.offset.of_features(place.features_pxtx3, code_bxe))
        return direction * (place.score_p[:, None] if self.ablation.elastic_scaling else LONGEST_REACH_M)

    def place(self, points_px3: torch.Tensor) -> Place:
        """What does not depend on the expression, of lattice points."""
        return Place(self.offset.features(points_px3), self.field(points_px3)[1])

    def signed(self, grid_rows: torch.Tensor, lattice_px3: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[P] signed distance and [P] elastic score of grid points, metres."""
        change, score = self.field(lattice_px3)
        return self.start_g[grid_rows] + change, score

    def shape(self, codes_bx52xw: torch.Tensor, place: Place | None = None) -> Shape:
        """The frozen mesh under B windows of expressions. place: of moves_at_vx3, if found before."""
        mesh, rest = self.mesh, self.rest_vx3
        assert mesh is not None
        assert rest is not None
        assert self.canonical_vx3 is not None
        code = self.encoder(codes_bx52xw)
        moved = self.offsets(place or self.place(self.moves_at_vx3), code)
        return Shape(rest + moved, mesh.triangles_fx3, self.canonical_vx3, code)

    def free_shape(self, codes_bx52xw: torch.Tensor, free: FreeSurface) -> Shape:
        """The field's own surface, sealed, with gradients to the field: the paper's, before anything is
        cut.
        """
        surface = free.surface
        code = self.encoder(codes_bx52xw)
        lattice = free.lattice_ax3
        field, score = self.signed(surface.active_a, lattice)
        share = inner_share(field[surface.local_vx2])
        moved = self.offsets(Place(self.offset.features(lattice), score), code)
        at = on_surface(free.points_ax3_m + moved, surface.local_vx2, share)
        canonical = on_surface(lattice, surface.local_vx2, share)
        return Shape(at, surface.triangles_fx3, canonical, code)


@dataclass(frozen=True)
class FreeSurface:
    """The topology of a field that still changes, and the grid points that carry it."""

    surface: Surface
    lattice_ax3: torch.Tensor
    points_ax3_m: torch.Tensor


def find_surface(model: HeadModel, grid: TetGrid, field_g: np.ndarray, rows: np.ndarray) -> FreeSurface:
    """March the model's field. field_g: [G] its values, brought up to date in place at some rows."""
    field_g[rows] = field_values(model, grid, rows)
    surface = march(grid, field_g)
    active = surface.active_a.numpy()
    return FreeSurface(
        surface, torch.from_numpy(grid.lattice_gx3[active]), torch.from_numpy(grid.points_gx3_m[active])
    )


@torch.no_grad()
def field_values(model: HeadModel, grid: TetGrid, rows: np.ndarray) -> np.ndarray:
    """[P] float64 metres: the signed distance at some of the grid's points."""
    device = model.start_g.device
    lattice = torch.from_numpy(grid.lattice_gx3[rows]).to(device)
    index = torch.from_numpy(rows).to(device)
    parts = zip(torch.split(index, 16384), torch.split(lattice, 16384), strict=True)
    return torch.cat([model.signed(i, x)[0] for i, x in parts]).double().cpu().numpy()
