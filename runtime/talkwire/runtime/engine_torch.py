"""torch behind the engine seam: what the other engines are measured against, and networks on a card.

A graph is walked node by node (`torch_walk`), each an operation of `torch_ops`: nothing is fused, rounded or
approximated that the graph does not say, so what comes out is what ONNX's specification means. On CUDA the
walk is recorded for a shape of feeds and then replayed (CUDA graphs). That part has never run on a card:
there was none.

Serving needs no torch: it is imported when such an engine is made, here and by `torch_walk`, `torch_ops` and
`torch_layers`, which nobody else imports. How many threads it takes is torch's own affair: set
OMP_NUM_THREADS=1 where ONNX Runtime would get one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import numpy as np

from talkwire.runtime.engine import Array
from talkwire.runtime.errors import EngineError, missing
from talkwire.runtime.graph_forms import PlainGraph, plain

MOST_RECORDINGS: Final = 8  # a card's memory is for networks; 1 to 128 NPCs are eight sizes
WARM_UPS: Final = 2  # libraries choose their kernels and take their memory, which a recording must not

Values = Mapping[str, Any]  # name -> torch.Tensor
Walk = Callable[[Values], dict[str, Any]]


class TorchEngine:
    """A graph on torch: `cpu`, `cuda` or `cuda:1`, in whichever of its forms it comes."""

    def __init__(self, graph: bytes, *, name: str = "graph", device: str = "cpu") -> None:
        """Raises EngineError for bytes that are no graph, an operation that is not in the table, a device
        that is not there or has not enough memory; MissingDependency without torch or onnx.
        """
        torch = _library()
        self._name, self._graph = name, plain(graph, name=name)
        self._torch, self._device = torch, _device(torch, device)
        self.metadata: Mapping[str, str] = self._graph.metadata
        with torch.inference_mode(), self._refusals(self._no_network):
            from talkwire.runtime.torch_walk import Network

            walk = Network(self._graph, self._device)
            self._run = RUNNERS[self._device.type](torch, walk, self._device)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Evaluate the graph once. Raises EngineError for feeds that do not fit, or too many for the card."""
        refusal = partial(self._no_fit, feeds)
        if not _fits(feeds, self._graph):
            raise refusal("names, types or shapes")
        with self._torch.inference_mode(), self._refusals(refusal):
            found: dict[str, Array] = self._run(feeds)
        return found

    @contextmanager
    def _refusals(self, refusal: Callable[[str], EngineError]) -> Iterator[None]:
        try:
            yield
        except self._torch.OutOfMemoryError as error:
            raise EngineError(
                f"{self._name} finds no room on {self._device}",
                seen=_first_line(error),
                wanted="free memory for all NPCs of a call",
                cure="serve fewer --npcs, or use --engine onnx",
            ) from None
        except (RuntimeError, LookupError, ValueError) as error:  # what torch has for shapes, axes and types
            raise refusal(_first_line(error)) from None

    def _no_network(self, why: str) -> EngineError:
        return EngineError(
            f"{self._name} cannot be loaded",
            seen=why,
            wanted="a graph that torch can run",
            cure="use --engine onnx, or export the graph again",
        )

    def _no_fit(self, feeds: Mapping[str, Array], why: str) -> EngineError:
        return EngineError(
            f"{self._name} refuses its feeds ({why})",
            seen={name: f"{value.dtype}{list(value.shape)}" for name, value in feeds.items()},
            wanted={name: str(declared) for name, declared in self._graph.feeds.items()},
            cure="feed what the graph declares",
        )


class _Eager:
    """The walk as it is, for a CPU."""

    def __init__(self, torch: Any, walk: Walk, device: Any) -> None:
        self._torch, self._walk = torch, walk

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        given = {name: self._torch.from_numpy(_writeable(value)) for name, value in feeds.items()}
        # copied: an output may be a part of a feed
        return {name: np.array(value.numpy(), order="C") for name, value in self._walk(given).items()}


