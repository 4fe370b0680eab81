"""ONNX Runtime behind the engine seam: the only importer of onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # when it is imported it would call its makers
import onnxruntime as ort

from talkwire.runtime.engine import Array
from talkwire.runtime.errors import EngineError, MissingDependency


class OnnxEngine:
    """A graph on ONNX Runtime's CPU provider, or on a card by its CUDA provider.

    One thread and no spinning: one NPC's networks are small, and a server has many of them, so
    parallelism belongs between sessions, not inside one call.
    """

    def __init__(self, graph: bytes, *, name: str = "graph", threads: int = 1, cuda: bool = False) -> None:
        """Raises EngineError when the bytes are no graph, or the card does not take it."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4 if cuda else 3  # what a card refuses is said here, in one sentence
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CUDAExecutionProvider"] * cuda + ["CPUExecutionProvider"]
        try:
            self._session = ort.InferenceSession(graph, options, providers=providers)
        except Exception as error:  # onnxruntime's own exception classes are private to its C++ module
            raise EngineError(
                f"{name} cannot be loaded",
                seen=f"{len(graph)} bytes that ONNX Runtime {ort.__version__} refuses ({_first_line(error)})",
                wanted="an ONNX graph",
                cure="reinstall talkwire, or export the graph again",
            ) from None
        if self._session.get_providers()[0] != providers[0]:  # it falls back without a word
            raise EngineError(
                f"{name} does not run on the card",
                seen=f"ONNX Runtime {ort.__version__} fall back to the CPU",
                wanted="CUDA and cuDNN where it finds them, and a driver that fits them",
                cure="see onnxruntime.ai's CUDA requirements, or use --engine onnx",
            )
        self._name = name
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    @classmethod
    def from_file(cls, path: Path, *, threads: int = 1) -> OnnxEngine:
        """Load a .onnx file. Raises EngineError when it is absent or not a graph."""
        try:
            return cls(path.read_bytes(), name=path.name, threads=threads)
        except OSError as error:
            raise EngineError(
                f"{path.name} cannot be read", seen=error.strerror, wanted="a file", cure="reinstall talkwire"
            ) from None

    def sample(self, npcs: int) -> dict[str, Array]:
        """Feeds for so many NPCs of the declared shapes, in [0, 1): to try an engine with."""
        rng = np.random.default_rng(npcs)
        shapes = {
            feed.name: [size if isinstance(size, int) else npcs for size in feed.shape]
            for feed in self._session.get_inputs()
        }
        return {name: rng.random(shape, np.float32) for name, shape in shapes.items()}

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Evaluate the graph once."""
        try:
            values = self._session.run(self._outputs, dict(feeds))
        except Exception as error:
            shapes = {name: f"{value.dtype}{list(value.shape)}" for name, value in feeds.items()}
            wanted = {i.name: f"{i.type}{i.shape}" for i in self._session.get_inputs()}
            raise EngineError(
                f"{self._name} refuses its feeds ({_first_line(error)})",
                seen=shapes,
                wanted=wanted,
                cure="feed what the graph declares",
            ) from None
        return dict(zip(self._outputs, values, strict=True))


def providers() -> list[str]:
    """The execution providers of the installed ONNX Runtime."""
    return list(ort.get_available_providers())


def version() -> str:
    """Of ONNX Runtime."""
    return str(ort.__version__)


def check_cuda() -> None:
    """Raises MissingDependency when the installed ONNX Runtime has no CUDA in it."""
    if "CUDAExecutionProvider" not in providers():
        raise MissingDependency(
            "ONNX Runtime needs its build for cards",
            seen=f"onnxruntime {version()} for {', '.join(providers())}",
            wanted="onnxruntime-gpu",
            cure="run: pip uninstall -y onnxruntime && pip install onnxruntime-gpu",
        )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
