"""ONNX's operations in torch, by name: those that occur in the networks that ship, in any of their forms.

Only `engine_torch` imports this, and only once torch is known to be there. Each function is an operation of
the ONNX operator specification, opset 20 (https://onnx.ai/onnx/operators/): tensors are its inputs, in their
order, with None for one that is left out, and its attributes are keywords with the defaults of the
specification. An operation with several outputs returns a tuple. What a function does not take, no graph here
has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, Final

import numpy as np
import torch

from talkwire.runtime.graph_forms import Node
from talkwire.runtime.torch_layers import (
    Gru,
    conv,
    depth_to_space,
    dequantize,
    gelu,
    gemm,
    grid_sample,
    layer_normalization,
    leaky_relu,
    quantize,
    refusal,
    resize,
)

Tensor = torch.Tensor
Operation = Callable[..., Any]

DTYPES: Final = {  # by TensorProto's numbers
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
}
# operation -> inputs that say where and how much, not what: they are wanted as numbers, not on the card
ON_HOST: Final[Mapping[str, frozenset[int]]] = {
    "Expand": frozenset({1}),
    "ReduceLogSumExp": frozenset({1}),
    "ReduceMax": frozenset({1}),
    "ReduceMean": frozenset({1}),
    "ReduceSum": frozenset({1}),
    "Reshape": frozenset({1}),
    "Resize": frozenset({1, 2, 3}),
    "Slice": frozenset({1, 2, 3, 4}),
    "Split": frozenset({1}),
    "Squeeze": frozenset({1}),
    "Unsqueeze": frozenset({1}),
}
# operation -> attributes of which only one value is known here
FIXED: Final[Mapping[str, Mapping[str, object]]] = {
    "Conv": {"auto_pad": "NOTSET"},
    "DepthToSpace": {"mode": "CRD"},
    "GridSample": {"align_corners": 1, "padding_mode": "border"},
    "LayerNormalization": {"stash_type": 1},
    "ReduceLogSumExp": {"noop_with_empty_axes": 0},
    "ReduceMax": {"noop_with_empty_axes": 0},
    "ReduceMean": {"noop_with_empty_axes": 0},
    "ReduceSum": {"noop_with_empty_axes": 0},
    "Resize": {
        "antialias": 0,
        "coordinate_transformation_mode": "asymmetric",
        "cubic_coeff_a": -0.75,
        "exclude_outside": 0,
        "extrapolation_value": 0.0,
        "keep_aspect_ratio_policy": "stretch",
        "mode": "nearest",
        "nearest_mode": "floor",
    },
}
NEEDED: Final[Mapping[str, frozenset[str]]] = {  # of these, what has another default in the specification
    "DepthToSpace": frozenset({"mode"}),
    "GridSample": frozenset({"align_corners", "padding_mode"}),
    "Resize": frozenset({"coordinate_transformation_mode", "nearest_mode"}),
}


def operation(node: Node) -> Operation:
    """What a node does, its attributes bound. Raises EngineError for a node that is not known here."""
    if node.op not in OPERATIONS:
        raise refusal(f"the operation {node.op}", ", ".join(sorted(OPERATIONS)))
    does, fixed = OPERATIONS[node.op], FIXED.get(node.op, {})
    for name in fixed.keys() & (node.attributes.keys() | NEEDED.get(node.op, frozenset())):
        if node.attributes.get(name) != fixed[name]:
            raise refusal(f"{node.op} with {name} {node.attributes.get(name)!r}", repr(fixed[name]))
    attributes = {name: value for name, value in node.attributes.items() if name not in fixed}
    try:
        bound: Operation = does(**attributes) if isinstance(does, type) else partial(does, **attributes)
        inspect.signature(bound).bind(*node.inputs)
    except (TypeError, ValueError) as error:  # ValueError: partial's, for an attribute that is not known
        raise refusal(f"{node.op} of {len(node.inputs)} with {attributes}", f"{error}") from None
    return bound


def _whole(values: Tensor | Sequence[int] | None) -> list[int] | None:
    """Of an input, or of the attribute that was in its place before opset 18."""
    if values is None:
        return None
    return values.reshape(-1).tolist() if isinstance(values, Tensor) else list(values)


def _cast(x: Tensor, *, to: int) -> Tensor:
    return x.to(DTYPES[to])


def _clip(x: Tensor, least: Tensor | None = None, most: Tensor | None = None) -> Tensor:
    return x if least is None and most is None else torch.clamp(x, least, most)


def _concat(*parts: Tensor, axis: int) -> Tensor:
    return torch.cat(parts, axis)


def _div(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode=None if x.is_floating_point() else "trunc")


def _expand(x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(np.broadcast_shapes(tuple(x.shape), shape.tolist()))


def _gather(x: Tensor, indices: Tensor, *, axis: int = 0) -> Tensor:
    """Not by x[indices]: torch would ask the card what a single index is, and a recording cannot ask."""
    axis %= x.ndim
    rows = x.index_select(axis, indices.reshape(-1).remainder(x.shape[axis]))  # -1 is the last
    return rows.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])


def _of_two(function: Operation) -> Operation:
    """Of torch's with two inputs, one of ONNX's with two."""
    return lambda x, y: function(x, y)


def _of_many(function: Operation) -> Operation:
    return lambda *values: reduce(function, values)


def _of_one(function: Operation) -> Operation:
    return lambda x: function(x)


def _over(function: Operation) -> Operation:
    """A sum, or another such, over all axes or some."""

    def reduced(x: Tensor, axes: Tensor | Sequence[int] | None = None, *, keepdims: int = 1) -> Any:
        return function(x, _whole(axes) or list(range(x.ndim)), keepdim=bool(keepdims))

    return reduced


def _pow(x: Tensor, y: Tensor) -> Tensor:
    return torch.pow(x, y).to(x.dtype)


def _reshape(x: Tensor, shape: Tensor, *, allowzero: int = 0) -> Tensor:
    """A length of 0 is x's own, unless allowzero."""
    sizes = shape.tolist()
    return x.reshape([x.shape[at] if size == 0 and not allowzero else size for at, size in enumerate(sizes)])


