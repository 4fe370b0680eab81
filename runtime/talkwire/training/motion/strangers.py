"""Voices whose phones nobody knows: people's diphones by Festival, a man's recorded prompts, and music.

They teach a live network how else people sound; what lips do beside them, the network for baking says
(`taught`). Festival's voices and the prompts are Debian packages, of which nothing ships.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import EAR_RATE_HZ
from talkwire.runtime.errors import MissingDependency, TrainingError, missing
from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import PITCHES, Clip, hear, mel_cache, remember
from talkwire.training.motion.words import invented

VOICES: Final = {  # Festival's voice, and the Debian package that has it
    "czech_dita": "festvox-czech-dita",
    "czech_krb": "festvox-czech-krb",
    "czech_machac": "festvox-czech-machac",
    "czech_ph": "festvox-czech-ph",
    "hy_fi_mv_diphone": "festvox-suopuhe-mv",
    "suo_fi_lj_diphone": "festvox-suopuhe-lj",
    "upc_ca_ona_hts": "festvox-ca-ona-hts",
    "ked_diphone": "festvox-kdlpc16k",
}
AT_ONCE: Final = 50  # sentences of one voice in one run of Festival
SENTENCE_WORDS: Final = (3, 6)
STRETCH: Final = (0.8, 1.3)
SECOND_PITCHES: Final = tuple(pitch for pitch in PITCHES if pitch != 1.0)
PROMPTS: Final = Path("/usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU")
PROMPTS_PACKAGE: Final = "asterisk-core-sounds-ru-g722"
PROMPT_RATE_HZ: Final = 16_000
PROMPT_BYTES: Final = range(8_000, 20_000)  # 1 to 2.5 seconds, in which nobody pauses
PIECES, PIECE_S = 12, 20.0


def strangers(count: int, cache: Path | None = None, seed: int = 0) -> list[Clip]:
    """`count` sentences of made-up words, in turn by each voice, and every prompt; without phones.

    Raises MissingDependency without Festival or a package, TrainingError when Festival fails.
    """
    clips = []
    for number in range(-(-count // AT_ONCE)):
        voice = tuple(VOICES)[number % len(VOICES)]
        clips += _spoken(voice, np.random.default_rng([seed, number, 2]), mel_cache(cache))
    return clips[:count] + _prompts(mel_cache(cache))


def music(cache: Path | None = None, seed: int = 0) -> list[Float32]:
    """Mel rows [R, 80] of tunes that a seed plays, to hear a voice through."""
    stored = remember(
        mel_cache(cache) / f"music-{seed}.npz",
        lambda: {
            f"{piece}": hear(tune(np.random.default_rng([seed, piece])), EAR_RATE_HZ)
            for piece in range(PIECES)
        },
    )
    return [stored[f"{piece}"].astype(np.float32) for piece in range(PIECES)]


def _spoken(voice: str, rng: np.random.Generator, cache: Path) -> list[Clip]:
    texts = [
        " ".join(invented(rng) for _ in range(rng.integers(*SENTENCE_WORDS, endpoint=True)))
        for _ in range(AT_ONCE)
    ]
    pitches = (1.0, float(rng.choice(SECOND_PITCHES)))
    script = _script(voice, round(rng.uniform(*STRETCH), 2), texts)
    key = hashlib.sha256(repr((script, pitches)).encode()).hexdigest()[:16]

    def make() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            _run(voice, script, Path(folder))
            sounds = [read_audio(Path(folder) / f"{number}.wav") for number in range(AT_ONCE)]
        return {
            f"{number} {pitch}": hear(audio.samples, round(audio.sample_rate_hz * pitch))
            for number, audio in enumerate(sounds)
            for pitch in pitches
        }

    stored = remember(cache / f"festival-{key}.npz", make)
    return [
        Clip(
            f"festival {voice} {key} {number}", {pitch: stored[f"{number} {pitch}"] for pitch in pitches}, ()
        )
        for number in range(AT_ONCE)
    ]


def _script(voice: str, stretch: float, texts: list[str]) -> str:
    lines = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch})"]
    lines += [
        f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{number}.wav" \'riff)'
        for number, text in enumerate(texts)
    ]
    return "\n".join(lines)


def _run(voice: str, script: str, folder: Path) -> None:
    (folder / "said.scm").write_text(script)
    try:
        run = subprocess.run(
            ["festival", "-b", "said.scm"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    except FileNotFoundError:
        raise MissingDependency(
            "voices of other people need the program 'festival'",
            seen="it is not installed",
            wanted="Debian's packages festival and " + ", ".join(VOICES.values()),
            cure="run: apt-get install festival ..., or train with --strangers 0",
        ) from None
    if run.returncode or not all((folder / f"{number}.wav").exists() for number in range(AT_ONCE)):
        raise TrainingError(
            f"festival failed with voice {voice}",
            seen=run.stderr.strip()[-120:],
            wanted=f"{AT_ONCE} spoken sentences",
            cure=f"run: apt-get install {VOICES[voice]}, or train with --strangers 0",
        )


def _prompts(cache: Path) -> list[Clip]:
    if not PROMPTS.exists():
        raise MissingDependency(
            "voices of other people need recorded prompts",
            seen=f"no {PROMPTS}",
            wanted=f"Debian's package {PROMPTS_PACKAGE}",
            cure=f"run: apt-get install {PROMPTS_PACKAGE}, or train with --strangers 0",
        )
    paths = [path for path in sorted(PROMPTS.rglob("*.g722")) if path.stat().st_size in PROMPT_BYTES]
    clips = []
    for path in paths:
        stored = remember(cache / f"prompt-ru-{path.parent.name}-{path.stem}.npz", partial(_heard, path))
        clips.append(Clip(f"prompt {path.stem}", {pitch: stored[f"{pitch}"] for pitch in PITCHES}, ()))
    return clips


def _heard(path: Path) -> dict[str, Any]:
    try:
        import av
    except ImportError:
        raise missing("av", extra="render", need="hearing recorded prompts") from None
    with av.open(str(path), format="g722") as sound:
        pcm = np.concatenate([frame.to_ndarray().ravel() for frame in sound.decode(audio=0)])
    samples = pcm.astype(np.float32) / np.float32(32768)
    return {f"{pitch}": hear(samples, round(PROMPT_RATE_HZ * pitch)) for pitch in PITCHES}


def tune(rng: np.random.Generator) -> Float32:
    """Chords of plucked or held harmonics with a beat under them: [S] at 16 kHz."""
    time_s = np.arange(round(PIECE_S * EAR_RATE_HZ)) / EAR_RATE_HZ
    beat_s, tune = rng.uniform(0.25, 0.6), np.zeros(len(time_s))
    root_hz, fades, bright = rng.uniform(80, 220), rng.uniform(0.5, 6), rng.uniform(0.5, 1.6)
    for beat in range(int(PIECE_S / beat_s)):
        since_s = time_s - beat * beat_s
        here = (since_s >= 0) & (since_s < 2 * beat_s)
        envelope = np.exp(-since_s[here] * fades) * np.minimum(1, since_s[here] / 0.01)
        for note in rng.choice([0, 2, 4, 5, 7, 9, 12, 16, 19], 3):
            for harmonic in range(1, 9):
                hz = root_hz * 2 ** (note / 12) * harmonic
                tune[here] += envelope * np.sin(2 * np.pi * hz * since_s[here]) / harmonic**bright
        drum = rng.normal(size=here.sum()) * np.exp(-since_s[here] * 40) * rng.choice([0, 1, 3])
        tune[here] += drum
    played: Float32 = (0.2 * tune / np.abs(tune).max()).astype(np.float32)
    return played
