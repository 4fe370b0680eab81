"""Encodings, networks, light, cameras and losses: what each promises, on numbers small enough to check."""

import math

import numpy as np
import pytest
import torch

from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.training.capture import project
from talkwire.training.dyntet import losses
from talkwire.training.dyntet.camera import Camera, poses, to_clip
from talkwire.training.dyntet.encodings import TiledGrid, waves
from talkwire.training.dyntet.light import Light, harmonics, to_linear, to_srgb
from talkwire.training.dyntet.model import Ablation, HeadModel
from talkwire.training.dyntet.networks import (
    LONGEST_REACH_M,
    WINDOWS,
    Colour,
    ExpressionEncoder,
    Offset,
    Widths,
)
from talkwire.training.dyntet.recipe import TIERS
from talkwire.training.onnx_export import check_graph, to_onnx

SMALL = Widths(window=5, code=16, field=16, offset=16, terms=8, colour=16, grid_levels=4, grid_table_bits=9)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def points(count: int = 40) -> torch.Tensor:
    return torch.rand(count, 3)


def test_waves_are_the_papers() -> None:
    at = points(5)
    encoded = waves(at, 6)
    assert encoded.shape == (5, 39)
    assert torch.equal(encoded[:, :3], at)
    assert torch.allclose(encoded[:, 33:36], torch.sin(at * 32))


def test_a_tiled_grid_is_its_table_at_the_nodes_and_linear_between() -> None:
    grid = TiledGrid(levels=1, base=4, growth=1.0, table_bits=12)
    node = torch.tensor([[0.25, 0.5, 0.75], [0.5, 0.5, 0.75]])
    x, y, z = (node[0] * 4).long().tolist()
    row = (x * 5 + y) * 5 + z
    assert torch.allclose(grid(node[:1])[0], grid.table[row], atol=1e-7)
    middle = node.mean(0, keepdim=True)
    assert torch.allclose(grid(middle)[0], grid(node).mean(0), atol=1e-7)


def test_a_large_level_shares_its_table() -> None:
    grid = TiledGrid(levels=2, base=4, growth=16.0, table_bits=8)
    assert grid.sizes == [125, 256]
    assert grid.width == 4
    assert torch.isfinite(grid(points(200) * 2 - 0.5)).all()  # outside is the border's


def test_a_tiled_grids_own_backward_is_right() -> None:
    grid = TiledGrid(levels=3, base=3, growth=1.7, table_bits=6).double()
    with torch.no_grad():
        grid.table.uniform_(-1, 1)
    at = points(12).double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p, t: torch.func.functional_call(grid, {"table": t}, p), (at, grid.table)
    )


def test_a_tiled_grid_exports_without_bit_operations() -> None:
    import onnx

    grid = TiledGrid(levels=3, base=4, growth=3.0, table_bits=8)
    graph = to_onnx(grid, {"points": points(7)}, ["features"], {})
    ops = {node.op_type for node in onnx.load_from_string(graph).graph.node}
    assert not {op for op in ops if op.startswith("Bitwise")}
    check_graph(grid, graph, {"points": torch.cat([points(30), torch.zeros(1, 3), torch.ones(1, 3)])}, 1e-6)


@pytest.mark.parametrize("window", sorted(WINDOWS))
def test_every_window_is_heard_whole(window: int) -> None:
    encoder = ExpressionEncoder(Widths(window=window, code=8))
    codes = torch.zeros(1, 52, window, requires_grad=True)
    encoder(codes).sum().backward()
    assert codes.grad is not None
    assert (codes.grad.abs().sum(dim=1) > 0).all()


def test_no_expression_code_is_no_offset() -> None:
    offset = Offset(SMALL)
    assert not offset(points(), torch.zeros(2, SMALL.code)).any()
    assert offset(points(), torch.randn(2, SMALL.code)).abs().min() > 0


def model(**ablation: bool) -> HeadModel:
    return HeadModel(SMALL, flat_light=False, gains=1, ablation=Ablation(**ablation))


