"""The engine seam: ONNX Runtime behind it, and the fake that ships."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from talkwire.runtime.engine import Engine, FunctionEngine
from talkwire.runtime.engine_onnx import OnnxEngine, providers
from talkwire.runtime.errors import EngineError


def doubling_graph() -> bytes:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [value], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {"look_ahead_steps": "3"})
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture(params=["onnx", "function"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "onnx":
        return OnnxEngine(doubling_graph())
    return FunctionEngine(lambda x: {"y": x + x}, {"look_ahead_steps": "3"})


@pytest.mark.parametrize("rows", [1, 7])
def test_an_engine_runs_named_arrays_into_named_arrays(engine: Engine, rows: int) -> None:
    x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    outputs = engine.run({"x": x})
    assert list(outputs) == ["y"]
    np.testing.assert_array_equal(outputs["y"], 2 * x)


def test_an_engine_says_what_its_graph_says(engine: Engine) -> None:
    assert engine.metadata["look_ahead_steps"] == "3"


@pytest.mark.parametrize(
    "feeds",
    [
        {},
        {"z": np.zeros((1, 3), np.float32)},
        {"x": np.zeros((1, 4), np.float32)},
        {"x": np.zeros((1, 3), np.float64)},
        {"x": np.zeros(3, np.float32)},
    ],
)
def test_feeds_that_do_not_fit_are_one_clear_sentence(feeds: dict[str, np.ndarray]) -> None:
    with pytest.raises(EngineError, match="refuses its feeds") as refusal:
        OnnxEngine(doubling_graph(), name="double").run(feeds)
    assert "tensor(float)['n', 3]" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_bytes_that_are_no_graph_are_refused(tmp_path: Path) -> None:
    for data in (b"", b"not a graph", doubling_graph()[:-9]):
        path = tmp_path / "broken.onnx"
        path.write_bytes(data)
        with pytest.raises(EngineError, match=r"broken\.onnx cannot be loaded"):
            OnnxEngine.from_file(path)


def test_a_graph_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="No such file"):
        OnnxEngine.from_file(tmp_path / "none.onnx")


def test_the_cpu_provider_is_there() -> None:
    assert "CPUExecutionProvider" in providers()
