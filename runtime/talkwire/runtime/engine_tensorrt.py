"""Built engines behind the engine seam: TensorRT for RTX, or the full TensorRT, whose interfaces agree here.

Buffers are allocated once, for the most NPCs; what is fed goes through pinned memory; a call of n NPCs is
made as one of the next power of two, so that a handful of shapes is all that the library ever specialises
for. It has never met a card: tests run on an imitation of one, that computes by ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from talkwire.runtime.cuda_memory import Buffer, Device
from talkwire.runtime.engine import Array
from talkwire.runtime.errors import EngineError


class TensorRTEngine:
    """An engine with its execution context, for 1 to `npcs` NPCs a call; more are several calls."""

    def __init__(
        self,
        plan: bytes,
        library: Any,
        device: Device,
        metadata: Mapping[str, str],
        *,
        name: str,
        npcs: int,
        kernels: bytes = b"",
    ) -> None:
        """plan: as `engine_build.build` made it, with this library.  metadata: of the graph it was made of.
        kernels: what `kernels` gave after an earlier run; refused in silence where they do not fit.

        Raises EngineError when the library does not take the plan on this card, or memory is short.
        """
        self.metadata, self._name, self._npcs, self._device = metadata, name, npcs, device
        self._runtime = library.Runtime(library.Logger(library.Logger.ERROR))
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise self._refusal("an engine that does not load here", "an engine of this card and library")
        self._context, self._cache = _context(library, self._engine, kernels)
        if self._context is None:
            raise self._refusal("no memory for its context", "room on the card; give fewer --npcs")
        self._tensors = {tensor.name: tensor for tensor in self._bind(library)}
        self._shaped = 0

    @property
    def kernels(self) -> bytes:
        """What was compiled for this card as it ran, to be spared that next time; nothing where the library
        compiles beforehand.
        """
        return b"" if self._cache is None else bytes(self._cache.serialize())

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Evaluate it for all NPCs in the feeds, the first axis of each but of those that all NPCs share."""
        inputs = {name: tensor for name, tensor in self._tensors.items() if tensor.fed}
        if feeds.keys() != inputs.keys() or any(
            feeds[name].shape[1:] != tensor.row
            or feeds[name].dtype != tensor.dtype
            or len(feeds[name]) != (tensor.shared or len(feeds[name]))
            for name, tensor in inputs.items()
        ):
            raise EngineError(
                f"{self._name} refuses its feeds",
                seen={name: f"{value.dtype}{list(value.shape)}" for name, value in feeds.items()},
                wanted={n: f"{t.dtype}{[t.shared or 'N', *t.row]}" for n, t in inputs.items()},
                cure="feed what the graph declares",
            )
        shared = {name for name, tensor in inputs.items() if tensor.shared}
        count = next(len(value) for name, value in feeds.items() if name not in shared)
        parts = [
            self._run_some(
                {n: value if n in shared else value[first : first + self._npcs] for n, value in feeds.items()}
            )
            for first in range(0, count, self._npcs)
        ]
        return (
            parts[0]
            if len(parts) == 1
            else {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
        )

    def _run_some(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        count = next(len(value) for name, value in feeds.items() if not self._tensors[name].shared)
        padded = min(self._npcs, 1 << (count - 1).bit_length())
        for name, value in feeds.items():
            tensor = self._tensors[name]
            rows = tensor.shared or padded
            tensor.rows(rows)[: len(value)] = value
            tensor.rows(rows)[len(value) :] = 0
            self._device.upload(tensor.buffer, rows * tensor.row_bytes)
        self._shape(padded)
        if not self._context.execute_async_v3(self._device.stream):
            self._shaped = 0
            raise self._refusal("a call that fails", "a card with room and a driver that fits")
        outputs = [tensor for tensor in self._tensors.values() if not tensor.fed]
        for tensor in outputs:
            self._device.download(tensor.buffer, count * tensor.row_bytes)
        self._device.wait()
        return {tensor.name: tensor.rows(count).copy() for tensor in outputs}

    def _shape(self, count: int) -> None:
        if count == self._shaped:
            return
        self._shaped = 0
        for tensor in self._tensors.values():
            rows = tensor.shared or count
            if tensor.fed and not self._context.set_input_shape(tensor.name, (rows, *tensor.row)):
                raise self._refusal(f"{count} NPCs a call", f"1 to {self._npcs}")
        self._shaped = count

    def _bind(self, library: Any) -> list[_Tensor]:
        bound = []
        for number in range(self._engine.num_io_tensors):
            name = self._engine.get_tensor_name(number)
            first, *row = self._engine.get_tensor_shape(name)
            shared = max(0, first)
            if min(row, default=1) < 0:
                raise self._refusal(
                    f"{name} {list(row)} of unknown size", "only the number of NPCs left open"
                )
            dtype = np.dtype(library.nptype(self._engine.get_tensor_dtype(name)))
            fed = self._engine.get_tensor_mode(name) == library.TensorIOMode.INPUT
            row_bytes = dtype.itemsize * int(np.prod(row, dtype=int))
            buffer = self._device.buffer((shared or self._npcs) * row_bytes)
            self._context.set_tensor_address(name, buffer.address)
            bound.append(_Tensor(name, fed, tuple(row), dtype, row_bytes, buffer, shared))
        return bound

    def _refusal(self, seen: str, wanted: str) -> EngineError:
        return EngineError(
            f"{self._name} cannot be run by TensorRT", seen=seen, wanted=wanted, cure="use --engine onnx"
        )


def _context(library: Any, engine: Any, kernels: bytes) -> tuple[Any, Any]:
    """With the library's own CUDA graphs and cache of kernels, where it has them (TensorRT for RTX)."""
    strategies = getattr(library, "CudaGraphStrategy", None)
    if strategies is None:
        return engine.create_execution_context(), None
    config = engine.create_runtime_config()
    config.cuda_graph_strategy = strategies.WHOLE_GRAPH_CAPTURE
    cache = config.create_runtime_cache()
    if kernels:
        cache.deserialize(kernels)
    config.set_runtime_cache(cache)
    return engine.create_execution_context(config), cache


@dataclass(frozen=True, slots=True)
class _Tensor:
    """row: shape of one NPC's.  shared: rows that all NPCs have in common; 0 where each has its own."""

    name: str
    fed: bool
    row: tuple[int, ...]
    dtype: npt.DTypeLike
    row_bytes: int
    buffer: Buffer
    shared: int = 0

    def rows(self, count: int) -> Array:
        """The host's copy of the first NPCs'."""
        return self.buffer.host[: count * self.row_bytes].view(self.dtype).reshape(count, *self.row)
