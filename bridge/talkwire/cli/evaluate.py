"""`talkwire eval`: how good a learned thing is, on data it has not seen."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from talkwire.cli.progress import progress
from talkwire.runtime.avatar import DyntetAvatar, G4gAvatar, find_avatar, load_avatar
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError, ExportError, missing
from talkwire.runtime.machine import hardware
from talkwire.runtime.minds import Preset, mind_of, open_mind


class Split(StrEnum):
    """Of a speaker's clips."""

    train = "train"
    val = "val"
    test = "test"


Learned = TypeVar("Learned", DyntetAvatar, G4gAvatar)

app = typer.Typer(no_args_is_help=True, help="Measure what was learned. Needs the extra [train].")


@app.command()
def dyntet(
    avatar: Annotated[str, typer.Argument(metavar="AVATAR", help="A dyntet avatar file, or a shipped name.")],
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="Videos of the actor, or a folder of rendered data."),
    ],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help="Where tracked videos are kept; else a folder that is removed.")
    ] = None,
    network: Annotated[bool, typer.Option("--network", help="Measure the network, not the basis.")] = False,
) -> None:
    """Compare an avatar with video of its actor: pictures, surface, lips, basis.

    Example: `talkwire eval dyntet actor.talkwire unseen.mp4 --json figures.json`
    """
    head = _learned(avatar, DyntetAvatar, "dyntet")
    from talkwire.training.dyntet.judge import judge

    with progress() as advance:
        figures = judge(head, data, work=work, network=network, progress=advance)
    table = Table("measured", "", title=f"{head.card.name} on {', '.join(path.name for path in data)}")
    for section, values in figures.items():
        if isinstance(values, dict):
            for name, value in values.items():
                shown = f"{value:.4g}" if isinstance(value, float) else str(value)
                table.add_row(f"{section}: {name}".replace("_", " "), shown)
        else:
            table.add_row(section.replace("_", " "), str(values))
    Console().print(table)
    if json_out is not None:
        told = {"avatar": head.card.name, "data": [path.name for path in data], "hardware": hardware()}
        _write(json_out, json.dumps({**told, "figures": figures}, indent=1) + "\n")


@app.command()
def g4g(
    avatar: Annotated[str, typer.Argument(metavar="AVATAR", help="A g4g avatar file.")],
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...",
            help="Videos of the person that were not learned from, or a folder of rendered data.",
        ),
    ],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help="Where what was seen is kept; else a folder that is removed.")
    ] = None,
    ablations: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Avatars that learned without some part, measured beside it."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Truth beside result: x.mp4 with the sound, or x.png, a strip."),
    ] = None,
) -> None:
    """Compare a re-spoken person with video of that person: pictures, lips, identity, seam, speed.

    Example: `talkwire eval g4g person.talkwire unseen.mp4 --json figures.json --compare both.mp4`
    """
    person = _learned(avatar, G4gAvatar, "g4g")
    from talkwire.training.g4g.aligned import find_embedding
    from talkwire.training.g4g.compare import FILM, STILLS
    from talkwire.training.g4g.judge import judge

    if compare is not None and compare.suffix.lower() not in {FILM, *STILLS}:
        raise typer.BadParameter(f"--compare writes {FILM} or {', '.join(sorted(STILLS))}")
    with progress() as advance:
        figures = judge(
            person,
            data,
            work=work,
            embedding=find_embedding(find_avatar(avatar)),
            ablations=ablations,
            compare=compare,
            progress=advance,
        )
    on = f"{person.card.name} on {', '.join(path.name for path in data)}"
    _print_takes(figures["takes"], title=f"{on}, {figures['frames']} frames")
    _print_takes(figures["respoken"], title="the same lines said by the avatar's own video")
    console = Console()
    for section in ("music", "not_measured"):
        for name, value in figures[section].items():
            shown = f"{value:.4f}" if isinstance(value, float) else value
            console.print(f"{section}, {name}: {shown}".replace("_", " ", 1), highlight=False, markup=False)
    if json_out is not None:
        told = {"avatar": person.card.name, "data": [path.name for path in data], "hardware": hardware()}
        _write(json_out, json.dumps({**told, "figures": figures}, indent=1) + "\n")


