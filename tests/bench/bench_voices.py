"""How lips follow voices that no network learned from: by phones, since nobody filmed them.

    python tests/bench/bench_voices.py --clips DATA/grid_s1 [--out benchmarks/motion_voices.json]

The lips to compare with are those that the speaker of --clips would have had (`motion.articulation`): r here
says how well a network hears, not how well one man's lips tell another's. Voices:

asterisk  a woman, recorded: Debian's asterisk-core-sounds-en-g722 with the texts of asterisk-core-sounds-en,
          phones by pocketsphinx's forced alignment (pip install pocketsphinx)
slt       flite's, in words that training never says
it        Italian by eSpeak NG, in a voice and a language that training leaves out
worse     40 of the woman's prompts: quieter, clipped, by telephone, in noise, over music, whispered (her
          spectra with the phase of noise), as a child and as a deep man would sound, offset, with gaps
six       one sentence by four voices of flite, two of them also at another pitch, each on the time of the
          first by its phones: the mean r of all pairs. Three of these voices are learned from.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import numpy as np  # noqa: E402
import soxr  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from talkwire.runtime.minds import AnyMind, Preset, open_mind  # noqa: E402
from talkwire.runtime.types import Float32  # noqa: E402
from talkwire.training.motion.articulation import articulation_of, with_lips  # noqa: E402
from talkwire.training.motion.corpus import STEP_HZ, Clip, hear, load  # noqa: E402
from talkwire.training.motion.evaluate import motion  # noqa: E402
from talkwire.training.motion.metrics import measure, said  # noqa: E402
from talkwire.training.motion.shown import shown  # noqa: E402
from talkwire.training.motion.strangers import tune  # noqa: E402
from talkwire.training.motion.synthetic import Sentence, babble, sentences, speak  # noqa: E402

SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
PROMPT_RATE_HZ = 16_000
PROMPT_S = (2.0, 6.0)
PAD_S = 0.3  # of faint noise at both ends, which rescues alignments
SIX = (("slt", None), ("rms", None), ("awb", None), ("kal16", None), ("slt", 260), ("rms", 85))
LINES = (
    "my brother opened the window before supper",
    "please remember the blue umbrella by the door",
    "maybe we should leave early on friday",
)


WORSE_PROMPTS = 40
GAP_S = 0.05


def noisy(samples: Float32, snr_db: float) -> Float32:
    """White noise below the mean power."""
    noise = np.random.default_rng(0).normal(0, samples.std() * 10 ** (-snr_db / 20), len(samples))
    return samples + noise.astype(np.float32)


def telephone(samples: Float32) -> Float32:
    """Through 8 kHz and back."""
    narrow = soxr.resample(samples, PROMPT_RATE_HZ, 8_000)
    return np.asarray(soxr.resample(narrow, 8_000, PROMPT_RATE_HZ), np.float32)


def with_gaps(samples: Float32) -> Float32:
    """A tenth of all stretches of GAP_S is lost."""
    length = round(GAP_S * PROMPT_RATE_HZ)
    kept = np.random.default_rng(0).random(len(samples) // length + 1) > 0.1
    return samples * np.repeat(kept, length)[: len(samples)]


def whispered(samples: Float32) -> Float32:
    """The envelope of each spectrum, without its pitch, on noise."""
    import librosa

    spectra = np.abs(librosa.stft(samples, n_fft=512, hop_length=128))
    window = np.hanning(15) / np.hanning(15).sum()
    envelope = np.exp(np.apply_along_axis(np.convolve, 0, np.log(spectra + 1e-4), window, "same"))
    noise = np.random.default_rng(0).normal(size=len(samples)).astype(np.float32)
    breath = librosa.stft(noise, n_fft=512, hop_length=128)
    quiet = np.minimum(1, np.linspace(0, 257 / 20, 257))[:, None]  # whispers have little below 600 Hz
    sound = librosa.istft(envelope * breath * quiet, hop_length=128, length=len(samples))
    return (0.1 * sound / np.abs(sound).max()).astype(np.float32)


def over_music(samples: Float32) -> Float32:
    """A tune at 10 dB below."""
    played = np.resize(tune(np.random.default_rng(123)), len(samples))
    return samples + played * (samples.std() / played.std() * 10**-0.5)


WORSE: dict[str, Callable[[Float32], Float32]] = {
    "as it is": lambda samples: samples,
    "30 dB quieter": lambda samples: samples * np.float32(10**-1.5),
    "20 dB too loud, clipped": lambda samples: np.clip(samples * 10, -1, 1),
    "8 kHz": telephone,
    "noise at 20 dB": lambda samples: noisy(samples, 20),
    "noise at 10 dB": lambda samples: noisy(samples, 10),
    "offset of 0.2": lambda samples: samples + np.float32(0.2),
    "50 ms gaps": with_gaps,
    "music at 10 dB": over_music,
    "whispered": whispered,
}
# As if the tape ran faster or slower: pitch, formants and pace; phones keep pace.
THROATS = {"child": 1.3, "deep": 0.8}


def prompts(count: int) -> Iterator[tuple[Clip, Float32]]:
    """The first prompts of a length that a sentence has, with aligned phones, and their sound."""
    import av
    from pocketsphinx import Decoder

    noise = np.random.default_rng(0).normal(0, 8, round(PAD_S * PROMPT_RATE_HZ)).astype(np.int16)
    with gzip.open(TEXTS, "rt", errors="replace") as file:
        texts = dict(line.split(":", 1) for line in file if ":" in line and not line.startswith(";"))
    found = 0
    for name, text in texts.items():
        path = SOUNDS / f"{name.strip()}.g722"
        if found == count or not path.exists() or re.search(r"[\[(\d]", text):
            continue
        with av.open(str(path), format="g722") as sound:
            pcm = np.concatenate([frame.to_ndarray().ravel() for frame in sound.decode(audio=0)])
        words = re.sub(r"[^a-z' ]", " ", text.lower()).split()
        decoder = Decoder(samprate=PROMPT_RATE_HZ, loglevel="FATAL", bestpath=False)
        known = all(decoder.lookup_word(word) is not None for word in words)
        if not known or not PROMPT_S[0] < len(pcm) / PROMPT_RATE_HZ < PROMPT_S[1]:
            continue
        padded = np.concatenate([noise, pcm, noise]).tobytes()
        try:
            decoder.set_align_text(" ".join(words))
            for second in (False, True):
                if second:
                    decoder.set_alignment()
                decoder.start_utt()
                decoder.process_raw(padded, full_utt=True)
                decoder.end_utt()
            phones = _phones(decoder.get_alignment(), len(pcm) / PROMPT_RATE_HZ)
        except RuntimeError:  # no path through the words
            continue
        samples = pcm.astype(np.float32) / np.float32(32768)
        found += 1
        yield Clip(name.strip(), {1.0: hear(samples, PROMPT_RATE_HZ)}, phones), samples


def _phones(alignment: Any, duration_s: float) -> tuple[tuple[str, float, float], ...]:
    phones = []
    for phone in itertools.chain.from_iterable(alignment):
        start_s, end_s = phone.start / 100 - PAD_S, (phone.start + phone.duration) / 100 - PAD_S
        if end_s > 0 and start_s < duration_s:
            name = phone.name if phone.name.isalpha() and phone.name != "SIL" else "SIL"
            phones.append((name, max(0.0, start_s), min(duration_s, end_s)))
    return tuple(phones)


def moved(mind: AnyMind, clip: Clip) -> np.ndarray:
    """[T, 52]."""
    return np.concatenate([mind.push(clip.rows[1.0].astype(np.float32)), mind.end()])


def worse(mind: AnyMind, lips: list[tuple[Clip, Float32]]) -> dict[str, dict[str, float]]:
    """r and J by what was done to the sound."""
    table: dict[str, dict[str, float]] = {}
    for name, change in WORSE.items():
        lines = [said(clip, motion(mind, change(samples), PROMPT_RATE_HZ)) for clip, samples in lips]
        figures = measure(lines)
        table[name] = {"r": figures["r"], "J": figures["J"]}
    for name, speed in THROATS.items():
        lines = []
        for clip, samples in lips:
            at = np.arange(clip.steps) / speed
            fast = motion(mind, samples, round(PROMPT_RATE_HZ * speed))
            rows = np.clip(np.rint(at).astype(int), 0, len(fast) - 1)
            lines.append(said(clip, fast[rows]))
        figures = measure(lines)
        table[name] = {"r": figures["r"], "J": figures["J"]}
    return table


def one_line_in_six_voices(mind: AnyMind) -> float:
    """Mean r of the mouth's opening over pairs of voices and over lines."""
    values = []
    for text in LINES:
        curves, times_s = [], None
        for voice, pitch_hz in SIX:
            audio, phones = speak(Sentence(text, voice, pitch_hz=pitch_hz))
            ends_s = np.array([0.0, *(end_s for _, _, end_s in phones)])
            times_s = ends_s if times_s is None else times_s
            if len(ends_s) != len(times_s):
                raise SystemExit(f"{voice} says {text!r} in other phones than {SIX[0][0]}")
            opening, _ = shown(motion(mind, audio.samples, audio.sample_rate_hz))
            at_s = np.interp(np.arange(0, times_s[-1], 1 / STEP_HZ), times_s, ends_s)
            curves.append(np.interp(at_s, np.arange(len(opening)) / STEP_HZ, opening))
        r = np.corrcoef(np.array(curves))
        values.append(r[np.triu_indices(len(curves), 1)].mean())
    return float(np.mean(values))


