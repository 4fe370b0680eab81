"""A made-up dyntet avatar: for laws that hold for any, not for looks. Its networks are linear."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from support import small_avatar
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.dyntet_file import Colours, DyntetData, FilmedLight
from talkwire.runtime.types import Float32, Part, Topology

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
