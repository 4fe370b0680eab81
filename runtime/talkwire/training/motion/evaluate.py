"""How well a motion network moves a mouth, measured the way it is used: sound through Ear and Mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import Ear
from talkwire.runtime.minds import AnyMind
from talkwire.runtime.types import Float32
from talkwire.training.motion.articulation import Articulation, articulation_of, with_lips
from talkwire.training.motion.corpus import Clip, decode, load
from talkwire.training.motion.curves import draw_lips
from talkwire.training.motion.metrics import Spoken, measure, said
from talkwire.training.motion.phone_times import PHONES_SUFFIX, Phones, read_phones
from talkwire.training.motion.phones import BITE, SEAL
from talkwire.training.motion.synthetic import UNSEEN_VOICE, sentences


def judge(
    mind: AnyMind,
    *,
    clips: Path | None = None,
    split: str = "test",
    limit: int | None = None,
    unseen: int = 0,
    lines: Sequence[Path] = (),
) -> dict[str, dict[str, float]]:
    """Figures by what they were measured on. clips: a speaker's folder, see `corpus.load`, of which one split
    counts, at most `limit` clips of it.  unseen: so many sentences of a synthetic voice kept apart, beside
    the lips that the speaker of `clips` would have had.  lines: voice lines, each with its phones beside it
    (NAME.phones.json).  Raises TrainingError, AudioError, MissingDependency.
    """
    figures = {}
    if clips is not None:
        figures[f"{clips.name} {split}"] = measure(corpus_lines(mind, clips, split, limit))
    if unseen:
        articulation = articulation_of(load(clips)["train"]) if clips is not None else None
        lips = unseen_lines(mind, unseen, articulation)
        figures[f"synthetic voice {UNSEEN_VOICE!r}, unseen words"] = measure(lips)
    for line in lines:
        heard = say(mind, line, read_phones(line.with_suffix(PHONES_SUFFIX)))
        figures[line.stem] = measure([heard]) | closures(heard)
    return figures


def motion(mind: AnyMind, samples: Float32, sample_rate_hz: int) -> Float32:
    """The whole line at once: weights [ceil(50 * duration) + 1, 52]."""
    ear = Ear(sample_rate_hz)
    return np.concatenate([mind.push(ear.push(samples)), mind.push(ear.end()), mind.end()])


def corpus_lines(mind: AnyMind, folder: Path, split: str, limit: int | None = None) -> list[Spoken]:
    """The clips of a split of the GRID folder, beside their tracked lips."""
    lines = []
    for clip in load(folder, limit=limit)[split]:
        lines.append(said(clip, motion(mind, *decode(folder / "video" / f"{clip.name}.mp4"))))
    return lines


def say(mind: AnyMind, path: Path, phones: Phones) -> Spoken:
    """A line whose lips nobody tracked."""
    audio = read_audio(path)
    return Spoken(motion(mind, audio.samples, audio.sample_rate_hz), phones)


def unseen_lines(mind: AnyMind, count: int, articulation: Articulation | None) -> list[Spoken]:
    """Sentences of a synthetic voice, in words that training never said. Raises MissingDependency."""
    clips = [with_lips(clip, articulation) for clip in sentences(count, unseen=True)]
    steps = [np.concatenate([mind.push(clip.rows[1.0].astype(np.float32)), mind.end()]) for clip in clips]
    return [said(clip, moved) for moved, clip in zip(steps, clips, strict=True)]


def draw(minds: Mapping[str, AnyMind], clips: Path | None, split: str, lines: Sequence[Path]) -> bytes:
    """A picture of the first line, else of the first clip of a split, by several networks: see `curves`."""
    if lines:
        audio, phones = read_audio(lines[0]), read_phones(lines[0].with_suffix(PHONES_SUFFIX))
        clip = Clip(lines[0].stem, {}, phones)
        samples, rate_hz = audio.samples, audio.sample_rate_hz
    else:
        assert clips is not None
        clip = load(clips, limit=1)[split][0]
        samples, rate_hz = decode(clips / "video" / f"{clip.name}.mp4")
    spoken = {name: said(clip, motion(mind, samples, rate_hz)) for name, mind in minds.items()}
    return draw_lips(samples, rate_hz, spoken)


def closures(line: Spoken) -> dict[str, float]:
    """The least opening at each p, b, m, f and v of a line, by name and time."""
    least = {}
    for name, start_s, end_s in line.phones:
        if name in SEAL | BITE:
            first, last = int((start_s - 0.04) * 50), int((end_s + 0.04) * 50) + 1
            least[f"opening at {name} {start_s:.2f} s"] = float(line.opening[max(0, first) : last + 1].min())
    return least
