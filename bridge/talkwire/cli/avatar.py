"""`talkwire avatar`: what avatars there are, what is in one, and whether it is sound."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from talkwire.runtime.avatar import G4gAvatar, find_avatar, load_avatar, shipped_avatars

app = typer.Typer(no_args_is_help=True, help="List, show and check avatar files.")

AvatarArgument = Annotated[str, typer.Argument(metavar="FILE", help="An avatar file, or a shipped name.")]


@app.command("list")
def list_avatars() -> None:
    """List the avatars that come with talkwire.

    Example: `talkwire avatar list`
    """
    table = Table("name", "kind", "vertices", "size", "licence", Column("file", overflow="fold"))
    for path in shipped_avatars():
        avatar = load_avatar(path)
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        card, vertices = avatar.card, f"{avatar.topology.vertex_count:,}"
        table.add_row(path.stem, card.kind, vertices, size, card.licence, str(path))
    Console().print(table)


@app.command()
def info(file: AvatarArgument) -> None:
    """Show an avatar's card, mesh and shapes.

    Example: `talkwire avatar info nova`
    """
    path = find_avatar(file)
    avatar = load_avatar(path)
    card, topology = avatar.card, avatar.topology
    size_mm = (topology.neutral_vx3.max(axis=0) - topology.neutral_vx3.min(axis=0)) * 1000
    rows = {
        "name": card.name,
        "kind": card.kind,
        "shows": card.shows,
        "generated": card.generated,
        "made by": card.made_by,
        "licence": card.licence,
        "credit": card.credit,
        "file": f"{path} ({path.stat().st_size / 1e6:.2f} MB)",
        "mesh": f"{topology.vertex_count:,} vertices, {len(topology.triangles_tx3):,} triangles",
        "topology": topology.id,
        "size": "{:.0f} x {:.0f} x {:.0f} mm".format(*size_mm),
        "parts": ", ".join(part.name for part in topology.parts),
        **({"video": avatar.about} if isinstance(avatar, G4gAvatar) else {}),
        "texture": f"{len(topology.texture) / 1e3:.0f} kB",
        "shapes": ", ".join(getattr(avatar, "names", ())) or "none by name",
    }
    table = Table(show_header=False, box=None)
    for key, value in rows.items():
        table.add_row(f"[bold]{key}", escape(value))
    Console().print(table)


@app.command()
def validate(file: AvatarArgument) -> None:
    """Check an avatar file: names, sizes, hashes, shapes. Exits with 4 when it is refused.

    Example: `talkwire avatar validate actor.talkwire && echo good`
    """
    path = find_avatar(file)
    load_avatar(path)
    print(f"{path}: sound")
