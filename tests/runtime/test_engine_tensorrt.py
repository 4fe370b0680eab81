"""How built engines are run, on an imitation of a card that computes by ONNX Runtime. No card was met."""

import numpy as np
import pytest

from g4g_support import small_g4g
from imitation_card import Device, Library
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.cuda_memory import CudaDevice
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.engine_tensorrt import TensorRTEngine
from talkwire.runtime.errors import EngineError, MissingDependency
from talkwire.runtime.minds import Preset, motion_graphs

GRAPHS = {
    "motion_live": motion_graphs(Preset.live)["motion_live"],
    **load_avatar(find_avatar("nova-dyntet")).graphs,
    **small_g4g().graphs,  # with feeds that all NPCs share
}
CPU = {name: OnnxEngine(graph) for name, graph in GRAPHS.items()}


def engine(name: str, device: Device, library: Library | None = None, npcs: int = 8) -> TensorRTEngine:
    metadata = CPU[name].metadata
    return TensorRTEngine(GRAPHS[name], library or Library(), device, metadata, name=name, npcs=npcs)


@pytest.mark.parametrize("name", sorted(GRAPHS))
@pytest.mark.parametrize("count", [1, 3, 8, 11])
def test_every_npc_gets_its_own_however_many_there_are(name: str, count: int) -> None:
    made, feeds = engine(name, Device()), CPU[name].sample(count)
    for _ in range(2):  # the second time with buffers that were used
        for output, values in made.run(feeds).items():
            np.testing.assert_allclose(values, CPU[name].run(feeds)[output], atol=1e-6)
    assert made.metadata == CPU[name].metadata


def test_memory_is_taken_once_and_shapes_are_few() -> None:
    device, library = Device(), Library()
    made = engine("motion_live", device, library, npcs=32)
    taken = len(device.buffers)
    for count in (3, 4, 3, 17, 30, 1):
        made.run(CPU["motion_live"].sample(count))
    assert (
        len(device.buffers)
        == taken
        == len(CPU["motion_live"].sample(1)) + len(made.run(CPU["motion_live"].sample(1)))
    )
    assert set(library.shapes) == {4, 32, 1}


def test_what_one_call_gave_is_not_changed_by_the_next() -> None:
    made = engine("nova-dyntet_geometry", Device())
    first = made.run(CPU["nova-dyntet_geometry"].sample(2))["vertices"]
    kept = first.copy()
    made.run({"codes": np.zeros((2, 52, 9), np.float32)})
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    "feeds",
    [
        {},
        {"codes": np.zeros((1, 52, 8), np.float32)},
        {"codes": np.zeros((1, 52, 9))},
        {"codes": np.zeros((1, 52, 9), np.float32), "more": np.zeros(1)},
    ],
)
def test_feeds_that_do_not_fit_are_refused(feeds: dict[str, np.ndarray]) -> None:
    with pytest.raises(EngineError, match="refuses its feeds: saw"):
        engine("nova-dyntet_geometry", Device()).run(feeds)


def test_a_plan_of_something_else_a_full_card_and_a_failing_call_are_one_sentence() -> None:
    with pytest.raises(EngineError, match="an engine that does not load here"):
        TensorRTEngine(b"not a plan", Library(), Device(), {}, name="motion", npcs=1)
    with pytest.raises(EngineError, match=r"out of memory.*fewer --npcs"):
        engine("motion_live", Device(room=10_000))
    with pytest.raises(EngineError, match="a call that fails"):
        engine("motion_live", Device(), Library(fails=True)).run(CPU["motion_live"].sample(1))


def test_without_a_card_cuda_says_what_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    bindings = pytest.importorskip("cuda.bindings.runtime", reason="pip install 'talkwire[trt-rtx]'")
    if bindings.cudaGetDeviceCount()[0] == bindings.cudaError_t.cudaSuccess:
        pytest.skip("there is a card")
    with pytest.raises(
        EngineError, match=r"the card refuses its work: saw cudaSetDevice: .*(580|nvidia-smi)"
    ):
        CudaDevice()
    monkeypatch.setitem(__import__("sys").modules, "cuda.bindings", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[trt-rtx\]'"):
        CudaDevice()
