"""From a trained head to its file: atlas, basis, graphs, and a texture that changes with the expression."""

import io
from dataclasses import replace

import numpy as np
import pytest

from dyntet_support import Learned, learned, shrink, tiny_recipe
from talkwire.runtime.avatar import DyntetAvatar, load_avatar
from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.avatar_mesh import pack_shapes, unpack_shapes

for needed in ("torch", "onnxscript", "scipy", "igl", "xatlas"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from PIL import Image  # noqa: E402

from talkwire.runtime.engine_onnx import OnnxEngine  # noqa: E402
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, load_capture  # noqa: E402
from talkwire.training.dyntet import basis as basis_module  # noqa: E402
from talkwire.training.dyntet import compile as compiling  # noqa: E402
from talkwire.training.dyntet.atlas import STRIP, Atlas, texels_of, unwrap  # noqa: E402
from talkwire.training.dyntet.bake import EDGE_PX, bake, clear_of_background  # noqa: E402
from talkwire.training.dyntet.basis import Coefficients, make_basis  # noqa: E402
from talkwire.training.dyntet.graphs import Change, Geometry  # noqa: E402
from talkwire.training.dyntet.learn import split_frames  # noqa: E402
from talkwire.training.dyntet.light import to_linear, to_srgb  # noqa: E402
from talkwire.training.dyntet.mesh import HeadMesh  # noqa: E402
from talkwire.training.dyntet.model import Ablation, HeadModel  # noqa: E402
from talkwire.training.dyntet.networks import LONGEST_REACH_M  # noqa: E402
from talkwire.training.dyntet.painting import spread  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.dyntet.rehearsal import random_windows  # noqa: E402
from talkwire.training.dyntet.train import make_trainer, train  # noqa: E402
from talkwire.training.dyntet.trainer import Trainer  # noqa: E402
from talkwire.training.heads.choose import load_head  # noqa: E402
from talkwire.training.onnx_export import check_graph, to_onnx  # noqa: E402

SIDE_PX = 512
CARD = AvatarCard("changing", "dyntet", "CC0-1.0", "the tests", "tests", "nobody")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def trainer(made: Learned) -> Trainer:
    """As the training left it."""
    capture = load_capture(made.capture)
    prior = HeadPrior(load_head("nova"), capture.identity_i, hair=True)
    trainer = make_trainer(capture, prior, tiny_recipe(), split_frames(capture)[0], torch.device("cpu"))
    train(trainer, made.work, resume=True)
    return trainer


@pytest.fixture(scope="module")
def head(made: Learned) -> DyntetAvatar:
    avatar = load_avatar(made.out)
    assert isinstance(avatar, DyntetAvatar)
    return avatar


def codes_of(window: int) -> torch.Tensor:
    """[7, 52, W] some expressions, none at all, all at once, and less than none."""
    some = random_windows(4, window, np.random.default_rng(5), np.zeros((1, 52), np.float32))
    return torch.cat(
        [some, torch.zeros(1, 52, window), torch.ones(1, 52, window), -torch.ones(1, 52, window)]
    )


def wild_codes_of(window: int) -> torch.Tensor:
    """[3, 52, W] what is no expression: differences of such numbers are rounded, so they have only bounds."""
    some = codes_of(window)
    return torch.cat([1e4 * some[:1], -1e6 * some[1:2], torch.full((1, 52, window), 1e8)])


def run_graph(graph: bytes, codes: torch.Tensor) -> np.ndarray:
    (found,) = OnnxEngine(graph).run({"codes": codes.numpy()}).values()
    return found


# --- the atlas


def mesh_of(trainer: Trainer) -> tuple[HeadMesh, np.ndarray]:
    mesh, rest = trainer.model.mesh, trainer.model.rest_vx3
    assert mesh is not None
    assert rest is not None
    return mesh, rest.detach().numpy().astype(np.float64)


@pytest.fixture(scope="module")
def atlas(trainer: Trainer) -> Atlas:
    mesh, rest = mesh_of(trainer)
    return unwrap(rest, mesh.triangles_fx3.numpy(), mesh.folded_v.numpy(), trainer.prior.space, SIDE_PX)


def uv_areas(atlas: Atlas) -> np.ndarray:
    """[F] signed, v downward, of the unit square."""
    a, b, c = (atlas.uvs_nx2[atlas.triangles_fx3[:, k]].astype(np.float64) for k in range(3))
    (x, y), (z, w) = (b - a).T, (c - a).T
    return np.asarray((x * w - y * z) / 2)


def test_the_atlas_is_the_mesh_in_its_order(atlas: Atlas, trainer: Trainer) -> None:
    mesh, _ = mesh_of(trainer)
    np.testing.assert_array_equal(atlas.vertex_n[atlas.triangles_fx3], mesh.triangles_fx3.numpy())
    assert not mesh.folded_v.numpy()[atlas.vertex_n[atlas.triangles_fx3[atlas.face_f]]].any()
    assert atlas.face_f.mean() > 0.3


def test_charts_lie_in_their_places_and_one_way_round(atlas: Atlas) -> None:
    assert atlas.uvs_nx2.min() > 0
    assert atlas.uvs_nx2[:, 0].max() < 1
    assert atlas.uvs_nx2[:, 1].max() < 1 - STRIP  # below is room for eyes and teeth
    area = uv_areas(atlas)[atlas.face_f]
    assert area[area > 0].sum() < 1e-3 * np.abs(area).sum()  # the face is one sheet, with hardly a fold
    face, rest = (np.unique(atlas.triangles_fx3[f]) for f in (atlas.face_f, ~atlas.face_f))
    assert not np.intersect1d(face, rest).size
    assert atlas.uvs_nx2[face, 0].max() < atlas.uvs_nx2[rest, 0].min()


def test_charts_do_not_overlap(atlas: Atlas) -> None:
    """Texels are covered but once: their area is that of the triangles, and the order does not matter."""
    triangles = atlas.triangles_fx3
    at = texels_of(atlas.uvs_nx2, triangles, 1024)
    assert len(at.index_k) / 1024**2 == pytest.approx(np.abs(uv_areas(atlas)).sum(), rel=5e-3)
    other = texels_of(atlas.uvs_nx2, triangles[::-1].copy(), 1024)
    np.testing.assert_array_equal(at.index_k, other.index_k)
    assert (at.face_k != len(triangles) - 1 - other.face_k).mean() < 2e-3  # on common edges alone


def test_texels_say_where_they_are(atlas: Atlas) -> None:
    at = texels_of(atlas.uvs_nx2, atlas.triangles_fx3, SIDE_PX)
    assert len(np.unique(at.index_k)) == len(at.index_k)
    np.testing.assert_allclose(at.shares_kx3.sum(axis=1), 1, atol=1e-5)
    assert at.shares_kx3.min() > -1e-3
    corners = atlas.uvs_nx2[atlas.triangles_fx3[at.face_k]]
    uv = (corners * at.shares_kx3[..., None]).sum(axis=1)
    rows, columns = np.divmod(at.index_k, SIDE_PX)
    np.testing.assert_allclose(uv * SIDE_PX, np.stack([columns, rows], axis=1) + 0.5, atol=0.02)


def test_one_mesh_has_one_atlas(atlas: Atlas, trainer: Trainer) -> None:
    mesh, rest = mesh_of(trainer)
    again = unwrap(rest, mesh.triangles_fx3.numpy(), mesh.folded_v.numpy(), trainer.prior.space, SIDE_PX)
    for name in ("uvs_nx2", "vertex_n", "triangles_fx3", "face_f"):
        np.testing.assert_array_equal(getattr(atlas, name), getattr(again, name))


def test_colours_are_spread_from_the_nearest() -> None:
    picture = np.arange(16, dtype=np.float32).reshape(4, 4, 1).repeat(3, axis=2)
    covered = np.zeros((4, 4), bool)
    covered[1, 1] = covered[3, 3] = True
    found = spread(picture, covered)[..., 0]
    assert found[0, 0] == found[1, 1] == 5
    assert found[3, 2] == found[3, 3] == 15


def test_the_neck_takes_nothing_from_the_head_and_wisps_of_hair_do() -> None:
    labels = np.full((60, 60), BACKGROUND, np.uint8)
    labels[20:40, 20:40] = HEAD
    labels[40:, 10:50] = IGNORED  # neck and shoulders
    labels[18:20, 20:40] = IGNORED  # wisps
    clear = clear_of_background(labels)
    assert not clear[labels != HEAD].any()
    assert clear[39, 30], "the chin's lowest pixels, far from background"
    assert not clear[20 : 20 + EDGE_PX - 1, 20:40].any(), "under the wisps"
    assert not clear[20:40, 20 : 20 + EDGE_PX - 1].any(), "at the cheek's outline"
    assert clear[30, 30]


def test_what_is_baked_is_of_the_pictures(atlas: Atlas, trainer: Trainer) -> None:
    at = texels_of(atlas.uvs_nx2, atlas.triangles_fx3, 128)
    baked = bake(trainer, atlas, at)
    count = len(at.index_k)
    assert baked.places_kx3.shape == baked.albedo_kx3.shape == (count, 3)
    assert baked.shine_k.shape == (count,)
    assert baked.places_kx3.min() > 0
    assert baked.places_kx3.max() < 1
    assert torch.isfinite(baked.albedo_kx3).all()
    assert baked.shine_k.min() > 0
    assert baked.shine_k.max() < 1
    model = trainer.model
    code = model.encoder(trainer.footage.codes(trainer.footage.frames_k[:1]))
    with torch.no_grad():
        field = model.colour(baked.places_kx3, code, torch.zeros(count, dtype=torch.int64))[:, :3]
    # a training of seconds knows no colours; with what the pictures add there are as many as on a face
    face = torch.from_numpy(atlas.face_f[at.face_k])
    assert baked.albedo_kx3[face].clamp(0, 1).std(dim=0).mean() > 2 * field[face].std(dim=0).mean()


# --- the basis


class Waves(torch.nn.Module):
    """[N, 52, W] to [N, P, 3]: of a known rank, at all points or some."""

    def __init__(self, rank: int, points: int, seed: int, rows: np.ndarray | None = None) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        fall = 0.8 ** np.arange(rank)
        shapes = torch.from_numpy(rng.normal(0, 1, (rank, points, 3)) * fall[:, None, None]).float()
        self.mean = torch.from_numpy(rng.normal(0, 1, (points, 3))).float()
        self.hear = torch.from_numpy(rng.normal(0, 0.3, (52, rank))).float()
        chosen = np.arange(points) if rows is None else rows
        self.shapes, self.mean = shapes[:, chosen], self.mean[chosen]

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return self.mean + torch.einsum("nk,kpc->npc", torch.tanh(codes[:, :, -1] @ self.hear), self.shapes)


def largest(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted).max())


