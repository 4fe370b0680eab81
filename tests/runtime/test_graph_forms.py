"""The forms that other engines take: nearly the same numbers, in the types that they want."""

import numpy as np
import pytest

from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.graph_forms import Precision, in_form, ops

torch = pytest.importorskip("torch", reason="makes graphs with torch: pip install 'talkwire[train]'")

from talkwire.training.onnx_export import in_8_bits, to_onnx  # noqa: E402


@pytest.fixture(scope="module")
def graphs() -> dict[str, bytes]:
    """A small network, exact and rounded as what ships is."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(64, 96), torch.nn.GELU(), torch.nn.Linear(96, 32))
    exact = to_onnx(network, {"x": torch.randn(3, 64)}, ["y"], {"name": "small"})
    return {"exact": exact, "rounded": in_8_bits(exact, [{"x": heard(seed)} for seed in range(8)])}


def heard(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(5, 64)).astype(np.float32)


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("kind", ["exact", "rounded"])
def test_a_form_says_nearly_what_the_graph_says(
    graphs: dict[str, bytes], kind: str, precision: Precision
) -> None:
    engine, form = OnnxEngine(graphs[kind]), OnnxEngine(in_form(graphs[kind], precision))
    assert form.metadata["name"] == "small"
    wanted, found = (of.run({"x": heard(99)})["y"] for of in (engine, form))
    assert found.dtype == np.float32
    exact = kind == "exact" and precision is not Precision.fp16
    assert np.abs(found - wanted).max() < (1e-6 if exact else 0.03)


def test_types_are_those_that_tensorrt_takes(graphs: dict[str, bytes]) -> None:
    onnx = pytest.importorskip("onnx")
    rounding = {"QuantizeLinear", "DequantizeLinear"}
    assert rounding <= ops(graphs["rounded"])
    assert not rounding & ops(in_form(graphs["rounded"], Precision.fp32))
    halves = onnx.load_from_string(in_form(graphs["rounded"], Precision.fp16))
    assert {value.data_type for value in halves.graph.initializer} == {onnx.TensorProto.FLOAT16}
    signed = onnx.load_from_string(in_form(graphs["rounded"], Precision.int8))
    kinds = {value.data_type for value in signed.graph.initializer}
    assert kinds == {onnx.TensorProto.INT8, onnx.TensorProto.FLOAT}, "no uint8, no int32 bias"
    values = {value.name: onnx.numpy_helper.to_array(value) for value in signed.graph.initializer}
    assert all(not values[n.input[2]].any() for n in signed.graph.node if n.op_type == "QuantizeLinear")


def test_bytes_that_are_no_graph_are_refused() -> None:
    with pytest.raises(EngineError, match="not a graph: saw 4 bytes"):
        in_form(b"\xff\xff\xff\xff", Precision.fp32)
