"""From a morphable head to the mesh of a head: openings, cuts, rims, what rides on what, inner parts."""

from dataclasses import replace

import numpy as np
import pytest

for needed in ("torch", "scipy", "igl"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import scipy.sparse as sparse  # noqa: E402
import torch  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from scipy.sparse.csgraph import connected_components  # noqa: E402
from scipy.spatial.transform import Rotation  # noqa: E402

from talkwire.runtime.errors import TrainingError  # noqa: E402
from talkwire.training.dyntet.aperture import (  # noqa: E402
    FAR_M,
    OVERLAP_M,
    PIXEL_M,
    Aperture,
    border_edges,
    cut,
    find_aperture,
)
from talkwire.training.dyntet.attached import ALWAYS, BACK_M, OF_NOVA, SMALLER, attach  # noqa: E402
from talkwire.training.dyntet.grid import TetGrid, make_grid  # noqa: E402
from talkwire.training.dyntet.mesh import FOLDS, HeadMesh, make_mesh  # noqa: E402
from talkwire.training.dyntet.prior import LEAST_LID_GAP_M, HeadPrior  # noqa: E402
from talkwire.training.dyntet.relax import relax  # noqa: E402
from talkwire.training.heads import points  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402
from talkwire.training.surfaces import nearest, normals_of  # noqa: E402

NOVA = load_nova_head()
NOBODY = np.zeros(len(NOVA.modes_ixvx3), np.float32)


@pytest.fixture(scope="module")
def prior() -> HeadPrior:
    return HeadPrior(NOVA, NOBODY, hair=True)


@pytest.fixture(scope="module")
def grid(prior: HeadPrior) -> TetGrid:
    return make_grid(prior.space, 30)


@pytest.fixture(scope="module")
def field(prior: HeadPrior, grid: TetGrid) -> np.ndarray:
    return prior.sealed_field(grid.points_gx3_m)


@pytest.fixture(scope="module")
def mesh(prior: HeadPrior, grid: TetGrid, field: np.ndarray) -> HeadMesh:
    return make_mesh(grid, field, prior)


def arrays(mesh: HeadMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return mesh.rest_vx3.numpy().astype(np.float64), mesh.triangles_fx3.numpy(), mesh.folded_v.numpy()


def pieces(edges: np.ndarray, count: int) -> np.ndarray:
    """[count] labels of what hangs together."""
    graph = sparse.coo_matrix((np.ones(len(edges)), tuple(edges.T)), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def sides(triangles: np.ndarray) -> np.ndarray:
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def areas(at: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (at[triangles[:, k]] for k in range(3))
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


# --- a head's mesh


def test_a_head_is_one_piece_and_a_manifold(mesh: HeadMesh) -> None:
    at, triangles, _ = arrays(mesh)
    directed = sides(triangles)
    assert len(np.unique(directed, axis=0)) == len(directed)  # one orientation
    _, count = np.unique(np.sort(directed, axis=1), axis=0, return_counts=True)
    assert set(count.tolist()) == {1, 2}
    assert len(np.unique(pieces(directed, len(at)))) == 1  # with no vertex left over
    assert areas(at, triangles).min() > 0
    assert not (triangles[:, [0]] == triangles[:, 1:]).any()


def test_it_is_open_at_the_rims_of_mouth_and_eyes_alone(mesh: HeadMesh, prior: HeadPrior) -> None:
    """Sealed at the neck; a rim goes around each opening, and its inmost ring is where the mesh ends."""
    at, triangles, folded = arrays(mesh)
    borders = border_edges(triangles)
    assert folded[np.unique(borders)].all()
    starts, ends = (np.bincount(borders[:, k], minlength=len(at)) for k in range(2))
    np.testing.assert_array_equal(starts, ends)  # closed loops
    label = pieces(borders, len(at))
    for aperture, rim in zip(
        prior.apertures, (points.LIPS_INNER, points.LEFT_EYE, points.RIGHT_EYE), strict=True
    ):
        landmarks = prior.landmarks_lx3[list(rim)]
        near = np.linalg.norm(at[borders[:, 0]] - landmarks.mean(axis=0), axis=1) < 0.03
        widest = np.argmax(np.bincount(label[borders[near, 0]]))
        loop = at[np.unique(borders[label[borders[:, 0]] == widest])]
        # as wide as the landmarks say, and behind them by what the folds go inward
        np.testing.assert_allclose(np.ptp(loop[:, 0]), np.ptp(landmarks[:, 0]), rtol=0.35)
        into_m = FOLDS[aperture.name][-1][0]
        assert landmarks[:, 2].mean() - loop[:, 2].mean() == pytest.approx(into_m, abs=0.004)
    lowest = at[np.unique(borders), 1].min()
    assert lowest > prior.landmarks_lx3[points.CHIN, 1]


def test_its_rims_lie_on_the_openings(mesh: HeadMesh, prior: HeadPrior) -> None:
    """The last vertices that are not folded are the lips' and the lids'."""
    at, triangles, folded = arrays(mesh)
    across = sides(triangles)
    across = across[folded[across[:, 0]] != folded[across[:, 1]]]
    rim = np.unique(across[~folded[across]])
    off = np.min([np.abs(aperture.at(at[rim])) for aperture in prior.apertures], axis=0)
    assert np.median(off) < 1e-5
    assert np.percentile(off, 90) < 5e-4


def test_outside_is_out_and_the_surface_is_the_morphable_heads(mesh: HeadMesh, prior: HeadPrior) -> None:
    at, triangles, folded = arrays(mesh)
    a, b, c = (at[triangles[:, k]] for k in range(3))
    assert np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6 > 0.002  # cubic metres
    skin = at[~folded]
    distance = nearest(skin, prior.canonical_vx3, prior.surface_tx3).distance_p
    assert np.median(distance) < 5e-4
    face = skin[:, 2] > prior.landmarks_lx3[points.CHIN, 2] - 0.02
    assert np.percentile(distance[face], 95) < 0.002


def test_no_vertex_is_left_over_and_folds_ride_with_their_rim(mesh: HeadMesh) -> None:
    """Lips keep their thickness: what a rim's vertex does, the rings behind it do."""
    at, triangles, folded = arrays(mesh)
    assert torch.equal(torch.unique(mesh.triangles_fx3), torch.arange(len(mesh.rest_vx3)))
    rides = mesh.rides_v.numpy()
    np.testing.assert_array_equal(folded, rides != np.arange(len(at)))
    assert not folded[rides].any()
    across = sides(triangles)
    across = across[folded[across[:, 0]] != folded[across[:, 1]]]
    np.testing.assert_array_equal(np.unique(rides[folded]), np.unique(across[~folded[across]]))
    deepest = max(into for rings in FOLDS.values() for into, _ in rings)
    behind = (at[rides] - at)[folded, 2]
    assert 0 < behind.min() < behind.max() < 1.01 * deepest


def test_one_field_gives_one_mesh_and_bubbles_are_no_part_of_it(
    mesh: HeadMesh, prior: HeadPrior, grid: TetGrid, field: np.ndarray
) -> None:
    bubble = field.copy()
    bubble[np.argmin(np.linalg.norm(grid.lattice_gx3 - 0.12, axis=1))] = -0.01
    bubble[np.argmin(np.linalg.norm(grid.lattice_gx3 - [0.5, 0.5, 0.4], axis=1))] = 0.01  # a hollow inside
    again = make_mesh(grid, bubble, prior)
    for name, tensor in vars(mesh).items():
        assert torch.equal(tensor, getattr(again, name)), name


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_a_field_of_one_sign_has_no_surface(prior: HeadPrior, grid: TetGrid, value: float) -> None:
    with pytest.raises(TrainingError, match=f"the field has no surface: saw values from {value:.3g} to"):
        make_mesh(grid, np.full(len(grid.lattice_gx3), value), prior)


def test_border_edges_are_in_their_triangles_direction() -> None:
    tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    assert len(border_edges(tetrahedron)) == 0
    assert border_edges(tetrahedron[1:]).tolist() == [[0, 1], [1, 2], [2, 0]]
    assert border_edges(tetrahedron[:1]).tolist() == [[0, 2], [2, 1], [1, 0]]


# --- openings and cuts


def plate(count: int = 41, side_m: float = 0.06, hole_m: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A square at z = 0 that faces the viewer; without the triangles whose corners lie in a round hole."""
    ticks = np.linspace(-side_m / 2, side_m / 2, count)
    at = np.stack([*np.meshgrid(ticks, ticks), np.zeros((count, count))], axis=-1).reshape(-1, 3)
    corner = np.arange(count * count).reshape(count, count)[:-1, :-1].ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + count], axis=1),
            np.stack([corner + 1, corner + count + 1, corner + count], axis=1),
        ]
    )
    return at, triangles[~(np.hypot(*at[:, :2].T) < hole_m)[triangles].all(axis=1)]


def circle(radius_m: float, count: int = 24) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return radius_m * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)


def test_an_opening_is_found_where_no_skin_is_seen() -> None:
    at, triangles = plate(241, hole_m=0.008)
    aperture = find_aperture("mouth", at, triangles, circle(0.008))
    some = np.array([[0, 0, 0], [0.004, 0, 0], [0.012, 0.003, 0], [-0.014, 0, 0], [0.008, 0, 0.0]])
    wanted = np.hypot(some[:, 0], some[:, 1]) - 0.008 + OVERLAP_M["mouth"]
    np.testing.assert_allclose(aperture.at(some)[1:], wanted[1:], atol=3e-4)
    assert aperture.at(some)[0] < -0.007
    np.testing.assert_allclose(aperture.height(circle(0.008)), 0, atol=1e-5)
    np.testing.assert_allclose(aperture.outward(circle(0.01)), circle(1)[:, :2], atol=0.08)
    elsewhere = np.array([[0, 0, -0.019], [0.05, 0, 0], [0, -0.05, 0]])  # behind, beside
    assert (aperture.at(elsewhere) == FAR_M).all()


def test_what_lies_deep_behind_does_not_close_an_opening_and_what_is_near_does() -> None:
    at, triangles = plate(121, hole_m=0.008)
    for depth_m, closed in ((0.03, False), (0.005, True)):
        both = np.concatenate([at, plate(21)[0] - [0, 0, depth_m]])
        faces = np.concatenate([triangles, plate(21)[1] + len(at)])
        if closed:
            with pytest.raises(TrainingError, match="no opening at the eye left: saw 0 mm2"):
                find_aperture("eye_left", both, faces, circle(0.008))
        else:
            assert find_aperture("eye_left", both, faces, circle(0.008)).at(np.zeros((1, 3)))[0] < -0.006


def round_aperture(name: str, radius_m: float, centre_m: tuple[float, float]) -> Aperture:
    """By formula."""
    low = np.array([-0.025, -0.025])
    x, y = ((np.arange(500) + 0.5) * PIXEL_M + low[k] - centre_m[k] for k in range(2))
    return Aperture(name, low, np.hypot(x[None], y[:, None]) - radius_m, np.zeros((500, 500)), -0.01)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.004, 0.009), st.floats(-0.008, 0.008), st.floats(-0.008, 0.008))
def test_a_cut_takes_out_the_opening_and_nothing_else(radius_m: float, x_m: float, y_m: float) -> None:
    at, triangles = plate()
    aperture = round_aperture("mouth", radius_m, (x_m, y_m))
    found = cut(at, triangles, (aperture,))
    (first, second), t = found.pairs_nx2.T, found.shares_n[:, None]
    assert t.min() >= 0
    assert t.max() <= 1
    new = np.concatenate([at, at[first] * (1 - t) + at[second] * t])
    removed = areas(at, triangles).sum() - areas(new, found.triangles_fx3).sum()
    assert removed == pytest.approx(np.pi * radius_m**2, rel=0.06)
    distance = np.hypot(*(new[:, :2] - [x_m, y_m]).T)
    assert distance[np.unique(found.triangles_fx3)].min() > radius_m - 1.5e-4
    rim = found.rims["mouth"]
    np.testing.assert_allclose(distance[np.unique(rim)], radius_m, atol=1.5e-4)
    assert len(np.unique(pieces(rim, len(new))[rim[:, 0]])) == 1  # one loop
    assert (np.bincount(rim[:, 0], minlength=len(new)) == np.bincount(rim[:, 1], minlength=len(new))).all()
    (ax, ay), (bx, by) = (new[rim[:, k], :2].T - [[x_m], [y_m]] for k in range(2))
    assert (ax * by - ay * bx <= 0).all()  # fronts are counter-clockwise, so it is clockwise around a hole
    p, q, r = (new[found.triangles_fx3[:, k]] for k in range(3))
    assert (np.cross(q - p, r - p)[:, 2] >= 0).all()  # nothing was turned over


def test_two_cuts_have_a_rim_each() -> None:
    at, triangles = plate()
    apertures = (
        round_aperture("eye_left", 0.004, (0.009, 0.0)),
        round_aperture("eye_right", 0.004, (-0.009, 0.0)),
    )
    found = cut(at, triangles, apertures)
    first, second = found.pairs_nx2.T
    new = np.concatenate([at, (at[first] + at[second]) / 2])
    for name, side in (("eye_left", 1), ("eye_right", -1)):
        assert (side * new[np.unique(found.rims[name]), 0] > 0).all()
    assert len(found.rims["eye_left"]) == len(found.rims["eye_right"]) > 8


def test_a_mesh_without_openings_is_left_alone() -> None:
    at, triangles = plate()
    found = cut(at + 1.0, triangles, (round_aperture("mouth", 0.005, (0, 0)),))
    np.testing.assert_array_equal(found.triangles_fx3, triangles)
    assert len(found.pairs_nx2) == 0
    assert len(found.rims["mouth"]) == 0


def test_relaxing_leaves_what_is_on_the_head_on_it(prior: HeadPrior) -> None:
    """The morphable head's own surface, shaken: it comes back, and unused vertices stay."""
    rng = np.random.default_rng(0)
    opened = {aperture.name: np.zeros((0, 2), np.int64) for aperture in prior.apertures}
    closed = replace(prior)
    closed.__dict__["apertures"] = ()  # nothing to fold or cut here
    at = np.concatenate([prior.canonical_vx3, [[9.0, 9, 9]]])
    shaken = at + rng.normal(0, 3e-4, at.shape)
    shaken[-1] = 9
    used = np.unique(prior.surface_tx3)
    found = relax(shaken, prior.surface_tx3, opened, closed, np.zeros(len(shaken), bool))
    before, after = (
        nearest(some[used], prior.canonical_vx3, prior.surface_tx3).distance_p for some in (shaken, found)
    )
    assert np.median(after) < 0.5 * np.median(before)
    assert (found[-1] == 9).all()


def test_where_the_head_leaves_the_morphable_one_is_no_step(prior: HeadPrior) -> None:
    """A scalp that rises from the morphable head by 8 mm over 6 cm, none of it known as hair."""
    opened = {aperture.name: np.zeros((0, 2), np.int64) for aperture in prior.apertures}
    closed = replace(prior)
    closed.__dict__["apertures"] = ()
    at, triangles = prior.canonical_vx3, prior.surface_tx3
    top = at[np.unique(triangles), 1].max()
    rise = 0.008 * np.clip((at[:, 1] - top + 0.08) / 0.06, 0, 1)
    grown = at + rise[:, None] * normals_of(at, triangles)
    found = relax(grown, triangles, opened, closed, np.zeros(len(grown), bool))
    height = nearest(found, at, triangles).distance_p
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    long = np.linalg.norm(found[edges[:, 0]] - found[edges[:, 1]], axis=1)
    steps = np.abs(np.diff(height[edges], axis=1))[:, 0]
    assert height.max() > 0.006
    assert np.percentile(steps[long > 1e-4] / long[long > 1e-4], 99.5) < 0.65


# --- what a morphable head tells


def test_the_field_is_sealed_at_lips_and_lids(prior: HeadPrior) -> None:
    """On a ray from before an opening to the throat or the brain there is one way in, and none out."""
    for rim in (points.LIPS_INNER, points.LEFT_EYE, points.RIGHT_EYE):
        centre = prior.landmarks_lx3[list(rim)].mean(axis=0)
        ray = centre + np.linspace(0.05, -0.05, 101)[:, None] * [0, 0, 1]
        inside = prior.sealed_field(ray) < 0
        assert not inside[0]
        assert inside[-1]
        assert np.diff(inside.astype(int)).clip(min=0).sum() == 1
        assert inside[60:].all()
    corners = np.stack(np.meshgrid(*np.stack([prior.space.low_m, prior.space.high_m], axis=1)), -1)
    assert (prior.sealed_field(corners.reshape(-1, 3)) > 0).all()


def test_bound_points_move_as_the_morphable_head_does(prior: HeadPrior) -> None:
    used = np.unique(prior.surface_tx3)[::40]
    binding = prior.bind(prior.canonical_vx3[used])
    np.testing.assert_allclose(binding.closeness_p, 1)
    np.testing.assert_allclose(binding.nearest_px3, prior.canonical_vx3[used], atol=1e-7)
    np.testing.assert_allclose(prior.shape_displacements(binding), NOVA.shapes_kxvx3[:, used], atol=2e-5)
    far = prior.bind(prior.canonical_vx3[used] * 3)
    assert not prior.shape_displacements(far)[:, np.linalg.norm(far.nearest_px3, axis=1) < 0.1].any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_canonical_pose_has_an_open_mouth_and_low_lids_that_leave_a_gap(seed: int) -> None:
    identity = np.random.default_rng(seed).normal(0, 0.6, len(NOBODY)).astype(np.float32)
    someone = HeadPrior(NOVA, identity)
    landmarks = someone.landmarks_lx3
    upper, lower = points.LEFT_LIDS_MIDDLE
    assert np.linalg.norm(landmarks[upper] - landmarks[lower]) >= LEAST_LID_GAP_M
    mouth = landmarks[[points.UPPER_LIP_MIDDLE, points.LOWER_LIP_MIDDLE]]
    assert np.linalg.norm(mouth[0] - mouth[1]) > 0.006
    assert [aperture.name for aperture in someone.apertures] == ["mouth", "eye_left", "eye_right"]


# --- inner parts


def test_novas_own_parts_are_hers() -> None:
    attached = attach(NOVA, NOBODY)
    assert {part.name for part in attached.parts} == {*ALWAYS, *OF_NOVA}
    ends = np.cumsum([part.triangle_count for part in attached.parts])
    assert [part.first_triangle for part in attached.parts] == [0, *ends[:-1]]
    assert ends[-1] == len(attached.triangles_tx3)
    np.testing.assert_array_equal(np.unique(attached.triangles_tx3), np.arange(len(attached.neutral_vx3)))
    rng = np.random.default_rng(0)
    a, b = (rng.random((2, 52)).astype(np.float32) for _ in range(2))
    at_rest = attached.posed(np.zeros((1, 52), np.float32))
    np.testing.assert_array_equal(at_rest[0], attached.neutral_vx3)
    np.testing.assert_allclose(
        attached.posed(a + b) - at_rest, attached.posed(a) + attached.posed(b) - 2 * at_rest, atol=1e-6
    )


def test_on_another_head_parts_go_where_its_own_are() -> None:
    """Nova herself, larger, turned and moved, under another name: parts follow, eyeballs a little smaller."""
    turn = Rotation.from_euler("xyz", [9, -6, 4], degrees=True).as_matrix()
    scale, shift = 1.2, np.array([0.01, -0.02, 0.03])
    other = replace(
        NOVA,
        name="someone",
        mean_vx3=(scale * NOVA.mean_vx3 @ turn.T + shift).astype(np.float32),
        shapes_kxvx3=(scale * NOVA.shapes_kxvx3 @ turn.T).astype(np.float32),
        modes_ixvx3=NOVA.modes_ixvx3 * 0,
    )
    hers, found = attach(NOVA, NOBODY), attach(other, NOBODY)
    assert {part.name for part in found.parts} == set(ALWAYS)

    def of(attached, name: str) -> tuple[np.ndarray, np.ndarray]:
        part = next(part for part in attached.parts if part.name == name)
        rows = np.unique(
            attached.triangles_tx3[part.first_triangle : part.first_triangle + part.triangle_count]
        )
        return attached.neutral_vx3[rows], attached.shapes_kxvx3[:, rows]

    for name in ("lining", "teeth", "tongue"):
        (rest, shapes), (wanted, moves) = of(found, name), of(hers, name)
        np.testing.assert_allclose(rest, scale * wanted @ turn.T + shift, atol=1e-5)
        np.testing.assert_allclose(shapes, scale * moves @ turn.T, atol=1e-5)
    rest, _ = of(found, "eyes")
    wanted = scale * (of(hers, "eyes")[0] + [0, 0, BACK_M]) @ turn.T + shift
    for side in (1, -1):
        left = side * of(hers, "eyes")[0][:, 0] > 0
        back = np.array([0, 0, BACK_M])
        np.testing.assert_allclose(rest[left].mean(axis=0) + back, wanted[left].mean(axis=0), atol=0.0015)
        sizes = [np.ptp(some[left], axis=0).max() for some in (rest, wanted)]
        assert sizes[0] / sizes[1] == pytest.approx(SMALLER, abs=0.03)
