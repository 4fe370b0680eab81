"""An imitation of a CUDA card and of TensorRT's interface: device memory is the host's, engines are ONNX's.

It proves how the project uses that interface (shapes, addresses, what is copied when), and nothing of a card.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime

from talkwire.runtime.cuda_memory import Buffer
from talkwire.runtime.errors import EngineError

SMI = """#!/bin/sh
{body}
"""


def driver(folder: Path, says: str = "", *, exit_code: int = 0) -> str:
    """A PATH on which nvidia-smi is a program that says this."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(SMI.format(body=f"cat <<'END'\n{says}\nEND\nexit {exit_code}"))
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


class Device:
    """The memory of a card, as far as it reaches."""

    def __init__(self, room: int = 1 << 40) -> None:
        self.room, self.stream, self.buffers = room, 7, list[Any]()
        self.copied = 0

    def buffer(self, size: int) -> Buffer:
        self.room -= size
        if self.room < 0:
            raise EngineError(
                "the card refuses its work", seen="out of memory", wanted="memory", cure="fewer --npcs"
            )
        self.buffers.append(np.full(size, 0xAB, np.uint8))  # what was there before
        return Buffer(np.full(size, 0xCD, np.uint8), self.buffers[-1].ctypes.data)

    def upload(self, buffer: Buffer, size: int) -> None:
        self.copied += size
        ctypes.memmove(buffer.address, buffer.host.ctypes.data, size)

    def download(self, buffer: Buffer, size: int) -> None:
        self.copied += size
        ctypes.memmove(buffer.host.ctypes.data, buffer.address, size)

    def wait(self) -> None:
        """Nothing is under way."""


class Library:
    """As much of tensorrt_rtx as an engine's run needs. A plan is an ONNX file."""

    Logger = type("Logger", (), {"ERROR": 1, "__init__": lambda self, level: None})
    TensorIOMode = SimpleNamespace(INPUT="in", OUTPUT="out")
    CudaGraphStrategy = SimpleNamespace(WHOLE_GRAPH_CAPTURE="whole")

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.shapes, self.kernels = fails, list[int](), list[bytes]()

    def Runtime(self, logger: Any) -> Any:  # noqa: N802
        return SimpleNamespace(deserialize_cuda_engine=self._load)

    def nptype(self, kind: str) -> type:
        return {"tensor(float)": np.float32}[kind]

    def _load(self, plan: bytes) -> Any:
        try:
            return _Engine(self, onnxruntime.InferenceSession(plan, providers=["CPUExecutionProvider"]))
        except Exception:
            return None


class _Engine:
    def __init__(self, library: Library, session: Any) -> None:
        self.tensorrt, self.session = library, session
        self.tensors = {
            tensor.name: (mode, tensor)
            for mode, tensors in (("in", session.get_inputs()), ("out", session.get_outputs()))
            for tensor in tensors
        }
        self.num_io_tensors = len(self.tensors)

    def get_tensor_name(self, number: int) -> str:
        return list(self.tensors)[number]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        shape = self.tensors[name][1].shape
        return tuple(size if isinstance(size, int) else -1 for size in shape)

    def get_tensor_dtype(self, name: str) -> str:
        return str(self.tensors[name][1].type)

    def get_tensor_mode(self, name: str) -> str:
        return self.tensors[name][0]

    def create_runtime_config(self) -> Any:
        return _Config(self.tensorrt)

    def create_execution_context(self, config: Any) -> Any:
        assert config.cuda_graph_strategy == "whole"
        return _Context(self)


class _Config:
    cuda_graph_strategy: str | None = None

    def __init__(self, library: Library) -> None:
        self.tensorrt = library

    def create_runtime_cache(self) -> Any:
        known = self.tensorrt.kernels
        return SimpleNamespace(deserialize=known.append, serialize=lambda: b"compiled kernels")

    def set_runtime_cache(self, cache: Any) -> bool:
        return True


class _Context:
    def __init__(self, engine: _Engine) -> None:
        self.engine, self.addresses, self.shapes = engine, dict[str, int](), dict[str, tuple[int, ...]]()

    def set_tensor_address(self, name: str, address: int) -> None:
        self.addresses[name] = address

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shapes[name] = shape
        self.engine.tensorrt.shapes.append(shape[0])
        return True

    def execute_async_v3(self, stream: int) -> bool:
        if self.engine.tensorrt.fails:
            return False
        feeds = {name: _at(self.addresses[name], shape) for name, shape in self.shapes.items()}
        outputs = [tensor.name for tensor in self.engine.session.get_outputs()]
        for name, value in zip(outputs, self.engine.session.run(outputs, feeds), strict=True):
            _at(self.addresses[name], value.shape)[:] = value
        return True


def _at(address: int, shape: tuple[int, ...]) -> Any:
    size = 4 * int(np.prod(shape))
    return np.frombuffer((ctypes.c_uint8 * size).from_address(address), np.float32).reshape(shape)
