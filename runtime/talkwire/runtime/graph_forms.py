"""The forms that a graph takes for other engines. What ships may be rounded for ONNX Runtime on a CPU:
unsigned bytes about any zero, biases in 32 bits. TensorRT takes signed bytes about zero, and whole biases.

| precision | products | the rest |
|---|---|---|
| fp32 | as before they were rounded, but for the weights | as it is |
| fp16 | in half precision, with weights as rounded | as it is: counters and levels need all their digits |
| int8 | of signed bytes, where the graph was rounded at all | as it is |

An engine that walks a graph itself takes any of these as plain data (`plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import EngineError, missing

HALVED: Final = frozenset({"MatMul", "Gemm", "Conv", "Gelu"})
MOST_INT8: Final = 127


class Precision(StrEnum):
    """Of a network's products."""

    fp32 = "fp32"
    fp16 = "fp16"
    int8 = "int8"


def in_form(graph: bytes, precision: Precision) -> bytes:
    """A graph as an engine of this precision takes it; feeds and outputs stay float32.

    Raises EngineError for bytes that are no graph, MissingDependency without onnx.
    """
    model, check = _loaded(graph, "this", extra="trt-rtx", need="building engines")
    _FORMS[precision](model)
    check(model)
    data: bytes = model.SerializeToString()
    return data


@dataclass(frozen=True)
class Node:
    """One operation of the ONNX operator specification. An input or output that it does without is ""."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Declared:
    """A feed: an axis of any length has a name in place of its length."""

    dtype: np.dtype[Any]
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


@dataclass(frozen=True)
class PlainGraph:
    """A graph without its library: nodes in an order in which they can be run, arrays by name."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, npt.NDArray[Any]]
    feeds: Mapping[str, Declared]
    outputs: tuple[str, ...]
    metadata: Mapping[str, str]


def plain(graph: bytes, *, name: str = "this") -> PlainGraph:
    """A graph as plain data.

    Raises EngineError for bytes that are no valid graph, MissingDependency without onnx.
    """
    model, _ = _loaded(graph, name, extra="torch", need="the torch engine")
    constants = _constants(model)
    return PlainGraph(
        tuple(_node(node) for node in model.graph.node),
        constants,
        {feed.name: _declared(feed) for feed in model.graph.input if feed.name not in constants},
        tuple(value.name for value in model.graph.output),
        {entry.key: entry.value for entry in model.metadata_props},
    )


def ops(graph: bytes) -> frozenset[str]:
    """The kinds of operation in it."""
    import onnx

    return frozenset(node.op_type for node in onnx.load_from_string(graph).graph.node)


def _loaded(graph: bytes, name: str, *, extra: str, need: str) -> tuple[Any, Callable[[Any], None]]:
    """A valid graph, and what checks it again."""
    try:
        import onnx
    except ImportError:
        raise missing("onnx", extra=extra, need=need) from None
    try:
        model = onnx.load_from_string(graph)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's own, or the checker's
        raise EngineError(
            f"{name} is not a graph", seen=f"{len(graph)} bytes", wanted="ONNX", cure="export it again"
        ) from error
    return model, onnx.checker.check_model


def _node(node: Any) -> Node:
    from onnx import helper

    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    attributes = {name: v.decode() if isinstance(v, bytes) else v for name, v in values.items()}
    # operations of other domains than ONNX's own are named with it: Gelu of com.microsoft is not ONNX's
    return Node(
        ".".join(filter(None, (node.domain, node.op_type))), tuple(node.input), tuple(node.output), attributes
    )


def _declared(feed: Any) -> Declared:
    from onnx import helper

    kind = feed.type.tensor_type
    axes = [axis.dim_param or axis.dim_value for axis in kind.shape.dim]
    return Declared(np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type)), tuple(axes))


