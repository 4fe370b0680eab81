"""A made-up dyntet avatar, for laws that hold for any, not for looks: its networks are linear. And a small
training of a real one, in seconds.
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from support import ROOT, small_avatar
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.dyntet_file import Colours, DyntetData, FilmedLight
from talkwire.runtime.errors import MissingDependency
from talkwire.runtime.render import describe_gl
from talkwire.runtime.types import Float32, Part, Topology

if TYPE_CHECKING:
    from talkwire.training.dyntet.recipe import Recipe

WINDOW, SKIN, PARTS = 3, 40, 12


def linear_graph(output: str, weights_52wxm: Float32, bias: Float32, shape: tuple[int, ...]) -> bytes:
    """codes [N, 52, W] flattened, times weights, plus bias, reshaped to [N, *shape]."""
    inputs = [
        helper.make_tensor_value_info("codes", TensorProto.FLOAT, ["N", 52, weights_52wxm.shape[0] // 52])
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", *shape])]
    nodes = [
        helper.make_node("Flatten", ["codes"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["out"]),
        helper.make_node("Reshape", ["out", "shape"], [output]),
    ]
    constants = [
        numpy_helper.from_array(weights_52wxm.astype(np.float32), "weights"),
        numpy_helper.from_array(bias.reshape(-1).astype(np.float32), "bias"),
        numpy_helper.from_array(np.array([-1, *shape], np.int64), "shape"),
    ]
    graph = helper.make_graph(nodes, "linear", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    data: bytes = model.SerializeToString()
    onnx.checker.check_model(model)
    return data


def small_dyntet(seed: int = 0, *, colours: bool = True) -> DyntetAvatar:
    """Skin of SKIN vertices, four of them on a UV seam, and PARTS vertices of inner parts."""
    rng = np.random.default_rng(seed)
    size = 52 * WINDOW
    mean = rng.normal(0, 0.05, (SKIN, 3)).astype(np.float32)
    components = rng.normal(0, 0.004, (3, SKIN, 3)).astype(np.float32)
    coefficients = rng.normal(0, 0.1, (size, 3)).astype(np.float32)
    geometry = (coefficients @ components.reshape(3, -1)).astype(np.float32)
    vertex = np.concatenate([np.arange(SKIN), [0, 1, 2, 3]]).astype(np.uint32)
    count = len(vertex) + PARTS
    triangles = np.array([[i, i + 1, i + 2] for i in range(count - 2)], np.uint32)
    picture = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(picture, "PNG")
    parts = rng.normal(0, 0.02, (PARTS, 3)).astype(np.float32)
    neutral = np.concatenate([mean[vertex], parts])
    topology = Topology(
        neutral,
        triangles,
        rng.random((count, 2)).astype(np.float32),
        np.concatenate([np.arange(SKIN), np.arange(4), np.arange(len(vertex), count)]).astype(np.uint32),
        picture.getvalue(),
        (Part("skin", 0, 40), Part("eyes", 40, count - 42)),
    )
    texels = rng.random((10, 3)).astype(np.float32) * 0.2
    colour_components = rng.normal(0, 0.05, (2, 10, 3)).astype(np.float32)
    data = DyntetData(
        skin_vertex_s=vertex,
        mean_vx3=mean,
        components_kxvx3=components,
        parts_px3=parts,
        part_shapes_52xpx3=rng.normal(0, 0.002, (52, PARTS, 3)).astype(np.float32),
        shapes_52xnx3=rng.normal(0, 0.002, (52, count, 3)).astype(np.float32),
        geometry=linear_graph("vertices", geometry, mean, (SKIN, 3)),
        coefficients=linear_graph("coefficients", coefficients, np.zeros(3), (3,)),
        colours=Colours(
            boxes_bx5=np.array([[2, 4, 8, 4, 6], [8, 8, 4, 6, 4]], np.uint32),
            index_p=np.array([0, 1, 3, 5, 6, 7, 0, 1, 2, 3], np.uint32),
            mean_px3=texels,
            components_kxpx3=colour_components,
            change=linear_graph(
                "change", coefficients[:, :2] @ colour_components.reshape(2, -1), texels, (10, 3)
            ),
            coefficients=linear_graph("coefficients", coefficients[:, :2], np.zeros(2), (2,)),
        )
        if colours
        else None,
        light=FilmedLight(
            rng.normal(0, 1, (9, 3)).astype(np.float32),
            rng.normal(0, 1, (9, 3)).astype(np.float32),
            rng.integers(0, 255, (8, 8), dtype=np.uint8),
        ),
    )
    card = replace(small_avatar().card, name="learned", kind="dyntet")
    return DyntetAvatar(card, topology, WINDOW, data, {"basis": {"components": 3}})


CONSENT, LICENCE = "nobody <nova@example.org> & her makers, agreed", "CC-BY-4.0 & friends"
FRAMES = 24
# a program that trains as small as `shrink` makes it; PYTHONPATH says where everything is
PROGRAM = """
import sys
import pytest
from dyntet_support import shrink
shrink(pytest.MonkeyPatch())
from talkwire.cli.app import main
"""
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests")),
    "COLUMNS": "200",
}


def tiny_recipe() -> Recipe:
    """Coarse and narrow, and not good for anything but its laws."""
    from talkwire.training.dyntet.networks import Widths
    from talkwire.training.dyntet.recipe import Recipe

    widths = Widths(
        window=5, code=16, field=16, offset=16, terms=8, colour=16, grid_levels=4, grid_table_bits=9
    )
    return Recipe(
        grid=14, frames=1, windows=2, side_px=32, prior_steps=20, free_steps=10, mesh_steps=30, widths=widths
    )


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Trainings are small from here on, and alike to the bit: one thread, for sums in one order."""
    import torch

    from talkwire.training.dyntet import compile as compiling
    from talkwire.training.dyntet import recipe

    torch.set_num_threads(1)
    patch.setitem(recipe.TIERS, "cpu", tiny_recipe())  # type: ignore[arg-type]
    for name, value in {"SIDE_PX": 512, "SEEN_CODES": 120, "UNSEEN_CODES": 40}.items():
        patch.setattr(compiling, name, value)


