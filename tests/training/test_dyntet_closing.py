"""Lips and lids: who meets whom, and that missing each other costs."""

import numpy as np
import pytest

for needed in ("torch", "scipy", "igl"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.runtime.arkit import INDEX  # noqa: E402
from talkwire.training.dyntet.closing import MEET_M, OPEN_M, Pairs, find_pairs, misses  # noqa: E402
from talkwire.training.dyntet.grid import make_grid  # noqa: E402
from talkwire.training.dyntet.losses import UNIT_M, closing_loss  # noqa: E402
from talkwire.training.dyntet.mesh import HeadMesh, make_mesh  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.heads import points  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402

NOVA = load_nova_head()
PRIOR = HeadPrior(NOVA, np.zeros(len(NOVA.modes_ixvx3), np.float32))


@pytest.fixture(scope="module")
def mesh() -> HeadMesh:
    grid = make_grid(PRIOR.space, 26)
    return make_mesh(grid, PRIOR.sealed_field(grid.points_gx3_m), PRIOR)


@pytest.fixture(scope="module")
def shapes(mesh: HeadMesh) -> np.ndarray:
    return PRIOR.shape_displacements(PRIOR.bind(mesh.rest_vx3.numpy()))


@pytest.fixture(scope="module")
def pairs(mesh: HeadMesh, shapes: np.ndarray) -> Pairs:
    return find_pairs(mesh, PRIOR.bind(mesh.rest_vx3.numpy()), shapes, PRIOR.canonical_52)


def apart(pairs: Pairs, shapes: np.ndarray, **weights: float) -> np.ndarray:
    """[K, 3] how far partners are to be under an expression."""
    moved = -PRIOR.canonical_52.copy()
    for name, weight in weights.items():
        moved[INDEX[name]] += weight
    by = np.tensordot(moved, shapes, axes=1)
    return pairs.apart_kx3.numpy() + by[pairs.above_k] - by[pairs.below_k]


def test_lips_have_pairs_from_corner_to_corner_one_above_the_other(pairs: Pairs, mesh: HeadMesh) -> None:
    above, below = (mesh.rest_vx3[rows].numpy() for rows in (pairs.above_k, pairs.below_k))
    assert (above[:, 1] - below[:, 1]).min() > OPEN_M / 2
    lips = PRIOR.landmarks_lx3[list(points.LIPS_INNER)]
    mouth = above[:, 1] < lips[:, 1].max() + 0.01
    assert mouth.sum() > 20
    assert np.ptp(above[mouth, 0]) > 0.5 * np.ptp(lips[:, 0])


def test_pairs_count_less_towards_a_corner(pairs: Pairs, mesh: HeadMesh) -> None:
    gap = (mesh.rest_vx3[pairs.above_k] - mesh.rest_vx3[pairs.below_k])[:, 1]
    narrow, wide = gap < 1.3 * OPEN_M, gap > 2.2 * OPEN_M
    assert narrow.any()
    assert wide.any()
    assert float(pairs.count_k[narrow].max()) < 0.5
    assert float(pairs.count_k[wide].min()) > 0.9
    assert 0 <= float(pairs.count_k.min()) <= float(pairs.count_k.max()) == 1


def test_shut_they_touch_and_open_they_do_not(pairs: Pairs, shapes: np.ndarray) -> None:
    shut = apart(pairs, shapes, eyeBlinkLeft=1, eyeBlinkRight=1)
    assert np.abs(shut).max() < 1e-6
    opened = np.linalg.norm(apart(pairs, shapes, jawOpen=0.6), axis=1)
    assert opened.min() > MEET_M


def test_what_misses_costs_most_where_it_is_to_touch() -> None:
    off = torch.full((1, 1, 3), 0.001)
    touching = misses(off, torch.zeros(1, 1, 3))
    far = misses(off + torch.tensor([0, 0.02, 0]), torch.tensor([[[0, 0.02, 0]]]))
    np.testing.assert_allclose(touching, off)
    assert 0 < float(far.norm()) < 0.05 * float(touching.norm())
    assert float(closing_loss(touching)) == pytest.approx(3 * (0.001 / UNIT_M) ** 2)
    assert float(closing_loss(torch.zeros(2, 0, 3))) == 0
