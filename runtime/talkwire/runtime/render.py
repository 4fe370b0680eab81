"""Offscreen portraits of a head, with or without a graphics card (OpenGL 3.3, llvmpipe is enough).

with Renderer(avatar.topology, width=512, height=512) as renderer:
    picture_hxwx3 = renderer.draw(frame.vertices_vx3, frame.face)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from talkwire.runtime import render_shaders as glsl
from talkwire.runtime.camera import Camera, Matrix, check_camera
from talkwire.runtime.errors import AvatarError, ExportError
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.render_context import describe_gl, open_context
from talkwire.runtime.render_inputs import (
    KEY_DIRECTION,
    LOOKS,
    PLAIN,
    Picture,
    checked,
    column_major,
    light_view,
    pose_matrix,
)
from talkwire.runtime.texture_file import texture_pixels
from talkwire.runtime.types import PICTURE, Face, Part, Patch, Topology

__all__ = ["Camera", "Light", "Renderer", "describe_gl"]

Light = Literal["studio", "flat"]

_LARGEST_PX: Final = 8192
_SRGB8_ALPHA8: Final = 0x8C43
_SHADOW_PX: Final = 1024


class Renderer:
    """Draws one avatar again and again; a context manager that gives the graphics memory back.

    topology: the avatar's.  width, height: of the picture, 1..8192.  camera: None is
    `Camera.portrait`.  samples: antialiasing, lowered to what the driver has.  light: "studio", or "flat":
    every surface has the bare colour of its texture, as the part PICTURE has in any light.
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
        texture = texture_pixels(topology.texture)
        self._context = open_context()
        with self._context as gl:
            self._upload(gl, texture)
            self._make_targets(gl, min(samples, gl.max_samples))

    def draw(self, vertices_vx3: npt.NDArray[np.floating], face: Face | None = None) -> Picture:
        """[H, W, 3] uint8 sRGB picture of one moment.

        vertices_vx3: [V, 3] metres in head space.  face: its head pose turns the mesh about the origin
        and moves it; None leaves the head at rest.  Raises AvatarError for vertices that are not finite
        or not this avatar's.
        """
        vertices = checked(vertices_vx3, self._topology.vertex_count)
        with self._context as gl:
            self._draw_picture(gl, vertices, pose_matrix(face), backdrop=True)
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
        vertices, model = checked(vertices_vx3, self._topology.vertex_count), pose_matrix(face)
        with self._context as gl:
            self._draw_picture(gl, vertices, model, backdrop=False)
            layer = self._read(gl, 4)
            self._draw_groups(gl, model, groups)
            return layer, np.ascontiguousarray(self._read(gl, 4)[..., : len(groups)])

    def retouch(self, patch: Patch) -> None:
        """Replace a rectangle of the texture from the next drawing on. Raises AvatarError outside of it."""
        width, height = patch.size
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
            light = light_view(vertices, model)
            self._draw_shadow(gl, light, model)
        self._target.use()
        self._target.clear(depth=1.0)
        if backdrop:
            gl.enable_only(gl.NOTHING)
            self._backdrop.render(vertices=3)
        gl.enable_only(gl.DEPTH_TEST)
        bare = [part for part in topology.parts if self._flat or part.name == PICTURE]
        if len(bare) < len(topology.parts):
            self._draw_head(gl, light, model)
        self._draw_bare(gl, model, bare)

    def _draw_shadow(self, gl: Any, light: Matrix, model: Matrix) -> None:
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        gl.enable_only(gl.DEPTH_TEST)
        self._shadow["light"].write(column_major(light))
        self._shadow["model"].write(column_major(model))
        self._shadow_mesh.render()

    def _draw_head(self, gl: Any, light: Matrix, model: Matrix) -> None:
        program = self._head
        self._place(program, model)
        program["light"].write(column_major(light))
        program["eye"].value = self.camera.eye_m
        program["key_direction"].value = tuple(KEY_DIRECTION)
        program["skin"].value, program["shadow"].value = 0, 1
        self._texture.use(0)
        self._shadow_map.use(1)
        for part in (part for part in self._topology.parts if part.name != PICTURE):
            look = LOOKS.get(part.name, PLAIN)
            program["roughness"].value, program["specular"].value = max(part.roughness, 0.05), part.specular
            program["scatter"].value, program["gloss"].value = look.scatter, look.gloss
            program["strands"].value = look.strands
            _render(gl, self._head_mesh, part)

    def _draw_bare(self, gl: Any, model: Matrix, parts: Sequence[Part]) -> None:
        self._place(self._bare, model)
        self._bare["skin"].value = 0
        self._texture.use(0)
        for part in parts:
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
        program["view_projection"].write(column_major(self.camera.view_projection(width / height)))
        program["model"].write(column_major(model))

    def _read(self, gl: Any, channels: int) -> Picture:
        gl.copy_framebuffer(self._resolved, self._target)
        pixels = np.frombuffer(self._resolved.read(components=channels, alignment=1), np.uint8)
        width, height = self._size
        return np.ascontiguousarray(pixels.reshape(height, width, channels)[::-1])


def _render(gl: Any, mesh: Any, part: Part) -> None:
    (gl.disable if LOOKS.get(part.name, PLAIN).two_sided else gl.enable)(gl.CULL_FACE)
    mesh.render(vertices=part.triangle_count * 3, first=part.first_triangle * 3)
