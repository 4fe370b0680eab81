"""Offscreen portraits of a head, with or without a graphics card (OpenGL 3.3, llvmpipe is enough).

with Renderer(avatar.topology, width=512, height=512) as renderer:
    picture_hxwx3 = renderer.draw(frame.vertices_vx3, frame.face)
"""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime import render_shaders as glsl
from talkwire.runtime.camera import Camera, Matrix, check_camera, look_at
from talkwire.runtime.errors import AvatarError, ExportError, MissingDependency, missing
from talkwire.runtime.mesh import rotation_matrix, vertex_normals
from talkwire.runtime.types import Face, Part, TexturePatch, Topology

__all__ = ["Camera", "Light", "Renderer", "describe_gl"]

Picture = npt.NDArray[np.uint8]
Light = Literal["studio", "flat"]

_LARGEST_PX: Final = 8192
_SRGB8_ALPHA8: Final = 0x8C43
_KEY_DIRECTION: Final = np.array([-0.42, 0.50, 0.76]) / np.linalg.norm([-0.42, 0.50, 0.76])
_SHADOW_PX: Final = 1024


@dataclass(frozen=True, slots=True)
class Look:
    """How a part answers light beyond its roughness: see the uniforms of the same names in the shader."""

    scatter: float = 0.0
    gloss: float = 0.0
    strands: float = 0.0
    two_sided: bool = False  # thin blades; all else is closed, and its back is never seen


_PLAIN: Final = Look()
_LOOKS: Final[dict[str, Look]] = {
    "skin": Look(scatter=1.0),
    "lining": Look(scatter=1.0),
    "eyes": Look(scatter=0.35, gloss=1.0),
    "teeth": Look(scatter=1.0, gloss=0.02),
    "tongue": Look(scatter=1.0, gloss=0.06),
    "lashes": Look(two_sided=True),
    "hair": Look(strands=1.0),
}


