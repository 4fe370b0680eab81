"""Where the player's sound goes, and the clock it follows: the only importer of sounddevice.

A sink plays one stream at a time. Its `heard` is the position that reaches the ear now, in samples of
what was written since `start`; where nothing is left to play, it stands still.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final, Protocol

from talkwire.bridge.pacing import NS_PER_S
from talkwire.runtime.errors import MissingDependency, missing

_PORTAUDIO_CURE: Final = "install PortAudio (Debian: apt-get install libportaudio2)"


class Sink(Protocol):
    """Something that plays 16-bit mono sound."""

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        """A new stream, from sample 0; whatever was playing is cut."""
        ...

    def write(self, samples: bytes) -> None:
        """More of it, to be played without a gap: [S] int16 little-endian."""
        ...

    def heard(self, now_ns: int) -> int:
        """How many samples have been heard."""
        ...

    def stop(self) -> None:
        """Silence at once."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class SilentSink:
    """No sound, but the clock of a perfect loudspeaker: real time, waiting where sound is missing."""

    def __init__(self) -> None:
        self._rate_hz, self._start_ns, self._written = 1, 0, 0

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        """See Sink."""
        self._rate_hz, self._start_ns, self._written = sample_rate_hz, now_ns, 0

    def write(self, samples: bytes) -> None:
        """See Sink."""
        self._written += len(samples) // 2

    def heard(self, now_ns: int) -> int:
        """See Sink."""
        elapsed = (now_ns - self._start_ns) * self._rate_hz // NS_PER_S
        if elapsed > self._written:
            self._start_ns += (elapsed - self._written) * NS_PER_S // self._rate_hz
            return self._written
        return max(0, elapsed)

    def stop(self) -> None:
        """See Sink."""
        self._written = 0

    def close(self) -> None:
        """See Sink."""


class DeviceSink:
    """The default loudspeaker, through PortAudio."""

    def __init__(self) -> None:
        """Raises MissingDependency without the extra [audio], PortAudio or a loudspeaker."""
        self._device = load_sounddevice("playing sound")
        try:
            self._device.query_devices(kind="output")
        except Exception as error:  # sounddevice raises its own and ValueError for "none"
            raise MissingDependency(
                "there is no loudspeaker", seen=error, wanted="an output device", cure="listen without sound"
            ) from None
        self._stream: Any = None
        self._lock = threading.Lock()
        self._chunks: deque[bytes] = deque()
        self._played, self._rate_hz = 0, 1
        self._last: tuple[int, float] = (0, 0.0)  # samples handed over, and when the first will be heard

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        """See Sink."""
        self.stop()
        if self._stream is None or self._rate_hz != sample_rate_hz:
            self.close()
            self._rate_hz = sample_rate_hz
            self._stream = self._device.RawOutputStream(
                samplerate=sample_rate_hz, channels=1, dtype="int16", latency="low", callback=self._fill
            )
            self._stream.start()

    def write(self, samples: bytes) -> None:
        """See Sink."""
        with self._lock:
            self._chunks.append(samples)

    def heard(self, now_ns: int) -> int:
        """See Sink. Interpolated between two callbacks by the device's own clock."""
        with self._lock:
            (before, heard_at_s), played = self._last, self._played
        since = (float(self._stream.time) - heard_at_s) * self._rate_hz
        return min(played, max(0, before + round(since)))

    def stop(self) -> None:
        """See Sink."""
        with self._lock:
            self._chunks.clear()
            self._played, self._last = 0, (0, 0.0)

    def close(self) -> None:
        """See Sink."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _fill(self, out: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's thread: copy what there is, silence after it."""
        with self._lock:
            data = bytearray()
            while self._chunks and len(data) < 2 * frames:
                data += self._chunks.popleft()
            if len(data) > 2 * frames:
                self._chunks.appendleft(bytes(data[2 * frames :]))
                del data[2 * frames :]
            if data:
                self._last = (self._played, float(times.outputBufferDacTime))
                self._played += len(data) // 2
        out[:] = bytes(data).ljust(2 * frames, b"\0")


def best_sink() -> Sink:
    """The loudspeaker where there is one, else silence at the same pace."""
    try:
        return DeviceSink()
    except MissingDependency:
        return SilentSink()


def load_sounddevice(need: str) -> Any:
    """The module. Raises MissingDependency naming what to install."""
    try:
        import sounddevice
    except ImportError:
        raise missing("sounddevice", extra="audio", need=need) from None
    except OSError as error:
        raise MissingDependency(
            f"{need} needs PortAudio", seen=error, wanted="its shared library", cure=_PORTAUDIO_CURE
        ) from None
    return sounddevice
