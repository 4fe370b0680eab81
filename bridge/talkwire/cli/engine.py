"""`talkwire engine`: engines built ahead of time, for cards that need not be in this machine."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from talkwire.runtime import engine_cache
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.engine_build import DEFAULT_TARGETS, TARGETS, Builder, build, check_npcs, check_targets
from talkwire.runtime.engine_cache import EngineKey, cache_folder, graph_hash
from talkwire.runtime.graph_forms import Precision
from talkwire.runtime.minds import motion_graphs

app = typer.Typer(no_args_is_help=True, help="Build TensorRT-for-RTX engines ahead of time; list, clear.")


@app.command("build")
def build_engines(
    avatar: Annotated[str, typer.Argument(metavar="AVATAR", help="A shipped avatar's name, or a file.")],
    target: Annotated[
        str,
        typer.Option(help="Cards, comma-separated: " + ", ".join(f"{k}: {v}" for k, v in TARGETS.items())),
    ] = ",".join(DEFAULT_TARGETS),
    precision: Annotated[Precision, typer.Option(help="Of the networks' products.")] = Precision.fp16,
    npcs: Annotated[int, typer.Option(help="At most so many in one call.")] = 32,
) -> None:
    """Build the engines of the motion networks and of an avatar. No card is needed; those built are kept.

    Example: `talkwire engine build nova-dyntet --target sm86,sm89`
    """
    targets = tuple(part.strip() for part in target.split(",") if part.strip())
    check_targets(targets)
    check_npcs(npcs)
    head, folder, builder = load_avatar(find_avatar(avatar)), cache_folder(), Builder.rtx.label
    for name, graph in {**motion_graphs(), **head.graphs}.items():
        key = EngineKey(name, graph_hash(graph), str(precision), targets, npcs, builder)
        found = engine_cache.find(key, folder)
        if found is not None:
            print(f"{name}: built before, {len(found[1]) / 1e6:.1f} MB")
            continue
        began = time.perf_counter()
        engine = build(graph, targets, precision=precision, npcs=npcs)
        engine_cache.keep(key, engine, folder)
        print(f"{name}: {len(engine) / 1e6:.1f} MB in {time.perf_counter() - began:.1f} s")
    print(f"kept in {folder}; never run here: that takes a card")


@app.command("list")
def list_engines() -> None:
    """List the engines that were built and kept.

    Example: `talkwire engine list`
    """
    table = Table("of", "precision", "cards", "NPCs", "built by", "size", Column("file", overflow="fold"))
    for path, key, size in engine_cache.kept(cache_folder()):
        row = (
            ("damaged: will be built anew", "", "", "", "")
            if key is None
            else (key.name, key.precision, ", ".join(key.targets), str(key.npcs), key.builder)
        )
        table.add_row(*row, f"{size / 1e6:.1f} MB", path.name)
    Console().print(table)
    print(cache_folder())


@app.command()
def clear() -> None:
    """Delete the engines that were built and kept.

    Example: `talkwire engine clear`
    """
    paths = [path for path, *_ in engine_cache.kept(cache_folder())]
    for path in paths:
        path.unlink(missing_ok=True)
    print(f"{len(paths)} engines deleted")
