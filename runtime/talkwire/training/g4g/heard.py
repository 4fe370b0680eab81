"""What a generator of mouths hears: the motion of the product's own ear and networks, as an NPC would get it.

Each file has its own sound, and its frame k is what was seen at second k / 25 of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.errors import AudioError, TrainingError
from talkwire.runtime.g4g_geometry import FPS, HEARD_COLUMNS, WINDOW
from talkwire.runtime.history import History
from talkwire.runtime.minds import Preset
from talkwire.runtime.session import open_session
from talkwire.runtime.types import Float32
from talkwire.training.g4g.footage import NETWORKS
from talkwire.training.tracking.video import load_av

FLOOR_DB: Final = -80.0
SILENT: Final = 10 ** (-60 / 20)  # no sample beyond it: a microphone that was off
AFTER_S: Final = 0.5  # of the sound after the last frame is heard, too: networks look ahead
CURE: Final = "film again with sound, or join it: ffmpeg -i VIDEO -i VOICE.wav -c:v copy good.mp4"


def heard(voice: Audio, count: int) -> Float32:
    """[K, count, WINDOW, C] float32: for each of NETWORKS, at each frame, the last WINDOW moments' weights
    of HEARD. What comes after the sound is what silence would say.
    """
    samples = np.zeros(round((count / FPS + AFTER_S) * voice.sample_rate_hz), np.float32)
    known = voice.samples[: len(samples)]
    samples[: len(known)] = known
    return np.stack([_windows(samples, voice.sample_rate_hz, name)[:count] for name in NETWORKS])


def _windows(samples: Float32, sample_rate_hz: int, network: str) -> Float32:
    session = open_session(load_avatar(find_avatar("nova")), fps=FPS, motion=Preset(network))
    session.begin(sample_rate_hz)
    session.push(samples)
    session.end()
    history = History(WINDOW)
    windows = [history.push(k / FPS, pose.face.weights) for k, pose in enumerate(session.pull_poses())]
    return np.stack(windows)[..., HEARD_COLUMNS]


def loudness(voice: Audio, count: int) -> Float32:
    """[count] dB below full scale: of the 1 / 25 s around each frame's moment."""
    step = voice.sample_rate_hz / FPS
    sums = np.concatenate([[0.0], np.cumsum(np.square(voice.samples, dtype=np.float64))])
    edges = ((np.arange(count + 1) - 0.5) * step).round().astype(np.int64).clip(0, len(voice.samples))
    power = np.diff(sums[edges]) / step
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))), np.float32)


def sound_of_video(path: Path) -> Audio:
    """The sound of a video from its first picture on, all channels as one. Raises TrainingError for a video
    without sound, or with silence alone; MissingDependency.
    """
    av = load_av()
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise _unheard(path, "no sound in it")
            stream, picture = container.streams.audio[0], container.streams.video[0]
            starts_s = [float((one.start_time or 0) * one.time_base) for one in (picture, stream)]
            rate_hz = int(stream.rate)
            samples = _mono(av, container, stream)
    except (OSError, IndexError, av.error.FFmpegError) as error:
        raise _unheard(path, getattr(error, "strerror", None) or repr(error)) from None
    late = round((starts_s[1] - starts_s[0]) * rate_hz)
    samples = np.concatenate([np.zeros(max(late, 0), np.float32), samples[max(-late, 0) :]])
    return _audible(Audio(samples, rate_hz), path)


def _mono(av: Any, container: Any, stream: Any) -> Float32:
    """[S] as far as it can be read."""
    mixer, pieces = av.AudioResampler(format="fltp", layout="mono", rate=stream.rate), []
    try:
        for frame in container.decode(stream):
            pieces += [piece.to_ndarray()[0] for piece in mixer.resample(frame)]
    except av.error.FFmpegError:
        if not pieces:
            raise
    return np.concatenate([np.zeros(0, np.float32), *pieces])


def sound_of_capture(path: Path) -> Audio:
    """The sound beside a made-up capture. Raises TrainingError when there is none."""
    try:
        return _audible(read_audio(path), path)
    except AudioError as error:
        raise _unheard(path.parent, error.seen) from None


def _audible(voice: Audio, path: Path) -> Audio:
    if not np.abs(voice.samples).max(initial=0) > SILENT:
        raise _unheard(path, "silence from beginning to end")
    return voice


def _unheard(path: Path, seen: object) -> TrainingError:
    return TrainingError(f"nothing can be heard in {path}", seen=seen, wanted="a voice", cure=CURE)