@dataclass(frozen=True)
class Learned:
    """What one whole training left: the capture it is of, the avatar's file, its figures."""

    capture: Path
    out: Path
    figures: dict[str, Any]

    @property
    def work(self) -> Path:
        """Where its checkpoints are."""
        return self.out.with_name(f"{self.out.stem}_work")

    @property
    def report(self) -> Path:
        """Its page."""
        return self.out.with_name(f"{self.out.stem}_report") / "index.html"


@cache
def small_capture(base: Path) -> Path:
    """A folder with a second of a made-up head, bare colours, 96 pixels. base: of this run of the tests."""
    from talkwire.training.synth.generate import generate

    need_gl()
    folder = base / "dyntet" / "made"
    generate(folder, seconds=FRAMES / 25, size_px=96, seed=3, light="flat", flite=False)
    return folder


@cache
def learned(base: Path) -> Learned:
    """That head learned, once in a run of the tests; with the table of the paper's parts."""
    from talkwire.training.dyntet.learn import Order, learn

    capture = small_capture(base)
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        order = Order((capture,), base / "dyntet" / "tiny.talkwire", CONSENT, LICENCE, ablation=True)
        return Learned(capture, order.out, dict(learn(order, lambda stage, share, standing: None)))


def need_gl() -> None:
    """Skip the test where no picture can be drawn, but not where all of them must pass."""
    try:
        describe_gl()
    except MissingDependency as absent:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(absent))


def run_cli(patch: pytest.MonkeyPatch, *words: object) -> int:
    """Run `talkwire WORDS` in this process; returns the exit code."""
    from talkwire.cli.app import main

    patch.setattr(sys, "argv", ["talkwire", *map(str, words)])
    patch.setenv("COLUMNS", "200")
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0
