"""torch as the reference: every network that ships, in every form, on both engines that need no card."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from support import LINE
from talkwire.runtime import engine_torch
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.ear import SILENT_ROW, Ear
from talkwire.runtime.engine import Engine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.engine_torch import TorchEngine
from talkwire.runtime.errors import EngineError, MissingDependency
from talkwire.runtime.graph_forms import Precision, in_form, plain
from talkwire.runtime.minds import motion_graphs
from talkwire.runtime.voices import Voices

torch = pytest.importorskip("torch", reason="pip install 'talkwire[train]'")
onnx = pytest.importorskip("onnx", reason="pip install 'talkwire[train]'")
helper, FLOAT = onnx.helper, onnx.TensorProto.FLOAT

GRAPHS = {**motion_graphs(), **load_avatar(find_avatar("nova-dyntet")).graphs}  # type: ignore[attr-defined]
ENGINES = {"onnx": OnnxEngine, "torch": TorchEngine}
FORMS = ["shipped", *Precision]
# The most that an output may differ from torch's in fp32: about twice what was seen on x86-64 with VNNI.
# weights: of a blendshape's whole way; vertices: metres; coefficients: of a basis; change: of sRGB's range.
# What ships is rounded to 8 bits where it is a motion network, and as fp32 else: so int8 is there, too.
TOLERANCES = {  # unit, then by form
    "motion_live": ("weights", {"shipped": 2.2e-2, "fp32": 1e-6, "fp16": 6e-4, "int8": 5.5e-2}),
    "motion_quality": ("weights", {"shipped": 7e-2, "fp32": 1.5e-6, "fp16": 7e-4, "int8": 1.4e-1}),
    "nova-dyntet_geometry": ("vertices", {"shipped": 3e-8, "fp32": 3e-8, "fp16": 1.6e-5, "int8": 3e-8}),
    "nova-dyntet_coefficients": (
        "coefficients",
        {"shipped": 2e-6, "fp32": 2e-6, "fp16": 1.6e-3, "int8": 2e-6},
    ),
    "nova-dyntet_change": ("change", {"shipped": 5e-7, "fp32": 5e-7, "fp16": 4.2e-4, "int8": 5e-7}),
    "nova-dyntet_change_coefficients": (
        "coefficients",
        {"shipped": 4e-6, "fp32": 4e-6, "fp16": 4.6e-3, "int8": 4e-6},
    ),
}
STEPS = 60  # of 20 ms: more than the live network's rings hold


@cache
def form_of(name: str, form: str) -> bytes:
    return GRAPHS[name] if form == "shipped" else in_form(GRAPHS[name], Precision(form))


@cache
def line() -> np.ndarray:
    """A voice's log-mel rows and silence after it, [1000, 80]: a window of the quality network."""
    audio = read_audio(LINE)
    ear = Ear(audio.sample_rate_hz)
    rows = np.concatenate([ear.push(audio.samples), ear.end()])
    return np.concatenate([rows, np.tile(SILENT_ROW, (1000 - len(rows), 1))])


def together(count: int, rows: int) -> np.ndarray:
    """[count, rows, 80]: voices that say the line, each a little later and quieter than the one before."""
    return np.stack([np.roll(line(), 14 * voice, axis=0)[:rows] - 0.3 * voice for voice in range(count)])


def talked(engine: Engine, count: int) -> np.ndarray:
    """Weights [STEPS, count, 52]: what is carried from step to step is part of what is compared."""
    voices = Voices(engine)
    who = [voices.join() for _ in range(count)]
    heard = together(count, 2 * STEPS)
    return np.stack([voices.step(heard[:, 2 * step : 2 * step + 2], who) for step in range(STEPS)])


def baked(engine: Engine, count: int) -> np.ndarray:
    return engine.run({"rows": together(count, 1000)})["weights"]


def looked(engine: Engine, count: int) -> np.ndarray:
    """Of expressions that change smoothly, as motion does, to the bounds of [0, 1]."""
    at, rng = np.arange(9) / 9, np.random.default_rng(3)
    phase, speed = rng.uniform(0, 6.28, (2, count, 52, 1))
    (found,) = engine.run({"codes": (0.5 + 0.5 * np.sin(phase + speed * at)).astype(np.float32)}).values()
    return found


RUN = {"motion_live": talked, "motion_quality": baked}


@cache
def engine_of(kind: str, name: str, form: str) -> Engine:
    return ENGINES[kind](form_of(name, form), name=name)


@cache
def reference(name: str, count: int) -> np.ndarray:
    return RUN.get(name, looked)(engine_of("torch", name, "fp32"), count)


