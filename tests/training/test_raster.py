"""The rasteriser: coverage and values against arithmetic and OpenGL, gradients against finite differences."""

import math

import moderngl
import numpy as np
import pytest
import torch

from talkwire.training.raster.choose import choose_rasterizer
from talkwire.training.raster.seam import edges_of
from talkwire.training.raster.torch_raster import TorchRasterizer, barycentric

RASTERIZER = TorchRasterizer()


def on_plane(*xy: tuple[float, float], z: float = 0.0, w: float = 1.0) -> torch.Tensor:
    return torch.tensor([[x * w, y * w, z * w, w] for x, y in xy])[None]


def sphere(rings: int = 14, segments: int = 28, radius: float = 0.7) -> tuple[torch.Tensor, torch.Tensor]:
    """A closed ball in clip space, [1, V, 4], counter-clockwise from outside."""
    theta = np.linspace(0, np.pi, rings + 1)[1:-1]
    phi = 2 * np.pi * np.arange(segments) / segments + 0.04  # no edge at 45 degrees, where the axis changes
    ring = np.stack(
        [
            np.outer(np.sin(theta), np.cos(phi)),
            np.outer(np.sin(theta), np.sin(phi)),
            np.outer(np.cos(theta), 1 + 0 * phi),
        ],
        -1,
    )
    points = np.concatenate([[[0, 0, 1.0]], ring.reshape(-1, 3), [[0, 0, -1.0]]]) * radius
    index = 1 + np.arange(len(theta) * segments).reshape(len(theta), segments)
    right = np.roll(index, -1, axis=1)
    quads = np.stack([index[:-1], index[1:], right[1:], right[:-1]], -1).reshape(-1, 4)
    first = np.stack([np.zeros(segments, int), index[0], right[0]], -1)
    last = np.stack([np.full(segments, len(points) - 1), right[-1], index[-1]], -1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]], first, last])
    clip = np.concatenate([points * [1, 1, 0.5], np.ones((len(points), 1))], axis=1)
    return torch.from_numpy(clip)[None], torch.from_numpy(triangles)


def test_a_triangle_covers_the_pixels_whose_centres_it_holds() -> None:
    clip = on_plane((-1, -1), (1, -1), (-1, 1))
    raster = RASTERIZER.rasterize(clip, torch.tensor([[0, 1, 2]]), (8, 8))[0]
    rows, columns = np.mgrid[:8, :8]
    np.testing.assert_array_equal(raster[..., 3].numpy() > 0, rows + columns <= 7)


def test_barycentrics_are_of_the_first_two_corners() -> None:
    clip = on_plane((-1, -1), (1, -1), (-1, 1))
    raster = RASTERIZER.rasterize(clip, torch.tensor([[0, 1, 2]]), (4, 4))[0]
    u, v = raster[0, 1, 0].item(), raster[0, 1, 1].item()
    # the centre of column 1, row 0 is at (-0.25, -0.75)
    assert math.isclose(v, 0.375, abs_tol=1e-6)
    assert math.isclose(1 - u - v, 0.125, abs_tol=1e-6)


def test_the_nearer_triangle_wins_whatever_the_order() -> None:
    near, far = on_plane((-1, -1), (3, -1), (-1, 3), z=-0.5), on_plane((-1, -1), (3, -1), (-1, 3), z=0.5)
    clip = torch.cat([far, near], dim=1)
    for triangles, wanted in (([[0, 1, 2], [3, 4, 5]], 2), ([[3, 4, 5], [0, 1, 2]], 1)):
        raster = RASTERIZER.rasterize(clip, torch.tensor(triangles), (6, 6))[0]
        assert (raster[..., 3] == wanted).all()
        assert torch.allclose(raster[..., 2], torch.tensor(-0.5))


def test_what_is_behind_the_camera_or_out_of_range_is_not_drawn() -> None:
    behind = on_plane((-1, -1), (3, -1), (-1, 3), w=-1.0)
    beyond = on_plane((-1, -1), (3, -1), (-1, 3), z=1.5)
    for clip in (behind, beyond):
        assert not RASTERIZER.rasterize(clip, torch.tensor([[0, 1, 2]]), (4, 4))[..., 3].any()