class Renderer:
    """Draws one avatar again and again; a context manager that gives the graphics memory back.

    topology: the avatar's.  width, height: of the picture, 1..8192.  camera: None is
    `Camera.portrait`.  samples: antialiasing, lowered to what the driver has.  light: "studio", or "flat":
    every surface has the bare colour of its texture.
    Raises MissingDependency without moderngl or OpenGL, ExportError for a size that cannot be drawn,
    AvatarError for a texture or a camera that makes no picture.
    """

    def __init__(
        self,
        topology: Topology,
        *,
        width: int,
        height: int,
        camera: Camera | None = None,
        samples: int = 8,
        light: Light = "studio",
    ) -> None:
        if not (1 <= width <= _LARGEST_PX and 1 <= height <= _LARGEST_PX):
            raise ExportError(
                "a picture cannot have this size",
                seen=f"{width}x{height}",
                wanted=f"1x1 to {_LARGEST_PX}x{_LARGEST_PX}",
                cure="choose another width and height",
            )
        self._topology, self._size, self._flat = topology, (width, height), light == "flat"
        self.camera = camera or Camera.portrait(topology)
        check_camera(self.camera)
        texture = _decode(topology.texture)
        self._context = _open_context()
        with self._context as gl:
            self._upload(gl, texture)
            self._make_targets(gl, min(samples, gl.max_samples))

    def draw(self, vertices_vx3: npt.NDArray[np.floating], face: Face | None = None) -> Picture:
        """[H, W, 3] uint8 sRGB picture of one moment.

        vertices_vx3: [V, 3] metres in head space.  face: its head pose turns the mesh about the origin
        and moves it; None leaves the head at rest.  Raises AvatarError for vertices that are not finite
        or not this avatar's.
        """
        vertices = _checked(vertices_vx3, self._topology.vertex_count)
        with self._context as gl:
            self._draw_picture(gl, vertices, _pose(face), backdrop=True)
            return self._read(gl, 3)

    def draw_layers(
        self,
        vertices_vx3: npt.NDArray[np.floating],
        face: Face | None = None,
        groups: Sequence[Collection[str]] = (),
    ) -> tuple[Picture, Picture]:
        """The head with nothing behind it, and which of its parts cover each pixel.

        vertices_vx3, face: as in `draw`.  groups: names of parts, at most four groups.
        Returns [H, W, 4] uint8, sRGB multiplied by coverage, then coverage: before a picture b it is
        rgb + (1 - coverage) b; and [H, W, G] uint8, the share of each pixel (255 is all of it) that each
        group covers, where other parts do not hide it.
        """
        assert len(groups) <= 4, groups
        vertices, model = _checked(vertices_vx3, self._topology.vertex_count), _pose(face)
        with self._context as gl:
            self._draw_picture(gl, vertices, model, backdrop=False)
            layer = self._read(gl, 4)
            self._draw_groups(gl, model, groups)
            return layer, np.ascontiguousarray(self._read(gl, 4)[..., : len(groups)])

    def retouch(self, patch: TexturePatch) -> None:
        """Replace a rectangle of the texture from the next drawing on. Raises AvatarError outside of it."""
        height, width = patch.rgb_hxwx3.shape[:2]
        whole = self._texture.size
        if not (0 <= patch.left <= whole[0] - width and 0 <= patch.top <= whole[1] - height):
            raise AvatarError(
                "a patch does not lie on the texture",
                seen=f"{width}x{height} at {patch.left}, {patch.top}",
                wanted=f"inside {whole[0]}x{whole[1]}",
                cure="retouch with the patches of the avatar that is drawn",
            )
        opaque = np.full((height, width, 4), 255, np.uint8)
        opaque[..., :3] = patch.rgb_hxwx3
        with self._context:
            self._texture.write(opaque.tobytes(), viewport=(patch.left, patch.top, width, height))
            self._texture.build_mipmaps()

    def close(self) -> None:
        """Release everything on the graphics side, once; drawing afterwards is an error."""
        if not self._owned:
            return
        with self._context:
            for owned in self._owned:
                owned.release()
        self._owned.clear()
        self._context.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _upload(self, gl: Any, texture: Picture) -> None:
        topology = self._topology
        height, width = texture.shape[:2]
        self._texture = gl.texture((width, height), 4, texture.tobytes(), internal_format=_SRGB8_ALPHA8)
        self._texture.build_mipmaps()
        self._texture.anisotropy = 4.0
        self._positions = gl.buffer(reserve=topology.vertex_count * 12, dynamic=True)
        self._normals = gl.buffer(reserve=topology.vertex_count * 12, dynamic=True)
        uvs = gl.buffer(np.ascontiguousarray(topology.uvs_vx2, np.float32))
        triangles = gl.buffer(np.ascontiguousarray(topology.triangles_tx3, np.uint32))
        self._head = gl.program(vertex_shader=glsl.HEAD_VERTEX, fragment_shader=glsl.HEAD_FRAGMENT)
        self._shadow = gl.program(vertex_shader=glsl.SHADOW_VERTEX, fragment_shader=glsl.SHADOW_FRAGMENT)
        self._bare = gl.program(vertex_shader=glsl.BARE_VERTEX, fragment_shader=glsl.BARE_FRAGMENT)
        self._paint = gl.program(vertex_shader=glsl.PAINT_VERTEX, fragment_shader=glsl.PAINT_FRAGMENT)
        backdrop = gl.program(vertex_shader=glsl.BACKGROUND_VERTEX, fragment_shader=glsl.BACKGROUND_FRAGMENT)
        self._head_mesh = gl.vertex_array(
            self._head,
            [
                (self._positions, "3f", "in_position"),
                (self._normals, "3f", "in_normal"),
                (uvs, "2f", "in_uv"),
            ],
            triangles,
        )
        self._shadow_mesh = gl.vertex_array(self._shadow, [(self._positions, "3f", "in_position")], triangles)
        self._bare_mesh = gl.vertex_array(
            self._bare, [(self._positions, "3f", "in_position"), (uvs, "2f", "in_uv")], triangles
        )
        self._paint_mesh = gl.vertex_array(self._paint, [(self._positions, "3f", "in_position")], triangles)
        self._backdrop = gl.vertex_array(backdrop, [])
        self._owned: list[Any] = [
            self._texture, self._positions, self._normals, uvs, triangles, self._head, self._shadow,
            self._bare, self._paint, backdrop, self._head_mesh, self._shadow_mesh, self._bare_mesh,
            self._paint_mesh, self._backdrop,
        ]  # fmt: skip

    def _make_targets(self, gl: Any, samples: int) -> None:
        self._shadow_map = gl.depth_texture((_SHADOW_PX, _SHADOW_PX))
        self._shadow_map.compare_func = "<="
        self._shadow_map.repeat_x = self._shadow_map.repeat_y = False
        self._shadow_target = gl.framebuffer(depth_attachment=self._shadow_map)
        color, depth = (
            gl.renderbuffer(self._size, 4, samples=samples),
            gl.depth_renderbuffer(self._size, samples=samples),
        )
        self._target = gl.framebuffer([color], depth)
        plain = gl.renderbuffer(self._size, 4)
        self._resolved = gl.framebuffer([plain])
        self._owned += [
            self._shadow_map, self._shadow_target, color, depth, self._target, plain, self._resolved
        ]  # fmt: skip

    def _draw_picture(
        self, gl: Any, vertices: npt.NDArray[np.float32], model: Matrix, *, backdrop: bool
    ) -> None:
        topology = self._topology
        self._positions.write(vertices)
        if not self._flat:
            normals = vertex_normals(vertices, topology.triangles_tx3, topology.weld_v)
            self._normals.write(np.ascontiguousarray(normals))
            light = _light_view(vertices, model)
            self._draw_shadow(gl, light, model)
        self._target.use()
        self._target.clear(depth=1.0)
        if backdrop:
            gl.enable_only(gl.NOTHING)
            self._backdrop.render(vertices=3)
        gl.enable_only(gl.DEPTH_TEST)
        if self._flat:
            self._draw_bare(gl, model)
        else:
            self._draw_head(gl, light, model)

    def _draw_shadow(self, gl: Any, light: Matrix, model: Matrix) -> None:
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        gl.enable_only(gl.DEPTH_TEST)
        self._shadow["light"].write(_column_major(light))
        self._shadow["model"].write(_column_major(model))
        self._shadow_mesh.render()

    def _draw_head(self, gl: Any, light: Matrix, model: Matrix) -> None:
        program = self._head
        self._place(program, model)
        program["light"].write(_column_major(light))
        program["eye"].value = self.camera.eye_m
        program["key_direction"].value = tuple(_KEY_DIRECTION)
        program["skin"].value, program["shadow"].value = 0, 1
        self._texture.use(0)
        self._shadow_map.use(1)
        for part in self._topology.parts:
            look = _LOOKS.get(part.name, _PLAIN)
            program["roughness"].value, program["specular"].value = max(part.roughness, 0.05), part.specular
            program["scatter"].value, program["gloss"].value = look.scatter, look.gloss
            program["strands"].value = look.strands
            _render(gl, self._head_mesh, part)

    def _draw_bare(self, gl: Any, model: Matrix) -> None:
        self._place(self._bare, model)
        self._bare["skin"].value = 0
        self._texture.use(0)
        for part in self._topology.parts:
            _render(gl, self._bare_mesh, part)

    def _draw_groups(self, gl: Any, model: Matrix, groups: Sequence[Collection[str]]) -> None:
        self._target.use()
        self._target.clear(depth=1.0)
        gl.enable_only(gl.DEPTH_TEST)
        self._place(self._paint, model)
        for part in self._topology.parts:
            mine = [float(part.name in group) for group in groups]
            self._paint["paint"].value = tuple((mine + [0.0] * 4)[:4])
            _render(gl, self._paint_mesh, part)

    def _place(self, program: Any, model: Matrix) -> None:
        width, height = self._size
        program["view_projection"].write(_column_major(self.camera.view_projection(width / height)))
        program["model"].write(_column_major(model))

    def _read(self, gl: Any, channels: int) -> Picture:
        gl.copy_framebuffer(self._resolved, self._target)
        pixels = np.frombuffer(self._resolved.read(components=channels, alignment=1), np.uint8)
        width, height = self._size
        return np.ascontiguousarray(pixels.reshape(height, width, channels)[::-1])


