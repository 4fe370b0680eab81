"""The arrows between layers, and the libraries that only one module may import."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    "runtime": ROOT / "runtime/talkwire/runtime",
    "training": ROOT / "runtime/talkwire/training",
    "bridge": ROOT / "bridge/talkwire/bridge",
    "exporters": ROOT / "exporters/talkwire/exporters",
    "cli": ROOT / "bridge/talkwire/cli",
}
# layer -> the layers it may import
ARROWS = {
    "runtime": {"runtime"},
    "training": {"training", "runtime"},
    "bridge": {"bridge", "runtime"},
    "exporters": {"exporters", "runtime"},
    "cli": {"cli", "bridge", "exporters", "training", "runtime"},
}
# library -> the modules that may import it
OWNERS = {
    "onnxruntime": {"runtime.engine_onnx", "training.onnx_export"},  # the latter to round weights
    "soundfile": {"runtime.audio"},
    "soxr": {"runtime.ear"},
    "moderngl": {"runtime.render_context"},
    "zmq": {"bridge.sockets", "bridge.access.curve", "bridge.cluster.links"},
    "msgpack": {"bridge.message"},
    "websockets": {"bridge.preview.server"},
    "playwright": set(),
    "zstandard": {"bridge.delta8"},
    "etcpak": {"bridge.texture"},
    "prometheus_client": {"bridge.serving.metrics"},
    "sounddevice": {"bridge.playing.sinks"},
    "pygltflib": {"exporters.gltf.document"},
    "PIL": {
        "runtime.texture_file",
        "bridge.texture",
        "exporters.pictures.encode",
        "exporters.pictures.sheet",  # writes on it, too
        "exporters.batch.portrait",
        "exporters.vat.png",
        "training",
    },
    "pxr": {"exporters.usd.stage"},
    "OpenEXR": {"exporters.vat.exr"},
    "Imath": {"exporters.vat.exr"},
    "av": {"exporters.pictures.mp4", "training"},
    "matplotlib": {"exporters.pictures.timeline", "exporters.pictures.bars", "training"},
    "ray": {"runtime.cluster"},
    "igl": {"training.surfaces"},
    "xatlas": {"training.dyntet.atlas"},
    "stlpips_pytorch": {"training.perceptual"},
    "dlib": {"training.g4g.identity"},
    "nvdiffrast": {"training.raster.nvdiffrast_raster"},
    "typer": {"cli"},
    "rich": {"cli"},
    "torch": {
        "training",
        "runtime.engine_torch",
        "runtime.torch_walk",
        "runtime.torch_ops",
        "runtime.torch_layers",
    },
    "mediapipe": {"training.tracking.landmarks"},
    "cv2": {"training.tracking.masks"},
    "onnx": {"training", "runtime.graph_forms"},
    "tensorrt_rtx": {"runtime.engine_build"},
    "tensorrt": {"runtime.engine_build"},
    "cuda": {"runtime.cuda_memory"},
    "espeakng_loader": {"training.motion.espeak"},
    "librosa": set(),
    "yaml": set(),
    "pylivelinkface": set(),
    "pickle": set(),
}


def modules() -> Iterator[tuple[str, Path]]:
    for layer, folder in SOURCES.items():
        for path in sorted(folder.rglob("*.py")):
            dotted = ".".join(path.relative_to(folder).with_suffix("").parts)
            yield f"{layer}.{dotted}".removesuffix(".__init__"), path


MODULES = list(modules())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_follow_the_arrows(module: str, path: Path) -> None:
    layer = module.partition(".")[0]
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "talkwire" and rest:
            assert rest.partition(".")[0] in ARROWS[layer], f"{module} imports {name}"
        if top in OWNERS:
            owners = OWNERS[top]
            assert any(module == owner or module.startswith(f"{owner}.") for owner in owners), (
                f"{module} imports {name}, which belongs to {sorted(owners) or 'nobody'}"
            )


@pytest.mark.parametrize("top", ["time", "socket", "datetime", "threading"])
def test_the_runtime_has_no_clock_and_no_sockets(top: str) -> None:
    beyond = "runtime.cluster"  # the way to other machines
    runtime = [(name, path) for name, path in MODULES if name.startswith("runtime") and name != beyond]
    assert [m for m, path in runtime if top in {name.partition(".")[0] for name in imports(path)}] == []


def test_the_scanner_sees_imports(tmp_path: Path) -> None:
    source = tmp_path / "guilty.py"
    source.write_text("def f():\n    import zmq\n    from talkwire.bridge import wire\n")
    assert {"zmq", "talkwire.bridge", "talkwire.bridge.wire"} <= set(imports(source))


def test_the_namespace_package_has_no_init() -> None:
    assert list(ROOT.glob("*/talkwire/__init__.py")) == []


def test_modules_stay_small() -> None:
    long = {str(path): n for _, path in MODULES if (n := len(path.read_text().splitlines())) > 400}
    assert long == {}


def test_one_version_number() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert newest.split()[1] == project["version"]
