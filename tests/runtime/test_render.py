"""The renderer, judged by its pictures: what is where, what is lit, what is refused."""

import io
import os
import sys
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import trimesh
from PIL import Image

from talkwire.runtime.errors import AvatarError, ExportError, MissingDependency
from talkwire.runtime.picture_card import picture_card
from talkwire.runtime.render import Camera, Light, Renderer, describe_gl
from talkwire.runtime.types import Face, Part, TexturePatch, Topology

Picture = npt.NDArray[np.uint8]

try:
    GL_MISSING = "" if describe_gl() else "no name"
except MissingDependency as absent:
    GL_MISSING = str(absent)
# without a driver these fail in CI and are skipped elsewhere
needs_gl = pytest.mark.skipif(bool(GL_MISSING) and not os.environ.get("CI"), reason=GL_MISSING)

FRONT = Camera((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), fov_y_deg=20.0)  # 0.353 m high at the origin
RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)


def png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def ball(
    centre=(0.0, 0.0, 0.0), radius: float = 0.1, texture: bytes | None = None, name: str = "skin"
) -> Topology:
    """A sphere that wears its texture seen from the front: u to the right, v downward."""
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
    around = sphere.vertices.astype(np.float32)
    return Topology(
        neutral_vx3=around * np.float32(radius) + np.array(centre, np.float32),
        triangles_tx3=sphere.faces.astype(np.uint32),
        uvs_vx2=around[:, :2] * np.float32([0.5, -0.5]) + np.float32(0.5),
        weld_v=np.arange(len(around), dtype=np.uint32),
        texture=texture or png(Image.new("RGB", (4, 4), (190, 150, 130))),
        parts=(Part(name, 0, len(sphere.faces)),),
    )


def both(a: Topology, b: Topology) -> Topology:
    """Two meshes in one, sharing the texture of the first."""
    shift_v, shift_t = a.vertex_count, len(a.triangles_tx3)
    return Topology(
        neutral_vx3=np.concatenate([a.neutral_vx3, b.neutral_vx3]),
        triangles_tx3=np.concatenate([a.triangles_tx3, b.triangles_tx3 + np.uint32(shift_v)]),
        uvs_vx2=np.concatenate([a.uvs_vx2, b.uvs_vx2]),
        weld_v=np.concatenate([a.weld_v, b.weld_v + np.uint32(shift_v)]),
        texture=a.texture,
        parts=a.parts + tuple(replace(p, first_triangle=p.first_triangle + shift_t) for p in b.parts),
    )


def draw(
    topology: Topology,
    face: Face | None = None,
    camera: Camera | None = FRONT,
    size: tuple[int, int] = (128, 128),
    samples: int = 8,
) -> Picture:
    with Renderer(topology, width=size[0], height=size[1], camera=camera, samples=samples) as renderer:
        return renderer.draw(topology.neutral_vx3, face)


def backdrop(size: tuple[int, int] = (128, 128)) -> Picture:
    return draw(ball(centre=(0, 0, 5)), size=size)  # the ball is behind the camera


def covered(topology: Topology, **how) -> npt.NDArray[np.bool_]:
    """[H, W]: where the mesh is seen."""
    picture = draw(topology, **how).astype(int)
    return np.abs(picture - backdrop(picture.shape[1::-1])).max(axis=2) > 6


