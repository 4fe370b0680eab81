"""The sound beside a clip: a WAV with exactly the samples that the face moved to."""

from __future__ import annotations

import struct

import numpy as np

from talkwire.runtime.types import Float32

_PCM, _IEEE_FLOAT = 1, 3


def wav_bytes(samples: Float32, sample_rate_hz: int) -> bytes:
    """A mono WAV: 16-bit or 24-bit PCM when that loses nothing, else 32-bit float.

    samples: [S] float32.  16-bit is what every engine imports; a line that came from a 16-bit file
    is on that grid, so nothing is lost. Source: Microsoft/IBM, Multimedia Programming Interface and
    Data Specifications 1.0 (RIFF WAVE); the fact chunk is what format 3 asks for.
    """
    for bits in (16, 24):
        steps = samples.astype(np.float64) * 2.0 ** (bits - 1)
        if np.array_equal(steps, np.rint(steps)) and steps.max(initial=0) < 2.0 ** (bits - 1):
            words = steps.astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8]
            return _riff(_PCM, bits, words.tobytes(), sample_rate_hz)
    return _riff(_IEEE_FLOAT, 32, samples.astype("<f4").tobytes(), sample_rate_hz)


def _riff(code: int, bits: int, data: bytes, sample_rate_hz: int) -> bytes:
    width = bits // 8
    form = struct.pack("<HHIIHH", code, 1, sample_rate_hz, sample_rate_hz * width, width, bits)
    chunks = [(b"fmt ", form)]
    if code == _IEEE_FLOAT:
        chunks.append((b"fact", struct.pack("<I", len(data) // width)))
    chunks.append((b"data", data))
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(chunk)) + chunk + b"\0" * (len(chunk) % 2) for name, chunk in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
