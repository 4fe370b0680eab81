"""What each source of training data buys the live network: the same number of clips drawn, other voices.

    python tests/bench/bench_motion_data.py --data DATA/grid_s1 [--draws 8000] [--out FILE.json]

Short trainings: what ships drew thirty times as many clips. r of the mouth's opening on clips of the filmed
man, and on voices that nobody learned from, as `bench_voices.py` has them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import torch  # noqa: E402
from bench_voices import prompts  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from talkwire.runtime.minds import Preset  # noqa: E402
from talkwire.training.motion.articulation import articulation_of, with_lips  # noqa: E402
from talkwire.training.motion.corpus import load  # noqa: E402
from talkwire.training.motion.learn import RECIPES  # noqa: E402
from talkwire.training.motion.network import Motion  # noqa: E402
from talkwire.training.motion.strangers import music, strangers  # noqa: E402
from talkwire.training.motion.synthetic import babble, sentences  # noqa: E402
from talkwire.training.motion.teaching import with_hearing, with_targets  # noqa: E402
from talkwire.training.motion.train import Recipe, evaluate, train  # noqa: E402
from talkwire.training.motion.whisper import load_whisper  # noqa: E402

UNSEEN, PROMPTS = 60, 60
FRESH_EAR_RATE = 1e-3  # an ear that has learned nothing yet learns faster


@dataclass(frozen=True)
class Diet:
    """Which sources there are beside the filmed man, whether a teacher hears, and whether the ear begins as
    Whisper's or with nothing.
    """

    flite: bool = True
    espeak: bool = True
    strangers: bool = True
    teacher: bool = True
    begun: bool = True


DIETS = {
    "the filmed man alone": Diet(False, False, False),
    "and flite": Diet(True, False, False),
    "and flite and eSpeak": Diet(True, True, False),
    "and Festival and prompts: all": Diet(),
    "all, without the teacher": Diet(teacher=False),
    "all, with an ear that begins with nothing": Diet(begun=False),
}


def main() -> None:
    """Train, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--draws", type=int, default=8_000)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/motion_data.json")
    given = parser.parse_args()
    torch.set_num_threads(1)
    recipe, whisper = RECIPES[Preset.live][0], load_whisper()
    filmed = load(given.data, given.cache)
    articulation = articulation_of(filmed["train"], given.cache)
    sources = {
        "flite": sentences(recipe.flite, cache=given.cache),
        "espeak": babble(recipe.espeak, cache=given.cache),
        "strangers": strangers(recipe.strangers, given.cache),
    }
    tests = {
        "filmed man, test": filmed["test"],
        "recorded woman": [with_lips(clip, articulation) for clip, _ in prompts(PROMPTS)],
        "slt": [with_lips(c, articulation) for c in sentences(UNSEEN, unseen=True, cache=given.cache)],
        "Italian": [with_lips(c, articulation) for c in babble(UNSEEN, unseen=True, cache=given.cache)],
    }
    everything = [*filmed["train"], *itertools.chain.from_iterable(sources.values())]
    learned = with_hearing(with_targets(everything, articulation), whisper)
    of = {clip.name: source for source, said in sources.items() for clip in said}
    table: dict[str, Any] = {}
    for name, diet in DIETS.items():
        eaten = [
            (clip, targets if diet.teacher else replace(targets, heard=None))
            for clip, targets in learned
            if clip.name not in of or getattr(diet, of[clip.name])
        ]
        torch.manual_seed(recipe.seed)
        network = Motion(whisper if diet.begun else None)
        rate = recipe.ear_learning_rate if diet.begun else FRESH_EAR_RATE
        short = Recipe(epochs=max(1, round(given.draws / len(eaten))), ear_learning_rate=rate)
        train(network, eaten, short, music=music(given.cache))
        figures = {voice: evaluate(network, said) for voice, said in tests.items()}
        table[name] = {voice: round(values["r"], 3) for voice, values in figures.items()}
        table[name]["J, filmed man"] = round(figures["filmed man, test"]["J"], 3)
        print(name, table[name], flush=True)
        command = "python tests/bench/bench_motion_data.py --data grid_s1"
        report = {"hardware": hardware(), "command": command, "draws": given.draws, "r": table}
        write_report(given.out, report)


if __name__ == "__main__":
    main()
