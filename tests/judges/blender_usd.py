"""Ask Blender what it sees in a USD file: run as a program inside Blender's own environment."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def look(path: Path, frames: list[int]) -> dict[str, Any]:
    """What Blender imports from path.

    Returns, by mesh, shape_keys (names), pictures (size of the texture), and vertices: by frame and mesh,
    [P, 3] evaluated places in metres, +Y up. Also objects: names and kinds.
    """
    import numpy as np

    from judges.in_blender import run_in_blender

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "seen"
        run_in_blender(__file__, path, json.dumps(frames), str(out))
        seen = dict(json.loads(out.with_suffix(".json").read_text()))
        with np.load(out.with_suffix(".npz")) as places:
            seen["vertices"] = {
                f: {name: places[f"{f} {name}"] for name in seen["shape_keys"]} for f in frames
            }
    return seen


def _main(path: str, frames: str, out: str) -> None:
    import bpy
    import numpy as np

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.usd_import(filepath=path)
    scene = bpy.context.scene
    meshes = [thing for thing in scene.objects if thing.type == "MESH"]
    places = {}
    for frame in json.loads(frames):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        for mesh in meshes:
            evaluated = mesh.evaluated_get(graph)
            vertices = np.empty(len(evaluated.data.vertices) * 3, np.float32)
            evaluated.data.vertices.foreach_get("co", vertices)
            world = np.array(evaluated.matrix_world, np.float64)
            x, y, z = (vertices.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]).T
            places[f"{frame} {mesh.name}"] = np.stack([x, z, -y], axis=1)  # Blender is +Z up
    np.savez(out + ".npz", **places)
    keys = {mesh.name: mesh.data.shape_keys for mesh in meshes}
    seen = {
        "shape_keys": {
            name: [k.name for k in held.key_blocks][1:] if held else [] for name, held in keys.items()
        },
        "objects": {thing.name: thing.type for thing in scene.objects},
        "frames": [scene.frame_start, scene.frame_end],
        "pictures": {
            mesh.name: [
                list(node.image.size)
                for material in mesh.data.materials
                for node in material.node_tree.nodes
                if node.type == "TEX_IMAGE" and node.image is not None
            ]
            for mesh in meshes
        },
    }
    Path(out + ".json").write_text(json.dumps(seen))


if __name__ == "__main__":
    _main(*sys.argv[1:])
