"""Spoken sentences whose phone times are known exactly, from the speech synthesiser flite.

GRID has one speaker and 51 words; a network taught by it alone mistakes the consonants of every other
word. flite (Carnegie Mellon, free licence; the program of Debian's package of that name is called, not
linked) says any words and prints when each phone ends. Two voices are to learn from; the third, a woman's,
and the words said by her are kept apart, for measuring.
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
from talkwire.training.motion.corpus import PITCHES, Clip, hear, mel_cache, remember
from talkwire.training.motion.phones import GLIDES, PHONES

VOICES: Final = ("awb", "rms", "kal16")
UNSEEN_VOICE: Final = "slt"
SENTENCE_WORDS: Final = (3, 6)
STRETCH: Final = (0.8, 1.25)
PITCH_HZ: Final = (85, 260)  # asked of the voice; the formants stay, as they do not in corpus.PITCHES
SECOND_PITCHES: Final = tuple(pitch for pitch in PITCHES if pitch != 1.0)
SPOKEN_AS: Final = {"PAU": "SIL", "AXR": "ER", "EL": "L", "EN": "N", "EM": "M", "DX": "D", "HV": "HH"}

_WORDS = """
about above across after again against almost alone always among animal answer apple around arrive away
baby back ball bank basic beautiful because become before begin behind believe below beside better between
beyond big bird black blood blue boat body book both bottle bottom boy branch bread break bridge bring
brother brown build business busy buy cabin call calm camp captain careful carry catch center chair chance
change charge cheap check child choose church circle city clean clear climb clock close cloud coffee cold
color come common company complete cook copy corner could count country couple course cover cross crowd
cry cup curve dance danger dark daughter day deep develop different dinner direct doctor dollar door
double down dream dress drink drive drop during each early earth east easy edge effect eight either else
empty engine enjoy enough evening ever every example expect explain eye face fact fall family famous farm
fast father favor fear feel few field fight figure final find finger fire first fish five floor flower
follow food foot force forget form forward four free fresh friend from front full game garden gather
general gentle giant girl give glass goal going gold good grand green ground group grow half hammer hand
happen happy hard have head hear heart heavy help high hold home hope horse hour house how human hurry
idea imagine improve inside island job join joy judge jump just keep key kind king kitchen know lady large
last later laugh law lead learn leave left letter level life light like line listen little live lock long
lose love low machine make man many map market marry master matter maybe measure meet member middle
million mind minute moment money month moon more morning mother mountain mouth move much music must name
nation near need never new night nine nobody noise north nothing notice now number object ocean offer
office often oil old one only open opinion orange order other our out over own page paint pair paper
parent part party pass past path pay peace people perfect perhaps person picture piece place plain plan
play please pleasure pocket point poor position possible power practice prepare present pretty price
problem produce promise proper protect prove public pull purpose push put question quick quiet quite radio
rain raise reach read ready real reason receive remember repeat report rest return rich ride right rise
river road rock room rope round rule safe same save say school sea second see seem sell send serve seven
several shape share sharp she ship shoe shop short should shoulder show sick side silver simple since sing
sister six size skin sky sleep slow small smile smooth snow soap social soft soldier some song soon sound
south space speak special speed spend spoke spring square stand star start station stay step still stone
stop store story strange stream street strong student such sudden summer sun supply suppose sure surprise
swim system table take talk teach television tell ten test thank that the them there thick thin thing
think third this those thought thousand three through throw time together tomorrow too top touch toward
town toy travel treasure tree trip trouble true trust try turn twelve two under union unit until up usual
valley value very view village visit voice vowel wait walk wall want war warm wash watch water way we wear
weather week welcome well west what wheel when where which while white who whole why wide wife wild will
wind window winter wish with woman wonder wood word work world would write wrong year yellow yes yet you
young your zero
"""
_UNSEEN_WORDS = """
able admire beam begged bishop bubble cabbage campfire cavern chimney combine cowboy cupboard damp dribble
elephant fable fabric favour festival flavour fumble gamble garage grumble hamper happily harbour hobby
hyphen import jumble kingdom lamp leather lever lobby lumber maple marble mimic moth oven pebble pepper
phone plumber poem popular probably pumpkin rabbit rapid ribbon robin rubber shampoo shelf shiver somebody
stumble sweeping symbol tablet temple thimble thumb tribe tumble umbrella vampire vapour vehicle vivid
wallpaper whimper wobble woven zebra
"""
WORDS: Final = tuple(_WORDS.split())
UNSEEN_WORDS: Final = tuple(_UNSEEN_WORDS.split())


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
        said = Sentence(
            text=" ".join(rng.choice(words, rng.integers(*SENTENCE_WORDS, endpoint=True))),
            voice=voices[number % len(voices)],
            stretch=round(rng.uniform(*STRETCH), 2),
            pitch_hz=None if unseen else round(rng.uniform(*PITCH_HZ)),
        )
        rates = (1.0,) if unseen else (1.0, float(rng.choice(SECOND_PITCHES)))
        clips.append(_clip(said, rates, mel_cache(cache)))
    return clips


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
                cure="run: apt-get install flite, or train with --synthetic 0",
            ) from None
        if run.returncode:
            raise TrainingError(
                "flite failed",
                seen=run.stderr.strip()[:120],
                wanted="a spoken sentence",
                cure="try it by hand",
            )
        return read_audio(sound), _phones(run.stdout)


def _clip(said: Sentence, pitches: tuple[float, ...], cache: Path) -> Clip:
    name = "flite-" + hashlib.sha256(repr((said, pitches)).encode()).hexdigest()[:16]

    def make() -> dict[str, Any]:
        audio, phones = speak(said)
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
