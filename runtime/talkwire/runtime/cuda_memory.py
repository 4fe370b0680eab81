"""Memory of a CUDA card and the way to it: what engines that take device addresses need, and no more.

The only importer of cuda.bindings. It has never met a card: tests run on an imitation of one.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import EngineError, missing


@dataclass(frozen=True, slots=True)
class Buffer:
    """The same bytes twice.  host: [bytes] uint8, pinned.  address: of those on the card."""

    host: npt.NDArray[np.uint8]
    address: int


class Device(Protocol):
    """A card with one stream of work. Its memory lives until the process ends, as its engines do."""

    @property
    def stream(self) -> int:
        """The handle that engines are given."""
        ...

    def buffer(self, size: int) -> Buffer:
        """So many bytes, here and there. Raises EngineError when there are none left."""
        ...

    def upload(self, buffer: Buffer, size: int) -> None:
        """The first bytes to the card, after what was asked of it before."""
        ...

    def download(self, buffer: Buffer, size: int) -> None:
        """The first bytes back; they are there after `wait`."""
        ...

    def wait(self) -> None:
        """Until all that was asked is done. Raises EngineError when any of it failed."""
        ...


class CudaDevice:
    """The first card, by CUDA's runtime."""

    def __init__(self) -> None:
        """Raises EngineError when the driver is absent or too old, MissingDependency without the library."""
        self._cuda = _library()
        self._do("cudaSetDevice", 0)
        self.stream = int(self._do("cudaStreamCreate"))
        self._to, self._from = (
            self._cuda.cudaMemcpyKind.cudaMemcpyHostToDevice,
            self._cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost,
        )

    def buffer(self, size: int) -> Buffer:
        """See Device."""
        address = int(self._do("cudaMalloc", size))
        pinned = int(self._do("cudaHostAlloc", size, 0))
        return Buffer(np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(pinned)), address)

    def upload(self, buffer: Buffer, size: int) -> None:
        """See Device."""
        self._do("cudaMemcpyAsync", buffer.address, buffer.host.ctypes.data, size, self._to, self.stream)

    def download(self, buffer: Buffer, size: int) -> None:
        """See Device."""
        self._do("cudaMemcpyAsync", buffer.host.ctypes.data, buffer.address, size, self._from, self.stream)

    def wait(self) -> None:
        """See Device."""
        self._do("cudaStreamSynchronize", self.stream)

    def _do(self, function: str, *args: Any) -> Any:
        code, *values = getattr(self._cuda, function)(*args)
        if code == self._cuda.cudaError_t.cudaSuccess:
            return values[0] if values else None
        _, why = self._cuda.cudaGetErrorString(code)
        raise EngineError(
            "the card refuses its work",
            seen=f"{function}: {why.decode()}",
            wanted="a driver for CUDA 13 and memory for the engines",
            cure=_CURES.get(code.name, "use --engine onnx"),
        )


_CURES = {
    "cudaErrorInsufficientDriver": "update the NVIDIA driver to 580 or newer, or use --engine onnx",
    "cudaErrorMemoryAllocation": "give fewer --npcs, or close what else uses the card",
    "cudaErrorNoDevice": "look for the card with nvidia-smi, or use --engine onnx",
}


def _library() -> Any:
    try:
        from cuda.bindings import runtime
    except ImportError:
        raise missing("cuda-bindings", extra="trt-rtx", need="running TensorRT engines") from None
    return runtime