@pytest.mark.parametrize(("kind", "count"), [("onnx", 1), ("onnx", 5), ("torch", 1)])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_network_in_every_form_agrees_with_the_reference(
    name: str, form: str, kind: str, count: int
) -> None:
    found, wanted = RUN.get(name, looked)(engine_of(kind, name, form), count), reference(name, count)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    assert np.isfinite(found).all()
    assert np.abs(found - wanted).max() <= TOLERANCES[name][1][form]


def test_engines_say_the_same_of_a_graph() -> None:
    for name, (output, _) in TOLERANCES.items():
        ours, theirs = engine_of("torch", name, "shipped"), engine_of("onnx", name, "shipped")
        assert dict(ours.metadata) == dict(theirs.metadata)
        assert output in plain(GRAPHS[name]).outputs


def graph_of(
    op: str,
    feeds: dict[str, list[Any]],
    constants: dict[str, Any],
    attributes: dict[str, Any],
    outputs: int = 1,
) -> bytes:
    """One node, which reads feeds (float32) and constants in the order of their names."""
    names = [f"y{number}" for number in range(outputs)]
    node = helper.make_node(op, sorted({*feeds, *constants}), names, **attributes)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in feeds.items()],
        [onnx.ValueInfoProto(name=name) for name in names],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    inferred = onnx.shape_inference.infer_shapes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    )
    return inferred.SerializeToString()


def some(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


GATES = {"b": some(1, 12, 3), "c": some(1, 12, 4), "d": some(1, 24)}  # of a GRU of 4
# what the networks that ship do not do with their operations: operation, feed, constants, attributes, outputs
CORNERS = {
    "gather from the end": ("Gather", ["n", 5], {"b": np.array([[-1, 0], [2, -5]])}, {"axis": -1}, 1),
    "gather one": ("Gather", ["n", 5], {"b": np.array(-2)}, {"axis": 1}, 1),
    "gather by default": ("Gather", ["n", 5], {"b": np.array([1, 1])}, {}, 1),
    "slice beyond the end": (
        "Slice",
        ["n", 5],
        {"b": np.array([-3]), "c": np.array([99]), "d": np.array([-1])},
        {},
        1,
    ),
    "slice by steps": (
        "Slice",
        ["n", 5],
        {"b": np.array([0, 1]), "c": np.array([9, -1]), "d": np.array([0, 1]), "e": np.array([2, 2])},
        {},
        1,
    ),
    "split by sizes": ("Split", ["n", 5], {"b": np.array([1, 4])}, {"axis": 1}, 2),
    "split unevenly": ("Split", ["n", 5], {}, {"axis": 1, "num_outputs": 2}, 2),
    "reshape, 0 kept": ("Reshape", ["n", 6], {"b": np.array([0, 2, -1])}, {}, 1),
    "squeeze all": ("Squeeze", [2, 1, 5, 1], {}, {}, 1),
    "unsqueeze from the end": ("Unsqueeze", ["n", 5], {"b": np.array([-1, 0])}, {}, 1),
    "transpose by default": ("Transpose", ["n", 2, 5], {}, {}, 1),
    "expand both": ("Expand", ["n", 1, 5], {"b": np.array([2, 1, 3, 1])}, {}, 1),
    "sum of all": ("ReduceSum", ["n", 5], {}, {"keepdims": 0}, 1),
    "clip one side": ("Clip", ["n", 5], {"b": np.float32(0.2)}, {}, 1),
    "clip no side": ("Clip", ["n", 5], {}, {}, 1),
    "resize by sizes": (
        "Resize",
        ["n", 2, 3, 2],
        {"b": np.zeros(0, np.float32), "c": np.zeros(0, np.float32), "d": np.array([2, 2, 7, 4])},
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        1,
    ),
    "depth to space": ("DepthToSpace", ["n", 8, 3, 2], {}, {"mode": "CRD", "blocksize": 2}, 1),
    "sampled at places": (
        "GridSample",
        ["n", 3, 5, 4],
        {"b": 1.4 * some(2, 3, 2, 2)},
        {"align_corners": 1, "mode": "linear", "padding_mode": "border"},
        1,
    ),
    "min of three": ("Min", ["n", 5], {"b": some(5), "c": np.float32(0.1)}, {}, 1),
    "gelu by tanh": ("Gelu", ["n", 5], {}, {"approximate": "tanh"}, 1),
    "norm of two axes": ("LayerNormalization", ["n", 2, 5], {"b": some(2, 5)}, {"axis": 1}, 1),
    "scaled product": (
        "Gemm",
        [4, "n"],
        {"b": some(4, 3), "c": some(3)},
        {"transA": 1, "alpha": 0.5, "beta": 2.0},
        1,
    ),
    "product alone": ("Gemm", ["n", 4], {"b": some(4, 3)}, {"alpha": 0.5}, 1),
    "lopsided padding": (
        "Conv",
        ["n", 4, 6, 7],
        {"b": some(6, 2, 3, 2)},
        {"pads": [0, 1, 2, 3], "group": 2, "strides": [2, 1], "dilations": [1, 2]},
        1,
    ),
    "levels along an axis": (
        "QuantizeLinear",
        ["n", 3, 2],
        {"b": np.float32([0.1, 0.2, 0.01]), "c": np.uint8([0, 128, 9])},
        {},
        1,
    ),
    "to a whole number": ("Cast", ["n", 5], {}, {"to": 7}, 1),
    "recurrence forward": ("GRU", [6, "n", 3], GATES, {"hidden_size": 4, "linear_before_reset": 1}, 2),
}


@pytest.mark.parametrize("corner", list(CORNERS))
def test_operations_are_those_of_the_specification(corner: str) -> None:
    op, shape, constants, attributes, outputs = CORNERS[corner]
    graph = graph_of(op, {"a": shape}, constants, attributes, outputs)
    feeds = {"a": some(*(2 if axis == "n" else axis for axis in shape))}
    wanted, found = OnnxEngine(graph).run(feeds), TorchEngine(graph).run(feeds)
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=2e-6)


