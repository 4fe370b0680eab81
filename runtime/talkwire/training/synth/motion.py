"""What a made-up video shows: a voice and the face that says it, expressions between lines, a moving head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.errors import MissingDependency
from talkwire.runtime.session import open_session
from talkwire.runtime.types import Float32
from talkwire.training.motion.phone_times import PHONES_SUFFIX, Phones, read_phones
from talkwire.training.synth.sweep import expressions, sensible, sweep

Float64 = npt.NDArray[np.float64]

FPS: Final = 25
RATE_HZ: Final = 16000
PAUSE_S: Final = (0.3, 0.8)  # after each line
SWEEP_S: Final = (6.0, 10.0)  # of expressions at a time
LINES_FIRST: Final = 2  # before expressions follow
FADE_S: Final = 0.4
LINE: Final = "data/lines/he_turned_sharply.wav"

MOST_DEG: Final = np.array([35.0, 18.0, 12.0])  # yaw, pitch, roll: no head turns farther than this here
SPARED_DEG: Final = np.array([2, 2.5, 1])  # of it, for the idle model and the nods
SHIFT_M: Final = np.array([0.012, 0.010, 0.035])
TURN_HZ: Final = (0.04, 0.28)
WAVES: Final = 6
RESTLESS: Final = 0.9  # how much of the range is used: the RMS of what is pressed into it


@dataclass(frozen=True)
class Motion:
    """N moments at FPS. codes_nx52: in [0, 1].  rotations_nx4: xyzw, from facing the camera.

    translations_nx3_m: from where the head would be.  voice: as long as N moments.  said: which lines.
    phones: of the voice, silences between lines left out.
    """

    codes_nx52: Float32
    rotations_nx4: Float32
    translations_nx3_m: Float32
    voice: Audio
    said: str
    phones: Phones = ()


def make_motion(
    avatar: BlendshapeAvatar,
    frame_count: int,
    seed: int,
    *,
    sweep_share: float = 0.4,
    turn_share: float = 1.0,
    round_s: float = 0.0,
    flite: bool = True,
) -> Motion:
    """Seeded. sweep_share: of the time, for expressions beside speech.  turn_share: of how far a head turns
    and shifts here.  round_s: at the beginning, in which the head turns once all round.  flite: new sentences
    where it is.
    """
    rng = np.random.default_rng([seed, 2])
    voice, swept_n, said, phones = _schedule(frame_count, rng, sweep_share, flite)
    session = open_session(avatar, fps=FPS, seed=seed)
    session.begin(voice.sample_rate_hz)
    session.push(voice.samples)
    session.end()
    poses = session.pull_poses()[:frame_count]
    spoken = np.stack([pose.face.weights for pose in poses])
    codes = spoken + swept_n[:, None] * (_expressions(swept_n, rng) - spoken)
    for side in ("Left", "Right"):  # one blinks whatever one does
        blink = INDEX[f"eyeBlink{side}"]
        codes[:, blink] = np.maximum(codes[:, blink], spoken[:, blink])
    small = Rotation.from_quat(np.stack([pose.face.head_rotation for pose in poses]))
    shifts = np.stack([pose.face.head_translation_m for pose in poses])
    angles, moved = _head(frame_count, rng, turn_share)
    turned = Rotation.from_euler("YXZ", angles, degrees=True) * small
    most_deg = turn_share * MOST_DEG
    turned = Rotation.from_euler(
        "YXZ", turned.as_euler("YXZ", degrees=True).clip(-most_deg, most_deg), degrees=True
    )
    left = np.clip(1 - np.arange(frame_count) / FPS / max(round_s, 1 / FPS), 0, 1) * (round_s > 0)
    turned = Rotation.from_euler("Y", 360 * left[:, None], degrees=True) * turned
    return Motion(
        sensible(codes),
        turned.as_quat().astype(np.float32),
        (moved + shifts).astype(np.float32),
        voice,
        said,
        phones,
    )


def _schedule(
    frame_count: int, rng: np.random.Generator, sweep_share: float, flite: bool
) -> tuple[Audio, Float64, str, Phones]:
    """The voice with silence where expressions are swept, [N] share of the latter, what is said and when."""
    length = frame_count * RATE_HZ // FPS
    lines, said, blocks = _lines(rng, flite), "nothing", []
    phones: list[tuple[str, float, float]] = []
    pieces = [np.zeros(RATE_HZ // 4, np.float32)]
    total, swept, spoken = len(pieces[0]), 0, 0
    while total < length:
        if sweep_share >= 1 or (spoken >= LINES_FIRST and swept < sweep_share * total):
            piece = np.zeros(round(rng.uniform(*SWEEP_S) * RATE_HZ), np.float32)
            blocks.append((total, total + len(piece)))
            swept += len(piece)
        else:
            line, said, parts = next(lines)
            since_s = total / RATE_HZ
            phones += [(phone, since_s + start_s, since_s + end_s) for phone, start_s, end_s in parts]
            piece = np.concatenate([line, np.zeros(round(rng.uniform(*PAUSE_S) * RATE_HZ), np.float32)])
            spoken += 1
        pieces.append(piece)
        total += len(piece)
    samples = np.concatenate(pieces)[:length]
    at = np.arange(frame_count) * RATE_HZ / FPS
    share = np.zeros(frame_count)
    for start, end in blocks:
        inside = np.minimum(at - start, end - at) / (FADE_S * RATE_HZ)
        share = np.maximum(share, np.clip(inside, 0, 1))
    heard = tuple(part for part in phones if part[2] <= length / RATE_HZ)
    return Audio(samples, RATE_HZ), share * share * (3 - 2 * share), said, heard


def _lines(rng: np.random.Generator, flite: bool) -> Iterator[tuple[Float32, str, Phones]]:
    """Spoken lines at RATE_HZ without end: the shipped one, then flite's where it is installed."""
    with as_file(files("talkwire.runtime") / LINE) as path:
        shipped, phones = read_audio(path).samples, read_phones(path.with_suffix(PHONES_SUFFIX))
    yield shipped, "the shipped line", phones
    while flite:
        try:
            line, heard = _sentence(rng)
        except MissingDependency:
            break
        yield line, "the shipped line and sentences by flite", heard
    while True:
        yield shipped, "the shipped line", phones