def _render(gl: Any, mesh: Any, part: Part) -> None:
    (gl.disable if _LOOKS.get(part.name, _PLAIN).two_sided else gl.enable)(gl.CULL_FACE)
    mesh.render(vertices=part.triangle_count * 3, first=part.first_triangle * 3)


def describe_gl() -> str:
    """What would draw here. Raises MissingDependency when nothing can."""
    context = _open_context()
    try:
        return f"{context.info['GL_RENDERER']}, OpenGL {context.info['GL_VERSION']}"
    finally:
        context.release()


def _open_context() -> Any:
    try:
        import moderngl
    except ImportError as absent:
        raise missing("moderngl", extra="render", need="drawing pictures") from absent
    options: dict[str, Any] = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        return moderngl.create_context(standalone=True, require=330, **options)
    except Exception as failure:  # moderngl raises bare Exception when no driver answers
        raise MissingDependency(
            "drawing pictures needs OpenGL 3.3",
            seen=str(failure) or type(failure).__name__,
            wanted="a driver; Mesa's software one is enough",
            cure="on Debian run: apt-get install libegl1 libgl1 libgl1-mesa-dri",
        ) from failure


def _decode(texture: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(texture)) as image:
            return np.asarray(image.convert("RGBA"))
    except (OSError, ValueError, Image.DecompressionBombError) as failure:
        raise AvatarError(
            "the avatar's texture cannot be decoded",
            seen=f"{len(texture)} bytes ({failure})",
            wanted="a PNG or JPEG",
            cure="build or download the avatar again",
        ) from failure


