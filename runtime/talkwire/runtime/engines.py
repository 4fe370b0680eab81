"""Which engine runs the networks: the one that was asked for, or the best that really works here.

Works means: each network was loaded and run, and gave what ONNX Runtime on the CPU gives, within what nobody
sees.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np

from talkwire.runtime import engine_cache, engine_torch
from talkwire.runtime.cards import Card, find_card
from talkwire.runtime.cuda_memory import CudaDevice
from talkwire.runtime.engine import Array, Engine
from talkwire.runtime.engine_build import Builder, build, check_npcs
from talkwire.runtime.engine_cache import EngineKey, cache_folder, graph_hash
from talkwire.runtime.engine_onnx import OnnxEngine, check_cuda, version
from talkwire.runtime.engine_tensorrt import TensorRTEngine
from talkwire.runtime.errors import EngineError, TalkwireError
from talkwire.runtime.graph_forms import Precision, in_form

log = logging.getLogger(__name__)

Say = Callable[[str, float], None]  # what is being done, and the share of it that is


class Kind(StrEnum):
    """auto is the first of BEST_FIRST that works."""

    auto = "auto"
    onnx = "onnx"
    onnx_cuda = "onnx-cuda"
    trt_rtx = "trt-rtx"
    tensorrt = "tensorrt"
    torch = "torch"


BEST_FIRST: Final = (Kind.trt_rtx, Kind.tensorrt, Kind.onnx_cuda, Kind.onnx)
KERNELS: Final = ", kernels"  # of a builder's engines, compiled as they ran
RTX_CAPABILITIES: Final = "7.5, 8.x and 12.x"
TOLERANCES: Final = {"weights": 0.02, "vertices": 1e-4, "coefficients": 0.02, "change": 0.004, "rgb": 0.02}
"""Against ONNX Runtime on the CPU: of a whole blendshape; metres; of a basis; of sRGB's range (one level,
five)."""


@dataclass(frozen=True)
class Engines:
    """kind: never auto.  where: library, version, processor, precision.  passed_over: sentences, why better
    ones do not work here.  by_name: an engine for each network.  size: bytes that they were loaded from.
    """

    kind: Kind
    where: str
    passed_over: tuple[str, ...]
    by_name: Mapping[str, Engine]
    size: int


def open_engines(
    graphs: Mapping[str, bytes],
    kind: Kind = Kind.auto,
    *,
    precision: Precision | None = None,
    npcs: int = 32,
    say: Say = lambda what, share: None,
) -> Engines:
    """Engines for these networks. precision: None is what suits the engine.  npcs: at most so many in a call
    of a card.

    Raises EngineError or MissingDependency when the kind that was asked for does not work here. Those of auto
    that run on a card give way to the CPU should the card fail later.
    """
    check_npcs(npcs)
    if kind is not Kind.auto:
        return _open(kind, graphs, precision, npcs, say)
    passed: dict[str, list[Kind]] = {}
    for better in BEST_FIRST[:-1]:
        try:
            found = _open(better, graphs, precision, npcs, say)
        except TalkwireError as error:
            passed.setdefault(str(error), []).append(better)
            continue
        spared = {name: WithSpare(engine, graphs[name], name) for name, engine in found.by_name.items()}
        return Engines(found.kind, found.where, _sentences(passed), spared, found.size)
    found = _open(BEST_FIRST[-1], graphs, precision, npcs, say)
    return Engines(found.kind, found.where, _sentences(passed), found.by_name, found.size)


def check(kind: Kind) -> str:
    """What this kind would run on. Raises EngineError or MissingDependency when it cannot work here."""
    return _KINDS[kind](None, 1).where


class WithSpare:
    """An engine on a card, and the same on the CPU for the day that the card fails."""

    def __init__(self, engine: Engine, graph: bytes, name: str) -> None:
        self._card: Engine | None = engine
        self._graph, self._name, self.metadata = graph, name, engine.metadata

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """On the card while it answers; from its first failure on, on the CPU."""
        if self._card is None:
            return self._spare.run(feeds)
        try:
            return self._card.run(feeds)
        except EngineError as error:
            found = self._spare.run(feeds)  # raises where it was not the card's fault
            log.warning("%s goes on on the CPU: %s", self._name, error)
            self._card = None
            return found

    @cached_property
    def _spare(self) -> Engine:
        return OnnxEngine(self._graph, name=self._name)


def _sentences(passed: Mapping[str, list[Kind]]) -> tuple[str, ...]:
    return tuple(f"{', '.join(kinds)}: {why}" for why, kinds in passed.items())


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a kind runs, and how it makes an engine of a name and a graph: what it loads, and from what.
    proved: told of each that works.
    """

    where: str
    load: Callable[[str, bytes], tuple[Engine, bytes]]
    proved: Callable[[str, bytes, Any], None] = lambda name, graph, engine: None


