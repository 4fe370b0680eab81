"""Sentences of many made-up voices in several languages, with exact phone times, from eSpeak NG.

The only user of `espeakng-loader`, whose library (GPL) is called as a tool, while training data is made,
and of which nothing ships.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import Audio
from talkwire.runtime.errors import TrainingError, missing
from talkwire.training.motion.phone_times import Phones
from talkwire.training.motion.phones import GLIDES, PHONES

VARIANTS: Final = (
    *("m1", "m2", "m3", "m4", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "croak", "whisper", "whisperf"),
    *("Alex", "Alicia", "Andrea", "Annie", "Denis", "Diogo", "Hugo", "Marco", "Michael", "adam", "anika"),
    *("aunty", "belinda", "benjamin", "boris", "caleb", "ed", "grandma", "grandpa", "klatt2", "klatt4"),
    *("linda", "max", "pablo", "quincy", "rob", "steph", "travis", "zac"),
)
UNSEEN_VARIANT: Final = "f5"
RATE_WPM: Final = (130, 210)
PITCH: Final = (20, 80)
LEAD_S: Final = 0.2  # of silence before it speaks

# IPA without stress, length and nasality, to the phone of `phones.PHONES` whose lips are likest
LIKEST: Final = {
    "p": "P",
    "b": "B",
    "m": "M",
    "f": "F",
    "v": "V",
    "θ": "TH",
    "ð": "DH",
    "t": "T",
    "d": "D",
    "n": "N",
    "l": "L",
    "s": "S",
    "z": "Z",
    "ʃ": "SH",
    "ʒ": "ZH",
    "tʃ": "CH",
    "dʒ": "JH",
    "k": "K",
    "ɡ": "G",
    "g": "G",
    "ŋ": "NG",
    "h": "HH",
    "j": "Y",
    "ɹ": "R",
    "w": "W",
    "r": "D",
    "ɾ": "D",
    "ʁ": "G",
    "ʀ": "G",
    "x": "K",
    "χ": "K",
    "ç": "Y",
    "ɲ": "N",
    "ʎ": "L",
    "ɣ": "G",
    "β": "UH",
    "ʋ": "V",
    "ts": "S",
    "dz": "Z",
    "pf": "F",
    "ɫ": "L",
    "ɥ": "W",
    "ɕ": "SH",
    "ʑ": "ZH",
    "c": "K",
    "ɟ": "G",
    "ɻ": "R",
    "ʂ": "SH",
    "ʐ": "ZH",
    "ɬ": "L",
    "i": "IY",
    "ɪ": "IH",
    "e": "EH",
    "ɛ": "EH",
    "æ": "AE",
    "a": "AA",
    "ɑ": "AA",
    "ɒ": "AO",
    "ɔ": "AO",
    "o": "OW",
    "u": "UW",
    "ʊ": "UH",
    "y": "UW",
    "ʏ": "UH",
    "ø": "UH",
    "œ": "ER",
    "ə": "AX",
    "ɐ": "AH",
    "ʌ": "AH",
    "ɜ": "ER",
    "ɚ": "ER",
    "ɝ": "ER",
    "ɨ": "IH",
    "ᵻ": "IH",
    "ɯ": "IH",
    "ɤ": "AH",
    "eɪ": "EY",
    "aɪ": "AY",
    "aʊ": "AW",
    "oʊ": "OW",
    "əʊ": "OW",
    "ɔɪ": "OY",
    "ɔø": "OY",
    "ɔʏ": "OY",
}
_IGNORED: Final = str.maketrans("", "", "ˈˌːˑ\u0303\u0329\u032f\u0361\u02b0\u02b2\u0325-.|")
_SYNCHRONOUS, _PHONEMES_AS_IPA, _PHONEME, _UTF8 = 2, 1 | 2, 7, 1
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What eSpeak is asked to say: voice as "de+f2", words a minute, pitch from 0 to 99."""

    text: str
    voice: str
    rate_wpm: int = 175
    pitch: int = 50


@dataclass
class _Heard:
    """What the library calls back with, and the callback, of which it keeps only the address."""

    parts: list[Any] = field(default_factory=list)
    events: list[tuple[int, str]] = field(default_factory=list)
    callback: Any = None


def speak(said: Spoken) -> tuple[Audio, Phones]:
    """The sound and its phones. Raises MissingDependency without espeakng-loader, TrainingError when it
    fails.
    """
    library, rate_hz, heard = _library()
    heard.parts.clear()
    heard.events.clear()
    text = said.text.encode() + b"\0"
    failed = library.espeak_SetVoiceByName(said.voice.encode())
    library.espeak_SetParameter(_RATE_PARAMETER, said.rate_wpm, 0)
    library.espeak_SetParameter(_PITCH_PARAMETER, said.pitch, 0)
    failed = failed or library.espeak_Synth(text, len(text), 0, 0, 0, _UTF8, None, None)
    if failed or not heard.parts:
        raise TrainingError(
            "eSpeak NG failed", seen=repr(said)[:100], wanted="a spoken sentence", cure="try another voice"
        )
    lead = round(LEAD_S * rate_hz)
    spoken = np.concatenate([np.zeros(lead, np.int16), *heard.parts]).astype(np.float32)
    events = [(0, "_"), *((lead + at, ipa) for at, ipa in heard.events)]
    return Audio(spoken.astype(np.float32) / np.float32(32768), rate_hz), phones_of(
        events, len(spoken), rate_hz
    )


def phones_of(events: list[tuple[int, str]], samples: int, rate_hz: int) -> Phones:
    """IPA as it begins, by sample, to phones with times; what is unknown belongs to the phone before."""
    phones: list[tuple[str, float, float]] = []
    ends = [at for at, _ in events[1:]] + [samples]
    for (at, ipa), end in zip(events, ends, strict=True):
        names = arpabet(ipa)
        if end <= at or not names:
            continue
        edges = np.linspace(at, end, len(names) + 1) / rate_hz
        for name, start_s, end_s in zip(names, edges[:-1], edges[1:], strict=True):
            start_s = phones[-1][2] if phones else 0.0
            if phones and phones[-1][0] == name == "SIL":
                phones[-1] = ("SIL", phones[-1][1], float(end_s))
            else:
                phones.append((name, float(start_s), float(end_s)))
    return tuple(phones)


def arpabet(ipa: str) -> list[str]:
    """One event's IPA to phones: whole where it is known, else sign by sign; a pause is SIL."""
    bare = ipa.translate(_IGNORED)
    if not bare or set(bare) <= set("_: "):
        return ["SIL"]
    if bare in LIKEST:
        return [LIKEST[bare]]
    return [LIKEST[sign] for sign in bare if sign in LIKEST]


@cache
def _library() -> tuple[Any, int, _Heard]:
    try:
        import espeakng_loader  # type: ignore[import-untyped]
    except ImportError:
        raise missing("espeakng-loader", extra="train", need="making sentences in many voices") from None
    library, heard = ctypes.CDLL(espeakng_loader.get_library_path()), _Heard()

    def take(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            heard.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        number = 0
        while events[number].type:
            if events[number].type == _PHONEME:
                name = bytes(events[number].id.string).split(b"\0")[0].decode(errors="replace")
                heard.events.append((events[number].sample, name))
            number += 1
        return 0

    data = espeakng_loader.get_data_path().encode()
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEMES_AS_IPA)
    heard.callback = _Callback(take)
    library.espeak_SetSynthCallback(heard.callback)
    return library, int(rate_hz), heard


assert set(LIKEST.values()) <= {*PHONES, *GLIDES}
