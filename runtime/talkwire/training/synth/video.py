"""Frames and a voice as an MP4, so that a made-up video goes the way of a filmed one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import TrainingError, missing
from talkwire.training.capture import Capture, UInt8

QUALITY: Final = "12"  # H.264's constant rate factor: no loss that the eye sees
VOICE_BIT_RATE: Final = 128_000
BT709, LIMITED = 1, 1  # how colours are said to be coded, by FFmpeg's numbers
_BLOCK: Final = 1024  # samples in an AAC frame


def write_video(
    frames: Capture | Iterable[UInt8],
    path: Path,
    *,
    fps: int = 25,
    voice: Audio | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """H.264, with AAC if there is a voice. frames: a capture, or pictures [H, W, 3] uint8 of one even size.

    fps: of pictures; a capture knows its own.  progress: told how many frames are written.
    Raises MissingDependency without PyAV, TrainingError when the file cannot be written.
    """
    av = _load_av()
    if isinstance(frames, Capture):
        fps = round(frames.card.fps)
        frames = frames.frames_nxhxwx3
    partial = path.with_name(path.name + ".partial")
    try:
        with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            _write(av, container, frames, fps, voice, progress)
        partial.replace(path)
    except (OSError, av.error.FFmpegError) as error:
        raise TrainingError(
            f"the video {path} cannot be written",
            seen=error.strerror or error,
            wanted="a writable folder with free space, and an even width and height",
            cure="choose another folder or size",
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def _write(
    av: Any,
    container: Any,
    frames: Iterable[UInt8],
    fps: int,
    voice: Audio | None,
    progress: Callable[[int], None],
) -> None:
    video = container.add_stream("libx264", rate=fps, options={"crf": QUALITY, "preset": "veryfast"})
    sound = None if voice is None else container.add_stream("aac", rate=voice.sample_rate_hz, layout="mono")
    if sound is not None:
        sound.bit_rate = VOICE_BIT_RATE
    heard = 0
    for index, pixels in enumerate(frames):
        if index == 0:
            video.height, video.width = pixels.shape[:2]
            video.pix_fmt, video.codec_context.time_base = "yuv420p", Fraction(1, fps)
            video.codec_context.colorspace, video.codec_context.color_range = BT709, LIMITED
            video.codec_context.color_primaries, video.codec_context.color_trc = BT709, BT709
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
        picture.pts, picture.time_base = index, Fraction(1, fps)
        container.mux(video.encode(picture))
        if voice is not None:
            upto = (index + 1) * voice.sample_rate_hz // fps
            container.mux(_encoded(av, sound, voice, heard, upto))
            heard = upto
        progress(index + 1)
    container.mux(video.encode(None))
    if sound is not None:
        container.mux(sound.encode(None))


def _encoded(av: Any, stream: Any, voice: Audio, start: int, stop: int) -> list[Any]:
    packets: list[Any] = []
    for at in range(start, stop, _BLOCK):
        block = np.zeros((1, min(_BLOCK, stop - at)), np.float32)
        known = voice.samples[at : at + block.shape[1]]
        block[0, : len(known)] = known
        piece = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        piece.sample_rate, piece.pts, piece.time_base = (
            voice.sample_rate_hz,
            at,
            Fraction(1, voice.sample_rate_hz),
        )
        packets += stream.encode(piece)
    return packets


def _load_av() -> Any:
    try:
        import av
    except ImportError:
        raise missing("av", extra="train", need="writing video") from None
    return av
