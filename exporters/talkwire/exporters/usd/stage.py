"""A model as a USD stage. The only importer of usd-core (pxr).

Source: OpenUSD 26, schemas UsdSkel (blend shapes and skinning), UsdShade (UsdPreviewSurface), UsdMedia
(SpatialAudio). The head is a SkelRoot with one joint, which carries its motion; each part is a mesh bound
rigidly to it; one SkelAnimation holds the weights and the joint, a time sample per frame, frame i at time
code i. What an UsdSkel importer knows is all that is needed: no primvars or schemas of our own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from talkwire.exporters.usd.model import Mesh, Model, Shape
from talkwire.runtime.errors import ExportError, missing

JOINT: Final = "head"
_TOLD_FRAMES: Final = 500
_EPOCH_S: Final = 946_684_800  # 2000-01-01


def load_usd() -> None:
    """Raises MissingDependency naming what to install."""
    try:
        import pxr.Usd
    except ImportError as absent:
        raise missing("usd-core", extra="usd", need="writing .usda, .usdc and .usdz") from absent
    del pxr


def write_layer(
    model: Model, suffix: str, handle: BinaryIO, progress: Callable[[float], None] | None
) -> None:
    """One file that refers to texture and sound beside it. suffix: ".usda" or ".usdc"."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"layer{suffix}"  # the library tells the format by the name
        _export(model, path, progress)
        with path.open("rb") as made:
            shutil.copyfileobj(made, handle)


def write_package(
    model: Model,
    files: dict[str, Callable[[BinaryIO], object]],
    handle: BinaryIO,
    progress: Callable[[float], None] | None,
) -> None:
    """One .usdz with everything inside. files: texture and sound by the names that the model refers to."""
    from pxr import Sdf, Tf

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "clip.usdc"  # USDZ: the first of the package is what is opened
        _export(model, root, progress)
        for file, fill in files.items():
            with (folder / file).open("wb") as beside:
                fill(beside)
        try:
            package = Sdf.ZipFileWriter.CreateNew(str(folder / "package"))
            for path in (root, *(folder / file for file in files)):
                os.utime(path, (_EPOCH_S, _EPOCH_S))  # the same clip, the same bytes
                package.AddFile(str(path), path.name)
            package.Save()
        except Tf.ErrorException as error:
            raise _refused(error) from error
        with (folder / "package").open("rb") as made:
            shutil.copyfileobj(made, handle)


def _export(model: Model, path: Path, progress: Callable[[float], None] | None) -> None:
    from pxr import Tf, Usd

    try:
        stage = Usd.Stage.CreateNew(str(path))
        _fill(stage, model, progress)
        stage.GetRootLayer().Save()
    except Tf.ErrorException as error:
        raise _refused(error) from error


def _fill(stage: Any, model: Model, progress: Callable[[float], None] | None) -> None:
    from pxr import Kind, Usd, UsdGeom, UsdSkel

    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetTimeCodesPerSecond(model.fps)
    stage.SetFramesPerSecond(model.fps)
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(len(model.weights_nxk) - 1)
    stage.GetRootLayer().comment = str(model.data["generated"])
    root = UsdSkel.Root.Define(stage, f"/{_identifier(model.name)}")
    stage.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root).SetKind(Kind.Tokens.component)
    root.GetPrim().SetCustomDataByKey("talkwire", model.data)
    skeleton = _skeleton(stage, root)
    for mesh in model.meshes:
        _mesh(stage, root, skeleton, mesh, _material(stage, root, mesh, model.picture))
    _animation(stage, skeleton, model, progress)
    _sound(stage, root, model)
    root.CreateExtentAttr(UsdGeom.Boundable.ComputeExtentFromPlugins(root, Usd.TimeCode.EarliestTime()))


def _skeleton(stage: Any, root: Any) -> Any:
    from pxr import Gf, UsdSkel

    skeleton = UsdSkel.Skeleton.Define(stage, root.GetPath().AppendChild("Skeleton"))
    skeleton.CreateJointsAttr([JOINT])
    skeleton.CreateBindTransformsAttr([Gf.Matrix4d(1)])
    skeleton.CreateRestTransformsAttr([Gf.Matrix4d(1)])
    return skeleton


