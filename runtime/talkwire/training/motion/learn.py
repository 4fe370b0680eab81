"""From a speaker's folder to a motion network: gather voices, train, measure, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from talkwire.runtime.minds import Preset
from talkwire.training.motion.articulation import Articulation, articulation_of, with_lips
from talkwire.training.motion.augment import draw
from talkwire.training.motion.corpus import Clip, load
from talkwire.training.motion.export import export
from talkwire.training.motion.network import Motion
from talkwire.training.motion.strangers import music, strangers
from talkwire.training.motion.synthetic import UNSEEN_VOICE, babble, sentences
from talkwire.training.motion.teaching import with_hearing, with_targets
from talkwire.training.motion.train import Network, Recipe, check_checkpoint, evaluate, train
from talkwire.training.motion.whisper import load_whisper
from talkwire.training.motion.whole import Whole

UNSEEN_COUNT: Final = 60
ROUNDED_BY_CLIPS: Final = 64
RECIPES: Final = {
    Preset.live: (Recipe(epochs=22, strangers=2400, filmed_times=3),),
    Preset.quality: (Recipe(epochs=10),),
}
"""What the networks that ship were trained by: one course after the other."""


@dataclass(frozen=True, slots=True)
class Order:
    """data: the speaker's folder, see `corpus.load`.  out: the graph to write.  recipes: courses, of the same
    voices.  checkpoint: kept each epoch, resumed from; a further course has its own beside it.  cache: of mel
    rows, see `corpus.mel_cache`.  limit: so many clips of each split.
    """

    data: Path
    out: Path
    network: Preset = Preset.live
    recipes: tuple[Recipe, ...] = (Recipe(),)
    checkpoint: Path | None = None
    cache: Path | None = None
    limit: int | None = None
    threads: int = 1


def learn(order: Order, say: Callable[[str], None] = print) -> dict[str, dict[str, float]]:
    """Train and write; the figures on clips and voices that were kept apart.

    Raises TrainingError, and MissingDependency that names what to install.
    """
    torch.set_num_threads(order.threads)
    live = order.network is Preset.live
    courses = [(recipe, course_checkpoint(order.checkpoint, i)) for i, recipe in enumerate(order.recipes)]
    for recipe, checkpoint in courses:
        check_checkpoint(checkpoint, recipe, Motion if live else Whole)
    whisper = load_whisper()
    clips = load(order.data, order.cache, order.limit)
    articulation = articulation_of(clips["train"], order.cache)
    clips |= _voices(order, articulation, clips["train"])
    learned = with_targets(clips.pop("train"), articulation)
    if live:
        learned = with_hearing(learned, whisper)
    torch.manual_seed(order.recipes[0].seed)
    network: Network = Motion(whisper) if live else Whole(whisper)
    tunes = music(order.cache)
    for recipe, checkpoint in courses:
        train(network, learned, recipe, val=clips["val"], music=tunes, checkpoint=checkpoint, say=say)
    figures = {name: evaluate(network, said) for name, said in clips.items()}
    chosen = np.random.default_rng(order.recipes[0].seed)
    known = [learned[i] for i in chosen.integers(len(learned), size=ROUNDED_BY_CLIPS)]
    heard = draw(chosen, known, order.recipes[0].steps, tunes).rows
    export(network, order.out, {"recipes": [asdict(r) for r in order.recipes], "figures": figures}, heard)
    return figures


def course_checkpoint(first: Path | None, course: int) -> Path | None:
    """Where a course keeps its state."""
    return first if first is None or not course else first.with_name(f"{first.name}.{course + 1}")


def _voices(order: Order, articulation: Articulation, filmed: list[Clip]) -> dict[str, list[Clip]]:
    """What is learned from, and what is kept apart to measure with."""
    recipe, cache = order.recipes[0], order.cache
    voices = [*filmed, *sentences(recipe.flite, cache=cache), *babble(recipe.espeak, cache=cache)]
    if recipe.strangers:
        voices += strangers(recipe.strangers, cache)
    apart = sentences(UNSEEN_COUNT, unseen=True, cache=cache) if recipe.flite else []
    unseen = {f"{UNSEEN_VOICE}, unseen words": [with_lips(clip, articulation) for clip in apart]}
    return {"train": voices, **(unseen if apart else {})}