def _shape(x: Tensor, *, start: int = 0, end: int | None = None) -> Tensor:
    """On the host, wherever x is."""
    return torch.tensor(x.shape[start:end], dtype=torch.int64)


def _slice(
    x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Tensor | None = None
) -> Tensor:
    """Bounds beyond the axis are cut to it, as Python does; steps are forward."""
    begin, end = starts.tolist(), ends.tolist()
    at, by = _whole(axes) or list(range(len(begin))), _whole(steps) or [1] * len(begin)
    cuts = [slice(None)] * x.ndim
    for axis, *bounds in zip(at, begin, end, by, strict=True):
        cuts[axis] = slice(*slice(*bounds).indices(x.shape[axis]))  # torch warns of bounds far beyond
    return x[tuple(cuts)]


def _softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return torch.softmax(x, axis)


def _split(
    x: Tensor, sizes: Tensor | None = None, *, axis: int = 0, num_outputs: int = 1
) -> tuple[Tensor, ...]:
    """In parts of given sizes, or of one size, where the last may be smaller."""
    return torch.split(x, _whole(sizes) or -(-x.shape[axis] // num_outputs), axis)


def _squeeze(x: Tensor, axes: Tensor | None = None) -> Tensor:
    return torch.squeeze(x, tuple(_whole(axes) or [axis for axis in range(x.ndim) if x.shape[axis] == 1]))


def _transpose(x: Tensor, *, perm: Sequence[int] = ()) -> Tensor:
    return x.permute(tuple(perm) or tuple(reversed(range(x.ndim))))


def _unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    """axes are those of the result."""
    at = axes.reshape(-1).tolist()
    for axis in sorted(axis % (x.ndim + len(at)) for axis in at):
        x = x.unsqueeze(axis)
    return x


def _where(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.where(condition, x, y)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "Add": _of_two(torch.add),
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": conv,
    "Cos": _of_one(torch.cos),
    "DepthToSpace": depth_to_space,
    "DequantizeLinear": dequantize,
    "Div": _div,
    "Expand": _expand,
    "Floor": _of_one(torch.floor),
    "GRU": Gru,
    "Gather": _gather,
    "Gelu": gelu,
    "Gemm": gemm,
    "GridSample": grid_sample,
    "GreaterOrEqual": _of_two(torch.ge),
    "LayerNormalization": layer_normalization,
    "LeakyRelu": leaky_relu,
    "LessOrEqual": _of_two(torch.le),
    "MatMul": _of_two(torch.matmul),
    "Max": _of_many(torch.maximum),
    "Min": _of_many(torch.minimum),
    "Mul": _of_two(torch.mul),
    "Pow": _pow,
    "QuantizeLinear": quantize,
    "ReduceLogSumExp": _over(torch.logsumexp),
    "ReduceMax": _over(torch.amax),
    "ReduceMean": _over(torch.mean),
    "ReduceSum": _over(torch.sum),
    "Relu": _of_one(torch.relu),
    "Reshape": _reshape,
    "Resize": resize,
    "Shape": _shape,
    "Sigmoid": _of_one(torch.sigmoid),
    "Sin": _of_one(torch.sin),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _of_one(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _of_two(torch.sub),
    "Tanh": _of_one(torch.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Where": _where,
}
