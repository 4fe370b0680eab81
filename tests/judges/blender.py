"""Ask Blender what it sees in a glTF file: run as a program inside Blender's own environment.

From a test: `look(path, times_s)`. The program half below runs where bpy is, and talks by files only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def look(
    path: Path, times_s: list[float], picture: Path | None = None, *, animation: str = "", mesh: str = ""
) -> dict[str, Any]:
    """What Blender imports from path.

    Returns shape_keys (names), actions (names), materials {name: image file or None, packed or not},
    and vertices [T, V, 3]: evaluated places in metres, glTF axes, at each of times_s, in primitive order.
    picture: also render the last time with the Workbench engine.  animation: of several.  mesh: which is
    looked at, the first one by default.
    """
    import numpy as np

    from judges.in_blender import run_in_blender

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "seen"
        words = (json.dumps(times_s), str(out), str(picture or ""), animation, mesh)
        run_in_blender(__file__, path, *words)
        seen = dict(json.loads(out.with_suffix(".json").read_text()))
        seen["vertices"] = np.load(out.with_suffix(".npy"))
    return seen


def _main(path: str, times: str, out: str, picture: str, animation: str, mesh: str) -> None:
    import bpy
    import numpy as np

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=path)
    scene = bpy.context.scene
    face = next(thing for thing in scene.objects if thing.type == "MESH" and mesh in ("", thing.data.name))
    if animation:
        _choose(bpy, animation)
    places = []
    for time_s in json.loads(times):
        frame = time_s * scene.render.fps / scene.render.fps_base
        scene.frame_set(int(frame), subframe=frame % 1)
        evaluated = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        vertices = np.empty(len(evaluated.data.vertices) * 3, np.float32)
        evaluated.data.vertices.foreach_get("co", vertices)
        world = np.array(evaluated.matrix_world, np.float64)
        x, y, z = (vertices.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]).T
        places.append(np.stack([x, z, -y], axis=1))  # Blender is +Z up
    if picture:
        _render(bpy, face, picture)
    np.save(out + ".npy", np.array(places))
    seen = {
        "shape_keys": [key.name for key in face.data.shape_keys.key_blocks][1:],
        "actions": [action.name for action in bpy.data.actions],
        "objects": [thing.name for thing in scene.objects],
        "materials": {
            material.name: next(
                (
                    {"size": list(node.image.size), "packed": node.image.packed_file is not None}
                    for node in material.node_tree.nodes
                    if node.type == "TEX_IMAGE" and node.image is not None
                ),
                None,
            )
            for material in face.data.materials
        },
    }
    Path(out + ".json").write_text(json.dumps(seen))


def _choose(bpy: Any, animation: str) -> None:
    """Play one of several: the importer stacks them as tracks, of objects and of their shapes."""
    bpy.context.scene.frame_set(0)  # what only another one moves stays where that begins
    for thing in bpy.data.objects:
        keys = getattr(thing.data, "shape_keys", None)
        for data in (thing.animation_data, keys.animation_data if keys else None):
            if data is not None:
                strip = next((t.strips[0] for t in data.nla_tracks if t.name == animation), None)
                for track in data.nla_tracks:
                    track.mute = True
                data.action = strip.action if strip else None
                if strip:
                    data.action_slot = strip.action_slot


def _render(bpy: Any, face: Any, picture: str) -> None:
    import mathutils

    scene = bpy.context.scene
    corners = [face.matrix_world @ mathutils.Vector(corner) for corner in face.bound_box]
    low = mathutils.Vector(min(c[i] for c in corners) for i in range(3))
    high = mathutils.Vector(max(c[i] for c in corners) for i in range(3))
    centre, height = (low + high) / 2, (high - low).z
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens = 85
    camera.location = centre + mathutils.Vector((height * 0.7, -3.4 * height, 0))
    camera.rotation_euler = (centre - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.view_settings.view_transform = "Standard"
    scene.world = bpy.data.worlds.new("grey")
    scene.world.color = (0.16, 0.18, 0.22)
    scene.display.shading.light = "STUDIO"
    scene.display.shading.color_type = "TEXTURE"
    scene.render.resolution_x = scene.render.resolution_y = 768
    scene.render.filepath = picture
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