def test_elastic_scores_bound_the_offsets() -> None:
    head = model()
    at, code = points(), torch.randn(3, SMALL.code) * 100
    place = head.place(at)
    score, moved = place.score_p, head.offsets(place, code)
    assert score.min() > 0
    assert score.max() < LONGEST_REACH_M
    assert (moved.abs() <= score[None, :, None] + 1e-9).all()
    assert moved.abs().max() > 0.9 * score.max()  # they are reached


def test_without_elastic_scaling_the_bound_is_one_for_all() -> None:
    head = model(elastic_scaling=False)
    at, code = points(), torch.randn(3, SMALL.code) * 1000
    place = head.place(at)
    moved = head.offsets(place, code)
    assert moved.abs().max() > place.score_p.max()
    assert moved.abs().max() <= LONGEST_REACH_M


def test_the_field_starts_as_what_it_is_given() -> None:
    start = torch.linspace(-1, 1, 40)
    head = HeadModel(SMALL, flat_light=True, gains=1, start_g=start)
    rows = torch.arange(40)
    value, _ = head.signed(rows, points())
    change, _ = head.field(points())
    assert (value - start).abs().max() < 0.05
    assert torch.equal(head.signed(rows, torch.zeros(40, 3))[0], start + head.field(torch.zeros(40, 3))[0])
    assert change.shape == (40,)


def test_colours_are_of_place_and_expression() -> None:
    colour = Colour(SMALL)
    at, code = points(6), torch.randn(2, SMALL.code)
    image = torch.tensor([0, 1, 0, 1, 0, 1])
    out = colour(at, code, image)
    assert out.shape == (6, 4)
    assert out.min() > 0
    assert out.max() < 1
    split = colour.of_features(colour.features(at), colour.expression(code)[image])
    assert torch.allclose(out, split)
    assert not torch.allclose(out, colour(at, code, 1 - image))


def directions(count: int = 4000) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(count, 3, dtype=torch.float64), dim=1)


def test_harmonics_are_orthonormal() -> None:
    basis = harmonics(directions(200_000))
    gram = basis.T @ basis / len(basis) * 4 * math.pi
    assert (gram - torch.eye(9, dtype=torch.float64)).abs().max() < 0.05


def test_flat_light_shows_the_bare_colour() -> None:
    light = Light(flat=True)
    albedo = torch.rand(20, 3)
    normal = directions(20).float()
    assert torch.equal(light(albedo, torch.ones(20, 1), normal, normal), to_srgb(albedo))
    assert light.whiteness() < 1e-6
    assert not light.diffuse.requires_grad


def test_light_is_taken_off_again() -> None:
    light = Light(flat=False)
    with torch.no_grad():
        light.diffuse.add_(0.1 * torch.randn(9, 3))
        light.mirror.add_(0.05 * torch.randn(9, 3))
    albedo, shine = torch.rand(50, 3) * 0.5 + 0.05, torch.rand(50, 1)
    normal = directions(50).float()
    towards = torch.nn.functional.normalize(normal + 0.3 * directions(50).float(), dim=1)
    lit = light(albedo, shine, normal, towards)
    assert not torch.allclose(lit, to_srgb(albedo), atol=1e-2)
    assert torch.allclose(light.unlit(to_linear(lit), shine, normal, towards), albedo, atol=2e-3)
    assert light.whiteness() > 0


