"""The sound beside a clip: a WAV with exactly the samples that the face moved to."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import ExportError
from talkwire.runtime.spool import blocks
from talkwire.runtime.types import Float32

_PCM: Final = 1
_IEEE_FLOAT: Final = 3
_MOST_BYTES: Final = 2**32 - 1
_BLOCK: Final = 1 << 18


def wav_bytes(samples: Float32, sample_rate_hz: int) -> bytes:
    """The same as `wav_runs` gives, in one piece."""
    return b"".join(wav_runs(samples, sample_rate_hz))


def wav_runs(samples: Float32, sample_rate_hz: int) -> Iterator[bytes]:
    """A mono WAV, run after run: 16-bit or 24-bit PCM when that loses nothing, else 32-bit float.

    samples: [S] float32.  16-bit is what every engine imports; a line that came from a 16-bit file
    is on that grid, so nothing is lost. Source: Microsoft/IBM, Multimedia Programming Interface and
    Data Specifications 1.0 (RIFF WAVE); the fact chunk is what format 3 asks for.  Raises ExportError for
    more than the 4 GB that the format can hold.
    """
    bits = next((bits for bits in (16, 24) if _on_grid(samples, bits)), 32)
    width, code = bits // 8, _IEEE_FLOAT if bits == 32 else _PCM
    form = struct.pack("<HHIIHH", code, 1, sample_rate_hz, sample_rate_hz * width, width, bits)
    chunks = _chunk(b"fmt ", form)
    if code == _IEEE_FLOAT:
        chunks += _chunk(b"fact", struct.pack("<I", len(samples)))
    size_bytes = len(samples) * width
    riff_bytes = 4 + len(chunks) + 8 + size_bytes + size_bytes % 2
    if riff_bytes > _MOST_BYTES:
        raise ExportError(
            "the sound does not fit into a WAV",
            seen=f"{riff_bytes / 1e9:.1f} GB",
            wanted=f"at most {_MOST_BYTES / 1e9:.1f} GB",
            cure="export a part of the line (--range), or resample it to 48 kHz",
        )
    yield b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + chunks + b"data" + struct.pack("<I", size_bytes)
    for _, some in blocks(samples, _BLOCK):
        yield some.astype("<f4").tobytes() if code == _IEEE_FLOAT else _words(some, bits)
    yield b"\0" * (size_bytes % 2)


def _on_grid(samples: Float32, bits: int) -> bool:
    return all(_fits(_steps(some, bits), bits) for _, some in blocks(samples, _BLOCK))


def _fits(steps: npt.NDArray[np.float64], bits: int) -> bool:
    return np.array_equal(steps, np.rint(steps)) and steps.max(initial=0) < 2.0 ** (bits - 1)


def _steps(samples: Float32, bits: int) -> npt.NDArray[np.float64]:
    steps: npt.NDArray[np.float64] = samples.astype(np.float64) * 2.0 ** (bits - 1)
    return steps


def _words(samples: Float32, bits: int) -> bytes:
    words = _steps(samples, bits).astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8]
    return words.tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data
