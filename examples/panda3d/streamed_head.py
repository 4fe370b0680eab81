"""A streamed head as a Panda3D node: the file to copy into a game.

Vertices, normals and the head's pose stay in the wire's axes: metres, right-handed, +Y up, +Z out of the
face. One node above them turns these into Panda's: +Z up, the face towards -Y, where Panda's own models
look. Both are right-handed, so that is a rotation, and winding and normals need no care.
"""

from __future__ import annotations

import numpy as np
from panda3d import core

from talkwire.bridge import wire
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.texture import patches_from
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.texture_file import texture_pixels

TWO_SIDED = {"lashes"}  # thin blades; every other part is closed, and its back is never seen
UNLIT = {"picture"}  # a filmed person: the light is in it


class StreamedHead:
    """`node` belongs below the NPC's; it is empty until mesh and texture have come."""

    def __init__(self) -> None:
        self.node = core.NodePath("talkwire head")
        axes = self.node.attach_new_node("axes")
        axes.set_mat(core.LMatrix4.convert_mat(core.CS_yup_right, core.CS_zup_right))
        self._pose = axes.attach_new_node("pose")
        self._skin = Skin()
        self._mesh: wire.Mesh | None = None  # that the node was built from

    def show(self, player: Player, picture: Picture | None) -> bool:
        """Take the player's newest picture; whether there is something to see."""
        mesh, has_skin = player.mesh, self._skin.show(player, picture)
        if mesh is None or not has_skin or picture is None or picture.vertices_vx3 is None:
            return False
        if mesh is not self._mesh:  # the first one, or the NPC has another head now
            self._build(mesh)
        self._rows[:, 0:3] = picture.vertices_vx3
        self._rows[:, 3:6] = vertex_normals(picture.vertices_vx3, self._triangles, self._weld)
        memoryview(self._data.modify_array(0)).cast("B")[:] = memoryview(self._rows).cast("B")
        x, y, z, w = map(float, picture.head_rotation)
        self._pose.set_pos_quat(core.Point3(*map(float, picture.head_translation_m)), core.Quat(w, x, y, z))
        return True

    def _build(self, mesh: wire.Mesh) -> None:
        self._mesh = mesh
        self._triangles = np.frombuffer(mesh.triangles_tx3, "<u4").reshape(-1, 3)
        self._weld = np.frombuffer(mesh.weld_v, "<u4")
        self._rows = np.zeros((len(self._weld), 8), np.float32)  # position, normal, UV
        self._rows[:, 6:8] = np.frombuffer(mesh.uvs_vx2, "<f4").reshape(-1, 2) * (1, -1) + (0, 1)  # v up
        self._data = core.GeomVertexData("head", core.GeomVertexFormat.get_v3n3t2(), core.Geom.UH_dynamic)
        self._data.unclean_set_num_rows(len(self._rows))
        box = core.BoundingBox(core.Point3(*mesh.box.low_m.tolist()), core.Point3(*mesh.box.high_m.tolist()))
        self._pose.get_children().detach()
        for name, first, count, *_ in mesh.parts:
            triangles = core.GeomTriangles(core.Geom.UH_static)
            triangles.set_index_type(core.Geom.NT_uint32)
            triangles.modify_vertices().unclean_set_num_rows(3 * count)
            indices = memoryview(self._triangles[first : first + count]).cast("B")
            memoryview(triangles.modify_vertices()).cast("B")[:] = indices
            geom, node = core.Geom(self._data), core.GeomNode(name)
            geom.add_primitive(triangles)
            geom.set_bounds(box)  # of all that it may do: not to be measured in every frame
            node.add_geom(geom)
            part = self._pose.attach_new_node(node)
            part.set_texture(self._skin.texture)
            part.set_two_sided(name in TWO_SIDED)
            if name in UNLIT:
                part.set_light_off()


class TextureCard:
    """The texture alone, on a card: to see what patches change."""

    def __init__(self) -> None:
        maker = core.CardMaker("talkwire texture")
        maker.set_frame(-0.5, 0.5, -0.5, 0.5)
        self.node, self._skin = core.NodePath(maker.generate()), Skin()
        self.node.set_texture(self._skin.texture)
        self.node.set_light_off()

    def show(self, player: Player, picture: Picture | None) -> bool:
        """Take the player's newest picture; whether there is something to see."""
        return self._skin.show(player, picture)


class Skin:
    """The streamed texture, and in it the patches that belong to the moment that is shown."""

    def __init__(self) -> None:
        self.texture = core.Texture("skin")
        self.texture.set_minfilter(core.SamplerState.FT_linear_mipmap_linear)
        self._file: wire.Texture | None = None
        self._patch: wire.Patch | None = None

    def show(self, player: Player, picture: Picture | None) -> bool:
        """Write what is new; whether the whole of it has come."""
        if player.texture is not None and player.texture is not self._file:
            pixels = texture_pixels(player.texture.image)[::-1, :, 2::-1]  # BGR, from the lowest row up
            size = pixels.shape[1::-1]
            self.texture.setup_2d_texture(*size, core.Texture.T_unsigned_byte, core.Texture.F_rgb)
            self.texture.set_ram_image(np.ascontiguousarray(pixels))
            self._file, self._patch = player.texture, None
        patch = picture.patch if picture is not None else None
        if self._file is not None and patch is not None and patch is not self._patch:
            self._patch = patch
            memory = np.frombuffer(self.texture.modify_ram_image(), np.uint8)  # Panda uploads it again
            whole = memory.reshape(self.texture.get_y_size(), -1, 3)[::-1, :, ::-1]
            for piece in patches_from(patch):
                height, width = piece.rgb_hxwx3.shape[:2]
                place = whole[piece.top : piece.top + height, piece.left : piece.left + width]
                if place.shape == piece.rgb_hxwx3.shape:  # else it is of another head's texture
                    place[:] = piece.rgb_hxwx3
        return self._file is not None
