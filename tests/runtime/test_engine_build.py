"""Real engines, built here without a card. Running them takes one: nothing here does."""

import pytest

from talkwire.runtime import engine_build
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.errors import EngineError, MissingDependency
from talkwire.runtime.graph_forms import Precision
from talkwire.runtime.minds import motion_graphs

GRAPHS = {**motion_graphs(), **load_avatar(find_avatar("nova-dyntet")).graphs}


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    pytest.importorskip("tensorrt_rtx", reason="pip install 'talkwire[trt-rtx]'")


@pytest.mark.parametrize("precision", [Precision.fp32, Precision.fp16])
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_graph_becomes_an_engine_for_every_rtx(name: str, precision: Precision) -> None:
    engine = engine_build.build(GRAPHS[name], engine_build.DEFAULT_TARGETS, precision=precision, npcs=32)
    assert len(engine) > 0.2 * len(GRAPHS[name])


def test_the_live_network_becomes_an_engine_in_8_bits_and_for_turing_in_16() -> None:
    graph = GRAPHS["motion_live"]
    assert engine_build.build(graph, ["sm86"], precision=Precision.int8, npcs=8)
    assert engine_build.build(graph, ["sm75"], precision=Precision.fp16, npcs=1)


@pytest.mark.parametrize("targets", [[], ["sm90"], ["SM86"], ["sm86", "sm86"], ["rtx4090"]])
def test_cards_that_there_are_not_are_refused(targets: list[str]) -> None:
    with pytest.raises(EngineError, match=r"cannot be built for these cards: saw .*sm89 \(RTX 40"):
        engine_build.build(b"", targets, precision=Precision.fp16, npcs=1)


@pytest.mark.parametrize("npcs", [0, 5000])
def test_absurd_numbers_of_npcs_are_refused(npcs: int) -> None:
    with pytest.raises(EngineError, match="so many NPCs: saw"):
        engine_build.build(b"", ["sm86"], precision=Precision.fp16, npcs=npcs)


def test_a_graph_with_an_operation_that_is_not_taken_names_it() -> None:
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    feed, out = (helper.make_tensor_value_info(n, kind, ["n", 1]) for n, kind in (("x", floats), ("y", 7)))
    node = helper.make_node("NonZero", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([node], "g", [feed], [out]), opset_imports=[helper.make_opsetid("", 20)]
    )
    with pytest.raises(EngineError, match=r"(refused|cannot be built): saw .*use --engine onnx"):
        engine_build.build(model.SerializeToString(), ["sm86"], precision=Precision.fp32, npcs=1)


def test_an_absent_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorrt_rtx", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[trt-rtx\]'"):
        engine_build.build(b"", ["sm86"], precision=Precision.fp16, npcs=1)
