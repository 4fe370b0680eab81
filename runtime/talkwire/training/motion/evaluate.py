"""python -m talkwire.training.motion.evaluate [--data GRID_FOLDER] [--line WAV --phones JSON] [--graph ONNX].

Measures a graph the way it is used: sound through Ear and Mind. With --data: the test split of the GRID
folder. With --line (may be repeated): any voice whose phones are known. Prints a table, and JSON with --json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import Ear
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import TalkwireError, TrainingError
from talkwire.runtime.mind import Mind, default_mind
from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import decode, load
from talkwire.training.motion.metrics import Spoken, aperture, measure
from talkwire.training.motion.phones import BITE, SEAL
from talkwire.training.motion.synthetic import UNSEEN_VOICE, sentences
from talkwire.training.motion.targets import Phones


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print. Returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.motion.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, help="the GRID speaker folder")
    parser.add_argument("--split", default="test", choices=["train", "val", "test"])
    parser.add_argument("--limit", type=int, help="use only this many clips")
    parser.add_argument("--unseen", type=int, default=0, help="this many sentences of a voice kept apart")
    parser.add_argument("--line", type=Path, action="append", default=[], help="a voice line")
    parser.add_argument(
        "--phones", type=Path, action="append", default=[], help="its [phone, start, end] list"
    )
    parser.add_argument("--graph", type=Path, help="the network (default: the shipped one)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args(arguments)
    figures: dict[str, Any] = {}
    try:
        mind = Mind(OnnxEngine.from_file(given.graph)) if given.graph else default_mind()
        if given.data:
            figures[f"grid_s1 {given.split}"] = measure(
                corpus_lines(mind, given.data, given.split, given.limit)
            )
        if given.unseen:
            figures[f"synthetic voice {UNSEEN_VOICE!r}, unseen words"] = measure(
                unseen_lines(mind, given.unseen)
            )
        for line, phones in zip(given.line, given.phones, strict=True):
            said = say(mind, line, read_phones(phones))
            figures[line.stem] = measure([said]) | closures(said)
    except TalkwireError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for name, values in figures.items():
        print(name)
        for figure, value in values.items():
            print(f"  {figure:24s} {value:8.3f}")
    if given.json:
        known = {  # JSON has no NaN: what a set of lines cannot tell is null
            name: {figure: None if value != value else value for figure, value in values.items()}
            for name, values in figures.items()
        }
        given.json.write_text(json.dumps(known, indent=1, allow_nan=False) + "\n")
    return 0


def motion(mind: Mind, samples: Float32, sample_rate_hz: int) -> Float32:
    """The whole line at once: weights [ceil(50 * duration) + 1, 52]."""
    ear = Ear(sample_rate_hz)
    return np.concatenate([mind.push(ear.push(samples)), mind.push(ear.end()), mind.end()])


def corpus_lines(mind: Mind, folder: Path, split: str, limit: int | None = None) -> list[Spoken]:
    """The clips of a split of the GRID folder, beside their tracked lips."""
    lines = []
    for clip in load(folder, limit=limit)[split]:
        moved = motion(mind, *decode(folder / "video" / f"{clip.name}.mp4"))[: clip.steps]
        lines.append(_spoken(moved, clip.phones, clip.gap))
    return lines


def say(mind: Mind, path: Path, phones: Phones) -> Spoken:
    """A line whose lips nobody tracked."""
    audio = read_audio(path)
    return _spoken(motion(mind, audio.samples, audio.sample_rate_hz), phones)


def unseen_lines(mind: Mind, count: int) -> list[Spoken]:
    """Sentences of a synthetic voice, in words that training never said. Raises MissingDependency."""
    clips = sentences(count, unseen=True)
    steps = [np.concatenate([mind.push(clip.rows[1.0].astype(np.float32)), mind.end()]) for clip in clips]
    return [_spoken(moved[: clip.steps], clip.phones) for moved, clip in zip(steps, clips, strict=True)]


def _spoken(moved: Float32, phones: Phones, gap: Float32 | None = None) -> Spoken:
    tracked = None if gap is None else gap[: len(moved)].astype(np.float64)
    return Spoken(aperture(moved), moved[:, INDEX["jawOpen"]].astype(np.float64), phones, tracked)


def closures(line: Spoken) -> dict[str, float]:
    """The least opening at each p, b, m, f and v of a line, by name and time."""
    least = {}
    for name, start_s, end_s in line.phones:
        if name in SEAL | BITE:
            first, last = int((start_s - 0.04) * 50), int((end_s + 0.04) * 50) + 1
            least[f"opening at {name} {start_s:.2f} s"] = float(line.opening[max(0, first) : last + 1].min())
    return least


def read_phones(path: Path) -> Phones:
    """A JSON list of [phone, start_s, end_s], ARPAbet of either case. Raises TrainingError."""
    try:
        return tuple(
            (_NAMES.get(str(phone).upper(), str(phone).upper()), float(start_s), float(end_s))
            for phone, start_s, end_s in json.loads(path.read_text())
        )
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            f"cannot read {path}",
            seen=repr(error)[:80],
            wanted="[phone, start_s, end_s] lists",
            cure="check it",
        ) from None


_NAMES = {"PAU": "SIL", "SP": "SIL"}

if __name__ == "__main__":
    sys.exit(main())
