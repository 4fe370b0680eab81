"""The trained network to the graph that `talkwire.runtime.mind` runs, with what it is written inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from talkwire.runtime.ear import N_MELS
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import TrainingError
from talkwire.training.motion.network import (
    LOOK_AHEAD_STEPS,
    ROWS_PER_STEP,
    STATE_SIZE,
    STEP_HZ,
    Motion,
)
from talkwire.training.onnx_export import to_onnx

TOLERANCE: Final = 1e-4  # of a weight in [0, 1], torch against the exported graph
CREDIT: Final = (
    "trained on the GRID corpus, speaker 1 (Cooke, Barker, Cunningham and Shao, JASA 2006), CC BY 4.0, "
    "and on sentences synthesised with CMU Flite"
)


class _Step(nn.Module):
    def __init__(self, network: Motion) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.step(rows, state)


def export(network: Motion, path: Path, about: Mapping[str, Any]) -> float:
    """Write the graph beside `path`, check it against torch, rename. Returns the largest difference.

    about: what else the metadata should say (seed, figures). Raises TrainingError when the graph and torch
    differ by more than TOLERANCE over 40 steps.
    """
    example = {"rows": torch.zeros(2, ROWS_PER_STEP, N_MELS), "state": torch.zeros(2, STATE_SIZE)}
    about = {**_declared(), **{key: json.dumps(value) for key, value in about.items()}}
    graph = to_onnx(_Step(network.eval()), example, ["weights", "next_state"], about, batch="voices")
    difference = compare(network, graph)
    if not difference <= TOLERANCE:
        raise TrainingError(
            "the exported graph is not the network",
            seen=f"weights that differ by {difference:.1e}",
            wanted=f"at most {TOLERANCE:.0e}",
            cure="check the versions of torch and onnxscript",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(graph)
    partial.replace(path)
    return difference


@torch.no_grad()
def compare(network: Motion, graph: bytes, *, voices: int = 3, steps: int = 40, seed: int = 0) -> float:
    """The largest difference in weights, torch's step against the graph's, over a run of random rows."""
    rng, engine = np.random.default_rng(seed), OnnxEngine(graph)
    state = theirs = np.zeros((voices, STATE_SIZE), np.float32)
    largest = 0.0
    for _ in range(steps):
        rows = rng.normal(-4, 4, (voices, ROWS_PER_STEP, N_MELS)).astype(np.float32)
        out = engine.run({"rows": rows, "state": theirs})
        theirs = out["next_state"]
        weights, following = network.step(torch.from_numpy(rows), torch.from_numpy(state))
        state = following.numpy()
        largest = max(largest, float(np.abs(weights.numpy() - out["weights"]).max()))
    return largest


def _declared() -> dict[str, str]:
    return {
        "step_hz": str(STEP_HZ),
        "rows_per_step": str(ROWS_PER_STEP),
        "look_ahead_steps": str(LOOK_AHEAD_STEPS),
        "state_size": str(STATE_SIZE),
        "state_shape": json.dumps(["voices", STATE_SIZE]),
        "weights": "ARKit-52 in Apple's order, [0, 1]",
        "training_data": CREDIT,
        "version": "0",
    }