def _sentence(rng: np.random.Generator) -> tuple[Float32, Phones]:
    from talkwire.training.motion.synthetic import PITCH_HZ, SENTENCE_WORDS, VOICES, Sentence, speak
    from talkwire.training.motion.words import WORDS

    words = rng.choice(WORDS, rng.integers(*SENTENCE_WORDS, endpoint=True))
    said = Sentence(" ".join(words), str(rng.choice(VOICES)), pitch_hz=round(rng.uniform(*PITCH_HZ)))
    audio, phones = speak(said)
    assert audio.sample_rate_hz == RATE_HZ, audio
    return audio.samples, phones


def _expressions(swept_n: Float64, rng: np.random.Generator) -> Float32:
    """[N, 52]: a sweep in each run of frames that shows one."""
    codes, targets = np.zeros((len(swept_n), 52), np.float32), expressions(rng)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], swept_n > 0, [0]])))
    for start, end in edges.reshape(-1, 2):
        codes[start:end] = sweep(end - start, FPS, targets, rng)
    return codes


def _head(frame_count: int, rng: np.random.Generator, share: float) -> tuple[Float64, Float64]:
    """[N, 3] degrees of yaw, pitch, roll, and [N, 3] metres: slow waves that never repeat together."""
    time_s = np.arange(frame_count)[:, None, None] / FPS
    waves = np.sin(
        2 * np.pi * time_s * rng.uniform(*TURN_HZ, (6, WAVES)) + rng.uniform(0, 2 * np.pi, (6, WAVES))
    )
    noise = RESTLESS * waves.sum(axis=2) * np.sqrt(2 / WAVES)
    turn_deg = np.maximum(share * MOST_DEG - SPARED_DEG, 0)
    return np.tanh(noise[:, :3]) * turn_deg, np.tanh(noise[:, 3:]) * share * SHIFT_M