class _Recorded:
    """The walk on a card, recorded for numbers of NPCs that are powers of two: NPCs come and go.

    The first axis of every feed and output is NPCs. Rows that no NPC is in hold what an earlier call left.
    """

    def __init__(self, torch: Any, walk: Walk, device: Any) -> None:
        self._torch, self._walk, self._device = torch, walk, device
        self._recordings: dict[tuple[tuple[int, ...], ...], _Recording] = {}

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        feeds = {name: feeds[name] for name in sorted(feeds)}
        room = {name: (_power_of_two(len(value)), *value.shape[1:]) for name, value in feeds.items()}
        shapes = tuple(room.values())
        with self._torch.cuda.device(self._device):
            recording = self._recordings.pop(shapes, None)
            if recording is None:
                while len(self._recordings) >= MOST_RECORDINGS:
                    del self._recordings[next(iter(self._recordings))]  # the one that waited longest
                recording = _Recording(self._torch, self._walk, self._device, room, feeds)
            self._recordings[shapes] = recording
            return recording(feeds)


class _Recording:
    """One shape of feeds: pinned memory to write, the card's own, the walk on it, pinned memory to read."""

    def __init__(
        self,
        torch: Any,
        walk: Walk,
        device: Any,
        room: Mapping[str, tuple[int, ...]],
        like: Mapping[str, Array],
    ) -> None:
        self._stream = torch.cuda.Stream(device)
        self._written = {
            name: _pinned(torch, shape, torch.from_numpy(_writeable(like[name])).dtype).zero_()
            for name, shape in room.items()
        }
        self._fed = {name: pinned.to(device) for name, pinned in self._written.items()}
        self._stream.wait_stream(torch.cuda.current_stream())
        # TF32 keeps ten binary digits of a product: this is what others are measured against
        with torch.cuda.stream(self._stream), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            for _ in range(WARM_UPS):
                walk(self._fed)
            self._stream.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=self._stream):
                self._found = {name: value.contiguous() for name, value in walk(self._fed).items()}
            self._read = {
                name: _pinned(torch, value.shape, value.dtype) for name, value in self._found.items()
            }
        self._torch = torch

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        with self._torch.cuda.stream(self._stream):
            for name, value in feeds.items():
                self._written[name].numpy()[: len(value)] = value
                self._fed[name].copy_(self._written[name], non_blocking=True)
            self._graph.replay()
            for name, value in self._found.items():
                self._read[name].copy_(value, non_blocking=True)
        self._stream.synchronize()
        rows = len(next(iter(feeds.values())))
        return {name: value.numpy()[:rows].copy() for name, value in self._read.items()}


def _pinned(torch: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    return torch.empty(shape, dtype=dtype, pin_memory=True)


RUNNERS: Final[Mapping[str, Callable[..., Any]]] = {"cpu": _Eager, "cuda": _Recorded}


def version() -> str:
    """Of torch. Raises MissingDependency."""
    return str(_library().__version__)


def _library() -> Any:
    try:
        import torch
    except ImportError:
        raise missing("torch", extra="torch", need="the torch engine") from None
    return torch


def _device(torch: Any, device: str) -> Any:
    """torch's device of this name, tried. Raises EngineError where there is none."""
    try:
        found = torch.device(device)
        torch.zeros(1, device=found)
        known = found.type in RUNNERS
        said = f"torch {torch.__version__} has it, but this engine does not"
    except (RuntimeError, AssertionError) as error:  # the latter where torch was built without CUDA
        known, said = False, _first_line(error)
    if not known:
        raise EngineError(
            f"there is no device {device!r}",
            seen=said,
            wanted=" or ".join(RUNNERS),
            cure="use --engine onnx, or install torch for CUDA where there is a card",
        )
    return found


def _fits(feeds: Mapping[str, Array], graph: PlainGraph) -> bool:
    """Names, types and lengths of axes are those declared, and axes of one name have one length."""
    if feeds.keys() != graph.feeds.keys():
        return False
    lengths: dict[int | str, int] = {}
    for name, declared in graph.feeds.items():
        value = feeds[name]
        if value.dtype != declared.dtype or value.ndim != len(declared.shape):
            return False
        for length, axis in zip(value.shape, declared.shape, strict=True):
            if length != (axis if isinstance(axis, int) else lengths.setdefault(axis, length)):
                return False
    return True


def _writeable(value: Array) -> Array:
    """As torch wants memory; it is not written to."""
    return np.require(value, requirements=("C", "W"))


def _power_of_two(count: int) -> int:
    return 1 << max(count - 1, 0).bit_length()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:160]