def test_outputs_are_nobody_elses_memory_and_feeds_may_be_read_only() -> None:
    graph = graph_of("Slice", {"a": ["n", 5]}, {"b": np.array([0]), "c": np.array([2])}, {})
    kept = some(2, 5)
    fixed = np.broadcast_to(kept, (2, 5))
    found = TorchEngine(graph).run({"a": fixed})["y0"]
    found[:] = 7
    np.testing.assert_array_equal(kept, some(2, 5))


def test_no_dice_are_thrown() -> None:
    """Who seeded torch finds it as it was."""
    torch.manual_seed(4)
    before = torch.get_rng_state()
    graph = graph_of("GRU", {"a": [6, "n", 3]}, GATES, {"hidden_size": 4, "linear_before_reset": 1}, 2)
    TorchEngine(graph).run({"a": some(6, 1, 3)})
    assert torch.equal(torch.get_rng_state(), before)


REFUSED = {
    r"saw the operation NonZero, wanted Add, .*Where; use --engine onnx": ("NonZero", {}, {}),
    r"saw Conv with auto_pad 'SAME_UPPER', wanted 'NOTSET'": (
        "Conv",
        {"b": some(6, 5, 3)},
        {"auto_pad": "SAME_UPPER"},
    ),
    r"saw Resize with coordinate_transformation_mode None, wanted 'asymmetric'": (
        "Resize",
        {"b": np.zeros(0, np.float32), "c": np.ones(3, np.float32)},
        {"nearest_mode": "floor"},
    ),
    r"saw GRU with .*'linear_before_reset': 0": ("GRU", GATES, {"hidden_size": 4}),
    r"saw GRU with .*'direction': 'reverse'": (
        "GRU",
        GATES,
        {"hidden_size": 4, "linear_before_reset": 1, "direction": "reverse"},
    ),
    r"saw GRU of 4 with .*clip": ("GRU", GATES, {"hidden_size": 4, "linear_before_reset": 1, "clip": 1.0}),
}


@pytest.mark.parametrize("why", list(REFUSED))
def test_what_is_not_known_is_refused_when_the_engine_is_made(why: str) -> None:
    op, constants, attributes = REFUSED[why]
    graph = graph_of(op, {"a": ["n", 5, 3]}, constants, attributes)
    with pytest.raises(EngineError, match=f"cannot run this graph: {why}"):
        TorchEngine(graph)


@pytest.mark.parametrize("data", [b"", b"not a graph", GRAPHS["motion_live"][:-9]])
def test_bytes_that_are_no_graph_are_refused(data: bytes) -> None:
    with pytest.raises(EngineError, match=rf"net\.onnx is not a graph: saw {len(data)} bytes, wanted ONNX"):
        TorchEngine(data, name="net.onnx")


