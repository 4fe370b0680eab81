"""Eyeballs: where they are, what of them is iris, and that skin inside of them costs."""

import numpy as np
import pytest

for needed in ("torch", "scipy", "igl"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.training.dyntet.attached import attach, eyeballs, irises  # noqa: E402
from talkwire.training.dyntet.grid import make_grid  # noqa: E402
from talkwire.training.dyntet.losses import UNIT_M, eyeball_loss  # noqa: E402
from talkwire.training.dyntet.mesh import HeadMesh, make_mesh  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.dyntet.scene import Inner, gain_count  # noqa: E402
from talkwire.training.dyntet.sockets import CLEAR_M, find_sockets  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402

NOVA = load_nova_head()
NOBODY = np.zeros(len(NOVA.modes_ixvx3), np.float32)
ATTACHED = attach(NOVA, NOBODY)


@pytest.fixture(scope="module")
def mesh() -> HeadMesh:
    prior = HeadPrior(NOVA, NOBODY)
    grid = make_grid(prior.space, 26)
    return make_mesh(grid, prior.sealed_field(grid.points_gx3_m), prior)


def test_irises_are_the_dark_middle_of_what_looks_ahead() -> None:
    iris = irises(ATTACHED)
    height, width = ATTACHED.texture_hxwx3.shape[:2]
    part = next(part for part in ATTACHED.parts if part.name == "eyes")
    run = np.arange(part.first_triangle, part.first_triangle + part.triangle_count)
    assert set(np.flatnonzero(iris)) < set(run)
    uv = ATTACHED.uvs_vx2[ATTACHED.triangles_tx3].mean(axis=1)
    brightness = ATTACHED.texture_hxwx3[(uv[:, 1] * height).astype(int), (uv[:, 0] * width).astype(int)]
    assert brightness[iris].mean(axis=1).max() < 100 < brightness[run[~iris[run]]].mean(axis=1).min()
    for side, (centre, radius_m) in zip((1, -1), eyeballs(ATTACHED), strict=True):
        assert side * centre[0] > 0.02
        assert 0.010 < radius_m < 0.017
        mine = ATTACHED.neutral_vx3[ATTACHED.triangles_tx3[iris]].mean(axis=1)
        assert (side * mine[:, 0] > 0).any()


def test_each_part_and_the_irises_have_a_gain() -> None:
    inner = Inner(ATTACHED)
    assert inner.gain_t.unique().tolist() == list(range(gain_count(ATTACHED)))
    assert (inner.gain_t == gain_count(ATTACHED) - 1).sum() == irises(ATTACHED).sum()


def test_skin_in_an_eyeball_is_found_and_costs_by_its_depth(mesh: HeadMesh) -> None:
    sockets = find_sockets(mesh, ATTACHED)
    assert len(sockets.rows_k) > 50
    assert not mesh.folded_v[sockets.rows_k].any()
    rest = mesh.rest_vx3[None].clone()
    row, centre = sockets.rows_k[0], sockets.centre_kx3[0]
    outward = rest[0, row] - centre
    outward = outward / outward.norm()
    out_m = float(sockets.reach_k[0])
    for depth_m in (-CLEAR_M, 0.001, 0.002):
        rest[0, row] = centre + outward * (out_m - depth_m)
        inside = sockets.inside(rest)
        assert float(inside[0, 0]) == pytest.approx(max(0.0, depth_m), abs=1e-6)
    alone = torch.zeros(1, 4)
    alone[0, 0] = 0.002
    assert float(eyeball_loss(alone)) == pytest.approx((0.002 / UNIT_M) ** 2 / 4)
    assert float(eyeball_loss(torch.zeros(2, 0))) == 0