def main() -> None:
    """Measure both networks, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=120)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--motion", choices=list(Preset), action="append", help="default: each")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/motion_voices.json")
    given = parser.parse_args()
    machine = hardware()
    articulation = articulation_of(load(given.clips, given.cache)["train"], given.cache)
    recorded = [(with_lips(clip, articulation), samples) for clip, samples in prompts(given.prompts)]
    voices = {
        "asterisk": [clip for clip, _ in recorded],
        "slt": sentences(60, unseen=True, cache=given.cache),
        "it": babble(30, unseen=True, cache=given.cache),
    }
    figures: dict[str, dict[str, Any]] = {}
    for preset in given.motion or Preset:
        mind = open_mind(Preset(preset))
        table: dict[str, Any] = {}
        for name, clips in voices.items():
            lips = [with_lips(clip, articulation) for clip in clips]
            table[name] = {"lines": len(lips), **measure([said(clip, moved(mind, clip)) for clip in lips])}
        table["six"] = {"r": one_line_in_six_voices(mind)}
        figures[str(preset)] = {**table, "worse": worse(mind, recorded[:WORSE_PROMPTS])}
        for name, values in (table | figures[str(preset)]["worse"]).items():
            print(f"{preset:8s}{name:24s}", "  ".join(f"{key} {value:.3f}" for key, value in values.items()))
    command = "python tests/bench/bench_voices.py --clips grid_s1"
    write_report(given.out, {"hardware": machine, "command": command, "figures": figures})


if __name__ == "__main__":
    main()
