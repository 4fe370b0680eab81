"""Ask Godot 3 what it imports from a glTF file: the oldest importer that is still met, and so a floor.

Godot 3.2 reads files as assets of a project: the editor imports them, a script then opens the result.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from judges.install import GODOT

TIMEOUT_S = 120
_PROJECT = 'config_version=4\n[application]\nconfig/name="judge"\n'
# an export that cannot succeed, for there are no templates: it imports first, and ends
_PRESET = '[preset.0]\nname="x"\nplatform="Linux/X11"\nexport_filter="all_resources"\n[preset.0.options]\n'
_SCRIPT = """
extends SceneTree
func _init():
    var seen = {"meshes": {}, "animations": {}}
    look(load("res://clip.glb").instance(), seen)
    print("SEEN " + to_json(seen))
    quit()
func look(node, seen):
    if node is MeshInstance:
        var names = []
        for i in range(node.mesh.get_blend_shape_count()):
            names.append(node.mesh.get_blend_shape_name(i))
        seen["meshes"][node.name] = {"surfaces": node.mesh.get_surface_count(), "shapes": names}
    if node is AnimationPlayer:
        for name in node.get_animation_list():
            var animation = node.get_animation(name)
            seen["animations"][name] = {"length": animation.length, "tracks": []}
            for i in range(animation.get_track_count()):
                var said = [str(animation.track_get_path(i)), animation.track_get_key_count(i)]
                seen["animations"][name]["tracks"].append(said)
    for child in node.get_children():
        look(child, seen)
"""


def imported(path: Path) -> dict[str, Any]:
    """meshes {node: surfaces, shapes (names)}, animations {name: length in s, tracks [(path, keys)]}."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copy(path, project / "clip.glb")
        (project / "project.godot").write_text(_PROJECT)
        (project / "export_presets.cfg").write_text(_PRESET)
        (project / "look.gd").write_text(_SCRIPT)
        _run(project, "--export", "x", str(project / "x"))
        said = _run(project, "-s", "look.gd")
    lines = [line for line in said.splitlines() if line.startswith("SEEN ")]
    assert lines, f"Godot did not open {path.name}:\n{said}"
    return dict(json.loads(lines[0].removeprefix("SEEN ")))


def _run(project: Path, *words: str) -> str:
    home = {
        "HOME": str(project),
        "XDG_DATA_HOME": str(project / "data"),
        "XDG_CONFIG_HOME": str(project / "c"),
    }
    command = [str(GODOT), "--path", str(project), *words]
    done = subprocess.run(
        command, env=home, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=project
    )
    return done.stdout + done.stderr