@torch.no_grad()
def basis_of(rank: int, seed: int, tolerance: float, points: int = 60):
    network = Waves(rank, points, seed)
    rng = torch.Generator().manual_seed(seed)
    seen, unseen = torch.rand(80, 52, 3, generator=rng), torch.rand(20, 52, 3, generator=rng)
    outputs = network(seen).numpy(), network(unseen).numpy()
    return (
        make_basis(*outputs, unseen, lambda rows: Waves(rank, points, seed, rows), largest, tolerance),
        outputs[1],
        unseen,
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(0, 2**31))
def test_a_basis_is_as_small_as_the_tolerance_lets_it(rank: int, seed: int) -> None:
    tolerance = 2e-3
    basis, wanted, unseen = basis_of(rank, seed, tolerance)
    size = len(basis.components_kxpx3)
    assert size <= min(other for other in basis_module.SIZES if other >= rank)
    assert basis.error <= tolerance
    assert basis.error == largest(basis.found_rxpx3, wanted)
    with torch.no_grad():
        weights = basis.coefficients(unseen).numpy()
    again = basis.mean_px3 + np.tensordot(weights, basis.components_kxpx3, axes=1)
    np.testing.assert_allclose(again, basis.found_rxpx3, atol=1e-5)
    if size > basis_module.SIZES[0]:
        with pytest.MonkeyPatch.context() as patch:
            smaller = max(other for other in basis_module.SIZES if other < size)
            patch.setattr(basis_module, "SIZES", (smaller,))
            assert basis_of(rank, seed, tolerance)[0].error > tolerance


