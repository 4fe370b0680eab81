"""dyntet avatars: two ways to one skin, parts that ride along, colours that change; damaged files are
refused.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dyntet_support import SKIN, WINDOW, linear_graph, small_dyntet
from talkwire.runtime.avatar import DyntetAvatar, load_avatar
from talkwire.runtime.engine import FunctionEngine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError, EngineError

WEIGHTS = np.random.default_rng(4).random((WINDOW, 52)).astype(np.float32)


@pytest.fixture
def head() -> DyntetAvatar:
    return small_dyntet()


@pytest.fixture
def file(tmp_path: Path, head: DyntetAvatar) -> Path:
    path = tmp_path / "learned.talkwire"
    head.save(path)
    return path


def network(head: DyntetAvatar) -> DyntetAvatar:
    return DyntetAvatar(head.card, head.topology, head.window, head.data, head.figures, "network")


def test_what_is_saved_is_loaded(file: Path, head: DyntetAvatar) -> None:
    loaded = load_avatar(file)
    assert isinstance(loaded, DyntetAvatar)
    assert (loaded.card, loaded.window, loaded.figures) == (head.card, head.window, head.figures)
    assert loaded.topology.id == head.topology.id
    for mode in (loaded, network(loaded)):
        np.testing.assert_allclose(mode.vertices(WEIGHTS), head.vertices(WEIGHTS), atol=2e-6)
    assert loaded.data.light is not None
    assert loaded.data.light.shine_sxs.tobytes() == head.data.light.shine_sxs.tobytes()  # type: ignore[union-attr]
    head.save(file.with_name("again.talkwire"))
    assert file.with_name("again.talkwire").read_bytes() == file.read_bytes()


def test_basis_and_network_are_one_skin(head: DyntetAvatar) -> None:
    np.testing.assert_allclose(head.vertices(WEIGHTS), network(head).vertices(WEIGHTS), atol=1e-6)


def test_seams_share_their_place_and_parts_ride_on_shapes(head: DyntetAvatar) -> None:
    vertices = head.vertices(WEIGHTS)
    np.testing.assert_array_equal(vertices[SKIN : SKIN + 4], vertices[:4])
    data = head.data
    wanted = data.parts_px3 + np.einsum("k,kpc->pc", WEIGHTS[-1], data.part_shapes_52xpx3)
    np.testing.assert_allclose(vertices[SKIN + 4 :], wanted, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 33])
@pytest.mark.parametrize("way", ["basis", "network"])
def test_many_at_once_are_each_as_alone(head: DyntetAvatar, way: str, count: int) -> None:
    shown = head if way == "basis" else network(head)
    windows = [WEIGHTS * np.float32(share) for share in np.linspace(0, 1, count)]
    posed = shown.posed(windows)
    assert posed.shape == (count, head.topology.vertex_count, 3)
    for window, vertices in zip(windows, posed, strict=True):
        np.testing.assert_allclose(vertices, shown.vertices(window), atol=1e-7)
        np.testing.assert_array_equal(vertices[SKIN : SKIN + 4], vertices[:4])
    assert shown.coefficients(windows).shape[0] == count


@pytest.mark.parametrize(
    "figures", [{}, {"basis": None}, {"basis": {"p99_mm": "small"}}, {"basis": {"p99_mm": 1e9}}]
)
def test_figures_that_make_no_sense_are_no_reason_to_have_no_basis(
    head: DyntetAvatar, figures: dict[str, object]
) -> None:
    other = DyntetAvatar(head.card, head.topology, head.window, head.data, figures)
    assert other.basis.error_m == 0
    (own,) = other.coefficients([WEIGHTS])
    np.testing.assert_allclose(other.basis.posed(own, WEIGHTS[-1]), other.vertices(WEIGHTS), atol=1e-6)


def test_it_runs_on_the_engines_that_it_is_given(head: DyntetAvatar) -> None:
    def shifted(codes: np.ndarray) -> dict[str, np.ndarray]:
        vertices = OnnxEngine(head.data.geometry).run({"codes": codes})["vertices"]
        return {"vertices": vertices + np.float32(0.5)}

    other = network(head)
    before = other.vertices(WEIGHTS)
    (name,) = (name for name in other.graphs if name.endswith("_geometry"))
    other.use({name: FunctionEngine(shifted), "of_another": FunctionEngine(dict)})
    np.testing.assert_allclose(other.vertices(WEIGHTS)[:SKIN] - before[:SKIN], 0.5, atol=1e-6)


def test_a_short_past_is_its_first_moment_held(head: DyntetAvatar) -> None:
    held = np.concatenate([WEIGHTS[-1:]] * WINDOW)
    np.testing.assert_array_equal(head.vertices(WEIGHTS[-1:]), head.vertices(held))
    longer = np.concatenate([np.ones((5, 52), np.float32), WEIGHTS])
    np.testing.assert_array_equal(head.vertices(longer), head.vertices(WEIGHTS))
    assert np.abs(head.vertices(WEIGHTS) - head.vertices(held)).max() > 1e-4


def test_colours_change_inside_their_boxes_alone(head: DyntetAvatar) -> None:
    for way in (head, network(head)):
        mouth, eyes = way.texture_patches(WEIGHTS)
        assert (mouth.left, mouth.top, mouth.rgb_hxwx3.shape) == (2, 4, (4, 8, 3))
        assert (eyes.left, eyes.top, eyes.rgb_hxwx3.shape) == (8, 8, (6, 4, 3))
    same = head.texture_patches(WEIGHTS)
    other = network(head).texture_patches(WEIGHTS)
    for a, b in zip(same, other, strict=True):
        assert np.abs(a.rgb_hxwx3.astype(int) - b.rgb_hxwx3).max() <= 1
    still = head.texture_patches(np.zeros((1, 52), np.float32))
    changed = [(a.rgb_hxwx3 != b.rgb_hxwx3).any(axis=2) for a, b in zip(same, still, strict=True)]
    assert changed[0][:2, :4].all()  # blocks 0 and 1 of the mouth
    assert changed[1][:4].all()  # the first four blocks of the eyes
    assert not changed[1][5].any()  # the last row of blocks stays, but for what its neighbours lend it


def test_a_texture_that_does_not_change_has_no_patches() -> None:
    assert small_dyntet(colours=False).texture_patches(WEIGHTS) == ()


def rewritten(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The same file with a changed card: hashes still hold."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    card = json.loads(members["avatar.json"])
    change(card)
    members["avatar.json"] = json.dumps(card).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window": 0}, "a window of 0"),
        ({"window": 65}, "a window of 65"),
        ({"window": True}, "a window of True"),
        ({"window": None}, "a window of None"),
        ({"names": ["jawOpen"]}, "names that are not ARKit's"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(file: Path, change: dict[str, Any], words: str) -> None:
    rewritten(file, lambda card: card.update(change))
    with pytest.raises(AvatarError, match="does not fit together") as refusal:
        load_avatar(file)
    assert words in str(refusal.value)


def damaged(head: DyntetAvatar, path: Path, **changes: Any) -> None:
    data = replace(head.data, **changes)
    DyntetAvatar(head.card, head.topology, head.window, data, {}).save(path)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("skin_vertex_s", np.full(SKIN + 4, 99, np.uint32), "skin vertices past"),
        ("skin_vertex_s", np.zeros(7, np.uint32), "skin and parts"),
        ("components_kxvx3", np.ones((2, 5, 3), np.float32), "components [2, 5, 3]"),
        ("part_shapes_52xpx3", np.ones((51, 12, 3), np.float32), "shapes of parts"),
        ("shapes_52xnx3", np.ones((52, 1, 3), np.float32), "shapes [52, 1, 3]"),
        ("mean_vx3", np.full((SKIN, 3), np.nan, np.float32), "mean with values that are not finite"),
        ("parts_px3", np.full((12, 3), np.inf, np.float32), "neutral with values that are not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, head: DyntetAvatar, field: str, value: np.ndarray, words: str
) -> None:
    path = tmp_path / "x.talkwire"
    damaged(head, path, **{field: value})
    with pytest.raises(AvatarError, match="does not fit together") as refusal:
        load_avatar(path)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("boxes_bx5", np.array([[0, 0, 4, 2, 5]], np.uint32), "colour boxes for 5 blocks"),
        ("boxes_bx5", np.array([[0, 0, 9000, 2, 10]], np.uint32), "within 9000 x 2 pixels"),
        ("boxes_bx5", np.zeros((1, 4), np.uint32), "colour boxes [1, 4]"),
        ("boxes_bx5", np.array([[12, 0, 8, 8, 10]], np.uint32), "within 20 x 8 pixels"),
        ("boxes_bx5", np.array([[2**32 - 2, 0, 4, 4, 10]], np.uint32), "within 4294967298 x 4 pixels"),
        ("boxes_bx5", np.array([[1, 0, 8, 8, 10]], np.uint32), "colour boxes for 10 blocks"),
        ("index_p", np.full(10, 8, np.uint32), "outside of their box"),
        ("components_kxpx3", np.ones((2, 3, 3), np.float32), "colour components"),
    ],
)
def test_colours_that_do_not_fit_are_refused(
    tmp_path: Path, head: DyntetAvatar, field: str, value: np.ndarray, words: str
) -> None:
    assert head.data.colours is not None
    path = tmp_path / "x.talkwire"
    damaged(head, path, colours=replace(head.data.colours, **{field: value}))
    with pytest.raises(AvatarError) as refusal:
        load_avatar(path)
    assert words in str(refusal.value)


def test_light_that_does_not_fit_is_refused(tmp_path: Path, head: DyntetAvatar) -> None:
    assert head.data.light is not None
    path = tmp_path / "x.talkwire"
    damaged(head, path, light=replace(head.data.light, diffuse_9x3=np.zeros((4, 3), np.float32)))
    with pytest.raises(AvatarError, match="diffuse light"):
        load_avatar(path)


def test_a_network_of_another_mesh_is_refused(head: DyntetAvatar) -> None:
    other = linear_graph("vertices", np.zeros((52 * WINDOW, 9)), np.zeros(9), (3, 3))
    data = replace(head.data, geometry=other)
    with pytest.raises(AvatarError, match="do not fit its mesh"):
        DyntetAvatar(head.card, head.topology, head.window, data, {}, "network").vertices(WEIGHTS)


def test_a_graph_that_is_none_is_refused(head: DyntetAvatar) -> None:
    data = replace(head.data, coefficients=b"not a graph")
    with pytest.raises(EngineError, match="cannot be loaded"):
        DyntetAvatar(head.card, head.topology, head.window, data, {}).vertices(WEIGHTS)