def _mesh(stage: Any, root: Any, skeleton: Any, mesh: Mesh, material: Any) -> None:
    from pxr import Gf, Sdf, UsdGeom, UsdShade, UsdSkel, Vt

    prim = UsdGeom.Mesh.Define(stage, root.GetPath().AppendChild(_identifier(mesh.name)))
    prim.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(mesh.points_px3))
    prim.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(mesh.triangles_tx3), 3, np.int32)))
    prim.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(mesh.triangles_tx3.reshape(-1)))
    prim.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(mesh.normals_px3))
    prim.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    prim.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    prim.CreateDoubleSidedAttr(mesh.double_sided)
    extent = np.stack([mesh.points_px3.min(axis=0), mesh.points_px3.max(axis=0)])
    prim.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(extent))
    primvars = UsdGeom.PrimvarsAPI(prim)
    st = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
    st.Set(Vt.Vec2fArray.FromNumpy(mesh.st_px2))
    binding = UsdSkel.BindingAPI.Apply(prim.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    binding.CreateGeomBindTransformAttr(Gf.Matrix4d(1))
    binding.CreateJointIndicesPrimvar(True, 1).Set([0])
    binding.CreateJointWeightsPrimvar(True, 1).Set([1.0])
    binding.CreateBlendShapesAttr([shape.name for shape in mesh.shapes])
    targets = [_blend_shape(stage, prim, shape) for shape in mesh.shapes]
    binding.CreateBlendShapeTargetsRel().SetTargets(targets)
    UsdShade.MaterialBindingAPI.Apply(prim.GetPrim()).Bind(material)


def _blend_shape(stage: Any, mesh: Any, shape: Shape) -> Any:
    from pxr import UsdSkel, Vt

    blend = UsdSkel.BlendShape.Define(stage, mesh.GetPath().AppendChild(_identifier(shape.name)))
    blend.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(shape.offsets_mx3))
    blend.CreateNormalOffsetsAttr(Vt.Vec3fArray.FromNumpy(shape.normals_mx3))
    blend.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(shape.points_m))
    return blend.GetPath()


def _animation(stage: Any, skeleton: Any, model: Model, progress: Callable[[float], None] | None) -> None:
    from pxr import Gf, Sdf, UsdSkel, Vt

    path = skeleton.GetPath().AppendChild("Animation")
    animation = UsdSkel.Animation.Define(stage, path)
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([path])
    animation.CreateJointsAttr([JOINT])
    animation.CreateBlendShapesAttr(model.shape_names)
    animation.CreateScalesAttr([Gf.Vec3h(1)])
    moving = {
        "blendShapeWeights": animation.CreateBlendShapeWeightsAttr(),
        "rotations": animation.CreateRotationsAttr(),
        "translations": animation.CreateTranslationsAttr(),
    }
    layer, paths = stage.GetRootLayer(), {name: attribute.GetPath() for name, attribute in moving.items()}
    with Sdf.ChangeBlock():
        for frame, (weights, (x, y, z, w), place) in enumerate(
            zip(
                model.weights_nxk,
                model.rotations_nx4.tolist(),
                model.translations_nx3_m.tolist(),
                strict=True,
            )
        ):
            layer.SetTimeSample(paths["blendShapeWeights"], frame, Vt.FloatArray.FromNumpy(weights))
            layer.SetTimeSample(paths["rotations"], frame, Vt.QuatfArray([Gf.Quatf(w, x, y, z)]))
            layer.SetTimeSample(paths["translations"], frame, Vt.Vec3fArray([Gf.Vec3f(*place)]))
            if progress is not None and frame % _TOLD_FRAMES == 0:
                progress(frame / len(model.weights_nxk))


def _material(stage: Any, root: Any, mesh: Mesh, picture: str) -> Any:
    """UsdPreviewSurface with the head's one texture, its roughness and how much it reflects."""
    from pxr import Sdf, UsdShade

    path = root.GetPath().AppendChild("Materials").AppendChild(_identifier(mesh.name))
    types = Sdf.ValueTypeNames
    material = UsdShade.Material.Define(stage, path)

    def shader(name: str, kind: str, inputs: dict[str, tuple[Any, Any]]) -> Any:
        made = UsdShade.Shader.Define(stage, path.AppendChild(name))
        made.CreateIdAttr(kind)
        for key, (type_, value) in inputs.items():
            made.CreateInput(key, type_).Set(value)
        return made

    surface = shader(
        "Surface",
        "UsdPreviewSurface",
        {
            "roughness": (types.Float, mesh.roughness),
            "metallic": (types.Float, 0.0),
            "ior": (types.Float, mesh.ior),
        },
    )
    reader = shader("Reader", "UsdPrimvarReader_float2", {"varname": (types.String, "st")})
    texture = shader(
        "Texture",
        "UsdUVTexture",
        {
            "file": (types.Asset, Sdf.AssetPath(f"./{picture}")),
            "sourceColorSpace": (types.Token, "sRGB"),
            "wrapS": (types.Token, "clamp"),
            "wrapT": (types.Token, "clamp"),
        },
    )
    texture.CreateInput("st", types.Float2).ConnectToSource(reader.CreateOutput("result", types.Float2))
    colour = surface.CreateInput("diffuseColor", types.Color3f)
    colour.ConnectToSource(texture.CreateOutput("rgb", types.Float3))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", types.Token))
    return material


def _sound(stage: Any, root: Any, model: Model) -> None:
    from pxr import Sdf, UsdMedia  # startTime and playbackMode are as they should be: 0, once from the start

    sound = UsdMedia.SpatialAudio.Define(stage, root.GetPath().AppendChild("Voice"))
    sound.CreateFilePathAttr(Sdf.AssetPath(f"./{model.sound}"))
    sound.CreateAuralModeAttr(UsdMedia.Tokens.spatial)


def _identifier(name: str) -> str:
    from pxr import Tf

    return str(Tf.MakeValidIdentifier(name))


def _refused(error: Exception) -> ExportError:
    return ExportError(
        "the USD file cannot be written",
        seen=str(error).strip().splitlines()[0].rpartition(" : ")[2][:200],
        wanted="room for temporary files, and a stage that the library accepts",
        cure="free some space, or reinstall usd-core",
    )