def test_srgb_is_inverted_and_has_a_slope_everywhere() -> None:
    linear = torch.linspace(0, 1, 300, dtype=torch.float64, requires_grad=True)
    assert torch.allclose(to_linear(to_srgb(linear)), linear, atol=1e-9)
    assert to_srgb(torch.tensor(0.5)).item() == pytest.approx(0.735357, abs=1e-5)
    wide = torch.linspace(-0.5, 1.5, 41, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(to_srgb(wide).sum(), wide)
    assert torch.isfinite(slope).all()
    assert slope.min() > 0


@pytest.mark.parametrize("size_hw", [(288, 360), (512, 512), (640, 360)])
def test_a_windows_projection_is_the_captures(size_hw: tuple[int, int]) -> None:
    """Pixels of the window against `capture.project`, which knows nothing of clip space."""
    rng = np.random.default_rng(1)
    camera = Camera(900.0, size_hw)
    rotation = rng.normal(size=(1, 4)).astype(np.float32)
    shift = np.array([[0.02, -0.03, -1.4]], np.float32)
    pose = poses(rotation, shift)
    at = torch.from_numpy(rng.normal(0, 0.05, (1, 30, 3)).astype(np.float32))
    in_camera = (at[0] @ pose[0, :3, :3].T + pose[0, :3, 3]).numpy()
    wanted = project(in_camera, camera.focal_px, size_hw)
    for window in (camera.whole(), (40, 25, 120)):
        clip = to_clip(at, pose, camera.projection(window)[None])[0]
        left, top, side = window
        found = (clip[:, :2] / clip[:, 3:] + 1) / 2 * side + torch.tensor([left, top])
        np.testing.assert_allclose(found.numpy(), wanted, atol=2e-3)
        assert (clip[:, 2].abs() < clip[:, 3]).all()


def test_every_loss_has_its_weight_and_can_be_switched_off() -> None:
    for recipe in TIERS.values():
        assert set(recipe.weights) == set(losses.WEIGHTS)
        assert recipe.windows >= 1


def test_image_losses_look_inside_the_mask_alone() -> None:
    wanted, inside = torch.rand(1, 16, 16, 3), torch.zeros(1, 16, 16, 1)
    inside[:, 4:12, 4:12] = 1
    outside_differs = wanted + (1 - inside)
    for loss in (losses.image_loss, losses.perceptual_loss):
        assert loss(outside_differs, wanted, inside) == 0
        assert loss(wanted + inside * torch.rand(1, 16, 16, 1), wanted, inside) > 0
    assert losses.image_loss(wanted + 0.1, wanted, inside).item() == pytest.approx(0.03, rel=1e-4)
    assert losses.silhouette_loss(inside, inside * 0, inside) == 1


def test_the_perceptual_loss_forgives_brightness_and_not_blur() -> None:
    wanted = (torch.arange(32) // 2 % 2).float()[None, None, :, None].expand(1, 32, 32, 3)
    everywhere = torch.ones(1, 32, 32, 1)
    brighter, blurred = wanted * 1.0 + 0.2, wanted * 0 + 0.5
    assert losses.perceptual_loss(brighter, wanted, everywhere) < 1e-6
    assert losses.perceptual_loss(blurred, wanted, everywhere) > 0.05


def test_geometric_losses_are_zero_where_they_should_be() -> None:
    field = torch.linspace(-0.02, 0.02, 9)
    assert losses.prior_field_loss(field, field) == 0
    beyond = torch.tensor([1.0, -1.0])
    assert losses.prior_field_loss(beyond, beyond * 5) == 0  # truncated
    assert losses.elastic_loss(torch.tensor([0.004]), torch.tensor([0.002])) == 0  # within the slack
    assert losses.elastic_loss(torch.tensor([0.03]), torch.tensor([0.002])) > 0
    mesh = torch.tensor([[[0.0, 0, 0.10], [0, 0, 0.12]]])
    assert losses.depth_loss(mesh, 0.13) == 0
    assert losses.depth_loss(mesh, 0.11).item() == pytest.approx(0.01 / losses.UNIT_M, rel=1e-4)
    edges = torch.tensor([[0, 1]])
    assert losses.smooth_loss(torch.ones(2, 3), edges) == 0
    assert losses.smooth_loss(torch.tensor([[0.0, 0, 0], [0.014, 0, 0]]), edges).item() == pytest.approx(0.01)
    calm, crumbs = torch.tensor([[-0.05, 0.001]]), torch.tensor([[-0.05, 0.05]])
    assert losses.sign_loss(calm) < losses.sign_loss(crumbs)


def test_an_export_that_differs_is_refused() -> None:
    from talkwire.runtime.errors import TrainingError

    one, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    graph = to_onnx(one, {"x": torch.zeros(2, 3)}, ["y"], {"kind": "test", "sizes": [3, 2]})
    assert OnnxEngine(graph).metadata == {"kind": "test", "sizes": "[3, 2]"}
    feeds = {"x": torch.randn(5, 3)}
    assert check_graph(one, graph, feeds, 1e-6) < 1e-6
    with pytest.raises(TrainingError, match="is not the network"):
        check_graph(other, graph, feeds, 1e-6)