@pytest.mark.parametrize(
    "feeds",
    [
        {},
        {"z": some(1, 52, 9)},
        {"codes": some(1, 52, 9), "z": some(1)},
        {"codes": some(1, 52, 8)},
        {"codes": some(1, 52, 9).astype(np.float64)},
        {"codes": some(52, 9)},
    ],
)
def test_feeds_that_do_not_fit_are_one_clear_sentence(feeds: dict[str, np.ndarray]) -> None:
    with pytest.raises(EngineError, match="nova-dyntet_coefficients refuses its feeds") as refusal:
        engine_of("torch", "nova-dyntet_coefficients", "shipped").run(feeds)
    assert "{'codes': \"float32['batch', 52, 9]\"}" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_feeds_of_different_numbers_of_voices_are_refused() -> None:
    engine = engine_of("torch", "motion_live", "shipped")
    feeds = Voices(engine).feeds(some(1, 2, 80), slice(0, 0))
    with pytest.raises(
        EngineError, match=r"motion_live refuses its feeds.*'rows': 'float32\[1, 2, 80\]', 'state'"
    ):
        engine.run(feeds)


def test_what_torch_says_of_a_run_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TorchEngine(graph_of("Reshape", {"a": ["n", 5]}, {"b": np.array([7, -1])}, {}), name="net")
    with pytest.raises(EngineError, match=r"net refuses its feeds \(shape '\[7, -1\]' is invalid"):
        engine.run({"a": some(2, 5)})

    def full(feeds: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has")

    monkeypatch.setattr(engine, "_run", full)
    with pytest.raises(EngineError, match=r"no room on cpu: saw CUDA out .* GiB\., .*fewer --npcs"):
        engine.run({"a": some(7, 5)})


@pytest.mark.parametrize("device", ["cuda", "cuda:99", "meta", "gpu", ""])
def test_a_device_that_is_not_there_is_one_sentence(device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("it is there")
    with pytest.raises(
        EngineError, match=r"there is no device '.*wanted cpu or cuda; use --engine onnx"
    ) as refusal:
        TorchEngine(GRAPHS["nova-dyntet_coefficients"], device=device)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("package", ["torch", "onnx"])
def test_an_absent_library_names_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingDependency, match=rf"torch engine needs .*'{package}'.*install 'talkwire\[torch\]'"
    ):
        TorchEngine(GRAPHS["nova-dyntet_coefficients"])


class Card:
    """torch without a card, but with what a recording calls: its streams do nothing, and its graphs do again
    what was last done while they were recorded.
    """

    def __init__(self) -> None:
        self.recorded, self.done = 0, lambda: None
        self.from_numpy, self.backends = torch.from_numpy, torch.backends
        stream = SimpleNamespace(wait_stream=lambda other: None, synchronize=lambda: None)
        self.cuda = SimpleNamespace(
            Stream=lambda device: stream,
            current_stream=lambda: stream,
            stream=nullcontext,
            device=nullcontext,
            CUDAGraph=SimpleNamespace,
            graph=self.graph,
        )

    def empty(self, shape: tuple[int, ...], dtype: Any, pin_memory: bool) -> Any:
        return torch.full(shape, 77, dtype=dtype)

    @contextmanager
    def graph(self, graph: Any, stream: object) -> Iterator[None]:
        yield
        self.recorded, graph.replay = self.recorded + 1, self.done

    def doubled(self, feeds: dict[str, Any]) -> dict[str, Any]:
        y = torch.empty_like(feeds["x"])
        self.done = lambda: torch.mul(feeds["x"], 2, out=y)
        return {"y": y}


def test_recordings_are_for_powers_of_two_and_the_newest_are_kept() -> None:
    """What can be said of them without a card."""
    card = Card()
    run = engine_torch.RUNNERS["cuda"](card, card.doubled, torch.device("cpu"))
    for count, recorded in ((1, 1), (2, 2), (3, 3), (4, 3), (3, 3), (1, 3), (9, 4), (16, 4)):
        x = some(count, 3)
        np.testing.assert_array_equal(run({"x": x})["y"], 2 * x)
        assert card.recorded == recorded
    for width in range(4, 4 + engine_torch.MOST_RECORDINGS):
        run({"x": some(1, width)})
    before = card.recorded
    run({"x": some(1, 4)})
    assert card.recorded == before
    run({"x": some(1, 3)})
    assert card.recorded == before + 1, "the oldest was let go"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no card")
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_a_card_agrees_with_the_reference(name: str) -> None:
    engine = TorchEngine(form_of(name, "fp32"), name=name, device="cuda")
    for count in (1, 5, 1):
        found, wanted = RUN.get(name, looked)(engine, count), reference(name, count)
        assert np.abs(found - wanted).max() <= 4 * TOLERANCES[name][1]["fp32"], "a guess: not measured yet"
