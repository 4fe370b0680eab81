"""Which engine is taken and why, on this machine and on imitations of others; cards are imitations here."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imitation_card
from talkwire.runtime import engines
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.engine import Array
from talkwire.runtime.engine_build import Builder
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.engines import Kind, WithSpare, check, open_engines
from talkwire.runtime.errors import EngineError, MissingDependency
from talkwire.runtime.graph_forms import Precision

GRAPHS = {
    name: graph
    for name, graph in load_avatar(find_avatar("nova-dyntet")).graphs.items()
    if "change" not in name
}
RTX = "NVIDIA GeForce RTX 4090, 8.9, 580.65.06, 24564"
DATA_CENTRE = "NVIDIA H100 80GB HBM3, 9.0, 580.65.06, 81559"

Driver = Callable[..., None]


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TALKWIRE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Driver:
    """Says what nvidia-smi is to say; until then there is none."""

    def says(text: str, exit_code: int = 0) -> None:
        monkeypatch.setenv("PATH", imitation_card.driver(tmp_path / "bin", text, exit_code=exit_code))

    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return says


class Card:
    """An RTX card whose engines are the graphs themselves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
        driver(RTX)
        self.built: list[tuple[str, ...]] = []
        self.room, self.tensorrt = 1 << 40, imitation_card.Library()
        self.tensorrt.__version__ = "1.0"  # type: ignore[attr-defined]
        self.refuses: str | None = None
        monkeypatch.setattr(Builder, "module", property(lambda _: self.tensorrt))
        monkeypatch.setattr(engines, "build", self.build)
        monkeypatch.setattr(engines, "CudaDevice", lambda: imitation_card.Device(self.room))

    def build(self, graph: bytes, targets: tuple[str, ...], **_: Any) -> bytes:
        if self.refuses:
            raise EngineError(
                "a graph is refused", seen=self.refuses, wanted="others", cure="use --engine onnx"
            )
        self.built.append(targets)
        return graph


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> Card:
    return Card(monkeypatch, driver)


def runs(found: engines.Engines) -> None:
    for name, graph in GRAPHS.items():
        feeds = OnnxEngine(graph).sample(2)
        for output, values in OnnxEngine(graph).run(feeds).items():
            np.testing.assert_allclose(found.by_name[name].run(feeds)[output], values, atol=1e-4)


def test_without_a_card_auto_is_onnx_runtime_and_says_why(driver: Driver) -> None:
    found = open_engines(GRAPHS)
    assert found.kind is Kind.onnx and "on the CPU" in found.where
    (sentence,) = found.passed_over
    assert sentence.startswith(
        "trt-rtx, tensorrt, onnx-cuda: no NVIDIA card can be used: saw no NVIDIA driver"
    )
    runs(found)


@pytest.mark.parametrize("kind", [Kind.trt_rtx, Kind.tensorrt, Kind.onnx_cuda])
def test_what_was_asked_for_and_cannot_be_is_an_error(driver: Driver, kind: Kind) -> None:
    with pytest.raises(EngineError, match=r"no NVIDIA card can be used: saw no NVIDIA driver.*--engine onnx"):
        open_engines(GRAPHS, kind)


@pytest.mark.parametrize(
    ("says", "exit_code", "sentence"),
    [
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            9,
            "couldn't communicate",
        ),
        ('Field "compute_cap" is not a valid field to query.', 2, "compute_cap.*update it"),
        ("", 0, "nothing"),
        ("No devices were found", 6, "No devices were found"),
        ("GeForce, [N/A], 470.1, 8000", 0, r"\[N/A\].*update the driver"),
    ],
)
def test_a_driver_that_has_nothing_good_to_say_is_quoted(
    driver: Driver, says: str, exit_code: int, sentence: str
) -> None:
    driver(says, exit_code)
    with pytest.raises(EngineError, match=sentence):
        check(Kind.trt_rtx)
    assert open_engines(GRAPHS).kind is Kind.onnx


def test_a_card_that_the_library_does_not_take_is_named_with_its_capability(driver: Driver) -> None:
    driver(DATA_CENTRE)
    with pytest.raises(EngineError, match=r"H100 80GB HBM3 \(compute capability 9.0\).*7.5, 8.x and 12.x"):
        open_engines(GRAPHS, Kind.trt_rtx)
    assert open_engines(GRAPHS).kind is Kind.onnx


def test_an_onnx_runtime_without_cuda_names_the_pip_line(driver: Driver) -> None:
    driver(RTX)
    with pytest.raises(MissingDependency, match="pip install onnxruntime-gpu"):
        check(Kind.onnx_cuda)


