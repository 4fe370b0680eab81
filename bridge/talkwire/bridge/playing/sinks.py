"""Where the player's sound goes, and the clock it follows: the only importer of sounddevice.

A sink plays one stream at a time. Its `heard` is the position that reaches the ear now, in samples of
what was written since `start`, at whatever speed; where nothing is left to play, it stands still.
"""

from __future__ import annotations

import threading
from typing import Any, Final, Protocol

import numpy as np

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.tape import Tape, ramp
from talkwire.runtime.errors import MissingDependency, missing
from talkwire.runtime.types import Float32

FADE_S: Final = 0.01  # of sound that is cut, or comes back: a step would click
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

    def dry(self, now_ns: int) -> bool:
        """Whether what was written has run out."""
        ...

    def set_speed(self, speed: float, now_ns: int) -> None:
        """How many samples to play in the time of one: within a thousandth of 1. `start` makes it 1."""
        ...

    def stop(self) -> None:
        """Silence, as soon as it does not click: after FADE_S."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class SilentSink:
    """No sound, but the clock of a perfect loudspeaker: real time, waiting where sound is missing."""

    def __init__(self) -> None:
        self._rate_hz, self._written, self._speed = 1, 0, 1.0
        self._since: tuple[int, float] = (0, 0.0)  # then, so many samples had been heard

    def start(self, sample_rate_hz: int, now_ns: int) -> None:
        """See Sink."""
        self._rate_hz, self._written, self._speed = sample_rate_hz, 0, 1.0
        self._since = now_ns, 0.0

    def write(self, samples: bytes) -> None:
        """See Sink."""
        self._written += len(samples) // 2

    def heard(self, now_ns: int) -> int:
        """See Sink."""
        return int(self._follow(now_ns))

    def dry(self, now_ns: int) -> bool:
        """See Sink."""
        return self._follow(now_ns) >= self._written > 0

    def set_speed(self, speed: float, now_ns: int) -> None:
        """See Sink."""
        if speed != self._speed:
            self._since = now_ns, self._follow(now_ns)
            self._speed = speed

    def stop(self) -> None:
        """See Sink."""
        self._written, self._since = 0, (self._since[0], 0.0)

    def close(self) -> None:
        """See Sink."""

    def _follow(self, now_ns: int) -> float:
        since_ns, heard = self._since
        heard += max(0, now_ns - since_ns) * self._rate_hz * self._speed / NS_PER_S
        if heard > self._written:
            heard = float(self._written)
            self._since = now_ns, heard
        return heard


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
        self._rate_hz = 1
        self._reset()
        self._tail = np.zeros(0, np.float32)  # of what was cut

    def _reset(self) -> None:
        self._tape, self._speed = Tape(), 1.0
        self._last: tuple[int, float] = (0, 0.0)  # samples handed over, and when the first will be heard
        self._dry = self._was_dry = False

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
            self._tape.write(samples)
            self._dry = False

    def heard(self, now_ns: int) -> int:
        """See Sink. Interpolated between two callbacks by the device's own clock."""
        with self._lock:
            (before, heard_at_s), played, speed = self._last, self._tape.position, self._speed
        since = (float(self._stream.time) - heard_at_s) * self._rate_hz * speed
        return min(played, max(0, before + round(since)))

    def dry(self, now_ns: int) -> bool:
        """See Sink. The device asked for more than there was."""
        return self._dry

    def set_speed(self, speed: float, now_ns: int) -> None:
        """See Sink. From the device's next block on."""
        self._speed = speed

    def stop(self) -> None:
        """See Sink."""
        with self._lock:
            if self._tape.left and not self._was_dry:
                self._tail = self._tape.fade_out(round(FADE_S * self._rate_hz))
            self._reset()

    def close(self) -> None:
        """See Sink."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _fill(self, out: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's thread: copy what there is, silence after it."""
        with self._lock:
            before, sound = self._tape.position, self._tape.read(frames, self._speed)
            if len(sound):
                self._last = before, float(times.outputBufferDacTime)
            self._soften(sound, frames)
            block = np.zeros(frames, np.float32)
            block[: len(sound)] = sound
            tail, self._tail = self._tail[:frames], self._tail[frames:]
            block[: len(tail)] += tail
        out[:] = np.clip(np.rint(block), -32768, 32767).astype("<i2").tobytes()

    def _soften(self, sound: Float32, frames: int) -> None:
        """Where sound ran out in the middle, and where it comes back."""
        edge = min(len(sound), round(FADE_S * self._rate_hz))
        if self._was_dry and edge:
            sound[:edge] *= ramp(edge)
        short = len(sound) < frames and self._tape.position > 0
        if short and edge:
            sound[-edge:] *= ramp(edge)[::-1]
        self._dry = self._was_dry = short


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