def test_where_no_basis_is_good_enough_the_largest_is_taken() -> None:
    basis, _, _ = basis_of(30, 0, 0.0)
    assert len(basis.components_kxpx3) == 30
    assert 0 < basis.error < 1e-3  # what int16 and few points cost


def test_a_network_that_gives_one_thing_needs_no_components() -> None:
    constant = np.ones((8, 5, 3), np.float32)

    class Still(torch.nn.Module):
        def __init__(self, rows: np.ndarray) -> None:
            super().__init__()
            self.count = len(rows)

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return torch.ones(len(codes), self.count, 3)

    basis = make_basis(constant, constant[:4], torch.zeros(4, 52, 3), Still, largest, 1e-4)
    assert len(basis.components_kxpx3) == 0
    assert basis.error == 0
    np.testing.assert_array_equal(basis.found_rxpx3, constant[:4])


def test_components_are_what_the_file_will_hold() -> None:
    basis, _, _ = basis_of(20, 1, 1e-3)
    stored = unpack_shapes(pack_shapes(basis.components_kxpx3))
    np.testing.assert_allclose(stored, basis.components_kxpx3, atol=1e-7)


# --- graphs


@torch.no_grad()
def test_the_files_graphs_are_the_trained_networks(head: DyntetAvatar, trainer: Trainer) -> None:
    """The checkpoint's model against the graphs in the avatar's file, on degenerate feeds, too."""
    model = trainer.model.eval()
    codes = codes_of(model.widths.window)
    wanted = Geometry(model)(codes).numpy()
    found = run_graph(head.data.geometry, codes)
    np.testing.assert_allclose(found, wanted, atol=2e-5)
    np.testing.assert_allclose(model.shape(codes).vertices_bxvx3.numpy(), wanted, atol=2e-6)
    np.testing.assert_allclose(run_graph(head.data.geometry, codes[3:4])[0], found[3], atol=1e-6)
    assert model.rest_vx3 is not None
    wild = run_graph(head.data.geometry, wild_codes_of(model.widths.window)) - model.rest_vx3.numpy()
    assert np.abs(wild).max() < LONGEST_REACH_M  # a head holds together whatever it is told
    weights = run_graph(head.data.coefficients, codes[:4])
    by_basis = head.data.mean_vx3 + np.tensordot(weights, head.data.components_kxvx3, axes=1)
    apart_mm = 1000 * np.linalg.norm(by_basis - wanted[:4], axis=2)
    assert np.percentile(apart_mm, 99) < 2 * head.figures["basis"]["p99_mm"] + 1e-3


