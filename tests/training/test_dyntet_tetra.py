"""Grid and marching tetrahedra: laws that hold for any field."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.training.dyntet.grid import TET_EDGES, Focus, Space, TetGrid, make_grid
from talkwire.training.dyntet.tetra import Surface, inner_share, march, on_surface

CUBE = Space(np.array([-1.0, -1, -1]), np.array([1.0, 1, 1]))
DRAWN = Space(
    np.array([-1.0, -1.2, -1]),
    np.array([1.0, 1.2, 1]),
    (Focus((0, 0, 0.4), (0.5, 0.5, 0.5), 0.4), Focus((0.1, 0.1, 0.45), (0.15, 0.1, 0.2), 0.3)),
)


def corners(grid: TetGrid) -> np.ndarray:
    return grid.points_gx3_m.astype(np.float64)[grid.tets_tx4]


def places(grid: TetGrid, surface: Surface, field: np.ndarray) -> np.ndarray:
    share = inner_share(torch.from_numpy(field)[surface.ends_vx2])
    points = torch.from_numpy(grid.points_gx3_m.astype(np.float64))[surface.active_a]
    return on_surface(points, surface.local_vx2, share).numpy()


def directed_edges(triangles: np.ndarray) -> np.ndarray:
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def is_closed(triangles: np.ndarray) -> bool:
    """Every directed edge once, and its reverse once: watertight, manifold along edges, one orientation."""
    edges = directed_edges(triangles)
    forward = {tuple(e) for e in edges.tolist()}
    return len(forward) == len(edges) and all((b, a) in forward for a, b in forward)


def volume(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)


@pytest.mark.parametrize("space", [CUBE, DRAWN], ids=["plain", "drawn together"])
def test_every_tetrahedron_has_volume(space: Space) -> None:
    p = corners(make_grid(space, 9))
    volumes = np.einsum("ti,ti->t", p[:, 1] - p[:, 0], np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 0])) / 6
    assert volumes.min() > 0
    if space is CUBE:  # congruent: 12 fill a cell
        np.testing.assert_allclose(volumes, (2 / 9) ** 3 / 12, rtol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 7, 12])
def test_any_size_has_the_lattices_counts(n: int) -> None:
    grid = make_grid(CUBE, n)
    assert len(grid.points_gx3_m) == (n + 1) ** 3 + n**3
    assert len(grid.tets_tx4) == 12 * n**2 * (n - 1)
    assert len(np.unique(np.sort(grid.tets_tx4, axis=1), axis=0)) == len(grid.tets_tx4)


def test_cells_follow_the_sides_of_the_box() -> None:
    grid = make_grid(Space(np.zeros(3), np.array([1.0, 2, 4])), 8)
    assert len(grid.points_gx3_m) == 3 * 5 * 9 + 2 * 4 * 8


def test_tetrahedra_share_whole_faces() -> None:
    grid = make_grid(CUBE, 4)
    faces = np.concatenate([grid.tets_tx4[:, list(c)] for c in combinations(range(4), 3)])
    _, count = np.unique(np.sort(faces, axis=1), axis=0, return_counts=True)
    assert set(count.tolist()) == {1, 2}


def test_edges_are_those_of_the_tetrahedra() -> None:
    grid = make_grid(CUBE, 3)
    ends = np.sort(grid.tets_tx4[:, TET_EDGES], axis=2)
    np.testing.assert_array_equal(grid.edges_ex2[grid.tet_edges_tx6], ends)
    assert (grid.edges_ex2[:, 0] < grid.edges_ex2[:, 1]).all()


def test_foci_make_cells_smaller_where_they_are() -> None:
    def cell_at(space: Space, at: list[float]) -> float:
        lattice = space.to_lattice(np.array([at]))
        step = np.array([0.01, 0, 0])
        return float(np.linalg.norm(space.to_metres(lattice + step) - space.to_metres(lattice - step)) / 0.04)

    assert cell_at(DRAWN, [0.1, 0.1, 0.45]) < 0.5 * cell_at(CUBE, [0.1, 0.1, 0.45])
    assert cell_at(DRAWN, [-0.9, -1.1, -0.9]) == pytest.approx(cell_at(CUBE, [0, 0, 0]), rel=0.1)


@given(st.lists(st.floats(-0.95, 0.95), min_size=3, max_size=3))
def test_lattice_coordinates_are_the_inverse(at: list[float]) -> None:
    lattice = DRAWN.to_lattice(np.array([at]))
    np.testing.assert_allclose(DRAWN.to_metres(lattice), [at], atol=1e-9)


GRID = make_grid(DRAWN, 9)
INNER = (GRID.lattice_gx3 > 0.2).all(axis=1) & (GRID.lattice_gx3 < 0.8).all(
    axis=1
)  # a surface that stays in the grid


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9))
def test_any_field_gives_a_closed_surface_around_its_inside(seed: int, density: float) -> None:
    """White noise has every case of signs; zeros are on the surface and count as outside."""
    rng = np.random.default_rng(seed)
    field = np.where(
        INNER & (rng.random(len(INNER)) < density), -rng.random(len(INNER)), rng.random(len(INNER))
    )
    field[rng.random(len(field)) < 0.05] = 0.0
    surface = march(GRID, field)
    if not (field < 0).any():
        assert not len(surface.triangles_fx3)
        return
    triangles = surface.triangles_fx3.numpy()
    assert is_closed(triangles)
    assert volume(places(GRID, surface, field), triangles) > 0
    assert (field[surface.ends_vx2[:, 0]] < 0).all()
    assert (field[surface.ends_vx2[:, 1]] >= 0).all()


def test_topology_depends_on_signs_alone() -> None:
    rng = np.random.default_rng(3)
    field = np.where(INNER & (rng.random(len(INNER)) < 0.5), -1.0, 1.0)
    one, other = march(GRID, field), march(GRID, field * rng.uniform(0.1, 5, len(field)))
    assert torch.equal(one.triangles_fx3, other.triangles_fx3)
    assert torch.equal(one.ends_vx2, other.ends_vx2)


def test_a_ball_is_found_where_it_is() -> None:
    grid = make_grid(CUBE, 24)
    field = np.linalg.norm(grid.points_gx3_m, axis=1) - 0.7
    surface = march(grid, field.astype(np.float64))
    points, triangles = places(grid, surface, field), surface.triangles_fx3.numpy()
    assert np.abs(np.linalg.norm(points, axis=1) - 0.7).max() < 2e-3
    assert volume(points, triangles) == pytest.approx(4 / 3 * np.pi * 0.7**3, rel=1e-2)
    normal = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]]
    )
    big = np.linalg.norm(normal, axis=1) > 1e-6
    assert (np.einsum("fi,fi->f", normal, points[triangles].mean(axis=1))[big] > 0).all()


def test_a_field_that_leaves_the_grid_is_open() -> None:
    field = GRID.points_gx3_m[:, 1].astype(np.float64)
    assert not is_closed(march(GRID, field).triangles_fx3.numpy())


@pytest.mark.parametrize("value", [1.0, -1.0, 0.0])
def test_one_sign_has_no_surface(value: float) -> None:
    surface = march(GRID, np.full(len(INNER), value))
    assert not len(surface.triangles_fx3)
    assert not len(surface.active_a)


def test_vertices_move_with_the_field_that_places_them() -> None:
    """d share / d field, against the formula v = (v_a s_b - v_b s_a) / (s_b - s_a)."""
    ends = torch.tensor([[-0.3, 0.9]], dtype=torch.float64, requires_grad=True)
    share = inner_share(ends)
    assert share.item() == pytest.approx(0.75)
    (gradient,) = torch.autograd.grad(share.sum(), ends)
    assert gradient[0].tolist() == pytest.approx([0.9 / 1.44, 0.3 / 1.44])


def test_a_stale_sign_does_not_throw_a_vertex_away() -> None:
    share = inner_share(torch.tensor([[1e-12, 1e-12], [0.2, 0.1], [-0.1, 0.0]]))
    assert torch.isfinite(share).all()
    assert share.min() >= 0
    assert share.max() <= 1