def test_no_triangles_is_an_empty_picture() -> None:
    raster = RASTERIZER.rasterize(on_plane((0, 0)), torch.zeros(0, 3, dtype=torch.long), (4, 5))
    assert raster.shape == (1, 4, 5, 4)
    assert not raster.any()


def test_no_pixel_falls_between_neighbours() -> None:
    rng = np.random.default_rng(0)
    side = 9
    x, y = np.meshgrid(np.linspace(-1.2, 1.2, side), np.linspace(-1.2, 1.2, side))
    x, y = x + rng.normal(0, 0.05, x.shape), y + rng.normal(0, 0.05, y.shape)
    clip = np.stack([x, y, 0 * x, 1 + 0 * x], -1).reshape(1, -1, 4).astype(np.float32)
    clip[..., :] *= rng.uniform(0.5, 2, (1, side * side, 1)).astype(np.float32)  # any w is the same place
    i = np.arange(side * side).reshape(side, side)
    quads = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]], -1).reshape(-1, 4)
    triangles = torch.from_numpy(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    raster = RASTERIZER.rasterize(torch.from_numpy(clip), triangles, (257, 301))
    assert (raster[..., 3] > 0).all()


@pytest.mark.parametrize("cells", [40, 120, 200])
def test_nor_where_they_meet_exactly_on_pixel_centres(cells: int) -> None:
    """A plate of squares, as wide as a whole number of pixels or of half ones."""
    ticks = np.linspace(-1.5, 1.5, cells + 1)
    clip = np.stack([*np.meshgrid(ticks, ticks), np.zeros((cells + 1,) * 2), np.ones((cells + 1,) * 2)], -1)
    i = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    quads = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]], -1).reshape(-1, 4)
    triangles = torch.from_numpy(np.concatenate([quads[:, [0, 1, 3]], quads[:, [1, 2, 3]]]))
    raster = RASTERIZER.rasterize(torch.from_numpy(clip.reshape(1, -1, 4)).float(), triangles, (400, 400))
    assert (raster[..., 3] > 0).all()


def test_values_are_perspective_correct() -> None:
    rng = torch.Generator().manual_seed(1)
    at = torch.rand(3, 3, generator=rng) * torch.tensor([3.0, 3.0, 2.0]) + torch.tensor([-1.5, -1.5, 1.0])
    clip = torch.cat([at[:, :2], at[:, 2:] * 0, at[:, 2:]], dim=1)[None]  # a camera that looks along +z
    raster = RASTERIZER.rasterize(clip, torch.tensor([[0, 1, 2]]), (64, 64))
    found = RASTERIZER.interpolate(at[None], raster, torch.tensor([[0, 1, 2]]))[0]
    row, column = torch.nonzero(raster[0, ..., 3] > 0, as_tuple=True)
    where = found[row, column]
    # the value is the place itself, so it must lie on the pixel's ray
    ray_x, ray_y = (column + 0.5) / 32 - 1, (row + 0.5) / 32 - 1
    assert len(row) > 20
    assert torch.allclose(where[:, 0] / where[:, 2], ray_x, atol=1e-5)
    assert torch.allclose(where[:, 1] / where[:, 2], ray_y, atol=1e-5)


def test_a_batch_is_drawn_as_its_pictures_alone() -> None:
    clip, triangles = sphere()
    clip = clip.float()
    moved = clip + torch.tensor([0.2, -0.1, 0, 0])
    both = RASTERIZER.rasterize(torch.cat([clip, moved]), triangles, (32, 32))
    for k, one in enumerate((clip, moved)):
        assert torch.equal(both[k], RASTERIZER.rasterize(one, triangles, (32, 32))[0])


