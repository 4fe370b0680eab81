"""Offscreen portraits of a head, with or without a graphics card (OpenGL 3.3, llvmpipe is enough).

with Renderer(avatar.topology, width=512, height=512) as renderer:
    picture_hxwx3 = renderer.draw(frame.vertices_vx3, frame.face)
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime import render_shaders as glsl
from talkwire.runtime.errors import AvatarError, ExportError, MissingDependency, missing
from talkwire.runtime.mesh import rotation_matrix, vertex_normals
from talkwire.runtime.types import Face, TexturePatch, Topology

Picture = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Point = tuple[float, float, float]

_LARGEST_PX: Final = 8192
_SRGB8_ALPHA8: Final = 0x8C43
_KEY_DIRECTION: Final = np.array([-0.42, 0.50, 0.76]) / np.linalg.norm([-0.42, 0.50, 0.76])
_SHADOW_PX: Final = 1024


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from: a pinhole, +Y up. eye_m, target_m: metres; fov_y_deg in (0, 170]."""

    eye_m: Point
    target_m: Point
    fov_y_deg: float = 20.0
    near_m: float = 0.05
    far_m: float = 10.0

    @classmethod
    def portrait(cls, topology: Topology, *, yaw_deg: float = 0.0, zoom: float = 1.0) -> Camera:
        """Head and neck fill the height of the picture; yaw_deg > 0 walks round to the face's left (+X)."""
        low, high = topology.neutral_vx3.min(0), topology.neutral_vx3.max(0)
        centre = (low + high) / 2
        fov_deg = 20.0
        distance = (
            float(high[1] - low[1]) * 0.56 / zoom / np.tan(np.radians(fov_deg / 2))
            + float(high[2] - low[2]) / 4
        )
        yaw = np.radians(yaw_deg)
        eye = centre + distance * np.array([np.sin(yaw), 0.02, np.cos(yaw)])
        return cls(_point(eye), _point(centre), fov_deg)

    def view_projection(self, aspect: float) -> Matrix:
        """[4, 4] world to OpenGL clip space, for a picture `aspect` times as wide as high."""
        focal = 1.0 / np.tan(np.radians(self.fov_y_deg) / 2)
        near, far = self.near_m, self.far_m
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = focal / aspect, focal
        projection[2, 2], projection[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        projection[3, 2] = -1.0
        return projection @ _look_at(np.array(self.eye_m), np.array(self.target_m))


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
    `Camera.portrait`.  samples: antialiasing, lowered to what the driver has.
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
    ) -> None:
        if not (1 <= width <= _LARGEST_PX and 1 <= height <= _LARGEST_PX):
            raise ExportError(
                "a picture cannot have this size",
                seen=f"{width}x{height}",
                wanted=f"1x1 to {_LARGEST_PX}x{_LARGEST_PX}",
                cure="choose another width and height",
            )
        self._topology, self._size = topology, (width, height)
        self.camera = camera or Camera.portrait(topology)
        _check_camera(self.camera)
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
        topology = self._topology
        vertices = _checked(vertices_vx3, topology.vertex_count)
        normals = vertex_normals(vertices, topology.triangles_tx3, topology.weld_v)
        model = _pose(face)
        light = _light_view(vertices, model)
        with self._context as gl:
            self._positions.write(vertices)
            self._normals.write(np.ascontiguousarray(normals))
            self._draw_shadow(gl, light, model)
            self._draw_head(gl, light, model)
            gl.copy_framebuffer(self._resolved, self._target)
            pixels = self._resolved.read(components=3, alignment=1)
        width, height = self._size
        return np.ascontiguousarray(np.frombuffer(pixels, np.uint8).reshape(height, width, 3)[::-1])

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
        self._backdrop = gl.vertex_array(backdrop, [])
        self._owned: list[Any] = [
            self._texture, self._positions, self._normals, uvs, triangles, self._head, self._shadow, backdrop,
            self._head_mesh, self._shadow_mesh, self._backdrop,
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

    def _draw_shadow(self, gl: Any, light: Matrix, model: Matrix) -> None:
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        gl.enable_only(gl.DEPTH_TEST)
        self._shadow["light"].write(_column_major(light))
        self._shadow["model"].write(_column_major(model))
        self._shadow_mesh.render()

    def _draw_head(self, gl: Any, light: Matrix, model: Matrix) -> None:
        width, height = self._size
        self._target.use()
        self._target.clear(depth=1.0)
        gl.disable(gl.DEPTH_TEST)
        self._backdrop.render(vertices=3)
        gl.enable(gl.DEPTH_TEST)
        program = self._head
        program["view_projection"].write(_column_major(self.camera.view_projection(width / height)))
        program["light"].write(_column_major(light))
        program["model"].write(_column_major(model))
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
            (gl.disable if look.two_sided else gl.enable)(gl.CULL_FACE)
            self._head_mesh.render(vertices=part.triangle_count * 3, first=part.first_triangle * 3)
        gl.disable(gl.CULL_FACE)


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


def _check_camera(camera: Camera) -> None:
    numbers = (*camera.eye_m, *camera.target_m, camera.fov_y_deg, camera.near_m, camera.far_m)
    makes_picture = (
        np.isfinite(numbers).all()
        and not np.allclose(camera.eye_m, camera.target_m, rtol=0, atol=1e-9)
        and 0 < camera.fov_y_deg <= 170
        and 0 < camera.near_m < camera.far_m
    )
    if not makes_picture:
        raise AvatarError(
            "this camera makes no picture",
            seen=camera,
            wanted="an eye away from its target, fov_y_deg in (0, 170], 0 < near_m < far_m",
            cure="use Camera.portrait(topology), or move the eye",
        )


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
    view = _look_at(centre + _KEY_DIRECTION * radius, centre)
    shift = np.eye(4)
    shift[2, 3] = radius
    return scale @ shift @ view


def _look_at(eye: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> Matrix:
    forward = target - eye
    forward = forward / max(float(np.linalg.norm(forward)), 1e-12)
    up = np.array([0.0, 0.0, -1.0]) if abs(forward[1]) > 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[0, :3], view[1, :3], view[2, :3] = right, np.cross(right, forward), -forward
    view[:3, 3] = -view[:3, :3] @ eye
    return view


def _column_major(matrix: Matrix) -> bytes:
    return matrix.T.astype(np.float32).tobytes()


def _point(xyz: npt.NDArray[np.floating]) -> Point:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])
