"""A USD stage as UsdSkel itself shows it, and what its validators say."""

from pathlib import Path

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdSkel, UsdValidation


def faults(path: Path) -> list[str]:
    """What usdchecker's rules find: every validator that comes with OpenUSD, on the stage and its layers."""
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) >= 30
    stage = Usd.Stage.Open(str(path))
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    return [f"{error.GetName()}: {error.GetMessage()}" for error in found]


def baked(path: Path, frames: list[int]) -> dict[int, dict[str, np.ndarray]]:
    """Skinned by UsdSkel.BakeSkinning, as a renderer without skinning would ask for it.

    Returns, by frame, each mesh's points [P, 3] in the stage's space.
    """
    return {frame: _baked(Usd.Stage.Open(str(path)), frame) for frame in frames}


def _baked(stage: Usd.Stage, frame: int) -> dict[str, np.ndarray]:
    stage.SetEditTarget(stage.GetSessionLayer())  # baking makes another model of it
    assert UsdSkel.BakeSkinning(UsdSkel.Root(stage.GetDefaultPrim()), Gf.Interval(frame, frame))
    meshes = [UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    return {
        mesh.GetPrim().GetName(): _placed(mesh, np.array(mesh.GetPointsAttr().Get(frame)), frame)
        for mesh in meshes
    }


def _placed(mesh: UsdGeom.Mesh, points_px3: np.ndarray, frame: int) -> np.ndarray:
    matrix = np.array(mesh.ComputeLocalToWorldTransform(frame))
    return points_px3 @ matrix[:3, :3] + matrix[3, :3]