def test_texture_is_bilinear_and_clamped() -> None:
    texture = torch.arange(12.0).reshape(1, 3, 4, 1)
    uv = torch.tensor([[[0.125, 1 / 6], [0.25, 1 / 6], [0.25, 1 / 3], [-1.0, -1.0], [2.0, 2.0]]])[None]
    assert RASTERIZER.texture(texture, uv).flatten().tolist() == pytest.approx([0, 0.5, 2.5, 0, 11], abs=1e-5)


def test_opengl_sees_the_same_triangles() -> None:
    """llvmpipe draws the same ball with the triangle's number as its colour."""
    clip, triangles = sphere()
    turn = torch.tensor([[0.8, 0.1, 0, 0.05], [-0.1, 0.8, 0.2, 0], [0, -0.2, 0.8, 0], [0, 0.1, 0.3, 1.2]])
    clip = clip.float() @ turn.T
    size = 160
    ours = RASTERIZER.rasterize(clip, triangles, (size, size))[0, ..., 3].long().numpy()
    context = moderngl.create_context(standalone=True, require=330, backend="egl")
    program = context.program(
        vertex_shader="""#version 330
            in vec4 at; in float id; flat out float n; void main() { gl_Position = at; n = id; }""",
        fragment_shader="#version 330\nflat in float n; out float c;\nvoid main(){c=n;}",
    )
    corners = clip[0][triangles].reshape(-1, 4).numpy()
    number = np.repeat(np.arange(1, len(triangles) + 1), 3)[:, None]
    data = np.concatenate([corners, number], axis=1).astype(np.float32)
    mesh = context.vertex_array(program, [(context.buffer(data.tobytes()), "4f 1f", "at", "id")])
    target = context.framebuffer(
        [context.texture((size, size), 1, dtype="f4")], context.depth_renderbuffer((size, size))
    )
    target.use()
    target.clear()
    context.enable_only(moderngl.DEPTH_TEST)
    mesh.render()
    theirs = np.frombuffer(target.read(components=1, dtype="f4"), np.float32).reshape(size, size).astype(int)
    context.release()
    assert (ours > 0).sum() > 3000
    # OpenGL snaps vertices to a 1/256 pixel: centres that close to an edge may go either way
    assert (ours != theirs).mean() < 2e-3


def test_edges_know_both_their_triangles() -> None:
    edges = edges_of(torch.tensor([[0, 1, 2], [2, 1, 3]]))
    inner = (edges.faces_ex2 >= 0).all(1)
    assert edges.ends_ex2[inner].tolist() == [[1, 2]]
    assert sorted(edges.apexes_ex2[inner][0].tolist()) == [0, 3]
    assert (~inner).sum() == 4
    assert (edges_of(sphere()[1]).faces_ex2 >= 0).all()


def test_an_edge_of_three_triangles_is_a_border() -> None:
    assert (edges_of(torch.tensor([[0, 1, 2], [1, 0, 3], [0, 1, 4]])).faces_ex2[:, 1] < 0).all()


def test_antialiased_coverage_is_the_area() -> None:
    clip, triangles = sphere(40, 80)
    raster = RASTERIZER.rasterize(clip, triangles, (48, 48))
    image = (raster[..., 3:] > 0).double()
    smooth = RASTERIZER.antialias(image, raster, clip, triangles, edges_of(triangles))
    area = smooth.sum().item() * (2 / 48) ** 2
    assert area == pytest.approx(math.pi * 0.7**2, rel=3e-3)
    assert 0 <= smooth.min().item() <= smooth.max().item() <= 1


def test_inner_edges_are_left_alone() -> None:
    """Two triangles of one flat square: their common edge is no silhouette."""
    clip = on_plane((-1, -1), (1, -1), (1, 1), (-1, 1)).double()
    triangles = torch.tensor([[0, 1, 2], [0, 2, 3]])
    raster = RASTERIZER.rasterize(clip, triangles, (8, 8))
    image = raster[..., 3:].double()
    assert torch.equal(RASTERIZER.antialias(image, raster, clip, triangles, edges_of(triangles)), image)


