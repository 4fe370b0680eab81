"""Clocks that follow what is heard; a loudspeaker through a stand-in for PortAudio."""

import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.sinks import DeviceSink, SilentSink, best_sink
from talkwire.bridge.sources import MicrophoneSource
from talkwire.runtime.errors import MissingDependency

RATE = 16_000


def test_silence_runs_in_real_time_and_waits_where_nothing_is_left() -> None:
    sink = SilentSink()
    sink.start(RATE, 0)
    sink.write(bytes(2 * RATE))
    assert sink.heard(NS_PER_S // 2) == RATE // 2
    assert sink.heard(2 * NS_PER_S) == RATE
    sink.write(bytes(RATE))
    assert sink.heard(2 * NS_PER_S + NS_PER_S // 4) == RATE + RATE // 4
    sink.stop()
    assert sink.heard(3 * NS_PER_S) == 0


class Stream:
    """PortAudio's stream, played by hand."""

    def __init__(self, **options: Any) -> None:
        self.options, self.time, self.closed = options, 0.0, False

    def start(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def play(self, frames: int, latency_s: float) -> bytes:
        out = bytearray(2 * frames)
        times = types.SimpleNamespace(outputBufferDacTime=self.time + latency_s)
        self.options["callback"](memoryview(out), frames, times, None)
        return bytes(out)


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    module = types.ModuleType("sounddevice")
    module.streams = []  # type: ignore[attr-defined]

    def stream(**options: Any) -> Stream:
        module.streams.append(Stream(**options))
        return module.streams[-1]  # type: ignore[no-any-return]

    module.RawOutputStream = module.RawInputStream = stream  # type: ignore[attr-defined]
    module.query_devices = lambda kind: {"name": "speaker"}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    yield module


def test_the_loudspeaker_plays_what_was_written_and_tells_what_is_heard(sounddevice: Any) -> None:
    sink = DeviceSink()
    sink.start(RATE, 0)
    (stream,) = sounddevice.streams
    sound = bytes(range(200)) * 16  # 1600 samples
    sink.write(sound[:1000])
    sink.write(sound[1000:])
    assert stream.play(800, latency_s=0.02) == sound[:1600]
    assert sink.heard(0) == 0  # under way to the ear
    stream.time = 0.02 + 0.01
    assert sink.heard(0) == 160
    assert stream.play(800, latency_s=0.02) == sound[1600:]
    stream.time += 0.02 + 0.05
    assert sink.heard(0) == 1600
    assert stream.play(100, latency_s=0.02) == bytes(200)  # nothing left: silence, and the clock stands
    assert sink.heard(0) == 1600
    sink.stop()
    assert sink.heard(0) == 0
    sink.start(48_000, 0)
    assert stream.closed and len(sounddevice.streams) == 2
    sink.close()
    assert sounddevice.streams[1].closed


def test_silence_has_a_speed_and_says_when_it_is_dry() -> None:
    sink = SilentSink()
    sink.start(RATE, 0)
    assert not sink.dry(NS_PER_S)  # nothing was to be played
    sink.write(bytes(4 * RATE))
    sink.set_speed(1.001, 0)
    heard = sink.heard(NS_PER_S)
    assert heard == pytest.approx(1.001 * RATE, abs=1)
    sink.set_speed(0.999, NS_PER_S)
    assert sink.heard(NS_PER_S) == heard  # no jump
    assert sink.heard(NS_PER_S + NS_PER_S // 2) == pytest.approx(heard + 0.999 * RATE / 2, abs=1)
    assert not sink.dry(NS_PER_S + NS_PER_S // 2)
    assert sink.dry(3 * NS_PER_S) and sink.heard(3 * NS_PER_S) == 2 * RATE
    sink.write(bytes(2))
    assert not sink.dry(3 * NS_PER_S)
    sink.start(RATE, 3 * NS_PER_S)
    sink.write(bytes(2 * RATE))
    assert sink.heard(3 * NS_PER_S + NS_PER_S // 2) == RATE // 2  # at speed 1 again


LEVEL = np.full(RATE, 8000, "<i2").tobytes()


def samples(block: bytes) -> Any:
    return np.frombuffer(block, "<i2").astype(int)


def test_a_cut_fades_within_10_ms_and_the_next_line_begins_beside_it(sounddevice: Any) -> None:
    sink = DeviceSink()
    sink.start(RATE, 0)
    sink.write(LEVEL)
    (stream,) = sounddevice.streams
    assert samples(stream.play(480, 0.02))[-1] == 8000
    sink.stop()
    sink.stop()  # twice is harmless
    out = np.concatenate([samples(stream.play(100, 0.02)), samples(stream.play(100, 0.02))])
    assert out[0] == 8000 and np.abs(np.diff(out)).max() < 60 and not out[160:].any()
    sink.start(RATE, 0)
    sink.write(LEVEL)
    stream.play(480, 0.02)
    sink.start(RATE, 0)
    sink.write(bytes(640))
    out = samples(stream.play(320, 0.02))
    assert out[0] == 8000 and np.abs(np.diff(out)).max() < 60 and not out[160:].any()
    stream.time += 1
    assert sink.heard(0) == 320


def test_sound_that_runs_out_and_comes_back_does_not_click(sounddevice: Any) -> None:
    sink = DeviceSink()
    sink.start(RATE, 0)
    (stream,) = sounddevice.streams
    assert not stream.play(100, 0.02).strip(b"\0") and not sink.dry(0)  # nothing has begun
    sink.write(LEVEL[:2000])
    out = samples(stream.play(800, 0.02))
    assert not sink.dry(0)
    out = np.concatenate([out, samples(stream.play(800, 0.02))])
    assert sink.dry(0)
    stream.time += 1
    assert sink.heard(0) == 1000  # it stands
    sink.write(LEVEL)
    assert not sink.dry(0)
    out = np.concatenate([out, samples(stream.play(800, 0.02))])
    assert np.abs(np.diff(out)).max() < 60 and out[-1] == 8000 and (out == 0).sum() >= 600


@pytest.mark.parametrize("speed", [0.999, 1.001])
def test_the_loudspeaker_plays_at_a_speed_and_counts_what_was_written(sounddevice: Any, speed: float) -> None:
    sink = DeviceSink()
    sink.start(RATE, 0)
    (stream,) = sounddevice.streams
    tone = 8000 * np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE)
    sink.write(tone.astype("<i2").tobytes())
    sink.set_speed(speed, 0)
    blocks = []
    for _ in range(100):
        blocks.append(samples(stream.play(160, 0.0)))
        stream.time += 160 / RATE
    assert sink.heard(0) == pytest.approx(RATE * speed, abs=2)
    out = np.concatenate(blocks)
    wanted = 8000 * np.sin(2 * np.pi * 500 * speed * np.arange(RATE) / RATE)
    assert np.abs(out - wanted)[10:].max() < 40  # one tone, without a seam


def test_without_a_loudspeaker_the_same_clock_is_silent(sounddevice: Any) -> None:
    assert isinstance(best_sink(), DeviceSink)

    def none(kind: str) -> None:
        raise ValueError("no default device")

    sounddevice.query_devices = none
    with pytest.raises(MissingDependency, match="there is no loudspeaker: saw no default device"):
        DeviceSink()
    assert isinstance(best_sink(), SilentSink)


def test_without_the_extra_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[audio\]'"):
        DeviceSink()
    with pytest.raises(MissingDependency, match=r"the microphone needs.*pip install 'talkwire\[audio\]'"):
        MicrophoneSource(RATE)


def test_without_portaudio_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, path: Any, target: Any = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(MissingDependency, match=r"PortAudio library not found.*libportaudio2"):
        DeviceSink()


def test_the_microphone_gives_chunks_and_never_blocks(sounddevice: Any) -> None:
    with MicrophoneSource(RATE) as microphone:
        (stream,) = sounddevice.streams
        chunks = iter(microphone)
        assert len(next(chunks)) == 0
        stream.options["callback"](memoryview(bytes(8)), 2, None, None)
        assert next(chunks).tolist() == [0, 0]
    assert stream.closed
