"""How lips follow voices that no network learned from: by phones, since nobody filmed them.

    python tests/bench/bench_voices.py --clips DATA/grid_s1 [--out benchmarks/motion_voices.json]

The lips to compare with are those that the speaker of --clips would have had (`motion.articulation`): r here
says how well a network hears, not how well one man's lips tell another's. Voices:

asterisk  a woman, recorded: Debian's asterisk-core-sounds-en-g722 with the texts of asterisk-core-sounds-en,
          phones by pocketsphinx's forced alignment (pip install pocketsphinx)
slt       flite's, in words that training never says
it        Italian by eSpeak NG, in a voice and a language that training leaves out
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import numpy as np  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from talkwire.runtime.minds import AnyMind, Preset, open_mind  # noqa: E402
from talkwire.training.motion.articulation import articulation_of, with_lips  # noqa: E402
from talkwire.training.motion.corpus import STEP_HZ, Clip, hear, load  # noqa: E402
from talkwire.training.motion.evaluate import motion  # noqa: E402
from talkwire.training.motion.metrics import measure, said  # noqa: E402
from talkwire.training.motion.shown import shown  # noqa: E402
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


def prompts(count: int) -> Iterator[Clip]:
    """The first prompts of a length that a sentence has, with aligned phones."""
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
        yield Clip(name.strip(), {1.0: hear(samples, PROMPT_RATE_HZ)}, phones)


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
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/motion_voices.json")
    given = parser.parse_args()
    machine = hardware()
    articulation = articulation_of(load(given.clips, given.cache)["train"], given.cache)
    voices = {
        "asterisk": list(prompts(given.prompts)),
        "slt": sentences(60, unseen=True, cache=given.cache),
        "it": babble(30, unseen=True, cache=given.cache),
    }
    figures: dict[str, dict[str, Any]] = {}
    for preset in Preset:
        mind = open_mind(preset)
        table: dict[str, Any] = {}
        for name, clips in voices.items():
            lips = [with_lips(clip, articulation) for clip in clips]
            table[name] = {"lines": len(lips), **measure([said(clip, moved(mind, clip)) for clip in lips])}
        table["six"] = {"r": one_line_in_six_voices(mind)}
        figures[preset.value] = table
        for name, values in table.items():
            print(f"{preset:8s}{name:10s}", "  ".join(f"{key} {value:.3f}" for key, value in values.items()))
    command = "python tests/bench/bench_voices.py --clips grid_s1"
    write_report(given.out, {"hardware": machine, "command": command, "figures": figures})


if __name__ == "__main__":
    main()