@torch.no_grad()
@pytest.mark.parametrize("scaled", [True, False])
def test_a_graph_of_some_rows_is_those_rows(trainer: Trainer, scaled: bool) -> None:
    torch.manual_seed(0)
    trained = trainer.model
    assert trained.mesh is not None
    assert trained.canonical_vx3 is not None
    model = HeadModel(
        trained.widths,
        flat_light=True,
        gains=1,
        ablation=Ablation(elastic_scaling=scaled),
        start_g=trained.start_g,
    )
    model.freeze(trained.mesh, trained.canonical_vx3)
    codes = codes_of(model.widths.window)
    whole = Geometry(model)(codes)
    torch.testing.assert_close(whole, model.shape(codes).vertices_bxvx3, atol=2e-5, rtol=0)
    rng = np.random.default_rng(0)
    for count in (1, 7, 400):
        rows = np.sort(rng.choice(whole.shape[1], count, replace=False))
        torch.testing.assert_close(Geometry(model, rows)(codes), whole[:, rows], atol=2e-5, rtol=0)


@torch.no_grad()
def test_coefficients_are_exported_as_they_are(trainer: Trainer) -> None:
    model, rows = trainer.model, np.arange(0, 60, 5)
    rng = torch.Generator().manual_seed(0)
    weights, bias = torch.randn(3 * len(rows), 4, generator=rng), torch.randn(4, generator=rng)
    module = Coefficients(Geometry(model, rows), weights, bias).eval()
    codes = codes_of(model.widths.window)
    graph = to_onnx(module, {"codes": codes[:2]}, ["coefficients"], {})
    assert check_graph(module, graph, {"codes": codes}, 1e-4) < 1e-4
    assert np.isfinite(run_graph(graph, wild_codes_of(model.widths.window))).all()


