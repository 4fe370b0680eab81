"""`talkwire train`: heads learned from video."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.cli.progress import training_progress
from talkwire.runtime.avatar_file import SUFFIX
from talkwire.runtime.errors import missing

app = typer.Typer(no_args_is_help=True, help="Learn a head from a video. Needs the extra [train].")

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
    _check_torch()
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


def _check_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise missing("torch", extra="train", need="training a head")


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