def _fp32(model: Any) -> None:
    """Weights become what their bytes stand for; what is fed to products is not rounded."""
    known, nodes = _constants(model), _by_output(model)
    same, gone = {}, set()
    for node in model.graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        if node.input[0] in known:
            _add(model, node.output[0], _meant(node, known))
            gone.add(node.output[0])
        else:
            rounding = nodes[node.input[0]]
            same[node.output[0]] = rounding.input[0]
            gone |= {node.output[0], rounding.output[0]}
    _drop(model, gone, same)


def _fp16(model: Any) -> None:
    """Products take and give half precision, between casts that engines fuse away."""
    from onnx import TensorProto, helper

    _fp32(model)
    known, nodes, half = _constants(model), [], set()
    for node in model.graph.node:
        if node.op_type not in HALVED:
            nodes.append(node)
            continue
        for place, name in enumerate(node.input):
            node.input[place] = f"{name}_half"
            if name in half:
                continue
            half.add(name)
            if name in known:
                _add(model, f"{name}_half", known[name].astype(np.float16))
            else:
                nodes.append(helper.make_node("Cast", [name], [f"{name}_half"], to=TensorProto.FLOAT16))
        out = node.output[0]
        node.output[0] = f"{out}_whole"
        nodes += [node, helper.make_node("Cast", [f"{out}_whole"], [out], to=TensorProto.FLOAT)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    _drop(model, set(), {})


def _int8(model: Any) -> None:
    """Activations in signed bytes about zero, that reach as far as the unsigned ones did; biases whole."""
    known, gone, ranges = _constants(model), set(), {}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            scale, zero = (known[name] for name in node.input[1:3])
            reach = float(scale) * max(float(zero), 255 - float(zero))
            ranges[node.output[0]] = np.float32(reach / MOST_INT8)
        elif node.op_type == "DequantizeLinear" and known.get(node.input[0], np.int8(0)).dtype == np.int32:
            _add(model, node.output[0], _meant(node, known))
            gone.add(node.output[0])
    for node in model.graph.node:
        names = {"QuantizeLinear": node.output, "DequantizeLinear": node.input}.get(node.op_type, ())
        for rounded in ranges.keys() & set(names[:1]):
            node.input[1], node.input[2] = f"{rounded}_scale_about_0", f"{rounded}_0"
    for rounded, scale in ranges.items():
        _add(model, f"{rounded}_scale_about_0", scale)
        _add(model, f"{rounded}_0", np.int8(0))
    _drop(model, gone, {})


_FORMS: Final[Mapping[Precision, Callable[[Any], None]]] = {
    Precision.fp32: _fp32,
    Precision.fp16: _fp16,
    Precision.int8: _int8,
}


def _constants(model: Any) -> dict[str, Any]:
    from onnx import numpy_helper

    return {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}


def _by_output(model: Any) -> dict[str, Any]:
    return {name: node for node in model.graph.node for name in node.output}


def _meant(node: Any, known: Mapping[str, Any]) -> Any:
    """float32: (bytes - zero) * scale, along the node's axis where there are many scales."""
    values, scale = known[node.input[0]].astype(np.float32), known[node.input[1]]
    zero = known[node.input[2]].astype(np.float32) if len(node.input) > 2 else np.float32(0)
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
    if scale.ndim:
        along = [1] * values.ndim
        along[axis] = -1
        scale, zero = scale.reshape(along), np.reshape(zero, along if np.ndim(zero) else ())
    return ((values - zero) * scale).astype(np.float32)


def _add(model: Any, name: str, values: Any) -> None:
    from onnx import numpy_helper

    model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def _drop(model: Any, outputs: set[str], same: Mapping[str, str]) -> None:
    """Take out nodes by their outputs, read others in their place, and forget constants nobody reads."""
    left = [node for node in model.graph.node if node.output[0] not in outputs]
    for node in left:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)
    read = {name for node in left for name in node.input}
    constants = [value for value in model.graph.initializer if value.name in read]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(left)
    model.graph.initializer.extend(constants)
