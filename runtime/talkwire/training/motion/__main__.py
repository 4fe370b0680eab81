"""python -m talkwire.training.motion --data grid_s1 --network live -o motion_live.onnx."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from talkwire.runtime.errors import TalkwireError
from talkwire.training.motion.articulation import articulation_of, with_lips
from talkwire.training.motion.corpus import load
from talkwire.training.motion.export import export
from talkwire.training.motion.network import Motion
from talkwire.training.motion.strangers import music, strangers
from talkwire.training.motion.synthetic import babble, sentences
from talkwire.training.motion.train import Network, Recipe, evaluate, train
from talkwire.training.motion.whisper import load_whisper
from talkwire.training.motion.whole import Whole

UNSEEN_COUNT = 60
NETWORKS: dict[str, Callable[[], Network]] = {"live": Motion, "quality": lambda: Whole(load_whisper())}


def main(arguments: list[str] | None = None) -> int:
    """Train, export, print the figures on the test split. Returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.motion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the GRID speaker folder")
    parser.add_argument("--network", choices=NETWORKS, default="live", help="to talk with, or to bake with")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the graph to write")
    parser.add_argument("--checkpoint", type=Path, help="kept each epoch; resumed from when it exists")
    parser.add_argument("--cache", type=Path, help="decoded mel rows (default: ~/.cache/talkwire)")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--synthetic", type=int, default=Recipe().synthetic, help="sentences from flite")
    parser.add_argument("--babble", type=int, default=Recipe().babble, help="sentences from eSpeak NG")
    parser.add_argument(
        "--strangers",
        type=int,
        default=Recipe().strangers,
        help="sentences of Festival's voices, and prompts",
    )
    parser.add_argument("--limit", type=int, help="use only this many clips of each split")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    try:
        recipe = Recipe(given.seed, given.epochs, given.synthetic, given.babble, given.strangers)
        clips = load(given.data, given.cache, given.limit)
        articulation = articulation_of(clips["train"], given.cache)
        clips["train"] += sentences(recipe.synthetic, cache=given.cache)
        clips["train"] += babble(recipe.babble, cache=given.cache)
        if recipe.strangers:
            clips["train"] += strangers(recipe.strangers, given.cache)
        if recipe.synthetic:
            unseen = sentences(UNSEEN_COUNT, unseen=True, cache=given.cache)
            clips["unseen voice and words"] = [with_lips(clip, articulation) for clip in unseen]
        teacher = load_whisper() if given.network == "live" else None
        network, _ = train(
            NETWORKS[given.network],
            clips,
            recipe,
            articulation,
            teacher,
            music(given.cache),
            given.checkpoint,
        )
        figures = {name: evaluate(network, clips[name]) for name in clips if name != "train"}
        difference = export(network, given.output, {"recipe": asdict(recipe), "figures": figures})
    except TalkwireError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for split, values in figures.items():
        print(split, "  ".join(f"{name} {value:.3f}" for name, value in values.items()))
    print(f"{given.output}: {given.output.stat().st_size / 1e6:.2f} MB, torch agrees within {difference:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
