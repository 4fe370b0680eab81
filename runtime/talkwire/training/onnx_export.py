"""Torch modules to ONNX graphs that hold nothing but themselves: the one way out of torch."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from talkwire.runtime.engine import Array
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import TrainingError, missing


def to_onnx(
    module: nn.Module,
    example: Mapping[str, Tensor],
    outputs: list[str],
    about: Mapping[str, Any],
    *,
    batch: str = "batch",
    alone: Collection[str] = (),
    opset: int | None = None,
) -> bytes:
    """The module as a graph whose feeds are the names of `example` and whose first axis is free, but for
    those that come alone, whatever the others' number.

    about: metadata; what is not text is written as JSON.  opset: of ONNX; without, the exporter's choice.
    Raises MissingDependency without onnx.
    """
    try:
        import onnx
    except ImportError:
        raise missing("onnx", extra="train", need="exporting a network") from None
    rows = torch.export.Dim(batch, min=1, max=4096)
    with tempfile.TemporaryDirectory() as folder, _quiet():
        draft = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module.eval(),
            tuple(example.values()),
            str(draft),
            dynamo=True,
            input_names=list(example),
            output_names=outputs,
            dynamic_shapes=tuple({} if name in alone else {0: rows} for name in example),
            external_data=False,
            opset_version=opset,
            verbose=False,
        )
        model = onnx.load(str(draft))
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    onnx.helper.set_model_props(model, texts)
    del model.graph.value_info[:]  # names of our Python lines; a third of the file
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    graph: bytes = model.SerializeToString()
    return graph


def in_8_bits(graph: bytes, feeds: Sequence[Mapping[str, Array]]) -> bytes:
    """The graph with matrix products of whole numbers: weights in 8 bits, each column with a scale of its
    own, and what they take in 8 bits by the range that it has over `feeds`, so that a row is the same to the
    bit whatever else is in the batch.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static

    model = onnx.load_from_string(graph)
    known = {weights.name for weights in model.graph.initializer}
    moving = [
        node.name for node in model.graph.node if node.op_type == "MatMul" and node.input[1] not in known
    ]
    products = ["MatMul", "Gemm"]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        whole.write_bytes(graph)
        quantize_static(
            whole,
            small,
            _Feeds(feeds),
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=products,
            nodes_to_exclude=moving,
            per_channel=True,
            extra_options={"OpTypesToExcludeOutputQuantization": products},
        )
        return small.read_bytes()


class _Feeds:
    """onnxruntime's CalibrationDataReader."""

    def __init__(self, feeds: Sequence[Mapping[str, Array]]) -> None:
        self._left = iter(feeds)

    def get_next(self) -> Mapping[str, Array] | None:
        """None at the end."""
        return next(self._left, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own insides, and misses torchvision, which nothing here uses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@torch.no_grad()
def check_graph(module: nn.Module, graph: bytes, feeds: Mapping[str, Tensor], tolerance: float) -> float:
    """The largest difference between the module and its graph on some feeds, degenerate ones above all.

    Raises TrainingError when it exceeds the tolerance or either is not finite: the exporter is known to drop
    small constants without a word.
    """
    wanted = module(*feeds.values())
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found = OnnxEngine(graph).run({name: value.numpy() for name, value in feeds.items()}).values()
    pairs = zip(wanted, found, strict=True)
    difference = float(max(np.abs(a.numpy() - b).max() for a, b in pairs))
    if not difference <= tolerance:
        raise TrainingError(
            "the exported graph is not the network",
            seen=f"values that differ by {difference:.1e}",
            wanted=f"at most {tolerance:.0e}",
            cure="check the versions of torch and onnxscript",
        )
    return difference