@torch.no_grad()
@pytest.mark.parametrize("conditioned", [True, False])
def test_colours_change_about_what_was_seen_and_are_exported_as_they_are(conditioned: bool) -> None:
    torch.manual_seed(0)
    model = HeadModel(
        tiny_recipe().widths, flat_light=True, gains=1, ablation=Ablation(conditioned_colour=conditioned)
    ).eval()
    model.colour.expression[2].weight.mul_(20)
    places, still, share = torch.rand(30, 3), torch.rand(30, 3) * 0.6 + 0.2, torch.linspace(0, 1, 30)
    seen = random_windows(20, model.widths.window, np.random.default_rng(1), np.zeros((1, 52), np.float32))
    module = Change(model, places, still, share, seen).eval()
    codes = torch.cat([seen, codes_of(model.widths.window)])
    change = module(torch.cat([codes, wild_codes_of(model.widths.window)]))
    assert not change[:, 0].any()  # where a box fades out
    shown = to_srgb(still) + change / share.clamp(min=1e-6)[:, None]
    assert shown.min() > -1e-4
    assert shown.max() < 1 + 1e-4
    if conditioned:
        assert change[:20].abs().max() > 1e-3
        linear = to_linear(shown[:20, 1:].clamp(0, 1))
        torch.testing.assert_close(linear.mean(dim=0), still[1:], atol=2e-3, rtol=0)
    else:
        assert change.abs().max() < 1e-5
    graph = to_onnx(module, {"codes": codes[:2]}, ["change"], {})
    assert check_graph(module, graph, {"codes": codes}, 1e-3) < 1e-3
    assert np.isfinite(run_graph(graph, wild_codes_of(model.widths.window))).all()


# --- a head whose colours change, in a light of its own


@pytest.fixture(scope="module")
def lively(trainer: Trainer) -> Trainer:
    """Untrained and unlike anybody, but with everything a head can have."""
    footage = trainer.footage
    capture = replace(footage.capture, card=replace(footage.capture.card, light="scene"))
    lively = make_trainer(capture, trainer.prior, tiny_recipe(), footage.frames_k, torch.device("cpu"))
    lively.freeze()
    with torch.no_grad():
        lively.model.colour.expression[2].weight.mul_(20)
        lively.model.colour.layers[-1].weight.mul_(8)
        lively.model.light.diffuse.add_(0.05 * torch.randn(9, 3, generator=torch.Generator().manual_seed(1)))
    return lively


@pytest.fixture(scope="module")
def changing(lively: Trainer, tmp_path_factory: pytest.TempPathFactory) -> DyntetAvatar:
    path = tmp_path_factory.mktemp("changing") / "changing.talkwire"
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        compiling.compile_avatar(lively, CARD, {}).save(path)
    avatar = load_avatar(path)
    assert isinstance(avatar, DyntetAvatar)
    return avatar


