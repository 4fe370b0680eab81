"""The recipe: a seed in, a capture out whose codes, poses, labels and landmarks are exact."""

from __future__ import annotations

import wave
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.render import Light
from talkwire.runtime.types import Float32
from talkwire.training.capture import (
    CARD,
    FRAMES,
    LABELS,
    Capture,
    CaptureCard,
    UInt8,
    load_capture,
    save_capture,
)
from talkwire.training.motion.phone_times import PHONES_SUFFIX, write_phones
from talkwire.training.synth.motion import FPS, Motion, make_motion
from talkwire.training.synth.person import Person, make_person
from talkwire.training.synth.pictures import Lens, background, shoot
from talkwire.training.tracking.store import write_rows

VOICE: Final = "voice.wav"
PHONES: Final = f"voice{PHONES_SUFFIX}"
SIZES_PX: Final = (32, 4096)
LONGEST_S: Final = 3600.0


def generate(
    folder: Path,
    *,
    seconds: float = 60.0,
    size_px: int = 512,
    seed: int = 0,
    light: Literal["flat", "scene"] = "scene",
    identity: int | None = None,
    sweep_share: float = 0.4,
    turn_share: float = 1.0,
    round_s: float = 0.0,
    flite: bool = True,
    progress: Callable[[float], None] = lambda share: None,
) -> Capture:
    """A made-up video as a capture in a folder, at 25 frames a second; beside it its sound in VOICE and
    when each phone of it is said in PHONES.

    size_px: of the square picture, a multiple of 8.  seed: of motion and background.  light: "flat" shows the
    bare colours of surfaces, "scene" the product's own studio.  identity: None is nova, a number somebody of
    her family.  sweep_share: of the time, for expressions that speech does not show.  turn_share: of how far
    a head turns and shifts here, 0 to 1; with 0.3 it is somebody who talks to a camera.  round_s: at the
    beginning, to turn once all round.  flite: say new sentences where the program flite is installed, else
    the shipped line again and again.
    Raises TrainingError for an absurd size or a full disk, MissingDependency without OpenGL. A folder that
    was not finished is no capture: `load_capture` refuses it.
    """
    _check(seconds, size_px, turn_share)
    person, count = make_person(identity), round(seconds * FPS)
    motion = make_motion(
        person.avatar,
        count,
        seed,
        sweep_share=sweep_share,
        turn_share=turn_share,
        round_s=round_s,
        flite=flite,
    )
    lens, behind = Lens.framing(person, size_px), background(size_px, seed)
    look: Light = "flat" if light == "flat" else "studio"
    landmarks, packed = np.zeros((count, 478, 2), np.float32), []

    def pictures() -> Iterator[UInt8]:
        for k, shot in enumerate(shoot(person, motion, lens, look, behind)):
            landmarks[k] = shot.landmarks_478x2
            packed.append(zlib.compress(shot.labels_hxw.tobytes(), 1))  # a hundredth of its size
            progress((k + 1) / count)
            yield shot.picture_hxwx3

    size_hw = (size_px, size_px)
    (folder / CARD).unlink(missing_ok=True)
    frames = write_rows(folder / FRAMES, (count, *size_hw, 3), pictures())
    rows = (np.frombuffer(zlib.decompress(row), np.uint8) for row in packed)
    labels = write_rows(folder / LABELS, (count, *size_hw), rows)
    _write_voice(motion.voice, folder / VOICE)
    write_phones(motion.phones, folder / PHONES)
    save_capture(_capture(person, motion, lens, seed, light, frames, labels, landmarks), folder)
    return load_capture(folder)


def read_voice(folder: Path) -> Audio:
    """The sound of a generated capture. Raises AudioError when it has none."""
    return read_audio(folder / VOICE)


def _capture(
    person: Person,
    motion: Motion,
    lens: Lens,
    seed: int,
    light: str,
    frames: UInt8,
    labels: UInt8,
    landmarks: Float32,
) -> Capture:
    card = CaptureCard(
        head="nova",
        fps=float(FPS),
        focal_px=lens.focal_px,
        shows=f"nobody: {person.name}, a made-up face",
        licence=person.avatar.card.licence,
        source=f"talkwire.training.synth, seed {seed}: {motion.said}",
        exact=True,
        light=light,
    )
    count = len(motion.codes_nx52)
    return Capture(
        card=card,
        frames_nxhxwx3=frames,
        labels_nxhxw=labels,
        identity_i=person.identity_i,
        rest_52=np.zeros(len(ARKIT_NAMES), np.float32),
        codes_nx52=motion.codes_nx52,
        rotations_nx4=motion.rotations_nx4,
        translations_nx3_m=motion.translations_nx3_m + lens.at_m,
        landmarks_nx478x2=landmarks,
        confidence_n=np.ones(count, np.float32),
        shots_n=np.zeros(count, np.int64),
    )


def _check(seconds: float, size_px: int, turn_share: float) -> None:
    if not 1 / FPS <= seconds <= LONGEST_S:
        raise TrainingError(
            "a video cannot be made this long",
            seen=f"{seconds} s",
            wanted=f"{1 / FPS} to {LONGEST_S:.0f} s",
            cure="choose another length",
        )
    if not SIZES_PX[0] <= size_px <= SIZES_PX[1] or size_px % 8:
        raise TrainingError(
            "a video cannot be made this size",
            seen=f"{size_px} pixels",
            wanted=f"a multiple of 8 from {SIZES_PX[0]} to {SIZES_PX[1]}",
            cure="choose another size",
        )
    if not 0 <= turn_share <= 1:
        raise TrainingError(
            "a head cannot turn this far",
            seen=f"{turn_share} of its range",
            wanted="0 to 1",
            cure="choose another share",
        )


def _write_voice(voice: Audio, path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.sample_rate_hz)
        file.writeframes(np.rint(voice.samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
