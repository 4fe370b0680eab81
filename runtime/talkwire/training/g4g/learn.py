"""From a video to an avatar file and a report: the whole way, as a person walks it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.machine import hardware
from talkwire.training.devices import choose_device
from talkwire.training.g4g.aligned import EMBEDDING, Alignment, keep_embedding
from talkwire.training.g4g.batches import Int64, too_little
from talkwire.training.g4g.compile import compile_avatar
from talkwire.training.g4g.evaluate import evaluate
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.judge import generator_of
from talkwire.training.g4g.once import footage_of
from talkwire.training.g4g.recipe import TIERS, WITHOUT, Recipe
from talkwire.training.g4g.references import choose_references
from talkwire.training.g4g.report import write_report
from talkwire.training.g4g.sync import TRUSTED
from talkwire.training.g4g.train import SHOWN, STAGES, make_trainer, train
from talkwire.training.g4g.trainer import Trainer
from talkwire.training.heads.canonical import find_landmark_model
from talkwire.training.standing import Standing, steps_done
from talkwire.training.tracking.store import writing

HELD_OUT: Final = 1 / 11  # the last of the video

Progress = Callable[[str, float, Standing | None], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. videos: files of one person, joined, or one folder with a capture.  shows: who is seen
    and that they agreed.  side: M, of the mouth; chosen by the video where it is None.  minutes: for
    training alone.
    """

    videos: tuple[Path, ...]
    out: Path
    shows: str
    licence: str
    tier: str = "cpu"
    side: int | None = None
    minutes: float | None = None
    resume: bool = False
    without: str | None = None
    recipe: Recipe | None = None


def learn(order: Order, progress: Progress) -> Mapping[str, Any]:
    """Find the mouth, train, compile, judge, report. Returns the figures that the report shows.

    Everything on the way lies in OUT_work/, and survives a kill at any moment; OUT appears when it is whole.
    Raises TrainingError in one sentence.
    """
    began = time.monotonic()
    device = choose_device(order.tier)
    find_landmark_model()  # judging needs it at the end: better to say so now
    work = _folder(order.out.with_name(f"{order.out.stem}_work"))
    footage = footage_of(
        order.videos,
        work / "footage",
        side=order.side,
        shows=order.shows,
        licence=order.licence,
        progress=lambda stage, share: progress(f"footage: {stage}", share, None),
    )
    learned, held = split_frames(footage)
    recipe = order.recipe or TIERS[order.tier]
    if order.without:
        recipe = replace(recipe, ablation=WITHOUT[order.without])
    references = choose_references(only(footage, learned))
    trainer = make_trainer(footage, learned, held, references, recipe, device)
    if not order.resume:
        shutil.rmtree(work / SHOWN, ignore_errors=True)  # another training's
    history = train(
        trainer,
        work,
        minutes=order.minutes,
        resume=order.resume,
        progress=lambda standing: progress("training", standing.share, standing),
    )
    keep_embedding(trainer.networks, footage.side, work)
    figures: dict[str, Any] = {"training": training_figures(trainer, history)}
    avatar = compile_avatar(
        trainer, make_card(order, footage), figures, lambda stage, share: progress("compiling", share, None)
    )
    measured, _ = evaluate(
        avatar,
        generator_of(avatar),
        only(footage, held),
        others={},
        alignment=Alignment(work / EMBEDDING),
        progress=lambda stage, share: progress(f"judging: {stage}", share, None),
    )
    figures["held_out"] = measured
    figures["training"]["minutes_in_all"] = round((time.monotonic() - began) / 60, 1)
    avatar = G4gAvatar(avatar.card, avatar.topology, avatar.data, figures)
    avatar.save(order.out)
    report = _folder(order.out.with_name(f"{order.out.stem}_report"))
    write_report(report, avatar, footage, references.tolist(), work / SHOWN, history)
    return figures


def split_frames(footage: Footage) -> tuple[Int64, Int64]:
    """Frames to learn from, and the last eleventh to judge by. Raises TrainingError for too few."""
    usable = footage.usable
    cut = int(len(usable) * (1 - HELD_OUT))
    if len(usable) - cut < 2:
        raise too_little(f"{len(usable)} usable frames")
    return usable[:cut], usable[cut:]


def only(footage: Footage, frames_k: Int64) -> Footage:
    """The same where no others can be used."""
    confidence = np.zeros_like(footage.confidence_n)
    confidence[frames_k] = footage.confidence_n[frames_k]
    return replace(footage, confidence_n=confidence)


def make_card(order: Order, footage: Footage) -> AvatarCard:
    """What the file says of itself."""
    return AvatarCard(
        name=order.out.stem,
        kind="g4g",
        licence=order.licence,
        credit=footage.card.source,
        made_by="talkwire train g4g",
        shows=order.shows,
    )


def training_figures(trainer: Trainer, history: list[dict[str, float]]) -> dict[str, Any]:
    """What was spent, and what was found on the way in frames that were not learned from."""
    recipe, footage = trainer.recipe, trainer.batches.footage
    sync = float(trainer.networks.sync_accuracy)
    looks = [row for row in history if "held_psnr_db" in row]
    return {
        "frames": len(footage),
        "learned_from": len(trainer.batches.frames_k),
        "size_hw": list(footage.size_hw),
        "side": footage.side,
        "source": footage.card.source,
        "steps": sum(steps_done(history, STAGES).values()),
        "steps_planned": recipe.sync_steps + recipe.frame_steps + recipe.clip_steps,
        "minutes": round(history[-1]["seconds"] / 60, 1) if history else 0.0,
        "seed": recipe.seed,
        "device": trainer.device.type,
        "hardware": hardware(),
        "parameters": sum(parameter.numel() for parameter in trainer.networks.model.parameters()),
        "sync_accuracy": sync,
        "sync_loss": "used" if sync > TRUSTED else f"not used: right about {sync:.0%} of held-out pairs",
        **({name: value for name, value in looks[-1].items() if name.startswith("held_")} if looks else {}),
    }


def _folder(path: Path) -> Path:
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path