def network_of(head: DyntetAvatar) -> DyntetAvatar:
    return DyntetAvatar(head.card, head.topology, head.window, head.data, head.figures, "network")


def test_colours_by_basis_are_those_of_the_network(changing: DyntetAvatar, lively: Trainer) -> None:
    figures = changing.figures["texture"]
    assert figures["components"] == len(changing.data.colours.components_kxpx3) > 0  # type: ignore[union-attr]
    network = network_of(changing)
    windows = random_windows(20, changing.window, np.random.default_rng(3), np.zeros((1, 52), np.float32))
    apart, most = [], 0
    for codes in windows.numpy().transpose(0, 2, 1):
        still = changing.texture_patches(np.zeros((1, 52), np.float32))
        pairs = zip(changing.texture_patches(codes), network.texture_patches(codes), still, strict=True)
        for a, b, rest in pairs:
            assert (a.left, a.top) == (b.left, b.top)
            apart.append(np.abs(a.rgb_hxwx3.astype(int) - b.rgb_hxwx3).ravel())
            most = max(most, int(np.abs(b.rgb_hxwx3.astype(int) - rest.rgb_hxwx3).max()))
    assert np.percentile(np.concatenate(apart), 99) <= 1.5 * figures["p99_levels"] + 1
    assert most > 10  # they do change


def test_patches_lie_in_the_texture_and_fade_into_it(changing: DyntetAvatar) -> None:
    with Image.open(io.BytesIO(changing.topology.texture)) as image:
        texture = np.asarray(image.convert("RGB"))
    assert texture.shape == (SIDE_PX, SIDE_PX, 3)
    codes = random_windows(1, changing.window, np.random.default_rng(3), np.zeros((1, 52), np.float32))
    patches = network_of(changing).texture_patches(codes[0].numpy().T)
    assert len(patches) == 2  # mouth and eyes
    for patch in patches:
        height, width = patch.rgb_hxwx3.shape[:2]
        box = texture[patch.top : patch.top + height, patch.left : patch.left + width]
        assert box.shape == patch.rgb_hxwx3.shape
        for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
            np.testing.assert_array_equal(box[edge], patch.rgb_hxwx3[edge])
        assert (box != patch.rgb_hxwx3).any()


def test_the_light_of_the_set_is_in_the_file(changing: DyntetAvatar, lively: Trainer) -> None:
    light, learned_light = changing.data.light, lively.model.light
    assert light is not None
    np.testing.assert_array_equal(light.diffuse_9x3, learned_light.diffuse.detach().numpy())
    np.testing.assert_array_equal(light.mirror_9x3, learned_light.mirror.detach().numpy())
    assert light.shine_sxs.shape == (compiling.SHINE_PX, compiling.SHINE_PX)
    assert light.shine_sxs.min() > 0


def test_a_flat_capture_has_no_light(head: DyntetAvatar) -> None:
    assert head.data.light is None


def test_shapes_are_the_nearest_sum_that_stands_for_the_network(
    changing: DyntetAvatar, lively: Trainer
) -> None:
    """One shape at full weight, by the linear stand-in, is near to what the network does."""
    network = network_of(changing)
    skin = len(changing.data.skin_vertex_s)
    rest = changing.topology.neutral_vx3
    seen = lively.footage.codes(lively.footage.frames_k).numpy().transpose(0, 2, 1)
    apart, moved = [], []
    for codes in seen:
        wanted = network.vertices(codes) - rest
        found = np.tensordot(codes[-1], changing.deltas_kxvx3, axes=1)
        apart.append(np.linalg.norm(found - wanted, axis=1)[:skin])
        moved.append(np.linalg.norm(wanted, axis=1)[:skin])
        np.testing.assert_allclose(found[skin:], wanted[skin:], atol=2e-5)  # inner parts are such sums
    assert np.percentile(apart, 99) < 0.5 * np.percentile(moved, 99) + 1e-4
