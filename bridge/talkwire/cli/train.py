"""`talkwire train`: heads and mouths learned from video, motion from a speaker."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from talkwire.cli.progress import Advance, training_progress
from talkwire.runtime.avatar_file import SUFFIX
from talkwire.runtime.errors import missing
from talkwire.runtime.minds import Preset

app = typer.Typer(no_args_is_help=True, help="Learn a head or motion. Needs the extra [train].")

ENOUGH: Final = 0.3  # of the steps: with fewer a head is rough


class Tier(StrEnum):
    """How much is spent."""

    cpu = "cpu"
    gpu = "gpu"


class Side(StrEnum):
    """Pixels of a mouth."""

    small = "64"
    large = "128"

    @property
    def pixels(self) -> int:
        """As a number."""
        return int(self.value)


class Part(StrEnum):
    """Of the method of G4G."""

    diagonal = "diagonal"
    scales = "scales"
    fusion = "fusion"


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

    _check_avatar(out, consent)
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
    _tell(partial(learn, order), _summary, "Colours come last", out)


@app.command()
def g4g(
    videos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PERSON.mp4...",
            help="One video with its sound, several of one person and camera, or a folder of rendered data.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="NAME.talkwire", help="The avatar to write.")],
    consent: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Who is shown, and that they agreed; kept in the avatar's card."),
    ],
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="Under which terms the avatar may be used.")
    ] = "not stated: ask the person shown",
    tier: Annotated[
        Tier, typer.Option(help="cpu: two cores, about half an hour. gpu: a CUDA card.")
    ] = Tier.cpu,
    side: Annotated[
        Side | None,
        typer.Option(help="Pixels of the mouth that is drawn; default: what the video holds."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.1, help="Stop training after so long; what comes before is not counted."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed training was.")] = False,
    without: Annotated[
        Part | None, typer.Option(help="Leave out a part of the method, to see what it is for.")
    ] = None,
) -> None:
    """Let a video of one person say anything: the video as it is, with a mouth that is drawn anew, live.

    Example: `talkwire train g4g ann.mp4 -o ann.talkwire --consent "Ann Example agreed, 2026-11-02"`

    Writes the avatar, a report beside it (NAME_report/index.html: look at it) and its checkpoints
    (NAME_work/). The avatar is a flat picture that moves: `talkwire preview`, `serve`, `say` and
    `export -o x.mp4` show it like any other. Good footage: one face that looks at the camera and speaks, a
    minute or more with its sound, even light, nothing before the mouth, and somewhere a few calm seconds
    with the mouth shut: these go to and fro while the avatar says nothing.
    """
    _check_torch("training a mouth")
    from talkwire.training.g4g.learn import Order, learn

    _check_avatar(out, consent)
    order = Order(
        tuple(videos),
        out,
        shows=consent,
        licence=licence,
        tier=tier.value,
        side=side.pixels if side else None,
        minutes=minutes,
        resume=resume,
        without=without.value if without else None,
    )
    _tell(partial(learn, order), _mouth_summary, "The mouth is blurred then", out)


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


def _check_avatar(out: Path, consent: str) -> None:
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder", param_hint="-o")
    if out.suffix != SUFFIX:
        raise typer.BadParameter(f"{out} should end in {SUFFIX}", param_hint="-o")
    if not consent.strip():
        raise typer.BadParameter("say who is shown and that they agreed", param_hint="--consent")


def _written(out: Path) -> str:
    report = out.with_name(f"{out.stem}_report") / "index.html"
    return f"{out} ({out.stat().st_size / 1e6:.1f} MB); report: {report}"


def _tell(
    learn: Callable[[Advance], Mapping[str, Any]],
    summary: Callable[[Mapping[str, Any]], Table],
    lacks: str,
    out: Path,
) -> None:
    """Learn behind a progress bar, and say what came of it. lacks: what to expect where time was short."""
    console = Console()
    with training_progress() as advance:
        figures = learn(advance)
    console.print(summary(figures))
    if hurried := _hurried(figures["training"], lacks):
        console.print(hurried)
    console.print(_written(out))


def _hurried(training: Mapping[str, Any], lacks: str) -> str:
    """What to expect of a training that the clock ended early; nothing when it had enough."""
    done, planned = training["steps"], training["steps_planned"]
    if done >= ENOUGH * planned:
        return ""
    return (
        f"rough: {done} of {planned} steps were done in {training['minutes']} minutes. "
        f"{lacks}: give it more --minutes, or an idle machine"
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


def _mouth_summary(figures: Mapping[str, Any]) -> Table:
    live = figures["held_out"]["takes"]["live"]
    own = figures["held_out"]["respoken"]["live"]
    table = Table("on frames it has not seen", "")
    table.add_row("PSNR of the mouth", f"{live['mouth_psnr_db']:.1f} dB")
    table.add_row("SSIM of the mouth", f"{live['mouth_ssim']:.3f}")
    table.add_row("lips follow the voice, r", f"{live.get('aperture_r', 0.0):.3f}")
    table.add_row("the same in the avatar's own video", f"{own.get('aperture_r', 0.0):.3f}")
    table.add_row("seen and heard find each other", f"{figures['training']['held_top_1']:.0%}")
    return table