@app.command()
def motion(
    lines: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LINE.wav...]", help="Voice lines, with LINE.phones.json beside them."),
    ] = None,
    clips: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A speaker's folder: sound, phones and tracked lips.")
    ] = None,
    split: Annotated[Split, typer.Option(help="Which clips of the folder.")] = Split.test,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips.")] = None,
    unseen: Annotated[
        int, typer.Option(min=0, help="So many sentences of a synthetic voice kept apart (needs flite).")
    ] = 0,
    preset: Annotated[
        Preset, typer.Option("--motion", help="Which motion network that ships.")
    ] = Preset.live,
    graph: Annotated[Path | None, typer.Option(metavar="FILE.onnx", help="Another motion network.")] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the first line's lips over its sound.")
    ] = None,
) -> None:
    """Measure lips against tracked lips and phones: closures, opening, width, lag, jitter, silence.

    Example: `talkwire eval motion --clips grid_s1 --json figures.json`
    """
    if not (lines or clips or unseen):
        raise typer.BadParameter("say what to measure on: lines, --clips or --unseen")
    if plot is not None and not (lines or clips):
        raise typer.BadParameter("--plot draws a line or a clip: name lines or --clips")
    if importlib.util.find_spec("torch") is None:
        raise missing("torch", extra="train", need="measuring motion")
    from talkwire.training.motion.evaluate import draw, judge

    mind = mind_of(OnnxEngine.from_file(graph)) if graph else open_mind(preset)
    figures = judge(mind, clips=clips, split=split.value, limit=limit, unseen=unseen, lines=lines or [])
    for name, values in figures.items():
        table = Table("measured", "", title=name)
        for figure, value in values.items():
            table.add_row(figure.replace("_", " "), f"{value:.3f}")
        Console().print(table)
    if json_out is not None:
        known = {  # JSON has no NaN: what a set of lines cannot tell is null
            name: {figure: None if value != value else value for figure, value in values.items()}
            for name, values in figures.items()
        }
        _write(json_out, json.dumps({"hardware": hardware(), "figures": known}, indent=1) + "\n")
    if plot is not None:
        minds = {graph.stem: mind} if graph else {preset.value: open_mind(preset) for preset in Preset}
        _write(plot, draw(minds, clips, split.value, lines or []))


def _learned(name: str, kind: type[Learned], word: str) -> Learned:
    """The avatar of a kind that a training makes. Raises AvatarError for another, MissingDependency."""
    avatar = load_avatar(find_avatar(name))
    if not isinstance(avatar, kind):
        raise AvatarError(
            f"{name} was not learned from a video",
            seen=f"kind {avatar.card.kind!r}",
            wanted=f"kind {word!r}",
            cure=f"train one: talkwire train {word}",
        )
    if importlib.util.find_spec("torch") is None:
        raise missing("torch", extra="train", need="measuring a head")
    return avatar


def _print_takes(takes: Mapping[str, Mapping[str, Any]], *, title: str) -> None:
    """A column each, a row for each figure that one of them has."""
    table = Table("measured", *takes, title=title)
    for figure in dict.fromkeys(figure for values in takes.values() for figure in values):
        row = (values.get(figure) for values in takes.values())
        table.add_row(figure.replace("_", " "), *("" if value is None else f"{value:.4g}" for value in row))
    Console().print(table)


def _write(path: Path, what: str | bytes) -> None:
    try:
        path.write_bytes(what.encode() if isinstance(what, str) else what)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written",
            seen=error.strerror,
            wanted="a writable folder with free space",
            cure="choose another place; the figures are above",
        ) from None
