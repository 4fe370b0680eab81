"""From a video to an avatar file and a report: the whole way, as a person walks it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.machine import hardware
from talkwire.training.capture import Capture
from talkwire.training.devices import choose_device
from talkwire.training.dyntet.ablate import ablate
from talkwire.training.dyntet.compile import compile_avatar
from talkwire.training.dyntet.evaluate import evaluate
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.recipe import TIERS, Recipe
from talkwire.training.dyntet.report import ABLATION, write_report
from talkwire.training.dyntet.sharpness import BLUR_PX, CAMERA, camera_blur_px
from talkwire.training.dyntet.train import STAGES, make_trainer, train
from talkwire.training.heads.choose import fitted_head
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.standing import Standing, steps_done
from talkwire.training.tracking.once import capture_of
from talkwire.training.tracking.person import ACTOR
from talkwire.training.tracking.store import writing
from talkwire.training.tracking.track import person_in

HELD_OUT: Final = 1 / 11  # the last of the video, as in the paper
SURE: Final = 0.2  # confidence below which a frame is not learned from

Progress = Callable[[str, float, Standing | None], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. videos: files of one actor, joined, or one folder with a capture.  shows: who is seen
    and that they agreed.  minutes: for training alone.  ablation: also train without each of the paper's
    parts, shortly, for a table in the report.
    """

    videos: tuple[Path, ...]
    out: Path
    shows: str
    licence: str
    tier: str = "cpu"
    minutes: float | None = None
    resume: bool = False
    head: str = "auto"
    recipe: Recipe | None = None
    ablation: bool = False


def learn(order: Order, progress: Progress) -> Mapping[str, Any]:
    """Track, train, compile, judge, report. Returns the figures that the report shows.

    Everything on the way lies in OUT_work/, and survives a kill at any moment; OUT appears when it is whole.
    Raises TrainingError in one sentence.
    """
    began = time.monotonic()
    work = order.out.with_name(f"{order.out.stem}_work")
    device = choose_device(order.tier)
    work = _folder(work)
    if not order.resume:
        (work / ABLATION).unlink(missing_ok=True)  # another training's
    capture, folder = capture_of(
        order.videos,
        work / "capture",
        again=order.resume,
        head=order.head,
        shows=order.shows,
        licence=order.licence,
        progress=lambda stage, share: progress(f"tracking: {stage}", share, None),
    )
    actor, (learned, held) = person_in(folder), split_frames(capture)
    family = fitted_head(capture)
    prior = HeadPrior(family, capture.identity_i, hair=capture.card.exact and "hair" in family.parts)
    recipe = order.recipe or TIERS[order.tier]
    trainer = make_trainer(capture, prior, recipe, learned, device)
    history = train(
        trainer,
        work,
        minutes=order.minutes,
        resume=order.resume,
        progress=lambda standing: progress("training", standing.share, standing),
    )
    figures: dict[str, Any] = {"training": _training_figures(trainer.model, recipe, capture, history, device)}
    if actor is not None:
        figures[ACTOR] = actor.to_json()
    card = make_card(order, capture, family)
    avatar = compile_avatar(trainer, card, figures, lambda stage, share: progress("compiling", share, None))
    progress("judging", 0.0, None)
    # the avatar's own figures are this dictionary
    figures[CAMERA] = {BLUR_PX: camera_blur_px(avatar, trainer.footage, learned, trainer.rasterizer)}
    measured, shots = evaluate(
        avatar, capture, held, family, trainer.rasterizer, lambda share: progress("judging", share, None)
    )
    figures["held_out"] = measured
    figures["training"]["minutes_in_all"] = round((time.monotonic() - began) / 60, 1)
    avatar = DyntetAvatar(avatar.card, avatar.topology, avatar.window, avatar.data, figures)
    avatar.save(order.out)
    if order.ablation:
        table = ablate(
            *(capture, prior, recipe, learned, held, work, device, order.minutes),
            lambda stage, share: progress(stage, share, None),
        )
        with writing(work / ABLATION):
            (work / ABLATION).write_text(json.dumps(table, indent=1))
    report = order.out.with_name(f"{order.out.stem}_report")
    write_report(_folder(report), avatar, shots, history, work)
    return figures


def split_frames(capture: Capture) -> tuple[np.ndarray, np.ndarray]:
    """Frames to learn from, and the last eleventh to judge by; frames that are not sure are in neither."""
    sure = np.flatnonzero(capture.confidence_n > SURE)
    cut = int(len(sure) * (1 - HELD_OUT))
    if cut < 2:
        raise TrainingError(
            "there is too little to learn from",
            seen=f"{len(sure)} usable frames",
            wanted="a few seconds of one face, looking at the camera",
            cure="use a longer video; ten seconds work, a minute is good",
        )
    return sure[:cut], sure[cut:]


def make_card(order: Order, capture: Capture, family: MorphableHead) -> AvatarCard:
    """What the file says of itself: also whose shapes are in it."""
    credits = "; ".join(dict.fromkeys((family.credit, load_nova_head().credit)))
    return AvatarCard(
        name=order.out.stem,
        kind="dyntet",
        licence=order.licence,
        credit=f"{capture.card.source}; {credits}",
        made_by="talkwire train dyntet",
        shows=order.shows,
    )


def _training_figures(
    model: torch.nn.Module,
    recipe: Recipe,
    capture: Capture,
    history: list[dict[str, float]],
    device: torch.device,
) -> dict[str, Any]:
    return {
        "frames": len(capture),
        "size_hw": list(capture.size_hw),
        "source": capture.card.source,
        "head": capture.card.head,
        "exact": capture.card.exact,
        "light": capture.card.light,
        "focal_px": capture.card.focal_px,
        "steps": sum(steps_done(history, STAGES).values()),
        "steps_planned": recipe.prior_steps + recipe.free_steps + recipe.mesh_steps,
        "minutes": round(history[-1]["seconds"] / 60, 1) if history else 0.0,
        "seed": recipe.seed,
        "device": device.type,
        "hardware": hardware(),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"the folder {path} cannot be made",
            seen=error.strerror,
            wanted="a place to write to",
            cure="choose another -o",
        ) from None
    return path