def numeric(function: "torch.nn.Module", at: torch.Tensor, direction: torch.Tensor, step: float) -> float:
    return ((function(at + step * direction) - function(at - step * direction)) / (2 * step)).item()


@pytest.mark.parametrize("seed", range(4))
def test_values_have_the_gradient_of_finite_differences(seed: int) -> None:
    """Pixels that change hands are left out: a step is small and the ball is well inside."""
    clip, triangles = sphere()
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(1, clip.shape[1], 3, generator=generator, dtype=torch.float64)
    weights = torch.rand(20, 20, 3, generator=generator, dtype=torch.float64)
    fixed = RASTERIZER.rasterize(clip, triangles, (20, 20))[..., 3]

    def total(at: torch.Tensor) -> torch.Tensor:
        raster = RASTERIZER.rasterize(at, triangles, (20, 20))
        same = (raster[..., 3] == fixed)[..., None]
        return (RASTERIZER.interpolate(values, raster, triangles) * weights * same).sum()

    direction = torch.randn(clip.shape, generator=generator, dtype=torch.float64)
    at = clip.clone().requires_grad_()
    total(at).backward()
    assert at.grad is not None
    assert (at.grad * direction).sum().item() == pytest.approx(
        numeric(total, clip, direction, 1e-7), rel=1e-4
    )


@pytest.mark.parametrize("seed", range(4))
def test_silhouettes_have_the_gradient_of_finite_differences(seed: int) -> None:
    clip, triangles = sphere()
    edges = edges_of(triangles)
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(24, 24, 1, generator=generator, dtype=torch.float64)

    def total(at: torch.Tensor) -> torch.Tensor:
        raster = RASTERIZER.rasterize(at, triangles, (24, 24))
        image = (raster[..., 3:] > 0).double()
        return (RASTERIZER.antialias(image, raster, at, triangles, edges) * weights).sum()

    direction = torch.randn(clip.shape, generator=generator, dtype=torch.float64)
    at = clip.clone().requires_grad_()
    total(at).backward()
    assert at.grad is not None
    assert at.grad.abs().sum() > 1
    assert (at.grad * direction).sum().item() == pytest.approx(
        numeric(total, clip, direction, 1e-7), rel=1e-3
    )


def test_a_growing_ball_covers_more_by_its_circumference() -> None:
    clip, triangles = sphere(40, 80)
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    grown = torch.cat([clip[..., :2] * scale, clip[..., 2:]], dim=-1)
    raster = RASTERIZER.rasterize(grown, triangles, (64, 64))
    smooth = RASTERIZER.antialias(
        (raster[..., 3:] > 0).double(), raster, grown, triangles, edges_of(triangles)
    )
    (smooth.sum() * (2 / 64) ** 2).backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(2 * math.pi * 0.7**2, rel=3e-2)


def test_barycentrics_of_a_triangle_without_area_are_finite() -> None:
    corners = torch.zeros(1, 3, 4)
    assert torch.isfinite(barycentric(corners, torch.zeros(1, 2))).all()


def test_the_cpu_gets_ours() -> None:
    assert isinstance(choose_rasterizer(torch.device("cpu")), TorchRasterizer)


def test_the_card_agrees_with_the_cpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA card here: nvdiffrast and our rasteriser on CUDA were not compared")
    device = torch.device("cuda")
    clip, triangles = (tensor.to(device) for tensor in sphere())
    clip, edges = clip.float(), edges_of(triangles)
    values = torch.rand(1, clip.shape[1], 3, device=device)
    pictures = []
    for rasterizer, place in ((choose_rasterizer(device), device), (RASTERIZER, torch.device("cpu"))):
        c, t, x = clip.to(place), triangles.to(place), values.to(place)
        raster = rasterizer.rasterize(c, t, (128, 128))
        image = rasterizer.interpolate(x, raster, t)
        pictures.append(rasterizer.antialias(image, raster, c, t, edges_of(t)).cpu())
    assert edges.ends_ex2.is_cuda
    assert (pictures[0] - pictures[1]).abs().mean() < 1e-3