def _open(
    kind: Kind, graphs: Mapping[str, bytes], precision: Precision | None, npcs: int, say: Say
) -> Engines:
    way, engines, size = _KINDS[kind](precision, npcs), {}, 0
    for number, (name, graph) in enumerate(graphs.items()):
        say(f"{kind}: {name}", number / len(graphs))
        engine, data = way.load(name, graph)
        engines[name], size = engine, size + len(data)
        if kind is not Kind.onnx or precision is not None:
            _prove(name, engine, graph, npcs)
            way.proved(name, graph, engine)
    say(str(kind), 1.0)
    return Engines(kind, way.where, (), engines, size)


def _prove(name: str, engine: Engine, graph: bytes, npcs: int) -> None:
    """For one NPC and for all of them: EngineError when it does not agree with the CPU."""
    reference = OnnxEngine(graph, name=name)
    for count in (1, npcs):
        feeds = reference.sample(count)
        wanted, found = reference.run(feeds), engine.run(feeds)
        for output in TOLERANCES.keys() & wanted.keys():
            gap = float(np.abs(found[output] - wanted[output]).max())
            if not gap <= TOLERANCES[output]:  # a NaN is no agreement either
                raise EngineError(
                    f"{name} gives something else than on the CPU",
                    seen=f"{output} off by {gap:.4g}",
                    wanted=f"at most {TOLERANCES[output]:g}",
                    cure="use another --precision, or --engine onnx",
                )


def _onnx(precision: Precision | None, npcs: int) -> _Way:
    def load(name: str, graph: bytes) -> tuple[Engine, bytes]:
        data = graph if precision is None else in_form(graph, precision)
        return OnnxEngine(data, name=name), data

    return _Way(f"ONNX Runtime {version()} on the CPU, {precision or 'as shipped'}", load)


def _onnx_cuda(precision: Precision | None, npcs: int) -> _Way:
    form, card = precision or Precision.fp16, find_card()
    check_cuda()

    def load(name: str, graph: bytes) -> tuple[Engine, bytes]:
        data = in_form(graph, form)
        return OnnxEngine(data, name=name, cuda=True), data

    return _Way(f"ONNX Runtime {version()} with CUDA on {card}, {form}", load)


def _torch(precision: Precision | None, npcs: int) -> _Way:
    form = precision or Precision.fp32
    try:
        card, device = str(find_card()), "cuda"
    except EngineError:
        card, device = "the CPU", "cpu"

    def load(name: str, graph: bytes) -> tuple[Engine, bytes]:
        data = in_form(graph, form)
        return engine_torch.TorchEngine(data, name=name, device=device), data

    return _Way(f"torch {engine_torch.version()} on {card}, {form}", load)


def _trt_rtx(precision: Precision | None, npcs: int) -> _Way:
    card = find_card()
    if card.capability.split(".")[0] not in ("8", "12") and card.capability != "7.5":
        raise EngineError(
            "TensorRT for RTX does not take this card",
            seen=card,
            wanted=f"compute capability {RTX_CAPABILITIES}",
            cure="use --engine onnx-cuda, or the full TensorRT",
        )
    return _built(Builder.rtx, card, (card.target,), precision or Precision.fp16, npcs)


def _tensorrt(precision: Precision | None, npcs: int) -> _Way:
    card = find_card()
    return _built(Builder.full, card, (card.name,), precision or Precision.fp16, npcs)


def _built(by: Builder, card: Card, targets: tuple[str, ...], form: Precision, npcs: int) -> _Way:
    library, device, folder = by.module, CudaDevice(), cache_folder()

    def key_of(name: str, graph: bytes, what: str = "") -> EngineKey:
        return EngineKey(name, graph_hash(graph), str(form), targets, npcs, by.label + what)

    def load(name: str, graph: bytes) -> tuple[Engine, bytes]:
        key, metadata = key_of(name, graph), OnnxEngine(graph, name=name).metadata
        compiled = engine_cache.find(key_of(name, graph, KERNELS), folder)

        def of(plan: bytes) -> tuple[Engine, bytes]:
            kernels = compiled[1] if compiled else b""
            engine = TensorRTEngine(plan, library, device, metadata, name=name, npcs=npcs, kernels=kernels)
            return engine, plan

        found = engine_cache.find(key, folder)
        if found is not None:
            try:
                return of(found[1])
            except EngineError as error:
                log.warning("a kept engine is built anew: %s", error)
        return of(_kept(key, build(graph, targets, precision=form, npcs=npcs, by=by)))

    def proved(name: str, graph: bytes, engine: TensorRTEngine) -> None:
        key = key_of(name, graph, KERNELS)
        if engine.kernels and engine_cache.find(key, folder) is None:
            _kept(key, engine.kernels)

    return _Way(f"{by.label} on {card}, {form}", load, proved)


def _kept(key: EngineKey, plan: bytes) -> bytes:
    """The plan; where it cannot be kept, it will be built again next time, which is no reason to stop."""
    try:
        engine_cache.keep(key, plan, cache_folder())
    except EngineError as error:
        log.warning("%s", error)
    return plan


_KINDS: Final[Mapping[Kind, Callable[[Precision | None, int], _Way]]] = {
    Kind.onnx: _onnx,
    Kind.onnx_cuda: _onnx_cuda,
    Kind.trt_rtx: _trt_rtx,
    Kind.tensorrt: _tensorrt,
    Kind.torch: _torch,
}
