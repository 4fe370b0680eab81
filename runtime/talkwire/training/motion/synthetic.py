"""Spoken sentences whose phone times are known exactly, from speech synthesisers.

GRID has one speaker and 51 words; a network taught by it alone mistakes the consonants of every other
word. flite (Carnegie Mellon, free licence; the program of Debian's package of that name is called, not
linked) says any words and prints when each phone ends; eSpeak NG (see `espeak`) does so in many voices and
languages. One voice of each, words and a language are kept apart, for measuring.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.errors import MissingDependency, TrainingError
from talkwire.training.motion import espeak
from talkwire.training.motion.corpus import PITCHES, Clip, hear, mel_cache, remember
from talkwire.training.motion.phones import GLIDES, PHONES
from talkwire.training.motion.words import LANGUAGES, UNSEEN_LANGUAGE, UNSEEN_WORDS, WORDS, invented

VOICES: Final = ("awb", "rms", "kal16")
UNSEEN_VOICE: Final = "slt"
SENTENCE_WORDS: Final = (3, 6)
STRETCH: Final = (0.8, 1.25)
HELD_EVERY, HELD_STRETCH = 10, (2.2, 4.5)  # one of ten is drawn out, as who sings holds vowels
INVENTED_SHARE: Final = 0.35  # of words
PITCH_HZ: Final = (85, 260)  # asked of the voice; the formants stay, as they do not in corpus.PITCHES
SECOND_PITCHES: Final = tuple(pitch for pitch in PITCHES if pitch != 1.0)
SPOKEN_AS: Final = {"PAU": "SIL", "AXR": "ER", "EL": "L", "EN": "N", "EM": "M", "DX": "D", "HV": "HH"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What flite is asked to say: stretch multiplies durations; pitch_hz None leaves the voice's own."""

    text: str
    voice: str
    stretch: float = 1.0
    pitch_hz: int | None = None


def sentences(count: int, *, unseen: bool = False, cache: Path | None = None, seed: int = 0) -> list[Clip]:
    """`count` sentences of random words. unseen: another voice, other words, to measure with.

    Raises MissingDependency when flite is not installed, TrainingError when it fails.
    """
    voices, words = ((UNSEEN_VOICE,), UNSEEN_WORDS) if unseen else (VOICES, WORDS)
    clips = []
    for number in range(count):
        rng = np.random.default_rng([seed, unseen, number])
        held = not unseen and number % HELD_EVERY == 0
        said = Sentence(
            text=_text(rng, words, unseen),
            voice=voices[number // HELD_EVERY % len(voices) if held else number % len(voices)],
            stretch=round(rng.uniform(*(HELD_STRETCH if held else STRETCH)), 2),
            pitch_hz=None if unseen else round(rng.uniform(*PITCH_HZ)),
        )
        rates = (1.0,) if unseen else (1.0, float(rng.choice(SECOND_PITCHES)))
        clips.append(_clip(said, rates, mel_cache(cache)))
    return clips


def babble(count: int, *, unseen: bool = False, cache: Path | None = None, seed: int = 0) -> list[Clip]:
    """`count` sentences of random words by eSpeak NG, in turn in each language. unseen: the language and the
    voice that training leaves out.  Raises MissingDependency without espeakng-loader.
    """
    languages = [language for language in LANGUAGES if (language == UNSEEN_LANGUAGE) == unseen]
    clips = []
    for number in range(count):
        rng = np.random.default_rng([seed, unseen, number, 1])
        language = languages[number % len(languages)]
        said = espeak.Spoken(
            text=_text(rng, LANGUAGES[language], unseen),
            voice=f"{language}+{espeak.UNSEEN_VARIANT if unseen else rng.choice(espeak.VARIANTS)}",
            rate_wpm=int(rng.integers(*espeak.RATE_WPM)),
            pitch=int(rng.integers(*espeak.PITCH)),
        )
        rates = (1.0,) if unseen else (1.0, float(rng.choice(SECOND_PITCHES)))
        clips.append(_clip(said, rates, mel_cache(cache)))
    return clips


def _text(rng: np.random.Generator, words: tuple[str, ...], unseen: bool) -> str:
    chosen = rng.choice(words, rng.integers(*SENTENCE_WORDS, endpoint=True))
    return " ".join(w if unseen or rng.random() > INVENTED_SHARE else invented(rng) for w in chosen)


def speak(said: Sentence) -> tuple[Audio, tuple[tuple[str, float, float], ...]]:
    """The sound of the words, and its phones as (ARPAbet name, start_s, end_s)."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "said.wav"
        options = ["-voice", said.voice, "--setf", f"duration_stretch={said.stretch}"]
        if said.pitch_hz is not None:
            options += ["--setf", f"int_f0_target_mean={said.pitch_hz}"]
        command = ["flite", *options, "-psdur", "-t", said.text, "-o", str(sound)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except FileNotFoundError:
            raise MissingDependency(
                "synthetic sentences need the program 'flite'",
                seen="it is not installed",
                wanted="Debian's package flite",
                cure="run: apt-get install flite, or train with --flite 0",
            ) from None
        if run.returncode:
            raise TrainingError(
                "flite failed",
                seen=run.stderr.strip()[:120],
                wanted="a spoken sentence",
                cure="try it by hand",
            )
        return read_audio(sound), _phones(run.stdout)


def _clip(said: Sentence | espeak.Spoken, pitches: tuple[float, ...], cache: Path) -> Clip:
    by = "espeak" if isinstance(said, espeak.Spoken) else "flite"
    name = f"{by}-" + hashlib.sha256(repr((said, pitches)).encode()).hexdigest()[:16]

    def make() -> dict[str, Any]:
        audio, phones = espeak.speak(said) if isinstance(said, espeak.Spoken) else speak(said)
        rows: dict[str, Any] = {
            f"{pitch}": hear(audio.samples, round(audio.sample_rate_hz * pitch)) for pitch in pitches
        }
        return rows | {
            "names": np.array([phone for phone, _, _ in phones]),
            "times_s": np.array([[start_s, end_s] for _, start_s, end_s in phones]),
        }

    stored = remember(cache / f"{name}.npz", make)
    phones = tuple(
        (str(phone), float(start_s), float(end_s))
        for phone, (start_s, end_s) in zip(stored["names"], stored["times_s"], strict=True)
    )
    return Clip(name, {pitch: stored[f"{pitch}"] for pitch in pitches}, phones)


def _phones(printed: str) -> tuple[tuple[str, float, float], ...]:
    phones, start_s = [], 0.0
    for part in printed.split():
        phone, _, end = part.rpartition(":")
        name = SPOKEN_AS.get(phone.upper(), phone.upper())
        if name not in PHONES and name not in GLIDES:
            raise TrainingError(
                "flite says an unknown phone", seen=part, wanted="ARPAbet", cure="add it to phones.py"
            )
        phones.append((name, start_s, float(end)))
        start_s = float(end)
    return tuple(phones)