def middle(mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Mean column and row of what is seen."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def pose(rotation=(0, 0, 0, 1), translation=(0, 0, 0)) -> Face:
    return Face(np.zeros(52, np.float32), np.array(rotation, np.float32), np.array(translation, np.float32))


@needs_gl
@pytest.mark.parametrize("size", [(128, 128), (97, 61), (64, 200)])
def test_the_picture_is_as_asked(size: tuple[int, int]) -> None:
    picture = draw(ball(), size=size)
    assert picture.dtype == np.uint8
    assert picture.shape == (size[1], size[0], 3)
    assert picture.flags.c_contiguous


@needs_gl
@pytest.mark.parametrize("size", [(128, 128), (200, 128)])
def test_a_sphere_is_where_projection_says(size: tuple[int, int]) -> None:
    seen = covered(ball(radius=0.08), size=size)
    rows, columns = np.nonzero(seen)
    # the outline of a sphere at distance d subtends asin(r / d)
    high_px = 128 * np.tan(np.arcsin(0.08)) / np.tan(np.radians(10))
    assert np.ptp(rows) + 1 == pytest.approx(high_px, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(high_px, abs=2)
    assert middle(seen) == pytest.approx((size[0] / 2 - 0.5, 63.5), abs=1)


@needs_gl
@pytest.mark.parametrize(
    ("centre", "column", "row"), [((0.08, 0, 0), 1, 0), ((-0.08, 0, 0), -1, 0), ((0, 0.08, 0), 0, -1)]
)
def test_plus_x_is_right_and_plus_y_is_up(centre, column: int, row: int) -> None:
    at = np.array(middle(covered(ball(centre, radius=0.03)))) - 63.5
    np.testing.assert_allclose(at, 64 * 0.08 / np.tan(np.radians(10)) * np.array([column, row]), atol=1.5)


@needs_gl
def test_the_texture_is_upright_and_in_its_own_colours() -> None:
    quarters = Image.new("RGB", (64, 64), (120, 120, 120))
    quarters.paste(RED, (0, 0, 32, 32))  # above, at the viewer's left
    quarters.paste(GREEN, (32, 0, 64, 32))
    quarters.paste(BLUE, (0, 32, 32, 64))
    picture = draw(ball(texture=png(quarters), name="plain"))
    at = {(50, 50): 0, (50, 78): 1, (78, 50): 2}
    assert {place: int(np.argmax(picture[place])) for place in at} == at


@needs_gl
def test_the_nearer_thing_hides_the_farther() -> None:
    two = Image.new("RGB", (4, 4), RED)
    near, far = ball((0, 0, 0.1), 0.03, png(two)), ball((0, 0, -0.1), 0.03)
    assert np.array_equal(draw(both(near, far))[60:68, 60:68], draw(near)[60:68, 60:68])
    assert np.array_equal(draw(replace(both(far, near), texture=near.texture))[60:68, 60:68],
                          draw(near)[60:68, 60:68])  # fmt: skip


@needs_gl
def test_the_head_turns_about_the_origin_and_moves() -> None:
    nose = ball((0, 0, 0.1), radius=0.02)
    s, c = np.sin(np.radians(15)), np.cos(np.radians(15))
    left = middle(covered(nose, face=pose((0, s, 0, c))))
    down = middle(covered(nose, face=pose((s, 0, 0, c))))
    up = middle(covered(nose, face=pose(translation=(0, 0.05, 0))))
    turned = 64 * 0.1 * np.sin(np.radians(30)) / (1 - 0.1 * np.cos(np.radians(30))) / np.tan(np.radians(10))
    assert left == pytest.approx((63.5 + turned, 63.5), abs=1.5)
    assert down == pytest.approx((63.5, 63.5 + turned), abs=1.5)
    assert up == pytest.approx((63.5, 63.5 - 64 * 0.05 / 0.9 / np.tan(np.radians(10))), abs=1.5)
    assert np.array_equal(draw(nose, face=pose()), draw(nose))


@needs_gl
def test_the_key_light_comes_from_above_at_the_viewers_left() -> None:
    picture = draw(ball(name="plain")).astype(float).mean(axis=2)
    assert picture[45, 45] > picture[83, 83] + 20


@needs_gl
def test_one_thing_throws_a_shadow_on_another() -> None:
    wall = ball((0, 0, 0), radius=0.1, name="plain")
    shade = ball((-0.42 * 0.3, 0.50 * 0.3, 0.76 * 0.3), radius=0.03, name="plain")  # towards the key light
    alone, shaded = draw(wall).astype(float), draw(both(wall, shade)).astype(float)
    where = np.zeros((128, 128), bool)
    where[30:66, 40:64] = True
    where &= ~covered(shade)
    assert (alone - shaded).mean(axis=2)[where].max() > 30
    np.testing.assert_allclose(shaded[90:100, 70:90], alone[90:100, 70:90], atol=3)  # light elsewhere stays


@needs_gl
def test_edges_are_smooth() -> None:
    smooth, jagged = draw(ball(radius=0.08)), draw(ball(radius=0.08), samples=0)
    seen = covered(ball(radius=0.08), samples=0)
    rim = seen & ~np.all([np.roll(seen, s, a) for s in (1, -1) for a in (0, 1)], axis=0)
    changed = np.abs(smooth.astype(int) - jagged).max(axis=2) > 4
    assert changed[rim].mean() > 0.25  # the outline is blended
    assert changed[62:66, 62:66].mean() == 0  # the inside is not


@needs_gl
def test_eyes_shine_and_skin_does_not() -> None:
    brown = png(Image.new("RGB", (4, 4), (130, 105, 95)))
    skin, eye = (draw(ball(texture=brown, name=name)) for name in ("skin", "eyes"))
    assert (eye.min(axis=2) > 225).sum() > 20  # the window in the eye is white
    assert (skin.min(axis=2) > 225).sum() == 0


@needs_gl
def test_nothing_glints_where_the_skin_is_painted_dark() -> None:
    # mouth and nostrils are dark because light does not get there: no highlight may give them away
    black = png(Image.new("RGB", (4, 4), (20, 14, 12)))
    lit = {name: draw(ball(texture=black, name=name))[44:84, 44:84].max() for name in ("skin", "plain")}
    assert lit["skin"] < 70 < 110 < lit["plain"]


@needs_gl
def test_an_unknown_part_is_drawn_plainly() -> None:
    assert np.array_equal(draw(ball(name="hat")), draw(ball(name="plain")))


@needs_gl
def test_flat_light_shows_the_texture_and_nothing_else() -> None:
    quarters = Image.new("RGB", (64, 64), (7, 120, 250))
    quarters.paste(RED, (0, 0, 32, 32))  # above, at the viewer's left
    topology = ball(texture=png(quarters), name="eyes")  # which shine in the studio
    with Renderer(topology, width=128, height=128, camera=FRONT, light="flat") as renderer:
        picture = renderer.draw(topology.neutral_vx3).astype(int)
        again = renderer.draw(topology.neutral_vx3).astype(int)
    assert np.abs(picture[40:60, 40:60] - RED).max() <= 1
    assert np.abs(picture[68:88, 40:88] - (7, 120, 250)).max() <= 1
    behind = backdrop()
    assert np.array_equal(picture[:20, :20], behind[:20, :20])  # the studio is still behind
    assert np.array_equal(picture, again)


@needs_gl
@pytest.mark.parametrize("light", ["studio", "flat"])
def test_layers_laid_over_the_backdrop_are_the_picture(light: Light) -> None:
    topology = ball(radius=0.08)
    turned = pose((0, 0.1, 0, 1), (0.01, 0, 0))
    with Renderer(topology, width=96, height=96, camera=FRONT, light=light) as renderer:
        whole = renderer.draw(topology.neutral_vx3, turned).astype(float)
        layer, shares = renderer.draw_layers(topology.neutral_vx3, turned, [{"skin"}, {"hair"}])
        empty, none = renderer.draw_layers(topology.neutral_vx3 + 5)
        after = renderer.draw(topology.neutral_vx3, turned)
    coverage = layer[..., 3:] / 255
    behind = backdrop((96, 96)).astype(float)
    np.testing.assert_allclose(layer[..., :3] + (1 - coverage) * behind, whole, atol=2)
    assert np.abs(shares[..., 0].astype(int) - layer[..., 3]).max() <= 1
    assert not shares[..., 1].any()
    assert 0 < (coverage % 1 > 0).mean() < 0.1  # its outline is smooth
    assert not empty.any()
    assert none.shape == (96, 96, 0)
    assert np.array_equal(after, whole)


@needs_gl
def test_groups_are_told_apart_by_what_is_in_front() -> None:
    near, far = ball((-0.02, 0, 0.15), 0.03, name="cloth"), ball((0, 0, 0), 0.08, name="skin")
    two = both(far, near)
    with Renderer(two, width=128, height=128, camera=FRONT) as renderer:
        layer, shares = renderer.draw_layers(two.neutral_vx3, None, [("skin", "hair"), ("cloth",)])
    skin, cloth = shares[..., 0].astype(int), shares[..., 1].astype(int)
    assert cloth[64, 54] == 255
    assert skin[64, 54] == 0
    assert skin[64, 90] == 255
    assert np.abs(skin + cloth - layer[..., 3]).max() <= 2
    assert middle(cloth > 128) == pytest.approx(
        (63.5 - 64 * 0.02 / 0.85 / np.tan(np.radians(10)), 63.5), abs=1
    )


@needs_gl
def test_two_runs_give_one_picture() -> None:
    assert np.array_equal(draw(ball()), draw(ball()))


@needs_gl
def test_two_renderers_do_not_disturb_each_other() -> None:
    small, large = ball(radius=0.03), ball(radius=0.09)
    with (
        Renderer(small, width=64, height=64, camera=FRONT) as a,
        Renderer(large, width=96, height=96, camera=FRONT) as b,
    ):
        first, other = a.draw(small.neutral_vx3), b.draw(large.neutral_vx3)
        again = a.draw(small.neutral_vx3)
    assert np.array_equal(first, again)
    assert np.array_equal(other, draw(large, size=(96, 96)))


@needs_gl
def test_drawing_follows_the_vertices_it_is_given() -> None:
    topology = ball(radius=0.05)
    with Renderer(topology, width=128, height=128, camera=FRONT) as renderer:
        rest = renderer.draw(topology.neutral_vx3)
        moved = renderer.draw(topology.neutral_vx3 + np.float32([0.05, 0, 0]))
        doubles = renderer.draw(topology.neutral_vx3.astype(np.float64))
    assert np.array_equal(moved, draw(ball((0.05, 0, 0), radius=0.05)))
    assert np.array_equal(rest, doubles)


@needs_gl
@needs_gl
def test_a_patch_changes_its_rectangle_and_nothing_else() -> None:
    topology = ball(texture=png(Image.new("RGB", (64, 64), RED)))
    with Renderer(topology, width=128, height=128, camera=FRONT) as renderer:
        before = renderer.draw(topology.neutral_vx3)
        renderer.retouch(TexturePatch(0, 0, np.full((32, 64, 3), GREEN, np.uint8)))  # the upper half
        after = renderer.draw(topology.neutral_vx3)
        for left, top in ((40, 0), (0, 60), (-1, 0)):
            with pytest.raises(AvatarError, match="does not lie on the texture"):
                renderer.retouch(TexturePatch(left, top, np.zeros((8, 32, 3), np.uint8)))
    assert after[45, 64, 1] > after[45, 64, 0]
    assert np.array_equal(before[72:90, 40:88], after[72:90, 40:88])


@needs_gl
def test_a_picture_has_no_light_on_it_and_a_head_beside_it_has() -> None:
    card = picture_card(png(Image.new("RGB", (8, 8), RED)), (8, 8))
    card = replace(card, neutral_vx3=card.neutral_vx3 * np.float32(0.2) - np.float32([0.08, 0, 0]))
    beside = ball((0.1, 0, 0), radius=0.05)
    picture = draw(both(card, beside), camera=FRONT)
    left = picture[60:68, 30:40].reshape(-1, 3)
    assert (np.abs(left.astype(int) - RED) <= 1).all()
    lit = picture[55:75, 90:110].reshape(-1, 3)
    assert np.ptp(lit, axis=0).max() > 10 and (np.abs(lit.astype(int) - RED) > 1).any(axis=1).all()


@pytest.mark.parametrize("yaw_deg", [0, 40, 90, -90])
def test_a_portrait_holds_the_whole_head(yaw_deg: float) -> None:
    topology = ball((0.2, 1.5, -0.3), radius=0.12)
    seen = covered(topology, camera=Camera.portrait(topology, yaw_deg=yaw_deg))
    border = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    assert not border.any()
    assert 0.7 < np.ptp(np.nonzero(seen)[0]) / 128 < 1


@needs_gl
def test_a_portrait_from_the_left_shows_the_left() -> None:
    ear = ball((0.1, 0, 0), radius=0.02)
    head = both(ball(radius=0.1), ear)
    camera = Camera.portrait(head, yaw_deg=90)
    assert camera.eye_m[0] > 0.3
    bare = draw(ball(radius=0.1), camera=camera)
    ear_seen = np.abs(draw(head, camera=camera).astype(int) - bare).max(axis=2) > 6
    assert middle(ear_seen) == pytest.approx((63.5, 63.5), abs=4)


@pytest.mark.parametrize("size", [(0, 64), (64, 0), (-1, 64), (8193, 64), (64, 1_000_000)])
def test_a_size_that_cannot_be_drawn_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ExportError, match=r"cannot have this size: saw -?\d+x\d+, wanted 1x1 to 8192x8192"):
        Renderer(ball(), width=size[0], height=size[1])


@pytest.mark.parametrize(
    "camera",
    [
        Camera((0, 0, 1), (0, 0, 1)),
        Camera((0, 0, 1), (0, 0, 0), fov_y_deg=0),
        Camera((0, 0, 1), (0, 0, 0), fov_y_deg=171),
        Camera((0, 0, float("nan")), (0, 0, 0)),
        Camera((0, 0, 1), (0, 0, 0), near_m=2, far_m=1),
    ],
)
def test_a_camera_that_makes_no_picture_is_refused(camera: Camera) -> None:
    with pytest.raises(
        AvatarError, match=r"makes no picture: saw Camera\(.*wanted an eye away from its target"
    ):
        Renderer(ball(), width=64, height=64, camera=camera)


@needs_gl
def test_closing_twice_is_closing_once() -> None:
    with Renderer(ball(), width=64, height=64) as renderer:
        renderer.close()


@pytest.mark.parametrize("texture", [b"", b"not a picture", png(Image.new("RGB", (64, 64)))[:60]])
def test_a_damaged_texture_is_refused(texture: bytes) -> None:
    with pytest.raises(AvatarError, match=rf"texture cannot be decoded: saw {len(texture)} bytes"):
        Renderer(replace(ball(), texture=texture), width=64, height=64)


@needs_gl
@pytest.mark.parametrize("shape", [(5, 3), (2562, 2), (0, 3), (2562,)])
def test_another_avatars_vertices_are_refused_and_the_next_are_drawn(shape: tuple[int, ...]) -> None:
    topology = ball()
    with Renderer(topology, width=64, height=64, camera=FRONT) as renderer:
        with pytest.raises(AvatarError, match=r"not this avatar's: saw shape .* wanted \(2562, 3\)"):
            renderer.draw(np.zeros(shape, np.float32))
        assert np.array_equal(renderer.draw(topology.neutral_vx3), draw(topology, size=(64, 64)))


@needs_gl
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vertex_that_is_nowhere_is_refused(value: float) -> None:
    topology = ball()
    vertices = topology.neutral_vx3.copy()
    vertices[7, 1] = value
    with (
        Renderer(topology, width=64, height=64) as renderer,
        pytest.raises(AvatarError, match="a vertex is not a place: saw NaN or infinity, wanted metres"),
    ):
        renderer.draw(vertices)


def test_without_moderngl_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(MissingDependency, match=r"'moderngl'.*pip install 'talkwire\[render\]'"):
        Renderer(ball(), width=64, height=64)


def test_without_a_driver_the_debian_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import moderngl

    def fail(**options: object) -> None:
        raise Exception("libEGL.so not loaded")

    monkeypatch.setattr(moderngl, "create_context", fail)
    with pytest.raises(MissingDependency, match=r"saw libEGL\.so not loaded.*apt-get install libegl1 libgl1"):
        Renderer(ball(), width=64, height=64)
