"""`talkwire train`: heads learned from video, motion from a speaker."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.cli.progress import training_progress
from talkwire.runtime.avatar_file import SUFFIX
from talkwire.runtime.errors import missing
from talkwire.runtime.minds import Preset

app = typer.Typer(no_args_is_help=True, help="Learn a head or motion. Needs the extra [train].")

ENOUGH: Final = 0.3  # of the steps: with fewer a head is rough


class Tier(StrEnum):
    """How much is spent."""

    cpu = "cpu"
    gpu = "gpu"


@app.command()
def dyntet(
    videos: Annotated[
        list[Path],
        typer.Argument(
            metavar="ACTOR.mp4...", help="One video, several of one actor, or a folder of rendered data."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="NAME.talkwire", help="The avatar to write.")],
    consent: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Who is shown, and that they agreed; kept in the avatar's card."),
    ],
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="Under which terms the avatar may be used.")
    ] = ("not stated: ask the person shown"),
    tier: Annotated[Tier, typer.Option(help="cpu: two cores, about an hour. gpu: a CUDA card.")] = Tier.cpu,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Stop training after so long, tracking not counted.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed training was.")] = False,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Also show what each part is for; nearly doubles the time.")
    ] = False,
    head: Annotated[str, typer.Option(help="The morphable head to fit: ict, nova or auto.")] = "auto",
) -> None:
    """Learn a head from a video of one person: a mesh that moves, with texture, eyes, teeth and tongue.

    Example: `talkwire train dyntet actor.mp4 -o actor.talkwire --consent "Ann Example agreed, 2026-11-02"`

    Writes the avatar, a report beside it (NAME_report/index.html: look at it) and its checkpoints
    (NAME_work/). Good footage: one face, looking at the camera, even light, a still background, ten seconds
    or more of speech with the mouth both open and shut.
    """
    _check_torch("training a head")
    from talkwire.training.dyntet.learn import Order, learn

    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder", param_hint="-o")
    if out.suffix != SUFFIX:
        raise typer.BadParameter(f"{out} should end in {SUFFIX}", param_hint="-o")
    if not consent.strip():
        raise typer.BadParameter("say who is shown and that they agreed", param_hint="--consent")
    order = Order(
        tuple(videos),
        out,
        shows=consent,
        licence=licence,
        tier=tier.value,
        minutes=minutes,
        resume=resume,
        head=head,
        ablation=ablation,
    )
    console = Console()
    with training_progress() as advance:
        figures = learn(order, advance)
    console.print(_summary(figures))
    if hurried := _hurried(figures["training"]):
        console.print(hurried)
    console.print(
        f"{out} ({out.stat().st_size / 1e6:.1f} MB); report: {out.with_name(out.stem + '_report')}/index.html"
    )


@app.command()
def motion(
    data: Annotated[
        Path, typer.Argument(metavar="SPEAKER", help="A folder with videos, phones and tracked lips (GRID).")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="NAME.onnx", help="The network to write.")],
    network: Annotated[Preset, typer.Option(help="live: to talk with. quality: to bake with.")] = Preset.live,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of each course; default: as the networks that ship.")
    ] = None,
    flite: Annotated[int | None, typer.Option(min=0, help="Sentences by flite.")] = None,
    espeak: Annotated[int | None, typer.Option(min=0, help="Sentences by eSpeak NG.")] = None,
    strangers: Annotated[
        int | None, typer.Option(min=0, help="Sentences by Festival, and recorded prompts.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything drawn.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many clips of each split.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processor cores to use.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed training was.")] = False,
    cache: Annotated[Path | None, typer.Option(help="Of decoded sound; default ~/.cache/talkwire.")] = None,
) -> None:
    """Learn to move a mouth by a speaker's lips, in the voices of many.

    Example: `talkwire train motion grid_s1 -o motion_live.onnx --network live`

    Prints loss and figures on clips that were kept apart; `talkwire eval motion --graph NAME.onnx` measures
    further. A training of the live network takes about an hour and a half on two cores (--threads 2).
    """
    _check_torch("training motion")
    from talkwire.training.motion.learn import RECIPES, Order, course_checkpoint, learn

    if out.is_dir() or out.suffix != ".onnx":
        raise typer.BadParameter(f"{out} should be a file that ends in .onnx", param_hint="-o")
    given = {"epochs": epochs, "flite": flite, "espeak": espeak, "strangers": strangers, "seed": seed}
    changed = {name: value for name, value in given.items() if value is not None}
    recipes = tuple(replace(recipe, **changed) for recipe in RECIPES[network])
    checkpoint = out.with_suffix(".checkpoint")
    checkpoints = [course_checkpoint(checkpoint, course) for course in range(len(recipes))]
    if not resume:
        _remove(checkpoints)
    order = Order(data, out, network, recipes, checkpoint, cache, limit, threads)
    console = Console()
    for split, figures in learn(order, console.print).items():
        table = Table("measured", "", title=split)
        for figure, value in figures.items():
            table.add_row(figure.replace("_", " "), f"{value:.3f}")
        console.print(table)
    _remove(checkpoints)
    console.print(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


def _remove(paths: Iterable[Path | None]) -> None:
    for path in paths:
        if path is not None:
            path.unlink(missing_ok=True)


def _check_torch(need: str) -> None:
    if importlib.util.find_spec("torch") is None:
        raise missing("torch", extra="train", need=need)


def _hurried(training: Mapping[str, Any]) -> str:
    """What to expect of a training that the clock ended early; nothing when it had enough."""
    done, planned = training["steps"], training["steps_planned"]
    if done >= ENOUGH * planned:
        return ""
    return (
        f"rough: {done} of {planned} steps were done in {training['minutes']} minutes. "
        "Colours come last: give it more --minutes, or an idle machine"
    )


def _summary(figures: Mapping[str, Any]) -> Table:
    held = figures["held_out"]
    pictures, lips, basis = held["pictures"], held["lips"], held["basis"]
    table = Table("on frames it has not seen", "")
    table.add_row("PSNR inside the head", f"{pictures['head_psnr_db']:.1f} dB")
    table.add_row("SSIM inside the head", f"{pictures['head_ssim']:.3f}")
    table.add_row("lips follow their code, r", f"{lips['aperture_r']:.3f}")
    table.add_row("basis against network, p99", f"{basis['p99_mm']:.3f} mm, {basis['components']} components")
    if "surface" in held:
        table.add_row("surface, mean / p95", "{mean_mm:.2f} / {p95_mm:.2f} mm".format(**held["surface"]))
    return table