@pytest.mark.parametrize("kind", [Kind.trt_rtx, Kind.tensorrt])
def test_an_absent_library_names_the_pip_line(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    driver(RTX)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(MissingDependency, match=rf"pip install 'talkwire\[{kind}\]'"):
        check(kind)


def test_a_first_start_builds_and_a_second_does_not(card: Card) -> None:
    said: list[tuple[str, float]] = []
    first = open_engines(GRAPHS, say=lambda what, share: said.append((what, share)))
    assert first.kind is Kind.trt_rtx and "RTX 4090" in first.where and first.passed_over == ()
    assert card.built == [("sm89",)] * len(GRAPHS)
    assert said[0] == (f"trt-rtx: {next(iter(GRAPHS))}", 0.0) and said[-1] == ("trt-rtx", 1.0)
    runs(first)
    assert card.tensorrt.kernels == []
    runs(open_engines(GRAPHS, npcs=8))
    assert len(card.built) == len(GRAPHS)
    assert card.tensorrt.kernels == [b"compiled kernels"] * len(GRAPHS), "nor compiles again"


def test_another_card_builds_its_own(card: Card, driver: Driver) -> None:
    open_engines(GRAPHS)
    driver(RTX.replace("4090", "5090").replace("8.9", "12.0"))
    open_engines(GRAPHS)
    assert card.built[-1] == ("sm120",) and len(card.built) == 2 * len(GRAPHS)


@pytest.mark.parametrize("damage", [b"", b"{}\nnot an engine"])
def test_a_damaged_entry_is_built_anew(card: Card, cache: Path, damage: bytes) -> None:
    open_engines(GRAPHS)
    for path in cache.iterdir():
        path.write_bytes(damage)
    runs(open_engines(GRAPHS))
    assert len(card.built) == 2 * len(GRAPHS)


def test_a_whole_entry_that_the_card_refuses_is_built_anew(
    card: Card, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(engines, "build", lambda graph, targets, **_: b"of a driver that was there before")
        assert open_engines(GRAPHS).kind is Kind.onnx
    runs(open_engines(GRAPHS, Kind.trt_rtx))
    assert "a kept engine is built anew" in caplog.text


def test_a_folder_that_cannot_be_written_is_said_and_is_no_reason_to_stop(
    card: Card, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("in the way")
    runs(open_engines(GRAPHS, Kind.trt_rtx))
    assert "an engine cannot be kept" in caplog.text and "TALKWIRE_CACHE" in caplog.text


def test_a_full_card_gives_way_to_the_cpu_or_is_an_error(card: Card) -> None:
    card.room = 1000
    found = open_engines(GRAPHS)
    assert found.kind is Kind.onnx and "out of memory" in found.passed_over[0]
    with pytest.raises(EngineError, match="fewer --npcs"):
        open_engines(GRAPHS, Kind.trt_rtx)


def test_a_graph_that_is_refused_gives_way_or_is_an_error(card: Card) -> None:
    card.refuses = "BitwiseXor"
    found = open_engines(GRAPHS)
    assert found.kind is Kind.onnx and "saw BitwiseXor" in found.passed_over[0]
    with pytest.raises(EngineError, match="BitwiseXor"):
        open_engines(GRAPHS, Kind.trt_rtx)


def test_an_engine_that_gives_something_else_is_not_taken(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Off(engines.TensorRTEngine):
        def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
            return {name: value + np.float32(0.03) for name, value in super().run(feeds).items()}

    monkeypatch.setattr(engines, "TensorRTEngine", Off)
    with pytest.raises(EngineError, match=r"gives something else than on the CPU: saw vertices off by 0.03"):
        open_engines(GRAPHS, Kind.trt_rtx)
    assert open_engines(GRAPHS).kind is Kind.onnx


def test_when_the_card_fails_later_the_cpu_goes_on(card: Card, caplog: pytest.LogCaptureFixture) -> None:
    found = open_engines(GRAPHS)
    card.tensorrt.fails = True
    runs(found)
    assert caplog.text.count("goes on on the CPU") == len(GRAPHS)
    asked = open_engines(GRAPHS, Kind.onnx)
    assert not isinstance(next(iter(asked.by_name.values())), WithSpare)


def test_feeds_that_do_not_fit_are_refused_and_the_card_goes_on(
    card: Card, caplog: pytest.LogCaptureFixture
) -> None:
    found = open_engines(GRAPHS)
    for engine in found.by_name.values():
        with pytest.raises(EngineError, match="refuses its feeds"):
            engine.run({})
    before = len(card.tensorrt.shapes)
    runs(found)
    assert "on the CPU" not in caplog.text and len(card.tensorrt.shapes) > before


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("kind", [Kind.onnx, Kind.torch])
def test_forms_agree_on_the_cpu(driver: Driver, kind: Kind, precision: Precision) -> None:
    pytest.importorskip("torch", reason="pip install 'talkwire[train]'")
    found = open_engines(GRAPHS, kind, precision=precision, npcs=3)
    assert str(precision) in found.where
    assert set(found.by_name) == set(GRAPHS)


@pytest.mark.parametrize("npcs", [0, -1, 5000])
def test_absurd_numbers_of_npcs_are_refused(npcs: int) -> None:
    with pytest.raises(EngineError, match="so many NPCs"):
        open_engines(GRAPHS, npcs=npcs)


def test_importing_the_engine_calls_nobody() -> None:
    """ONNX Runtime looks up a server of its makers when it is imported, unless this is said before."""
    words = "import talkwire.runtime.engine_onnx, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    clean = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", words]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
