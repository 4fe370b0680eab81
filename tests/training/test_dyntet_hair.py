"""Hair as a body: a crest, as a video from the front grows it, becomes a scalp full of hair."""

import numpy as np
import pytest

for needed in ("torch", "scipy", "igl"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

from talkwire.training.dyntet.hair import LEAST_M, fill_out, scalp_share  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.heads import points  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402
from talkwire.training.surfaces import nearest  # noqa: E402

NOVA = load_nova_head()
NOBODY = np.zeros(len(NOVA.modes_ixvx3), np.float32)
BALD = HeadPrior(NOVA, NOBODY)
# nova has no skull under her hair: here her hair is the skull
BALD.__dict__["surface_tx3"] = HeadPrior(NOVA, NOBODY, hair=True).surface_tx3
SKIN = np.unique(BALD.surface_tx3)
ON = BALD.canonical_vx3[SKIN]
TRIANGLES = np.searchsorted(SKIN, BALD.surface_tx3)
EARS = BALD.landmarks_lx3[list(points.EARS)].mean(axis=0)
BROW = BALD.landmarks_lx3[points.FOREHEAD]
CREST_M = 0.015


def crested() -> np.ndarray:
    """The bald head with a crest from ear to ear."""
    high = (np.abs(ON[:, 2] - EARS[2]) < 0.01) & (ON[:, 1] > BROW[1])
    assert high.sum() > 20
    return ON + CREST_M * high[:, None] * BALD.bind(ON).normals_px3


def test_a_crest_becomes_a_scalp_and_the_face_stays() -> None:
    before = crested()
    after, hair = fill_out(before, TRIANGLES, BALD)
    height = nearest(after, BALD.canonical_vx3, BALD.surface_tx3).distance_p
    crown = (ON[:, 2] < EARS[2] - 0.02) & (ON[:, 1] > BROW[1])
    assert np.median(height[crown]) > 0.7 * CREST_M, "hair goes on to the back"
    assert hair[crown].mean() > 0.9
    face = scalp_share(ON, BALD.landmarks_lx3) == 0
    assert np.array_equal(after[face], before[face])
    assert not hair[face].any()
    moved = ((after - before) * BALD.bind(ON).normals_px3).sum(axis=1)
    assert moved.min() > -1e-9, "nothing moves inward"
    assert height.max() < CREST_M + 1e-3, "and nothing is higher than what was seen"


def test_towards_the_face_hair_runs_out_without_a_step() -> None:
    after, _ = fill_out(crested(), TRIANGLES, BALD)
    height = ((after - ON) * BALD.bind(ON).normals_px3).sum(axis=1)
    edges = np.unique(
        np.sort(np.concatenate([BALD.surface_tx3[:, [0, 1]], BALD.surface_tx3[:, [1, 2]]])), axis=0
    )
    row = np.full(len(BALD.canonical_vx3), -1)
    row[SKIN] = np.arange(len(SKIN))
    a, b = row[np.sort(edges, axis=1)].T
    crest = (np.abs(ON[:, 2] - EARS[2]) < 0.02) & (ON[:, 1] > BROW[1])
    apart = np.linalg.norm(ON[a] - ON[b], axis=1)
    steep = (np.abs(height[a] - height[b]) / np.maximum(apart, 0.002))[~crest[a] & ~crest[b]]
    assert np.quantile(steep, 0.999) < 1.0
    assert steep.max() < 2


def test_faces_ears_and_necks_grow_none() -> None:
    share = scalp_share(ON, BALD.landmarks_lx3)
    landmarks = scalp_share(BALD.landmarks_lx3, BALD.landmarks_lx3)
    assert landmarks[list(points.LIPS_OUTER + points.LEFT_EYE + points.RIGHT_EYE)].max() == 0
    assert landmarks[list(points.FACE_OVAL)].max() < 0.35
    assert share[ON[:, 1] < EARS[1] - 0.04].max() == 0, "the neck"
    assert share[(ON[:, 2] < EARS[2] - 0.06) & (ON[:, 1] > EARS[1])].min() == 1, "the back of the head"


@pytest.mark.parametrize("prior", [BALD, HeadPrior(NOVA, NOBODY, hair=True)])
def test_where_nothing_has_grown_or_hair_is_known_all_stays(prior: HeadPrior) -> None:
    at = ON + 0.5 * LEAST_M * BALD.bind(ON).normals_px3 if not prior.hair else crested()
    after, hair = fill_out(at, TRIANGLES, prior)
    assert np.array_equal(after, at)
    assert not hair.any()
