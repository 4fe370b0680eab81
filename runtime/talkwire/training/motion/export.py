"""Trained networks to the graphs that `talkwire.runtime` runs, with what they are written inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from talkwire.runtime.ear import N_MELS
from talkwire.runtime.engine import Array, Engine, FunctionEngine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32
from talkwire.runtime.voices import Voices
from talkwire.training.motion.network import (
    LOOK_AHEAD_STEPS,
    ROWS_PER_STEP,
    STATE_SIZE,
    STEP_HZ,
    Motion,
)
from talkwire.training.motion.streaming import RING, RINGS
from talkwire.training.motion.whole import Whole
from talkwire.training.onnx_export import in_8_bits, to_onnx

TOLERANCE: Final = 1e-4  # of a weight in [0, 1], torch against the graph before it is rounded
ROUNDED_TOLERANCE: Final = 0.02  # of the 99th percentile, in 8 bits
WINDOW_STEPS: Final = 500  # that a whole line is heard in
CREDIT: Final = (
    "trained on the GRID corpus, speaker 1 (Cooke, Barker, Cunningham and Shao, JASA 2006), CC BY 4.0, "
    "and on sentences synthesised with CMU Flite and eSpeak NG"
)
HEARD: Final = "; hears through the encoder of Whisper tiny.en (OpenAI, MIT)"
STRANGERS: Final = (
    ", with Festival's Czech, Finnish, Catalan and American voices, and on Russian prompts "
    "(Maxim Topal, ivrvoice.ru, CC BY 3.0); its ear began as layers of Whisper tiny.en (OpenAI, MIT)"
)


class _Step(nn.Module):
    def __init__(self, network: Motion) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        rows: Tensor,
        state: Tensor,
        key_0: Tensor,
        value_0: Tensor,
        key_1: Tensor,
        value_1: Tensor,
        key_2: Tensor,
        value_2: Tensor,
    ) -> tuple[Tensor, ...]:  # torch.export wants each feed by its name
        return self.network.step(rows, state, key_0, value_0, key_1, value_1, key_2, value_2)


class _Line(nn.Module):
    def __init__(self, network: Whole) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Tensor) -> Tensor:
        return self.network.bake(rows)


def export(
    network: Motion | Whole, path: Path, about: Mapping[str, Any], heard: Float32 | None = None
) -> float:
    """Write the graph beside `path`, check it against torch, rename. Returns the difference between them.

    about: what else the metadata should say (seed, figures).  heard: rows [N, T, 2, 80] of all that a network
    may hear, to round by and to compare with; by default noise.  Raises TrainingError when the graph and
    torch differ by more than their tolerance.
    """
    about = _declared(network) | {key: json.dumps(value) for key, value in about.items()}
    heard = _noise() if heard is None else heard
    if isinstance(network, Whole):
        windows = _windows(heard)
        exact = to_onnx(
            _Line(network.eval()), {"rows": torch.from_numpy(windows[[0, 0]])}, ["weights"], about
        )
        _check(float(compare_whole(network, exact, windows).max()), TOLERANCE)
        graph = in_8_bits(exact, [{"rows": rows[None]} for rows in windows])
        difference = float(np.percentile(compare_whole(network, graph, windows), 99))
    else:
        exact = _steps_to_onnx(network, about)
        _check(float(compare(network, exact, heard).max()), TOLERANCE)
        graph = in_8_bits(exact, _calls(exact, heard))
        difference = float(np.percentile(compare(network, graph, heard), 99))
    _check(difference, ROUNDED_TOLERANCE)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(graph)
    partial.replace(path)
    return difference


def _check(difference: float, most: float) -> None:
    if not difference <= most:
        raise TrainingError(
            "the exported graph is not the network",
            seen=f"weights that differ by {difference:.1e}",
            wanted=f"at most {most:.0e}",
            cure="check the versions of torch and onnxscript",
        )


def _windows(heard: Float32) -> Float32:
    """[K, 2 WINDOW_STEPS, 80]: all that is heard one after the other, again until a window is full."""
    stream = heard.reshape(-1, N_MELS)
    length = WINDOW_STEPS * ROWS_PER_STEP
    count = max(1, len(stream) // length)
    return np.resize(stream, (count, length, N_MELS))


def _noise() -> Float32:
    return np.random.default_rng(0).normal(-4, 4, (3, 40, ROWS_PER_STEP, N_MELS)).astype(np.float32)


def _steps_to_onnx(network: Motion, about: Mapping[str, Any]) -> bytes:
    example = _voices(FunctionEngine(dict, about), 2).feeds(_noise()[:2, 0], slice(2))
    feeds = {name: torch.from_numpy(value) for name, value in example.items()}
    outputs = ["weights", "next_state", *(f"new_{name}" for name in RINGS)]
    return to_onnx(_Step(network.eval()), feeds, outputs, about, batch="voices")


def _calls(graph: bytes, heard: Float32) -> list[dict[str, Array]]:
    """What the graph is fed with, step by step."""
    voices, calls = _voices(OnnxEngine(graph), len(heard)), []
    for rows in heard.swapaxes(0, 1):
        calls.append(voices.feeds(rows, np.arange(len(rows))))
        voices.step(rows, range(len(rows)))
    return calls


def _voices(engine: Engine, count: int) -> Voices:
    voices = Voices(engine)
    for _ in range(count):
        voices.join()
    return voices


@torch.no_grad()
def compare(network: Motion, graph: bytes, heard: Float32) -> Float32:
    """[N, T, 52] differences in weights, torch's steps against the graph's."""

    def steps(rows: Array, state: Array, **rings: Array) -> dict[str, Array]:
        feeds = [torch.from_numpy(value) for value in (rows, state, *rings.values())]
        weights, following, *kept = (value.numpy() for value in network.step(*feeds))
        return {"weights": weights, "next_state": following} | {
            f"new_{name}": value for name, value in zip(rings, kept, strict=True)
        }

    ours = _voices(FunctionEngine(steps, _declared(network)), len(heard))
    theirs, each = _voices(OnnxEngine(graph), len(heard)), range(len(heard))
    return np.stack([np.abs(ours.step(x, each) - theirs.step(x, each)) for x in heard.swapaxes(0, 1)], axis=1)


@torch.no_grad()
def compare_whole(network: Whole, graph: bytes, windows: Float32) -> Float32:
    """[K, T, 52] differences in weights, torch against the graph."""
    engine = OnnxEngine(graph)
    baked = [engine.run({"rows": rows[None]})["weights"][0] for rows in windows]
    return np.stack(
        [
            np.abs(network.bake(torch.from_numpy(rows[None]))[0].numpy() - weights)
            for rows, weights in zip(windows, baked, strict=True)
        ]
    )


def _declared(network: Motion | Whole) -> dict[str, str]:
    live = {
        "look_ahead_steps": str(LOOK_AHEAD_STEPS),
        "state_size": str(STATE_SIZE),
        "rings": json.dumps(dict.fromkeys(RINGS, RING)),
    }
    whole = {"window_steps": str(WINDOW_STEPS)}
    return {
        "step_hz": str(STEP_HZ),
        "rows_per_step": str(ROWS_PER_STEP),
        **(whole if isinstance(network, Whole) else live),
        "weights": "ARKit-52 in Apple's order, [0, 1]",
        "training_data": CREDIT + (HEARD if isinstance(network, Whole) else STRANGERS),
        "version": "1",
    }
