"""Live audio for `talkwire say`: iterators of chunks that never block the connection they feed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np

from talkwire.bridge.playing.sinks import load_sounddevice
from talkwire.runtime.audio import PcmDtype, PcmReader, check_sample_rate
from talkwire.runtime.errors import MissingDependency
from talkwire.runtime.types import Float32

READ_BYTES: Final = 8_192
WAITING_CHUNKS: Final = 64  # a pipe that writes faster than the server takes is made to wait
_NOTHING: Final = np.zeros(0, np.float32)


class PipeSource:
    """Raw PCM from a stream; an empty chunk while it gives none, the end when it closes."""

    def __init__(self, stream: BinaryIO, dtype: PcmDtype, channels: int) -> None:
        """Raises AudioError for an unknown format."""
        self._reader = PcmReader(dtype, channels)
        self._chunks: queue.Queue[bytes] = queue.Queue(WAITING_CHUNKS)
        self._stream = stream
        threading.Thread(target=self._read, name="talkwire-pipe", daemon=True).start()

    @property
    def pending_bytes(self) -> int:
        """More than 0 at the end says that the pipe closed inside a sample."""
        return self._reader.pending_bytes

    def __iter__(self) -> Iterator[Float32]:
        while True:
            try:
                data = self._chunks.get(timeout=0.01)
            except queue.Empty:
                yield _NOTHING
                continue
            if not data:
                return
            yield self._reader.push(data)

    def _read(self) -> None:
        data = b"."
        while data:
            try:
                data = self._stream.read1(READ_BYTES)  # type: ignore[attr-defined]  # of every buffered stream
            except (OSError, ValueError):  # closed under us: the same as its end
                data = b""
            self._chunks.put(data)


class MicrophoneSource:
    """The default microphone, until Ctrl-C."""

    def __init__(self, sample_rate_hz: int) -> None:
        """Raises MissingDependency without the extra [audio], PortAudio or a microphone."""
        check_sample_rate(sample_rate_hz)
        device = load_sounddevice("the microphone")
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        try:
            self._stream = device.RawInputStream(
                samplerate=sample_rate_hz, channels=1, dtype="float32", callback=self._take
            )
        except Exception as error:  # sounddevice's PortAudioError, or ValueError for no device
            raise MissingDependency(
                "there is no microphone", seen=error, wanted="an input device", cure="use a file or a pipe"
            ) from None

    def __enter__(self) -> Self:
        self._stream.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[Float32]:
        while True:
            try:
                yield np.frombuffer(self._chunks.get(timeout=0.01), "<f4")
            except queue.Empty:
                yield _NOTHING

    def _take(self, data: Any, frames: int, times: Any, status: Any) -> None:
        self._chunks.put(bytes(data))