def _checked(vertices_vx3: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.float32]:
    vertices = np.ascontiguousarray(vertices_vx3, np.float32)
    if vertices.shape != (count, 3):
        raise AvatarError(
            "these vertices are not this avatar's",
            seen=f"shape {vertices.shape}",
            wanted=f"({count}, 3)",
            cure="draw each frame with the topology it names",
        )
    if not np.isfinite(vertices).all():
        raise AvatarError(
            "a vertex is not a place",
            seen="NaN or infinity",
            wanted="metres",
            cure="look at the motion that made this frame",
        )
    return vertices


def _pose(face: Face | None) -> Matrix:
    model = np.eye(4)
    if face is not None:
        model[:3, :3] = rotation_matrix(face.head_rotation)
        model[:3, 3] = face.head_translation_m
    return model


def _light_view(vertices: npt.NDArray[np.float32], model: Matrix) -> Matrix:
    """[4, 4] orthographic view along the key light that holds the whole posed mesh."""
    low, high = vertices.min(0), vertices.max(0)
    centre = model[:3, :3] @ ((low + high) / 2) + model[:3, 3]
    radius = max(float(np.linalg.norm(high - low)) / 2, 1e-6)
    scale = np.diag([1 / radius, 1 / radius, -1 / radius, 1.0])
    view = look_at(centre + _KEY_DIRECTION * radius, centre)
    shift = np.eye(4)
    shift[2, 3] = radius
    return scale @ shift @ view


def _column_major(matrix: Matrix) -> bytes:
    return matrix.T.astype(np.float32).tobytes()
