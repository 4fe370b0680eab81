"""Small videos for tests, written with PyAV."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

QUARTER_CLOCKWISE = [0, 1, 0, -1, 0, 0, 0, 0, 0x4000]  # as a phone held upright writes it


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    times_s: Sequence[float] | None = None,
    ratio: Fraction | None = None,
) -> Path:
    """H.264 without sound; times_s: of each frame, else 25 a second."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10", "preset": "ultrafast"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if ratio is not None:
            stream.codec_context.sample_aspect_ratio = ratio
        for k, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = round(1000 * (times_s[k] if times_s is not None else k / 25))
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn_quarter(path: Path) -> Path:
    """Write the flag of a phone that was held upright into an mp4."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    for k, value in enumerate(QUARTER_CLOCKWISE):
        data[at + 4 * k : at + 4 * k + 4] = (value << 16 & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(data)
    return path
